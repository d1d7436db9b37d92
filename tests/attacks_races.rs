//! Attacks that once worked by their moment: what another thread does between two steps of a
//! verification, a rotation or a login.
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
    Facts, Freshness, InMemory, IssueError, ManualClock, Revocation, RevocationList,
    RevocationPublish, RevocationView, Scope, SessionId, Sessions, Terms, Timestamp,
};
use common::{NOW, User, at, builder, user};

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
