//! The future itself: later tokens, other wakers, being dropped at any moment, wakers that
//! misbehave, thousands at once, and what is left when the last of them is gone.
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

mod common;
#[path = "common/waiting.rs"]
mod waiting;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Wake, Waker};
use std::time::Duration;

use cloakroom::{
    Changes, Clock, ClockError, Ended, Facts, Freshness, Reason, RevocationView, Scope, Session,
    Sessions, Timestamp,
};
use common::*;
use waiting::{Bell, Task};

const SHORT: Duration = Duration::from_millis(200);

fn login(world: &World<User>, subject: &str) -> Session<User> {
    let issued = world.sessions.issue(subject, &user("Ada")).unwrap();
    world.session(issued.token.as_str())
}

fn wait(world: &World<User>, session: &Session<User>) -> Task {
    Task::waiting(world.sessions.ended(session))
}

#[test]
fn a_future_goes_where_tasks_go() {
    fn task<F: Future + Send + Sync + Unpin + 'static>() {}
    task::<Ended>();
    assert!(size_of::<Ended>() <= 64, "{} bytes", size_of::<Ended>());
}

#[test]
fn a_renewal_or_an_update_prolongs_the_waiting_of_everybody_for_that_session() {
    type Renew = fn(&World<User>, &Session<User>);
    let ways: [Renew; 2] = [
        |world, session| {
            world.sessions.renew(session).unwrap().unwrap();
        },
        |world, session| {
            world.sessions.update(session, &user("Eve")).unwrap();
        },
    ];
    for renew in ways {
        let world = world();
        let (session, other) = (login(&world, "ada"), login(&world, "ada"));
        let mut tabs = [wait(&world, &session), wait(&world, &session)];
        let mut not_polled_yet = Task::new(world.sessions.ended(&session));
        let mut elsewhere = wait(&world, &other);
        world.clock.advance(IDLE - 100);
        renew(&world, &session);
        world.clock.advance(100);
        assert_eq!(elsewhere.end(), Reason::Idle);
        assert_eq!(not_polled_yet.poll(), None);
        world.clock.advance(IDLE - 101);
        for tab in &mut tabs {
            assert_eq!(tab.woken_within(SHORT), None);
            assert_eq!(tab.poll(), None);
        }
        world.clock.advance(1);
        for tab in &mut tabs {
            assert_eq!(tab.end(), Reason::Idle);
        }
        assert_eq!(not_polled_yet.end(), Reason::Idle);
    }
}

#[test]
fn a_token_that_another_server_renewed_can_be_shown_and_an_older_one_changes_nothing() {
    let world = world();
    let elsewhere = builder::<User, _>(&world.clock, world.list.clone())
        .build()
        .unwrap();
    let old = login(&world, "ada");
    let (mut one, mut all) = (wait(&world, &old), wait(&world, &old));
    world.clock.advance(IDLE - 100);
    let new = elsewhere.renew(&old).unwrap().unwrap().session;
    assert!(one.ended.prolong(&new));
    assert!(one.ended.prolong(old.info()));
    assert!(!one.ended.prolong(login(&world, "ada").info()));
    world.sessions.prolong(&new);
    world.sessions.prolong(old.info());
    world.clock.advance(100);
    assert_eq!(one.woken_within(SHORT), None);
    assert_eq!((one.poll(), all.poll()), (None, None));
    world.clock.advance(IDLE - 100);
    assert_eq!((one.end(), all.end()), (Reason::Idle, Reason::Idle));
    assert!(!one.ended.prolong(&new));
}

#[test]
fn a_prolonged_session_is_still_revoked_and_its_absolute_limit_stays() {
    let world = world();
    let mut session = login(&world, "ada");
    let mut task = wait(&world, &session);
    while world.clock.now().unwrap().unix() + IDLE < NOW + ABSOLUTE {
        world.clock.advance(IDLE / 2);
        let renewed = world.sessions.renew(&session).unwrap().unwrap();
        session = world.session(renewed.token.as_str());
    }
    let mut other = wait(&world, &session);
    world.sessions.revoke(session.id()).unwrap();
    assert_eq!(task.end(), Reason::Revoked);
    assert_eq!(other.end(), Reason::Revoked);

    let world = self::world();
    let session = login(&world, "ada");
    let mut task = wait(&world, &session);
    let mut latest = session;
    loop {
        world.clock.advance(IDLE / 2);
        match world.sessions.renew(&latest) {
            Ok(Some(renewed)) => latest = world.session(renewed.token.as_str()),
            _ => break,
        }
    }
    assert_eq!(world.clock.now().unwrap().unix(), NOW + ABSOLUTE);
    assert_eq!(task.end(), Reason::Expired);
}

