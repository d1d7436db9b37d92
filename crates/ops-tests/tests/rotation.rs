//! Two servers over one ring file, with users at work: a whole rotation by the runbook refuses no
//! request, and after a key was disabled nothing under it is accepted anywhere.
//!
//! Time is real here, because the command and the servers are programs: the ring's tokens live for six
//! seconds and it reaches all servers in five, also on a busy machine, so that a rotation from the
//! announcement to the retirement takes about twenty. Users stay logged in meanwhile by renewal.
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

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use engine_tests::process::{find, free_port, until};
use ops_tests::{Book, Clock, Place, Server};

const LIMIT: Duration = Duration::from_secs(60);
const WITH: &[(&str, &str)] = &[("CLOAKROOM_IDLE", "6"), ("CLOAKROOM_RELOAD", "1")];

struct Site {
    place: Place,
    servers: [Server; 2],
    /// Tokens that live for seconds do not stand it that another test takes the machine for itself.
    _turn: MutexGuard<'static, ()>,
}

static TURN: Mutex<()> = Mutex::new(());

impl Site {
    fn start() -> Option<Self> {
        Self::with(WITH, |place| {
            place.run("cloakroom keys new ring --max-lifetime 6s --rollout 5s");
        })
    }

    fn with(with: &[(&str, &str)], make_ring: impl FnOnce(&Place)) -> Option<Self> {
        let here = |tool| find(tool, tool, &[]).is_some();
        if !["curl", "jq"].into_iter().all(here) {
            return None;
        }
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let place = Place::new();
        make_ring(&place);
        let start = |folder, port| Server::start(&place, folder, port, with, Clock::Right);
        let servers = [start("data", place.port), start("data-2", free_port())];
        Some(Self {
            place,
            servers,
            _turn: turn,
        })
    }

    /// The id of the key of a token.
    fn key_of(&self, token: &str) -> String {
        self.place.write(".asked", token);
        let ask = "cloakroom inspect --json < .asked | jq -r .key";
        self.place.run(ask).trim().to_owned()
    }

    fn has(&self, state: &str) -> bool {
        let ask = format!(r#"[.keys[] | select(.state == "{state}")] | length > 0"#);
        let list = format!("cloakroom keys list ring --json 2>/dev/null | jq '{ask}'");
        self.place.run(&list).trim() == "true"
    }
}

/// What users at work met.
#[derive(Default)]
struct Met {
    done: AtomicBool,
    requests: AtomicU64,
    refused: Mutex<Vec<String>>,
    /// The latest token of each user.
    tokens: Mutex<Vec<String>>,
}

impl Met {
    fn refuse(&self, what: &str, status: u16) {
        self.refused
            .lock()
            .unwrap()
            .push(format!("{what}: {status}"));
    }
}

/// A user: every request to the other server, and whatever token the last renewal gave.
fn work(site: &Site, met: &Met, user: &str, number: usize) {
    let mut token = site.servers[number % 2].login(user);
    let mut turn = number;
    while !met.done.load(Ordering::SeqCst) {
        turn += 1;
        let server = &site.servers[turn % 2];
        let status = server.status(&token);
        if status != 200 {
            met.refuse("a request", status);
        }
        let (status, next) = server.renew(&token);
        if status != 200 && status != 204 {
            met.refuse("a renewal", status);
        }
        token = next.unwrap_or(token);
        met.requests.fetch_add(2, Ordering::SeqCst);
        met.tokens.lock().unwrap()[number].clone_from(&token);
        // A login now and then: what a server seals, the other one opens at once.
        if turn.is_multiple_of(20) {
            let fresh = server.login(user);
            let status = site.servers[(turn + 1) % 2].status(&fresh);
            if status != 200 {
                met.refuse("a fresh login at the other server", status);
            }
        }
        thread::sleep(Duration::from_millis(25));
    }
}

/// Runs `story` while four users work, and returns what they met.
fn at_work(site: &Site, story: impl FnOnce(&Met)) -> Met {
    let met = Met::default();
    *met.tokens.lock().unwrap() = vec![String::new(); 4];
    thread::scope(|scope| {
        for (number, user) in ["ada", "grace", "ada", "grace"].into_iter().enumerate() {
            let met = &met;
            scope.spawn(move || work(site, met, user, number));
        }
        let busy = until(LIMIT, || met.requests.load(Ordering::SeqCst) > 40);
        // A story that fails must not leave the users at work for ever.
        let told = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            assert!(busy, "nobody works");
            story(&met);
        }));
        met.done.store(true, Ordering::SeqCst);
        if let Err(why) = told {
            std::panic::resume_unwind(why);
        }
    });
    met
}

