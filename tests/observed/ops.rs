//! The alerts and the dashboard in docs/ops name metrics and labels that exist. That Prometheus takes
//! the rules is checked by promtool, in CI.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::document::{label_values, metrics, read};

/// Of an expression: each metric with the labels and values that are asked of it.
fn asked(expression: &str) -> Vec<(String, Vec<(String, String)>)> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut found = Vec::new();
    let mut rest = expression;
    while let Some(start) = rest.find("cloakroom_") {
        let text = &rest[start..];
        let end = text.find(|c| !is_word(c)).unwrap_or(text.len());
        let (name, after) = text.split_at(end);
        let matchers = after
            .strip_prefix('{')
            .and_then(|after| after.split_once('}'));
        let matchers = matchers.map_or("", |(matchers, _)| matchers);
        let labels = matchers.split(',').filter_map(|matcher| {
            let (label, value) = matcher
                .split_once("=~")
                .or_else(|| matcher.split_once('='))?;
            Some((label.trim().to_owned(), value.trim_matches('"').to_owned()))
        });
        found.push((name.to_owned(), labels.collect()));
        rest = after;
    }
    found
}

/// Every fault, as a sentence.
fn faults(expression: &str) -> Vec<String> {
    let (metrics, values) = (metrics(), label_values());
    let mut faults = Vec::new();
    let all = asked(expression);
    if all.is_empty() {
        faults.push(format!("no metric in: {expression}"));
    }
    for (name, labels) in all {
        let Some((_, _, known)) = metrics.get(&name) else {
            faults.push(format!("no metric {name}"));
            continue;
        };
        for (label, value) in labels {
            // Prometheus adds it to whatever it reads.
            if label == "instance" {
                continue;
            }
            if !known.contains(&label) {
                faults.push(format!("{name} has no label {label}"));
            }
            let of_label = |value: &str| values[&label].contains(value) || value.starts_with('$');
            if !value.split('|').all(of_label) {
                faults.push(format!("{name}: no {label} is {value}"));
            }
        }
    }
    faults
}

fn alerts() -> BTreeMap<String, String> {
    let text = read("docs/ops/alerts.yml");
    let after = |line: &str, key: &str| {
        let line = line.trim().trim_start_matches("- ");
        line.strip_prefix(key).map(|rest| rest.trim().to_owned())
    };
    let names = text.lines().filter_map(|line| after(line, "alert:"));
    let expressions = text.lines().filter_map(|line| after(line, "expr:"));
    names.zip(expressions).collect()
}

#[test]
fn alerts_ask_for_metrics_labels_and_values_that_exist() {
    let alerts = alerts();
    assert!(alerts.len() > 10, "only {} were read", alerts.len());
    for (name, expression) in &alerts {
        assert_eq!(faults(expression), [""; 0], "{name}");
    }
}

#[test]
fn the_check_of_expressions_finds_what_is_wrong() {
    for (expression, fault) in [
        ("cloakroom_no_such > 1", "no metric cloakroom_no_such"),
        ("up == 0", "no metric in: up == 0"),
        (
            r#"rate(cloakroom_verified_total{reason="idle"}[5m])"#,
            "cloakroom_verified_total has no label reason",
        ),
        (
            r#"cloakroom_keys{state=~"sealing|broken"}"#,
            "cloakroom_keys: no state is sealing|broken",
        ),
    ] {
        assert!(
            faults(expression).contains(&fault.to_owned()),
            "{expression}"
        );
    }
}

/// The cases of alerts_test.yml: the alert, and whether it is expected to fire.
fn cases(test: &str) -> BTreeSet<(String, bool)> {
    let cases = test.split("alertname:").skip(1);
    let case = |case: &str| {
        let name = case.trim_start();
        let name = name.split([',', '\n', ' ', '}']).next().unwrap_or_default();
        let fires = !case.contains("exp_alerts: []");
        assert!(!name.is_empty(), "{case}");
        assert!(!fires || case.contains("exp_labels:"), "{name}");
        (name.to_owned(), fires)
    };
    cases.map(case).collect()
}

