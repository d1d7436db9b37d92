//! Where several things are wrong, or several limits hold, which one counts.
#![allow(missing_docs, clippy::unwrap_used, clippy::arithmetic_side_effects)]

mod common;

use cloakroom::{Freshness, ManualClock, Revocation, Sessions};
use common::*;

fn sessions(clock: &ManualClock, view: &FakeView) -> Sessions<User, FakeView> {
    builder(clock, view.clone()).build().unwrap()
}

#[test]
fn a_missing_key_is_told_before_a_stale_view() {
    let (clock, view) = (ManualClock::at(NOW), FakeView::fresh());
    let sessions = sessions(&clock, &view);
    // The one key of this ring seals from the first second of 1970 on.
    clock.set(0);
    view.set().freshness = Freshness::Stale { age: seconds(1) };
    let error = sessions.issue("ada", &user("Ada")).unwrap_err();
    assert!(
        error.to_string().contains("no key of the ring may seal"),
        "{error}"
    );
    clock.set(NOW);
    let error = sessions.issue("ada", &user("Ada")).unwrap_err();
    assert!(error.to_string().contains("view is not fresh"), "{error}");
}

/// A cut-off follows the one before it by a second, and goes no further ahead than half the tolerance.
#[test]
fn a_cut_off_goes_ahead_by_half_the_tolerance_at_most() {
    let (clock, view) = (ManualClock::at(NOW), FakeView::fresh());
    let sessions = sessions(&clock, &view);
    for (bound, before) in [
        (NOW + 20, NOW + 21),
        (NOW + TOLERANCE / 2, NOW + TOLERANCE / 2),
        (NOW + TOLERANCE, NOW + TOLERANCE / 2),
    ] {
        view.set().start_bound = bound;
        sessions.revoke_subject("ada").unwrap();
        let published = view.set().published.pop().unwrap();
        assert_eq!(published, [Revocation::subject(b"ada", before, None)]);
    }
}
