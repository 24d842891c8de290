//! What a run answers to its script.

use std::io::ErrorKind;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::calls::Made;
use super::input;
use super::session::{Session, Stopped};
use crate::engine::{Ahead, Call, CallError, Flushed, Halt, Host, Look, Reading, Reply, Site};
use crate::fault::{At, Code, Fault};
use crate::journal::unrepeatable;
use crate::policy::Limits;
use crate::request;
use crate::spec::{Delivery, Tool};

impl Host for Session {
    fn call(&self, call: Call<'_>) -> Result<Reply, Halt> {
        let Call { tool, site, limits, .. } = call;
        let (args, path) = self.sound(&call)?;
        let made = Made { tool, args: &args, class: request::class(tool, &args), site, limits };
        if !made.class.is_read() {
            if self.only_reads.load(Ordering::Relaxed) {
                self.tried.store(true, Ordering::Relaxed);
                let fault = Fault::new(Code::GrantReadOnly, At::Call, "nothing is written to show a value");
                return Err(made.fault(fault));
            }
            if self.terms.holds {
                return self.hold(&made, &path);
            }
            if self.terms.dry_run {
                return self.withhold(&made, &path);
            }
        }
        if tool.delivery == Delivery::Batched {
            return self.put(&made, &path);
        }
        let item = self.item(&made, &path)?;
        match tool.delivery {
            Delivery::Now => {
                self.count(tool);
                self.send_now(&item, &args)
            }
            Delivery::Batched | Delivery::Streamed => self.send(item, &made),
        }
    }

    fn ahead(self: Arc<Self>, call: Call<'_>, look: Box<dyn Look>) -> Ahead {
        let tool = call.tool;
        let item = self.sound(&call).and_then(|(args, path)| {
            let Call { site, limits, .. } = call;
            let made = Made { tool, args: &args, class: request::class(tool, &args), site, limits };
            self.item(&made, &path)
        });
        match item {
            Ok(item) => {
                self.count(tool);
                self.begin(item, look)
            }
            Err(halt) => Box::new(|| Err(halt)),
        }
    }

    fn only_reads(&self, only: bool) -> bool {
        self.only_reads.store(only, Ordering::Relaxed);
        self.tried.swap(false, Ordering::Relaxed)
    }

    fn reads(&self, reading: &Arc<Reading>) {
        self.watched.reads(reading);
    }

    fn depends(&self, tool: &'static Tool, site: Site<'_>) -> Halt {
        self.end(Stopped::Depends(tool.name(), site.place()))
    }

    fn limits(&self) -> Limits {
        self.client.limits
    }

    fn unrepeatable(&self) -> u64 {
        unrepeatable()
    }

    fn flush(&self) -> Result<Flushed, Halt> {
        let (settled, total) = self.outbox.flush().map_err(|fatal| self.fatal(fatal))?;
        // Whoever asks is told, and goes on knowing it.
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = total;
        Ok(Flushed {
            accepted: settled.accepted,
            rejected: settled.rejected,
            in_doubt: settled.in_doubt + settled.open,
            undelivered: settled.undelivered,
            withheld: self.withheld().since_flush() + self.held().since_flush(),
        })
    }

    fn print(&self, text: &str) {
        if let Err(why) = self.console.out(text) {
            let why = match why.kind() {
                ErrorKind::BrokenPipe => "nobody reads it any more".to_string(),
                _ => why.to_string(),
            };
            let _ = self.end(Stopped::OutputClosed(why));
        }
    }

    fn debug(&self, text: &str) {
        self.console.note(text);
    }

    fn argument(&self, name: &str) -> Option<String> {
        self.arguments.get(name).map(str::to_string)
    }

    fn now(&self) -> i64 {
        Timestamp::now().as_second()
    }

    fn random(&self) -> f64 {
        fastrand::f64()
    }

    fn env(&self, name: &str) -> Option<String> {
        if self.client.credentials.hides(name) { None } else { std::env::var(name).ok() }
    }

    fn read(&self, function: &str, path: &str) -> Result<String, Halt> {
        self.watched.reads_file(path);
        let wanted = path.to_string();
        let read = self.runtime.block_on(async {
            tokio::select! {
                () = self.stop.cancelled() => None,
                // A pipe that nobody writes to holds up whoever opens it.
                read = tokio::task::spawn_blocking(move || input::read(&wanted)) => Some(read),
            }
        });
        match read {
            None => Err(self.end(Stopped::Interrupted)),
            Some(read) => read
                .unwrap_or_else(|why| Err(input::unreadable(path, &why.to_string())))
                .map_err(|fault| CallError::one(function, fault).into()),
        }
    }

    fn sleep(&self, time: Duration) -> Result<(), Halt> {
        self.watched.sleeps(self.begun.elapsed() + time);
        let slept = self.runtime.block_on(async {
            tokio::select! {
                () = self.halt.cancelled() => false,
                () = tokio::time::sleep(time) => true,
            }
        });
        if slept { Ok(()) } else { Err(self.end(Stopped::Interrupted)) }
    }

    fn stopped(&self) -> bool {
        self.halted.load(Ordering::Relaxed)
    }
}
