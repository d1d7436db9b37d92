//! Waiting for the end of a session: it comes when verification would reject the token, for the
//! reason that verification would give, by being woken, and neither before nor for anything else.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

mod common;
#[path = "common/waiting.rs"]
mod waiting;

use std::sync::Arc;
use std::time::Duration;

use cloakroom::{
    Freshness, Invalid, Reason, Record, Revocation, RevocationList, RevocationPublish as _,
    RevocationView, SessionId, Sessions,
};
use common::*;
use waiting::Task;

fn login<R: RevocationView + 'static>(sessions: &Sessions<User, R>, subject: &str) -> String {
    let issued = sessions.issue(subject, &user("Ada")).unwrap();
    issued.token.into_string()
}

/// Somebody who waits for the session of this token.
fn wait<R: RevocationView + 'static>(sessions: &Sessions<User, R>, token: &str) -> Task {
    Task::waiting(sessions.ended(&sessions.verify(token).unwrap()))
}

#[test]
fn each_scope_of_revocation_ends_the_waiting_of_those_it_reaches_and_of_nobody_else() {
    type Revoke = fn(&World<User>, &str);
    let scopes: [(&str, Revoke, bool, bool); 7] = [
        (
            "session",
            |world, token| {
                let id = world.session(token).id();
                world.sessions.revoke(id).unwrap();
            },
            true,
            true,
        ),
        (
            "token",
            |world, token| {
                world.sessions.revoke_token(token).unwrap().unwrap();
            },
            true,
            true,
        ),
        (
            "generations",
            |world, token| {
                world.sessions.rotate(&world.session(token)).unwrap();
            },
            true,
            true,
        ),
        (
            "again",
            |world, token| {
                let session = world.session(token);
                world
                    .sessions
                    .reauthenticate(&session, &user("Ada"))
                    .unwrap();
            },
            true,
            true,
        ),
        (
            "subject",
            |world, _| {
                world.sessions.revoke_subject("ada").unwrap();
            },
            false,
            true,
        ),
        (
            "audience",
            |world, _| {
                world.sessions.revoke_all().unwrap();
            },
            false,
            false,
        ),
        (
            "key",
            |world, token| {
                let key = world.session(token).info().key();
                world.sessions.disable_key(key).map(|_| ()).unwrap();
            },
            false,
            false,
        ),
    ];
    for (name, revoke, spares_subject, spares_others) in scopes {
        let world = world();
        let token = login(&world.sessions, "ada");
        let mut reached = wait(&world.sessions, &token);
        let mut same_subject = wait(&world.sessions, &login(&world.sessions, "ada"));
        let mut other = wait(&world.sessions, &login(&world.sessions, "bob"));
        let mut nobody = wait(&world.sessions, &login(&world.sessions, ""));
        revoke(&world, &token);
        assert_eq!(reached.end(), Reason::Revoked, "{name}");
        for (task, spared) in [
            (&mut same_subject, spares_subject),
            (&mut other, spares_others),
            (&mut nobody, spares_others),
        ] {
            if spared {
                assert_eq!(task.poll(), None, "{name}");
            } else {
                assert_eq!(task.end(), Reason::Revoked, "{name}");
            }
        }
    }
}

#[test]
fn logging_the_other_devices_out_spares_the_one_that_asked() {
    let world = world();
    let mut phone = wait(&world.sessions, &login(&world.sessions, "ada"));
    let token = login(&world.sessions, "ada");
    let mut laptop = wait(&world.sessions, &token);
    let keep = world.session(&token).id();
    world.sessions.revoke_subject_except("ada", keep).unwrap();
    assert_eq!(phone.end(), Reason::Revoked);
    assert_eq!(laptop.poll(), None);
}

#[test]
fn a_deadline_ends_it_in_the_second_in_which_verification_rejects() {
    for leeway in [0, 7] {
        let world = world_with::<User>(|builder| builder.leeway(seconds(leeway)));
        let token = login(&world.sessions, "ada");
        let mut task = wait(&world.sessions, &token);
        world.clock.advance(IDLE + leeway - 1);
        assert_eq!(task.woken_within(Duration::from_millis(200)), None);
        assert_eq!(task.poll(), None);
        assert_eq!(world.outcome(&token), Outcome::Live);
        world.clock.advance(1);
        assert_eq!(task.end(), Reason::Idle);
        assert_eq!(world.outcome(&token), IDLED);
    }
    let world = world_with::<User>(|builder| builder.no_idle_timeout());
    let mut task = wait(&world.sessions, &login(&world.sessions, "ada"));
    world.clock.advance(ABSOLUTE - 1);
    assert_eq!(task.woken_within(Duration::from_millis(200)), None);
    world.clock.advance(1);
    assert_eq!(task.end(), Reason::Expired);
}

