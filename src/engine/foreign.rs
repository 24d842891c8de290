//! Names out of other languages, and what is here in their place.

/// Methods that change what they are called on, and give nothing back.
pub const IN_PLACE: [&str; 17] = [
    "append",
    "clear",
    "crop",
    "dedup",
    "fill",
    "insert",
    "make_lower",
    "make_upper",
    "mixin",
    "pad",
    "push",
    "replace",
    "reverse",
    "set",
    "sort",
    "trim",
    "truncate",
];

/// What is here for the name of a function.
pub fn function(name: &str) -> Option<&'static str> {
    Some(match name {
        // Rhai has one elsewhere; here the time is a call that a run can answer again.
        "timestamp" | "time" | "date" | "Date" => "`now()` is the time, in seconds since 1970",
        "println" | "printf" | "echo" | "puts" | "console_log" => "print(value) writes a line",
        "str" | "string" | "String" => "value.to_string() makes a string of a value",
        "int" | "Number" | "to_number" => "parse_int(text) makes a number of a string",
        "add" => "list.push(item) adds an item to an array",
        "size" | "length" => "value.len() says how many items or characters it has",
        "includes" | "include" | "has" => {
            "value.contains(what) asks for an item, a key or a part of a string"
        }
        "wait" | "setTimeout" | "usleep" => "sleep(seconds) waits",
        "require" | "include_once" => "import \"people\" as people; loads people.rhai beside the script",
        _ => return None,
    })
}

/// What is here for the name of a method of such a value.
pub fn method(name: &str, of: &str) -> Option<&'static str> {
    Some(match (name, of) {
        ("upper" | "toUpperCase" | "to_uppercase" | "upcase", "a string") => {
            "text.to_upper() gives it in capitals"
        }
        ("lower" | "toLowerCase" | "to_lowercase" | "downcase", "a string") => {
            "text.to_lower() gives it in small letters"
        }
        ("strip" | "trimEnd" | "trimStart" | "lstrip" | "rstrip", "a string") => {
            "text.trim() takes the space at both ends away, in the variable itself"
        }
        ("startsWith" | "startswith" | "start_with", "a string") => "text.starts_with(part) asks for it",
        ("endsWith" | "endswith" | "end_with", "a string") => "text.ends_with(part) asks for it",
        ("substring" | "substr" | "slice" | "take", "a string") => {
            "text.sub_string(from, length) gives a part of it"
        }
        ("indexOf" | "find" | "search", "a string") => "text.index_of(part) gives its place, or -1",
        ("join", "an array") => {
            "list.reduce(|all, item| if all == () { item } else { all + \", \" + item }) joins strings"
        }
        ("forEach" | "each", "an array") => "list.for_each(|| print(this)), or for item in list { … }",
        ("slice", "an array") => "list.extract(from, length) gives a part of it",
        ("take", "an array") => "list.extract(0, n) gives the first n",
        ("skip", "an array") => "list.extract(n) gives what comes after the first n",
        ("first", "an array") => "list[0] is the first item, list.extract(0, n) gives the first n",
        ("last", "an array") => "list[-1] is the last item",
        ("indexOf", "an array") => "list.index_of(item) gives its place, or -1",
        ("sorted", "an array") => "list.sort() sorts the array itself",
        ("items" | "entries" | "iter", "a map") => {
            "for key in map.keys() { print(map[key]) } goes through it"
        }
        ("has_key" | "hasOwnProperty" | "contains_key", "a map") => {
            "`in` asks for a key: if \"name\" in map { … }"
        }
        ("delete" | "pop" | "del", "a map") => "map.remove(\"key\") takes a key away",
        _ => return None,
    })
}

/// What is here for the name of a variable.
pub fn variable(name: &str) -> Option<&'static str> {
    Some(match name {
        "None" | "undefined" | "NULL" | "Null" | "Nil" => "`()` stands for nothing: x == () asks for it",
        "True" | "TRUE" => "it is written `true`",
        "False" | "FALSE" => "it is written `false`",
        "console" => "print(value) writes a line",
        "self" => "a function called on a value has it as `this`",
        "args" | "argv" | "process" | "sys" => {
            "arg(\"name\") is an argument, env(\"NAME\") of the environment"
        }
        "JSON" | "json" => "parse_json(text) reads JSON, value.to_json() writes it",
        _ => return None,
    })
}