#[test]
fn a_rotation_ends_the_waiting_for_older_tokens_unless_it_is_shown_the_new_one() {
    let world = world();
    let session = login(&world, "ada");
    let (mut old, mut follows) = (wait(&world, &session), wait(&world, &session));
    let rotated = world.sessions.rotate(&session).unwrap();
    assert!(follows.ended.prolong(&rotated.session));
    let session = world.session(rotated.token.as_str());
    let mut new = wait(&world, &session);
    assert_eq!(old.end(), Reason::Revoked);
    assert_eq!(follows.woken_within(SHORT), None);
    assert_eq!((follows.poll(), new.poll()), (None, None));
    world.sessions.revoke(session.id()).unwrap();
    assert_eq!(follows.end(), Reason::Revoked);
    assert_eq!(new.end(), Reason::Revoked);
}

#[test]
fn the_waker_of_the_last_poll_is_the_one_that_is_woken() {
    let world = world();
    let session = login(&world, "ada");
    let mut task = wait(&world, &session);
    let before = std::mem::take(&mut task.bell);
    assert_eq!(task.poll(), None);
    // The waker that is not needed was given back.
    assert_eq!(Arc::strong_count(&before), 1);
    assert_eq!(Arc::strong_count(&task.bell), 2);
    world.sessions.revoke(session.id()).unwrap();
    assert_eq!(task.end(), Reason::Revoked);
    assert_eq!(before.rings(), 0);
    assert_eq!(Arc::strong_count(&task.bell), 1);
}

#[test]
fn dropping_it_is_how_to_stop_waiting() {
    let world = world();
    let session = login(&world, "ada");
    let bells: Vec<Arc<Bell>> = (0..1_000)
        .map(|_| {
            let task = wait(&world, &session);
            Arc::clone(&task.bell)
        })
        .collect();
    let mut task = wait(&world, &session);
    world.sessions.revoke(session.id()).unwrap();
    assert_eq!(task.end(), Reason::Revoked);
    assert!(bells.iter().all(|bell| bell.rings() == 0));
    assert!(bells.iter().all(|bell| Arc::strong_count(bell) == 1));
}

/// A waker that drops other futures while it is woken, as an executor that shuts down does.
struct Dropper(Mutex<Vec<Task>>);

impl Wake for Dropper {
    fn wake(self: Arc<Self>) {
        let tasks = std::mem::take(&mut *self.0.lock().unwrap());
        drop(tasks);
    }
}

/// A waker that panics.
struct Bomb(AtomicUsize);

impl Wake for Bomb {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
        panic!("a waker of somebody else's");
    }
}

#[test]
fn wakers_that_drop_or_panic_keep_nobody_from_being_woken() {
    let world = world();
    let session = login(&world, "ada");
    let dropped: Vec<Task> = (0..600).map(|_| wait(&world, &session)).collect();
    let bells: Vec<Arc<Bell>> = dropped.iter().map(|task| Arc::clone(&task.bell)).collect();
    let dropper = Arc::new(Dropper(Mutex::new(dropped)));
    let bomb = Arc::new(Bomb(AtomicUsize::new(0)));
    let mut first = Task::new(world.sessions.ended(&session));
    assert!(
        first
            .poll_with(&Waker::from(Arc::clone(&dropper)))
            .is_none()
    );
    let mut second = Task::new(world.sessions.ended(&session));
    assert!(second.poll_with(&Waker::from(Arc::clone(&bomb))).is_none());
    let mut last = wait(&world, &session);
    world.sessions.revoke(session.id()).unwrap();
    assert_eq!(last.end(), Reason::Revoked);
    assert_eq!(bomb.0.load(Ordering::SeqCst), 1);
    assert!(dropper.0.lock().unwrap().is_empty());
    assert!(bells.iter().all(|bell| Arc::strong_count(bell) == 1));
    // The thread has survived both.
    let session = login(&world, "ada");
    let mut task = wait(&world, &session);
    world.sessions.revoke(session.id()).unwrap();
    assert_eq!(task.end(), Reason::Revoked);
}

