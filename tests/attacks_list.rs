//! Attacks that once worked on the revocation list: logouts that fell into the second of another,
//! entries forgotten while they were needed, and what an honest user would have met on the way.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

mod common;

use cloakroom::{
    IssueError, ManualClock, Missing, Record, Revocation, RevocationList, RevocationView as _,
    SessionId, Sessions,
};
use common::{AUDIENCE, NOW, at, builder, key, ring_for};
use time::Duration;

#[test]
fn a_second_logout_within_the_same_seconds_ends_the_login_between_them() {
    let clock = ManualClock::at(NOW);
    let sessions: Sessions<(), _> = builder(&clock, RevocationList::new()).build().unwrap();
    // More often than the tolerance has seconds: no logout is refused, and none does nothing.
    for _ in 0..40 {
        sessions.revoke_subject("ada").unwrap();
        let Ok(issued) = sessions.issue("ada", &()) else {
            clock.advance(1);
            continue;
        };
        sessions.revoke_subject("ada").unwrap();
        let ahead = issued.session.authenticated_at().unix() - clock_now(&clock);
        // At the very limit of what a revoker may do, time has to pass first.
        if ahead < 30 {
            assert!(
                sessions.verify(issued.token.as_str()).is_err(),
                "{ahead} seconds ahead"
            );
        }
        clock.advance(3);
    }
    let everybody: Sessions<(), _> = builder(&clock, RevocationList::new()).build().unwrap();
    everybody.revoke_all().unwrap();
    let issued = everybody.issue("ada", &()).unwrap();
    everybody.revoke_subject("ada").unwrap();
    assert!(everybody.verify(issued.token.as_str()).is_err());
}

fn clock_now(clock: &ManualClock) -> u64 {
    cloakroom::Clock::now(clock).unwrap().unix()
}

#[test]
fn a_server_that_is_behind_logs_out_what_started_ahead_of_it() {
    let (ahead, behind) = (ManualClock::at(NOW + 2), ManualClock::at(NOW));
    let list = RevocationList::new();
    let first: Sessions<(), _> = builder(&ahead, list.clone()).build().unwrap();
    let second: Sessions<(), _> = builder(&behind, list).build().unwrap();
    first.revoke_subject("ada").unwrap();
    let issued = first.issue("ada", &()).unwrap();
    second.revoke_subject("ada").unwrap();
    assert!(second.verify(issued.token.as_str()).is_err());
}

#[test]
fn entries_live_as_long_as_a_policy_needs_that_registers_after_them() {
    let clock = ManualClock::at(NOW);
    let list = RevocationList::new();
    let build = |list: &RevocationList, purpose: &str, idle: Duration| -> Sessions<()> {
        Sessions::builder(ring_for(u32::MAX), list.clone())
            .purpose(purpose)
            .audience(AUDIENCE)
            .idle_timeout(idle)
            .absolute_timeout(Duration::hours(24))
            .clock(clock.clone())
            .build()
            .unwrap()
    };
    let before_restart = build(&RevocationList::new(), "app", Duration::hours(8));
    let issued = before_restart.issue("ada", &()).unwrap();
    let admin = build(&list, "admin", Duration::minutes(5));
    admin.revoke_subject("ada").unwrap();
    let app = build(&list, "app", Duration::hours(8));
    clock.advance(8 * 3600 - 1);
    list.purge(at(NOW + 8 * 3600 - 1));
    assert!(app.verify(issued.token.as_str()).is_err());
    assert_eq!(
        list.stats().subjects,
        1,
        "and not because the token is idle"
    );
}

#[test]
fn a_large_quarantine_is_released_one_by_one() {
    let list = RevocationList::new();
    let record = |number: u32| {
        let before = NOW + 3600 + u64::from(number);
        Record::new(
            Revocation::subject(&number.to_be_bytes(), before, None),
            NOW + 9000,
        )
    };
    let records: Vec<Record> = (0..20_000).map(record).collect();
    let merged = list.merge(&records, at(NOW));
    assert_eq!((merged.applied, merged.quarantined), (0, 20_000));
    list.tick(at(NOW + 3600 - 60));
    assert_eq!(
        (list.stats().subjects, list.stats().quarantined),
        (1, 19_999)
    );
    list.tick(at(NOW + 3600 - 50));
    assert_eq!(
        (list.stats().subjects, list.stats().quarantined),
        (11, 19_989)
    );
}

/// Sessions of another audience over the same list.
fn elsewhere(clock: &ManualClock, list: &RevocationList) -> Sessions<()> {
    builder(clock, list.clone())
        .audience("elsewhere.example")
        .build()
        .unwrap()
}

