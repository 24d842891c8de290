//! A server on a loopback port that answers as it is told, wrongly too, and remembers what it was asked.

use std::collections::{HashMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};

use serde_json::Value;

/// What to do with a request.
#[derive(Clone)]
pub enum Reply {
    Answer {
        status: u16,
        headers: Vec<(String, String)>,
        body: String,
    },
    /// Promises more than it sends, then closes.
    Cut(u16, String),
    /// Closes without an answer.
    Close,
    /// Never answers, and keeps the connection.
    Hang,
    /// Answers with this status and everything that could give a key away.
    Echo(u16),
    /// Answers so once the gate is open.
    Held(Gate, Box<Reply>),
}

/// Holds answers back until it is opened.
#[derive(Clone, Default)]
pub struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    /// `reply` behind this gate.
    pub fn before(&self, reply: Reply) -> Reply {
        Reply::Held(self.clone(), Box::new(reply))
    }

    pub fn open(&self) {
        *self.0.0.lock().expect("no test panics with it") = true;
        self.0.1.notify_all();
    }

    fn pass(&self) {
        let open = self.0.0.lock().expect("no test panics with it");
        drop(self.0.1.wait_while(open, |open| !*open).expect("no test panics with it"));
    }
}

impl Reply {
    pub fn ok(body: &str) -> Reply {
        Reply::status(200, body)
    }

    pub fn status(status: u16, body: &str) -> Reply {
        Reply::Answer { status, headers: vec![], body: body.to_string() }
    }

    pub fn header(self, name: &str, value: &str) -> Reply {
        match self {
            Reply::Answer { status, mut headers, body } => {
                headers.push((name.to_string(), value.to_string()));
                Reply::Answer { status, headers, body }
            }
            other => other,
        }
    }
}

/// A request as it arrived.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub method: String,
    /// Path and query, as sent.
    pub target: String,
    pub authorization: Option<String>,
    pub body: String,
    /// Whether its key was refused.
    pub refused: bool,
    /// The status it was answered with, if it was answered whole.
    pub status: Option<u16>,
}

impl Seen {
    /// The items of a body that holds several writes.
    pub fn items(&self) -> Vec<Value> {
        let body: Value = serde_json::from_str(&self.body).unwrap_or_default();
        body["batch"].as_array().cloned().unwrap_or_default()
    }
}

/// Decides what is answered to a request, where it does.
type Judge = Box<dyn FnMut(&Seen) -> Option<Reply> + Send>;

/// What the server takes from a request on.
struct Turn {
    /// How many requests come before.
    after: usize,
    authorization: String,
    act: Option<Box<dyn FnOnce() + Send>>,
}

#[derive(Default)]
struct Told {
    /// What comes next for a method and path; the last stays.
    replies: HashMap<String, Vec<Reply>>,
    /// In the order of the requests; without one it takes any key.
    turns: Vec<Turn>,
    judge: Option<Judge>,
    first: VecDeque<Reply>,
    seen: Vec<Seen>,
}

/// The server. It serves until the test process ends.
pub struct Server {
    address: SocketAddr,
    told: Arc<Mutex<Told>>,
}

impl Server {
    pub fn start() -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let told = Arc::new(Mutex::new(Told::default()));
        let shared = told.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let told = shared.clone();
                std::thread::spawn(move || {
                    // A client that goes away is one of the things that are tested.
                    let _ = serve(stream, &told);
                });
            }
        });
        Server { address, told }
    }

    /// Answers `METHOD /path` (without the query) with `replies` in turn; the last stays. `*` is any.
    pub fn on(self, request: &str, replies: impl IntoIterator<Item = Reply>) -> Server {
        let mut replies: Vec<Reply> = replies.into_iter().collect();
        replies.reverse();
        self.told.lock().expect("no test panics with it").replies.insert(request.to_string(), replies);
        self
    }

    /// After so many requests, does `act` and from then on answers 401 to whoever doesn't show
    /// `authorization`.
    pub fn takes(self, after: usize, authorization: &str, act: impl FnOnce() + Send + 'static) -> Server {
        let turn = Turn { after, authorization: authorization.into(), act: Some(Box::new(act)) };
        self.told.lock().expect("no test panics with it").turns.push(turn);
        self
    }

    /// Answers what `judge` says, if it says something.
    pub fn judging(self, judge: impl FnMut(&Seen) -> Option<Reply> + Send + 'static) -> Server {
        self.told.lock().expect("no test panics with it").judge = Some(Box::new(judge));
        self
    }

    /// Answers the first requests with `replies`, whatever comes after.
    pub fn beginning(self, replies: impl IntoIterator<Item = Reply>) -> Server {
        self.told.lock().expect("no test panics with it").first = replies.into_iter().collect();
        self
    }

    /// Refuses every body with an item that is `bad`, in the words of Customer.io's Pipelines API, and takes
    /// everything else.
    pub fn refusing(self, bad: impl Fn(&Value) -> bool + Send + 'static) -> Server {
        self.on("*", [Reply::ok("{}")]).judging(move |seen| {
            let refusal = r#"{"errors":[{"reason":"invalid","field":"groupId","message":"too odd"}]}"#;
            seen.items().iter().any(&bad).then(|| Reply::status(400, refusal))
        })
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.told.lock().expect("no test panics with it").seen.clone()
    }

    /// The items of the bodies that arrived and were taken, in that order.
    pub fn taken(&self) -> Vec<Value> {
        self.seen().iter().filter(|seen| seen.status == Some(200)).flat_map(Seen::items).collect()
    }

    /// Whom the items of each body are about.
    pub fn bodies(&self) -> Vec<Vec<String>> {
        let whom = |item: &Value| item["userId"].as_str().unwrap_or_default().to_string();
        self.seen().iter().map(|seen| seen.items().iter().map(whom).collect()).collect()
    }

    /// The requests as `METHOD /path?query`.
    pub fn targets(&self) -> Vec<String> {
        self.seen().iter().map(|seen| format!("{} {}", seen.method, seen.target)).collect()
    }

    /// Those that were sent to be done.
    pub fn posts(&self) -> Vec<String> {
        self.targets().into_iter().filter(|target| target.starts_with("POST ")).collect()
    }
}

