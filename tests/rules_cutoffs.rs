//! Cut-offs lie a few seconds ahead, because clocks differ: how far they may, who waits, and that
//! whoever logs in right after one is logged in.
#![allow(missing_docs, clippy::unwrap_used, clippy::arithmetic_side_effects)]

mod common;

use cloakroom::{
    IssueError, Issued, ManualClock, Record, Revocation, RevocationList, RevocationPublish as _,
    RevocationView as _, RevokeError, Sessions,
};
use common::*;

/// L of SPEC §9.8 for the sessions of `builder` on a list of one process.
const LIFE: u64 = IDLE + 2 * TOLERANCE;

fn login(world: &World<User>, subject: &str) -> Issued {
    world.sessions.issue(subject, &user("Ada")).unwrap()
}

#[test]
fn a_cut_off_now_reaches_sessions_of_a_clock_that_is_ahead_by_the_skew() {
    for (ahead, dead) in [(0, true), (2, true), (3, false)] {
        let world = world();
        world.clock.set(NOW + ahead);
        let issued = login(&world, "ada");
        world.clock.set(NOW);
        world.sessions.revoke_subject("ada").unwrap();
        let expected = if dead { REVOKED } else { Outcome::Live };
        assert_eq!(
            world.outcome(issued.token.as_str()),
            expected,
            "{ahead} s ahead"
        );
    }
}

#[test]
fn a_cut_off_further_ahead_than_half_the_tolerance_is_refused() {
    let world = world();
    let half = TOLERANCE / 2;
    for seconds in [half + 1, half + 1_000_000] {
        let subject = world
            .sessions
            .revoke_subject_before("ada", at(NOW + seconds));
        let all = world.sessions.revoke_all_before(at(NOW + seconds));
        for result in [subject, all] {
            assert_eq!(
                result,
                Err(RevokeError::CutOffAhead {
                    seconds,
                    limit: half
                })
            );
        }
    }
    assert_eq!(world.list.stats().entries(), 0);
    world
        .sessions
        .revoke_subject_before("ada", at(NOW + half))
        .unwrap();
    let issued = login(&world, "ada");
    assert_eq!(issued.session.authenticated_at(), at(NOW + half));
    assert_eq!(world.outcome(issued.token.as_str()), Outcome::Live);
}

#[test]
fn a_start_bound_further_ahead_than_half_the_tolerance_is_refused_at_issue() {
    let (clock, view) = (ManualClock::at(NOW), FakeView::fresh());
    let sessions = builder::<User, _>(&clock, view.clone()).build().unwrap();
    let ada = user("Ada");
    view.set().start_bound = NOW + 30;
    let issued = sessions.issue("ada", &ada).unwrap();
    assert_eq!(issued.session.authenticated_at(), at(NOW + 30));
    assert_eq!(outcome(&sessions, issued.token.as_str()), Outcome::Live);
    view.set().start_bound = NOW + 31;
    assert!(matches!(
        sessions.issue("ada", &ada),
        Err(IssueError::CutOffAhead { seconds: 31 })
    ));
}

#[test]
fn an_arriving_cut_off_from_a_fast_clock_waits_and_is_not_lost() {
    let world = world();
    let issued = login(&world, "ada");
    let ahead = NOW + TOLERANCE + 1;
    let record = Record::new(Revocation::subject(b"ada", ahead, None), NOW + 5);
    for _ in 0..2 {
        let merged = world.list.merge(&[record], at(NOW));
        assert_eq!((merged.applied, merged.quarantined), (0, 1));
    }
    assert_eq!(world.list.stats().quarantined, 1);
    assert_eq!(world.outcome(issued.token.as_str()), Outcome::Live);
    assert_eq!(
        world
            .list
            .start_bound(b"ada", &world.sessions.audience_key(), at(NOW)),
        0
    );
    // It travels with the list, and waits there too.
    let copy = RevocationList::new();
    let merged = copy
        .merge_snapshot(&world.list.snapshot(at(NOW)), at(NOW))
        .unwrap();
    assert_eq!((merged.applied, merged.quarantined), (0, 1));

    world.clock.advance(1);
    assert_eq!(world.outcome(issued.token.as_str()), REVOKED);
    let stats = world.list.stats();
    assert_eq!((stats.quarantined, stats.subjects), (0, 1));
    // It waited longer than its own expiry, and lives on from when it took effect.
    assert_eq!(world.list.purge(at(NOW + 1 + LIFE - 1)), 0);
    assert_eq!(world.list.purge(at(NOW + 1 + LIFE)), 1);
}

#[test]
fn an_arriving_cut_off_at_the_tolerance_applies_at_once() {
    let world = world();
    let issued = login(&world, "ada");
    let cutoff = Revocation::audience(world.sessions.audience_key(), NOW + TOLERANCE);
    let merged = world
        .list
        .merge(&[Record::new(cutoff, NOW + LIFE)], at(NOW));
    assert_eq!((merged.applied, merged.quarantined), (1, 0));
    assert_eq!(world.outcome(issued.token.as_str()), REVOKED);
}

#[test]
fn a_login_in_the_second_a_waiting_cut_off_comes_due_is_not_dead_on_arrival() {
    let world = world();
    let record = Record::new(
        Revocation::subject(b"ada", NOW + TOLERANCE + 1, None),
        NOW + LIFE,
    );
    assert_eq!(world.list.merge(&[record], at(NOW)).quarantined, 1);
    world.clock.advance(1);
    // Nobody verified anything yet, so nothing but this login can notice that the time has come.
    match world.sessions.issue("ada", &user("Ada")) {
        Ok(issued) => assert_eq!(world.outcome(issued.token.as_str()), Outcome::Live),
        Err(error) => assert!(matches!(error, IssueError::CutOffAhead { seconds: 60 })),
    }
}

#[test]
fn an_acknowledged_cut_off_applies_also_where_policies_of_one_list_differ() {
    let world = world_with::<User>(|b| b.tolerance(seconds(300)).skew(seconds(100)));
    let _narrow: Sessions<User> = builder(&world.clock, world.list.clone())
        .audience("other.example")
        .tolerance(seconds(6))
        .build()
        .unwrap();
    let issued = login(&world, "ada");
    world.sessions.revoke_subject("ada").unwrap();
    assert_eq!(world.outcome(issued.token.as_str()), REVOKED);
}

#[test]
fn every_list_that_can_be_filled_writes_a_snapshot_it_can_read() {
    let id = login(&world(), "ada").session.id();
    let odd = [
        Revocation::older_generations(id, 0),
        Revocation::subject(b"ada", u64::MAX, None),
        Revocation::audience([7; 16], u64::MAX),
    ];
    for revocation in odd {
        let list = RevocationList::new();
        certain(list.publish(&[revocation], at(NOW)));
        let copy = RevocationList::new();
        // One record that can't be read makes a restart forget every logout there is.
        let read = copy.merge_snapshot(&list.snapshot(at(NOW)), at(NOW));
        assert!(read.is_ok(), "{revocation:?} makes the snapshot unreadable");
    }
}
