//! Two servers that share a Redis: who is logged out of one is logged out of both, also when Redis
//! was away meanwhile, and also after a restart of everything.

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

#[allow(dead_code, reason = "each test file uses a part of it")]
mod common;

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use common::process::{Process, command};
use common::{Directory, Request};
use engine_tests::RedisServer;
use engine_tests::subject::Server as _;

/// What the feed promises, and some time for a busy machine.
const BOUND: Duration = Duration::from_secs(10);

struct Site {
    redis: RedisServer,
    folders: [Directory; 2],
}

impl Site {
    fn new() -> Option<Self> {
        let redis = RedisServer::start()?;
        let folders = [Directory::new(), Directory::new()];
        Some(Self { redis, folders })
    }

    fn server(&self, which: usize) -> Process {
        let folder = self.folders[which].path();
        Process::spawn(command(folder).env("REDIS_URL", self.redis.address()))
    }

    /// Both servers. The second gets its secrets as a deployment would bring them.
    fn servers(&self) -> [Process; 2] {
        let first = self.server(0);
        let [from, to]: [&Path; 2] = [self.folders[0].path(), self.folders[1].path()];
        for secret in ["keys", "feed-key"] {
            fs::copy(from.join(secret), to.join(secret)).unwrap();
        }
        [first, self.server(1)]
    }
}

/// Asks until the answer is this one.
fn becomes(server: &Process, token: &str, status: u16) {
    let start = Instant::now();
    loop {
        let now = server.status(token);
        if now == status {
            return;
        }
        assert!(start.elapsed() < BOUND, "{now} instead of {status}");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_user_who_is_forced_out_on_one_server_is_out_of_both_and_stays_out() {
    let Some(site) = Site::new() else { return };
    let [one, two] = site.servers();
    let (ada, grace) = (one.login("ada"), two.login("grace"));
    let admin = one.login("admin");
    for server in [&one, &two] {
        assert_eq!((server.status(&ada), server.status(&grace)), (200, 200));
    }
    let form = one.signed_with("/admin", "/admin/force-out", &admin, "user=ada");
    assert_eq!(form.send(one.address).status, 303);
    assert_eq!(one.status(&ada), 401);
    becomes(&two, &ada, 401);
    assert_eq!(two.status(&grace), 200);
    // And in the other direction.
    let out = Request::form("/logout", "").cookie(&grace);
    assert_eq!(out.send(two.address).status, 303);
    becomes(&one, &grace, 401);
    // She can log in again, on either.
    let again = two.login("ada");
    assert_eq!((one.status(&again), two.status(&again)), (200, 200));

    one.kill();
    two.kill();
    for server in [site.server(0), site.server(1)] {
        becomes(&server, &again, 200);
        assert_eq!((server.status(&ada), server.status(&grace)), (401, 401));
    }
}

#[test]
fn without_news_nobody_is_let_in_and_a_logout_meanwhile_arrives_later() {
    let Some(mut site) = Site::new() else { return };
    let [one, two] = site.servers();
    let (ada, grace) = (one.login("ada"), one.login("grace"));
    assert_eq!((two.status(&ada), two.status(&grace)), (200, 200));
    site.redis.kill();
    // Unavailable, never unauthorised: a client must not throw its session away.
    for server in [&one, &two] {
        becomes(server, &grace, 503);
    }
    let out = Request::form("/logout", "").cookie(&ada);
    assert_eq!(out.send(one.address).status, 303);
    site.redis.restart_empty();
    for server in [&one, &two] {
        becomes(server, &grace, 200);
        becomes(server, &ada, 401);
    }
}

#[test]
fn a_server_with_another_feed_key_logs_nobody_out() {
    let Some(site) = Site::new() else { return };
    let first = site.server(0);
    let ada = first.login("ada");
    let keys = fs::read(site.folders[0].path().join("keys")).unwrap();
    fs::write(site.folders[1].path().join("keys"), keys).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let private = fs::Permissions::from_mode(0o600);
        fs::set_permissions(site.folders[1].path().join("keys"), private).unwrap();
    }
    // It made a feed key of its own, and can't follow: it lets nobody in, and is not heard.
    let stranger = site.server(1);
    assert_eq!(stranger.status(&ada), 503);
    let out = Request::form("/logout", "").cookie(&ada);
    out.send(stranger.address);
    // What comes later was read later: had the stranger been heard, it would be in effect by now.
    let grace = first.login("grace");
    let out = Request::form("/logout", "").cookie(&grace);
    assert_eq!(out.send(first.address).status, 303);
    assert_eq!((first.status(&grace), first.status(&ada)), (401, 200));
}

#[test]
fn a_damaged_file_is_moved_aside_and_what_was_in_it_comes_back_from_the_others() {
    let Some(site) = Site::new() else { return };
    let [one, two] = site.servers();
    let (ada, grace) = (two.login("ada"), two.login("grace"));
    let out = Request::form("/logout", "").cookie(&ada);
    assert_eq!(out.send(two.address).status, 303);
    becomes(&one, &ada, 401);
    two.kill();
    let file = site.folders[1].path().join("revocations.redb");
    fs::write(&file, "no database").unwrap();

    let two = site.server(1);
    // What it did not deliver is lost, so nobody from before is let in here; the others know better.
    becomes(&two, &grace, 401);
    assert_eq!((two.status(&ada), one.status(&ada)), (401, 401));
    assert_eq!(one.status(&grace), 200);
    // Once the second in which it was moved is over, and the allowance for clocks.
    let again = two.login("grace");
    becomes(&one, &again, 200);
    assert_eq!(two.status(&again), 200);
    let aside = fs::read_dir(site.folders[1].path()).unwrap();
    let damaged = |path: &Path| fs::read(path).is_ok_and(|bytes| bytes == b"no database");
    let kept = aside.filter(|entry| damaged(&entry.as_ref().unwrap().path()));
    assert_eq!(kept.count(), 1);
    assert!(two.alarms().contains("revocations: "));
}