#[test]
fn a_logout_from_everywhere_ends_a_login_behind_the_cut_off_of_another_audience() {
    let clock = ManualClock::at(NOW);
    let list = RevocationList::new();
    let here: Sessions<()> = builder(&clock, list.clone()).build().unwrap();
    let there = elsewhere(&clock, &list);
    there.revoke_all().unwrap();
    let issued = there.issue("ada", &()).unwrap();
    assert!(there.verify(issued.token.as_str()).is_ok());
    // Within the same second, and by whoever serves the other audience.
    here.revoke_subject("ada").unwrap();
    assert!(there.verify(issued.token.as_str()).is_err());
    let issued = here.issue("ada", &()).unwrap();
    here.revoke_subject_except("ada", SessionId::from_bytes([7; 16]))
        .unwrap();
    assert!(here.verify(issued.token.as_str()).is_err());
}

#[test]
fn the_end_of_an_audience_ends_a_login_behind_the_cut_off_of_a_subject() {
    let clock = ManualClock::at(NOW);
    let list = RevocationList::new();
    let here: Sessions<()> = builder(&clock, list.clone()).build().unwrap();
    here.revoke_subject("ada").unwrap();
    let issued = here.issue("ada", &()).unwrap();
    here.revoke_all().unwrap();
    assert!(here.verify(issued.token.as_str()).is_err());
    here.revoke_subject("bob").unwrap();
    let issued = here.issue("bob", &()).unwrap();
    let _ = here.disable_key(key(9).id()).unwrap();
    assert!(here.verify(issued.token.as_str()).is_err());
}

#[test]
fn the_logouts_of_others_push_nobody_ahead() {
    let clock = ManualClock::at(NOW);
    let sessions: Sessions<()> = builder(&clock, RevocationList::new()).build().unwrap();
    for user in 0..1000_u32 {
        sessions.revoke_subject(user.to_be_bytes()).unwrap();
    }
    let login = sessions.issue(999_u32.to_be_bytes(), &()).unwrap();
    // The skew of 2 seconds and one more, as after a single logout.
    assert_eq!(login.session.authenticated_at().unix(), NOW + 3);
}

#[test]
fn a_clock_that_jumped_ahead_for_a_moment_ends_no_session_unless_something_was_forgotten() {
    let clock = ManualClock::at(NOW);
    let list = RevocationList::new();
    let sessions: Sessions<()> = builder(&clock, list.clone()).build().unwrap();
    let issued = sessions.issue("ada", &()).unwrap();
    clock.set(4_000_000_000);
    sessions.revoke(SessionId::from_bytes([1; 16])).unwrap();
    clock.set(NOW + 60);
    assert_eq!(list.stats().high_water_mark, 0);
    assert!(sessions.verify(issued.token.as_str()).is_ok());
    // And the purges go on.
    sessions.revoke(SessionId::from_bytes([2; 16])).unwrap();
    clock.set(NOW + 100_000);
    sessions.revoke(SessionId::from_bytes([3; 16])).unwrap();
    assert_eq!(list.stats().high_water_mark, NOW + 100_000);
    assert_eq!(list.stats().sessions, 2);
}

#[test]
fn the_bytes_of_a_list_count_what_waits_for_its_time() {
    let list = RevocationList::new();
    let empty = list.stats().bytes;
    let records: Vec<Record> = (0..1000_u32)
        .map(|number| {
            let subject = Revocation::subject(&number.to_be_bytes(), NOW + 3600, None);
            Record::new(subject, NOW + 9000)
        })
        .collect();
    assert_eq!(list.merge(&records, at(NOW)).quarantined, 1000);
    assert!(list.stats().bytes >= empty + 1000 * size_of::<Record>());
}

/// A random source that repeats itself.
struct Repeating;

impl cloakroom::RandomSource for Repeating {
    fn fill(&self, out: &mut [u8]) -> Result<(), cloakroom::RandomError> {
        out.fill(7);
        Ok(())
    }
}

#[test]
fn a_random_source_that_repeats_itself_revives_no_id_that_was_logged_out() {
    let clock = ManualClock::at(NOW);
    let sessions: Sessions<(), _> = builder(&clock, RevocationList::new())
        .random(Repeating)
        .build()
        .unwrap();
    let issued = sessions.issue("ada", &()).unwrap();
    sessions.revoke(issued.session.id()).unwrap();
    let error = sessions.issue("bob", &()).unwrap_err();
    let IssueError::Unavailable(what) = error else {
        panic!("{error:?}")
    };
    assert_eq!(what.missing(), Missing::Random);
}
