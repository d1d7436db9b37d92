//! The runbook of a feed that can't be followed, because somebody without its key wrote to the engine:
//! in Redis with two servers, in PostgreSQL with two that follow.
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

use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::Duration;

use cloakroom::feed::{FeedKey, FeedKeys, FeedRevocations, Realm};
use cloakroom::{Freshness, KeyRing, RevocationView as _, Sessions, SystemClock};
use engine_tests::process::{find, until};
use engine_tests::{PostgresServer, RedisServer, Server as _};
use ops_tests::{Book, Pair, Place, SOON, has_tools, login, logout, status_of};

const REALM: &str = "cloakroom-demo";
/// The word, as PostgreSQL shows bytes.
const GARBAGE: &str = "\\x67617262616765";

#[test]
fn feed_broken_in_redis() {
    let is_here = || has_tools() && find("redis-cli", "redis-tools", &[]).is_some();
    let Some(redis) = RedisServer::start().filter(|_| is_here()) else {
        return;
    };
    let mut pair = Pair::start(&redis);
    let late = login(pair.ports[1], "ada");
    pair.both_say(&late, 200);
    let (ada, grace) = (login(pair.ports[0], "ada"), login(pair.ports[1], "grace"));
    pair.both_say(&ada, 200);
    pair.both_say(&grace, 200);
    logout(pair.ports[0], &ada);
    pair.both_say(&ada, 401);
    let credentials = format!("Authorization: Bearer {grace}\n");
    pair.place.write("credentials", &credentials);

    let log = format!("{{cloakroom:{REALM}}}:log");
    let _id: String = redis.say(&["XADD", &log, "99999999-0", "b", "garbage"]);
    pair.both_say(&grace, 503);
    let said = Book::open("feed-broken.md").run_next(&pair.place);
    assert!(said.contains("could not be read to its end"), "{said}");
    assert!(said.contains("of no version"), "{said}");
    // Who tries this finds that it does not help.
    let removed: u32 = redis.say(&["XDEL", &log, "99999999-0"]);
    assert_eq!(removed, 1);
    sleep(Duration::from_secs(4));
    assert_eq!(pair.statuses(&grace), [503; 2]);
    // And so that there is something to see.
    let _id: String = redis.say(&["XADD", &log, "100000000-0", "b", "garbage"]);

    let book = Book::open("feed-broken.md");
    let said = book.run_next(&pair.place);
    assert!(said.contains("equal or smaller"), "{said}");
    let said = book.run_next(&pair.place);
    assert!(said.contains("garbage"), "{said}");
    let evidence = pair.place.read("evidence");
    assert!(evidence.contains("addr=127.0.0.1"), "{evidence}");
    book.skip_next();
    assert_eq!(pair.statuses(&grace), [503; 2], "nothing was mended yet");
    // What one server alone knows, which is down when the others found the feed anew.
    logout(pair.ports[1], &late);
    pair.stop_second();
    assert_eq!(
        book.run_next(&pair.place).trim(),
        "2",
        "there was no snapshot"
    );
    book.skip_next();
    book.run_next(&pair.place);
    assert_eq!(status_of(pair.ports[0], &ada), 401);
    assert_eq!(status_of(pair.ports[0], &late), 200, "as the runbook warns");
    pair.restart_second(&redis, &[]);
    pair.both_say(&late, 401);
    let said = book.run_next(&pair.place);
    assert!(said.contains("2 entries"), "{said}");
    book.is_done();

    pair.both_say(&grace, 200);
    assert_eq!(pair.statuses(&ada), [401; 2]);
    pair.hear_each_other();
}

/// The demo speaks to a Redis alone.
#[test]
fn feed_broken_in_postgres() {
    let is_here = || find("psql", "postgresql-client", &[]).is_some();
    let Some(postgres) = PostgresServer::start().filter(|_| is_here()) else {
        return;
    };
    let address = format!("postgres://postgres@127.0.0.1:{}/postgres", postgres.port());
    let place = Place::new().with("FEED", &address).with("FEED_KEY", "key");
    place.run("cloakroom keys feed-key key");
    let key = FeedKey::parse(place.read("key").trim()).unwrap();
    let log = Arc::new(Mutex::new(String::new()));
    let follow = || {
        let realm = Realm::new(REALM).unwrap();
        let (keys, log) = (FeedKeys::new(key.clone()), Arc::clone(&log));
        let feed = FeedRevocations::builder(realm.clone(), keys, postgres.connector(realm))
            .on_event(move |event| log.lock().unwrap().push_str(&format!("feed: {event}\n")))
            .start()
            .unwrap();
        assert!(feed.wait_until_fresh(SOON));
        feed
    };
    let life = time::Duration::hours(8);
    let ring = KeyRing::generate(&SystemClock, life).unwrap();
    let servers = [follow(), follow()].map(|feed| {
        let sessions = Sessions::<(), _>::builder(ring.clone(), feed);
        let sessions = sessions.purpose("session").audience("").no_idle_timeout();
        sessions.absolute_timeout(life).build().unwrap()
    });
    let are_fresh = |fresh| {
        let mut feeds = servers.iter().map(Sessions::revocations);
        feeds.all(|feed| (feed.freshness() == Freshness::Fresh) == fresh)
    };
    let say = |token: &str, accept: bool| {
        let mut answers = servers.iter().map(|server| server.verify(token).is_ok());
        answers.all(|accepted| accepted == accept)
    };
    let ada = servers[0].issue("ada", &()).unwrap().token;
    assert!(until(SOON, || say(ada.as_str(), true)));
    assert!(servers[0].revoke_token(ada.as_str()).unwrap().is_some());
    assert!(until(SOON, || are_fresh(true) && say(ada.as_str(), false)));

    postgres.say(&format!(
        "WITH head AS (
             UPDATE cloakroom_feed_head SET n = n + 1 WHERE realm = '{REALM}' RETURNING realm, n
         )
         INSERT INTO cloakroom_feed_batch (realm, n, b) SELECT realm, n, 'garbage' FROM head"
    ));
    assert!(until(SOON, || are_fresh(false)));
    place.write("server.log", &log.lock().unwrap());
    let book = Book::open("feed-broken.md");
    let said = book.run_next(&place);
    assert!(said.contains("could not be read to its end"), "{said}");
    assert!(said.contains("of no version"), "{said}");
    book.skip_next();
    assert!(book.run_next(&place).contains(GARBAGE));
    assert!(place.read("evidence").contains("client_addr"));
    book.skip_next();
    let said = book.run_next(&place);
    assert_eq!(said.matches("DELETE ").count(), 3, "{said}");
    assert!(until(SOON, || are_fresh(true)));
    assert!(log.lock().unwrap().contains("(NewEpoch)"));
    // What asks the demo.
    book.skip_next();
    let said = book.run_next(&place);
    assert!(said.contains("1 entry"), "{said}");
    book.is_done();

    assert!(say(ada.as_str(), false));
    let grace = servers[1].issue("grace", &()).unwrap().token;
    assert!(until(SOON, || say(grace.as_str(), true)));
    assert!(servers[1].revoke_token(grace.as_str()).unwrap().is_some());
    assert!(until(SOON, || say(grace.as_str(), false) && are_fresh(true)));
}
