//! Attacks that once worked: races between a right taken away and a rotation, logouts that fell
//! into the second of another, entries forgotten while they were asked for, and what an honest user
//! would have met on the way.
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

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};

use cloakroom::{
    Facts, Freshness, InMemory, IssueError, KeyRing, KeyState, ManualClock, Missing,
    ReauthenticateError, Record, Revocation, RevocationList, RevocationPublish, RevocationView,
    RotateError, Scope, SessionId, Sessions, Terms, Timestamp, UpdateError, VerifyError,
};
use common::{AUDIENCE, NOW, PURPOSE, User, at, builder, key, ring_for, user};
use time::Duration;

/// A list at whose questions something else happens first.
struct Hooked {
    list: RevocationList,
    before_verdict: AtomicBool,
    /// Cut-offs of a subject that come right after the start of a login was taken.
    after_start: AtomicUsize,
    before_rotation: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl Hooked {
    fn new() -> Arc<Self> {
        let (list, before_verdict) = (RevocationList::new(), AtomicBool::new(false));
        Arc::new(Self {
            list,
            before_verdict,
            after_start: AtomicUsize::new(0),
            before_rotation: Mutex::new(None),
        })
    }
}

impl RevocationView for Hooked {
    fn verdict(&self, facts: &Facts<'_>, now: Timestamp) -> Option<Scope> {
        if self.before_verdict.swap(false, Ordering::SeqCst) {
            self.list.purge(at(NOW + 20_000));
        }
        self.list.verdict(facts, now)
    }

    fn freshness(&self) -> Freshness {
        Freshness::Fresh
    }

    fn start_bound(&self, subject: &[u8], audience: &[u8; 16], now: Timestamp) -> u64 {
        let bound = self.list.start_bound(subject, audience, now);
        let left = self
            .after_start
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
        if left.is_ok() {
            let before = bound.max(now.unix()) + 1;
            let all = [
                Revocation::subject(subject, before, None),
                Revocation::audience(*audience, before),
            ];
            self.publish(&all, now).unwrap();
        }
        bound
    }

    fn high_water_mark(&self) -> u64 {
        self.list.high_water_mark()
    }

    fn register(&self, terms: Terms) {
        self.list.register(terms);
    }
}

impl RevocationPublish for Hooked {
    type Receipt = InMemory;
    type Error = Infallible;

    fn publish(&self, revocations: &[Revocation], now: Timestamp) -> Result<InMemory, Infallible> {
        self.list.publish(revocations, now)
    }

