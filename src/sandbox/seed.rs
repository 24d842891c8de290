//! A workspace to begin with: the same for the same seed, everywhere.

use super::attributes::SEEDED;
use super::people::{Key, Name};
use super::world::{Broadcast, Members, Message, Segment, Trigger, World};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const DAY: i64 = 86_400;

const FIRST: [&str; 16] = [
    "Ada", "Bela", "Chidi", "Dana", "Emil", "Fatma", "Goran", "Hana", "Ines", "Jonas", "Kaya", "Liam",
    "Mira", "Noor", "Olga", "Pablo",
];
const LAST: [&str; 16] = [
    "Abel", "Bauer", "Cruz", "Diaz", "Engel", "Fischer", "Gupta", "Haas", "Ito", "Jansen", "Kumar", "Lopez",
    "Moreau", "Novak", "Okafor", "Petrov",
];
const COMPANIES: [&str; 6] = ["Acme", "Borealis", "Cobalt", "Dynamo", "Everest", "Fjord"];

/// Builds the workspace. `now` is where its history ends.
pub fn workspace(people: usize, seed: u64, now: i64) -> World {
    let mut random = SplitMix(seed);
    let mut world = World::ending(now);
    seed_people(&mut world, &mut random, people);
    seed_broadcasts(&mut world);
    seed_newsletters(&mut world);
    seed_messages(&mut world, &mut random);
    seed_content(&mut world);
    world
}

/// SplitMix64: small, and of one sequence on every machine and in every release.
struct SplitMix(u64);

impl SplitMix {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound.max(1)
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }
}

fn seed_people(world: &mut World, random: &mut SplitMix, people: usize) {
    let mut lists: [Vec<Key>; 7] = Default::default();
    for number in 1..=people {
        let by_email_only = number % 20 == 0;
        let without_email = number % 33 == 0 && !by_email_only;
        let (first, last) = (random.pick(&FIRST), random.pick(&LAST));
        let email = format!("{}.{}.{number}@example.com", first.to_lowercase(), last.to_lowercase());
        let id = format!("u-{number}");
        let name = if by_email_only { Name::Email(&email) } else { Name::Id(&id) };
        let created_at = world.now - 1 - random.below(730 * DAY as u64) as i64;
        let Some(key) = world.people.upsert(name, created_at) else { continue };
        if !without_email {
            world.people.set_email(key, Some(&email), SEEDED);
        }
        let plan = random.pick(&["free", "free", "trial", "pro", "enterprise"]);
        let unsubscribed = random.below(16) == 0;
        let company = (random.below(2) == 0).then(|| random.pick(&COMPANIES));
        if let Some(person) = world.people.get_mut(key) {
            let mut set = |name: &str, value: Value| person.attributes.set(name, &value, SEEDED);
            set("first_name", first.into());
            set("last_name", last.into());
            set("plan", plan.into());
            if let Some(company) = company {
                set("company", company.into());
            }
            if unsubscribed {
                set("unsubscribed", true.into());
            }
        }
        let [readers, vip, ending, churn, beta, unsold, building] = &mut lists;
        let join = |list: &mut Vec<Key>, chosen: bool| {
            if chosen {
                list.push(key);
            }
        };
        join(readers, !without_email && !unsubscribed && random.below(10) < 7);
        // Every other of those without an id is a VIP, whatever the seed: scripts have to meet them.
        join(vip, random.below(4) == 0 || number % 40 == 20);
        join(ending, plan == "trial" && random.below(2) == 0);
        join(churn, random.below(12) == 0);
        join(beta, random.below(20) == 0);
        join(unsold, plan == "free" && random.below(3) > 0);
        join(building, random.below(10) == 0);
    }
    let now = world.now;
    let mut add = |name, description, kind, state, members| {
        let id = world.segments.len() as i64 + 1;
        let created_at = now - (400 - id) * DAY;
        world.segments.push(Segment { id, name, description, kind, state, created_at, members });
    };
    let [readers, vip, ending, churn, beta, unsold, building] = lists.map(Members::Listed);
    add("Everyone", "All people in the workspace.", "dynamic", "finished", Members::Everyone);
    add("Newsletter readers", "Opened a newsletter this year.", "dynamic", "finished", readers);
    add("VIP", "Spent most.", "dynamic", "finished", vip);
    add("Trial ending", "Trial ends within a week.", "dynamic", "finished", ending);
    add("Churn risk", "Not seen for a month.", "dynamic", "finished", churn);
    add("Beta testers", "Asked to see what is new.", "manual", "finished", beta);
    add("No purchases yet", "Signed up, bought nothing.", "dynamic", "finished", unsold);
    add("Being built", "Not worked out yet.", "dynamic", "build", building);
}

fn seed_broadcasts(world: &mut World) {
    for (id, name, segment, days) in [(1, "Weekly digest", 2, 7), (2, "Product news", 1, 21)] {
        world.broadcasts.push(Broadcast { id, name, segment });
        let at = world.now - days * DAY;
        world.triggers.push(Trigger {
            id,
            broadcast_id: id,
            created_at: at,
            processed_at: Some(at + 40),
            reads: 0,
            by: "default",
            audience: world.segment(segment).map(|segment| world.members(segment)),
            body: json!({}),
        });
    }
}

