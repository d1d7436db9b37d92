//! A feed between servers: what is accepted reaches everybody, what is pending is delivered, what
//! the engine lost comes back, what can't be trusted is not used.
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
mod world;

use std::time::Duration;

use cloakroom::feed::{
    BadBatch, Delivery, FeedBuilder, FeedConnector as _, FeedEngine as _, FeedError, FeedEvent,
    FeedKeys, FeedRevocations, MemoryEngine, Position, Resync,
};
use cloakroom::hazmat::feed as stage;
use cloakroom::{Freshness, Revocation, RevocationPublish as _, RevocationView as _, SessionId};
use world::{Way, World, copy, feed_key, poll, realm, restore};

const SECOND: Duration = Duration::from_secs(1);

fn fresh(world: &World, server: usize) -> bool {
    world.servers[server].feed.freshness() == Freshness::Fresh
}

#[test]
fn what_is_accepted_is_refused_on_every_server_within_the_bound() {
    let mut world = World::new(3);
    let (token, id) = world.login(0, "ada");
    assert!((0..3).all(|server| world.lives(server, &token)));
    let delivering = world.publish(1, &[Revocation::session(id)]);
    assert!(!world.lives(1, &token), "here at once");
    assert!(world.lives(0, &token), "elsewhere not yet");
    let delivery = world.answer(delivering).unwrap();
    assert!(matches!(delivery, Delivery::Accepted(_)), "{delivery:?}");
    world.run(Duration::from_millis(100));
    assert!((0..3).all(|server| !world.lives(server, &token)));
}

#[test]
fn an_engine_that_is_down_makes_it_pending_and_gets_it_later() {
    let mut world = World::new(2);
    let (token, id) = world.login(1, "ada");
    world.way(0, Way::Cut);
    let delivering = world.publish(0, &[Revocation::session(id)]);
    let pending = world.answer(delivering).unwrap().accepted().unwrap_err();
    assert!(!pending.is_durable(), "there is no disk under it");
    assert!(!world.lives(0, &token));
    assert!(world.lives(1, &token), "nobody told this server");
    assert_eq!(world.servers[0].feed.status().pending, 1);
    world.way(0, Way::Open);
    world.run(2 * SECOND);
    assert!(!world.lives(1, &token));
    assert_eq!(world.servers[0].feed.status().pending, 0);
    let events = world.events(0);
    assert!(events.contains(&FeedEvent::Available), "{events:?}");
}

/// The batch is in the feed although its writer saw an error.
#[test]
fn a_lost_answer_is_recognised_and_not_sent_twice() {
    let mut world = World::new(2);
    let (token, id) = world.login(1, "ada");
    world.way(0, Way::Deaf);
    let mut delivering = world.publish(0, &[Revocation::session(id)]);
    world.step();
    world.way(0, Way::Open);
    assert!(poll(&mut delivering).is_none());
    let before = world.servers[1].feed.status().position.unwrap().n;
    let delivery = world.answer(delivering).unwrap();
    assert!(delivery.accepted().is_ok(), "{delivery:?}");
    assert!(!world.lives(1, &token));
    let (batches, records) = count(&world.engine, before.saturating_sub(1));
    assert_eq!(records, 1, "in {batches} batches");
}

fn count(engine: &MemoryEngine, after: u64) -> (usize, usize) {
    let mut connection = engine.connect().unwrap();
    let tail = connection.read(after, 1000, Duration::ZERO).unwrap();
    let records = |batch: &Vec<u8>| (batch.len() - 63) / 33;
    (tail.batches.len(), tail.batches.iter().map(records).sum())
}

#[test]
fn a_server_that_starts_later_learns_everything_from_the_snapshot_and_the_log() {
    let mut world = World::new(0);
    world.add(|builder| builder.snapshot_every(20));
    world.run(4 * SECOND);
    let mut tokens = Vec::new();
    for user in 0..30 {
        let (token, id) = world.login(0, &format!("user {user}"));
        let delivering = world.publish(0, &[Revocation::session(id)]);
        let _accepted = world.answer(delivering).unwrap().accepted().unwrap();
        tokens.push(token);
    }
    assert!(world.engine.clone().snapshot_at().unwrap() >= Some(20));
    let late = world.add(|builder| builder);
    world.run(4 * SECOND);
    assert!(fresh(&world, late));
    assert!(tokens.iter().all(|token| !world.lives(late, token)));
}

