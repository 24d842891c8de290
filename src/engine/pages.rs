//! The pages of a read, one after the other.

use std::collections::HashSet;
use std::fmt::Display;
use std::sync::{Arc, OnceLock};

use rhai::{Dynamic, EvalAltResult, NativeCallContext};
use serde::Deserialize;

use super::failure::place;
use super::host::{Ahead, Call, CallError, Halt, Look, Reply, Site};
use super::people::{Index, People};
use super::person::Person;
use super::reading::Reading;
use super::retrying::limits;
use super::tools::{Result, fail, halt, is_value, placed, with_args};
use super::values::hold;
use super::world::World;
use crate::api::Watch;
use crate::fault::{At, Code, Fault, Place};
use crate::request;
use crate::spec::{Arg, Held, Pages, Tool};

/// The read a sequence comes from.
#[derive(Clone)]
pub struct Source {
    tool: &'static Tool,
    pub pages: Pages,
    /// In declared order.
    args: Vec<Dynamic>,
    /// Where the sequence was made, for faults that Rhai would drop.
    pub place: Place,
    /// The workspace it was made in: another one has other segments under the same ids.
    workspace: u64,
}

impl Source {
    /// Describes a read, and finds at once what is wrong with its arguments.
    pub fn new(
        tool: &'static Tool,
        pages: Pages,
        context: &NativeCallContext<'_>,
        args: &mut [&mut Dynamic],
        workspace: u64,
    ) -> Result<Source> {
        let args = placed(context, named_or_ordered(tool, pages, args))?;
        let place = place(context.call_source(), context.call_position());
        Ok(Source { tool, pages, args, place, workspace })
    }
}

/// What is wrong with the arguments of a sequence.
pub fn faults(tool: &'static Tool, pages: Pages, args: &[Arg<'_>]) -> Vec<Fault> {
    let mut faults = request::check(tool, args);
    let given = |name: &str| {
        let arg = tool.param(name).and_then(|(i, _)| args.get(i));
        arg.is_some_and(|arg| !matches!(arg, Arg::Unit | Arg::Unknown))
    };
    for name in PAGING.into_iter().filter(|name| given(name)) {
        let message = format!("`{}` goes through all pages and sets `{name}` itself", pages.sequence);
        faults.push(
            Fault::new(Code::ArgumentUnknown, At::Value(vec![name.to_string()]), message)
                .label("not taken here")
                .help("`.take(n)` ends a sequence after n items; the tool itself reads one page"),
        );
    }
    faults
}

/// The error of a call of the sequence, which the script knows by that name and not by its tool's.
pub fn named(tool: &Tool, pages: Pages, error: CallError) -> CallError {
    let (from, to) = (format!("`{}`", tool.name()), format!("`{}`", pages.sequence));
    let renamed = |fault: Fault| Fault {
        message: fault.message.replace(&from, &to),
        help: fault.help.map(|help| help.replace(&from, &to)),
        ..fault
    };
    let faults = error.faults.into_iter().map(renamed).collect();
    CallError { tool: pages.sequence.to_string(), faults, ..error }
}

fn named_or_ordered(tool: &'static Tool, pages: Pages, given: &mut [&mut Dynamic]) -> Result<Vec<Dynamic>> {
    let renamed = |error: Box<EvalAltResult>| match *error {
        EvalAltResult::ErrorRuntime(value, position) => match value.try_cast::<CallError>() {
            Some(error) => fail(named(tool, pages, error)),
            None => Box::new(EvalAltResult::ErrorRuntime(Dynamic::UNIT, position)),
        },
        other => Box::new(other),
    };
    with_args(tool, given, |args| {
        let faults = faults(tool, pages, args);
        if faults.is_empty() { Ok(()) } else { Err(fail(CallError::new(tool.name(), faults))) }
    })
    .map_err(renamed)?;
    // A sequence outlives the call, so it keeps its arguments. A map of names is put in order.
    let by_name = match &given[..] {
        [one] => one.as_map_ref().ok().filter(|map| !is_value(tool, map)).map(|map| map.clone()),
        _ => None,
    };
    Ok(match by_name {
        Some(map) => {
            tool.params.iter().map(|param| map.get(param.name).cloned().unwrap_or_default()).collect()
        }
        None => given.iter().map(|value| value.flatten_clone()).collect(),
    })
}

/// Reads page after page.
pub struct Pager {
    source: Source,
    world: World,
    items: Items,
    /// `None` before the first page; then the cursor of the next, empty after the last.
    cursor: Option<String>,
    /// The next page, once it was asked for.
    ahead: Option<Begun>,
    seen: HashSet<String>,
    reading: Arc<Reading>,
}