/// A clock that can be asked who still has it, and that panics when told to.
#[derive(Clone)]
struct Owned(Arc<AtomicUsize>);

impl Clock for Owned {
    fn now(&self) -> Result<Timestamp, ClockError> {
        assert!(self.0.load(Ordering::SeqCst) != 1, "a clock that panics");
        Ok(at(NOW))
    }
}

fn on(clock: &Owned) -> Sessions<User> {
    builder::<User, _>(&cloakroom::ManualClock::at(NOW), Default::default())
        .clock(clock.clone())
        .build()
        .unwrap()
}

#[test]
fn a_clock_that_panics_costs_nothing_but_the_time_until_it_works() {
    let clock = Owned(Arc::default());
    let sessions = on(&clock);
    let token = sessions.issue("ada", &user("Ada")).unwrap().token;
    let session = sessions.verify(token.as_str()).unwrap();
    let mut task = Task::waiting(sessions.ended(&session));
    clock.0.store(1, Ordering::SeqCst);
    std::thread::sleep(SHORT);
    clock.0.store(0, Ordering::SeqCst);
    sessions.revoke(session.id()).unwrap();
    assert_eq!(task.end(), Reason::Revoked);
}

#[test]
fn who_waits_keeps_keys_clock_and_view_and_the_last_one_lets_go_of_all() {
    for _ in 0..200 {
        let clock = Owned(Arc::default());
        let sessions = on(&clock);
        let list = sessions.revocations().clone();
        let token = sessions.issue("ada", &user("Ada")).unwrap().token;
        let session = sessions.verify(token.as_str()).unwrap();
        let mut task = Task::waiting(sessions.ended(&session));
        drop(sessions);
        let revocation = cloakroom::Revocation::session(session.id());
        certain(cloakroom::RevocationPublish::publish(
            &list,
            &[revocation],
            at(NOW),
        ));
        assert_eq!(task.end(), Reason::Revoked);
        assert!(Arc::strong_count(&clock.0) > 1);
        drop(task);
        // Not a moment later: a file behind the view could be opened again now.
        assert_eq!(Arc::strong_count(&clock.0), 1);
    }
}

/// A list that logs everybody out right after it has answered a question with "no".
#[derive(Clone, Default)]
struct Racing(Arc<Race>);

#[derive(Default)]
struct Race {
    changes: Changes,
    armed: AtomicBool,
    revoked: AtomicBool,
}

impl RevocationView for Racing {
    fn verdict(&self, _: &Facts<'_>, _: Timestamp) -> Option<Scope> {
        let answer = self.0.revoked.load(Ordering::SeqCst);
        if self.0.armed.swap(false, Ordering::SeqCst) {
            self.0.revoked.store(true, Ordering::SeqCst);
            self.0.changes.notify_all();
            // Time for whoever is to be woken by it: whoever listens only after this question is
            // not among them.
            std::thread::sleep(SHORT);
        }
        answer.then_some(Scope::Audience)
    }

    fn freshness(&self) -> Freshness {
        Freshness::Fresh
    }

    fn start_bound(&self, _: &[u8], _: &[u8; 16], _: Timestamp) -> u64 {
        0
    }

    fn changes(&self) -> Option<&Changes> {
        Some(&self.0.changes)
    }
}

#[test]
fn a_logout_between_the_question_and_the_sleep_is_not_missed() {
    let view = Racing::default();
    let clock = cloakroom::ManualClock::at(NOW);
    let sessions = builder::<User, _>(&clock, view.clone()).build().unwrap();
    let token = sessions.issue("ada", &user("Ada")).unwrap().token;
    let session = sessions.verify(token.as_str()).unwrap();
    // In the first poll, and in one that comes later with another waker.
    for first in [true, false] {
        view.0.revoked.store(false, Ordering::SeqCst);
        let mut task = Task::new(sessions.ended(&session));
        if !first {
            assert_eq!(task.poll(), None);
            task.bell = Arc::default();
        }
        view.0.armed.store(true, Ordering::SeqCst);
        assert_eq!(task.poll(), None);
        assert_eq!(task.end(), Reason::Revoked);
    }
}
