//! What remains of a session when its time is up. Peers go by the system's clock, so this waits: once,
//! for all of them together.

use std::sync::OnceLock;

use crate::app::{Ask, Limits, OURS, Peer, SHORTEST, Server, Setup};
use crate::peers;

/// Whether a cookie that was kept still works after the limit, in the order of [`peers::ALL`].
struct Outlived {
    idle: Vec<bool>,
    absolute: Vec<bool>,
}

struct Running {
    setup: Setup,
    server: Server,
    cookie: String,
}

impl Running {
    fn start(peer: &Peer, limits: Limits) -> Self {
        let setup = Setup::new(limits);
        let mut server = (peer.start)(&setup).expect("every peer has a setting for a limit");
        let login = server(Ask::post("/login/ada"));
        let cookie = login.cookie().expect("a cookie");
        // The peer took the limit: what still works afterwards works in spite of it.
        let age = login.parsed().and_then(|cookie| cookie.max_age());
        let age = age.expect("a cookie that ends").whole_seconds();
        assert!(age <= OURS as i64, "{}: {age} s", peer.name);
        Self {
            setup,
            server,
            cookie,
        }
    }

    fn is_logged_in(&mut self) -> bool {
        let answer = (self.server)(Ask::get("/me").with(&self.cookie));
        answer.status == 200 && answer.body == "ada"
    }
}

fn outlived() -> &'static Outlived {
    static OUTLIVED: OnceLock<Outlived> = OnceLock::new();
    OUTLIVED.get_or_init(|| {
        let start = |limits| {
            let start = peers::ALL.iter().map(|peer| Running::start(peer, limits));
            start.collect::<Vec<_>>()
        };
        let mut idle = start(Limits::Idle);
        let mut absolute = start(Limits::Absolute);
        for running in idle.iter_mut().chain(&mut absolute) {
            assert!(running.is_logged_in(), "at first");
        }
        std::thread::sleep(SHORTEST + std::time::Duration::from_millis(200));
        let after = |all: &mut Vec<Running>| {
            let all = all.iter_mut().map(|running| {
                running.setup.clock.advance(OURS + 1);
                running.is_logged_in()
            });
            all.collect()
        };
        Outlived {
            idle: after(&mut idle),
            absolute: after(&mut absolute),
        }
    })
}

fn index(peer: &Peer) -> usize {
    let found = peers::ALL.iter().position(|other| other.name == peer.name);
    found.expect("a peer of the list")
}

/// Whether the limit was outlived: by idling, by being old.
pub fn outlives(peer: &Peer) -> (bool, bool) {
    let (outlived, index) = (outlived(), index(peer));
    (outlived.idle[index], outlived.absolute[index])
}

/// Whether both limits can be set and hold: a session in use goes on beyond the idle limit, and no use
/// of it goes beyond the absolute one. By a clock that is moved; a peer without one has no such
/// setting.
pub fn holds_both(peer: &Peer) -> bool {
    let setup = Setup::new(Limits::Both);
    let Some(mut server) = (peer.start)(&setup) else {
        return false;
    };
    let mut cookie = server(Ask::post("/login/ada")).cookie().expect("a cookie");
    let unused = cookie.clone();
    let step = OURS * 2 / 3;
    for at in [step, 2 * step, 2 * OURS - 1] {
        setup.clock.set(1_800_000_000 + at);
        let answer = server(Ask::get("/me").with(&cookie));
        if answer.status != 200 {
            return false;
        }
        cookie = answer.cookie().unwrap_or(cookie);
    }
    let idle = server(Ask::get("/me").with(&unused)).status == 401;
    setup.clock.set(1_800_000_000 + 2 * OURS);
    idle && server(Ask::get("/me").with(&cookie)).status == 401
}
