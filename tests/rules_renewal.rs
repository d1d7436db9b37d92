//! Renewal: when it is due, what it keeps, and that it brings nothing back that was logged out.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core
)]

mod common;

use cloakroom::{Reason, SessionInfo, UpdateError};
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
fn a_renewal_moves_the_idle_deadline_and_nothing_else() {
    let world = world();
    let issued = world.sessions.issue("ada", &user("Ada")).unwrap();
    world.clock.advance(1_000);
    let old = world.session(issued.token.as_str());
    let renewed = world.sessions.renew(&old).unwrap().unwrap();
    let new = world.session(renewed.token.as_str());
    assert_eq!(identity(new.info()), identity(old.info()));
    assert_eq!(new.info().generation(), old.info().generation());
    assert_eq!(new.subject(), b"ada");
    assert_eq!(new.payload(), old.payload());
    assert_eq!(new.info().issued_at(), at(NOW + 1_000));
    assert_eq!(new.info().idle_deadline(), Some(at(NOW + 1_000 + IDLE)));
    assert_eq!(&renewed.session, new.info());
}

#[test]
fn a_renewal_is_due_from_the_set_share_of_the_idle_timeout_on() {
    // Idle timeout, share, and the age in seconds from which a renewal is due.
    for (idle, (share, whole), due) in [
        (1_800, (1, 2), 900),
        (1_801, (1, 2), 900),
        (1_800, (1, 3), 600),
        (1_800, (0, 1), 0),
        (1_800, (999, 1_000), 1_798),
        (1, (1, 2), 0),
        (
            u64::from(u32::MAX),
            (u32::MAX - 1, u32::MAX),
            u64::from(u32::MAX) - 1,
        ),
    ] {
        let world = world_with::<User>(|b| {
            b.idle_timeout(seconds(idle))
                .absolute_timeout(seconds(u64::from(u32::MAX)))
                .leeway(seconds(1))
                .renew_share(share, whole)
        });
        let issued = world.sessions.issue("ada", &user("Ada")).unwrap();
        let renew = |after: u64| {
            world.clock.set(NOW + after);
            let session = world.session(issued.token.as_str());
            world.sessions.renew(&session).unwrap().is_some()
        };
        assert!(renew(due), "{idle} {share}/{whole}");
        assert!(due == 0 || !renew(due - 1), "{idle} {share}/{whole}");
    }
}

#[test]
fn without_an_idle_timeout_there_is_nothing_to_renew() {
    let world = world_with::<User>(|b| b.no_idle_timeout().renew_share(0, 1));
    let issued = world.sessions.issue("ada", &user("Ada")).unwrap();
    world.clock.advance(ABSOLUTE - 1);
    let session = world.session(issued.token.as_str());
    assert!(world.sessions.renew(&session).unwrap().is_none());
}

#[test]
fn leeway_keeps_a_token_alive_and_makes_no_new_one() {
    let world = world_with::<User>(|b| b.no_idle_timeout().leeway(seconds(10)));
    let issued = world.sessions.issue("ada", &user("Ada")).unwrap();
    let renewable = builder::<User, _>(&world.clock, world.list.clone())
        .idle_timeout(seconds(ABSOLUTE))
        .leeway(seconds(10))
        .renew_share(0, 1)
        .build()
        .unwrap();
    world.clock.advance(ABSOLUTE);
    let session = renewable.verify(issued.token.as_str()).unwrap();
    assert!(renewable.renew(&session).unwrap().is_none());
    let update = renewable.update(&session, &user("Ada"));
    assert!(matches!(update, Err(UpdateError::Verify(e)) if e.reason() == Some(Reason::Expired)));
    world.clock.advance(9);
    assert_eq!(world.outcome(issued.token.as_str()), Outcome::Live);
    world.clock.advance(1);
    assert_eq!(world.outcome(issued.token.as_str()), EXPIRED);
}

#[test]
fn the_last_second_renews_and_never_past_the_absolute_deadline() {
    let world = world_with::<User>(|b| b.idle_timeout(seconds(ABSOLUTE)));
    let issued = world.sessions.issue("ada", &user("Ada")).unwrap();
    world.clock.advance(ABSOLUTE - 1);
    let session = world.session(issued.token.as_str());
    let renewed = world.sessions.renew(&session).unwrap().unwrap();
    let session = world.session(renewed.token.as_str());
    assert_eq!(session.info().expires_at(), at(NOW + ABSOLUTE));
    assert_eq!(session.info().max_age(), 1);
    world.clock.advance(1);
    assert_eq!(world.outcome(renewed.token.as_str()), EXPIRED);
}

#[test]
fn a_renewal_takes_the_smaller_timeouts_of_token_and_policy_and_keeps_them() {
    let world = world();
    let issued = world.sessions.issue("ada", &user("Ada")).unwrap();
    let strict = builder::<User, _>(&world.clock, world.list.clone())
        .idle_timeout(seconds(600))
        .absolute_timeout(seconds(3_600))
        .build()
        .unwrap();
    world.clock.advance(599);
    let session = strict.verify(issued.token.as_str()).unwrap();
    let renewed = strict.renew(&session).unwrap().unwrap();
    // By now also for servers that would have granted more.
    let info = *world.session(renewed.token.as_str()).info();
    assert_eq!(info.idle_deadline(), Some(at(NOW + 599 + 600)));
    assert_eq!(info.absolute_deadline(), at(NOW + 3_600));

    let lax = builder::<User, _>(&world.clock, world.list.clone())
        .no_idle_timeout()
        .absolute_timeout(seconds(90_000))
        .build()
        .unwrap();
    let session = lax.verify(issued.token.as_str()).unwrap();
    world.clock.advance(400);
    let renewed = lax.renew(&session).unwrap().unwrap();
    assert_eq!(renewed.session.idle_deadline(), Some(at(NOW + 999 + IDLE)));
    assert_eq!(renewed.session.absolute_deadline(), at(NOW + ABSOLUTE));
}

