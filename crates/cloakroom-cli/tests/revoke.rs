//! Revoking through the command: what it prints is what is true, and what it revoked is refused.

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

use cloakroom::feed::{FeedKey, FeedKeys, FeedRevocations, Realm};
use cloakroom::store::DurableRevocations;
use cloakroom::{Clock as _, KeyRing, RawBytes, Sessions, SystemClock};
use cloakroom_redis::RedisConnector;
use common::{FOR, Place};
use engine_tests::{PostgresServer, RedisServer, Server as _};
use time::Duration;

/// Opened with the revocations of the store.
fn open(place: &Place, token: &str) -> common::Ran {
    place.feed(
        &format!("open --ring ring {FOR} --store list"),
        token.as_bytes(),
    )
}

fn session_of(place: &Place, token: &str) -> String {
    let json = place
        .feed(&format!("open --ring ring {FOR} --json"), token.as_bytes())
        .json();
    json["session"].as_str().unwrap().to_owned()
}

#[test]
fn a_store_is_begun_with_force_alone() {
    let place = Place::new();
    place
        .run("revoke subject ada --store list")
        .fails(3, "there is no such file");
    assert!(!place.join("list").exists());
    let made = place.run("revoke subject ada --store list --force");
    assert!(
        made.ok()
            .out
            .starts_with("durable: the sessions of \"ada\"\n"),
        "{made:?}"
    );
    place.run("revoke subject ada --store list").ok();
}

#[test]
fn each_kind_of_revocation_in_a_store_refuses_what_it_names() {
    let revoke: [(&str, &str, &str); 4] = [
        ("session SESSION", "session", "the session was logged out"),
        ("subject ada", "subject", "the sessions of this subject"),
        ("all FOR", "audience", "every session of this purpose"),
        ("key KEY FOR", "key", "was revoked"),
    ];
    for (command, kind, why) in revoke {
        let place = Place::new();
        let key = place.old_ring();
        let token = place.token("--at -10s");
        place
            .run("revoke subject somebody-else --store list --force")
            .ok();
        open(&place, &token).ok();
        let command = command
            .replace("SESSION", &session_of(&place, &token))
            .replace("KEY", &key)
            .replace("FOR", FOR);
        let said = place.run(&format!("revoke {command} --store list --json"));
        assert_eq!(said.ok().json()["degree"], "durable", "{command}");
        let refused = open(&place, &token);
        assert_eq!(refused.code, 1, "{command}: {refused:?}");
        assert!(
            refused.out.contains("stage revoked (revoked)"),
            "{refused:?}"
        );
        assert!(refused.out.contains(why), "{refused:?}");
        let listed = place.run("revocations --store list --json").json();
        let mut entries = listed["entries"].as_array().unwrap().iter();
        assert!(entries.any(|entry| entry["kind"] == kind), "{listed}");
    }
}

#[test]
fn the_session_of_a_token_is_revoked_only_if_the_ring_opens_it() {
    let place = Place::new();
    place.old_ring();
    let token = place.token("");
    place.run("revoke subject x --store list --force").ok();
    let revoke = format!("revoke token {FOR} --store list");
    place
        .feed(&revoke, token.as_bytes())
        .fails(2, "--ring FILE");
    let other = "revoke token --purpose session --audience x --ring ring --store list";
    place
        .feed(other, token.as_bytes())
        .fails(3, "nothing was revoked");
    place
        .feed(&format!("{revoke} --ring ring"), b"")
        .fails(3, "is empty");
    place
        .feed(&format!("{revoke} --ring ring"), token.as_bytes())
        .ok();
    assert_eq!(open(&place, &token).code, 1);
}

#[test]
fn cut_offs_spare_what_they_are_told_to_spare() {
    let place = Place::new();
    place.old_ring();
    let (old, new) = (place.token("--at -10s"), place.token(""));
    place.run("revoke subject x --store list --force").ok();
    let keep = session_of(&place, &new);
    place
        .run(&format!("revoke subject ada --except {keep} --store list"))
        .ok();
    assert_eq!(open(&place, &old).code, 1);
    open(&place, &new).ok();
    let listed = place.run("revocations --store list").ok().out.clone();
    assert!(
        listed.contains(&format!("except session {keep}")),
        "{listed}"
    );
    place
        .run(&format!("revoke all {FOR} --before -5s --store list"))
        .ok();
    open(&place, &new).ok();
    place
        .run(&format!("revoke all {FOR} --before +1h --store list"))
        .fails(2, "seconds");
}

