//! How old a view is and what follows from it: every cell of the table of SPEC §9.9, over a feed
//! that is fresh, was cut off, or was never reached; and what a server remembers of a feed.
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

#[path = "feed/world.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod world;

use std::sync::atomic::Ordering;
use std::time::Duration;

use cloakroom::feed::{
    BadSettings, FeedEvent, FeedKeys, FeedRevocations, MemoryEngine, StartError,
};
use cloakroom::store::DurableRevocations;
use cloakroom::{
    Freshness, Revocation, RevocationView as _, SessionId, Sessions, StalePolicy, Timestamp,
    VerifyError,
};
use world::{NOW, Way, World, feed_key, realm};

const SECOND: Duration = Duration::from_secs(1);

/// What an operation came to.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Answer {
    Done,
    Revoked,
    Unavailable,
}
use Answer::{Done, Revoked, Unavailable};

fn verdict<T>(result: Result<T, VerifyError>) -> Answer {
    match result {
        Ok(_) => Done,
        Err(VerifyError::Unavailable(_)) => Unavailable,
        Err(error) => {
            assert_eq!(
                error.reason(),
                Some(cloakroom::Reason::Revoked),
                "{error:?}"
            );
            Revoked
        }
    }
}

/// Sessions over the feed of a server, with the policy for a stale view.
fn sessions(world: &World, server: usize, stale: StalePolicy) -> Sessions<(), FeedRevocations> {
    let server = &world.servers[server];
    Sessions::builder(world.ring.clone(), server.feed.clone())
        .purpose("session")
        .audience("")
        .idle_timeout(time::Duration::minutes(30))
        .absolute_timeout(time::Duration::hours(8))
        .clock(server.clock.clone())
        .on_stale(stale)
        .build()
        .unwrap()
}

/// Every operation of the table: ordinary verification closed and with a grace of ten minutes,
/// sensitive verification, issue, renew, update, rotate, reauthenticate, and whether a revocation
/// is in effect here.
fn row(world: &World, server: usize, token: &str) -> [Answer; 8] {
    let closed = sessions(world, server, StalePolicy::FailClosed);
    let grace = StalePolicy::ContinueFor(time::Duration::minutes(10));
    let open = sessions(world, server, grace);
    let before = sessions(world, 0, StalePolicy::FailClosed);
    // A session to work with, verified where the view is fresh.
    let session = before.verify(token).unwrap();
    let minted = |unavailable: bool| if unavailable { Unavailable } else { Done };
    [
        verdict(closed.verify(token)),
        verdict(open.verify(token)),
        verdict(open.sensitive().verify(token)),
        minted(closed.issue("bob", &()).is_err()),
        verdict(open.renew(&session)),
        minted(open.update(&session, &()).is_err()),
        // Blocks until it is published: only where it is refused before that.
        if world.servers[server].feed.freshness() == Freshness::Fresh {
            Done
        } else {
            minted(open.reauthenticate(&session, &()).is_err())
        },
        {
            let id = SessionId::from_bytes([9; 16]);
            let _under_way = world.publish(server, &[Revocation::session(id)]);
            let entries = world.servers[server].feed.stats().sessions;
            if entries > 0 { Done } else { Unavailable }
        },
    ]
}