/// A replica without the last acknowledged writes takes over, and counts on.
#[test]
fn what_the_engine_lost_is_handed_back_by_those_who_read_it() {
    for counts_on in [false, true] {
        let mut world = World::new(3);
        let (token, id) = world.login(0, "ada");
        let old = copy(&world.engine);
        world.way(2, Way::Cut);
        let delivering = world.publish(0, &[Revocation::session(id)]);
        let _accepted = world.answer(delivering).unwrap().accepted().unwrap();
        // Only the servers 0 and 1 have read it. The engine forgets it.
        restore(&world.engine, &old);
        if counts_on {
            world.way(0, Way::Cut);
            world.way(1, Way::Cut);
            world.way(2, Way::Open);
            for number in 0..5 {
                let other = SessionId::from_bytes([number; 16]);
                let delivering = world.publish(2, &[Revocation::session(other)]);
                let _accepted = world.answer(delivering).unwrap();
            }
            world.run(5 * SECOND);
        }
        for server in 0..3 {
            world.way(server, Way::Open);
        }
        world.run(4 * SECOND);
        assert!((0..3).all(|server| fresh(&world, server)), "{counts_on}");
        assert!(
            (0..3).all(|server| !world.lives(server, &token)),
            "{counts_on}"
        );
        let late = world.add(|builder| builder);
        world.run(4 * SECOND);
        assert!(!world.lives(late, &token), "the engine has it again");
        let why = if counts_on {
            Resync::OtherHistory
        } else {
            Resync::LostWrites
        };
        let resynced = |event: &FeedEvent| {
            matches!(event, FeedEvent::Resynced { why: w, handed_back: 1 } if *w == why
                || counts_on && *w == Resync::LostWrites)
        };
        let heard = [0, 1].map(|server| world.events(server));
        assert!(heard.iter().flatten().any(resynced), "{heard:?}");
    }
}

#[test]
fn an_engine_without_its_data_is_filled_again_before_anybody_relies_on_it() {
    let mut world = World::new(2);
    let (token, id) = world.login(0, "ada");
    let delivering = world.publish(0, &[Revocation::session(id)]);
    let _accepted = world.answer(delivering).unwrap();
    world.run(SECOND);
    let old = world.servers[0].feed.status().position.unwrap();
    restore(&world.engine, &copy(&MemoryEngine::new()));
    world.step();
    let late = world.add(|builder| builder);
    assert!(!fresh(&world, late), "the others had no time to hand back");
    world.run(4 * SECOND);
    let new = world.servers[0].feed.status().position.unwrap();
    assert_ne!(old.epoch, new.epoch);
    for server in 0..3 {
        assert!(fresh(&world, server));
        assert!(!world.lives(server, &token), "{server}");
    }
}

#[test]
fn of_two_rotations_on_two_servers_one_is_rejected() {
    let mut world = World::new(2);
    let (_, id) = world.login(0, "ada");
    let feeds = [world.servers[0].feed.clone(), world.servers[1].feed.clone()];
    let now = world.now();
    let threads = feeds.map(|feed| std::thread::spawn(move || feed.publish_rotation(id, 1, now)));
    while !threads.iter().all(std::thread::JoinHandle::is_finished) {
        world.step();
        std::thread::yield_now();
    }
    let answers = threads.map(|thread| thread.join().unwrap().unwrap());
    let won = answers.iter().filter(|answer| answer.is_some()).count();
    assert_eq!(won, 1, "{answers:?}");
    let again = world.servers[0].feed.clone();
    let thread = std::thread::spawn(move || again.publish_rotation(id, 1, now));
    while !thread.is_finished() {
        world.step();
    }
    assert_eq!(thread.join().unwrap(), Ok(None));
}

