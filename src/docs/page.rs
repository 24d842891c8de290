//! Text for a terminal, in lines that fit.

/// A page that grows line by line, in lines of at most `width` columns.
pub(super) struct Page {
    pub text: String,
    pub width: usize,
}

impl Page {
    pub fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    pub fn head(&mut self, title: &str, wanted: bool) {
        if wanted {
            self.line("");
            self.line(&format!("{title}:"));
        }
    }

    /// A sentence of the reference, without the marks around code.
    pub fn prose(&mut self, first: &str, rest: &str, text: &str) {
        self.wrap(first, rest, &text.replace('`', ""), &[' ']);
    }

    /// Text in lines that begin with `first` or `rest` and may end after any of `breaks`. What is too long
    /// for a line has one to itself.
    pub fn wrap(&mut self, first: &str, rest: &str, text: &str, breaks: &[char]) {
        let mut line = first.to_string();
        let mut begun = false;
        for piece in text.split_inclusive(breaks) {
            if begun && columns(&line) + columns(piece.trim_end()) > self.width {
                self.line(&line);
                line = rest.to_string();
            }
            line.push_str(piece);
            begun = true;
        }
        self.line(&line);
    }
}

fn columns(text: &str) -> usize {
    text.chars().count()
}
