//! A tool: one request Customer.io understands, and the policy that goes with it.

use std::sync::OnceLock;

use super::{
    Api, Authorization, BodyField, Bucket, Delivery, Effect, Kind, Method, Param, Retry, Rule, Shape,
};

/// The most parameters a tool may declare: the script engine takes no more in declared order.
pub const MAX_PARAMS: usize = 15;

/// One tool of the catalogue.
#[derive(Debug)]
pub struct Tool {
    /// The name agents know, such as `CUSTOMERIO_GET_SEGMENTS`.
    pub slug: &'static str,
    name: Name,
    pub method: Method,
    pub api: Api,
    /// The path below the API's host, with `{parameter}` where one goes.
    pub path: &'static str,
    /// Whether a parameter goes into the path.
    pub in_path: bool,
    pub authorization: Authorization,
    pub about: &'static str,
    pub standing: Standing,
    pub params: &'static [Param],
    /// Those of them that go into the body, worked out when they are first asked for.
    body: OnceLock<Vec<BodyField>>,
    /// Whether a parameter is a segment, which a name can stand for.
    pub names_segment: bool,
    /// Whether calls travel inside it.
    pub carries_calls: bool,
    pub rules: &'static [Rule],
    /// Fields of the body that are always the same, with their JSON.
    pub constants: &'static [(&'static str, &'static str)],
    /// The largest body, in bytes; Customer.io's limit or a cautious reading of it.
    pub max_body: usize,
    pub effect: Effect,
    pub delivery: Delivery,
    pub retry: Retry,
    pub bucket: Bucket,
    pub pages: Option<Pages>,
    /// How to find out what became of a call that got no answer.
    pub lookup: Option<Lookup>,
    pub answer: Shape,
    /// What a user should know beyond the parameters; what is inference says so.
    pub notes: &'static [&'static str],
    pub examples: &'static [Example],
}

/// How Customer.io stands to an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Documented,
    Deprecated,
    Undocumented,
}

/// A paged read as a lazy sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pages {
    /// The function that yields all items of all pages.
    pub sequence: &'static str,
    /// The answer's field that holds a page's items.
    pub items: &'static str,
    /// Items asked for in a page: the most Customer.io gives.
    pub size: u32,
    /// Whether the items are people, which scripts get as such.
    pub people: bool,
}

/// How a call in doubt is looked up: it is done if the list has just one entry more than before it, and
/// that entry has no errors.
#[derive(Clone, Copy, Debug)]
pub struct Lookup {
    /// The read that lists what such calls made; its parameters are among the call's.
    pub through: &'static Tool,
    /// The answer's field with the list.
    pub list: &'static str,
    /// The entry's field with its id, which is also what the call would have answered.
    pub id: &'static str,
    /// The read that lists an entry's errors; its last parameter is the entry's id.
    pub errors: &'static Tool,
}

/// A call that works as it stands. Each is run as a test.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    pub title: &'static str,
    /// The call in a script, in declared order.
    pub call: &'static str,
    /// The request: `METHOD /path?query`, and after a blank the body, without `messageId` and
    /// `timestamp`, which Segue adds.
    pub sends: &'static str,
}

/// Where a parameter goes in the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Path,
    Query,
    Body,
    /// Nowhere: Segue alone reads it.
    Nowhere,
}

impl Tool {
    const fn new(slug: &'static str, method: Method, api: Api, path: &'static str) -> Tool {
        Tool {
            slug,
            name: Name::of(slug),
            method,
            api,
            path,
            in_path: has(path, b'{'),
            authorization: Authorization::Credential,
            about: "",
            standing: Standing::Documented,
            params: &[],
            body: OnceLock::new(),
            names_segment: false,
            carries_calls: false,
            rules: &[],
            constants: &[],
            max_body: 1_000_000,
            effect: Effect::Read,
            delivery: Delivery::Now,
            retry: Retry::Cautious { because: "no reason to repeat it is known" },
            bucket: Bucket::of(api),
            pages: None,
            lookup: None,
            answer: Shape::Nothing,
            notes: &[],
            examples: &[],
        }
    }

    /// A read.
    pub const fn get(slug: &'static str, api: Api, path: &'static str) -> Tool {
        let mut tool = Tool::new(slug, Method::Get, api, path);
        tool.retry = Retry::Safe { because: "a read changes nothing" };
        tool
    }

    /// A write. Its effect, delivery and retry class are its file's to say.
    pub const fn post(slug: &'static str, api: Api, path: &'static str) -> Tool {
        Tool::new(slug, Method::Post, api, path)
    }

    pub const fn about(mut self, about: &'static str) -> Tool {
        self.about = about;
        self
    }

    pub const fn standing(mut self, standing: Standing) -> Tool {
        self.standing = standing;
        self
    }

    /// Sent without a credential, because the endpoint asks for none.
    pub const fn without_credential(mut self) -> Tool {
        self.authorization = Authorization::Nothing;
        self
    }

