//! The same application, once for each.

use crate::app::Peer;

pub mod actix_session;
pub mod axum_login;
pub mod ours;
mod ours_actix;
mod ours_axum;
mod private_jar;
mod tower_cookie;
mod tower_memory;

/// The columns of the table, ours twice.
pub const ALL: [Peer; 7] = [
    Peer {
        name: "cloakroom, axum",
        start: ours_axum::start,
    },
    Peer {
        name: "cloakroom, actix-web",
        start: ours_actix::start,
    },
    Peer {
        name: "actix-session, cookie store",
        start: actix_session::start,
    },
    Peer {
        name: "axum-extra, `PrivateCookieJar`",
        start: private_jar::start,
    },
    Peer {
        name: "tower-sessions, cookie store",
        start: tower_cookie::start,
    },
    Peer {
        name: "tower-sessions, memory store",
        start: tower_memory::start,
    },
    Peer {
        name: "axum-login, memory store",
        start: axum_login::start,
    },
];
