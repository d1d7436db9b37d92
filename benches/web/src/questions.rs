//! What is asked of each peer, and how the answer is found out: by running it.

use cookie::SameSite;

use crate::app::{Ask, Limits, Peer, Server, Setup};
use crate::{cost, limits};

pub struct Question {
    /// The row's title.
    pub title: &'static str,
    pub ask: fn(&Peer) -> String,
}

pub const ALL: [Question; 12] = [
    Question {
        title: "a copied cookie when its time is up",
        ask: copied_after_its_time,
    },
    Question {
        title: "a copied cookie after logout",
        ask: copied_after_logout,
    },
    Question {
        title: "limits that the server enforces",
        ask: enforced_limits,
    },
    Question {
        title: "a session of 5,000 characters",
        ask: large_session,
    },
    Question {
        title: "sizes at which the user is logged out without an error",
        ask: silently_dropped,
    },
    Question {
        title: "cookie unless configured",
        ask: attributes,
    },
    Question {
        title: "another site's form, sent with the cookie",
        ask: forged_request,
    },
    Question {
        title: "another site logs the browser in as somebody else",
        ask: forged_login,
    },
    Question {
        title: "a session planted before the login",
        ask: planted_session,
    },
    Question {
        title: "a new key",
        ask: new_key,
    },
    Question {
        title: "log out everywhere",
        ask: log_out_everywhere,
    },
    Question {
        title: "allocations that a live session adds to a request, about",
        ask: cost::allocations,
    },
];

/// The last row, which is about what is lost and not about what is kept.
pub const RESTART: Question = Question {
    title: "the server restarts",
    ask: restart,
};

pub(crate) fn start(peer: &Peer, setup: &Setup) -> Server {
    (peer.start)(setup).expect("a server")
}

pub(crate) fn login(server: &mut Server, name: &str) -> String {
    let answer = server(Ask::post(&format!("/login/{name}")));
    assert_eq!(answer.status, 200, "{answer:?}");
    let cookie = answer.cookie().expect("a cookie");
    assert_eq!(who(server, &cookie).as_deref(), Some(name));
    cookie
}

fn who(server: &mut Server, cookie: &str) -> Option<String> {
    let answer = server(Ask::get("/me").with(cookie));
    assert!([200, 401].contains(&answer.status), "{answer:?}");
    (answer.status == 200).then_some(answer.body)
}

fn copied_after_its_time(peer: &Peer) -> String {
    let (idle, absolute) = limits::outlives(peer);
    if idle || absolute { "works" } else { "refused" }.into()
}

fn copied_after_logout(peer: &Peer) -> String {
    let server = &mut start(peer, &Setup::new(Limits::Default));
    let cookie = login(server, "ada");
    let answer = server(Ask::post("/logout").with(&cookie));
    assert_eq!(answer.status, 200, "{answer:?}");
    let removal = answer.parsed().expect("a cookie to replace the old one");
    assert_eq!(removal.max_age().map(|age| age.is_zero()), Some(true));
    let works = who(server, &cookie).is_some();
    if works { "works" } else { "refused" }.into()
}

fn enforced_limits(peer: &Peer) -> String {
    let (idle, absolute) = limits::outlives(peer);
    match (limits::holds_both(peer), idle, absolute) {
        (true, false, false) => "idle and absolute",
        (false, false, false) => "idle or absolute",
        (false, true, true) => "none",
        other => panic!("no word for {other:?}"),
    }
    .into()
}

/// What becomes of a login with so many characters in the session.
enum Fate {
    Kept,
    Error,
    DroppedByTheBrowser,
}

fn with_characters(server: &mut Server, size: usize) -> Fate {
    let answer = server(Ask::post(&format!("/login/ada/{size}")));
    if answer.status == 500 {
        assert_eq!(answer.cookie(), None);
        return Fate::Error;
    }
    assert_eq!(answer.status, 200, "{answer:?}");
    if answer.is_dropped_by_browsers() {
        return Fate::DroppedByTheBrowser;
    }
    let cookie = answer.cookie().expect("a cookie");
    assert_eq!(who(server, &cookie).as_deref(), Some("ada"));
    Fate::Kept
}

fn large_session(peer: &Peer) -> String {
    let server = &mut start(peer, &Setup::new(Limits::Default));
    match with_characters(server, 5_000) {
        Fate::Kept => "kept",
        Fate::Error => "error 500, no cookie",
        Fate::DroppedByTheBrowser => "sent, and browsers drop it",
    }
    .into()
}

fn silently_dropped(peer: &Peer) -> String {
    let server = &mut start(peer, &Setup::new(Limits::Default));
    let sizes = (1_000..=6_000).step_by(100);
    let dropped = sizes.filter(|size| {
        // The ciphertext is random, and some of its characters are written as three: at the edge it
        // is a matter of luck, so most of so many logins decide.
        let tries = 25;
        let dropped = (0..tries)
            .filter(|_| {
                let fate = with_characters(server, *size);
                matches!(fate, Fate::DroppedByTheBrowser)
            })
            .count();
        2 * dropped > tries
    });
    let dropped: Vec<usize> = dropped.collect();
    let thousands = |size: &usize| format!("{},{:03}", size / 1_000, size % 1_000);
    match (dropped.first(), dropped.last()) {
        (Some(first), Some(6_000)) => format!("from {}", thousands(first)),
        (Some(first), Some(last)) => format!("{} to {}", thousands(first), thousands(last)),
        _ => "none".into(),
    }
}

