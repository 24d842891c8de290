//! An argument that outlives its call.

use std::ops::ControlFlow;

use super::arg::{Arg, Held, Identifiers, Step, Tree};

/// What an [`Arg`] borrows, owned.
#[derive(Clone, Debug, PartialEq)]
pub enum Owned {
    Unit,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    Person { id: Option<String>, email: Option<String>, cio_id: Option<String> },
    List(List),
    Object(Object),
    Foreign(String),
    Unknown,
}

/// An array's entries.
#[derive(Clone, Debug, PartialEq)]
pub struct List(Vec<Owned>);

/// A map's entries, in its order.
#[derive(Clone, Debug, PartialEq)]
pub struct Object(Vec<(String, Owned)>);

impl Owned {
    pub fn list(entries: impl IntoIterator<Item = Owned>) -> Owned {
        Owned::List(List(entries.into_iter().collect()))
    }

    pub fn object(entries: impl IntoIterator<Item = (String, Owned)>) -> Owned {
        Owned::Object(Object(entries.into_iter().collect()))
    }

    pub fn of(arg: &Arg<'_>) -> Owned {
        match *arg {
            Arg::Unit => Owned::Unit,
            Arg::Bool(b) => Owned::Bool(b),
            Arg::Int(n) => Owned::Int(n),
            Arg::Float(f) => Owned::Float(f),
            Arg::Text(text) => Owned::Text(text.to_string()),
            Arg::Person(Identifiers { id, email, cio_id }) => {
                let [id, email, cio_id] = [id, email, cio_id].map(|text| text.map(str::to_string));
                Owned::Person { id, email, cio_id }
            }
            Arg::List(tree) => Owned::list(read(tree, |_, arg| Owned::of(&arg))),
            Arg::Object(tree) => {
                let entry = |step: Step<'_>, arg: Arg<'_>| match step {
                    Step::Key(key) => (key.to_string(), Owned::of(&arg)),
                    Step::Index(index) => (index.to_string(), Owned::of(&arg)),
                };
                Owned::object(read(tree, entry))
            }
            Arg::Foreign(name) => Owned::Foreign(name.to_string()),
            Arg::Unknown => Owned::Unknown,
        }
    }
}

fn read<T>(tree: &dyn Tree, entry: impl Fn(Step<'_>, Arg<'_>) -> T) -> Vec<T> {
    let mut entries = Vec::with_capacity(tree.len());
    tree.entries(&mut |step, arg| {
        entries.push(entry(step, arg));
        ControlFlow::Continue(())
    });
    entries
}

impl Held for Owned {
    fn arg(&self) -> Arg<'_> {
        match self {
            Owned::Unit => Arg::Unit,
            Owned::Bool(b) => Arg::Bool(*b),
            Owned::Int(n) => Arg::Int(*n),
            Owned::Float(f) => Arg::Float(*f),
            Owned::Text(text) => Arg::Text(text),
            Owned::Person { id, email, cio_id } => Arg::Person(Identifiers {
                id: id.as_deref(),
                email: email.as_deref(),
                cio_id: cio_id.as_deref(),
            }),
            Owned::List(list) => Arg::List(list),
            Owned::Object(object) => Arg::Object(object),
            Owned::Foreign(name) => Arg::Foreign(name),
            Owned::Unknown => Arg::Unknown,
        }
    }
}

impl Held for &Owned {
    fn arg(&self) -> Arg<'_> {
        (**self).arg()
    }
}

impl Tree for List {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn entries(&self, visit: &mut dyn FnMut(Step<'_>, Arg<'_>) -> ControlFlow<()>) {
        let mut entries = self.0.iter().enumerate();
        let _ = entries.try_for_each(|(index, value)| visit(Step::Index(index), value.arg()));
    }

    fn get(&self, _: &str) -> Option<Box<dyn Held + '_>> {
        None
    }
}

impl Tree for Object {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn entries(&self, visit: &mut dyn FnMut(Step<'_>, Arg<'_>) -> ControlFlow<()>) {
        let _ = self.0.iter().try_for_each(|(key, value)| visit(Step::Key(key), value.arg()));
    }

    fn get(&self, key: &str) -> Option<Box<dyn Held + '_>> {
        let (_, value) = self.0.iter().find(|(known, _)| known == key)?;
        Some(Box::new(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_owned_reads_as_what_it_was() {
        let person = Identifiers { id: Some("u-1"), email: None, cio_id: Some("c1") };
        let person = || Owned::of(&Arg::Person(person));
        let inner = Object(vec![("who".into(), person()), ("n".into(), Owned::Float(1.5))]);
        let list = List(vec![Owned::Object(inner), Owned::Text("x".into()), Owned::Unit, Owned::Bool(true)]);
        for owned in [person(), Owned::Int(7), Owned::Foreign("a closure".into()), Owned::List(list.clone())]
        {
            assert_eq!(Owned::of(&owned.arg()), owned);
        }
        assert_eq!((list.len(), list.get("who").is_none()), (4, true));
        let Owned::Object(inner) = &list.0[0] else { panic!("{list:?}") };
        let who = inner.get("who").expect("it is there");
        assert_eq!(Owned::of(&who.arg()), person());
        assert!(inner.get("whom").is_none());
    }
}
