//! The `segue` command; everything is in the library.

fn main() -> std::process::ExitCode {
    segue::cli::main()
}
