//! What the functions beside the tools are for: read by the readme, by help, and by whoever completes.

/// A function of Segue's own that is no tool.
#[derive(Clone, Copy, Debug)]
pub struct Described {
    pub name: &'static str,
    /// Its parameters in order, those in brackets optional: `name, [default]`.
    pub takes: &'static str,
    /// What it gives, as the end of a sentence that begins with "gives".
    pub gives: &'static str,
    /// A call that works as it stands. Each is run as a test.
    pub example: &'static str,
}

impl Described {
    /// The call's signature: `arg(name, [default])`.
    pub fn signature(&self) -> String {
        format!("{}({})", self.name, self.takes)
    }
}

const fn described(
    name: &'static str,
    takes: &'static str,
    gives: &'static str,
    example: &'static str,
) -> Described {
    Described { name, takes, gives, example }
}

/// The function of that name.
pub fn find(name: &str) -> Option<&'static Described> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

/// All of them, in the order in which a reader meets them.
pub static FUNCTIONS: &[Described] = &[
    described(
        "arg",
        "name, [default]",
        "an argument of the run, of its default's type; as text without one",
        r#"arg("segment", "VIP")"#,
    ),
    described(
        "arg_int",
        "name, [default]",
        "an argument of the run that is a whole number",
        r#"arg_int("days", 30)"#,
    ),
    described("print", "value", "nothing; a line on stdout", r#"print("hello")"#),
    described("debug", "value", "nothing; a line on stderr", r#"debug("hello")"#),
    described(
        "read_lines",
        "path",
        "an array of the file's lines, trimmed, without the blank ones",
        r#"read_lines("ids.txt")"#,
    ),
    described(
        "read_csv",
        "path",
        "an array of maps, one a row, by the names in the first line; every value is text",
        r#"read_csv("people.csv")"#,
    ),
    described(
        "read_ndjson",
        "path",
        "a sequence of the values of a file with one in JSON on each line, blank ones left out",
        r#"read_ndjson("rejected.ndjson")"#,
    ),
    described(
        "csv_row",
        "fields",
        "an array as one line of CSV, quoted where needed",
        r#"csv_row(["u-1", "Ada, Countess"])"#,
    ),
    described(
        "table",
        "rows, [columns]",
        "an array of maps as a table to print, with these columns or all",
        r#"table(get_segments().segments, ["id", "name"])"#,
    ),
    described(
        "unseen",
        "text",
        "the first character of a text that is a blank or that nobody sees, as `U+200B`; `()` of one that has none",
        r#"unseen("u-1")"#,
    ),
    described("now", "", "the time, in seconds since 1970", "now()"),
    described("iso", "seconds", "a time as `2026-01-31T09:30:00Z`, in UTC", "iso(now())"),
    described("date", "seconds", "a time as `2026-01-31`, in UTC", "date(now())"),
    described(
        "parse_time",
        "time",
        "the seconds since 1970 of a time such as `2026-01-31` or `2026-01-31T09:30:00+02:00`; UTC without an offset. Of digits alone, 8 are a day, 9 or 10 seconds and 13 milliseconds since 1970",
        r#"parse_time("2026-01-31T09:30:00Z")"#,
    ),
    described("sleep", "seconds", "nothing, after that time; `0.5` is half a second", "sleep(0.1)"),
    described("random", "", "a number from 0 to 1", "random()"),
    described(
        "env",
        "name, [default]",
        "a variable of the environment, but no credential; without it or a default, an error",
        r#"env("LANG", "C")"#,
    ),
    described(
        "person",
        "identifiers",
        "a person by `id`, `email` or `cio_id`, for the tools that take one",
        r#"person(#{ email: "ada@example.com" })"#,
    ),
    described(
        "map",
        "items, |item| …",
        "a sequence or an array of what the closure gives for each item",
        r#"segment_members("VIP").map(|person| person.email).take(3).to_array()"#,
    ),
    described(
        "filter",
        "items, |item| …",
        "a sequence or an array of the items for which the closure gives `true`",
        r#"segment_members("VIP").filter(|person| person.email == ()).count()"#,
    ),
    described(
        "take",
        "sequence, n",
        "a sequence of the first `n` items",
        r#"segment_members("VIP").take(3)"#,
    ),
    described(
        "skip",
        "sequence, n",
        "a sequence without the first `n` items",
        r#"segment_members("VIP").skip(3).take(3)"#,
    ),
    described(
        "chunks",
        "items, n",
        "a sequence or an array in arrays of `n`, the last one shorter",
        "chunks([1, 2, 3], 2)",
    ),
    described(
        "unique",
        "items, |item| …",
        "a sequence or an array of the items whose key, which the closure gives, comes for the first time; it keeps \
         the keys",
        r#"segment_members("VIP").unique(|person| person.email).count()"#,
    ),
    described(
        "repeated",
        "items, |item| …",
        "a sequence or an array of the items whose key came before; it keeps the keys",
        r#"segment_members("VIP").repeated(|person| person.email).count()"#,
    ),
    described(
        "within",
        "items, others, |item| …",
        "a sequence or an array of the items whose key one of the others has, too; it keeps their keys",
        r#"segment_members("VIP").within(segment_members("Churn risk"), |person| person.cio_id).count()"#,
    ),
    described(
        "without",
        "items, others, |item| …",
        "a sequence or an array of the items whose key none of the others has; it keeps their keys",
        r#"segment_members("VIP").without(segment_members("Churn risk"), |person| person.cio_id).count()"#,
    ),
    described(
        "chain",
        "sequence, sequence",
        "a sequence of the items of the first, then of the second",
        r#"segment_members("VIP").chain(segment_members("Churn risk")).take(3)"#,
    ),
    described(
        "count",
        "sequence",
        "how many items there are; it reads all of them",
        r#"segment_members("VIP").count()"#,
    ),
    described(
        "to_array",
        "sequence",
        "all items as an array",
        r#"segment_members("VIP").take(3).to_array()"#,
    ),
    described(
        "flush",
        "",
        "`#{ accepted, rejected, in_doubt, undelivered, withheld }`: the writes since the last `flush`, once \
         all are settled",
        "flush()",
    ),
    described(
        "with_retry",
        "#{ … }, || …",
        "what the block gives; its calls are retried with limits of their own",
        "with_retry(#{ attempts: 12 }, || get_segments())",
    ),
    described(
        "retry",
        "n, || …",
        "what the block gives, once it ends without an error; it is tried up to `n` times",
        "retry(3, || get_segments())",
    ),
    described(
        "parallel",
        "n, items, |item| …",
        "an array of what the closure gives for each item, `n` of them at once",
        "parallel(4, [1, 2, 3], |id| get_segment_details(id))",
    ),
    described(
        "tool",
        "slug, #{ … }",
        "what the tool gives: one called by the name agents know, `CUSTOMERIO_GET_SEGMENTS`",
        r#"tool("CUSTOMERIO_GET_SEGMENTS", #{})"#,
    ),
    described(
        "as_error",
        "message",
        "an error to throw, with the fields of a failed call; `throw` with a text alone throws the text",
        r#"as_error("no such customer").message"#,
    ),
    described("exit", "code", "nothing; it ends the script, which has failed unless `code` is 0", "exit(0)"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rhai::packages::{Package, StandardPackage};

    use super::*;
    use crate::tools;

    fn names(engine: &rhai::Engine) -> BTreeSet<String> {
        let known = super::super::functions::functions(engine, []);
        known.into_iter().map(|function| function.name).collect()
    }

    #[test]
    fn every_function_of_ours_is_described_and_each_is_there() {
        let mut plain = rhai::Engine::new_raw();
        StandardPackage::new().register_into_engine(&mut plain);
        let ours = names(&super::super::tests::engine());
        let plain = names(&plain);
        let described: BTreeSet<String> =
            FUNCTIONS.iter().map(|function| function.name.to_string()).collect();
        assert_eq!(described.len(), FUNCTIONS.len(), "each once");
        assert_eq!(described.difference(&ours).collect::<Vec<_>>(), [""; 0], "described, but not there");
        let missing: Vec<&String> = ours
            .difference(&plain)
            .filter(|name| !described.contains(*name))
            .filter(|name| tools::by_name(name).is_none() && tools::by_sequence(name).is_none())
            .collect();
        assert_eq!(missing, [""; 0], "there, but not described");
    }
}
