use super::*;

fn look(width: usize) -> Look {
    Look { colour: false, unicode: true, width }
}

fn at(width: usize) -> View {
    View { look: look(width), whole: false }
}

fn text(text: &str) -> Shown {
    Shown::Text(text.to_string())
}

fn map<const N: usize>(fields: [(&str, Shown); N]) -> Shown {
    Shown::Map(fields.map(|(name, value)| (name.to_string(), value)).to_vec())
}

fn list(first: Vec<Shown>) -> Shown {
    Shown::List { len: first.len(), first }
}

fn person(id: &str, email: &str) -> Shown {
    let given = |text: &str| (!text.is_empty()).then(|| text.to_string());
    Shown::Person { id: given(id), email: given(email), cio_id: Some(format!("c-{id}")) }
}

fn segment(id: i64, name: &str) -> Shown {
    map([
        ("created_at", Shown::Int(1_767_225_600)),
        ("description", text("Whoever bought in the last thirty days, and more than once")),
        ("id", Shown::Int(id)),
        ("name", text(name)),
        ("progress", Shown::Unit),
        ("state", text("finished")),
        ("tags", list(vec![text("a"), text("b")])),
        ("type", text("dynamic")),
        ("updated_at", Shown::Int(1_767_312_000)),
    ])
}

fn segments() -> Shown {
    list(vec![segment(1, "Everyone"), segment(12, "Newsletter readers in the whole world")])
}

fn people(more: bool) -> Shown {
    let first = vec![person("u-1", "ada.lovelace@example.com"), person("u-2", "")];
    Shown::Sequence { of: "segment_members", first, more }
}

fn nested() -> Shown {
    let long = text(&"Lorem ipsum ".repeat(10));
    let deep = map([("long", long), ("list", list((0..15).map(Shown::Int).collect()))]);
    map([
        ("accepted", Shown::Int(7)),
        ("created", Shown::Int(1_767_225_600)),
        ("deep", deep),
        ("empty", list(vec![])),
        ("while", map([("a", Shown::Unit), ("b", Shown::Float(1.0))])),
    ])
}

fn shows(value: &Shown, width: usize, lines: &[&str]) {
    let shown = show(value, at(width));
    assert_eq!(shown.lines().collect::<Vec<_>>(), lines, "{width}:\n{shown}");
}

#[test]
fn segments_are_a_table_of_the_columns_that_fit() {
    shows(
        &segments(),
        80,
        &[
            " id   name               type      state      created_at   updated_at",
            "──────────────────────────────────────────────────────────────────────",
            "  1   Everyone           dynamic   finished   2026-01-01   2026-01-02",
            " 12   Newsletter read…   dynamic   finished   2026-01-01   2026-01-02",
            "… 3 more columns (description, progress, tags), :more shows all",
        ],
    );
    shows(
        &segments(),
        40,
        &[
            " id   name                      type",
            "────────────────────────────────────────",
            "  1   Everyone                  dynamic",
            " 12   Newsletter readers in …   dynamic",
            "… 6 more columns (state, created_at,",
            "updated_at, description, progress,",
            "tags), :more shows all",
        ],
    );
    shows(
        &segments(),
        20,
        &[
            " id   name",
            "────────────────────",
            "  1   Everyone",
            " 12   Newsletter r…",
            "… 7 more columns",
            "(type, state,",
            "created_at,",
            "updated_at,",
            "description,",
            "progress, tags),",
            ":more shows all",
        ],
    );
}

