//! Revoking while the servers of a feed change its key, so that the feed holds batches under both.

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

use std::time::Duration;

use cloakroom::feed::{FeedKey, FeedKeys, FeedRevocations, Realm};
use cloakroom::{Freshness, RevocationView as _};
use cloakroom_redis::RedisConnector;
use common::Place;
use engine_tests::RedisServer;
use engine_tests::process::until;

const SOON: Duration = Duration::from_secs(20);

struct Site {
    redis: RedisServer,
    place: Place,
    old: FeedKey,
    new: FeedKey,
}

impl Site {
    fn new() -> Self {
        let redis = RedisServer::start().expect("redis-server is installed where tests run");
        let place = Place::new();
        place.old_ring();
        let key = |name: &str| {
            let key = FeedKey::generate().unwrap();
            place.write(name, format!("{}\n", key.to_text().expose()), 0o600);
            key
        };
        let (old, new) = (key("old"), key("new"));
        Self {
            redis,
            old,
            new,
            place,
        }
    }

    /// A server that has read the feed and writes to it.
    fn server(&self, keys: FeedKeys) -> FeedRevocations {
        let realm = Realm::new("shop").unwrap();
        let connector = RedisConnector::new(&self.redis.address(), realm.clone()).unwrap();
        let feed = FeedRevocations::builder(realm, keys, connector)
            .start()
            .unwrap();
        assert!(feed.wait_until_fresh(SOON));
        feed
    }

    /// One before the change, and one that has the key already.
    fn changing(&self) -> [FeedRevocations; 2] {
        let (old, new) = (self.old.clone(), self.new.clone());
        let first = self.server(FeedKeys::new(old.clone()).and_accept(new.clone()));
        let second = self.server(FeedKeys::new(new).and_accept(old));
        // Both wrote, if nothing but heartbeats.
        for id in [self.old.id(), self.new.id()] {
            assert!(until(SOON, || self.batches_under(id) > 2));
        }
        [first, second]
    }

    fn batches_under(&self, id: [u8; 4]) -> usize {
        type Entries = Vec<(String, Vec<(String, Vec<u8>)>)>;
        let log: Entries = self
            .redis
            .say(&["XRANGE", "{cloakroom:shop}:log", "-", "+"]);
        let batches = log.iter().map(|(_, fields)| &fields[0].1);
        batches.filter(|batch| batch[1..5] == id).count()
    }

    fn run(&self, command: &str, files: &[&str]) -> common::Ran {
        let address = self.redis.address();
        let files: String = files
            .iter()
            .map(|file| format!(" --feed-key-file {file}"))
            .collect();
        let more = if command.starts_with("revoke ") {
            "--ring ring"
        } else {
            ""
        };
        self.place.run(&format!(
            "{command} --feed {address} --realm shop --wait 2s {more}{files}"
        ))
    }
}

#[test]
fn with_both_keys_a_revocation_reaches_servers_that_change_them_and_with_one_it_is_said_what_lacks()
{
    let site = Site::new();
    let servers = site.changing();
    for (subject, files) in [("ada", ["new", "old"]), ("grace", ["old", "new"])] {
        let said = site.run(&format!("revoke subject {subject}"), &files);
        let start = format!("accepted: the sessions of \"{subject}\"\n");
        assert!(said.ok().out.starts_with(&start), "{said:?}");
    }
    for server in &servers {
        assert!(until(SOON, || server.stats().entries() == 2));
    }
    let listed = site.run("revocations", &["new", "old"]);
    assert!(listed.ok().out.contains("2 entries\n"), "{listed:?}");
    for file in ["old", "new"] {
        for command in ["revoke subject ada", "revocations"] {
            let said = site.run(command, &[file]);
            said.fails(4, &format!("under a feed key that {file} does not hold"))
                .fails(4, "give both: --feed-key-file")
                .fails(4, "Nothing was revoked");
        }
    }
    for server in &servers {
        assert!(until(SOON, || server.freshness() == Freshness::Fresh));
        assert_eq!(server.status().rejected, 0);
    }
}

#[test]
fn a_key_that_no_server_writes_with_is_not_written_with() {
    let site = Site::new();
    // It does not accept the new one yet.
    let server = site.server(FeedKeys::new(site.old.clone()));
    assert!(until(SOON, || site.batches_under(site.old.id()) > 2));
    site.run("revoke subject ada", &["new", "old"])
        .fails(3, "no server writes with the key in new")
        .fails(3, "Give the other file first");
    assert_eq!(site.batches_under(site.new.id()), 0);
    // Who only reads may give them in any order.
    site.run("revocations", &["new", "old"]).ok();
    site.run("revoke subject ada", &["old", "new"]).ok();
    assert!(until(SOON, || server.stats().entries() == 1));
    assert_eq!(server.status().rejected, 0);
}

#[test]
fn a_feed_that_is_founded_is_under_the_first_of_two_keys() {
    let site = Site::new();
    site.run("revoke subject ada --force", &["new", "old"]).ok();
    assert!(site.batches_under(site.new.id()) > 0);
    assert_eq!(site.batches_under(site.old.id()), 0);
}

#[test]
fn other_than_two_different_keys_are_refused() {
    let site = Site::new();
    let _server = site.server(FeedKeys::new(site.old.clone()));
    let key = FeedKey::generate().unwrap();
    site.place.write("third", key.to_text().expose(), 0o600);
    site.place.write("copy", site.place.read("old"), 0o600);
    let revoke = |files: &[&str]| site.run("revoke subject ada", files);
    revoke(&[]).fails(2, "--feed-key-file FILE");
    revoke(&["old", "new", "third"]).fails(2, "was given 3 times");
    revoke(&["old", "copy"]).fails(3, "files old and copy hold the same feed key");
    revoke(&["old", "none"]).fails(3, "none");
    site.place.write("bad", "clkfeed1.x", 0o600);
    revoke(&["old", "bad"]).fails(3, "file bad");
    // Neither of two.
    for command in ["revoke subject ada", "revocations"] {
        site.run(command, &["new", "third"])
            .fails(4, "that neither new nor third holds");
    }
}

#[test]
fn what_nobody_can_follow_is_named() {
    let site = Site::new();
    let _server = site.server(FeedKeys::new(site.old.clone()));
    let log = "{cloakroom:shop}:log";
    let _id: String = site.redis.say(&["XADD", log, "99999999-0", "b", "garbage"]);
    for command in ["revocations", "revoke subject ada"] {
        site.run(command, &["old"])
            .fails(4, "the revocation feed can't be followed: ");
    }
}