/// After so many items of a page the next is asked for: a script that wants only the first few costs no
/// request more.
const AHEAD: usize = 1_000;

/// What is left of a page.
enum Items {
    People { among: Arc<People>, next: usize },
    Values { left: std::vec::IntoIter<Dynamic>, taken: usize },
}

/// A page on its way.
struct Begun {
    reply: Ahead,
    page: Arc<OnceLock<std::result::Result<Page, Fault>>>,
}

/// A page as it is read, on whichever thread.
enum Page {
    /// The people stand in the answer itself.
    People(Index),
    Values(Vec<Dynamic>, Option<String>),
}

/// Reads a page while it is on its way to whoever asked for it.
struct Reader {
    tool: &'static Tool,
    pages: Pages,
    index: Index,
    page: Arc<OnceLock<std::result::Result<Page, Fault>>>,
    reading: Arc<Reading>,
}

impl Watch for Reader {
    fn begin(&mut self, body: &str) {
        self.index.begin(body);
    }

    fn entry(&mut self, list: &'static str) {
        if self.pages.people {
            self.index.entry(list);
        }
    }

    fn text(&mut self, depth: usize, name: &'static str, text: &str) {
        if self.pages.people {
            self.index.text(depth, name, text);
        }
    }
}

impl Look for Reader {
    fn whole(&mut self, body: &[u8]) {
        let page = match self.pages.people {
            true => std::mem::take(&mut self.index)
                .whole()
                .map(Page::People)
                .map_err(|why| wrong(self.tool, &why)),
            false => read(self.tool, self.pages, body),
        };
        if let Ok(page) = &page {
            self.reading.arrive(page.len(), page.is_last());
        }
        // An answer is seen whole once.
        let _ = self.page.set(page);
    }
}

impl Page {
    fn len(&self) -> usize {
        match self {
            Page::People(index) => index.len(),
            Page::Values(items, _) => items.len(),
        }
    }

    fn is_last(&self) -> bool {
        let next = match self {
            Page::People(index) => &index.next,
            Page::Values(_, next) => next,
        };
        next.as_ref().is_none_or(String::is_empty)
    }
}

impl Items {
    fn none() -> Items {
        Items::Values { left: Vec::new().into_iter(), taken: 0 }
    }

    /// How many were taken.
    fn taken(&self) -> usize {
        match self {
            Items::People { next, .. } => *next,
            Items::Values { taken, .. } => *taken,
        }
    }
}

impl Iterator for Items {
    type Item = Dynamic;

    fn next(&mut self) -> Option<Dynamic> {
        match self {
            Items::People { among, next } => {
                if *next == among.len() {
                    return None;
                }
                *next += 1;
                Some(Dynamic::from(Person::new(among.clone(), *next - 1)))
            }
            Items::Values { left, taken } => {
                *taken += 1;
                left.next()
            }
        }
    }
}

impl Pager {
    /// `whole` says that nothing but the script itself ends it before the last page.
    pub fn new(source: Source, world: World, whole: bool) -> Pager {
        let what = if source.pages.people { "people" } else { source.pages.items };
        let reading = Arc::new(Reading::new(what, whole));
        world.host.reads(&reading);
        let seen = HashSet::new();
        Pager { source, world, items: Items::none(), cursor: None, ahead: None, seen, reading }
    }

    /// The error of a page, at the place where its sequence was made.
    fn fail(&self, fault: Fault) -> Box<EvalAltResult> {
        let place = Some(self.source.place.clone());
        fail(CallError { place, ..CallError::one(self.source.pages.sequence, fault) })
    }

    fn placed(&self, halt: Halt) -> Halt {
        match halt {
            Halt::Failed(error) => {
                Halt::Failed(Box::new(CallError { place: Some(self.source.place.clone()), ..*error }))
            }
            Halt::Stopped => Halt::Stopped,
        }
    }

    /// Whether the page at hand is the last.
    fn is_last(&self) -> bool {
        self.cursor.as_ref().is_some_and(String::is_empty)
    }

