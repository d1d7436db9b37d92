//! How publications reach an engine: together, in order, acknowledged when they are durable and
//! never when they may not be. The engine here stands in memory and does as it is told.

#![cfg(feature = "redb")]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    clippy::incompatible_msrv
)]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use cloakroom::store::{Durable, DurableRevocations, Publishing, StoreError};
use cloakroom::{Freshness, Record, Revocation, RevocationPublish as _, RevocationView as _};

#[path = "common/store.rs"]
mod common;
#[path = "common/engine.rs"]
mod engine;

use common::{NOW, at, block_on, id, logout};
use engine::{Call, Engine};

/// Counts how often a task is woken.
#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn poll(publishing: &mut Publishing, wakes: &Arc<Wakes>) -> Poll<Result<Durable, StoreError>> {
    let waker = Waker::from(Arc::clone(wakes));
    let mut context = Context::from_waker(&waker);
    std::pin::Pin::new(publishing).poll(&mut context)
}

#[test]
fn all_that_wait_share_one_commit() {
    let engine = Engine::default();
    let store = engine.settled();
    let held = engine.hold();
    let first = store.publish_async(&logout(0), at(NOW));
    engine.wait_for_arrivals(1);
    // While the first commit is under way, threads and tasks queue up behind it.
    let tasks: Vec<_> = (1..500)
        .map(|n| store.publish_async(&logout(n), at(NOW)))
        .collect();
    drop(held);
    block_on(first).unwrap();
    for task in tasks {
        block_on(task).unwrap();
    }
    let calls = engine.lock().calls.clone();
    let appends = |records| Call::Append { records, mark: NOW };
    assert_eq!(calls, [appends(1), appends(499)]);
    assert_eq!(store.stats().sessions, 500);
}

#[test]
fn many_threads_need_fewer_commits_than_publications() {
    let engine = Engine::default();
    let store = engine.settled();
    let held = engine.hold();
    std::thread::scope(|scope| {
        for thread in 0..16 {
            let store = store.clone();
            scope.spawn(move || {
                for number in 0..50 {
                    store
                        .publish(&logout(thread * 50 + number), at(NOW))
                        .unwrap();
                }
            });
        }
        engine.wait_for_arrivals(1);
        drop(held);
    });
    assert_eq!(store.stats().sessions, 800);
    let commits = engine.lock().calls.len();
    println!("800 publications of 16 threads in {commits} commits");
    assert!(commits < 800);
}

#[test]
fn nothing_is_acknowledged_or_in_effect_before_it_is_durable_and_the_task_is_woken_then() {
    let engine = Engine::default();
    let store = engine.settled();
    let held = engine.hold();
    let wakes = Arc::new(Wakes::default());
    let mut publishing = store.publish_async(&logout(1), at(NOW));
    assert!(poll(&mut publishing, &wakes).is_pending());
    engine.wait_for_arrivals(1);
    assert!(poll(&mut publishing, &wakes).is_pending());
    assert_eq!(
        (store.stats().sessions, wakes.0.load(Ordering::SeqCst)),
        (0, 0)
    );
    drop(held);
    // A second publication is answered after the first.
    store.publish(&logout(2), at(NOW)).unwrap();
    assert_eq!(wakes.0.load(Ordering::SeqCst), 1);
    let answer = poll(&mut publishing, &wakes);
    assert!(matches!(answer, Poll::Ready(Ok(_))), "{answer:?}");
    assert_eq!(store.stats().sessions, 2);
}

#[test]
fn a_dropped_future_does_not_take_the_publication_back() {
    let engine = Engine::default();
    let store = engine.settled();
    drop(store.publish_async(&logout(1), at(NOW)));
    // The end of the last handle waits for what was asked for.
    drop(store);
    assert_eq!(engine.lock().records.len(), 1);
}

#[test]
fn a_waker_that_drops_the_last_handle_does_not_lock_up() {
    struct Holder(Mutex<Option<DurableRevocations>>, AtomicUsize);
    impl Wake for Holder {
        fn wake(self: Arc<Self>) {
            drop(self.0.lock().unwrap().take());
            self.1.store(1, Ordering::SeqCst);
        }
    }
    let engine = Engine::default();
    let store = engine.settled();
    let held = engine.hold();
    let mut publishing = store.publish_async(&logout(1), at(NOW));
    let holder = Arc::new(Holder(Mutex::new(Some(store)), AtomicUsize::new(0)));
    let waker = Waker::from(Arc::clone(&holder));
    let mut context = Context::from_waker(&waker);
    assert!(
        std::pin::Pin::new(&mut publishing)
            .poll(&mut context)
            .is_pending()
    );
    drop(held);
    let start = std::time::Instant::now();
    while holder.1.load(Ordering::SeqCst) == 0 {
        assert!(
            start.elapsed() < Duration::from_secs(30),
            "it waits for itself"
        );
        std::thread::yield_now();
    }
    block_on(publishing).unwrap();
}

