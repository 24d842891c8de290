//! The accepted inputs of a conversation as a script.

use std::ops::Range;

use super::whole::HAS_A_BLOCK;
use crate::engine::LAST;
use crate::engine::scan::{Kind, Token, whole};
use crate::request::Secrets;

/// What goes on with a statement behind its block.
const GOES_ON: [&str; 4] = ["else", "catch", "while", "until"];

/// An input that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    pub text: String,
    /// Whether its value became the last one.
    pub value: bool,
    /// Whether writes of it are still held.
    pub held: bool,
}

/// The inputs, in their order, as a script that does the same. An input's value that a later one takes as `it`
/// gets that name. Of a function that was written again the last is left, as a script has each once. No secret is
/// in it.
pub fn script(inputs: &[Accepted], secrets: &Secrets) -> String {
    let inputs: Vec<Input<'_>> = inputs.iter().map(Input::read).collect();
    let mut lines = String::new();
    for (n, input) in inputs.iter().enumerate() {
        let later = &inputs[n + 1..];
        let again = |function: &Function<'_>| {
            later.iter().any(|input| input.functions.iter().any(|other| other.same(function)))
        };
        // Until the next value, `it` is this one's. A script's functions can't see it.
        let until = later.iter().position(|input| input.value).map_or(later.len(), |next| next + 1);
        let named = input.value && later[..until].iter().any(|input| input.takes_last);
        let dropped: Vec<Range<usize>> = input
            .functions
            .iter()
            .filter(|function| again(function))
            .map(|function| function.span.clone())
            .collect();
        let text = input.written(&dropped, named);
        // What stood behind a function that is left out begins the line now.
        let text = if dropped.is_empty() { text.as_str() } else { text.trim_start() };
        if !text.trim().is_empty() {
            lines.push_str(text.trim_matches(['\r', '\n']).trim_end());
            lines.push('\n');
        }
    }
    secrets.clean(&lines).into_owned()
}

/// An input cut into its statements.
struct Input<'t> {
    text: &'t str,
    value: bool,
    takes_last: bool,
    functions: Vec<Function<'t>>,
    /// Where the last statement begins.
    last: usize,
    /// Where a semicolon belongs, if one is missing.
    semicolon: Option<usize>,
}

/// A function that an input defines.
struct Function<'t> {
    name: &'t str,
    parameters: usize,
    /// From its comments on.
    span: Range<usize>,
}

impl Function<'_> {
    fn same(&self, other: &Function<'_>) -> bool {
        self.name == other.name && self.parameters == other.parameters
    }
}

impl<'t> Input<'t> {
    fn read(accepted: &'t Accepted) -> Input<'t> {
        let text = accepted.text.as_str();
        let tokens = whole(text).tokens;
        let word = |i: usize| tokens.get(i).map_or("", |token: &Token| &text[token.span.clone()]);
        let statements = statements(text, &tokens);
        let takes_last = (0..tokens.len()).any(|i| {
            let before = i.checked_sub(1).map_or("", word);
            let key = word(i + 1) == ":" && matches!(before, "," | "#{");
            let own = tokens[i].kind == Kind::Text && text[tokens[i].span.clone()].starts_with('`');
            (word(i) == LAST && !key && !matches!(before, "." | "?." | "let" | "const" | "for" | "::"))
                || own && interpolates(text, &tokens[i])
        });
        let functions = statements.iter().filter_map(|range| function(text, &tokens, range)).collect();
        let last = statements.last().cloned().unwrap_or_default();
        let semicolon = tokens.get(last.end.wrapping_sub(1)).map(|token| token.span.end);
        let closed = word(last.end.wrapping_sub(1)) == ";"
            || has_a_block(word(last.start)) && word(last.end.wrapping_sub(1)) == "}";
        Input {
            text,
            value: accepted.value,
            takes_last,
            functions,
            last: tokens.get(last.start).map_or(text.len(), |token| token.span.start),
            semicolon: semicolon.filter(|_| !closed),
        }
    }

    /// The input without what is `dropped`, with its value `named`.
    fn written(&self, dropped: &[Range<usize>], named: bool) -> String {
        let end = self.text.len();
        // A block that gives a value is a statement like any.
        let semicolon = self
            .semicolon
            .or(named.then_some(self.text.trim_end().len()).filter(|end| !self.text[..*end].ends_with(';')));
        let mut out = String::with_capacity(end + 16);
        let mut at = 0;
        let mut marks: Vec<(Range<usize>, &str)> = dropped.iter().map(|span| (span.clone(), "")).collect();
        if named {
            marks.push((self.last..self.last, "let it = "));
        }
        marks.extend(semicolon.map(|at| (at..at, ";")));
        marks.sort_by_key(|(span, _)| (span.start, span.end));
        for (span, mark) in marks {
            if span.start < at {
                continue;
            }
            out.push_str(&self.text[at..span.start]);
            out.push_str(mark);
            at = span.end;
        }
        out.push_str(&self.text[at..]);
        out
    }
}

/// Whether a text in backticks takes the last value.
fn interpolates(text: &str, token: &Token) -> bool {
    let holes = crate::engine::scan::holes(&text[..token.span.end], token.span.start);
    holes.into_iter().any(|hole| {
        let inside = &text[hole];
        whole(inside).tokens.iter().any(|token| {
            let word = &inside[token.span.clone()];
            // What is in a text in there isn't looked at closely: to name a value too much does no harm.
            word == LAST || word.starts_with('`') && word.contains(LAST)
        })
    })
}

/// Whether a statement that begins so has a block, and no semicolon.
fn has_a_block(word: &str) -> bool {
    word == "{" || HAS_A_BLOCK.contains(&word)
}

/// The tokens of each statement, the semicolon among them.
fn statements(text: &str, tokens: &[Token]) -> Vec<Range<usize>> {
    let word = |i: usize| tokens.get(i).map_or("", |token: &Token| &text[token.span.clone()]);
    let mut found = vec![];
    let (mut depth, mut begun) = (0_usize, 0);
    for (i, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            _ => {}
        }
        let block = word(i) == "}" && has_a_block(word(begun)) && !GOES_ON.contains(&word(i + 1));
        // What follows a block as a symbol goes on with it: `if a { b } else { c } + 1`.
        let goes_on = tokens.get(i + 1).is_some_and(|next| next.kind == Kind::Symbol);
        if depth == 0 && (word(i) == ";" || block && !goes_on) {
            found.push(begun..i + 1);
            begun = i + 1;
        }
    }
    if begun < tokens.len() {
        found.push(begun..tokens.len());
    }
    found
}

