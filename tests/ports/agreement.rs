//! Thousands of requests that are made up, and that all implementations answer alike.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::input::Vector;
use crate::programs::{Program, has_python, root};
use crate::readers::with_reader;
use crate::requests::{self, Chance};
use crate::{IMPLEMENTATIONS, feeds, keys, making, opening, programs, revocation, turn};

const REQUESTS: u64 = 4_000;

fn accepted(kind: &str, files: &[&str]) -> Vec<Value> {
    let mut found = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(root().join("vectors").join(file)).unwrap();
        let file: Value = serde_json::from_str(&text).unwrap();
        found.extend(file["vectors"].as_array().unwrap().iter().cloned());
    }
    found.retain(|vector| vector["kind"] == kind && vector["stage"] == "ok");
    // Those whose token is a text.
    found.retain(|vector| kind != "token" || vector["inputs"]["token"].is_string());
    assert!(!found.is_empty());
    found
}

/// The vectors of kinds that are no procedure over a token.
fn others() -> Vec<Value> {
    let mut found = Vec::new();
    for name in OTHERS {
        let text =
            std::fs::read_to_string(root().join("vectors").join(format!("{name}.json"))).unwrap();
        let file: Value = serde_json::from_str(&text).unwrap();
        found.push(file["vectors"].as_array().unwrap().clone());
    }
    // One kind after the other: the great files would else leave little to the small.
    let most = found.iter().map(Vec::len).max().unwrap();
    (0..most)
        .flat_map(|at| found.iter().map(move |file| file[at % file.len()].clone()))
        .filter(|vector| vector["inputs"].to_string().len() < 20_000)
        .collect()
}

const OTHERS: [&str; 10] = [
    "key-text",
    "ring",
    "ring-replace",
    "record",
    "snapshot",
    "digest",
    "feed-key",
    "feed-batch",
    "feed-snapshot",
    "description",
];

/// This implementation's answer; none for the kinds that it only checks answers to.
fn ours(request: &Value) -> Option<Value> {
    let mut vector = request.clone();
    vector["id"] = json!("a request");
    let vector = Vector(vector);
    match vector.kind() {
        "issue" => Some(making::answer(&vector)),
        "logout" => {
            let (stage, record) = making::logged_out(&vector, &vector.text("token").unwrap());
            Some(json!({"stage": stage, "expected": {"record": record}}))
        }
        "token" => {
            let text = vector.text("token").unwrap();
            let (stage, expected) = with_reader!(vector, T => opening::judge::<T>(&vector, &text));
            Some(json!({"stage": stage, "expected": expected}))
        }
        _ => None,
    }
}

/// Whether this implementation agrees with another's answer.
fn agrees(request: &Value, answer: &Value) -> bool {
    let mut vector = request.clone();
    vector["id"] = json!("a request");
    vector["stage"] = answer["stage"].clone();
    vector["expected"] = answer["expected"].clone();
    let vector = Vector(vector);
    let check: fn(&Vector) = match vector.kind() {
        "key-text" => keys::key_text,
        "ring" => keys::ring,
        "ring-replace" => keys::ring_replace,
        "record" => revocation::record,
        "snapshot" => revocation::snapshot,
        "digest" => revocation::digest,
        "feed-key" => feeds::key,
        "feed-batch" => feeds::batch,
        "feed-snapshot" => feeds::snapshot,
        // This crate has the types and reads by no description.
        "description" => return true,
        other => panic!("no check of {other}"),
    };
    std::panic::catch_unwind(|| check(&vector)).is_ok()
}

/// What has to be equal: the stage, and of what is accepted everything that this implementation
/// shows too.
fn compared(answer: &Value) -> Value {
    let mut answer = answer.clone();
    if let Some(steps) = answer["expected"]["steps"].as_object_mut() {
        steps.retain(|name, _| ["kid", "N", "P", "AAD", "log_id"].contains(&name.as_str()));
    }
    answer
}

/// Asks everybody, and says where an answer differs. The answer on which all others are held is this
/// crate's, or the first program's where this crate has none of its own.
fn compare(programs: &mut [Program], request: &Value) -> (Value, Vec<String>) {
    let mut answers: Vec<_> = programs
        .iter_mut()
        .map(|program| (program.name, program.ask(request)))
        .collect();
    let mut faults = Vec::new();
    if let Some(ours) = ours(request) {
        answers.insert(0, ("Rust", ours));
    } else if let Some((name, answer)) = answers.first() {
        if !agrees(request, answer) {
            faults.push(format!("Rust disagrees with {name}: {answer}\n{request}"));
        }
    }
    let Some((first, wanted)) = answers.first().cloned() else {
        return (json!({"stage": "nobody"}), faults);
    };
    for (name, answer) in &answers {
        if compared(answer) != compared(&wanted) {
            faults.push(format!("{name}: {answer}\n{first}: {wanted}\n{request}"));
        }
    }
    (wanted, faults)
}

