//! The functions beside the tools: arguments, time, chance, the environment, files, waiting. Each is a
//! call of the host, because each could differ between two runs of the same script.

use std::sync::Arc;
use std::time::Duration;

use rhai::{
    Array, Dynamic, Engine, EvalAltResult, FLOAT, INT, ImmutableString, Map, NativeCallContext, Position,
};

use super::host::{CallError, Host};
use super::rows::rows;
use super::tools::{Result, fail, halt, placed};
use crate::fault::{At, Code, Fault};

pub fn register(engine: &mut Engine, host: &Arc<dyn Host>) {
    arguments(engine, host);
    let h = host.clone();
    engine.on_print(move |text| h.print(text));
    let h = host.clone();
    engine.on_debug(move |text, _, _| h.debug(text));
    let h = host.clone();
    engine.register_fn("now", move || h.now());
    let h = host.clone();
    engine.register_fn("random", move || h.random());
    environment(engine, host);
    let h = host.clone();
    engine.register_fn("sleep", move |context: NativeCallContext, seconds: INT| {
        placed(&context, sleep(&*h, seconds as FLOAT))
    });
    let h = host.clone();
    engine.register_fn("sleep", move |context: NativeCallContext, seconds: FLOAT| {
        placed(&context, sleep(&*h, seconds))
    });
    files(engine, host);
    engine.register_fn("exit", |context: NativeCallContext, code: INT| placed(&context, leave(code)));
    let h = host.clone();
    engine.register_fn("flush", move || -> Result<Map> {
        let settled = h.flush().map_err(halt)?;
        let count = |n: u64| Dynamic::from_int(n as INT);
        let counts = [
            ("accepted", settled.accepted),
            ("rejected", settled.rejected),
            ("in_doubt", settled.in_doubt),
            ("undelivered", settled.undelivered),
            ("withheld", settled.withheld),
        ];
        Ok(counts.map(|(name, n)| (name.into(), count(n))).into_iter().collect())
    });
}

fn arguments(engine: &mut Engine, host: &Arc<dyn Host>) {
    let h = host.clone();
    engine.register_fn("arg", move |context: NativeCallContext, name: ImmutableString| {
        placed(&context, given(&*h, "arg", &name, &Dynamic::UNIT, None))
    });
    let h = host.clone();
    engine.register_fn("arg", move |context: NativeCallContext, name: ImmutableString, default: Dynamic| {
        placed(&context, given(&*h, "arg", &name, &default, Some(&default)))
    });
    let h = host.clone();
    engine.register_fn("arg_int", move |context: NativeCallContext, name: ImmutableString| {
        placed(&context, given(&*h, "arg_int", &name, &0.into(), None))
    });
    let h = host.clone();
    engine.register_fn("arg_int", move |context: NativeCallContext, name: ImmutableString, default: INT| {
        placed(&context, given(&*h, "arg_int", &name, &0.into(), Some(&default.into())))
    });
}

/// The argument `name` as a value like `kind`, or its default.
fn given(
    host: &dyn Host,
    function: &str,
    name: &str,
    kind: &Dynamic,
    default: Option<&Dynamic>,
) -> Result<Dynamic> {
    let missing = || {
        Fault::new(Code::ScriptArgumentMissing, At::Call, format!("the script needs `{name}`"))
            .label("not given")
            .help(format!("give it on the command line: {name}=…"))
    };
    let value = match (host.argument(name), default) {
        (Some(text), _) => like(name, &text, kind),
        (None, Some(default)) => Ok(default.clone()),
        (None, None) => Err(missing()),
    };
    value.map_err(|fault| fail(CallError::one(function, fault)))
}

