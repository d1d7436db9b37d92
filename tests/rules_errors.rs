//! What a rejected token tells: the client one constant sentence, the operator whose fault it is,
//! the counters a stable name, and the logs no secret.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_alloc
)]

mod common;

use cloakroom::{Fault, Freshness, Invalid, ManualClock, Missing, Reason, Sessions, VerifyError};
use common::*;

const SECRET: &str = "hunter2-payload";

/// Tokens that fail at every gate before and at the seal, with the detail for the logs.
fn not_authentic(world: &World<User>) -> Vec<(String, Invalid)> {
    let good = world
        .sessions
        .issue("ada", &user(SECRET))
        .unwrap()
        .token
        .into_string();
    let flipped = |index: usize| {
        let mut bytes = good.clone().into_bytes();
        bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).unwrap()
    };
    let foreign = world_with::<User>(|b| b.audience("other.example"));
    let bound = world.sessions.bound_to(b"elsewhere").unwrap();
    let issued = |s: &Sessions<User>| s.issue("ada", &user(SECRET)).unwrap().token.into_string();
    vec![
        (String::new(), Invalid::Format),
        ("clk1.".into(), Invalid::Format),
        (format!("{good} "), Invalid::Format),
        (good.replace("clk1.", "clk2."), Invalid::Format),
        ("x".repeat(10_000), Invalid::Format),
        (flipped(5), Invalid::UnknownKey),
        (flipped(12), Invalid::Forged),
        (flipped(60), Invalid::Forged),
        (good[..good.len() - 4].into(), Invalid::Forged),
        (issued(&foreign.sessions), Invalid::Forged),
        (issued(&bound), Invalid::Forged),
    ]
}

#[test]
fn everything_up_to_the_seal_is_one_answer() {
    let world = world();
    for (token, detail) in not_authentic(&world) {
        let error = world.sessions.verify(&token).unwrap_err();
        let VerifyError::Rejected(rejected) = error else {
            unreachable!("{token}: {error:?}");
        };
        assert_eq!(rejected.reason(), Reason::Invalid, "{token}");
        assert_eq!(rejected.detail(), Some(detail), "{token}");
        assert_eq!(error.fault(), Fault::Client);
        assert_eq!(error.to_string(), "session rejected");
        assert_eq!(
            format!("{error:?} {rejected:?}"),
            "Rejected { .. } Rejected { .. }"
        );
    }
}

/// Errors of authentic tokens, one for each reason.
fn authentic() -> Vec<(VerifyError, Reason, Fault)> {
    let world = world();
    let issue = || world.sessions.issue("ada", &user(SECRET)).unwrap();
    let issued = issue();
    let token = issued.token.as_str();
    let verify = || world.sessions.verify(token).map(|_| ()).unwrap_err();
    let mut found = Vec::new();
    world.clock.set(NOW - 61);
    found.push((verify(), Reason::NotYet, Fault::Client));
    world.clock.set(NOW + IDLE);
    found.push((verify(), Reason::Idle, Fault::Client));
    world.clock.set(NOW + ABSOLUTE);
    found.push((verify(), Reason::Expired, Fault::Client));
    world.clock.set(NOW);
    let other = builder::<(), _>(&world.clock, world.list.clone())
        .build()
        .unwrap();
    found.push((
        other.verify(token).unwrap_err(),
        Reason::WrongSchema,
        Fault::Configuration,
    ));
    let session = world.session(token);
    let old = session.require_fresh(seconds(0)).unwrap_err();
    found.push((old.into(), Reason::NotFresh, Fault::Client));
    let old = session.info().require_max_age(seconds(0)).unwrap_err();
    found.push((old.into(), Reason::TooOld, Fault::Client));
    world.sessions.revoke(session.id()).unwrap();
    found.push((verify(), Reason::Revoked, Fault::Client));
    found
}

#[test]
fn an_authentic_token_has_its_own_reason_and_the_same_sentence() {
    let mut names = std::collections::BTreeSet::from([Reason::Invalid.as_str()]);
    for (error, reason, fault) in authentic() {
        assert_eq!(error.reason(), Some(reason));
        assert_eq!(error.fault(), fault, "{reason:?}");
        assert_eq!(error.to_string(), "session rejected");
        assert_eq!(format!("{error:?}"), "Rejected { .. }");
        let VerifyError::Rejected(rejected) = error else {
            unreachable!("{reason:?}");
        };
        assert_eq!(rejected.detail(), None);
        assert!(names.insert(reason.as_str()), "{reason:?} shares its name");
    }
    let stable = [
        "expired",
        "idle",
        "invalid",
        "not-fresh",
        "not-yet",
        "revoked",
        "too-old",
        "wrong-schema",
    ];
    assert!(names.into_iter().eq(stable));
}

#[test]
fn the_order_of_reasons_is_schema_then_time_then_revocation() {
    let world = world();
    let issued = world.sessions.issue("ada", &user("Ada")).unwrap();
    let other = builder::<(), _>(&world.clock, world.list.clone())
        .build()
        .unwrap();
    world.sessions.revoke(issued.session.id()).unwrap();
    world.clock.set(NOW + ABSOLUTE);
    assert_eq!(outcome(&other, issued.token.as_str()), WRONG_SCHEMA);
    assert_eq!(world.outcome(issued.token.as_str()), EXPIRED);
    world.clock.set(NOW + IDLE);
    assert_eq!(world.outcome(issued.token.as_str()), IDLED);
    world.clock.set(NOW);
    assert_eq!(world.outcome(issued.token.as_str()), REVOKED);
}

