//! Deferred writes: in which order and how often they arrive, which of them are refused, and that each is
//! in the account exactly once.

mod support;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use segue::policy::Limits;
use segue::run::Exit;
use serde_json::Value;
use support::{Ended, Place, REFUSED, Reply, Seen, Server, against, mates, run_here, until};

const TRIGGER: &str = "POST /v1/campaigns/7/triggers";

/// A script that goes through `people` as `id`.
fn each(people: &[String], block: &str) -> String {
    format!("for id in {people:?} {{\n  {block}\n}}\n")
}

fn text<'v>(item: &'v Value, field: &str) -> &'v str {
    item[field].as_str().unwrap_or_else(|| panic!("{item} has no {field}"))
}

/// Holds that no message id came twice with something else.
#[track_caller]
fn by_message_id(items: &[Value]) -> HashMap<String, Value> {
    let mut known: HashMap<String, Value> = HashMap::new();
    for item in items {
        let before = known.insert(text(item, "messageId").to_string(), item.clone());
        assert!(before.is_none_or(|before| before == *item), "{item}");
    }
    known
}

/// Holds that everybody's timestamps rise strictly in the order in which their writes arrived.
#[track_caller]
fn timestamps_rise(items: &[Value]) {
    let mut last: HashMap<&str, jiff::Timestamp> = HashMap::new();
    for item in items {
        let at: jiff::Timestamp = text(item, "timestamp").parse().expect("a time in ISO 8601");
        let before = last.insert(text(item, "userId"), at);
        assert!(before.is_none_or(|before| before < at), "{item}");
    }
}

/// Holds that the account names `called` writes in all.
#[track_caller]
fn accounts_for(ended: &Ended, called: u64) {
    let kinds = ["accepted", "rejected", "not delivered", "may have arrived", "in doubt"];
    assert_eq!(kinds.map(|kind| ended.count(kind)).iter().sum::<u64>(), called, "{ended}");
}

