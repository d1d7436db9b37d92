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
#[path = "ports/programs.rs"]
#[allow(
    dead_code,
    reason = "the test of servers in other languages uses the rest of it"
)]
mod programs;
#[path = "ports/requests.rs"]
mod requests;
#[path = "vectors/shapes.rs"]
#[allow(dead_code, reason = "the test of the vectors uses the rest of it")]
mod shapes;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cloakroom::schema::describe;
use cloakroom::{KeyRing, Payload as _, RevocationList, Sessions, SystemClock};
use input::Vector;
use programs::{Program, has_go, has_node, has_python, root, run};
use requests::Chance;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shapes::with_reader;

const TOKENS: u64 = 3_000;

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

/// This implementation's answer.
fn ours(request: &Value) -> Value {
    let mut vector = request.clone();
    vector["id"] = json!("a request");
    let vector = Vector(vector);
    match vector.kind() {
        "issue" => making::answer(&vector),
        _ => {
            let text = vector.text("token").unwrap();
            let (stage, expected) = with_reader!(vector, T => opening::judge::<T>(&vector, &text));
            json!({"stage": stage, "expected": expected})
        }
    }
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

/// Where an answer differs from ours.
fn differences(request: &Value, ours: &Value, others: &[(&str, Value)]) -> Vec<String> {
    let wanted = compared(ours);
    let differing = others
        .iter()
        .filter(|(_, answer)| compared(answer) != wanted);
    differing
        .map(|(name, answer)| format!("{name}: {answer}\nRust: {ours}\n{request}"))
        .collect()
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

#[test]
fn all_implementations_give_one_answer() {
    let _turn = turn();
    let mut programs = programs();
    let mut chance = Chance(0x00C1_0A4B_0033);
    let logins = accepted("issue", &["issue.json"]);
    let tokens = accepted("token", &["token-ok.json"]);
    let mut stages: BTreeMap<String, u32> = BTreeMap::new();
    let mut faults = Vec::new();
    for number in 0..TOKENS {
        let request = if number % 10 == 0 {
            let at = usize::try_from(chance.below(logins.len() as u64)).unwrap();
            requests::issue(&mut chance, &logins[at])
        } else {
            let at = usize::try_from(chance.below(tokens.len() as u64)).unwrap();
            requests::token(&mut chance, &tokens[at])
        };
        let ours = ours(&request);
        let others: Vec<_> = programs
            .iter_mut()
            .map(|program| (program.name, program.ask(&request)))
            .collect();
        faults.extend(differences(&request, &ours, &others));
        let stage = ours["stage"].as_str().unwrap();
        *stages.entry(stage.to_owned()).or_default() += 1;
        assert!(faults.len() < 5, "{}", faults.join("\n\n"));

        if number == 100 {
            // One that lies is noticed.
            let lie = json!({"stage": "ok", "expected": {"reason": null}});
            assert_eq!(differences(&request, &ours, &[("a liar", lie)]).len(), 1);
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
    let names: Vec<_> = programs.iter().map(|program| program.name).collect();
    println!("{TOKENS} requests, {stages:?}, compared with {names:?}");
    for absent in IMPLEMENTATIONS.iter().filter(|name| !names.contains(name)) {
        programs::say(&format!("SKIPPED: not compared with {absent}"));
    }
    // Agreement about nothing would prove nothing.
    for stage in ["ok", "text", "key", "tag", "time", "revoked"] {
        assert!(
            stages.get(stage).is_some_and(|count| *count >= 20),
            "{stage}: {stages:?}"
        );
    }
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

#[derive(Serialize, Deserialize)]
enum Plan {
    Free,
    Paid(u32),
    Trial { days: u8 },
}

#[derive(Serialize, Deserialize)]
struct Before {
    id: u64,
    name: String,
    roles: Vec<String>,
    locale: Option<String>,
    plan: Plan,
}
cloakroom::payload!(Before, schema = (3, 0));

#[derive(Serialize, Deserialize)]
struct Profile {
    id: u64,
    name: String,
    roles: Vec<String>,
    locale: Option<String>,
    plan: Plan,
    #[serde(default)]
    theme: Option<String>,
}
cloakroom::payload!(Profile, schema = (3, 1));

/// A worker without the Rust type reads a session's payload by the names of its fields, with what
/// this crate prints about the type.
#[test]
fn payloads_are_read_by_field_name_in_every_language() {
    let _turn = turn();
    let description: Value =
        serde_json::from_str(&describe::<Profile>().unwrap().to_json()).unwrap();
    let plans = [Plan::Free, Plan::Paid(300), Plan::Trial { days: 7 }];
    let shown = [
        json!("Free"),
        json!({"Paid": 300}),
        json!({"Trial": {"days": 7}}),
    ];
    let mut readers = programs::payload_readers();
    for (plan, shown) in plans.into_iter().zip(shown) {
        let before = Before {
            id: 42,
            name: "Zoë".into(),
            roles: vec!["ops".into(), "dev".into()],
            locale: None,
            plan,
        };
        let mut buffer = [0; 512];
        let length = Before::encode(&before, &mut buffer).unwrap();
        let bytes = buffer[..length].to_vec();
        let mut expected = json!({
            "id": 42, "name": "Zoë", "roles": ["ops", "dev"], "locale": null, "plan": shown,
        });
        for (minor, tail) in [(0, None), (1, Some("dark")), (2, Some("dark"))] {
            let mut payload = bytes.clone();
            if let Some(theme) = tail {
                payload.extend([1, 4]);
                payload.extend(theme.as_bytes());
                expected["theme"] = json!(theme);
            }
            if minor == 2 {
                payload.extend([9, 9, 9]);
            }
            let hex: String = payload.iter().map(|byte| format!("{byte:02x}")).collect();
            let request = json!({"description": description, "minor": minor, "payload": hex});
            for (name, reader) in &mut readers {
                let answer = programs::once(reader(), &request);
                assert_eq!(answer["value"], expected, "{name}, minor {minor}");
                assert_eq!(answer["read_only"], minor == 2, "{name}, minor {minor}");
            }
        }
    }
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
        run(Command::new("/bin/sh").args(["-c", "echo SKIPPED: no engine; echo fine; echo skipped 0"]));
        return;
    }
    let empty = folder("no-tools");
    let this = ["--exact", "what_a_script_skips_is_said"];
    let said = without_tools(&empty, &this, &[("CLOAKROOM_SCRIPT", "1")]);
    assert!(said.contains("SKIPPED: no engine"), "{said}");
    assert!(!said.contains("fine") && !said.contains("skipped 0"), "{said}");
}
