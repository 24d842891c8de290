//! `segue watch`.

mod scripts;

use std::sync::Arc;

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;

use super::look::{columns, look, redraws};
use super::restored::Restored;
use super::signal::{each, last_resort, listen};
use super::terms::{rates, terms};
use super::{WatchArgs, World, config, refuse, refuse_settings};
use crate::fault::{At, Code, Fault, io_in_words};
use crate::policy::Rates;
use crate::run::{Exit, Given, load};
use crate::watch::{Ask, Plain, Screen, Stage, Tail, Target, Where, keys};
use scripts::{Scripts, Starter};

pub async fn watch(args: WatchArgs) -> Exit {
    // In the background there is nothing to put back, and no leave to.
    let restored = keys::are_ours().then(Restored::new);
    let exit = begin(args).await.unwrap_or_else(|exit| exit);
    drop(restored);
    exit
}

/// Watches until somebody ends it.
///
/// # Errors
/// How to exit where it never began; why not has been told.
async fn begin(args: WatchArgs) -> Result<Exit, Exit> {
    let (tell, asks) = unbounded_channel();
    signals(tell.clone());
    let target = target(&args).map_err(|fault| refuse(&fault))?;
    let world = World {
        sandbox: match (&args.sandbox, args.live || args.dry_run) {
            (Some(url), _) => Some(url.clone()),
            (None, real) => (!real).then(String::new),
        },
        people: args.people,
        profile: args.profile.clone(),
    };
    // What a profile allows is meant for runs that somebody starts: here each save does.
    let terms = terms(&args.bounds, world.sandbox.is_some(), args.dry_run).map_err(|fault| refuse(&fault))?;
    if !target.folder {
        // As a run would, before anything is watched.
        Given::parse(&args.arguments).map_err(|fault| refuse(&fault))?;
    }
    let rates = rates(&args.bounds).map_err(|fault| refuse(&fault))?;
    // What is wrong with the settings is better said at once.
    let settings = world.settings(Rates::default()).await;
    let whose = settings.map_err(|invalid| refuse_settings(&invalid))?.whose;
    let place = match (args.live, args.dry_run, world.sandbox.is_some()) {
        (true, ..) => Where::Live(whose.keys()),
        (false, true, false) => Where::DryRun(whose.keys()),
        _ => Where::Sandbox,
    };
    let tail = Arc::new(Tail::default());
    let screen = redraws();
    let stage: Box<dyn Stage> = match screen {
        true => {
            let pressed = keys::listen();
            if pressed {
                keys::read(tell);
            }
            Box::new(Screen::new(place, pressed, tail.clone(), look, size))
        }
        false => Box::new(Plain::new(place, look)),
    };
    let runs = Scripts {
        world,
        whose,
        terms,
        rates,
        here: target.here.clone(),
        folder: target.folder,
        tail: screen.then_some(tail),
        args,
    };
    Ok(crate::watch::watch(target, Arc::new(Starter(Arc::new(runs))), stage, asks).await)
}

/// What is watched.
///
/// # Errors
/// A fault when there is no such script or folder.
fn target(args: &WatchArgs) -> Result<Target, Fault> {
    let fault = |message: String| Fault::new(Code::ScriptUnreadable, At::Call, message);
    let here = config::here()
        .map_err(|why| fault(format!("the current folder can't be found: {}", io_in_words(&why))))?;
    let folder = args.path.is_dir();
    if !folder {
        // A mistyped name would be waited for forever.
        load(&args.path)?;
    }
    let path = here.join(&args.path).components().collect();
    Ok(Target { path, folder, settings: config::places(&here), here, poll: args.poll })
}

/// Tells of signals: those that end the watch, and those after which the screen is another.
fn signals(tell: UnboundedSender<Ask>) {
    let told = tell.clone();
    let (stop, hurry) = (CancellationToken::new(), CancellationToken::new());
    listen(stop, hurry.clone());
    tokio::spawn(last_resort(hurry));
    each(move |signal| {
        // Nobody listens any more when the watch has ended.
        let _ = told.send(Ask::Stop(signal));
    });
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let continued = SignalKind::from_raw(rustix::process::Signal::CONT.as_raw());
        for (kind, back) in [(SignalKind::window_change(), false), (continued, true)] {
            // Without it the screen is drawn at the next run.
            let Ok(mut signals) = signal(kind) else { continue };
            let tell = tell.clone();
            tokio::spawn(async move {
                while signals.recv().await.is_some() {
                    if back && redraws() {
                        // Whoever had the terminal meanwhile has put its modes back.
                        keys::listen();
                    }
                    if tell.send(Ask::Redraw).is_err() {
                        return;
                    }
                }
            });
        }
    }
}

/// The rows and columns of the screen.
fn size() -> (usize, usize) {
    let size = terminal_size::terminal_size_of(std::io::stderr());
    (size.map_or(24, |(_, rows)| usize::from(rows.0)), columns())
}