/// An argument's text as a value of the type of `default`.
///
/// # Errors
/// A fault when the text isn't one.
pub fn like(name: &str, text: &str, default: &Dynamic) -> std::result::Result<Dynamic, Fault> {
    let wrong = |takes: &str| {
        Fault::new(Code::ScriptArgumentType, At::Call, format!("`{name}` takes {takes}, and got \"{text}\""))
            .label("not of the type it takes")
    };
    if default.is_int() {
        text.parse::<INT>().map(Dynamic::from_int).map_err(|_| wrong("an integer"))
    } else if default.is_float() {
        text.parse::<FLOAT>().map(Dynamic::from_float).map_err(|_| wrong("a number"))
    } else if default.is_bool() {
        text.parse::<bool>().map(Dynamic::from_bool).map_err(|_| wrong("true or false"))
    } else {
        Ok(text.to_string().into())
    }
}

fn environment(engine: &mut Engine, host: &Arc<dyn Host>) {
    let h = host.clone();
    engine.register_fn("env", move |context: NativeCallContext, name: ImmutableString| {
        let value: Result<ImmutableString> = h.env(&name).map(Into::into).ok_or_else(|| {
            let message = format!("the environment has no {name} that a script may read");
            let fault =
                Fault::new(Code::SettingInvalid, At::Call, message).label("not set, or a credential").help(
                    "set it, or give a default: env(name, default). The tools use the credentials; scripts \
                     never see them",
                );
            fail(CallError::one("env", fault))
        });
        placed(&context, value)
    });
    let h = host.clone();
    engine.register_fn("env", move |name: ImmutableString, default: ImmutableString| {
        h.env(&name).map_or(default, Into::into)
    });
}

/// Ends the script. The exit codes say what became of the writes, so a script has no code of its own:
/// one that isn't 0 is a failure like a thrown error.
fn leave(code: INT) -> Result<()> {
    if code == 0 {
        return Err(Box::new(EvalAltResult::Exit(Dynamic::UNIT, Position::NONE)));
    }
    let fault = Fault::new(Code::ScriptThrew, At::Call, format!("the script ended itself with exit({code})"))
        .label("ended here")
        .help("throw says why: throw \"no such customer\"; the exit code is 1 either way");
    Err(fail(CallError::one("exit", fault)))
}

fn sleep(host: &dyn Host, seconds: FLOAT) -> Result<()> {
    let time = Duration::try_from_secs_f64(seconds).map_err(|_| {
        let message = format!("`sleep` takes seconds, and got {seconds}");
        fail(CallError::one(
            "sleep",
            Fault::new(Code::ArgumentRange, At::Call, message).label("no such time"),
        ))
    })?;
    host.sleep(time).map_err(halt)
}

fn files(engine: &mut Engine, host: &Arc<dyn Host>) {
    let h = host.clone();
    engine.register_fn("read_lines", move |context: NativeCallContext, path: ImmutableString| {
        let text = h.read("read_lines", &path).map_err(halt);
        placed(&context, text.map(|text| lines(&text)))
    });
    let h = host.clone();
    engine.register_fn("read_csv", move |context: NativeCallContext, path: ImmutableString| {
        let wrong = |fault| fail(CallError::one("read_csv", fault));
        let text = h.read("read_csv", &path).map_err(halt);
        placed(&context, text.and_then(|text| rows(&path, &text).map_err(wrong)))
    });
}

/// The lines with something on them, without the space around it.
fn lines(text: &str) -> Array {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| line.to_string().into()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_takes_the_type_of_its_default() {
        let like = |text: &str, default: Dynamic| like("n", text, &default).map(|value| value.to_string());
        assert_eq!(like("7", 1.into()).unwrap(), "7");
        assert_eq!(like("true", false.into()).unwrap(), "true");
        assert_eq!(like("7", "x".into()).unwrap(), "7");
        assert_eq!(like("seven", 1.into()).unwrap_err().message, "`n` takes an integer, and got \"seven\"");
        assert_eq!(like("yes", true.into()).unwrap_err().code, Code::ScriptArgumentType);
    }

    #[test]
    fn lines_are_read_without_space_and_blank_ones() {
        let read: Vec<String> = lines("u-1\r\n\n  u-2 \n").iter().map(ToString::to_string).collect();
        assert_eq!(read, ["u-1", "u-2"]);
    }
}