/// As many requests as `count`, and what became of them: how often each stage, or the differences.
fn conversation(
    programs: &mut [Program],
    count: u64,
) -> Result<BTreeMap<String, u32>, Vec<String>> {
    let mut chance = Chance(0x00C1_0A4B_0033);
    let logins = accepted("issue", &["issue.json"]);
    let tokens = accepted("token", &["token-ok.json"]);
    let others = others();
    let mut next = others.iter().cycle();
    let mut stages: BTreeMap<String, u32> = BTreeMap::new();
    let (mut faults, mut asked) = (Vec::new(), 0);
    let mut ask = |request: &Value| {
        let (answer, differing) = compare(programs, request);
        faults.extend(differing);
        asked += 1;
        let kind = request["kind"].as_str().unwrap();
        let stage = answer["stage"].as_str().unwrap_or("no stage");
        *stages.entry(format!("{kind} {stage}")).or_default() += 1;
        if asked >= count || faults.len() >= 5 {
            None
        } else {
            Some(answer)
        }
    };
    loop {
        let pick = |chance: &mut Chance, from: &[Value]| {
            from[usize::try_from(chance.below(from.len() as u64)).unwrap()].clone()
        };
        let request = match chance.below(10) {
            0 | 1 => {
                let like = pick(&mut chance, &logins);
                let login = requests::issue(&mut chance, &like);
                let Some(answer) = ask(&login) else { break };
                // What one seals, all open; and what is changed of it, nobody.
                let Some(token) = answer["expected"]["token"].as_str() else {
                    continue;
                };
                Some(requests::issued(&mut chance, &login, token))
            }
            2 | 3 => {
                let like = pick(&mut chance, &tokens);
                requests::crafted(&mut chance, &like)
            }
            4..=6 => requests::other(&mut chance, next.next().unwrap()),
            _ => {
                let like = pick(&mut chance, &tokens);
                Some(requests::token(&mut chance, &like))
            }
        };
        // A quarter of the tokens is shown to a logout instead.
        let request = request.map(|request| match chance.below(4) {
            0 if request["kind"] == "token" => requests::logout(&mut chance, &request),
            _ => request,
        });
        if let Some(request) = request
            && ask(&request).is_none()
        {
            break;
        }
    }
    if faults.is_empty() {
        Ok(stages)
    } else {
        Err(faults)
    }
}

#[test]
fn all_implementations_give_one_answer() {
    let _turn = turn();
    let mut programs = programs();
    let names: Vec<_> = programs.iter().map(|program| program.name).collect();
    for absent in IMPLEMENTATIONS.iter().filter(|name| !names.contains(name)) {
        programs::say(&format!("SKIPPED: not compared with {absent}"));
    }
    if programs.is_empty() {
        return;
    }
    let stages = conversation(&mut programs, REQUESTS);
    let stages = stages.unwrap_or_else(|faults| panic!("{}", faults.join("\n\n")));
    println!("{REQUESTS} requests, {stages:?}, compared with {names:?}");
    // Agreement about nothing would prove nothing.
    let often = |what: &str| stages.get(what).is_some_and(|count| *count >= 20);
    for stage in [
        "ok", "text", "key", "tag", "nonce", "claims", "schema", "time", "revoked",
    ] {
        assert!(
            often(&format!("token {stage}")),
            "token {stage}: {stages:?}"
        );
    }
    assert!(often("logout ok") && often("logout refused"), "{stages:?}");
    for kind in OTHERS {
        let of = |stage: &&String| stage.split(' ').next() == Some(kind);
        let count: u32 = stages
            .iter()
            .filter(|(name, _)| of(name))
            .map(|(_, n)| n)
            .sum();
        assert!(count >= 20, "{kind}: {stages:?}");
    }
}

/// One of the programs gives another stage now and then, and the same loop says so.
#[test]
fn a_planted_disagreement_is_found() {
    let _turn = turn();
    if !has_python() {
        return;
    }
    let mut programs = vec![programs::reference(), programs::liar()];
    let faults = conversation(&mut programs, 250).unwrap_err();
    assert!(faults.len() >= 5, "{faults:?}");
    assert!(
        faults
            .iter()
            .all(|fault| fault.starts_with("a liar: ") && fault.contains("planted")),
        "{faults:?}"
    );
}