fn attributes(peer: &Peer) -> String {
    let server = &mut start(peer, &Setup::new(Limits::Default));
    let answer = server(Ask::post("/login/ada"));
    let cookie = answer.parsed().expect("a cookie");
    assert_eq!(cookie.domain(), None);
    let mut words = Vec::new();
    if cookie.name().starts_with("__Host-") {
        assert_eq!(cookie.path(), Some("/"));
        words.push("`__Host-`");
    }
    if cookie.secure() == Some(true) {
        words.push("Secure");
    }
    if cookie.http_only() == Some(true) {
        words.push("HttpOnly");
    }
    match cookie.same_site() {
        Some(SameSite::Strict) => words.push("Strict"),
        Some(SameSite::Lax) => words.push("Lax"),
        Some(SameSite::None) => words.push("None"),
        None => {}
    }
    if words.is_empty() {
        return "no attributes".into();
    }
    words.join(", ")
}

/// The browser's own rule (SameSite) may have kept the cookie back; this is about the server.
fn forged_request(peer: &Peer) -> String {
    let server = &mut start(peer, &Setup::new(Limits::Default));
    let cookie = login(server, "ada");
    let forged = Ask::post("/logout").with(&cookie).from_another_site();
    match server(forged).status {
        403 => "403",
        200 => "runs",
        other => panic!("{other}"),
    }
    .into()
}

/// No cookie is needed for that, so SameSite is no help.
fn forged_login(peer: &Peer) -> String {
    let server = &mut start(peer, &Setup::new(Limits::Default));
    let answer = server(Ask::post("/login/eve").from_another_site());
    match (answer.status, answer.cookie()) {
        (403, None) => "403",
        (200, Some(_)) => "works",
        other => panic!("{other:?}"),
    }
    .into()
}

/// Whoever can write a cookie into the browser puts one in that he knows, and waits for the login.
fn planted_session(peer: &Peer) -> String {
    let is_taken_over = |cycles_id, path: &str| {
        let setup = Setup {
            cycles_id,
            ..Setup::new(Limits::Default)
        };
        let server = &mut start(peer, &setup);
        let answer = server(Ask::post(path));
        let Some(planted) = answer.cookie() else {
            assert_eq!(answer.status, 404, "a peer without anonymous sessions");
            return false;
        };
        let victim = server(Ask::post("/login/ada").with(&planted));
        assert_eq!(victim.status, 200, "{victim:?}");
        who(server, &planted).as_deref() == Some("ada")
    };
    // An anonymous session, and one of the attacker's own.
    let (anonymous, own) = ("/visit", "/login/eve");
    let taken = [
        is_taken_over(true, anonymous),
        is_taken_over(true, own),
        is_taken_over(false, anonymous),
        is_taken_over(false, own),
    ];
    match taken {
        [false, false, false, false] => "worthless",
        [false, false, true, true] => "logged in, unless the handler calls `cycle_id`",
        [false, true, false, true] => "worthless if anonymous, logged in if it was somebody's",
        other => panic!("no word for {other:?}"),
    }
    .into()
}

fn new_key(peer: &Peer) -> String {
    let old = Setup::new(Limits::Default);
    let server = &mut start(peer, &old);
    let cookie = login(server, "ada");
    let new = Setup {
        key: 2,
        older_key: Some(1),
        ..old
    };
    let server = &mut start(peer, &new);
    let lives = who(server, &cookie).is_some();
    // A cookie under the new key is not one of the old key's, unless no key is in play.
    let renewed = login(server, "ada");
    let unkeyed = {
        let only_old = Setup {
            key: 1,
            older_key: None,
            ..new
        };
        who(&mut start(peer, &only_old), &renewed).is_some()
    };
    match (lives, unkeyed) {
        (true, true) => "has no key",
        (true, false) => "sessions live on",
        (false, _) => "all are logged out",
    }
    .into()
}

fn log_out_everywhere(peer: &Peer) -> String {
    let server = &mut start(peer, &Setup::new(Limits::Default));
    let (phone, laptop) = (login(server, "ada"), login(server, "ada"));
    let other = login(server, "eve");
    let answer = server(Ask::post("/logout-everywhere").with(&phone));
    if answer.status == 404 {
        return "no call for it".into();
    }
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(who(server, &phone), None);
    assert_eq!(who(server, &laptop), None);
    assert_eq!(who(server, &other).as_deref(), Some("eve"));
    // The user can log in again.
    login(server, "ada");
    if peer.name.starts_with("axum-login") {
        "when the user's auth hash changes".into()
    } else {
        "one call".into()
    }
}

/// Everything in memory is gone.
fn restart(peer: &Peer) -> String {
    let setup = Setup::new(Limits::Default);
    let server = &mut start(peer, &setup);
    let (kept, ended) = (login(server, "ada"), login(server, "eve"));
    server(Ask::post("/logout").with(&ended));
    let ended_before = who(server, &ended).is_none();
    let again = Setup {
        memory: Default::default(),
        ..setup
    };
    let server = &mut start(peer, &again);
    let lives = who(server, &kept).is_some();
    match (lives, ended_before, who(server, &ended).is_some()) {
        (true, true, true) => "sessions live on; so do logouts with the feature `redb`",
        (true, false, true) => "sessions live on",
        (false, true, false) => "all are logged out; a store on a disk keeps them",
        other => panic!("no word for {other:?}"),
    }
    .into()
}
