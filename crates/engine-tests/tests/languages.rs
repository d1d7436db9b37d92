//! Servers in Rust, Python, JavaScript and Go share one feed over a real Redis: whoever logs a user
//! out, all refuse, and none says so before it knows.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core
)]

#[path = "../../../tests/ports/programs.rs"]
#[allow(dead_code, reason = "the tests of the ports use the rest of it")]
mod programs;

use std::time::Duration;

use cloakroom::feed::{FeedKey, FeedKeys, FeedRevocations};
use cloakroom::{Clock, KeyRing, Session, Sessions, SystemClock, Timestamp};
use cloakroom_redis::RedisConnector;
use engine_tests::process::until;
use engine_tests::{RedisServer, Server as _, realm};
use programs::{Program, followers};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(20);

/// The same with the purpose and the key, which a distrusted key and the end of all sessions name.
fn all_facts(facts: &Value, kid: &str) -> Value {
    let mut facts = facts.clone();
    facts["is_revoked"]["purpose"] = json!("session");
    facts["is_revoked"]["audience"] = json!("");
    facts["is_revoked"]["kid"] = json!(kid);
    facts
}

fn facts(session: &Session<()>, subject: &str) -> Value {
    json!({"is_revoked": {
        "session": session.id().to_hex(),
        "generation": session.info().generation(),
        "subject": subject,
        "authenticated_at": session.info().authenticated_at().unix(),
    }})
}

/// Until everybody is fresh and says of every session what is expected.
fn agree(followers: &mut [Program], asked: &[(Value, bool)]) {
    for follower in followers {
        let mut answers = Vec::new();
        let agreed = until(PATIENCE, || {
            answers = asked
                .iter()
                .map(|(question, _)| follower.ask(question))
                .collect();
            answers.iter().zip(asked).all(|(answer, (_, revoked))| {
                answer["fresh"] == true && answer["revoked"] == *revoked
            })
        });
        let status = follower.ask(&json!({"status": true}));
        assert!(agreed, "{}: {answers:?} {status}", follower.name);
    }
}

fn now() -> Timestamp {
    Clock::now(&SystemClock).unwrap()
}

/// Two seconds after a revocation was accepted nobody may say that the session lives: whoever is
/// fresh knows of it, and whoever does not is not fresh. (SPEC 9.9, with the default B.)
fn nobody_lets_in(followers: &mut [Program], question: &Value) {
    std::thread::sleep(Duration::from_secs(2));
    for follower in followers {
        let answer = follower.ask(question);
        let refused = answer["revoked"] == true || answer["fresh"] == false;
        assert!(refused, "{}: {question}: {answer}", follower.name);
    }
}

#[test]
fn a_logout_in_any_language_is_a_logout_in_all() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let key = FeedKey::generate().unwrap();
    let realm = realm();
    let address = format!("redis://127.0.0.1:{}", server.port());
    let connector = RedisConnector::new(&address, realm.clone()).unwrap();
    let keys = FeedKeys::new(key.clone());
    let feed = FeedRevocations::builder(realm.clone(), keys, connector)
        .start()
        .unwrap();
    assert!(feed.wait_until_fresh(PATIENCE), "{feed:?}");
    let mut others = followers(&address, realm.as_str(), key.to_text().expose());
    if others.is_empty() {
        programs::say("SKIPPED: no server in another language follows");
        return;
    }

    let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8)).unwrap();
    let sessions = Sessions::<(), _>::builder(ring, feed.clone())
        .purpose("session")
        .audience("")
        .aal2()
        .build()
        .unwrap();
    let login = |subject: &str| {
        let token = sessions.issue(subject, &()).unwrap().token;
        let session = sessions.verify(token.as_str()).unwrap();
        (token, facts(&session, subject), session)
    };

    // Revoked here: refused there, and nobody else is.
    let (_, ada, session) = login("ada");
    let (_, bob, _) = login("bob");
    agree(&mut others, &[(ada.clone(), false), (bob.clone(), false)]);
    let delivery = sessions.revoke(session.id()).unwrap();
    assert!(delivery.accepted().is_ok());
    agree(&mut others, &[(ada, true), (bob.clone(), false)]);
    let (_, eve, _) = login("eve");
    let _accepted = sessions.revoke_subject("eve").unwrap().accepted().unwrap();
    nobody_lets_in(&mut others, &eve);
    agree(&mut others, &[(eve, true), (bob, false)]);

    // Revoked there: refused here, and by the others.
    for index in 0..others.len() {
        let subject = format!("user {index}");
        let (token, asked, session) = login(&subject);
        let by_session = others[index].ask(&json!({"revoke_session": session.id().to_hex()}));
        assert_eq!(
            by_session["result"], "accepted",
            "{}: {by_session}",
            others[index].name
        );
        let refused = || sessions.verify(token.as_str()).is_err();
        assert!(until(PATIENCE, refused), "{}", others[index].name);
        agree(&mut others, &[(asked, true)]);

        let (token, asked, _) = login(&subject);
        let everywhere = json!({"revoke_subject": subject, "now": now().unix()});
        let everywhere = others[index].ask(&everywhere);
        assert_eq!(everywhere["result"], "accepted", "{}", others[index].name);
        let refused = || sessions.verify(token.as_str()).is_err();
        assert!(until(PATIENCE, refused), "{}", others[index].name);
        agree(&mut others, &[(asked, true)]);
        // The login that follows works at once, on every server.
        let (token, asked, _) = login(&subject);
        assert!(sessions.verify(token.as_str()).is_ok());
        agree(&mut others, &[(asked, false)]);
    }

    // The end of all sessions, and of all tokens of a key, whoever made them.
    let key = sessions.key_ring().sealing_key(now()).unwrap();
    let kid = key.to_string();
    let (_, asked, _) = login("zoe");
    let zoe = all_facts(&asked, &kid);
    agree(&mut others, &[(zoe.clone(), false)]);
    let _accepted = sessions.revoke_all().unwrap().accepted().unwrap();
    nobody_lets_in(&mut others, &zoe);
    agree(&mut others, &[(zoe, true)]);
    let (_, asked, _) = login("zoe");
    let again = all_facts(&asked, &kid);
    agree(&mut others, &[(again.clone(), false)]);
    let done = sessions.disable_key(key).unwrap();
    let _accepted = done.receipt.accepted().unwrap();
    nobody_lets_in(&mut others, &again);
    agree(&mut others, &[(again, true)]);

    // Nobody disagrees about where the feed stands.
    let here = feed.status().position.unwrap().n;
    for other in &mut others {
        let status = other.ask(&json!({"status": true}));
        assert!(status["n"].as_u64().unwrap() + 5 >= here, "{status}");
    }
}
