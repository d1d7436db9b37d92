//! Sessions against a naive model that remembers everything: for any sequence of logins, renewals,
//! rotations, updates and logouts on servers whose clocks differ, step and go back, and whose lists
//! forget, every server gives for every token ever sealed the answer that the model gives.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core
)]

mod common;
#[path = "model/mint.rs"]
mod mint;
#[path = "model/ops.rs"]
mod ops;
#[path = "model/plain.rs"]
mod plain;
#[path = "model/records.rs"]
mod records;
#[path = "model/run.rs"]
mod run;

use std::cell::RefCell;

use common::{EXPIRED, IDLED, NOW, Outcome, REVOKED, at, outcome};
use mint::Seen;
use ops::op;
use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};
use run::Run;

const CASES: u32 = 2_000;

fn play(policies: &[u8], shared: bool, ops: &[(u8, ops::Op)], seen: &mut Seen) {
    let mut run = Run::new(policies, shared);
    for (index, (server, op)) in ops.iter().enumerate() {
        run.step(usize::from(*server) % run.servers.len(), op);
        if index % 4 == 0 {
            run.check(seen);
        }
    }
    run.check(seen);
    // Nothing but keys is remembered for ever, and what was forgotten stays dead.
    run.time += 20_000;
    for index in 0..run.servers.len() {
        let server = &run.servers[index];
        server.clock.set(run.time - server.behind);
        server.list.purge(at(run.now(index)));
    }
    run.check(seen);
    for server in &run.servers {
        // A cut-off that waited until a moment ago lives on from there.
        server.list.purge(at(run.time + 20_000));
        let stats = server.list.stats();
        assert_eq!(stats.entries(), stats.keys, "something is never forgotten");
        server.clock.set(NOW);
        // Under a clock set far back a token that merely expired may live again. One that was revoked
        // does not, forgotten or not.
        let known = &run.known[server.known].applied;
        for token in &run.tokens {
            if known.iter().any(|revoked| revoked.hits(token)) {
                assert_ne!(outcome(&server.sessions, &token.text), Outcome::Live);
            }
        }
    }
}

#[test]
fn every_server_answers_as_the_model_does() {
    let config = ProptestConfig {
        cases: CASES,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let input = (
        proptest::collection::vec(any::<u8>(), 1..4),
        any::<bool>(),
        proptest::collection::vec(op(), 1..60),
    );
    let seen = RefCell::new(Seen::default());
    let result = TestRunner::new(config).run(&input, |(policies, shared, ops)| {
        play(&policies, shared, &ops, &mut seen.borrow_mut());
        Ok::<(), TestCaseError>(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    // Agreement about nothing would prove nothing.
    for (outcome, least) in [
        (Outcome::Live, 3_000),
        (REVOKED, 3_000),
        (EXPIRED, 3_000),
        (IDLED, 3_000),
    ] {
        let count = seen.borrow().get(&outcome).copied().unwrap_or(0);
        println!("{outcome:?}: {count}");
        assert!(count >= least, "{outcome:?} was met {count} times");
    }
}