#[test]
fn a_store_that_a_server_holds_open_is_not_touched() {
    let place = Place::new();
    let now = SystemClock.now().unwrap();
    let server = DurableRevocations::open(place.join("list"), now).unwrap();
    for command in [
        "revoke subject ada --store list",
        "revocations --store list",
    ] {
        place.run(command).fails(4, "stop the server");
    }
    drop(server);
    place.run("revoke subject ada --store list").ok();
    // And the server refuses when it opens the store.
    let server = DurableRevocations::open_existing(place.join("list"), now).unwrap();
    assert_eq!(server.stats().entries(), 1);
}

/// Sessions of a server that follows the feed.
fn server(place: &Place, feed: FeedRevocations) -> Sessions<RawBytes, FeedRevocations> {
    assert!(feed.wait_until_fresh(std::time::Duration::from_secs(20)));
    Sessions::<RawBytes, _>::builder(KeyRing::from_file(place.join("ring")).unwrap(), feed)
        .purpose("session")
        .audience("api.example.com")
        .no_idle_timeout()
        .absolute_timeout(Duration::hours(8))
        .build()
        .unwrap()
}

fn feed_key(place: &Place) -> FeedKeys {
    let key = FeedKey::generate().unwrap();
    place.write("feed-key", format!("{}\n", key.to_text().expose()), 0o600);
    FeedKeys::new(key)
}

#[test]
fn a_revocation_in_a_feed_reaches_a_server_that_follows_it() {
    let redis = RedisServer::start().expect("redis-server is installed where tests run");
    let place = Place::new();
    place.old_ring();
    let keys = feed_key(&place);
    let feed = format!(
        "--feed {} --realm shop --feed-key-file feed-key",
        redis.address()
    );
    let revoke = |what: &str| place.run(&format!("revoke {what} {feed} --ring ring"));
    // Nobody has founded the feed: nothing is sent into the void.
    revoke("subject ada").fails(3, "no feed of the realm shop");
    let realm = Realm::new("shop").unwrap();
    let connector = RedisConnector::new(&redis.address(), realm.clone()).unwrap();
    let follower = FeedRevocations::builder(realm, keys, connector)
        .start()
        .unwrap();
    let sessions = server(&place, follower);
    let token = place.token("--at -10s");
    assert!(sessions.verify(token.trim()).is_ok());
    let said = revoke("subject ada");
    assert!(
        said.ok()
            .out
            .starts_with("accepted: the sessions of \"ada\"\n"),
        "{said:?}"
    );
    let waited = engine_tests::process::until(std::time::Duration::from_secs(10), || {
        matches!(
            sessions.verify(token.trim()),
            Err(cloakroom::VerifyError::Rejected(why)) if why.reason() == cloakroom::Reason::Revoked
        )
    });
    assert!(waited, "{:?}", sessions.revocations().status());
    let listed = place.run(&format!("revocations {feed} --json")).ok().json();
    assert_eq!(listed["count"], 1);
    // Kept for the life of a token, not for that of the longest there may be.
    let forgotten = listed["entries"][0]["forgotten"].as_str().unwrap();
    let limit = SystemClock
        .now()
        .unwrap()
        .checked_add(Duration::hours(9))
        .unwrap()
        .to_string();
    assert!(forgotten < limit.as_str(), "{forgotten}");
    // A promise about further machines is not made where there are none.
    let said = revoke("subject ada --replicas 1 --wait 2s --json");
    assert_eq!(said.ok().json()["degree"], "accepted");
    let key = place.sealing();
    let said = revoke(&format!("key {key} {FOR}"));
    assert!(
        said.ok().out.starts_with(&format!("accepted: key {key}")),
        "{said:?}"
    );
}

