//! Update, rotation and reauthentication: what each keeps, what each takes back, and that nothing
//! leaves the server before what it replaces is dead.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core
)]

mod common;

use cloakroom::{
    IssueError, ManualClock, Missing, ReauthenticateError, Revocation, RotateError, SessionInfo,
};
use common::*;

/// What no renewal may change.
fn identity(info: &SessionInfo) -> impl PartialEq + std::fmt::Debug + use<> {
    (
        info.id(),
        info.authenticated_at(),
        info.schema(),
        info.absolute_deadline(),
    )
}

#[test]
fn an_update_retracts_nothing() {
    let world = world();
    let admin = User {
        name: "Ada".into(),
        admin: true,
    };
    let issued = world.sessions.issue("ada", &admin).unwrap();
    let session = world.session(issued.token.as_str());
    let updated = world.sessions.update(&session, &user("Ada")).unwrap();
    let new = world.session(updated.token.as_str());
    assert!(!new.payload().admin);
    assert_eq!(identity(new.info()), identity(session.info()));
    assert_eq!(new.info().generation(), 0);
    assert_eq!(world.list.stats().entries(), 0);
    // Whoever kept the old cookie is an administrator until its deadline.
    assert!(world.session(issued.token.as_str()).payload().admin);
}

#[test]
fn a_rotation_with_a_payload_retracts_the_old_one() {
    let world = world();
    let admin = User {
        name: "Ada".into(),
        admin: true,
    };
    let issued = world.sessions.issue("ada", &admin).unwrap();
    let session = world.session(issued.token.as_str());
    let rotated = world.sessions.rotate_with(&session, &user("Ada")).unwrap();
    assert_eq!(world.outcome(issued.token.as_str()), REVOKED);
    let new = world.session(rotated.token.as_str());
    assert!(!new.payload().admin);
    assert_eq!(identity(new.info()), identity(session.info()));
    assert_eq!(new.info().generation(), 1);
    assert_eq!(new.subject(), b"ada");
    // A request that was under way with the old token can't branch off.
    assert!(world.sessions.rotate(&session).is_err());
    assert!(world.sessions.update(&session, &admin).is_err());
}

#[test]
fn a_rotation_is_published_before_its_token_leaves_or_there_is_none() {
    let (clock, view) = (ManualClock::at(NOW), FakeView::fresh());
    let sessions = builder::<User, _>(&clock, view.clone()).build().unwrap();
    let issued = sessions.issue("ada", &user("Ada")).unwrap();
    let session = sessions.verify(issued.token.as_str()).unwrap();
    view.set().fail_publish = true;
    assert!(matches!(
        sessions.rotate(&session),
        Err(RotateError::Publish(StoreDown))
    ));
    let with = sessions.rotate_with(&session, &user("Ada"));
    assert!(matches!(with, Err(RotateError::Publish(StoreDown))));
    let again = sessions.reauthenticate(&session, &user("Ada"));
    assert!(matches!(
        again,
        Err(ReauthenticateError::Publish(StoreDown))
    ));
    // The user keeps the old token.
    assert_eq!(outcome(&sessions, issued.token.as_str()), Outcome::Live);
    view.set().fail_publish = false;
    sessions.rotate(&session).unwrap();
    let published = view.set().published.clone();
    assert_eq!(
        published,
        [vec![Revocation::older_generations(session.id(), 1)]]
    );
}

#[test]
fn a_payload_that_does_not_fit_costs_the_user_nothing() {
    let (clock, view) = (ManualClock::at(NOW), FakeView::fresh());
    let sessions = builder::<User, _>(&clock, view.clone()).build().unwrap();
    let issued = sessions.issue("ada", &user("Ada")).unwrap();
    let session = sessions.verify(issued.token.as_str()).unwrap();
    let huge = user(&"x".repeat(3_100));
    assert!(sessions.rotate_with(&session, &huge).is_err());
    assert!(sessions.reauthenticate(&session, &huge).is_err());
    assert!(view.set().published.is_empty());
}

#[test]
fn a_reauthentication_is_a_login_and_ends_the_old_session() {
    let world = world();
    let issued = world.sessions.issue("ada", &user("Ada")).unwrap();
    world.clock.advance(1_000);
    let session = world.session(issued.token.as_str());
    let rotated = world.sessions.rotate(&session).unwrap();
    let session = world.session(rotated.token.as_str());
    let again = world
        .sessions
        .reauthenticate(&session, &user("Ada L."))
        .unwrap();
    assert_eq!(world.outcome(issued.token.as_str()), REVOKED);
    assert_eq!(world.outcome(rotated.token.as_str()), REVOKED);
    let new = world.session(again.token.as_str());
    assert_ne!(new.id(), session.id());
    assert_eq!(new.info().generation(), 0);
    assert_eq!(new.info().authenticated_at(), at(NOW + 1_000));
    assert_eq!(new.info().absolute_deadline(), at(NOW + 1_000 + ABSOLUTE));
    assert_eq!(new.subject(), b"ada");
    assert_eq!(new.payload().name, "Ada L.");
    new.require_fresh(seconds(1)).unwrap();
}

#[test]
fn without_randomness_there_is_no_session_and_the_old_one_stays() {
    let (clock, view) = (ManualClock::at(NOW), FakeView::fresh());
    let sessions = builder::<User, _>(&clock, view.clone()).build().unwrap();
    let issued = sessions.issue("ada", &user("Ada")).unwrap();
    let dry = builder::<User, _>(&clock, view.clone())
        .random(NoRandom)
        .build()
        .unwrap();
    assert!(matches!(
        dry.issue("ada", &user("Ada")),
        Err(IssueError::Unavailable(e)) if e.missing() == Missing::Random
    ));
    let session = dry.verify(issued.token.as_str()).unwrap();
    assert!(matches!(
        dry.reauthenticate(&session, &user("Ada")),
        Err(ReauthenticateError::Issue(IssueError::Unavailable(e))) if e.missing() == Missing::Random
    ));
    assert!(view.set().published.is_empty());
    // What keeps the id needs none.
    dry.rotate(&session).unwrap();
    dry.update(&session, &user("Ada")).unwrap();
}

#[test]
fn every_login_draws_a_new_session_id() {
    let world = world();
    let ids: std::collections::HashSet<_> = (0..100)
        .map(|_| {
            world
                .sessions
                .issue("ada", &user("Ada"))
                .unwrap()
                .session
                .id()
        })
        .collect();
    assert_eq!(ids.len(), 100);
}
