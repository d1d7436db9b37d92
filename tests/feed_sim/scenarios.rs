//! Rare courses of events, step by step: what chance would meet too seldom.

use cloakroom::{Freshness, RevocationView as _, SessionId};

use crate::foreign::Foreign;
use crate::model::Asking;
use crate::net::Route;
use crate::run::Run;
use crate::server::Server;

/// `count` servers that write, without disks but for those that are named.
fn fleet(count: usize, disks: &[usize]) -> Run {
    let seed = (1..).find(|seed| Run::new(*seed, &Foreign::none()).is_fleet(count, disks));
    let mut run = Run::new(seed.unwrap(), &Foreign::none());
    pass(&mut run, 4_000);
    run
}

impl Run {
    fn is_fleet(&self, count: usize, disks: &[usize]) -> bool {
        let fits = |server: &Server| {
            !server.follows && server.disk.is_some() == disks.contains(&server.number)
        };
        self.servers.len() == count && self.servers.iter().all(fits)
    }
}

/// Everybody runs for so long.
fn pass(run: &mut Run, millis: u64) {
    for _ in 0..millis / 50 {
        run.begin(50);
        run.everybody();
        run.end().unwrap();
    }
}

fn log_out(run: &mut Run, server: usize, id: [u8; 16]) {
    let up = run.servers[server].up.as_ref().unwrap();
    let asked = up.sessions.revoke(SessionId::from_bytes(id)).unwrap();
    run.servers[server].settle();
    let now = run.net.now();
    run.model.publish(now, &asked.said);
    let waiting = run.waiting(server, Asking::Publication(asked));
    run.model.waiting.push(waiting);
}

fn pending_for_long(disks: &[usize]) {
    let mut run = fleet(2, disks);
    let session = {
        let up = run.servers[1].up.as_ref().unwrap();
        up.sessions.issue("ada", &()).unwrap()
    };
    run.keep(&session, "ada");
    let id = session.session.id().to_bytes();
    run.net.state().routes[0] = Some(Route::Cut);
    log_out(&mut run, 0, id);
    let mut text = session.token.as_str().to_owned();
    for round in 0..60 {
        pass(&mut run, 3_000);
        // The other server knows nothing of it, and renews; this one forgets what it may.
        let up = run.servers[1].up.as_ref().unwrap();
        let live = up.sessions.verify(&text).unwrap();
        if let Some(renewed) = up.sessions.renew(&live).unwrap() {
            run.keep(&renewed, "ada");
            text = renewed.token.as_str().to_owned();
        }
        let mut other = [1; 16];
        other[0] = round;
        log_out(&mut run, 0, other);
        let last = run.model.tokens.last_mut().unwrap();
        // The new token is refused here as the old one was.
        last.refused |= 1;
        run.check().unwrap();
    }
    if !disks.is_empty() {
        run.crash(0);
        run.start(0);
        run.model.tokens.last_mut().unwrap().refused |= 1;
        run.check().unwrap();
    }
    run.net.state().routes[0] = None;
    if disks.is_empty() {
        pass(&mut run, 5_000);
        run.calm().unwrap();
        let up = run.servers[1].up.as_ref().unwrap();
        assert!(up.sessions.verify(&text).is_err());
    }
    run.end_all();
}

#[test]
fn what_is_pending_for_longer_than_entries_live_is_refused_here_all_the_while() {
    pending_for_long(&[]);
}

#[test]
fn what_is_pending_for_longer_than_entries_live_is_refused_after_a_restart_too() {
    pending_for_long(&[0]);
}

/// Milliseconds for which a feed that was founded anew is fresh for nobody.
const SETTLING: u64 = 2_750;
/// The longest pause between two attempts to reach an engine.
const PAUSE: u64 = 1_500;

/// Only the server 0 knows of a logout when the engine loses everything, and it comes back so much
/// later than the others. Whether any of them was fresh and let the session live meanwhile.
fn lost_while_the_holder_is_cut_off(for_millis: u64) -> bool {
    let mut run = fleet(3, &[]);
    let session = {
        let up = run.servers[1].up.as_ref().unwrap();
        up.sessions.issue("ada", &()).unwrap()
    };
    run.keep(&session, "ada");
    pass(&mut run, 500);
    for other in [1, 2] {
        run.net.state().routes[other] = Some(Route::Cut);
    }
    log_out(&mut run, 0, session.session.id().to_bytes());
    pass(&mut run, 500);
    assert!(run.model.waiting.is_empty(), "accepted");
    run.net.state().routes[0] = Some(Route::Cut);
    run.lose_all();
    for other in [1, 2] {
        run.net.state().routes[other] = None;
    }
    let founded = run.net.now();
    let mut missed = false;
    while run.net.now() < founded + 15_000 {
        if run.net.now() >= founded + for_millis {
            run.net.state().routes[0] = None;
        }
        pass(&mut run, 50);
        for server in [1, 2] {
            let up = run.servers[server].up.as_ref().unwrap();
            let fresh = up.feed.freshness() == Freshness::Fresh;
            missed |= fresh && up.sessions.verify(session.token.as_str()).is_ok();
        }
    }
    run.calm().unwrap();
    run.end_all();
    missed
}

#[test]
fn a_holder_that_comes_within_the_settling_time_is_waited_for() {
    for for_millis in (0..SETTLING - PAUSE).step_by(250) {
        assert!(
            !lost_while_the_holder_is_cut_off(for_millis),
            "{for_millis}"
        );
    }
    // What is presumed, and no more.
    assert!(lost_while_the_holder_is_cut_off(2 * SETTLING));
}

/// A server whose clock is stepped about, by seconds or by hours, is alone with that.
#[test]
fn a_clock_beyond_the_allowance_makes_no_other_server_stale() {
    let mut run = fleet(3, &[2]);
    let mut random = crate::random::Random(7);
    for round in 0..40 {
        let far = [3_000, 30_000, 7_200_000][round % 3];
        let off = random.between(0, 2 * far) as i64 - far as i64;
        run.servers[0].clocks.set(off);
        let mut id = [3; 16];
        id[0] = round as u8;
        log_out(&mut run, 1, id);
        id[1] = 1;
        log_out(&mut run, 0, id);
        for _ in 0..100 {
            pass(&mut run, 50);
            for server in [1, 2] {
                let feed = &run.servers[server].up.as_ref().unwrap().feed;
                assert_eq!(
                    feed.freshness(),
                    Freshness::Fresh,
                    "server {server} while a clock is {off} ms off: {:?}",
                    feed.status()
                );
                let mark = feed.high_water_mark();
                assert!(
                    mark <= run.net.now() / 1000 + 1,
                    "{mark} by a clock {off} ms off"
                );
            }
        }
    }
    run.calm().unwrap();
    run.end_all();
}
