//! The thread that wakes: one for all who wait, none before the first, none after the last owner.
//! A program of its own, because it counts the threads of the process.
#![cfg(target_os = "linux")]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

mod common;
#[path = "common/waiting.rs"]
mod waiting;

use std::time::{Duration, Instant};

use cloakroom::Session;
use common::*;
use waiting::Task;

fn threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names =
        tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names
        .filter(|name| name.trim() == "cloakroom-ended")
        .count()
}

fn settles_at(expected: usize) -> bool {
    let deadline = Instant::now() + Duration::from_secs(20);
    while threads() != expected {
        if Instant::now() > deadline {
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    true
}

fn login(world: &World<User>) -> Session<User> {
    let token = world.sessions.issue("ada", &user("Ada")).unwrap().token;
    world.session(token.as_str())
}

#[test]
fn one_thread_from_the_first_who_waits_to_the_last_owner() {
    let world = world();
    let session = login(&world);
    assert_eq!(threads(), 0);
    let bound = world.sessions.bound_to(b"tenant").unwrap();
    let waiting: Vec<Task> = (0..100)
        .map(|_| Task::waiting(world.sessions.ended(&session)))
        .collect();
    let token = bound.issue("ada", &user("Ada")).unwrap().token;
    let other = Task::waiting(bound.ended(&bound.verify(token.as_str()).unwrap()));
    assert!(settles_at(1));
    // Other sessions have a thread of their own, on the same list or not.
    let second = self::world();
    let task = Task::waiting(second.sessions.ended(&login(&second)));
    assert!(settles_at(2));
    drop((second, task));
    assert!(settles_at(1));
    drop((waiting, world, bound));
    assert!(settles_at(1));
    drop(other);
    assert!(settles_at(0));

    // Nobody has waited, or nobody waits any more: sessions alone keep a thread that sleeps.
    let world = self::world();
    let session = login(&world);
    drop(world.sessions.ended(&session));
    assert!(settles_at(1));
    drop(world);
    assert!(settles_at(0));
}