#[test]
fn deadlines_end_those_whose_they_are_in_any_order() {
    let world = world();
    let mut tasks = Vec::new();
    for _ in 0..600 {
        tasks.push(wait(&world.sessions, &login(&world.sessions, "ada")));
        world.clock.advance(1);
    }
    // Later sessions first, so that places are given back and taken again out of order.
    for task in tasks.iter_mut().rev().step_by(3) {
        *task = wait(&world.sessions, &login(&world.sessions, "bob"));
    }
    world.clock.set(NOW + IDLE + 299);
    for (number, task) in tasks.iter_mut().enumerate() {
        if number <= 299 && (599 - number) % 3 != 0 {
            assert_eq!(task.end(), Reason::Idle, "{number}");
        } else {
            assert_eq!(task.poll(), None, "{number}");
        }
    }
}

#[test]
fn what_took_effect_before_the_first_question_is_not_missed() {
    let world = world();
    let token = login(&world.sessions, "ada");
    let session = world.session(&token);
    world.sessions.revoke(session.id()).unwrap();
    // Between the verification and the waiting.
    assert_eq!(
        Task::new(world.sessions.ended(&session)).poll(),
        Some(Reason::Revoked)
    );

    let session = world.session(&login(&world.sessions, "bob"));
    let mut task = Task::new(world.sessions.ended(&session));
    world.sessions.revoke(session.id()).unwrap();
    assert_eq!(task.poll(), Some(Reason::Revoked));

    let session = world.session(&login(&world.sessions, "eve"));
    let mut task = Task::new(world.sessions.ended(&session));
    world.clock.advance(IDLE);
    assert_eq!(task.poll(), Some(Reason::Idle));
    // And it goes on to say so.
    world.clock.step_back(IDLE);
    assert_eq!(task.poll(), Some(Reason::Idle));
}

#[test]
fn records_of_other_servers_end_it_too() {
    let world = world();
    let mut task = wait(&world.sessions, &login(&world.sessions, "ada"));
    let record = Record::new(Revocation::subject(b"ada", NOW + 3, None), NOW + 9_000);
    assert_eq!(world.list.merge(&[record], at(NOW)).applied, 1);
    assert_eq!(task.end(), Reason::Revoked);

    let mut task = wait(&world.sessions, &login(&world.sessions, "bob"));
    let other = RevocationList::new();
    let record = Record::new(Revocation::subject(b"bob", NOW + 3, None), NOW + 9_000);
    assert_eq!(other.merge(&[record], at(NOW)).applied, 1);
    let snapshot = other.snapshot(at(NOW));
    assert_eq!(
        world
            .list
            .merge_snapshot(&snapshot, at(NOW))
            .unwrap()
            .applied,
        1
    );
    assert_eq!(task.end(), Reason::Revoked);
}

#[test]
fn many_records_at_once_reach_the_one_who_waits() {
    let world = world();
    let token = login(&world.sessions, "ada");
    let mut task = wait(&world.sessions, &token);
    let mut records: Vec<Record> = (0..20_000_u64)
        .map(|n| Revocation::subject(&n.to_be_bytes(), NOW, None))
        .map(|revocation| Record::new(revocation, NOW + 9_000))
        .collect();
    let own = Revocation::session(world.session(&token).id());
    records.push(Record::new(own, NOW + 9_000));
    assert_eq!(world.list.merge(&records, at(NOW)).applied, 20_001);
    assert_eq!(task.end(), Reason::Revoked);
}

#[test]
fn a_cut_off_in_quarantine_ends_it_when_its_time_comes_although_nobody_verifies_anything() {
    let world = world();
    let mut task = wait(&world.sessions, &login(&world.sessions, "ada"));
    let ahead = NOW + TOLERANCE + 5;
    let record = Record::new(Revocation::subject(b"ada", ahead, None), NOW + 9_000);
    assert_eq!(world.list.merge(&[record], at(NOW)).quarantined, 1);
    world.clock.advance(4);
    assert_eq!(task.woken_within(Duration::from_millis(200)), None);
    assert_eq!(task.poll(), None);
    world.clock.advance(1);
    assert_eq!(task.end(), Reason::Revoked);
}

#[test]
fn a_mark_ahead_of_the_clock_counts_as_the_time() {
    let world = world();
    let mut task = wait(&world.sessions, &login(&world.sessions, "ada"));
    // The mark rises where something is forgotten.
    let id = SessionId::from_bytes([9; 16]);
    let forgotten = Record::new(Revocation::session(id), NOW + 1);
    let _ = world.list.merge(&[forgotten], at(NOW));
    assert_eq!(world.list.purge(at(NOW + IDLE)), 1);
    assert_eq!(task.end(), Reason::Idle);
}

