//! `docs/conformance.md` keeps its word: every line of the standards is answered once, every test it
//! names exists and runs, and so does every section. And `DESIGN.md` "Lessons" names what stops each
//! mistake. The checks are themselves checked against planted mistakes.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

use std::path::Path;

/// The lines of the standards, in the order of the document. What is not here was not looked at.
const LINES: &str = "
    V7.1.1 V7.1.2 V7.1.3 V7.2.1 V7.2.2 V7.2.3 V7.2.4 V7.3.1 V7.3.2 V7.4.1 V7.4.2 V7.4.3 V7.4.4 V7.4.5
    V7.5.1 V7.5.2 V7.5.3 V7.6.1 V7.6.2
    V9.1.1 V9.1.2 V9.1.3 V9.2.1 V9.2.2 V9.2.3 V9.2.4
    V3.3.1 V3.3.2 V3.3.3 V3.3.4 V3.3.5 V3.5.1 V11.2.4 V11.2.5 V11.3.3 V11.3.4 V11.5.1 V14.2.1 V16.2.5
    V16.5.3 App-C
    CS-entropy CS-meaning CS-ranges CS-renewal CS-server CS-privilege CS-logout CS-host CS-store
    CS-clear CS-local CS-log CS-csrf
    N2.1.3-overall N2.1.3-idle N2.2.3-overall N2.2.3-idle N2.2.3-factor N2.3.3-overall N2.3.3-idle
    N5.1-length N5.1-when N5.1-timeout N5.1-erased N5.1-level N5.1-persist N5.1-channel N5.1-csrf
    N5.1-logoff N5.1.1-secure N5.1.1-scope N5.1.1-httponly N5.1.1-expiry N5.1.1-host N5.1.1-samesite
    N5.1.1-opaque N5.2-activity N5.2-reauth N5.2-document N5-possession
    J3.1 J3.2 J3.3 J3.4 J3.5 J3.6 J3.7 J3.8 J3.9 J3.10 J3.11 J3.12 J3.13 J3.14 J3.15
    L-first L-expired L-range L-ttl L-double L-format L-caep
    C-size C-attribute C-host C-http C-life C-number C-twice C-budget
";

const KINDS: [&str; 4] = ["Test: ", "Document: ", "Not ours: ", "Open: "];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> Option<String> {
    std::fs::read_to_string(root().join(path)).ok()
}