    pub const fn params(mut self, params: &'static [Param]) -> Tool {
        assert!(params.len() <= MAX_PARAMS);
        self.params = params;
        let mut i = 0;
        while i < params.len() {
            match params[i].kind {
                Kind::Segment => self.names_segment = true,
                Kind::List { of: Kind::Call(_), .. } => self.carries_calls = true,
                _ => {}
            }
            i += 1;
        }
        self
    }

    pub const fn rules(mut self, rules: &'static [Rule]) -> Tool {
        self.rules = rules;
        self
    }

    pub const fn constants(mut self, constants: &'static [(&'static str, &'static str)]) -> Tool {
        self.constants = constants;
        self
    }

    pub const fn max_body(mut self, bytes: usize) -> Tool {
        self.max_body = bytes;
        self
    }

    pub const fn effect(mut self, effect: Effect) -> Tool {
        self.effect = effect;
        self
    }

    pub const fn delivery(mut self, delivery: Delivery) -> Tool {
        self.delivery = delivery;
        self
    }

    pub const fn retry(mut self, retry: Retry) -> Tool {
        self.retry = retry;
        self
    }

    pub const fn bucket(mut self, bucket: Bucket) -> Tool {
        self.bucket = bucket;
        self
    }

    /// Declares the lazy sequence over all pages: its name, the field with the items, the page size.
    pub const fn pages(mut self, sequence: &'static str, items: &'static str, size: u32) -> Tool {
        self.pages = Some(Pages { sequence, items, size, people: false });
        self
    }

    /// Declares the lazy sequence over all pages of people.
    pub const fn pages_of_people(mut self, sequence: &'static str, items: &'static str, size: u32) -> Tool {
        self.pages = Some(Pages { sequence, items, size, people: true });
        self
    }

    pub const fn looked_up(mut self, lookup: Lookup) -> Tool {
        self.lookup = Some(lookup);
        self
    }

    pub const fn answer(mut self, answer: Shape) -> Tool {
        assert!(answer.fits());
        self.answer = answer;
        self
    }

    pub const fn notes(mut self, notes: &'static [&'static str]) -> Tool {
        self.notes = notes;
        self
    }

    pub const fn examples(mut self, examples: &'static [Example]) -> Tool {
        self.examples = examples;
        self
    }

    /// The tool's function in scripts: the slug without its prefix, lower case.
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// The parameter of that name and its index.
    pub fn param(&self, name: &str) -> Option<(usize, &'static Param)> {
        self.params.iter().enumerate().find(|(_, param)| param.name == name)
    }

    /// The parameters that go into the body, in declared order.
    pub fn body(&self) -> &[BodyField] {
        self.body.get_or_init(|| BodyField::all(self))
    }

    /// Where a parameter of this tool goes.
    pub fn place(&self, param: &Param) -> Place {
        let in_path = || self.path.split('{').skip(1).any(|rest| rest.split('}').next() == Some(param.name));
        match (param.wire, self.method) {
            (None, _) => Place::Nowhere,
            _ if self.in_path && in_path() => Place::Path,
            (_, Method::Get) => Place::Query,
            (_, Method::Post) => Place::Body,
        }
    }

    /// The call's signature: `add_person_to_group(user_id, group_id, [traits])`.
    pub fn signature(&self) -> String {
        let params: Vec<String> = self
            .params
            .iter()
            .map(|param| match param.presence {
                super::Presence::Required => param.name.to_string(),
                super::Presence::Grouped | super::Presence::Optional => format!("[{}]", param.name),
            })
            .collect();
        format!("{}({})", self.name(), params.join(", "))
    }
}

/// A slug turned into a function name while compiling.
#[derive(Clone, Copy)]
struct Name {
    bytes: [u8; Name::MAX],
    len: usize,
}

impl std::fmt::Debug for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Name {
    const MAX: usize = 48;

    const fn of(slug: &str) -> Name {
        let slug = slug.as_bytes();
        let mut from = skip(slug, 0, b"CUSTOMERIO_");
        from = skip(slug, from, b"CUSTOMER_IO_");
        let mut bytes = [0; Name::MAX];
        let mut len = 0;
        while from + len < slug.len() {
            bytes[len] = slug[from + len].to_ascii_lowercase();
            len += 1;
        }
        Name { bytes, len }
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.len]).expect("a slug is ASCII")
    }
}

const fn has(text: &str, byte: u8) -> bool {
    let text = text.as_bytes();
    let mut i = 0;
    while i < text.len() {
        if text[i] == byte {
            return true;
        }
        i += 1;
    }
    false
}

const fn skip(text: &[u8], from: usize, prefix: &[u8]) -> usize {
    let mut i = 0;
    while i < prefix.len() {
        if from + i >= text.len() || text[from + i] != prefix[i] {
            return from;
        }
        i += 1;
    }
    from + prefix.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_slug_without_its_prefixes() {
        let tool = |slug| Tool::get(slug, Api::App, "/").name().to_string();
        assert_eq!(tool("CUSTOMERIO_GET_SEGMENTS"), "get_segments");
        assert_eq!(tool("CUSTOMERIO_CUSTOMER_IO_SUPPRESS_PERSON"), "suppress_person");
        assert_eq!(tool("OTHER"), "other");
    }
}