fn seed_newsletters(world: &mut World) {
    for id in 1..=12 {
        let at = world.now - (13 - id) * 9 * DAY;
        // The last one is still being written.
        let sent_at = (id < 12).then_some(at + 3_600);
        world.newsletters.push(json!({
            "id": id,
            "deduplicate_id": format!("{id}:{at}"),
            "content_ids": [id * 10, id * 10 + 1],
            "name": format!("Letter no. {id}"),
            "sent_at": sent_at,
            "created": at,
            "updated": at,
            "type": if id % 5 == 0 { "push" } else { "email" },
            "tags": if id % 3 == 0 { json!(["product"]) } else { json!([]) },
            "recipient_segment_ids": [2],
            "subscription_topic_id": (id % 2 == 0).then_some(1),
        }));
    }
}

fn seed_messages(world: &mut World, random: &mut SplitMix) {
    const MESSAGES: i64 = 300;
    let people = world.people.places() as u64;
    if people == 0 {
        return;
    }
    let step = 30 * DAY / MESSAGES;
    for number in 1..=MESSAGES {
        let key = random.below(people) as Key;
        let Some(person) = world.people.get(key) else { continue };
        let created = world.now - number * step + random.below(step as u64) as i64;
        let kind = random.pick(&["email", "email", "email", "push", "in_app", "twilio", "webhook", "slack"]);
        let draft = random.below(30) == 0;
        let failed = random.below(25) == 0;
        let mut metrics = BTreeMap::new();
        let mut then = created;
        for (metric, odds) in [
            ("attempted", 100),
            ("sent", 97),
            ("delivered", 92),
            ("opened", 55),
            ("clicked", 40),
            ("converted", 20),
        ] {
            if draft || failed || random.below(100) >= odds {
                break;
            }
            then += 1 + random.below(600) as i64;
            metrics.insert(metric.to_string(), then);
        }
        if failed && !draft {
            let end = random.pick(&["failed", "bounced", "dropped"]);
            metrics.insert("attempted".into(), created + 1);
            // Only what was sent comes back.
            if end == "bounced" {
                metrics.insert("sent".into(), created + 1);
            }
            metrics.insert(end.into(), created + 2);
        }
        // A message came of a newsletter, a broadcast or a campaign.
        let source = random.below(4);
        let letter = random.below(11) as i64 + 1;
        let campaign = random.below(3) as i64 + 1;
        let message = Message {
            id: format!("dlv-{number}"),
            kind,
            person: key,
            customer_id: person.id.as_deref().filter(|_| random.below(10) > 0).map(str::to_string),
            recipient: person.email.as_deref().filter(|_| kind == "email").map(str::to_string),
            subject: format!("Message {number}"),
            created,
            metrics,
            failure_message: (failed && !draft).then_some("the mailbox is full"),
            campaign_id: (source > 1).then_some(campaign),
            action_id: (source > 1).then_some(campaign * 100 + 1),
            newsletter_id: (source == 0).then_some(letter),
            content_id: (source == 0).then_some(letter * 10),
            broadcast_id: (source == 1).then_some(1),
            draft,
        };
        world.deliveries.insert(message.id.clone(), world.messages.len());
        world.messages.push(message);
    }
}

fn seed_content(world: &mut World) {
    let now = world.now;
    let dated = |days: i64, mut value: Value| {
        value["created_at"] = (now - days * DAY).into();
        value["updated_at"] = (now - days * DAY / 2).into();
        value
    };
    world.collections = vec![
        dated(
            200,
            json!({"id": 1, "name": "Products", "bytes": 48_213, "rows": 120, "schema": ["sku", "price"]}),
        ),
        dated(
            150,
            json!({"id": 2, "name": "Stores", "bytes": 9_004, "rows": 31, "schema": ["city", "street"]}),
        ),
        dated(30, json!({"id": 3, "name": "Events", "bytes": 2_110, "rows": 8, "schema": ["name", "date"]})),
    ];
    world.snippets = ["footer", "greeting", "legal", "signature"]
        .iter()
        .map(|name| json!({"name": name, "value": format!("<p>{name}</p>"), "updated_at": now - 90 * DAY}))
        .collect();
    world.webhooks = [("Warehouse", false), ("Old CRM", true)]
        .iter()
        .zip(1..)
        .map(|((name, disabled), id)| {
            json!({
                "id": id, "name": name, "endpoint": format!("https://hooks.example.com/{id}"),
                "disabled": disabled, "full_resolution": id == 1, "with_content": false,
                "events": ["email_sent", "email_opened", "customer_unsubscribed"],
            })
        })
        .collect();
    world.transactional = ["Password reset", "Receipt", "Invitation"]
        .iter()
        .zip(1..)
        .map(|(name, id)| {
            let settings = json!({
                "id": id, "name": name, "description": "", "send_to_unsubscribed": true,
                "link_tracking": id > 1, "open_tracking": true,
                "hide_message_body": id == 1, "queue_drafts": false,
            });
            dated(300 - id, settings)
        })
        .collect();
    world.integrations = [("int-1", "Data warehouse", true), ("int-2", "Web site", false)]
        .iter()
        .map(|(id, name, enabled)| {
            let one =
                json!({"id": id, "name": name, "enabled": enabled, "settings": null, "account_id": null});
            dated(100, one)
        })
        .collect();
    // Addresses set aside for documentation.
    world.ip_addresses = vec!["192.0.2.10", "192.0.2.11", "198.51.100.7"];
}
