//! What waiting costs in memory: at most 256 bytes each with a user id of usual length, all of which
//! goes back, also while somebody goes on waiting.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

mod common;

use std::pin::Pin;
use std::task::{Context, Waker};

use cloakroom::{Ended, Session};
use common::*;

const MANY: usize = 20_000;

/// Counts are those of this thread, which is where waiting begins and ends.
fn wait(world: &World<User>, session: &Session<User>) -> Ended {
    let mut ended = world.sessions.ended(session);
    let polled = Pin::new(&mut ended).poll(&mut Context::from_waker(Waker::noop()));
    assert!(polled.is_pending());
    ended
}

fn logins(world: &World<User>) -> Vec<Session<User>> {
    let login = |number| {
        let subject = format!("{number:036}");
        let token = world.sessions.issue(subject, &user("Ada")).unwrap().token;
        world.session(token.as_str())
    };
    (0..MANY).map(login).collect()
}

#[test]
fn each_who_waits_takes_at_most_256_bytes_and_gives_them_back() {
    let world = world();
    let sessions = logins(&world);
    // The thread and what belongs to it.
    drop(wait(&world, &sessions[0]));
    let mut all = Vec::new();
    let counted = allocation_counter::measure(|| {
        all = Vec::with_capacity(MANY);
        all.extend(sessions.iter().map(|session| wait(&world, session)));
    });
    let each = counted.bytes_max / u64::try_from(MANY).unwrap();
    assert!(each <= 256, "{each} bytes");
    let back = allocation_counter::measure(|| drop(all));
    let left = counted.bytes_current + back.bytes_current;
    assert!(left < 1_024, "{left} bytes are left");
}

#[test]
fn those_who_come_and_go_leave_nothing_behind_while_another_waits() {
    let world = world();
    let sessions = logins(&world);
    let _kept = wait(&world, &sessions[0]);
    let counted = allocation_counter::measure(|| {
        for session in &sessions {
            drop(wait(&world, session));
        }
    });
    let left = counted.bytes_current;
    assert!(left < 1_024, "{left} bytes are left");
}