/// What stands between single backquotes on a line.
fn spans(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// The rows of all tables but their headers, as cells.
fn rows(text: &str) -> Vec<Vec<&str>> {
    let mut rows = Vec::new();
    let lines: Vec<&str> = text.lines().collect();
    for (at, line) in lines.iter().enumerate() {
        let rule = |line: &str| line.starts_with("|---");
        let header = lines.get(at + 1).is_some_and(|next| rule(next));
        if line.starts_with('|') && !rule(line) && !header {
            let inner = line.trim_end().trim_start_matches('|');
            let inner = inner.strip_suffix('|').unwrap_or(inner);
            rows.push(inner.split(" | ").map(str::trim).collect());
        }
    }
    rows
}

/// Whether `source` has a test of this name that runs by itself: with the attribute, not ignored.
fn has_test(source: &str, name: &str) -> bool {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    lines.iter().enumerate().any(|(at, line)| {
        let Some((before, _)) = line.split_once(&format!("fn {name}(")) else {
            return false;
        };
        let here = before.is_empty() || before == "async ";
        let attributes = lines[..at].iter().rev();
        let attributes: Vec<_> = attributes
            .take_while(|line| line.starts_with("#["))
            .collect();
        let test = |line: &&&str| line.contains("test]") || line.contains("::test(");
        here && attributes.iter().any(test)
            && !attributes.iter().any(|line| line.starts_with("#[ignore"))
    })
}

fn has_heading(text: &str, heading: &str) -> bool {
    let of = |line: &str| {
        line.starts_with('#')
            .then(|| line.trim_start_matches('#').trim().to_owned())
    };
    text.lines().filter_map(of).any(|found| found == heading)
}

/// A reference and what is wrong with it. `None`: the span is not meant as one.
fn fault_of(span: &str) -> Option<Result<(), String>> {
    let missing = |what: &str| Err(format!("`{span}`: there is no {what}"));
    if let Some(section) = span.strip_prefix("SPEC §") {
        let spec = read("SPEC.md").unwrap();
        let found = spec
            .lines()
            .filter(|line| line.starts_with('#'))
            .any(|line| {
                let number = line
                    .trim_start_matches('#')
                    .trim()
                    .split(' ')
                    .next()
                    .unwrap();
                number.trim_end_matches('.') == section
            });
        return Some(if found {
            Ok(())
        } else {
            missing("such section")
        });
    }
    if let Some((file, heading)) = span.split_once(".md \"") {
        let Some(text) = read(&format!("{file}.md")) else {
            return Some(missing("such document"));
        };
        let found = has_heading(&text, heading.trim_end_matches('"'));
        return Some(if found {
            Ok(())
        } else {
            missing("such heading")
        });
    }
    let folder = ["tests/", "crates/", "examples/", "ports/", "src/"];
    if !folder.iter().any(|folder| span.starts_with(folder)) {
        return None;
    }
    let Some((file, name)) = span.split_once("::") else {
        let found = root().join(span).exists();
        return Some(if found { Ok(()) } else { missing("such file") });
    };
    let Some(source) = read(file) else {
        return Some(missing("such file"));
    };
    Some(if has_test(&source, name) {
        Ok(())
    } else {
        missing("such test that runs")
    })
}

/// Every fault of the text, one sentence each.
fn faults(text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let rows = rows(text);
    let ids: Vec<&str> = rows.iter().map(|row| row[0]).collect();
    for line in LINES.split_whitespace() {
        match ids.iter().filter(|id| **id == line).count() {
            1 => {}
            count => faults.push(format!("{line} is answered {count} times")),
        }
    }
    for row in &rows {
        let (id, answer) = (row[0], *row.last().unwrap());
        if !LINES.split_whitespace().any(|line| line == id) {
            faults.push(format!("{id} is no line of the standards"));
        }
        // The level of a line is the one cell that may be empty.
        if row.len() < 3 || row.iter().any(|cell| cell.is_empty()) && id != "App-C" {
            faults.push(format!("{id} has an empty cell or lacks one"));
        }
        let Some(kind) = KINDS.iter().find(|kind| answer.starts_with(**kind)) else {
            faults.push(format!("{id} has no answer of a known kind"));
            continue;
        };
        if answer.len() < kind.len() + 20 {
            faults.push(format!("{id} says nothing behind `{kind}`"));
        }
        let names = |wanted: fn(&str) -> bool| spans(answer).any(wanted);
        if *kind == "Test: " && !names(|span| span.contains("::")) {
            faults.push(format!("{id} names no test"));
        }
        if *kind == "Document: " && !names(|span| span.contains('§') || span.contains(".md \"")) {
            faults.push(format!("{id} names no document"));
        }
    }
    faults.extend(references(text).filter_map(Result::err));
    faults
}

fn references(text: &str) -> impl Iterator<Item = Result<(), String>> {
    text.lines().flat_map(spans).filter_map(fault_of)
}

fn document() -> String {
    read("docs/conformance.md").expect("docs/conformance.md")
}

#[test]
fn every_line_is_answered_once_and_every_answer_exists() {
    let text = document();
    assert_eq!(faults(&text), [""; 0]);
    // It looked at something.
    assert!(references(&text).count() > 150);
    assert_eq!(rows(&text).len(), LINES.split_whitespace().count());
}

#[test]
fn every_lesson_names_what_stops_the_mistake() {
    let design = read("DESIGN.md").unwrap();
    let lessons = design.split("\n## Lessons\n").nth(1).unwrap();
    let lessons = lessons.split("\n## ").next().unwrap();
    let bad: Vec<String> = references(lessons).filter_map(Result::err).collect();
    assert_eq!(bad, [""; 0]);
    let rows = rows(lessons);
    assert!(rows.len() >= 40, "{} lessons", rows.len());
    for row in rows {
        assert_eq!(row.len(), 2, "{row:?}");
        let named = spans(row[1]).filter_map(fault_of).count();
        assert!(named > 0, "nothing is named that stops this: {}", row[0]);
    }
}

#[test]
fn planted_mistakes_are_found() {
    let text = document();
    let planted = |from: &str, to: &str, expected: &str| {
        assert!(text.contains(from), "nothing to plant `{to}` into: {from}");
        let found = faults(&text.replacen(from, to, 1));
        assert!(
            found.iter().any(|fault| fault.contains(expected)),
            "`{from}` became `{to}` and `{expected}` was not found, but {found:?}"
        );
    };
    // A line that is not there, there twice, or not one of any standard.
    let row = |id: &str| {
        let start = format!("| {id} |");
        let line = text.lines().find(|line| line.starts_with(&start));
        format!("{}\n", line.unwrap())
    };
    planted(&row("V9.2.4"), "", "V9.2.4 is answered 0 times");
    let twice = row("V7.3.1").repeat(2);
    planted(&row("V7.3.1"), &twice, "V7.3.1 is answered 2 times");
    planted("| J3.15 |", "| J3.16 |", "J3.16 is no line");
    // The first line of a table and the last one of the document are not passed over.
    planted(&row("V7.1.1"), "", "V7.1.1 is answered 0 times");
    planted(&row("C-budget"), "", "C-budget is answered 0 times");
    // Tests, files and sections that are not there.
    let exists = "tests/rules_time.rs::timeouts_are_said_or_the_build_fails";
    planted(
        exists,
        &exists[..exists.len() - 1],
        "no such test that runs",
    );
    planted(exists, "tests/rules_tide.rs::timeouts", "no such file");
    planted(
        exists,
        "tests/common/mod.rs::builder",
        "no such test that runs",
    );
    // A test that exists and is ignored proves nothing by itself.
    let ignored = "tests/feed_sim.rs::a_million_steps_without_a_counterexample";
    planted(exists, ignored, "no such test that runs");
    planted(
        "`crates/demo/tests/login.rs::",
        "`crates/demo/tests/lodge.rs::",
        "no such file",
    );
    planted("`SPEC §12.6`", "`SPEC §12.66`", "no such section");
    planted("SECURITY.md \"What", "SECURITY.md \"Why", "no such heading");
    planted("SECURITY.md \"What", "SAFETY.md \"What", "no such document");
    // Rows without an answer, a reason or a reference.
    let end = row("V7.1.3");
    let head = end.split("Not ours: ").next().unwrap();
    planted(&end, &format!("{head}|\n"), "V7.1.3 has an empty cell");
    planted("| audience validated |", "|  |", "V9.2.3 has an empty cell");
    planted(
        "| 2 | audience validated |",
        "|",
        "V9.2.3 has an empty cell",
    );
    planted(&end, &format!("{head}Not ours: no |\n"), "says nothing");
    planted(
        &end,
        &format!("{head}Fine as it is, believe it |\n"),
        "no answer of a known kind",
    );
    planted(
        &end,
        &format!("{head}Test: of course this is tested |\n"),
        "names no test",
    );
    planted(
        &end,
        &format!("{head}Document: somewhere in the texts |\n"),
        "names no document",
    );
}
