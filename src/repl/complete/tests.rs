//! Completions as tables: an input with its cursor, and what can be written there.

use super::*;

fn function(name: &str, takes: &[Option<&'static str>], params: &[&str]) -> Function {
    Function {
        name: name.to_string(),
        takes: takes.to_vec(),
        own: !params.is_empty(),
        params: params.iter().map(ToString::to_string).collect(),
    }
}

/// A conversation that has come some way.
fn with_known<T>(then: impl FnOnce(&Known<'_>) -> T) -> T {
    let command = |name, takes| Command { name, aliases: &[], takes };
    let variable = |name: &str, of, fields: &[&str]| Variable {
        name: name.to_string(),
        of,
        fields: fields.iter().map(ToString::to_string).collect(),
    };
    let (array, map, sequence) = (Some("an array"), Some("a map"), Some("a lazy sequence"));
    then(&Known {
        commands: &[
            command("help", Takes::Topic),
            command("hold", Takes::Nothing),
            command("type", Takes::Expression),
            command("load", Takes::Other),
            command("explain", Takes::Code),
            command("profile", Takes::Profile),
        ],
        functions: &[
            function("greet", &[None, None], &["person", "words"]),
            function("anon$1", &[None], &["x"]),
            function("now", &[], &[]),
            function("push", &[array, None], &[]),
            function("keys", &[map], &[]),
            function("map", &[array, Some("a function")], &[]),
            function("map", &[sequence, Some("a function")], &[]),
            function("take", &[sequence, Some("an integer")], &[]),
            function("trim", &[Some("a string")], &[]),
            // The engine has the tools, too.
            function("get_trigger", &[None], &[]),
            function("get_trigger", &[None, None], &[]),
        ],
        variables: &[
            variable("it", "a map", &["id", "plan", "not a name"]),
            variable("people", "an array", &[]),
            variable("person", "a person", &["cio_id", "email", "id"]),
        ],
        modules: &[Imported {
            name: "dates".to_string(),
            functions: vec![function("days_ago", &[None], &["days"])],
            ..Imported::default()
        }],
        library: &["std/dates"],
        profiles: &["acme-prod".to_string(), "staging".to_string()],
        segments: &["VIP".to_string(), "Vip \"gold\"".to_string(), "Trial".to_string()],
    })
}

/// The part that is replaced at the `~` of a text, and what is written there.
fn written(marked: &str) -> (String, Vec<String>) {
    let cursor = marked.find('~').expect("a case marks its cursor");
    let text = marked.replacen('~', "", 1);
    let found = with_known(|known| complete(&text, cursor, known));
    let candidates = found.candidates.into_iter().map(|candidate| candidate.written);
    (text[found.start..cursor].to_string(), candidates.collect())
}

#[test]
fn a_name_is_completed_with_what_begins_so() {
    for (marked, begun, names) in [
        ("add_p~", "add_p", &["add_person_to_group("][..]),
        ("add_p~(x)", "add_p", &["add_person_to_group"]),
        ("ad~d_p(x)", "ad", &["add_person_to_group"]),
        ("get_tr~", "get_tr", &["get_trigger(", "get_triggers("]),
        ("x = segment_m~", "segment_m", &["segment_members("]),
        ("list_ip~", "list_ip", &["list_ip_addresses()"]),
        ("gre~", "gre", &["greet("]),
        ("no~", "no", &["now()"]),
        ("pe~", "pe", &["people", "person"]),
        ("f(pe~", "pe", &["people", "person"]),
        ("f(~)", "", &["it", "people", "person", "dates::"]),
        ("for pet in xs { f(pe~", "pe", &["people", "person", "pet"]),
        ("xs.map(|pet| pe~", "pe", &["people", "person", "pet"]),
        ("it~", "it", &["it"]),
        ("whi~", "whi", &["while"]),
        ("dat~", "dat", &["dates::"]),
        ("dates::da~", "da", &["days_ago("]),
        ("`a ${peo~", "peo", &["people"]),
        ("ano~", "ano", &[]),
        ("let pe~", "pe", &[]),
        ("fn pe~", "pe", &[]),
        ("// pe~", "", &[]),
        ("\"pe~", "pe", &[]),
        ("12~", "", &[]),
        ("xyz~", "xyz", &[]),
    ] {
        assert_eq!(
            written(marked),
            (begun.to_string(), names.iter().map(ToString::to_string).collect()),
            "{marked}"
        );
    }
}

#[test]
fn everything_is_offered_where_a_statement_begins() {
    let (_, all) = written("~");
    for name in ["people", "greet(", "add_person_to_group(", "segment_members(", "now()"] {
        assert!(all.iter().any(|written| written == name), "{name}");
    }
    let mut once = all.clone();
    once.dedup();
    assert_eq!(once, all);
}

#[test]
fn behind_a_dot_are_fields_and_methods() {
    for (marked, names) in [
        ("it.~", &["id", "plan", "keys()"][..]),
        ("person.e~", &["email"]),
        ("people.~", &["map(", "push("]),
        ("people.ma~(", &["map"]),
        ("segment_members(\"VIP\").~", &["map(", "take("]),
        ("segment_members(f(1)).filter(|p| true).ta~", &["take("]),
        ("\"a\".~", &["trim()"]),
        ("a.it.pl~", &[]),
        ("it?.pl~", &["plan"]),
        ("other.tri~", &["trim()"]),
    ] {
        assert_eq!(written(marked).1, names, "{marked}");
    }
}

#[test]
fn a_map_is_offered_the_keys_it_lacks() {
    let all =
        ["user_id: ", "group_id: ", "traits: ", "timestamp: ", "message_id: ", "context: ", "integrations: "];
    for (marked, keys) in [
        ("add_person_to_group(#{~", &all[..]),
        ("add_person_to_group(#{ ~ })", &all),
        ("add_person_to_group(#{ user_id: person, g~", &["group_id: "]),
        (
            "add_person_to_group(#{ user_id: person, ~, traits: #{}, context: 1, timestamp: 1 })",
            &["group_id: ", "message_id: ", "integrations: "],
        ),
        ("add_person_to_group(#{ us~: person })", &["user_id"]),
        ("add_person_to_group(#{ \"us~", &["user_id\""]),
        ("f(#{ a: 1 }, add_person_to_group(#{ group_id: 1, traits: #{ user_id: 1 }, u~", &["user_id: "]),
        ("tool(\"CUSTOMERIO_ADD_PERSON_TO_GROUP\", #{ g~", &["group_id: "]),
        ("segment_members(#{ ~", &["segment_id: ", "sort: ", "unfinished: "]),
        ("identify_person(\"u-1\", #{ un~", &["unsubscribed: "]),
        ("identify_person(#{ user_id: 1, traits: #{ em~", &["email: "]),
        (
            "trigger_broadcast(#{ broadcast_id: 1, ids: [1], email~",
            &["email_ignore_missing: ", "email_add_duplicates: "],
        ),
        ("trigger_broadcast(#{ per_user_data: [#{ id: 1 }, #{ ~", &["id: ", "email: ", "data: "]),
        ("trigger_broadcast(1, (), (), (), (), [#{ e~", &["email: "]),
        ("send_batch([#{ ~", &["type: "]),
        ("send_batch([#{ type: \"group\", g~", &["group_id: "]),
        ("person(#{ id: 1, ~", &["email: ", "cio_id: "]),
        ("trigger_broadcast(1, (), #{ ~", &["and: ", "or: ", "not: ", "segment: ", "attribute: "]),
        ("trigger_broadcast(#{ recipients: #{ or: [#{ seg~", &["segment: "]),
        ("trigger_broadcast(#{ recipients: #{ not: #{ segment: #{ ~", &["id: "]),
        ("trigger_broadcast(1, (), #{ attribute: #{ field: \"plan\", ~", &["operator: ", "value: "]),
        ("trigger_broadcast(1, (), #{ segment: #{ id: 1 }, ~", &[]),
        ("with_retry(#{ att~", &["attempts: "]),
        ("p.add_person_to_group(1, #{ o~", &["object_type_id: "]),
        ("p.add_person_to_group(#{ ~", &[]),
        ("f(#{ ~", &[]),
        ("#{ ~", &[]),
        ("get_segments(|| { #{ ~", &[]),
    ] {
        assert_eq!(written(marked).1, keys, "{marked}");
    }
}

#[test]
fn what_is_required_is_listed_as_such() {
    let found = with_known(|known| complete("add_person_to_group(#{ ", 23, known));
    let shown: Vec<&str> = found.candidates.iter().map(|candidate| candidate.shown.as_str()).collect();
    assert_eq!(shown[..3], ["user_id (required)", "group_id (required)", "traits"]);
    let found = with_known(|known| complete("add_per", 7, known));
    assert_eq!(found.candidates[0].shown, "add_person_to_group(user_id, group_id, [traits], …)");
}

#[test]
fn a_value_is_one_of_those_that_are_taken() {
    for (marked, values) in [
        ("messages(\"em~", &["email\""][..]),
        ("messages(\"em~\")", &["email"]),
        ("messages(em~", &["\"email\""]),
        ("messages(\"email\", \"bo~", &["bounced\""]),
        ("messages(#{ metric: \"bo~", &["bounced\""]),
        ("messages(#{ drafts: ~", &["true", "false", "it", "people", "person", "dates::"]),
        ("segment_members(\"~", &["VIP\"", "Vip \\\"gold\\\"\"", "Trial\""]),
        ("segment_members(\"vi~\")", &["VIP", "Vip \\\"gold\\\""]),
        ("segment_members(#{ segment_id: \"T~", &["Trial\""]),
        ("segment_members(T~", &["\"Trial\""]),
        ("get_segment_details(\"T~", &["Trial\""]),
        ("segment_members(\"VIP\", \"~", &[]),
        ("segment_members(f(\"~", &[]),
        ("send_batch([#{ type: \"gr~", &["group\""]),
        ("tool(\"CUSTOMERIO_ADD~", &["CUSTOMERIO_ADD_PERSON_TO_GROUP\""]),
        ("trigger_broadcast(1, (), #{ attribute: #{ operator: \"e~", &["eq\"", "exists\""]),
        ("trigger_broadcast(1, (), #{ attribute: #{ field: \"e~", &[]),
        ("import \"std~", &["std/dates\""]),
        ("x = \"~", &[]),
        ("add_person_to_group(#{ wrong: \"~", &[]),
    ] {
        let found = written(marked).1;
        assert_eq!(found, values, "{marked}");
    }
    assert!(
        asks_for_segments("segment_members(\"", 17) && asks_for_segments(":type segment_members(\"V", 24)
    );
    assert!(!asks_for_segments("messages(\"", 10) && !asks_for_segments("", 0));
}

#[test]
fn a_command_and_what_it_takes_are_completed() {
    for (marked, begun, found) in [
        (":h~", ":h", &[":help", ":hold"][..]),
        ("  :~", ":", &[":help", ":hold", ":type", ":load", ":explain", ":profile"]),
        (":help add_p~", "add_p", &["add_person_to_group"]),
        (":help segment_m~", "segment_m", &["segment_members"]),
        (":help people::un~", "people::un", &["people::unique"]),
        (":help std/w~", "std/w", &["std/wait"]),
        (":help :ho~", ":ho", &[":hold"]),
        (":type add_person_to_group(#{ g~", "g", &["group_id: "]),
        (":profile s~", "s", &["staging"]),
        (":hold ~", "", &[]),
        (":load peo~", "peo", &[]),
        (":nothing peo~", "peo", &[]),
    ] {
        assert_eq!(
            written(marked),
            (begun.to_string(), found.iter().map(ToString::to_string).collect()),
            "{marked}"
        );
    }
    let code = Code::ALL[0].name();
    assert!(written(&format!(":explain {}~", &code[..2])).1.iter().any(|found| found == code));
}

#[test]
fn what_begins_a_statement_is_a_word_of_the_language() {
    for word in BEGINNINGS {
        assert!(is_keyword(word), "{word}");
    }
}

#[test]
fn any_text_and_any_cursor_is_taken() {
    let text = "ü(\"💥\u{7}`${#{ a: [|\\ 'x /* :";
    for cursor in 0..=text.len() + 1 {
        with_known(|known| complete(text, cursor, known));
        with_known(|known| {
            complete(&text[text.char_indices().nth(2).expect("it is long").0..], cursor, known)
        });
        with_known(|known| complete(&format!(":type {text}"), cursor, known));
    }
    let many = "f(#{ a: [".repeat(100_000);
    with_known(|known| complete(&many, many.len(), known));
}