#[test]
fn writes_about_somebody_arrive_in_order_over_bodies_and_kinds() {
    // So large that bodies fill up, while others are closed by a flush or for want of more.
    let script = "
        let filler = [\"x\"]; filler[0].pad(900, 'x'); filler.pad(9, filler[0]);
        for n in 0..60 {
          for id in [\"u-1\", \"u-2\", \"u-3\", \"u-4\", \"u-5\"] {
            identify_person(id, #{ n: n, filler: filler });
            track_event(id, \"seen\", #{ n: n, filler: filler });
            if n % 2 == 0 { add_person_to_group(id, `g-${n}`); }
            track_page(id, `p-${n}`);
          }
          if n % 13 == 0 { flush(); }
          if n % 17 == 0 { sleep(0.1); }
        }";
    let server = Server::start().on("*", [Reply::ok("{}")]);
    against(&server, script).says(0, &["300 track_event"]);
    let seen = server.seen();
    assert!(seen.len() > 20, "only {} bodies", seen.len());
    for body in seen.iter().map(Seen::items) {
        let is_event = |item: &Value| matches!(text(item, "type"), "track" | "page");
        assert_eq!(body.iter().filter(|item| is_event(item)).count() % body.len(), 0, "of one kind");
    }
    let items = server.taken();
    for id in 1..=5 {
        let id = format!("u-{id}");
        let kinds: Vec<&str> =
            items.iter().filter(|item| text(item, "userId") == id).map(|item| text(item, "type")).collect();
        let expected = ["identify", "track", "group", "page", "identify", "track", "page"].repeat(30);
        assert_eq!(kinds, expected, "{id}");
    }
    timestamps_rise(&items);
    assert_eq!(by_message_id(&items).len(), items.len());
}

#[test]
fn somebody_who_is_written_twenty_thousand_times_is_written_in_order() {
    let server = Server::start().on("*", [Reply::ok("{}")]);
    against(&server, "for n in 0..20_000 { identify_person(\"u-1\", #{ n: n }); }").says(0, &["done"]);
    let items = server.taken();
    let numbers: Vec<u64> = items.iter().filter_map(|item| item["traits"]["n"].as_u64()).collect();
    assert_eq!(numbers, (0..20_000).collect::<Vec<_>>());
    timestamps_rise(&items);
    assert_eq!(by_message_id(&items).len(), 20_000);
    assert!(server.seen().len() < 30, "they travel together: {}", server.seen().len());
}

#[test]
fn one_bad_upsert_among_five_hundred_is_found_and_its_neighbours_arrive() {
    let people = mates(500);
    let script = each(&people, "identify_person(id, #{ plan: \"pro\" });");
    // Also where the body got no answer first.
    for first in [None, Some(Reply::Close)] {
        for bad in [0, 217, 499] {
            let server = Server::start().refusing({
                let bad = people[bad].clone();
                move |item| item["userId"] == bad.as_str()
            });
            let server = if let Some(first) = first.clone() { server.beginning([first]) } else { server };
            let ended = against(&server, &script);
            ended.says(
                5,
                &[
                    &format!("rejected: 1 identify_person ({})", people[bad]),
                    "(400): too odd",
                    "499 accepted, 1 rejected",
                ],
            );
            let taken: HashSet<String> =
                server.taken().iter().map(|item| text(item, "userId").to_string()).collect();
            let others: HashSet<String> = people.iter().filter(|id| **id != people[bad]).cloned().collect();
            assert_eq!(taken, others);
            assert_eq!(server.taken().len(), 499, "none is taken twice");
            assert!(server.seen().len() < 40, "{} requests", server.seen().len());
        }
    }
}

#[test]
fn a_body_whose_items_are_all_bad_ends_the_run_after_a_handful_of_requests() {
    for named in [false, true] {
        let server = Server::start().judging(move |seen| {
            let items = seen.items();
            // Some servers say whom they refuse.
            let whom = if named { text(&items[0], "userId") } else { "the person" };
            Some(Reply::status(400, &format!(r#"{{"errors":[{{"message":"{whom} has no plan"}}]}}"#)))
        });
        let script = format!(
            "{}flush();\nprint(\"went on\");",
            each(&mates(500), "identify_person(id, #{});\n  add_person_to_group(id, \"acme\");")
        );
        let ended = against(&server, &script);
        ended.says(1, &["segue::api::refused", "script.rhai:2:3", "has no plan", "1000 rejected"]).prints("");
        accounts_for(&ended, 1_000);
        assert_eq!(server.seen().len(), 9, "the body, and a few of its items");
    }
}

#[test]
fn a_key_that_is_refused_while_a_bad_item_is_looked_for_leaves_none_out_of_the_account() {
    for nth in [0, 3, 12] {
        let mut parts = 0;
        let server =
            Server::start().on("*", [Reply::ok("{}")]).judging(move |seen| match seen.items().len() {
                500 => Some(Reply::status(400, REFUSED)),
                _ => {
                    parts += 1;
                    (parts > nth).then(|| Reply::status(401, REFUSED))
                }
            });
        let ended = against(&server, &each(&mates(500), "identify_person(id, #{});"));
        ended.says(3, &["segue::api::unauthorized", " not delivered"]);
        accounts_for(&ended, 500);
        assert_eq!(ended.count("accepted"), server.taken().len() as u64, "{ended}");
        assert_eq!(server.seen().len(), nth + 2, "nothing is sent after it");
    }
}

#[test]
fn a_refused_body_of_events_is_in_doubt_as_a_whole() {
    let server = Server::start().refusing(|item| item["userId"] == mates(7)[6].as_str());
    let script = format!(
        "{}print(flush());\nidentify_person(\"u-1\", #{{}});",
        each(&mates(20), "track_event(id, \"seen\");")
    );
    let ended = against(&server, &script);
    ended
        .says(
            6,
            &[
                "in doubt, look in Customer.io whether it was done: 20 track_event at script.rhai:2",
                "20 events were refused together, and some may have been taken",
                "too odd",
                "1 accepted, 20 in doubt",
            ],
        )
        .prints(
            "#{\"accepted\": 0, \"in_doubt\": 20, \"rejected\": 0, \"undelivered\": 0, \"withheld\": 0}\n",
        );
    assert_eq!(server.seen().len(), 2, "no event is sent a second time");
}

#[test]
fn an_event_alone_that_is_refused_is_rejected() {
    let server = Server::start().on("*", [Reply::status(400, REFUSED)]);
    against(&server, "track_event(\"u-1\", \"seen\");")
        .says(5, &["rejected: 1 track_event (u-1)", "too odd", "1 rejected"])
        .never_says("in doubt");
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn a_broadcast_does_not_go_out_over_one_bad_write_among_many() {
    let people = mates(500);
    let bad = people[300].clone();
    let server = Server::start().refusing(move |item| item["userId"] == bad.as_str());
    let script =
        format!("{}trigger_broadcast(7, (), (), [\"u-1\"]);", each(&people, "identify_person(id, #{});"));
    against(&server, &script)
        .says(4, &["segue::barrier::closed", "script.rhai:4:1", "499 accepted, 1 rejected"]);
    assert!(!server.posts().contains(&TRIGGER.to_string()), "{:?}", server.posts());
}

#[test]
fn a_body_that_is_too_large_is_halved_until_everything_arrives() {
    let people = mates(200);
    let server = Server::start()
        .on("*", [Reply::ok("{}")])
        .judging(|seen| (seen.body.len() > 3_000).then(|| Reply::status(413, "")));
    let first = each(&people, "identify_person(id, #{});\n  track_event(id, \"seen\");");
    let second = first.replace("seen", "seen again");
    // They are halved on their own: what is refused for its size isn't in doubt.
    against(&server, &format!("{first}flush();\ntrack_event(\"second\", \"part\");flush();{second}"))
        .says(0, &["400 identify_person, 401 track_event"]);
    let items = server.taken();
    assert_eq!((items.len(), by_message_id(&items).len()), (801, 801));
    timestamps_rise(&items);
    let seen = server.seen();
    let part = seen.iter().position(|seen| seen.body.contains("\"second\"")).expect("it arrived");
    assert!(seen[..part].iter().any(|seen| seen.status == Some(413)));
    assert!(seen[part..].iter().all(|seen| seen.status == Some(200)), "the next are made smaller");
}

#[test]
fn many_suppressions_are_under_way_at_once_but_not_two_about_one_person() {
    let server = Server::start().on("*", [Reply::Hang]);
    let script = "for n in 0..200 { suppress_person(`u-${n}`); }";
    let place = Place::with(script).live(&server.url());
    let mut running = place.spawn(&["run", "script.rhai", "--allow", "destroy"]);
    until("they arrive", || server.seen().len() >= 64);
    std::thread::sleep(Duration::from_millis(200));
    let people: HashSet<String> = server.targets().into_iter().collect();
    assert_eq!((server.seen().len(), people.len()), (64, 64));
    running.press();
    running.hears("stopping: waiting for 64 answers");
    running.press();
    let ended = running.ends_within(Duration::from_secs(2));
    ended.says(130, &["64 suppress_person", "64 may have arrived"]);

    let server = Server::start().on("*", [Reply::Hang]);
    let script = "for n in 0..9 { suppress_person(`u-${n % 3}`); }";
    let place = Place::with(script).live(&server.url());
    let mut running = place.spawn(&["run", "script.rhai", "--allow", "destroy"]);
    until("they arrive", || server.seen().len() >= 3);
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(server.seen().len(), 3, "the second about somebody waits for the first");
    running.press();
    running.hears("stopping: waiting for 3 answers");
    running.press();
    running.ends_within(Duration::from_secs(2)).says(130, &["3 may have arrived"]);
}

#[test]
fn a_suppression_waits_for_what_was_written_before_and_is_waited_for() {
    let again = || [Reply::status(503, ""), Reply::ok("{}")];
    let server = Server::start()
        .on("POST /v1/batch", again().into_iter().chain(again()))
        .on("POST /api/v1/customers/u-1/suppress", again());
    let script = "with_retry(#{ first_pause: 0.05 }, || {
        identify_person(\"u-1\", #{}); suppress_person(\"u-1\"); identify_person(\"u-1\", #{}); flush() });";
    against(&server, script).says(0, &["2 identify_person, 1 suppress_person"]);
    let (write, suppress) = ("POST /v1/batch", "POST /api/v1/customers/u-1/suppress");
    assert_eq!(server.targets(), [write, write, suppress, suppress, write, write]);
}

#[test]
fn a_flush_counts_what_is_new_whoever_it_is_about() {
    let server = Server::start().refusing(|item| item["userId"] == "u-13");
    let script = "for n in 0..40 { identify_person(`u-${n}`, #{}); }
        let first = flush(); print([first.accepted, first.rejected, first.in_doubt, first.undelivered]);
        for n in 20..30 { identify_person(`u-${n}`, #{}); suppress_person(`v-${n}`); }
        let then = flush(); print([then.accepted, then.rejected]);
        let last = flush(); print([last.accepted, last.rejected]);";
    against(&server, script).says(5, &["59 accepted, 1 rejected"]).prints("[39, 1, 0, 0]\n[20, 0]\n[0, 0]\n");
}

#[test]
fn a_script_that_fails_at_its_end_delivers_what_it_wrote() {
    let server = Server::start().on("*", [Reply::ok("{}")]);
    against(&server, "for n in 0..50 { track_event(`u-${n}`, \"seen\"); }\nthrow \"stop\";")
        .says(1, &["50 accepted", "would do 50 of the accepted a second time"]);
    let items = server.taken();
    assert_eq!((items.len(), by_message_id(&items).len()), (50, 50));
}

#[test]
fn an_interrupted_run_accounts_for_every_write_once() {
    let (busy, over) = ("flush(); loop { identify_person(\"x\", #{}); flush(); }", "");
    for (taken, then, again) in [(0, over, true), (3, over, false), (3, over, true), (5, busy, true)] {
        let replies = (0..taken).map(|_| Reply::ok("{}")).chain([Reply::Hang]);
        let server = Server::start().on("*", replies);
        let script = format!("for n in 0..3_000 {{ identify_person(`u-${{n}}`, #{{}}); }}\n{then}");
        let place = Place::with(&script).live(&server.url());
        let mut running = place.spawn(&["run", "script.rhai", "--max-people", "any"]);
        until("it hangs", || server.seen().iter().any(|seen| seen.status.is_none()));
        // What is on its way arrives.
        std::thread::sleep(Duration::from_millis(300));
        running.press();
        running.hears("stopping: waiting for ");
        // Nobody waits for ever, whether somebody presses again or not.
        if again {
            running.press();
        }
        let ended = running.ends_within(Duration::from_secs(if again { 3 } else { 10 }));
        ended.says(130, &["interrupted after", "may have arrived"]);
        accounts_for(&ended, 3_000);
        assert_eq!(ended.count("accepted"), server.taken().len() as u64, "{ended}");
        let open: usize =
            server.seen().iter().filter(|seen| seen.status.is_none()).map(|seen| seen.items().len()).sum();
        assert_eq!(ended.count("may have arrived"), open as u64, "{ended}");
    }
}

#[test]
fn a_time_limit_that_cuts_the_delivery_is_what_ended_the_run() {
    let server = Server::start().on("*", [Reply::Hang]);
    let place = Place::with("for n in 0..30 { identify_person(`u-${n}`, #{}); }").live(&server.url());
    let ended = place.segue(&["run", "script.rhai", "--time-limit", "1"]);
    ended.says(1, &["longer than the 1 s it was given", "may have arrived"]);
    accounts_for(&ended, 30);
}

#[test]
fn a_block_that_handed_over_an_event_is_not_tried_again() {
    let server = Server::start().on("*", [Reply::status(404, "")]).on("POST /v1/batch", [Reply::ok("{}")]);
    // The text doesn't show which tool it is.
    let script = "let slug = \"CUSTOMERIO_\" + \"TRACK_EVENT\";
        retry(3, || { tool(slug, #{ user_id: \"u-1\", event: \"seen\" }); get_segments(); });";
    against(&server, script).says(1, &["mustn't be done twice"]);
    assert_eq!(server.taken().len(), 1);
    // One from before the block doesn't count, whenever it is settled.
    let script = "track_event(\"u-1\", \"seen\");
        with_retry(#{ first_pause: 0.01 }, || retry(3, || { sleep(0.2); get_segments(); }));";
    against(&server, script).says(1, &["tried the block 3 times"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_fails_now_and_then_gets_each_write_once() {
    let mut requests = 0;
    let server = Server::start().on("*", [Reply::ok("{}")]).judging(move |_| {
        requests += 1;
        // Each of them may have been done.
        match requests % 60 {
            7 => Some(Reply::status(500, "")),
            27 => Some(Reply::status(503, "")),
            47 => Some(Reply::Close),
            _ => None,
        }
    });
    let script = "for n in 0..1_000 {
          add_person_to_group(`u-${n}`, `g-${n % 7}`); track_event(`u-${n}`, \"seen\");
          if n % 12 == 0 { flush(); }
        }";
    let limits = Limits { first_pause: Duration::from_millis(5), ..Limits::default() };
    let (report, _) = run_here(&server.url(), script, limits).await;
    assert_eq!(report.exit(), Exit::Done, "{:?}", report.ended);
    let total = report.ledger.total;
    assert_eq!(
        (total.accepted, total.rejected + total.in_doubt + total.open + total.undelivered),
        (2_000, 0)
    );
    let arrived: Vec<Value> = server.seen().iter().flat_map(Seen::items).collect();
    assert!(arrived.len() > 2_000, "nothing failed");
    let known = by_message_id(&arrived);
    assert_eq!(known.len(), 2_000);
    let whole = |item: &Value| ["type", "userId", "groupId", "event"].map(|field| item[field].to_string());
    assert_eq!(known.values().map(whole).collect::<HashSet<_>>().len(), 2_000, "each once");
    let taken = server.taken();
    assert_eq!((taken.len(), by_message_id(&taken).len()), (2_000, 2_000), "each is answered once");
    let events = report.ledger.again as usize;
    let repeated = arrived.iter().filter(|item| item["type"] == "track").count() - 1_000;
    assert_eq!(events, repeated, "and those that were sent again are told");
}

#[test]
fn a_write_goes_out_while_the_script_does_something_else() {
    let server = Server::start().on("*", [Reply::ok("{}")]);
    let place = Place::with("track_event(\"u-1\", \"seen\"); sleep(60);").live(&server.url());
    let mut running = place.spawn(&["run", "script.rhai"]);
    until("it arrives", || server.taken().len() == 1);
    running.press();
    running.ends_within(Duration::from_secs(2)).says(130, &["1 accepted"]);
}