    fn publish_rotation(
        &self,
        session: SessionId,
        generation: u32,
        now: Timestamp,
    ) -> Result<Option<InMemory>, Infallible> {
        let first = self.before_rotation.lock().unwrap().take();
        if let Some(first) = first {
            first();
        }
        self.list.publish_rotation(session, generation, now)
    }
}

#[test]
fn a_purge_between_the_clock_and_the_verdict_revives_nothing() {
    let clock = ManualClock::at(NOW);
    let view = Hooked::new();
    let sessions: Sessions<(), _> = builder(&clock, view.clone()).build().unwrap();
    let issued = sessions.issue("ada", &()).unwrap();
    sessions.revoke(issued.session.id()).unwrap();
    assert!(sessions.verify(issued.token.as_str()).is_err());
    // The clock moves on by hours, another thread forgets the entry, and only then is it asked for.
    view.before_verdict.store(true, Ordering::SeqCst);
    assert!(sessions.verify(issued.token.as_str()).is_err());
}

#[test]
fn a_right_that_was_taken_away_does_not_come_back_with_a_rotation_under_way() {
    let clock = ManualClock::at(NOW);
    let view = Hooked::new();
    let sessions: Sessions<User, _> = builder(&clock, view.clone()).build().unwrap();
    let admin = User {
        name: "eve".into(),
        admin: true,
    };
    let issued = sessions.issue("eve", &admin).unwrap();
    let (other, text) = (sessions.clone(), issued.token.as_str().to_owned());
    *view.before_rotation.lock().unwrap() = Some(Box::new(move || {
        let session = other.verify(&text).unwrap();
        other.rotate_with(&session, &user("eve")).unwrap();
    }));
    let session = sessions.verify(issued.token.as_str()).unwrap();
    assert!(
        sessions.rotate(&session).is_err(),
        "a token with the old right was made"
    );
    assert!(
        view.before_rotation.lock().unwrap().is_none(),
        "the race took place"
    );
}

#[test]
fn of_two_rotations_at_one_time_one_wins() {
    let clock = ManualClock::at(NOW);
    let sessions: Sessions<User, _> = builder(&clock, RevocationList::new()).build().unwrap();
    for _ in 0..400 {
        let issued = sessions.issue("eve", &user("eve")).unwrap();
        let barrier = Barrier::new(2);
        let rotate = || {
            let session = sessions.verify(issued.token.as_str()).unwrap();
            barrier.wait();
            sessions.rotate(&session)
        };
        let (one, two) = std::thread::scope(|scope| {
            let (one, two) = (scope.spawn(rotate), scope.spawn(rotate));
            (one.join().unwrap(), two.join().unwrap())
        });
        assert!(one.is_ok() != two.is_ok(), "{one:?} and {two:?}");
    }
}

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
fn a_token_of_a_retired_key_still_logs_its_session_out() {
    let clock = ManualClock::at(NOW);
    let half_hour = Duration::minutes(30);
    let ring = KeyRing::new(key(1), at(1), half_hour).unwrap();
    let ring = ring.announce(key(2), at(NOW + 60)).unwrap();
    let sessions: Sessions<(), _> = Sessions::builder(ring.clone(), RevocationList::new())
        .purpose(PURPOSE)
        .audience(AUDIENCE)
        .idle_timeout(half_hour)
        .absolute_timeout(Duration::hours(12))
        .clock(clock.clone())
        .build()
        .unwrap();
    let owner = sessions.issue("ada", &()).unwrap().token;
    let mut copy = owner.as_str().to_owned();
    for _ in 0..8 {
        clock.advance(1000);
        let session = sessions.verify(&copy).unwrap();
        if let Some(renewed) = sessions.renew(&session).unwrap() {
            copy = renewed.token.into_string();
        }
    }
    assert_eq!(
        ring.state(key(1).id(), at(NOW + 8000)),
        Some(KeyState::Retired)
    );
    assert!(sessions.revoke_token(owner.as_str()).unwrap().is_some());
    assert!(sessions.verify(&copy).is_err());
}

#[test]
fn a_disabled_key_logs_nobody_out_by_its_tokens() {
    // Whoever stole it can name any session.
    let clock = ManualClock::at(NOW);
    let ring = ring_for(u32::MAX).announce(key(2), at(NOW)).unwrap();
    let sessions: Sessions<(), _> = builder(&clock, RevocationList::new()).build().unwrap();
    let issued = sessions.issue("ada", &()).unwrap();
    sessions
        .replace_keys(&ring.disable(key(1).id()).unwrap())
        .unwrap();
    assert!(
        sessions
            .revoke_token(issued.token.as_str())
            .unwrap()
            .is_none()
    );
}

#[test]
fn a_leaked_key_is_disabled_whatever_dates_are_written_for_others() {
    let (one, two) = (key(1), key(2));
    let file = format!(
        "cloakroom-ring 1\nmax-lifetime 3600\n\
         key {} activate=2026-01-01T00:00:00Z retire=2026-03-01T00:00:00Z\n\
         key {} activate=2026-02-01T00:00:00Z\n",
        one.to_text().expose(),
        two.to_text().expose()
    );
    let ring = KeyRing::parse(&file).unwrap().disable(two.id()).unwrap();
    assert_eq!(ring.sealing_key(at(NOW)), Some(one.id()));
    assert_eq!(ring.state(two.id(), at(NOW)), Some(KeyState::Disabled));
    let ring = ring.announce(key(3), at(NOW)).unwrap();
    assert_eq!(ring.state(one.id(), at(NOW)), Some(KeyState::OpenOnly));
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
fn no_login_is_dead_on_arrival_under_a_revoked_key() {
    let clock = ManualClock::at(NOW);
    let sessions: Sessions<(), _> = builder(&clock, RevocationList::new()).build().unwrap();
    let _ = sessions.disable_key(key(1).id()).unwrap();
    assert!(matches!(
        sessions.issue("ada", &()),
        Err(IssueError::Unavailable(_))
    ));
    sessions
        .change_keys(|ring, now| ring.announce(key(2), now)?.disable(key(1).id()))
        .unwrap();
    let issued = sessions.issue("ada", &()).unwrap();
    assert!(sessions.verify(issued.token.as_str()).is_ok());
}

#[test]
fn a_session_of_another_ring_is_not_reauthenticated() {
    let clock = ManualClock::at(NOW);
    let here: Sessions<()> = builder(&clock, RevocationList::new()).build().unwrap();
    let ring = KeyRing::new(key(9), at(1), Duration::days(1)).unwrap();
    let elsewhere: Sessions<()> = Sessions::builder(ring, RevocationList::new())
        .purpose(PURPOSE)
        .audience(AUDIENCE)
        .aal3()
        .clock(clock.clone())
        .build()
        .unwrap();
    let issued = elsewhere.issue("root", &()).unwrap();
    let session = elsewhere.verify(issued.token.as_str()).unwrap();
    let result = here.reauthenticate(&session, &());
    assert!(
        matches!(result, Err(ReauthenticateError::OtherContext)),
        "{result:?}"
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

#[test]
fn a_login_that_meets_a_logout_from_everywhere_starts_behind_it() {
    let clock = ManualClock::at(NOW);
    let view = Hooked::new();
    let sessions: Sessions<(), _> = builder(&clock, view.clone()).build().unwrap();
    let old = sessions.issue("ada", &()).unwrap();
    for cutoffs in 1..4 {
        view.after_start.store(cutoffs, Ordering::SeqCst);
        let issued = sessions.issue("ada", &()).unwrap();
        assert!(sessions.verify(issued.token.as_str()).is_ok());
        let session = sessions.verify(issued.token.as_str()).unwrap();
        view.after_start.store(cutoffs, Ordering::SeqCst);
        let again = sessions.reauthenticate(&session, &()).unwrap();
        assert!(sessions.verify(again.token.as_str()).is_ok());
    }
    assert!(sessions.verify(old.token.as_str()).is_err());
    // A list whose cut-offs never stop is not a missing key.
    view.after_start.store(usize::MAX, Ordering::SeqCst);
    let error = sessions.issue("ada", &()).unwrap_err();
    assert!(
        matches!(error, IssueError::CutOffAhead { seconds: 1.. }),
        "{error:?}"
    );
}

#[test]
fn of_a_login_and_a_logout_from_everywhere_at_one_time_none_fails() {
    let clock = ManualClock::at(NOW);
    let sessions: Sessions<(), _> = builder(&clock, RevocationList::new()).build().unwrap();
    for round in 0..2000 {
        let barrier = Barrier::new(2);
        std::thread::scope(|scope| {
            let logout = scope.spawn(|| {
                barrier.wait();
                sessions.revoke_subject("ada")
            });
            barrier.wait();
            let issued = sessions.issue("ada", &());
            assert!(logout.join().unwrap().is_ok());
            assert!(issued.is_ok(), "{round}: {issued:?}");
        });
        clock.advance(10);
    }
}

#[test]
fn a_live_session_is_not_replaced_by_a_token_under_a_distrusted_key() {
    let clock = ManualClock::at(NOW);
    let ring = ring_for(u32::MAX).announce(key(2), at(NOW + 60)).unwrap();
    let list = RevocationList::new();
    let sessions: Sessions<User> = builder(&clock, list.clone()).build().unwrap();
    sessions.replace_keys(&ring).unwrap();
    let issued = sessions.issue("ada", &user("ada")).unwrap();
    // Another purpose and audience whose sessions the leak does not concern: no cut-off there.
    clock.advance(1000);
    let distrusted = [Record::new(Revocation::key(key(2).id()), u64::MAX)];
    let _ = list.merge(&distrusted, at(NOW + 1000));
    let session = sessions.verify(issued.token.as_str()).unwrap();
    assert!(sessions.renew(&session).unwrap().is_none());
    let missing = |error: UpdateError| match error {
        UpdateError::Verify(VerifyError::Unavailable(what)) => what.missing(),
        other => panic!("{other:?}"),
    };
    let error = sessions.update(&session, &user("ada")).unwrap_err();
    assert_eq!(missing(error), Missing::SealingKey);
    for result in [
        sessions.rotate(&session),
        sessions.rotate_with(&session, &user("ada")),
    ] {
        let Err(RotateError::Update(error)) = result else {
            panic!("{result:?}")
        };
        assert_eq!(missing(error), Missing::SealingKey);
    }
    // Nothing was published: the token at hand is as good as before.
    assert!(sessions.verify(issued.token.as_str()).is_ok());
    assert_eq!(list.stats().sessions, 0);
    // The ring follows.
    sessions
        .change_keys(|ring, _| ring.disable(key(2).id()))
        .unwrap();
    let renewed = sessions.renew(&session).unwrap().unwrap();
    assert!(sessions.verify(renewed.token.as_str()).is_ok());
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
