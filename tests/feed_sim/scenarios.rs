//! Rare courses of events, step by step: what chance would meet too seldom.

use cloakroom::SessionId;

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