#[test]
fn a_clock_that_is_behind_does_not_move_a_token_back() {
    let world = world_with::<User>(|b| b.renew_share(0, 1));
    world.clock.set(NOW - 100);
    let issued = world.sessions.issue("ada", &user("Ada")).unwrap();
    world.clock.set(NOW + 50);
    let session = world.session(issued.token.as_str());
    let ahead = world.sessions.renew(&session).unwrap().unwrap();
    world.clock.set(NOW);
    let session = world.session(ahead.token.as_str());
    let behind = world.sessions.renew(&session).unwrap().unwrap();
    assert_eq!(behind.session.issued_at(), at(NOW + 50));
    let updated = world.sessions.update(&session, &user("Ada")).unwrap();
    assert_eq!(updated.session.issued_at(), at(NOW + 50));
}

#[test]
fn a_session_that_starts_after_a_cut_off_ahead_is_changed_at_once_and_renewed_then() {
    let world = world_with::<User>(|b| b.renew_share(0, 1));
    world.sessions.revoke_subject("ada").unwrap();
    let issued = world.sessions.issue("ada", &user("Ada")).unwrap();
    let mut session = world.session(issued.token.as_str());
    let start = session.info().authenticated_at();
    assert_eq!(start, at(NOW + 3));
    for _ in 0..3 {
        assert!(world.sessions.renew(&session).unwrap().is_none());
        let updated = world.sessions.update(&session, &user("Ada")).unwrap();
        assert_eq!(updated.session.issued_at(), start);
        let rotated = world.sessions.rotate(&session).unwrap();
        assert_eq!(rotated.session.issued_at(), start);
        assert_eq!(rotated.session.authenticated_at(), start);
        assert_eq!(world.outcome(updated.token.as_str()), REVOKED);
        session = world.session(rotated.token.as_str());
        world.clock.advance(1);
    }
    world.sessions.renew(&session).unwrap().unwrap();
    // The next cut-off reaches it like any other.
    world.sessions.revoke_subject("ada").unwrap();
    assert!(world.sessions.update(&session, &user("Ada")).is_err());
}

#[test]
fn a_late_renewal_does_not_bring_a_session_back() {
    type Revoke = fn(&World<User>, &SessionInfo);
    let ways: [Revoke; 5] = [
        |w, s| {
            w.sessions.revoke(s.id()).unwrap();
        },
        |w, _| {
            w.sessions.revoke_subject("ada").unwrap();
        },
        |w, _| {
            w.sessions.revoke_all().unwrap();
        },
        |w, s| {
            w.sessions.revoke_generations_below(s.id(), 1).unwrap();
        },
        |w, s| {
            let _ = w.sessions.disable_key(s.key()).unwrap();
        },
    ];
    for revoke in ways {
        let world = world();
        let issued = world.sessions.issue("ada", &user("Ada")).unwrap();
        world.clock.advance(1_000);
        // Two requests verified; one of them logs out, the other answers later with a new cookie.
        let slow = world.session(issued.token.as_str());
        let early = world.sessions.renew(&slow).unwrap().unwrap();
        revoke(&world, slow.info());
        let error = world.sessions.renew(&slow).unwrap_err();
        assert_eq!(Outcome::from(error), REVOKED);
        // The cookie that was sealed before and arrives after carries a dead token.
        assert_eq!(world.outcome(early.token.as_str()), REVOKED);
    }
}

#[test]
fn renewals_in_parallel_all_live_and_die_together() {
    let world = world();
    let issued = world.sessions.issue("ada", &user("Ada")).unwrap();
    world.clock.advance(1_000);
    let session = world.session(issued.token.as_str());
    let mut tokens = vec![issued.token];
    for _ in 0..8 {
        tokens.push(world.sessions.renew(&session).unwrap().unwrap().token);
        world.clock.advance(1);
    }
    assert!(
        tokens
            .iter()
            .all(|t| world.outcome(t.as_str()) == Outcome::Live)
    );
    world.sessions.revoke(session.id()).unwrap();
    assert!(tokens.iter().all(|t| world.outcome(t.as_str()) == REVOKED));
}

#[test]
fn a_session_of_one_tenant_is_not_renewed_into_another() {
    let world = world_with::<User>(|b| b.renew_share(0, 1));
    let one = world.sessions.bound_to(b"tenant-1").unwrap();
    let other = world.sessions.bound_to(b"tenant-2").unwrap();
    let elsewhere = builder::<User, _>(&world.clock, world.list.clone())
        .audience("admin.example")
        .renew_share(0, 1)
        .build()
        .unwrap();
    let issued = one.issue("ada", &user("Ada")).unwrap();
    let session = one.verify(issued.token.as_str()).unwrap();
    for sessions in [&other, &elsewhere, &world.sessions] {
        // A variable mixed up in the application must not mint a session of the other tenant.
        let renewed = sessions.renew(&session).ok().flatten();
        let minted = renewed.is_some_and(|r| outcome(sessions, r.token.as_str()) == Outcome::Live);
        assert!(!minted, "renew crosses over");
        assert!(
            sessions.update(&session, &user("Ada")).is_err(),
            "update crosses over"
        );
        assert!(sessions.rotate(&session).is_err(), "rotate crosses over");
    }
}