/// The function that a statement defines.
fn function<'t>(text: &'t str, tokens: &[Token], statement: &Range<usize>) -> Option<Function<'t>> {
    let word = |i: usize| tokens.get(i).map_or("", |token: &Token| &text[token.span.clone()]);
    let at = statement.start + usize::from(word(statement.start) == "private");
    if word(at) != "fn" {
        return None;
    }
    let parameters = (at + 3..statement.end).take_while(|i| word(*i) != ")");
    let parameters = parameters.filter(|i| tokens[*i].kind == Kind::Word).count();
    let from = statement.start.checked_sub(1).map_or(0, |before| tokens[before].span.end);
    let to = tokens[statement.end - 1].span.end;
    Some(Function { name: &text[tokens[at + 1].span.clone()], parameters, span: from..to })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{Terms, examine};

    /// The script of inputs; a `=` before one says that it has a value.
    fn saved(inputs: &[&str]) -> String {
        let accepted = |text: &&str| Accepted {
            text: text.strip_prefix('=').unwrap_or(text).to_string(),
            value: text.starts_with('='),
            held: false,
        };
        script(&inputs.iter().map(accepted).collect::<Vec<_>>(), &Secrets::new(["s3cret-key".to_string()]))
    }

    #[test]
    fn inputs_become_a_script_that_checks() {
        for (inputs, script) in [
            (&["let x = 1", "x += 1; // more", "=x + 1"][..], "let x = 1;\nx += 1; // more\nx + 1;\n"),
            (&["let x = 1 // one"], "let x = 1; // one\n"),
            (&["=get_segments()", "=it.segments.len()", "print(it)"], {
                "let it = get_segments();\nlet it = it.segments.len();\nprint(it);\n"
            }),
            (&["=1", "let x = 2", "print(`${it}`)"], "let it = 1;\nlet x = 2;\nprint(`${it}`);\n"),
            (&["=1", "=2", "print(#{ it: 3 }.it)"], "1;\n2;\nprint(#{ it: 3 }.it);\n"),
            (&["=let a = 2; a * 2", "print(it + a)"], "let a = 2; let it = a * 2;\nprint(it + a);\n"),
            (&["=if true { 1 } else { 2 }", "print(it)"], "let it = if true { 1 } else { 2 };\nprint(it);\n"),
            (&["=for x in [1] { print(x); } 7", "print(it)"], {
                "for x in [1] { print(x); } let it = 7;\nprint(it);\n"
            }),
            (&["for p in [1] {\n    print(p);\n}\n", "if true { print(1) }"], {
                "for p in [1] {\n    print(p);\n}\nif true { print(1) }\n"
            }),
            (&["fn f(a) { a }", "print(f(1))", "/// Twice.\nfn f(b) { b * 2 }", "fn f() { 1 }"], {
                "print(f(1));\n/// Twice.\nfn f(b) { b * 2 }\nfn f() { 1 }\n"
            }),
            (&["fn f() { 1 } let x = f()", "fn f() { 2 }"], "let x = f();\nfn f() { 2 }\n"),
            (&["import \"std/dates\" as dates", "print(dates::days_ago(7))"], {
                "import \"std/dates\" as dates;\nprint(dates::days_ago(7));\n"
            }),
            (&["let f = |x| { x + 1 }", "print(f.call(1))"], "let f = |x| { x + 1 };\nprint(f.call(1));\n"),
            (&["let key = \"s3cret-key\""], "let key = \"[secret]\";\n"),
            (&["const A = 1", "const A = 2", "let a = A", "let a = A"], {
                "const A = 1;\nconst A = 2;\nlet a = A;\nlet a = A;\n"
            }),
            (&["", "  // a note", "let x = #{ a: 1 }"], "  // a note\nlet x = #{ a: 1 };\n"),
        ] {
            let saved = saved(inputs);
            assert_eq!(saved, script);
            let found = examine(saved, "saved.rhai".into(), Terms::default()).expect("there is a thread");
            assert!(found.findings.faults.is_empty(), "{script}: {:?}", found.findings.faults);
        }
    }
}