#[test]
fn unavailable_is_neither_an_acceptance_nor_the_clients_fault() {
    let (clock, view) = (ManualClock::at(NOW), FakeView::fresh());
    let sessions = builder::<User, _>(&clock, view.clone()).build().unwrap();
    let issued = sessions.issue("ada", &user(SECRET)).unwrap();
    view.set().freshness = Freshness::Blind;
    let blind = sessions.verify(issued.token.as_str()).unwrap_err();
    clock.fail(true);
    let clockless = sessions.verify(issued.token.as_str()).unwrap_err();
    for (error, missing) in [(blind, Missing::Revocations), (clockless, Missing::Clock)] {
        assert!(matches!(error, VerifyError::Unavailable(e) if e.missing() == missing));
        assert_eq!(error.fault(), Fault::Unavailable);
        assert_eq!(error.reason(), None);
        assert_eq!(error.to_string(), "session service unavailable");
    }
}

#[test]
fn nothing_that_is_printed_shows_a_token_a_payload_a_subject_or_a_key() {
    let world = world();
    let issued = world
        .sessions
        .issue("subject-of-ada", &user(SECRET))
        .unwrap();
    let session = world.session(issued.token.as_str());
    let mut scratch = cloakroom::Scratch::new();
    let borrowed = world
        .sessions
        .verify_in(issued.token.as_str(), &mut scratch)
        .unwrap();
    let id = session.id();
    let texts = [
        format!("{issued:?} {issued:#?}"),
        format!("{session:?} {session:#?}"),
        format!("{borrowed:?}"),
        format!("{:?}", world.sessions),
        format!("{:?}", world.list),
        format!("{:?}", world.sessions.key_ring()),
        format!("{:?}", key(1)),
        format!("{:?}", key(1).to_text()),
        format!(
            "{:?}",
            key(1).derive_unit(b"session", b"app.example").unwrap()
        ),
        format!("{:?}", builder::<User, _>(&world.clock, world.list.clone())),
        format!("{id:?}"),
    ];
    let unit = key(1).derive_unit(b"session", b"app.example").unwrap();
    let forbidden = [
        issued.token.as_str()[5..].to_owned(),
        SECRET.to_owned(),
        "subject-of-ada".to_owned(),
        id.to_hex(),
        format!("{:?}", id.to_bytes()),
        key(1).to_text().expose()[8..40].to_owned(),
        unit.to_text().expose()[8..40].to_owned(),
        "165, 1, 1".to_owned(),
    ];
    for text in texts {
        assert!(!text.is_empty());
        for secret in &forbidden {
            assert!(!text.contains(secret.as_str()), "{secret} in {text}");
        }
    }
}

#[test]
fn a_log_reference_is_one_per_session_and_key_and_tells_nothing() {
    let clock = ManualClock::at(NOW);
    let ring = ring_for(28_800).announce(key(2), at(NOW + 1_000)).unwrap();
    let build = |audience: &str| {
        Sessions::<User>::builder(ring.clone(), cloakroom::RevocationList::new())
            .purpose(PURPOSE)
            .audience(audience)
            .aal3()
            .clock(clock.clone())
            .random(Seeded::new(1))
            .build()
            .unwrap()
    };
    let sessions = build(AUDIENCE);
    let issued = sessions.issue("ada", &user("Ada")).unwrap();
    let other = sessions.issue("ada", &user("Ada")).unwrap();
    let reference = sessions.log_reference(&issued.session).unwrap();
    assert_ne!(sessions.log_reference(&other.session), Some(reference));
    let text = reference.to_string();
    assert!(
        text.len() == 16 && text.bytes().all(|b| b.is_ascii_hexdigit()),
        "{text}"
    );
    assert_eq!(format!("{reference:?}"), text);
    assert!(!issued.session.id().to_hex().contains(&text));

    // The same for the whole life of a session under one key.
    let session = sessions.verify(issued.token.as_str()).unwrap();
    let updated = sessions.update(&session, &user("Ada L.")).unwrap();
    assert_eq!(sessions.log_reference(&updated.session), Some(reference));
    let rotated = sessions.rotate(&session).unwrap();
    assert_eq!(sessions.log_reference(&rotated.session), Some(reference));
    // Keyed: another audience, with the same root key and session id, has another one.
    assert_ne!(
        build("other.example").log_reference(&issued.session),
        Some(reference)
    );

    clock.set(NOW + 899);
    let session = sessions.verify(rotated.token.as_str()).unwrap();
    let renewed = sessions.renew(&session).unwrap().unwrap();
    clock.set(NOW + 1_000);
    let session = sessions.verify(renewed.token.as_str()).unwrap();
    let moved = sessions.update(&session, &user("Ada")).unwrap();
    assert_eq!(moved.session.key(), key(2).id());
    let under_next = sessions.log_reference(&moved.session).unwrap();
    assert_ne!(under_next, reference);
}