/// An address at which nobody listens.
pub fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    format!("http://{}", listener.local_addr().expect("an address"))
}

fn serve(stream: TcpStream, told: &Mutex<Told>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut out = stream;
    while let Some(seen) = request(&mut reader)? {
        let mut reply = next(told, &seen);
        while let Reply::Held(gate, held) = reply {
            gate.pass();
            reply = *held;
        }
        match reply {
            Reply::Answer { status, headers, body } => answer(&mut out, status, &headers, &body, 0)?,
            Reply::Echo(status) => {
                let header = seen.authorization.unwrap_or_default();
                let keys: Vec<&str> = super::KEYS.iter().map(|(_, value)| *value).collect();
                let words = format!("you sent {header}, and the keys are {}", keys.join(" "));
                let location = format!("http://127.0.0.1:1/{}?key={}", keys[0], keys[1]);
                let body = serde_json::json!({ "errors": [{ "detail": words }] }).to_string();
                answer(&mut out, status, &[("location".into(), location)], &body, 0)?;
            }
            Reply::Cut(status, body) => {
                answer(&mut out, status, &[], &body, 1_000)?;
                return out.shutdown(Shutdown::Both);
            }
            Reply::Close => return out.shutdown(Shutdown::Both),
            Reply::Hang => {
                // Until the client goes away.
                let _ = reader.read(&mut [0; 1])?;
                return Ok(());
            }
            Reply::Held(..) => unreachable!("it was let through above"),
        }
    }
    Ok(())
}

fn next(told: &Mutex<Told>, seen: &Seen) -> Reply {
    let path = seen.target.split('?').next().unwrap_or_default();
    let mut told = told.lock().expect("no test panics with it");
    let before = told.seen.len();
    if let Some(turn) = told.turns.iter_mut().rev().find(|turn| turn.after <= before) {
        if let Some(act) = turn.act.take() {
            act();
        }
        if seen.authorization.as_deref() != Some(&turn.authorization) {
            told.seen.push(Seen { refused: true, ..seen.clone() });
            return Reply::status(401, r#"{"errors":[{"detail":"this key opens nothing"}]}"#);
        }
    }
    let reply = told.first.pop_front().or_else(|| told.judge.as_mut()?(seen));
    let reply = reply.unwrap_or_else(|| told.prepared(seen, path));
    let status = match &reply {
        Reply::Answer { status, .. } => Some(*status),
        _ => None,
    };
    told.seen.push(Seen { status, ..seen.clone() });
    reply
}

impl Told {
    fn prepared(&mut self, seen: &Seen, path: &str) -> Reply {
        let key = format!("{} {path}", seen.method);
        let key = if self.replies.contains_key(&key) { key } else { "*".to_string() };
        match self.replies.get_mut(&key) {
            Some(replies) if replies.len() > 1 => replies.pop().expect("there are several"),
            Some(replies) => replies.last().cloned().expect("a path has a reply"),
            None => Reply::status(404, r#"{"errors":[{"detail":"nothing is prepared for this"}]}"#),
        }
    }
}

fn request(reader: &mut BufReader<TcpStream>) -> std::io::Result<Option<Seen>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut seen = Seen { method: method.into(), target: target.into(), ..Seen::default() };
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        match name.to_lowercase().as_str() {
            "content-length" => length = value.trim().parse().expect("a length is a number"),
            "authorization" => seen.authorization = Some(value.trim().to_string()),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    seen.body = String::from_utf8(body).expect("bodies are UTF-8");
    Ok(Some(seen))
}

fn answer(
    out: &mut TcpStream,
    status: u16,
    headers: &[(String, String)],
    body: &str,
    missing: usize,
) -> std::io::Result<()> {
    let length = body.len() + missing;
    let mut text =
        format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    text.push_str(body);
    out.write_all(text.as_bytes())
}
