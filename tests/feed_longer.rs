//! A server of a feed under which a policy comes into use that lets tokens live longer: what it took
//! in lives as long, in memory and on its disk, whatever came first (SPEC §9.8).
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

use std::path::PathBuf;
use std::time::Duration;

use cloakroom::feed::FeedRevocations;
use cloakroom::store::DurableRevocations;
use cloakroom::{
    KeyRing, ManualClock, Reason, Record, Revocation, RevocationPublish as _, Sessions, Timestamp,
};
use world::World;

const SECOND: Duration = Duration::from_secs(1);
/// What an entry lives at least, beside leeway: B, the idle timeout of the servers here, twice the
/// tolerance of the default policy.
const LIFE: u64 = 2 + 1800 + 2 * 60;
const LEEWAY: u64 = 300;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("cloakroom-longer-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn store(&self, world: &World) -> DurableRevocations {
        DurableRevocations::open(self.0.join("revocations.redb"), world.now()).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Sessions of the policy that comes later.
fn longer(
    (ring, now): (KeyRing, Timestamp),
    feed: FeedRevocations,
) -> Sessions<(), FeedRevocations> {
    Sessions::builder(ring, feed)
        .purpose("session")
        .audience("")
        .idle_timeout(time::Duration::minutes(30))
        .absolute_timeout(time::Duration::hours(8))
        .leeway(time::Duration::minutes(5))
        .clock(ManualClock::at(now.unix()))
        .build()
        .unwrap()
}

fn with(world: &World) -> (KeyRing, Timestamp) {
    (world.ring.clone(), world.now())
}

/// When what is in a snapshot expires.
fn expiries(snapshot: &[u8]) -> Vec<u64> {
    let records = snapshot[28..snapshot.len() - 32].chunks(33);
    records
        .map(|record| Record::from_bytes(record).unwrap().expires())
        .collect()
}

#[test]
fn a_session_that_was_logged_out_over_a_feed_stays_out_under_a_longer_policy() {
    let folder = Folder::new("restart");
    let mut world = World::new(1);
    let store = folder.store(&world);
    let first = world.add(|builder| builder.durable(store));
    world.run(4 * SECOND);
    let (token, id) = world.login(0, "ada");
    let delivering = world.publish(first, &[Revocation::session(id)]);
    assert!(world.answer(delivering).unwrap().accepted().is_ok());
    drop(world.servers.pop());

    // Restarted with five minutes of leeway more.
    let store = folder.store(&world);
    let second = world.add(|builder| builder.durable(store));
    drop(longer(with(&world), world.servers[second].feed.clone()));
    let extended = expiries(&world.servers[second].feed.snapshot(world.now()));
    drop(world.servers.pop());

    // At a time when only that leeway keeps the token alive, the store remembers, also what it is
    // told to forget.
    let store = folder.store(&world);
    assert_eq!(expiries(&store.snapshot(world.now())), extended);
    world.time.pass(Duration::from_secs(LIFE + 20));
    assert_eq!(store.purge(world.now()), Ok(0));
    drop(store);
    let store = folder.store(&world);
    assert_eq!(store.stats().sessions, 1);
    let third = world.add(|builder| builder.durable(store));
    world.run(4 * SECOND);
    let sessions = longer(with(&world), world.servers[third].feed.clone());
    let refused = sessions.verify(&token).unwrap_err().reason();
    assert_eq!(refused, Some(Reason::Revoked));
}

/// How an entry comes to a server.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    /// By the next batch.
    Followed,
    /// By reading everything again.
    ColdStart,
    /// By its own batch: a rotation is in effect once the engine has it.
    Rotation,
}

/// The life of the entry was reckoned, then the policy registers, then the entry arrives.
fn registers_before_it_arrives(way: Way, durable: bool) {
    let folder = Folder::new(&format!("{way:?}-{durable}"));
    let mut world = World::new(1);
    let (_, id) = world.login(0, "ada");
    let log_out = |world: &mut World| {
        let delivering = world.publish(0, &[Revocation::session(id)]);
        assert!(world.answer(delivering).unwrap().accepted().is_ok());
    };
    if way == Way::ColdStart {
        log_out(&mut world);
        world.way(1, world::Way::Cut);
    }
    let store = durable.then(|| folder.store(&world));
    let server = world.add(|builder| match store {
        Some(store) => builder.durable(store),
        None => builder,
    });
    world.run(4 * SECOND);
    let feed = world.servers[server].feed.clone();
    let (later, policy) = (feed.clone(), with(&world));
    let call = if way == Way::Rotation {
        "append"
    } else {
        "read"
    };
    world
        .meanwhile
        .plan(call, move || drop(longer(policy, later)));
    let from = world.now().unix();
    match way {
        Way::Followed => log_out(&mut world),
        Way::ColdStart => world.way(server, world::Way::Open),
        Way::Rotation => std::thread::scope(|scope| {
            let now = world.now();
            let feed = &feed;
            let rotation = scope.spawn(move || feed.publish_rotation(id, 1, now));
            while !rotation.is_finished() {
                world.run(Duration::from_millis(50));
                std::thread::yield_now();
            }
            let delivery = rotation.join().unwrap().unwrap().unwrap();
            assert!(delivery.accepted().is_ok());
        }),
    }
    world.run(SECOND);
    assert!(world.meanwhile.has_happened());
    let least = from - 5 + LIFE + LEEWAY;
    let long_enough = |snapshot: &[u8]| {
        let found = expiries(snapshot);
        assert!(found.len() == 1 && found[0] >= least, "{way:?} {found:?}");
    };
    long_enough(&feed.snapshot(world.now()));
    drop((feed, world.servers.pop()));
    if durable {
        long_enough(&folder.store(&world).snapshot(world.now()));
    }
}

#[test]
fn a_policy_that_registers_right_before_an_entry_arrives_extends_it() {
    for way in [Way::Followed, Way::ColdStart, Way::Rotation] {
        for durable in [false, true] {
            registers_before_it_arrives(way, durable);
        }
    }
}