#[test]
fn a_key_that_leaves_the_ring_is_disabled_or_retires_ends_it() {
    let (old, next) = (key(1).id(), key(2));
    let both = ring_for(u32::MAX).announce(next, at(NOW - 9)).unwrap();
    for ring in [both.without(old).unwrap(), both.disable(old).unwrap()] {
        let world = world();
        let mut task = wait(&world.sessions, &login(&world.sessions, "ada"));
        world.sessions.replace_keys_forced(&ring).unwrap();
        assert_eq!(task.end(), Reason::Invalid);
        let rejected = task.poll_with(std::task::Waker::noop()).unwrap();
        assert_eq!(rejected.detail(), Some(Invalid::UnknownKey));
    }

    // A ring by which the key retires before the session ends.
    let lifetime = u32::try_from(IDLE).unwrap();
    let rollout = u64::from(ring_for(lifetime).rollout());
    let activate = at(NOW + 100 - IDLE - rollout);
    let ring = ring_for(lifetime).announce(key(2), activate).unwrap();
    let world = world();
    let mut task = wait(&world.sessions, &login(&world.sessions, "ada"));
    world.sessions.replace_keys_forced(&ring).unwrap();
    world.clock.advance(99);
    assert_eq!(task.woken_within(Duration::from_millis(200)), None);
    world.clock.advance(1);
    assert_eq!(task.end(), Reason::Invalid);
}

#[test]
fn a_clock_that_fails_or_goes_back_ends_nothing_and_loses_nothing() {
    let world = world();
    let token = login(&world.sessions, "ada");
    let id = world.session(&token).id();
    let mut revoked = wait(&world.sessions, &token);
    let mut innocent = wait(&world.sessions, &login(&world.sessions, "bob"));
    world.clock.fail(true);
    assert_eq!((revoked.poll(), innocent.poll()), (None, None));
    // By another server, while the clock fails here.
    let record = Record::new(Revocation::session(id), NOW + 9_000);
    assert_eq!(world.list.merge(&[record], at(NOW)).applied, 1);
    assert_eq!(revoked.woken_within(Duration::from_millis(300)), None);
    world.clock.fail(false);
    assert_eq!(revoked.end(), Reason::Revoked);
    assert_eq!(innocent.poll(), None);

    // Back behind the start of the session: verification answers "not yet", and nothing has ended.
    let mut set_back = wait(&world.sessions, &login(&world.sessions, "bob"));
    let token = login(&world.sessions, "eve");
    let mut logged_out = wait(&world.sessions, &token);
    let id = world.session(&token).id();
    world.clock.set(NOW - 1_000);
    assert_eq!(world.outcome(&token), NOT_YET);
    assert_eq!((set_back.poll(), logged_out.poll()), (None, None));
    world.sessions.revoke(id).unwrap();
    assert_eq!(logged_out.woken_within(Duration::from_millis(300)), None);
    world.clock.set(NOW);
    assert_eq!(logged_out.end(), Reason::Revoked);
    assert_eq!(set_back.poll(), None);
    world.clock.set(NOW + IDLE);
    assert_eq!(set_back.end(), Reason::Idle);
    assert_eq!(innocent.end(), Reason::Idle);
}

#[test]
fn a_clock_that_leaps_ahead_and_back_strands_nobody() {
    let world = world();
    let mut task = wait(&world.sessions, &login(&world.sessions, "ada"));
    // Woken for a deadline that is not there any more when the task gets to ask.
    world.clock.advance(IDLE);
    assert!(
        task.bell
            .answer(std::time::Instant::now() + Duration::from_secs(20))
    );
    world.clock.step_back(IDLE);
    assert_eq!(task.poll(), None);
    world.clock.advance(IDLE);
    assert_eq!(task.end(), Reason::Idle);
}

#[test]
fn a_view_that_is_stale_or_tells_no_changes_is_asked_all_the_same() {
    let view = FakeView::fresh();
    let clock = cloakroom::ManualClock::at(NOW);
    let sessions = builder::<User, _>(&clock, view.clone()).build().unwrap();
    let mut task = wait(&sessions, &login(&sessions, "ada"));
    view.set().freshness = Freshness::Blind;
    assert_eq!(task.woken_within(Duration::from_millis(1_500)), None);
    view.set().verdict = Some(cloakroom::Scope::Session);
    assert_eq!(task.end(), Reason::Revoked);
}

#[test]
fn a_view_behind_an_arc_tells_its_changes() {
    let list = Arc::new(RevocationList::new());
    assert!(list.changes().is_some());
    let shared: &Arc<RevocationList> = &list;
    assert!(RevocationView::changes(shared).is_some());
    let erased: Arc<dyn RevocationView> = list;
    assert!(RevocationView::changes(&erased).is_some());
    assert!(RevocationView::changes(&cloakroom::NoRevocation).is_none());
}

#[test]
fn a_session_of_other_sessions_is_over_from_the_start() {
    let world = world();
    let session = world.session(&login(&world.sessions, "ada"));
    let red = world.sessions.bound_to(b"red").unwrap();
    let mut task = Task::new(red.ended(&session));
    assert_eq!(task.poll(), Some(Reason::Invalid));
    assert!(!task.ended.prolong(session.info()));
}

#[test]
fn a_key_that_is_revoked_alone_ends_it() {
    let world = world();
    let session = world.session(&login(&world.sessions, "ada"));
    let mut task = Task::waiting(world.sessions.ended(&session));
    // Without the cut-off that `disable_key` adds.
    let revocation = Revocation::key(session.info().key());
    certain(world.list.publish(&[revocation], at(NOW)));
    assert_eq!(task.end(), Reason::Revoked);
}
