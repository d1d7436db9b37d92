//! Nothing of a secret is counted or told, in any form.

use crate::scenario::told;

#[test]
fn no_secret_is_in_what_was_counted_or_told() {
    let told = told();
    let mut output = told.log.clone();
    for sample in &told.samples {
        output.push_str(&sample.name);
        for (key, value) in &sample.labels {
            output.push_str(&format!(" {key}={value}"));
        }
        output.push('\n');
    }
    assert!(output.lines().count() > 100, "nothing was captured");
    for line in output.lines() {
        assert_eq!(told.secrets.found_in(line), None, "in: {line}");
    }
}

#[test]
fn a_session_is_named_by_its_log_reference_and_the_id_of_its_key() {
    let told = told();
    let named: Vec<&str> = told
        .log
        .lines()
        .filter(|line| line.contains(&format!("session={}", told.reference)))
        .collect();
    // Its login, and its token that came back after a rotation.
    assert!(
        named.iter().any(|line| line.contains("token made")),
        "{named:#?}"
    );
    assert!(
        named.iter().any(|line| line.contains("came back")),
        "{named:#?}"
    );
    assert!(told.log.contains("logged out"), "no logout was told");
    let key = format!("key={}", crate::world::key(1).id());
    assert!(named.iter().all(|line| line.contains(&key)), "{named:#?}");
}
