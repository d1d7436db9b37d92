//! Waiting for the end of a session at an edge: asked about with each export, ended by what is sure,
//! and by the origin where the export can't tell.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

mod common;
#[path = "common/edge.rs"]
mod edge;
#[path = "common/waiting.rs"]
mod waiting;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cloakroom::edge::{EdgeBuilder, EdgeView};
use cloakroom::{Answer, Ended, Facts, Reason, RevocationView as _, Sessions, Timestamp};
use common::{User, World, builder as sessions_builder, user, world};
use edge::{Clocks, NOW, VALID, builder, position, realm, signer};
use waiting::Task;

struct Edge {
    origin: World<User>,
    view: EdgeView,
    sessions: Sessions<User, EdgeView>,
    exports: u64,
}

fn edge_with(change: impl FnOnce(&World<User>, EdgeBuilder) -> EdgeBuilder) -> Edge {
    let origin = world();
    let view = change(&origin, builder(&Clocks::new())).build();
    let sessions = sessions_builder(&origin.clock, view.clone())
        .build()
        .unwrap();
    let mut edge = Edge {
        origin,
        view,
        sessions,
        exports: 0,
    };
    edge.sync();
    edge
}

impl Edge {
    /// What the origin knows now reaches the edge.
    fn sync(&mut self) {
        self.exports += 1;
        let (at, valid) = (position(self.exports), Duration::from_millis(VALID));
        let list = &self.origin.list;
        let file = signer(1).export_list(&realm(), list, at, NOW, valid);
        self.view.load(&file.unwrap()).unwrap();
    }

    /// Somebody who logged in, and a connection of hers to the edge.
    fn connect(&self, name: &str) -> (cloakroom::SessionId, Ended) {
        let issued = self.origin.sessions.issue(name, &user(name)).unwrap();
        let session = self.sessions.verify(issued.token.as_str()).unwrap();
        (session.id(), self.sessions.ended(&session))
    }
}

#[test]
fn whoever_waits_is_woken_by_an_export_and_not_told_that_it_ended_by_a_hit() {
    let mut edge = edge_with(|_, builder| builder);
    assert!(
        edge.view.changes().is_some(),
        "else all are asked every second"
    );
    let (ada, bob) = (edge.connect("ada"), edge.connect("bob"));
    let (mut of_ada, mut of_bob) = (Task::waiting(ada.1), Task::waiting(bob.1));
    edge.origin.sessions.revoke(ada.0).unwrap();
    edge.origin.sessions.revoke_subject("bob").unwrap();
    edge.sync();
    assert_eq!(of_bob.end(), Reason::Revoked);
    assert!(of_ada.bell.answer(Instant::now() + Duration::from_secs(20)));
    assert_eq!(of_ada.poll(), None, "perhaps it was not she");
}

#[test]
fn the_origin_is_asked_by_those_who_wait_on_a_hit_once_for_each_export() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    // It does not answer at first, and the third time it does.
    let mut edge = edge_with(|origin, builder| {
        let list = origin.list.clone();
        builder.origin(move |facts: &Facts<'_>, now: Timestamp| {
            match counter.fetch_add(1, Ordering::SeqCst) {
                0 | 1 => Answer::Unknown,
                _ => list.answer(facts, now),
            }
        })
    });
    let (id, ended) = edge.connect("ada");
    let mut task = Task::waiting(ended);
    assert_eq!(asked.load(Ordering::SeqCst), 0, "no hit");
    edge.origin.sessions.revoke(id).unwrap();
    for times in [1, 2] {
        edge.sync();
        assert!(task.bell.answer(Instant::now() + Duration::from_secs(20)));
        assert_eq!(task.poll(), None);
        assert_eq!(asked.load(Ordering::SeqCst), times);
    }
    edge.sync();
    assert_eq!(task.end(), Reason::Revoked);
    assert_eq!(asked.load(Ordering::SeqCst), 3);
}