#[test]
fn every_cell_of_the_table() {
    let mut world = World::new(3);
    let (token, _) = world.login(0, "ada");
    let (revoked, id) = world.login(0, "eve");

    // Blind: started without ever reaching the engine.
    world.way(3, Way::Cut);
    let blind = world.add(|builder| builder);
    assert_eq!(world.servers[blind].feed.freshness(), Freshness::Blind);
    let closed = [Unavailable; 7];
    assert_eq!(row(&world, blind, &token)[..7], closed);
    assert_eq!(
        row(&world, blind, &token)[7],
        Done,
        "revoking needs no fresh view"
    );

    // Stale: one server is cut off, after it learnt of a logout.
    let delivering = world.publish(0, &[Revocation::session(id)]);
    let _accepted = world.answer(delivering).unwrap();
    world.run(SECOND);
    world.way(2, Way::Cut);
    world.run(3 * SECOND);
    assert!(matches!(
        world.servers[2].feed.freshness(),
        Freshness::Stale { .. }
    ));
    let stale = [
        Unavailable,
        Done,
        Unavailable,
        Unavailable,
        Unavailable,
        Unavailable,
    ];
    assert_eq!(row(&world, 2, &token)[..6], stale);
    assert_eq!(row(&world, 2, &token)[6], Unavailable);
    assert_eq!(row(&world, 2, &token)[7], Done);
    // A known logout is refused however old the view is.
    let open = sessions(&world, 2, StalePolicy::FailClosed);
    assert_eq!(verdict(open.verify(&revoked)), Revoked);
    assert_eq!(verdict(open.sensitive().verify(&revoked)), Revoked);
    // The grace ends.
    world.run(Duration::from_secs(601));
    assert_eq!(row(&world, 2, &token)[1], Unavailable);

    // Fresh.
    let all = [Done; 7];
    let fresh = row(&world, 1, &token);
    assert_eq!((fresh[..6].to_vec(), fresh[7]), (all[..6].to_vec(), Done));
}

#[test]
fn a_frozen_engine_is_noticed_within_the_bound_and_the_view_says_so() {
    let mut world = World::new(2);
    let fresh = |world: &World| world.servers[1].feed.freshness() == Freshness::Fresh;
    assert!(fresh(&world));
    world.way(0, Way::Cut);
    world.way(1, Way::Cut);
    let mut waited = Duration::ZERO;
    while fresh(&world) {
        world.run(Duration::from_millis(10));
        waited += Duration::from_millis(10);
        assert!(waited <= 2 * SECOND, "longer than the bound");
    }
    assert!(waited >= Duration::from_millis(400), "{waited:?}: it flaps");
    let Freshness::Stale { age } = world.servers[1].feed.freshness() else {
        panic!("it had proof once");
    };
    assert!(age > time::Duration::seconds(2), "{age}");
    world.way(1, Way::Open);
    world.way(0, Way::Open);
    world.run(2 * SECOND);
    assert!(fresh(&world));
}

/// SPEC §17.6: the answers of an engine alone are no proof. Nobody writes, yet it answers.
#[test]
fn an_engine_that_answers_and_hears_from_nobody_proves_nothing() {
    let mut world = World::new(1);
    let follower = world.add(cloakroom::feed::FeedBuilder::follow_only);
    world.run(2 * SECOND);
    assert_eq!(world.servers[follower].feed.freshness(), Freshness::Fresh);
    world.way(0, Way::Cut);
    world.run(2 * SECOND);
    assert_ne!(world.servers[follower].feed.freshness(), Freshness::Fresh);
}

#[test]
fn a_clock_that_is_too_far_off_makes_the_view_stale_and_is_reported() {
    let mut world = World::new(2);
    // Ahead by less than the allowance: nothing.
    world.servers[1].env.ahead.store(700, Ordering::SeqCst);
    world.run(2 * SECOND);
    assert_eq!(world.servers[1].feed.freshness(), Freshness::Fresh);
    // The other one reads heartbeats from within its allowance, too.
    assert_eq!(world.servers[0].feed.freshness(), Freshness::Fresh);
    assert!(!world.events(0).contains(&FeedEvent::ClockAhead));
    // Ahead by more: one of the two notices it, whoever wrote last.
    world.servers[1].env.ahead.store(5_000, Ordering::SeqCst);
    world.run(3 * SECOND);
    assert!(world.events(0).contains(&FeedEvent::ClockAhead));
    // A clock that fails is no proof either.
    world.servers[1].env.ahead.store(0, Ordering::SeqCst);
    world.servers[1].env.broken.store(true, Ordering::SeqCst);
    world.run(3 * SECOND);
    assert_ne!(world.servers[1].feed.freshness(), Freshness::Fresh);
    world.servers[1].env.broken.store(false, Ordering::SeqCst);
    world.run(2 * SECOND);
    assert_eq!(world.servers[1].feed.freshness(), Freshness::Fresh);
}