#[test]
fn every_alert_is_seen_to_fire_and_to_be_quiet_on_a_healthy_day() {
    let text = read("docs/ops/alerts_test.yml");
    let tests: Vec<&str> = text.split("\n  - interval:").skip(1).collect();
    let healthy = cases(tests[0]);
    let all: BTreeSet<(String, bool)> = tests.iter().flat_map(|test| cases(test)).collect();
    for name in alerts().into_keys() {
        assert!(
            healthy.contains(&(name.clone(), false)),
            "{name} on a healthy day"
        );
        assert!(!healthy.contains(&(name.clone(), true)), "{name}");
        assert!(
            all.contains(&(name.clone(), true)),
            "{name} is never seen to fire"
        );
    }
}

/// A day on which a metric is missing shows no alarm over it.
#[test]
fn the_healthy_day_has_every_metric_that_an_alert_asks_for() {
    let text = read("docs/ops/alerts_test.yml");
    let healthy = text.split("\n  - interval:").nth(1).unwrap();
    for (alert, expression) in alerts() {
        for (metric, labels) in asked(&expression) {
            let series: Vec<&str> = healthy
                .lines()
                .filter(|line| line.contains(&format!("'{metric}{{")))
                .collect();
            assert!(!series.is_empty(), "{alert}: {metric}");
            for value in labels.iter().flat_map(|(_, value)| value.split('|')) {
                let value = format!("\"{value}\"");
                assert!(
                    series.iter().any(|series| series.contains(&value)),
                    "{alert}: {metric} with {value}"
                );
            }
        }
    }
}

#[test]
fn every_alert_has_a_severity_a_summary_and_a_runbook_that_exists() {
    let text = read("docs/ops/alerts.yml");
    let rules: Vec<&str> = text.split("- alert:").skip(1).collect();
    for rule in rules {
        let name = rule.lines().next().unwrap_or_default();
        assert!(
            rule.contains("severity: page") || rule.contains("severity: ticket"),
            "{name}"
        );
        assert!(rule.contains("summary: "), "{name}");
        let runbook = rule
            .lines()
            .find_map(|line| line.trim().strip_prefix("runbook: "));
        assert!(
            read(runbook.expect("a runbook")).starts_with("# "),
            "{name}"
        );
    }
}

#[test]
fn the_dashboard_is_whole_and_asks_for_metrics_that_exist() {
    let board: Value = serde_json::from_str(&read("docs/ops/dashboard.json")).unwrap();
    for field in [
        "title",
        "uid",
        "schemaVersion",
        "panels",
        "templating",
        "time",
    ] {
        assert!(!board[field].is_null(), "{field}");
    }
    let variables: BTreeSet<&str> = board["templating"]["list"]
        .as_array()
        .unwrap()
        .iter()
        .map(|variable| variable["name"].as_str().unwrap())
        .collect();
    let mut ids = BTreeSet::new();
    let mut shown = BTreeSet::new();
    for panel in board["panels"].as_array().unwrap() {
        let title = panel["title"].as_str().unwrap();
        assert!(
            ids.insert(panel["id"].as_u64().unwrap()),
            "{title}: its id is taken"
        );
        let place = &panel["gridPos"];
        let [x, w] = ["x", "w"].map(|side| place[side].as_u64().unwrap());
        assert!(
            x + w <= 24 && place["h"].as_u64().unwrap() > 0,
            "{title}: {place}"
        );
        let targets = panel["targets"].as_array().unwrap();
        assert!(!targets.is_empty(), "{title}");
        let mut names = BTreeSet::new();
        for target in targets {
            assert!(names.insert(target["refId"].as_str().unwrap()), "{title}");
            let expression = target["expr"].as_str().unwrap();
            assert_eq!(faults(expression), [""; 0], "{title}");
            shown.extend(asked(expression).into_iter().map(|(name, _)| name));
            for used in expression.split('$').skip(1) {
                let word = used
                    .split(|c: char| !c.is_ascii_alphanumeric())
                    .next()
                    .unwrap();
                assert!(variables.contains(word), "{title}: no variable {word}");
            }
        }
    }
    let all: BTreeSet<String> = metrics().into_keys().collect();
    assert_eq!(shown, all, "every metric is on the dashboard");
}