/// The second time is of use when every server has heard the first: that one must be at the engine
/// before the wait begins.
#[test]
fn a_key_whose_first_revocation_did_not_arrive_is_not_said_to_be_revoked() {
    let redis = RedisServer::start().expect("redis-server is installed where tests run");
    let place = Place::new();
    place.old_ring();
    let _keys = feed_key(&place);
    let feed = format!(
        "--feed {} --realm shop --feed-key-file feed-key --ring ring --wait 1s",
        redis.address()
    );
    place
        .run(&format!("revoke subject ada {feed} --force"))
        .ok();
    let key = place.sealing();
    // It answers who reads, and takes nothing, until the wait between the two has begun.
    redis.say::<String>(&["CONFIG", "SET", "maxmemory", "1"]);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(std::time::Duration::from_secs(4));
            redis.say::<String>(&["CONFIG", "SET", "maxmemory", "0"]);
        });
        let said = place.run(&format!("revoke key {key} {FOR} {feed} --bound 8s"));
        assert_eq!(said.code, 4, "{said:?}");
        assert!(said.out.starts_with("pending: key"), "{said:?}");
    });
    // Once it does arrive, both do.
    let said = place.run(&format!("revoke key {key} {FOR} {feed}"));
    assert!(said.ok().out.starts_with("accepted: key"), "{said:?}");
}

#[test]
fn a_feed_that_can_not_be_reached_or_read_is_unavailable() {
    let redis = RedisServer::start().expect("redis-server is installed where tests run");
    let place = Place::new();
    place.old_ring();
    let _keys = feed_key(&place);
    let address = redis.address();
    let revoke = |feed: &str| {
        place.run(&format!(
            "revoke subject ada --realm shop --feed-key-file feed-key --ring ring --wait 2s {feed}"
        ))
    };
    revoke(&format!("--feed {address} --force")).ok();
    // The key of another feed.
    let _other = feed_key(&place);
    revoke(&format!("--feed {address}")).fails(4, "Nothing was revoked");
    drop(redis);
    revoke(&format!("--feed {address}")).fails(4, "does not answer");
    revoke("--feed redis://user:secret@127.0.0.1/").fails(2, "--feed-file");
    revoke("--feed postgres://user:secret@127.0.0.1/db").fails(2, "--feed-file");
    for address in [
        "postgres://127.0.0.1/db?password=secret",
        "postgres://127.0.0.1/db?connect_timeout=1&PASSWORD=secret",
        "postgres://127.0.0.1/db?p%61ssword=secret",
        "redis+unix:///run/redis.sock?pass=secret",
        "redis+unix:///run/redis.sock?db=1&pass=secret",
    ] {
        revoke(&format!("--feed {address}")).fails(2, "--feed-file");
    }
    revoke("--feed http://127.0.0.1/").fails(3, "redis://");
    place.write("address", format!("{address}\n"), 0o644);
    revoke("--feed-file address").fails(3, "others may read");
    place.write("address", format!("{address}\n"), 0o600);
    revoke("--feed-file address").fails(4, "does not answer");
    place.write("feed-key", place.read("ring"), 0o600);
    revoke("--feed-file address").fails(3, "ring file");
    place
        .run("revoke subject ada --feed redis://127.0.0.1/")
        .fails(2, "--realm");
    let bad = "revoke subject ada --feed redis://127.0.0.1/ --feed-key-file x --realm A";
    place.run(bad).fails(2, "a realm has");
    let life = "revoke subject ada --feed redis://127.0.0.1/ --realm shop --feed-key-file feed-key";
    place.write(
        "feed-key",
        FeedKey::generate().unwrap().to_text().expose(),
        0o600,
    );
    place.run(life).fails(2, "--max-lifetime");
}

#[test]
fn a_feed_in_postgres_takes_revocations() {
    let postgres = PostgresServer::start().expect("postgresql is installed where tests run");
    let place = Place::new();
    place.old_ring();
    let _keys = feed_key(&place);
    let address = format!(
        "postgres://postgres@127.0.0.1:{}/postgres\n",
        postgres.port()
    );
    place.write("address", address, 0o600);
    let feed = "--feed-file address --realm shop --feed-key-file feed-key";
    let said = place.run(&format!(
        "revoke subject ada {feed} --max-lifetime 8h --force"
    ));
    assert!(said.ok().out.starts_with("accepted: "), "{said:?}");
    let listed = place.run(&format!("revocations {feed}"));
    assert!(listed.ok().out.contains("1 entry\n"), "{listed:?}");
}