    /// Asks for the next page.
    fn begin(&self) -> Begun {
        let tool = self.source.tool;
        let held: Vec<_> = self.source.args.iter().map(hold).collect();
        let mut args: Vec<Arg<'_>> = held.iter().map(Held::arg).collect();
        let mut set = |name: &str, arg| {
            if let Some((i, _)) = tool.param(name) {
                args.resize(args.len().max(i + 1), Arg::Unit);
                args[i] = arg;
            }
        };
        set(LIMIT, Arg::Int(i64::from(self.source.pages.size)));
        if let Some(cursor) = &self.cursor {
            set(START, Arg::Text(cursor));
        }
        let place = &self.source.place;
        let site = Site { source: &place.source, line: place.line, column: place.column };
        let call = Call { tool, args: &args, site, limits: limits() };
        let page = Arc::new(OnceLock::new());
        let reader = Reader {
            tool,
            pages: self.source.pages,
            index: Index::default(),
            page: page.clone(),
            reading: self.reading.clone(),
        };
        Begun { reply: self.world.host.clone().ahead(call, Box::new(reader)), page }
    }

    /// Takes up the next page; `false` after the last.
    fn fetch(&mut self) -> Result<bool> {
        if self.is_last() {
            return Ok(false);
        }
        if self.world.host.workspace() != self.source.workspace {
            let message = format!("this `{}` was made in another workspace", self.source.pages.sequence);
            let fault = Fault::new(Code::ScriptFailed, At::Call, message).label("made there");
            return Err(self.fail(fault.help("make it again here")));
        }
        let Begun { reply, page } = self.ahead.take().unwrap_or_else(|| self.begin());
        let (tool, pages) = (self.source.tool, self.source.pages);
        let reply = reply().map_err(|halted| halt(self.placed(halted)))?;
        let Reply::Answer(body) = reply else { return Ok(false) };
        let page = Arc::into_inner(page).and_then(OnceLock::into_inner);
        let page = page.unwrap_or_else(|| read(tool, pages, &body)).map_err(|fault| self.fail(fault))?;
        let next = match page {
            Page::People(mut index) => {
                let text = String::from_utf8(body).map_err(|why| self.fail(wrong(tool, &why)))?;
                let next = index.next.take();
                self.items = Items::People { among: Arc::new(People::new(text, index)), next: 0 };
                next
            }
            Page::Values(items, next) => {
                self.items = Items::Values { left: items.into_iter(), taken: 0 };
                next
            }
        };
        let next = next.unwrap_or_default();
        if !next.is_empty() && !self.seen.insert(next.clone()) {
            let message = format!(
                "the pages of `{}` lead in a circle: a page was announced twice",
                self.source.pages.sequence
            );
            let fault = Fault::new(Code::CursorLoops, At::Call, message)
                .label("stopped here")
                .help("Customer.io gave the same cursor again; what was read so far is complete up to it. Run it again later");
            return Err(self.fail(fault));
        }
        self.cursor = Some(next);
        Ok(true)
    }
}

const LIMIT: &str = "limit";
const START: &str = "start";
/// The parameters of a read that its sequence sets itself.
pub const PAGING: [&str; 2] = [LIMIT, START];

/// The part of a page that says where the next one is.
#[derive(Deserialize)]
struct Next {
    #[serde(default)]
    next: Option<String>,
}

/// A page's items and the cursor of the next page.
fn read(tool: &'static Tool, pages: Pages, body: &[u8]) -> std::result::Result<Page, Fault> {
    if pages.people {
        let text = std::str::from_utf8(body).map_err(|why| wrong(tool, &why))?;
        return Index::of(tool, text).map(Page::People).map_err(|why| wrong(tool, &why));
    }
    let next = serde_json::from_slice::<Next>(body).map_err(|why| wrong(tool, &why))?.next;
    let page: Dynamic = serde_json::from_slice(body).map_err(|why| wrong(tool, &why))?;
    let items = page.try_cast::<rhai::Map>().and_then(|mut page| page.remove(pages.items));
    let items = items.and_then(|items| items.into_array().ok());
    let items = items.ok_or_else(|| wrong(tool, &format!("it has no list of {}", pages.items)))?;
    Ok(Page::Values(items, next))
}

/// The fault of a page that can't be read.
fn wrong(tool: &Tool, why: &dyn Display) -> Fault {
    let message = format!("the answer of `{}` can't be read: {why}", tool.name());
    Fault::new(Code::AnswerUnreadable, At::Call, message).label("unexpected answer")
}

impl Iterator for Pager {
    type Item = Result<Dynamic>;

    fn next(&mut self) -> Option<Result<Dynamic>> {
        loop {
            if let Some(item) = self.items.next() {
                self.reading.take();
                if self.items.taken() == AHEAD && !self.is_last() {
                    self.ahead = Some(self.begin());
                }
                return Some(Ok(item));
            }
            match self.fetch() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}
