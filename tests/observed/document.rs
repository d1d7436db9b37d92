//! docs/metrics.md and the code say the same.

use std::collections::{BTreeMap, BTreeSet};

use crate::scenario::{Sample, told};

pub(crate) fn read(path: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

/// The words in backticks.
fn quoted(text: &str) -> Vec<String> {
    text.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

fn rows(text: &str, columns: usize) -> Vec<Vec<String>> {
    let lines = text.lines().filter(|line| line.starts_with("| `"));
    let cells = |line: &str| -> Vec<String> {
        let inner = line.trim_start_matches('|').trim_end_matches('|');
        inner
            .split('|')
            .map(|cell| cell.trim().to_owned())
            .collect()
    };
    lines
        .map(cells)
        .filter(|cells| cells.len() == columns)
        .collect()
}

/// Name, to kind, unit and labels.
pub(crate) fn metrics() -> BTreeMap<String, (String, String, BTreeSet<String>)> {
    let rows = rows(&read("docs/metrics.md"), 5);
    let metric = |row: &Vec<String>| {
        let name = quoted(&row[0]).remove(0);
        assert!(!row[4].is_empty(), "{name}: what is it?");
        let labels = quoted(&row[3]).into_iter().collect();
        (name, (row[1].clone(), row[2].clone(), labels))
    };
    rows.iter().map(metric).collect()
}

pub(crate) fn label_values() -> BTreeMap<String, BTreeSet<String>> {
    let rows = rows(&read("docs/metrics.md"), 2);
    let label = |row: &Vec<String>| {
        let name = quoted(&row[0]).remove(0);
        (name, quoted(&row[1]).into_iter().collect())
    };
    rows.iter().map(label).collect()
}

/// Those of the feed among the values of `event`.
pub(crate) fn feed_events() -> BTreeSet<String> {
    let rows = rows(&read("docs/metrics.md"), 2);
    let row = rows.iter().find(|row| row[0] == "`event`").unwrap();
    let (of_feed, _) = row[1].split_once("of the web layer").unwrap();
    quoted(of_feed).into_iter().collect()
}

/// What the exporter of Prometheus and the others call it.
fn unit(sample: &Sample) -> &str {
    match sample.unit.as_str() {
        "" => "none",
        unit => unit,
    }
}

#[test]
fn every_metric_is_in_the_table_and_everything_in_the_table_is_emitted() {
    let table = metrics();
    assert!(table.len() > 20, "only {} rows were read", table.len());
    let mut emitted = BTreeSet::new();
    for sample in &told().samples {
        let name = &sample.name;
        let row = table
            .get(name)
            .unwrap_or_else(|| panic!("{name} is not in docs/metrics.md"));
        let keys: BTreeSet<String> = sample.labels.iter().map(|(key, _)| key.clone()).collect();
        let found = (sample.kind.to_owned(), unit(sample).to_owned(), keys);
        assert_eq!(row, &found, "{name}: docs/metrics.md left, the code right");
        assert!(!sample.meaning.is_empty(), "{name} has no description");
        emitted.insert(name.clone());
    }
    let missing: Vec<_> = table
        .keys()
        .filter(|name| !emitted.contains(*name))
        .collect();
    assert!(
        missing.is_empty(),
        "in the table and never emitted: {missing:?}"
    );
}

#[test]
fn the_values_of_labels_are_those_of_the_table() {
    let table = label_values();
    let mut emitted: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for sample in &told().samples {
        for (key, value) in &sample.labels {
            emitted.entry(key).or_default().insert(value.clone());
        }
    }
    assert_eq!(
        emitted["purpose"].iter().collect::<Vec<_>>(),
        ["admin", "session"]
    );
    for (label, values) in &emitted {
        let known = &table[*label];
        for value in values {
            assert!(
                *label == "purpose" || known.contains(value),
                "{label}={value}"
            );
        }
    }
    // Those that are there from the start are there completely.
    for label in [
        "stage", "reason", "missing", "by", "kind", "result", "state", "warning",
    ] {
        assert_eq!(emitted[label], table[label], "{label}");
    }
    assert!(
        emitted["event"].contains("cross-origin"),
        "{:?}",
        emitted["event"]
    );
    assert!(
        emitted["event"].contains("founded"),
        "{:?}",
        emitted["event"]
    );
}

#[test]
fn what_happened_was_counted() {
    let count = |name: &str, labels: &[(&str, &str)]| -> f64 {
        let has = |sample: &Sample, (key, value): &(&str, &str)| {
            let mut labels = sample.labels.iter();
            labels.any(|(found, has)| found == key && has == value)
        };
        let of_name = told().samples.iter().filter(|sample| sample.name == name);
        let matching = of_name.filter(|sample| labels.iter().all(|label| has(sample, label)));
        matching.map(|sample| sample.value).sum()
    };
    let refused = |reason| count("cloakroom_refused_total", &[("reason", reason)]);
    for (reason, times) in [
        ("format", 2.0),
        ("unknown-key", 1.0),
        ("forged", 1.0),
        ("wrong-schema", 1.0),
        ("idle", 1.0),
        ("expired", 1.0),
        ("revoked", 2.0),
        ("too-old", 0.0),
    ] {
        assert_eq!(refused(reason), times, "{reason}");
    }
    let made = |by| {
        count(
            "cloakroom_tokens_made_total",
            &[("purpose", "session"), ("by", by)],
        )
    };
    for (by, times) in [
        ("login", 4.0),
        ("renewal", 1.0),
        ("update", 1.0),
        ("rotation", 1.0),
    ] {
        assert_eq!(made(by), times, "{by}");
    }
    let revoked = |kind, delivery| {
        let labels = [("kind", kind), ("delivery", delivery)];
        count("cloakroom_revocations_total", &labels)
    };
    assert_eq!(revoked("session", "failed"), 1.0);
    assert_eq!(revoked("session", "memory"), 2.0);
    assert_eq!(
        revoked("session", "accepted") + revoked("session", "pending"),
        1.0
    );
    for kind in ["generations", "subject", "everybody", "key"] {
        assert_eq!(revoked(kind, "memory"), 1.0, "{kind}");
    }
    let missing = [("missing", "revocations"), ("purpose", "session")];
    assert_eq!(count("cloakroom_unavailable_total", &missing), 2.0);
    let reloads = |result| count("cloakroom_key_reloads_total", &[("result", result)]);
    assert_eq!(
        (reloads("unchanged"), reloads("replaced"), reloads("failed")),
        (2.0, 1.0, 2.0)
    );
    let gauge = |name| count(name, &[("purpose", "session")]);
    assert_eq!(gauge("cloakroom_key_next_activation_seconds"), 7_200.0);
    assert_eq!(
        count(
            "cloakroom_keys",
            &[("purpose", "session"), ("state", "announced")]
        ),
        1.0
    );
    assert!(count("cloakroom_feed_position", &[("purpose", "admin")]) >= 1.0);
    assert_eq!(count("cloakroom_key_reload_failures", &[]), 0.0);
}