#[test]
fn without_an_answer_a_rotation_is_undecided_and_no_token_is_made() {
    let mut world = World::new(1);
    let (token, _) = world.login(0, "ada");
    let session = world.servers[0].sessions.verify(&token).unwrap();
    world.way(0, Way::Cut);
    let sessions = world.servers[0].sessions.clone();
    let thread = std::thread::spawn(move || sessions.rotate(&session).map(drop));
    while !thread.is_finished() {
        world.time.pass(Duration::from_millis(10));
        world.step();
        // The thread must have asked before the view is stale, and a busy machine lets it wait.
        std::thread::sleep(Duration::from_millis(2));
    }
    let error = thread.join().unwrap().unwrap_err();
    assert!(error.to_string().contains("no token was made"), "{error}");
}

/// SPEC §17.4: each is noticed, nothing of it is used, and the view grows stale.
#[test]
fn a_batch_that_can_not_be_trusted_is_not_used() {
    let (token_key, other_key) = (feed_key(1), feed_key(9));
    for (name, why) in [
        ("other key", BadBatch::UnknownKey),
        ("changed", BadBatch::Forged),
        ("version", BadBatch::Version),
        ("malformed", BadBatch::Malformed),
    ] {
        let mut world = World::new(2);
        let (token, id) = world.login(0, "ada");
        let before = world.servers[0].feed.status();
        let onto = before.position.unwrap();
        let record = cloakroom::Record::new(Revocation::session(id), u64::MAX - 1);
        let key = if name == "other key" {
            &other_key
        } else {
            &token_key
        };
        let keys = FeedKeys::new(key.clone());
        let (mut batch, _) = stage::seal_batch(&keys, &realm(), &onto, 0, &[record]).unwrap();
        match name {
            "changed" => batch[60] ^= 1,
            "version" => batch[0] = 2,
            "malformed" => {
                let late = u64::MAX / 2;
                batch = stage::seal_batch(&keys, &realm(), &onto, late, &[record])
                    .unwrap()
                    .0;
            }
            _ => {}
        }
        let becomes = Position {
            n: onto.n + 1,
            ..onto
        };
        let mut connection = world.engine.connect().unwrap();
        let appended = connection.append(&onto, &batch, &becomes).unwrap();
        assert_eq!(appended, cloakroom::feed::Appended::Accepted, "{name}");
        world.run(Duration::from_millis(500));
        assert!(world.lives(1, &token), "{name}");
        let after = world.servers[1].feed.status();
        assert_eq!(after.position, Some(onto), "{name}: it goes no further");
        assert!(after.rejected > before.rejected, "{name}");
        world.run(3 * SECOND);
        // Read again with every attempt, and told once: somebody without the key wrote it, and does not
        // get to fill the logs of all servers with it.
        for server in [0, 1] {
            let events = world.events(server);
            let told = |wanted: &dyn Fn(&FeedEvent) -> bool| {
                events.iter().filter(|event| wanted(event)).count()
            };
            assert_eq!(
                told(&|event| *event == FeedEvent::BadBatch(why)),
                1,
                "{name}"
            );
            assert_eq!(
                told(&|event| matches!(event, FeedEvent::Unavailable(_))),
                1,
                "{name}"
            );
        }
        let later = world.servers[1].feed.status().rejected;
        assert!(later > after.rejected, "{name}: and counted each time");
        assert!(!fresh(&world, 0) && !fresh(&world, 1), "{name}");
        assert!(!world.lives(1, &token), "{name}: unavailable");

        // An operator founds the feed anew; nothing that was known is lost.
        let feed = world.servers[0].feed.clone();
        let thread = std::thread::spawn(move || feed.found_anew());
        while !thread.is_finished() {
            world.time.pass(Duration::from_millis(20));
            world.step();
            std::thread::yield_now();
        }
        let _position = thread.join().unwrap().unwrap();
        world.run(5 * SECOND);
        assert!(fresh(&world, 0) && fresh(&world, 1), "{name}");
        assert!(world.lives(1, &token), "{name}");
    }
}

