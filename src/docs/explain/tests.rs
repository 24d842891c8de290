use super::*;
use std::collections::BTreeSet;
use std::path::Path;

/// What a page says below a head.
fn section<'p>(blocks: &'p [Block<'p>], heads: [&str; 2]) -> (bool, &'p [Block<'p>]) {
    let at = blocks.iter().position(|block| matches!(block, Block::Head(head) if heads.contains(head)));
    let at = at.unwrap_or_else(|| panic!("no head {heads:?}"));
    let rest = &blocks[at + 1..];
    let end = rest.iter().position(|block| matches!(block, Block::Head(_))).unwrap_or(rest.len());
    (blocks[at] == Block::Head(heads[0]), &rest[..end])
}

fn runs(blocks: &[Block<'_>]) -> bool {
    blocks.iter().any(|block| matches!(block, Block::Code { kind: "rhai" | "console", .. }))
}

#[test]
fn every_code_has_a_page_with_its_four_answers() {
    let missing: Vec<&str> = Code::ALL.iter().filter(|c| page(**c).is_none()).map(|c| short(*c)).collect();
    assert_eq!(missing, [""; 0], "without a page in src/docs/explain/pages, or a line in pages.rs");
    for code in Code::ALL {
        let blocks = blocks(page(*code).expect("it has one"));
        let name = short(*code);
        assert!(matches!(&blocks[0], Block::Prose(why) if why.len() > 40), "{name} says why first");
        for heads in [[FAILS, WHEN], [REPAIR, WHAT_TO_DO]] {
            let (shown, below) = section(&blocks, heads);
            assert!(!below.is_empty(), "{name}: nothing below {heads:?}");
            assert_eq!(shown, runs(below), "{name}: {} has a script, {} has none", heads[0], heads[1]);
        }
        assert_eq!(blocks.iter().filter(|block| matches!(block, Block::Head(_))).count(), 2, "{name}");
    }
}

#[test]
fn no_page_is_left_over() {
    let known: BTreeSet<String> = Code::ALL.iter().map(|code| short(*code).replace("::", "/")).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/docs/explain/pages");
    let mut found = BTreeSet::new();
    for group in std::fs::read_dir(&root).expect("the pages") {
        let group = group.expect("a folder").path();
        for file in std::fs::read_dir(&group).expect("a folder") {
            let file = file.expect("a page").path().with_extension("");
            let name = file.strip_prefix(&root).expect("below").iter().map(|part| part.to_string_lossy());
            found.insert(name.collect::<Vec<_>>().join("/"));
        }
    }
    assert_eq!(found, known);
}

#[test]
fn a_page_is_taken_apart() {
    let page = "Why\nso.\n\n## Fails\n\n```rhai\nlet x = 1;\n\nx\n```\n";
    let code = Block::Code { kind: "rhai", lines: vec!["let x = 1;", "", "x"] };
    assert_eq!(blocks(page), [Block::Prose("Why so.".into()), Block::Head("Fails"), code]);
}

#[test]
fn a_code_is_found_with_and_without_its_prefix_and_by_a_near_name() {
    assert_eq!(find("argument::missing"), Ok(Code::ArgumentMissing));
    assert_eq!(find("segue::argument::missing"), Ok(Code::ArgumentMissing));
    let help = |name: &str| find(name).unwrap_err().help.unwrap_or_default();
    assert_eq!(help("argument::mising"), "did you mean `argument::missing`?");
    assert_eq!(help("read_only"), "did you mean `grant::read_only`?");
    assert_eq!(help("zebra"), "`segue explain` lists them all");
}

#[test]
fn an_explanation_fits_but_for_what_is_copied() {
    for code in Code::ALL {
        let text = explanation(*code, 60);
        let copied = |line: &&str| line.starts_with("    ");
        for line in text.lines().filter(|line| !copied(line)) {
            assert!(line.chars().count() <= 60, "{line}");
        }
        let ends = text.contains("exit code") || text.contains("ends no run");
        assert!(text.starts_with(code.name()) && ends, "{text}");
    }
    assert!(explanation(Code::Interrupted, 60).ends_with("A run that it ends has exit code 130.\n"));
    for code in Code::ALL {
        assert!(list().lines().any(|line| line.starts_with(short(*code)) && line.ends_with(code.means())));
    }
}
