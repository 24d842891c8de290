//! A person of a segment, as scripts see one.

use std::sync::Arc;

use rhai::{Dynamic, Engine, ImmutableString, Map, NativeCallContext};

use super::host::CallError;
use super::people::People;
use super::tools::{fail, placed};
use crate::fault::{At, Code, Fault};
use crate::spec::Identifiers;

/// A person's identifiers. Cheap to copy.
#[derive(Clone, Debug)]
pub struct Person {
    among: Arc<People>,
    row: usize,
}

impl PartialEq for Person {
    fn eq(&self, other: &Person) -> bool {
        self.among.get(self.row) == other.among.get(other.row)
    }
}

impl Person {
    /// The person in a row of a page.
    pub fn new(among: Arc<People>, row: usize) -> Person {
        Person { among, row }
    }

    pub fn identifiers(&self) -> Identifiers<'_> {
        let [id, email, cio_id] =
            self.among.get(self.row).map(|value| value.filter(|value| !value.is_empty()));
        Identifiers { id, email, cio_id }
    }

    /// The first identifier there is.
    fn best(&self) -> &str {
        let person = self.identifiers();
        person.id.or(person.email).or(person.cio_id).unwrap_or("(nobody)")
    }

    fn debug(&self) -> String {
        let person = self.identifiers();
        let parts = [("id", person.id), ("email", person.email), ("cio_id", person.cio_id)];
        let parts: Vec<String> = parts
            .iter()
            .filter_map(|(name, value)| value.map(|value| format!("{name}: {value:?}")))
            .collect();
        format!("person(#{{ {} }})", parts.join(", "))
    }

    /// A person from the map a script writes, or an entry of `identifiers` holds.
    fn from_map(map: &Map) -> Result<Person, Fault> {
        let mut texts: [Option<ImmutableString>; 3] = [None, None, None];
        for (key, value) in map {
            let place = match key.as_str() {
                "id" => &mut texts[0],
                "email" => &mut texts[1],
                "cio_id" => &mut texts[2],
                _ => {
                    return Err(Fault::new(
                        Code::ArgumentUnknown,
                        At::Key(vec![key.to_string()]),
                        format!("a person has no `{key}`"),
                    )
                    .label("no such identifier")
                    .help("a person is made of id, email and cio_id"));
                }
            };
            if value.is_unit() {
                continue;
            }
            let text = value.as_immutable_string_ref().map_err(|_| {
                let held = super::values::hold(value);
                let kind = crate::spec::Held::arg(&held).type_name().to_string();
                Fault::new(
                    Code::ArgumentType,
                    At::Value(vec![key.to_string()]),
                    format!("`{key}` is a string, and got {kind}"),
                )
                .label(format!("this is {kind}"))
            })?;
            *place = Some(text.clone());
        }
        let among = People::one(texts.each_ref().map(|text| text.as_ref().map(ImmutableString::as_str)));
        let person = Person::new(Arc::new(among), 0);
        if person.identifiers() == Identifiers::default() {
            return Err(Fault::new(
                Code::PersonNoIdentifier,
                At::Call,
                "a person needs an id, an email or a cio_id",
            )
            .label("nobody")
            .help("for example person(#{ email: \"ada@example.com\" })"));
        }
        Ok(person)
    }
}

/// Makes people known to an engine: `person(…)`, `.id`, `.email`, `.cio_id`, comparing and printing.
pub fn register(engine: &mut Engine) {
    fn part(value: Option<&str>) -> Dynamic {
        value.map_or(Dynamic::UNIT, |value| value.to_string().into())
    }
    engine
        .register_type_with_name::<Person>("Person")
        .register_get("id", |person: &mut Person| part(person.identifiers().id))
        .register_get("email", |person: &mut Person| part(person.identifiers().email))
        .register_get("cio_id", |person: &mut Person| part(person.identifiers().cio_id))
        .register_fn("to_string", |person: &mut Person| person.best().to_string())
        .register_fn("to_debug", |person: &mut Person| person.debug())
        .register_fn("==", |a: Person, b: Person| a == b)
        .register_fn("!=", |a: Person, b: Person| a != b)
        .register_fn("person", |context: NativeCallContext, map: Map| {
            placed(&context, Person::from_map(&map).map_err(|fault| fail(CallError::one("person", fault))))
        });
}
