//! The ports to other languages: each passes its own tests, and all implementations, this one and
//! the reference among them, give one answer to thousands of tokens that are valid, changed, cut,
//! out of time or revoked. A planted disagreement is noticed.
//!
//! What a port needs has to be there: python3 with venv, node and npm, go with
//! golang-golang-x-crypto-dev. A port whose tools are missing is skipped, and standard error says so
//! although the test passes; with CI=true it is a failure.
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

#[path = "vectors/input.rs"]
#[allow(dead_code, reason = "the test of the vectors uses the rest of it")]
mod input;
#[path = "vectors/making.rs"]
#[allow(dead_code, reason = "the test of the vectors uses the rest of it")]
mod making;
#[path = "vectors/opening.rs"]
#[allow(dead_code, reason = "the test of the vectors uses the rest of it")]
mod opening;
#[path = "vectors/feeds.rs"]
mod feeds;
#[path = "vectors/keys.rs"]
#[allow(dead_code, reason = "the test of the vectors uses the rest of it")]
mod keys;
#[path = "ports/payloads.rs"]
mod payloads;
#[path = "ports/programs.rs"]
#[allow(
    dead_code,
    reason = "the test of servers in other languages uses the rest of it"
)]
mod programs;
#[path = "ports/requests.rs"]
mod requests;
#[path = "vectors/revocation.rs"]
#[allow(dead_code, reason = "the test of the vectors uses the rest of it")]
mod revocation;
#[path = "vectors/shapes.rs"]
#[allow(dead_code, reason = "the test of the vectors uses the rest of it")]
mod shapes;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock};
use input::Vector;
use programs::{Program, has_go, has_node, has_python, root, run};
use requests::Chance;
use serde_json::{Value, json};
use shapes::with_reader;

const REQUESTS: u64 = 4_000;

/// The tests of a port install its tools anew, and nobody may use them meanwhile.
static TURN: Mutex<()> = Mutex::new(());

fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

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

/// The names of all that this crate is compared with.
const IMPLEMENTATIONS: [&str; 4] = ["the reference", "Python", "JavaScript", "Go"];

fn programs() -> Vec<Program> {
    let mut programs = Vec::new();
    if has_python() {
        programs.push(programs::reference());
        programs.push(programs::python());
    }
    if has_node() {
        programs.push(programs::javascript());
    }
    if has_go() {
        programs.push(programs::go());
    }
    programs
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

/// A program that hangs is a failure and no test that never ends.
#[test]
fn a_program_that_does_not_answer_is_given_up() {
    let mut silent = Program::start(
        "silent",
        Command::new("sh").args(["-c", "while read -r line; do :; done"]),
    );
    let answer = silent.ask_within(&json!({}), std::time::Duration::from_millis(50));
    assert!(answer.unwrap_err().contains("did not answer"));
    let mut ended = Program::start("ended", &mut Command::new("true"));
    assert!(
        ended
            .ask_within(&json!({}), std::time::Duration::from_secs(60))
            .is_err()
    );
}

/// With a token of this implementation, which the port's web server has to let in.
fn own_tests(port: &str) {
    let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8)).unwrap();
    let sessions = Sessions::<()>::builder(ring.clone(), RevocationList::new())
        .purpose("session")
        .audience("")
        .no_idle_timeout()
        .absolute_timeout(time::Duration::hours(8))
        .build()
        .unwrap();
    let issued = sessions.issue("user-42", &()).unwrap();
    let folder = root().join("ports").join(port);
    run(Command::new("sh")
        .arg("test.sh")
        .env("CLOAKROOM_TOKEN", issued.token.as_str())
        .env("CLOAKROOM_RING", ring.to_text().expose())
        .env("CLOAKROOM_PURPOSE", "session")
        .env("CLOAKROOM_AUDIENCE", "")
        .env("CLOAKROOM_SUBJECT", "user-42")
        .current_dir(folder));
}

#[test]
fn the_port_to_python_passes_its_own_tests() {
    let _turn = turn();
    if has_python() {
        own_tests("python");
    }
}

#[test]
fn the_port_to_javascript_passes_its_own_tests() {
    let _turn = turn();
    if has_node() {
        own_tests("js");
    }
}

#[test]
fn the_port_to_go_passes_its_own_tests() {
    let _turn = turn();
    if has_go() {
        own_tests("go");
    }
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// The named tests of this file in a process of its own, whose search path is `folder` alone.
fn without_tools(folder: &Path, tests: &[&str], variables: &[(&str, &str)]) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(tests)
        .env_remove("CI")
        .env("PATH", folder)
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    said
}

/// A test run without tools passes, and says what it did not do although nobody asked for the
/// output of tests that pass.
#[test]
fn what_is_skipped_is_said() {
    let empty = folder("no-tools");
    let tests = ["its_own_tests", "all_implementations", "payloads_are_read"];
    let said = without_tools(&empty, &tests, &[]);
    for line in [
        "SKIPPED: Python is not there",
        "SKIPPED: Node is not there",
        "SKIPPED: Go is not there",
        "SKIPPED: not compared with the reference",
        "SKIPPED: not compared with Python",
        "SKIPPED: not compared with JavaScript",
        "SKIPPED: not compared with Go",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
}

/// Half of what a port needs is not enough: no npm without node, no go without its libraries.
#[test]
fn a_port_with_half_of_its_tools_is_skipped() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder("half-of-the-tools");
    for tool in ["go", "npm"] {
        let file = folder.join(tool);
        std::fs::write(&file, "#!/bin/sh\nexit 0\n").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let said = without_tools(
        &folder,
        &["its_own_tests", "payloads_are_read"],
        &[("GOLANG_ORG_X", "/nowhere")],
    );
    assert!(said.contains("SKIPPED: Node is not there"), "{said}");
    assert!(said.contains("golang-golang-x-crypto-dev"), "{said}");
}

/// What the script of a port skips is said too, although the script succeeds.
#[test]
fn what_a_script_skips_is_said() {
    if std::env::var_os("CLOAKROOM_SCRIPT").is_some() {
        run(Command::new("/bin/sh")
            .args(["-c", "echo SKIPPED: no engine; echo fine; echo skipped 0"]));
        return;
    }
    let empty = folder("no-tools");
    let this = ["--exact", "what_a_script_skips_is_said"];
    let said = without_tools(&empty, &this, &[("CLOAKROOM_SCRIPT", "1")]);
    assert!(said.contains("SKIPPED: no engine"), "{said}");
    assert!(
        !said.contains("fine") && !said.contains("skipped 0"),
        "{said}"
    );
}