#[test]
fn people_are_a_table_and_a_sequence_says_that_there_is_more() {
    let table = [
        " id    email                      cio_id",
        "─────────────────────────────────────────",
        " u-1   ada.lovelace@example.com   c-u-1",
        " u-2                              c-u-2",
    ];
    shows(&people(false), 80, &table);
    shows(&people(true), 80, &[&table[..], &["… there is more, :more shows all"]].concat());
    shows(
        &list(vec![person("u-1", "")]),
        80,
        &[" id    email   cio_id", "──────────────────────", " u-1           c-u-1"],
    );
    shows(&person("u-1", "a@x.io"), 80, &[r#"person(#{ id: "u-1", email: "a@x.io", cio_id: "c-u-1" })"#]);
}

#[test]
fn an_array_tells_how_many_of_it_are_not_there() {
    let first: Vec<Shown> = (0..30).map(|id| map([("id", Shown::Int(id))])).collect();
    let shown = show(&Shown::List { first, len: 1_000 }, at(80));
    assert_eq!(shown.lines().count(), 33);
    assert!(shown.ends_with("\n… 970 more, :more shows all"), "{shown}");
    let numbers = Shown::List { first: vec![Shown::Int(1), Shown::Int(2)], len: 1_000 };
    shows(&numbers, 80, &["[1, 2]", "… 998 more, :more shows all"]);
    shows(&map([("ids", numbers)]), 80, &["#{ ids: [1, 2, … 998 more] }"]);
}

#[test]
fn an_answer_shows_the_tables_in_it_below_their_names() {
    let answer = map([
        ("next", text("abc")),
        ("segments", list(vec![map([("id", Shown::Int(7)), ("name", text("VIP"))])])),
        ("sent_at", Shown::Int(1_767_225_600)),
    ]);
    shows(
        &answer,
        80,
        &[
            r#"next: "abc""#,
            "segments:",
            " id   name",
            "───────────",
            "  7   VIP",
            "sent_at: 1767225600 // 2026-01-01T00:00:00Z",
        ],
    );
}

#[test]
fn a_map_has_the_form_that_a_script_writes() {
    shows(
        &nested(),
        40,
        &[
            "#{",
            "  accepted: 7,",
            "  created: 1767225600, // 2026-01-01",
            "  deep: #{",
            r#"    long: "Lorem ipsum Lorem ipsum Lore…"#,
            "    list: [",
            "      0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,",
            "      11, 12, 13, 14,",
            "    ],",
            "  },",
            "  empty: [],",
            r#"  "while": #{ a: (), b: 1.0 },"#,
            "}",
            "… cut to fit, :more shows all",
        ],
    );
    shows(&map([("a", text("b"))]), 40, &[r#"#{ a: "b" }"#]);
    shows(
        &map([("created", Shown::Int(1_767_225_600))]),
        20,
        &["#{", "  created: 17672256…", "  // 2026-01-01", "}", "… cut to fit, :more", "shows all"],
    );
}

#[test]
fn nothing_is_wider_than_the_screen_and_nothing_is_cut_where_all_is_wanted() {
    let values = [
        segments(),
        people(true),
        nested(),
        text(&"x".repeat(900)),
        list(vec![nested(), nested()]),
        text("one\ntwo\nthree"),
    ];
    for width in 16..130 {
        for value in &values {
            let shown = show(value, at(width));
            // A text alone is one line for the screen to break.
            for line in shown.lines().filter(|_| !matches!(value, Shown::Text(_))) {
                assert!(cut::columns(line) <= width, "{width}: {line}");
            }
            let whole = show(value, View { whole: true, ..at(width) });
            let kept = !whole.contains('…') || matches!(value, Shown::Sequence { more: true, .. });
            assert!(kept, "{width}: {whole}");
        }
    }
    for width in 0..16 {
        values.iter().for_each(|value| assert!(!show(value, at(width)).is_empty()));
    }
}

#[test]
fn a_table_that_has_no_room_for_all_is_written_out_when_all_is_wanted() {
    let whole = show(&segments(), View { whole: true, ..at(80) });
    assert!(whole.starts_with("[\n  #{\n    created_at: 1767225600, // 2026-01-01T00:00:00Z\n"), "{whole}");
    let whole = show(&segments(), View { whole: true, ..at(400) });
    assert!(whole.contains("1767225600 2026-01-01T00:00:00Z   1767312000 2026-01-02T00:00:00Z"), "{whole}");
}

#[test]
fn a_text_keeps_its_lines_and_moves_no_cursor() {
    shows(&text("one\ntwo"), 80, &["`one", "two`"]);
    shows(&text("say \"hi\""), 80, &[r#""say \"hi\"""#]);
    shows(&text("one\n${two}"), 80, &[r#""one\n${two}""#]);
    shows(&text("\u{1b}[2J\u{202e}"), 80, &[r#""\u001b[2J\u202e""#]);
    let row = list(vec![map([("name", text("\u{1b}[2J\nx"))])]);
    assert!(!show(&row, at(80)).contains('\u{1b}'));
    assert!(!show(&Shown::Other("\u{1b}".into()), at(80)).contains('\u{1b}'));
    let long = show(&text(&"x".repeat(1_000_000)), at(80));
    assert!(long.len() < 1_000 && long.ends_with("…\n… cut to fit, :more shows all"), "{long}");
    assert_eq!(show(&text(&"x\n".repeat(100)), at(80)).lines().count(), 31);
}

#[test]
fn what_is_wide_takes_two_columns() {
    let row = list(vec![map([("name", text("株式会社株式会社株式会社"))])]);
    shows(
        &row,
        20,
        &[" name", "───────────────────", " 株式会社株式会社…", "… cut to fit, :more", "shows all"],
    );
}

#[test]
fn only_a_field_that_is_known_or_named_so_is_a_moment() {
    let dated = |name: &str, value: i64| show(&map([(name, Shown::Int(value))]), at(80)).contains("//");
    for name in
        ["created", "updated_at", "plan_started_at", "processed_at", "timestamp", "start_ts", "bounced"]
    {
        assert!(dated(name, 1_767_225_600), "{name}");
    }
    for (name, value) in [
        ("id", 1_767_225_600),
        ("sent", 7),
        ("processed_at", 0),
        ("progress", 1_767_225_600),
        ("human_opened", 1_767_225_600),
        ("created", i64::MAX),
    ] {
        assert!(!dated(name, value), "{name}: {value}");
    }
}

#[test]
fn a_screen_without_colour_or_unicode_gets_neither() {
    let plain = View { look: Look { unicode: false, ..look(40) }, whole: false };
    for value in [segments(), people(true), nested(), Shown::List { first: vec![Shown::Unit], len: 3 }] {
        let shown = show(&value, plain);
        assert!(shown.is_ascii(), "{shown}");
    }
    let coloured = View { look: Look { colour: true, ..look(40) }, whole: false };
    for value in [segments(), people(true), nested()] {
        let shown = show(&value, coloured);
        assert!(shown.contains('\u{1b}') && !show(&value, at(40)).contains('\u{1b}'), "{shown}");
        let bare = shown.replace("\u{1b}[1m", "").replace("\u{1b}[2m", "").replace("\u{1b}[0m", "");
        assert_eq!(bare, show(&value, at(40)), "colour changes nothing else");
    }
}

#[test]
fn a_sequence_that_calls_closures_says_how_it_is_read() {
    let lines = [
        "a lazy sequence of segment_members",
        "its closures run when it is read: `it.take(10).to_array()` reads ten, `:more`",
        "all",
    ];
    shows(&Shown::Steps { of: "segment_members" }, 80, &lines);
}

#[test]
fn json_has_what_was_read() {
    let value = map([
        ("b", Shown::Float(f64::NAN)),
        ("a", list(vec![person("u-1", ""), Shown::Unit, Shown::Bool(true)])),
    ]);
    let expected = r#"{"b":null,"a":[{"id":"u-1","email":null,"cio_id":"c-u-1"},null,true]}"#;
    assert_eq!(json(&value), expected);
    assert_eq!(json(&text("say \"hi\"")), r#""say \"hi\"""#);
}