#[test]
fn a_failed_write_is_an_error_in_effect_in_memory_and_the_end_of_writing() {
    for failure in ["disk full", "panic"] {
        let engine = Engine::default();
        let store = engine.settled();
        store.publish(&logout(1), at(NOW)).unwrap();
        assert_eq!(
            (store.freshness(), store.failure()),
            (Freshness::Fresh, None)
        );

        engine.lock().fail = Some(failure);
        let error = store.publish(&logout(2), at(NOW)).unwrap_err();
        assert!(matches!(error, StoreError::Failed(_)), "{error:?}");
        assert_eq!(store.stats().sessions, 2);
        assert!(matches!(store.freshness(), Freshness::Stale { .. }));
        let why = store.failure().unwrap().to_string();
        assert!(error.to_string().contains(&why), "{error}");

        // The disk works again; what it holds is not known all the same.
        engine.lock().fail = None;
        let arrived = engine.lock().arrived;
        let error = store.publish(&logout(3), at(NOW)).unwrap_err();
        assert!(matches!(error, StoreError::Poisoned(_)), "{error:?}");
        let error = block_on(store.publish_async(&logout(4), at(NOW))).unwrap_err();
        assert!(matches!(error, StoreError::Poisoned(_)), "{error:?}");
        assert!(store.purge(at(NOW + 5)).is_err());
        assert!(store.merge(&[], at(NOW)).is_err());
        assert_eq!(engine.lock().arrived, arrived);
        assert_eq!(store.stats().sessions, 4);
        assert_eq!(store.high_water_mark(), NOW);
    }
}

#[test]
fn the_mark_is_durable_before_anything_is_forgotten() {
    let engine = Engine::default();
    let passing = |n, expires| Record::new(logout(n)[0], expires);
    engine.lock().records = vec![passing(1, NOW + 10), passing(2, NOW + 20)];
    let store = engine.settled();
    assert_eq!(store.stats().sessions, 2);

    let held = engine.hold();
    let asking = store.clone();
    let purging = std::thread::spawn(move || asking.purge(at(NOW + 10)));
    engine.wait_for_arrivals(1);
    // The commit of the mark is under way: nothing is forgotten, here or there.
    assert_eq!((store.stats().sessions, store.high_water_mark()), (2, NOW));
    drop(held);
    assert_eq!(purging.join().unwrap(), Ok(1));
    assert_eq!(
        (store.stats().sessions, store.high_water_mark()),
        (1, NOW + 10)
    );
    assert_eq!(
        engine.lock().calls,
        [
            Call::Append {
                records: 0,
                mark: NOW + 10
            },
            Call::Purge {
                now: NOW + 10,
                removed: 1
            }
        ]
    );

    engine.lock().fail = Some("disk full");
    assert!(store.purge(at(NOW + 20)).is_err());
    assert_eq!(
        (store.stats().sessions, store.high_water_mark()),
        (1, NOW + 10)
    );
}

#[test]
fn publishing_purges_once_a_minute() {
    let engine = Engine::default();
    let store = engine.settled();
    store.publish(&logout(1), at(NOW + 59)).unwrap();
    store.publish(&logout(2), at(NOW + 60)).unwrap();
    store.publish(&logout(3), at(NOW + 61)).unwrap();
    drop(store);
    let marks = engine.lock().calls.clone();
    let purges = marks
        .iter()
        .filter(|call| matches!(call, Call::Purge { .. }));
    assert_eq!(
        purges.collect::<Vec<_>>(),
        [&Call::Purge {
            now: NOW + 60,
            removed: 0
        }]
    );
}

#[test]
fn a_logout_gets_its_turn_in_the_middle_of_a_long_purge() {
    let engine = Engine::default();
    engine.lock().records = (0..20_000)
        .map(|number| Record::new(logout(number)[0], NOW + 5))
        .collect();
    let store = engine.settled();
    let held = engine.hold();
    let asking = store.clone();
    let purging = std::thread::spawn(move || asking.purge(at(NOW + 5)));
    engine.wait_for_arrivals(1);
    let publishing = store.publish_async(&logout(30_000), at(NOW + 5));
    drop(held);
    block_on(publishing).unwrap();
    assert_eq!(purging.join().unwrap(), Ok(20_000));
    let calls = engine.lock().calls.clone();
    let logout = calls
        .iter()
        .position(|call| matches!(call, Call::Append { records: 1, .. }));
    assert!(logout.unwrap() <= 2 && calls.len() >= 6, "{calls:?}");
}

#[test]
fn a_disk_that_stalls_does_not_shorten_the_life_of_an_entry() {
    let engine = Engine::default();
    let store = engine.settled();
    let held = engine.hold();
    let publishing = store.publish_async(&logout(1), at(NOW));
    engine.wait_for_arrivals(1);
    // A stall, not a wait for an expiry: longer than the second that every entry has to spare.
    std::thread::sleep(Duration::from_millis(2_100));
    drop(held);
    block_on(publishing).unwrap();
    let records = engine.lock().records.clone();
    let [first, last] = [records[0].expires(), records[records.len() - 1].expires()];
    assert!(last >= first + 2, "{first} {last}");
    assert_eq!(common::records(&store, at(NOW))[0].expires(), last);
}

#[test]
fn an_empty_publication_costs_no_commit() {
    let engine = Engine::default();
    let store = engine.settled();
    store.publish(&[], at(NOW)).unwrap();
    assert_eq!(engine.lock().arrived, 0);
    store
        .publish(&[Revocation::session(id(1))], at(NOW))
        .unwrap();
    assert_eq!(engine.lock().arrived, 1);
}