#[test]
fn a_server_that_only_follows_writes_nothing() {
    let mut world = World::new(1);
    let follower = world.add(FeedBuilder::follow_only);
    world.run(2 * SECOND);
    assert!(fresh(&world, follower));
    let id = SessionId::from_bytes([1; 16]);
    let delivering = world.publish(follower, &[Revocation::session(id)]);
    assert_eq!(world.answer(delivering), Err(FeedError::FollowsOnly));
    // Without those who write it does not reassure itself.
    world.way(0, Way::Cut);
    world.run(3 * SECOND);
    assert!(!fresh(&world, follower));
    let mut alone = World::new(0);
    alone.add(FeedBuilder::follow_only);
    alone.run(3 * SECOND);
    let mut connection = alone.engine.connect().unwrap();
    let tail = connection.read(0, 10, Duration::ZERO).unwrap();
    assert_eq!((tail.head, tail.batches.len()), (None, 0));
    assert_eq!(alone.servers[0].feed.freshness(), Freshness::Blind);
}

#[test]
fn feed_keys_are_changed_without_a_gap() {
    let (old, new) = (feed_key(1), feed_key(2));
    let steps = [
        FeedKeys::new(old.clone()).and_accept(new.clone()),
        FeedKeys::new(new.clone()).and_accept(old.clone()),
        FeedKeys::new(new.clone()),
    ];
    let mut world = World::new(1);
    for keys in steps {
        // A server with the next keys starts while one with those before runs.
        world.keys = keys;
        // Those with the keys before that are gone, and the last snapshot is of those that stay.
        let gone = world.servers.len().saturating_sub(1);
        (0..gone).for_each(|server| world.way(server, Way::Cut));
        world.run(20 * SECOND);
        let next = world.add(|builder| builder.snapshot_every(10));
        world.run(8 * SECOND);
        assert!(fresh(&world, next) && fresh(&world, next - 1));
        let id = SessionId::from_bytes([u8::try_from(next).unwrap(); 16]);
        let delivering = world.publish(next, &[Revocation::session(id)]);
        let _accepted = world.answer(delivering).unwrap().accepted().unwrap();
        world.run(SECOND);
        assert!(fresh(&world, next) && fresh(&world, next - 1));
    }
    // Without the new key the feed is not followed, and nothing is claimed.
    world.keys = FeedKeys::new(old);
    let left_out = world.add(|builder| builder);
    world.run(5 * SECOND);
    assert_ne!(world.servers[left_out].feed.freshness(), Freshness::Fresh);
}

#[test]
fn threads_of_its_own_do_the_same() {
    let engine = MemoryEngine::new();
    let start = || {
        let keys = FeedKeys::new(feed_key(1));
        FeedRevocations::builder(realm(), keys, engine.clone())
            .start()
            .unwrap()
    };
    let (one, two) = (start(), start());
    assert!(one.wait_until_fresh(10 * SECOND));
    assert!(two.wait_until_fresh(10 * SECOND), "{two:?}");
    let id = SessionId::from_bytes([5; 16]);
    let now = cloakroom::Clock::now(&cloakroom::SystemClock).unwrap();
    let delivery = one.publish(&[Revocation::session(id)], now).unwrap();
    assert!(delivery.accepted().is_ok());
    let started = std::time::Instant::now();
    while two.stats().sessions == 0 {
        assert!(started.elapsed() < 2 * SECOND);
        std::thread::yield_now();
    }
}

/// It could hand nothing back, and would leave the others nothing to read.
#[test]
fn a_server_that_only_follows_founds_nothing_anew() {
    let mut world = World::new(1);
    let follower = world.add(FeedBuilder::follow_only);
    world.run(SECOND);
    let before = copy(&world.engine);
    let feed = world.servers[follower].feed.clone();
    let mut founding = std::pin::pin!(feed.found_anew_by_hand());
    world.servers[follower].hands.write();
    assert_eq!(copy(&world.engine), before);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let answer = founding.as_mut().poll(&mut context);
    assert_eq!(answer, std::task::Poll::Ready(Err(FeedError::FollowsOnly)));
    assert_eq!(feed.found_anew(), Err(FeedError::FollowsOnly));
}