#[test]
fn a_rotation_by_the_runbook_refuses_no_request_and_moves_everybody_to_the_new_key() {
    let Some(site) = Site::start() else {
        return;
    };
    let book = Book::open("planned-rotation.md");
    let met = at_work(&site, |met| {
        for _ in 0..3 {
            book.run_next(&site.place);
        }
        assert!(until(LIMIT, || {
            let log = site.place.read("server.log");
            log.matches("a new key ring is in force").count() >= 2
        }));
        book.run_next(&site.place);
        assert!(until(LIMIT, || site.has("open-only")));
        book.run_next(&site.place);
        assert!(until(LIMIT, || site.has("retired")));
        book.run_next(&site.place);
        book.is_done();
        // Some more work without the old key.
        let before = met.requests.load(Ordering::SeqCst);
        assert!(until(LIMIT, || met.requests.load(Ordering::SeqCst) > before + 100));
    });
    let requests = met.requests.load(Ordering::SeqCst);
    let refused = met.refused.into_inner().unwrap();
    assert_eq!(refused, [""; 0], "of {requests}");
    assert!(requests > 500, "only {requests}");
    println!("{requests} requests, none refused");
    let tokens = met.tokens.into_inner().unwrap();
    let keys: BTreeSet<String> = tokens.iter().map(|token| site.key_of(token)).collect();
    let left = site
        .place
        .run("cloakroom keys list ring --json 2>/dev/null | jq -r '.keys[].id'");
    assert_eq!(keys.into_iter().collect::<Vec<_>>(), [left.trim()]);
}

#[test]
fn a_new_key_that_seals_at_once_on_one_server_is_refused_by_the_other() {
    // What the rotation avoids; without it, "none refused" could mean that nobody looked.
    let Some(site) = Site::start() else {
        return;
    };
    // The second server alone has a ring of its own, with a key that seals now.
    let place = &site.place;
    place.run("mkdir other; cp -p ring other/ring; cloakroom keys add other/ring --at +1s --force");
    let ring = place.path("other/ring");
    let with = [("CLOAKROOM_KEYS", ring.to_str().unwrap()), WITH[0], WITH[1]];
    let hasty = Server::start(place, "data-3", free_port(), &with, Clock::Right);
    assert!(until(LIMIT, || site.servers[0].status(&hasty.login("ada")) == 401));
}

#[test]
fn after_an_emergency_every_old_token_is_refused_on_both_servers_and_logins_work() {
    // No token is dead because nobody used it for a while.
    let Some(site) = Site::with(&WITH[1..], Place::full_ring) else {
        return;
    };
    let mut old: Vec<String> = Vec::new();
    for server in &site.servers {
        old.extend(["ada", "grace", "admin"].map(|user| server.login(user)));
    }
    let leaked = site.key_of(&old[0]);
    // The thief has the whole file: a key that only opens and one that is announced, too.
    site.place.run("cp -p ring stolen");
    let mut forged = Vec::new();
    // A server that started without a store refuses what claims to have begun before it.
    assert!(until(LIMIT, || {
        forged = site.place.forge("stolen", &old[0]);
        let accepted = |token: &String| {
            site.servers
                .iter()
                .all(|server| server.status(token) == 200)
        };
        forged.iter().all(accepted)
    }));
    assert_eq!(forged.len(), 3);
    old.extend(forged);
    for (token, server) in old
        .iter()
        .flat_map(|token| site.servers.iter().map(move |server| (token, server)))
    {
        assert_eq!(server.status(token), 200);
    }
    site.place
        .run("cp -p ring ring.next; cloakroom keys disable ring.next --all; mv ring.next ring");
    let shipped = Instant::now();
    // Each token at each server, within the time between two looks and some for a busy machine.
    let dead = |token: &str| {
        site.servers
            .iter()
            .all(|server| server.status(token) == 401)
    };
    assert!(until(Duration::from_secs(5), || old
        .iter()
        .all(|token| dead(token))));
    println!(
        "all refused {} ms after the file was there",
        shipped.elapsed().as_millis()
    );
    // None comes back, whatever is asked of it, and nothing that is forged now is accepted.
    old.extend(site.place.forge("stolen", &old[0]));
    for token in &old {
        for server in &site.servers {
            assert_eq!((server.status(token), server.renew(token).0), (401, 401));
        }
    }
    for server in &site.servers {
        let again = server.login("ada");
        assert_ne!(site.key_of(&again), leaked);
        for server in &site.servers {
            assert_eq!(server.status(&again), 200);
        }
    }
}