#[test]
fn numbers_that_do_not_add_up_are_refused() {
    let build = || {
        let keys = FeedKeys::new(feed_key(1));
        FeedRevocations::builder(realm(), keys, MemoryEngine::new())
    };
    let half = Duration::from_millis(500);
    for (builder, expected) in [
        (build().staleness_bound(half), BadSettings::Bound),
        (build().staleness_bound(61 * SECOND), BadSettings::Bound),
        (build().heartbeat(2 * SECOND), BadSettings::Sum),
        (build().heartbeat(Duration::ZERO), BadSettings::Sum),
        (build().clock_allowance(2 * SECOND), BadSettings::Sum),
    ] {
        match builder.start() {
            Err(StartError::Settings(why)) => assert_eq!(why, expected),
            other => panic!("{other:?}"),
        }
    }
    let wide = build()
        .staleness_bound(10 * SECOND)
        .clock_allowance(3 * SECOND);
    let _runs = wide.start().unwrap();
}

/// An entry outlives every token that was renewed before it arrived everywhere.
#[test]
fn entries_live_longer_by_the_staleness_bound() {
    let mut world = World::new(1);
    let (_, id) = world.login(0, "ada");
    let delivering = world.publish(0, &[Revocation::session(id)]);
    let published = world.now().unix();
    let _accepted = world.answer(delivering).unwrap();
    let snapshot = world.servers[0].feed.snapshot(world.now());
    let expires = u64::from_be_bytes(snapshot[28 + 25..28 + 33].try_into().unwrap());
    // ttl 1800, no leeway, twice the tolerance of 60, and the bound of 2.
    assert_eq!(expires - published, 1800 + 120 + 2);
}

fn store(path: &std::path::Path) -> DurableRevocations {
    DurableRevocations::open(path, Timestamp::from_unix(NOW).unwrap()).unwrap()
}

/// Durable here when it is reported, in effect after the restart, delivered when the engine is back.
#[test]
fn what_is_pending_survives_a_restart_and_is_delivered() {
    let folder = std::env::temp_dir().join(format!("cloakroom-feed-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("pending.redb");
    let mut world = World::new(1);
    let (token, id) = world.login(0, "ada");
    let durable = world.add(|builder| builder.durable(store(&path)));
    world.run(4 * SECOND);
    world.way(durable, Way::Cut);
    let delivering = world.publish(durable, &[Revocation::session(id)]);
    let pending = world.answer(delivering).unwrap().accepted().unwrap_err();
    assert!(pending.is_durable());
    // The process ends before the engine is back.
    drop(world.servers.pop());
    assert!(world.lives(0, &token));

    let again = world.add(|builder| builder.durable(store(&path)));
    assert_eq!(world.servers[again].feed.status().pending, 1);
    assert!(matches!(
        world.servers[again].feed.freshness(),
        Freshness::Stale { .. }
    ));
    assert_eq!(world.servers[again].feed.stats().sessions, 1);
    world.way(again, Way::Open);
    world.run(3 * SECOND);
    assert!(!world.lives(0, &token), "delivered");
    assert_eq!(world.servers[again].feed.status().pending, 0);
    drop(world.servers.pop());

    // Nothing is left to deliver, and the place in the feed is remembered: no second reading.
    let third = world.add(|builder| builder.durable(store(&path)));
    world.run(SECOND);
    assert_eq!(world.servers[third].feed.status().pending, 0);
    assert_eq!(world.servers[third].feed.status().resyncs, 0);
    drop(world);
    std::fs::remove_dir_all(&folder).unwrap();
}
