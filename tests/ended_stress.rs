//! Thousands who begin to wait, stop waiting and are logged out at one time: nobody sleeps through
//! the end, nobody is told of an end that was another's. Hurried further by a release build.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

mod common;
#[path = "common/waiting.rs"]
mod waiting;

use std::sync::Barrier;
use std::sync::mpsc::channel;

use cloakroom::{Reason, SessionId};
use common::*;
use waiting::Task;

const ROUNDS: usize = if cfg!(debug_assertions) {
    4_000
} else {
    40_000
};

#[test]
fn a_logout_at_the_very_moment_at_which_somebody_begins_to_wait_is_not_missed() {
    let world = world();
    let start = Barrier::new(2);
    let (send, receive) = channel::<SessionId>();
    std::thread::scope(|scope| {
        let (sessions, start) = (&world.sessions, &start);
        scope.spawn(move || {
            for (round, id) in receive.into_iter().enumerate() {
                start.wait();
                for _ in 0..round % 64 {
                    std::hint::spin_loop();
                }
                sessions.revoke(id).unwrap();
                start.wait();
            }
        });
        for round in 0..ROUNDS {
            let token = sessions.issue("ada", &user("Ada")).unwrap().token;
            let session = sessions.verify(token.as_str()).unwrap();
            send.send(session.id()).unwrap();
            start.wait();
            for _ in 0..(round / 64) % 64 {
                std::hint::spin_loop();
            }
            let mut task = Task::new(sessions.ended(&session));
            let reason = task.poll().unwrap_or_else(|| task.end());
            assert_eq!(reason, Reason::Revoked, "round {round}");
            start.wait();
        }
        drop(send);
    });
}

#[test]
fn a_crowd_that_comes_and_goes_while_some_are_logged_out() {
    let world = world();
    std::thread::scope(|scope| {
        for thread in 0..4_usize {
            let world = &world;
            scope.spawn(move || {
                let sessions = &world.sessions;
                let mut innocent: Vec<Task> = Vec::new();
                let mut guilty: Vec<Task> = Vec::new();
                for round in 0..ROUNDS {
                    let subject = format!("{thread}-{round}");
                    let token = sessions.issue(&subject, &user("Ada")).unwrap().token;
                    let session = sessions.verify(token.as_str()).unwrap();
                    let mut task = Task::new(sessions.ended(&session));
                    match round % 6 {
                        0 => drop(task),
                        1 => {
                            assert_eq!(task.poll(), None);
                            drop(task);
                        }
                        2 => {
                            assert_eq!(task.poll(), None);
                            sessions.revoke(session.id()).unwrap();
                            guilty.push(task);
                        }
                        3 => {
                            assert_eq!(task.poll(), None);
                            sessions.revoke_subject(&subject).unwrap();
                            let _either = task.poll();
                            drop(task);
                        }
                        4 => {
                            assert_eq!(task.poll(), None);
                            innocent.push(task);
                        }
                        _ => {
                            assert_eq!(task.poll(), None);
                            sessions.revoke_subject(&subject).unwrap();
                            guilty.push(task);
                        }
                    }
                    // In another order than they came.
                    if guilty.len() > 20 {
                        let mut task = guilty.swap_remove(round % 20);
                        assert_eq!(task.end(), Reason::Revoked);
                    }
                    if innocent.len() > 500 {
                        let mut task = innocent.swap_remove(round % 500);
                        assert_eq!(task.poll(), None);
                    }
                }
                for mut task in guilty {
                    assert_eq!(task.end(), Reason::Revoked);
                }
                for task in &mut innocent {
                    assert_eq!(task.poll(), None);
                }
            });
        }
    });
}

#[test]
fn logouts_of_everybody_while_more_come_reach_everybody_who_was_there() {
    let world = world();
    std::thread::scope(|scope| {
        let sessions = &world.sessions;
        let (send, receive) = channel::<Task>();
        scope.spawn(move || {
            for round in 0..ROUNDS {
                // Another audience's list entry is nobody's business here.
                let token = sessions.issue("ada", &user("Ada")).unwrap().token;
                let session = sessions.verify(token.as_str()).unwrap();
                let mut task = Task::new(sessions.ended(&session));
                assert_eq!(task.poll(), None, "round {round}");
                send.send(task).unwrap();
            }
        });
        // What was there before a cut-off is reached by it; who came after it is not, because a
        // login after a cut-off starts behind it.
        let mut waiting: Vec<Task> = Vec::new();
        for (number, task) in receive.into_iter().enumerate() {
            waiting.push(task);
            if number % 1_000 == 999 {
                sessions.revoke_subject("bob").unwrap();
                sessions.replace_keys(&sessions.key_ring()).unwrap();
            }
        }
        sessions.revoke_all().unwrap();
        for mut task in waiting {
            assert_eq!(task.end(), Reason::Revoked);
        }
    });
}

#[test]
fn everybody_is_woken_however_many_they_are() {
    let world = world();
    let sessions = &world.sessions;
    let token = sessions.issue("ada", &user("Ada")).unwrap().token;
    let session = sessions.verify(token.as_str()).unwrap();
    // So many that they are not woken in one turn.
    let mut tasks: Vec<Task> = (0..10_000)
        .map(|_| Task::waiting(sessions.ended(&session)))
        .collect();
    sessions.revoke_all().unwrap();
    for task in &mut tasks {
        assert_eq!(task.end(), Reason::Revoked);
    }
}
