//! The runbook of another feed key: no session ends, and every logout is heard, at every step.
#![cfg(unix)]
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

use cloakroom::feed::{FeedKey, FeedKeys, FeedRevocations, Realm};
use engine_tests::process::{find, until};
use engine_tests::{RedisServer, Server as _};
use ops_tests::{Book, Pair, SOON, has_tools, login, logout};

const REALM: &str = "cloakroom-demo";

/// How the old key goes out of use.
#[derive(PartialEq, Eq)]
enum End {
    /// When a snapshot under the new one has taken the place of what is under the old one.
    InTime,
    /// At once, because it leaked.
    AtOnce,
}

fn change(end: &End) {
    let is_here = || has_tools() && find("redis-cli", "redis-tools", &[]).is_some();
    let Some(redis) = RedisServer::start().filter(|_| is_here()) else {
        return;
    };
    let mut pair = Pair::start(&redis);
    let (ada, grace) = (login(pair.ports[0], "ada"), login(pair.ports[1], "grace"));
    logout(pair.ports[0], &ada);
    let unharmed = |pair: &Pair| {
        pair.both_say(&ada, 401);
        pair.both_say(&grace, 200);
        pair.hear_each_other();
    };
    unharmed(&pair);
    let book = Book::open("feed-key.md");
    book.run_next(&pair.place);
    assert_eq!(
        pair.place.owner("data/feed-key.next"),
        pair.place.app_user()
    );

    let first = pair.first.take().unwrap();
    let reaped = std::thread::spawn(move || first.reap());
    book.run_next(&pair.place);
    reaped.join().unwrap();
    unharmed(&pair);
    let next = pair.place.path("data/feed-key.next");
    pair.place
        .run("cp -p data/feed-key data-2/old; cp -p data/feed-key.next data-2/new");
    pair.restart_second(
        &redis,
        &[("CLOAKROOM_ACCEPT_FEED_KEY", next.to_str().unwrap())],
    );
    unharmed(&pair);

    // One writes with the new key, the other one still with the old one.
    let said = book.run_next(&pair.place);
    assert!(said.contains("feed: writes with key"), "{said}");
    unharmed(&pair);
    let old = pair.place.path("data-2/old");
    pair.place.run("cp -p data-2/new data-2/feed-key");
    pair.restart_second(
        &redis,
        &[("CLOAKROOM_ACCEPT_FEED_KEY", old.to_str().unwrap())],
    );
    unharmed(&pair);
    let said = book.run_next(&pair.place);
    assert!(said.contains("read to the end of the feed"), "{said}");
    // An emergency meanwhile.
    pair.place.run(
        "cloakroom revoke subject ada --feed \"$FEED\" --realm cloakroom-demo --ring \"$RING\" \
         --feed-key-file \"$FEED_KEY\" --feed-key-file \"$FEED_KEY.old\"",
    );

    // It is too early for the new one alone.
    let waiting = Book::open("feed-key.md");
    for _ in 0..4 {
        waiting.skip_next();
    }
    let said = waiting.fail_next(&pair.place);
    assert!(
        said.contains("under a feed key that data/feed-key does not hold"),
        "{said}"
    );
    if *end == End::InTime {
        snapshot(&pair, &redis);
    } else {
        let credentials = format!("Authorization: Bearer {grace}\n");
        pair.place.write("credentials", &credentials);
        let broken = Book::open("feed-broken.md");
        for _ in 0..3 {
            broken.skip_next();
        }
        let deleted = broken.run_next(&pair.place);
        assert!(["2\n", "3\n"].contains(&&*deleted), "{deleted}");
        broken.skip_next();
        broken.run_next(&pair.place);
        unharmed(&pair);
    }
    book.run_next(&pair.place);
    book.run_next(&pair.place);
    book.is_done();
    pair.restart_second(&redis, &[]);
    unharmed(&pair);
    assert!(!pair.place.path("data/feed-key.old").exists());
}

/// Puts a snapshot under the new key, as a server does when 4096 batches have passed.
fn snapshot(pair: &Pair, redis: &RedisServer) {
    let key = |name: &str| FeedKey::parse(pair.place.read(name).trim()).unwrap();
    let keys = FeedKeys::new(key("data/feed-key")).and_accept(key("data/feed-key.old"));
    let realm = Realm::new(REALM).unwrap();
    let feed = FeedRevocations::builder(realm.clone(), keys, redis.connector(realm))
        .snapshot_every(1)
        .start()
        .unwrap();
    assert!(feed.wait_until_fresh(SOON));
    let name = format!("{{cloakroom:{REALM}}}:snap");
    assert!(until(SOON, || redis.say::<u32>(&["EXISTS", &name]) == 1));
}

#[test]
fn a_feed_key_that_is_changed_in_time() {
    change(&End::InTime);
}

#[test]
fn a_feed_key_that_leaked() {
    change(&End::AtOnce);
}
