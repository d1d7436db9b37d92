//! How old an edge finds its view: by two clocks, of which one may be wrong, and never younger than
//! it was.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

#[path = "common/edge.rs"]
mod edge;

use std::sync::atomic::Ordering;
use std::time::Duration;

use cloakroom::edge::{BadExport, EdgeView};
use cloakroom::feed::Position;
use cloakroom::hazmat::edge::Export;
use cloakroom::{Freshness, RevocationView as _};
use edge::{Clocks, NOW, SKEW, VALID, builder, empty, position, sealed};

fn at(position: Position, made_at: u64) -> Vec<u8> {
    let export = Export {
        position,
        made_at,
        valid_until: made_at + VALID,
        ..empty()
    };
    sealed(&export, &[])
}

fn age(view: &EdgeView) -> u64 {
    u64::try_from(view.age().unwrap().as_millis()).unwrap()
}

fn is_fresh(view: &EdgeView) -> bool {
    view.freshness() == Freshness::Fresh
}

#[test]
fn an_export_is_fresh_until_its_validity_less_the_clock_allowance() {
    let clocks = Clocks::new();
    let view = builder(&clocks).build();
    view.load(&at(position(1), NOW)).unwrap();
    assert_eq!(age(&view), SKEW);
    clocks.pass(VALID - SKEW);
    assert!(is_fresh(&view));
    clocks.pass(1);
    assert!(!is_fresh(&view));
    let late = view.load(&at(position(1), NOW));
    assert_eq!(late, Err(BadExport::Expired));
    // A younger one makes it fresh again.
    view.load(&at(position(1), NOW + 20_000)).unwrap();
    assert!(is_fresh(&view));
}

#[test]
fn an_export_that_was_slow_to_arrive_is_as_old_as_it_is() {
    let clocks = Clocks::new();
    let view = builder(&clocks)
        .clock_allowance(Duration::from_millis(100))
        .build();
    clocks.pass(29_000);
    view.load(&at(position(1), NOW)).unwrap();
    assert_eq!(age(&view), 29_100);
    clocks.pass(901);
    assert!(!is_fresh(&view));
}

#[test]
fn an_export_from_the_future_is_refused_beyond_the_clock_allowance() {
    let view = builder(&Clocks::new()).build();
    let ahead = view.load(&at(position(1), NOW + SKEW + 1));
    assert_eq!(ahead, Err(BadExport::Ahead));
    view.load(&at(position(1), NOW + SKEW)).unwrap();
    assert_eq!(age(&view), 0);
}

#[test]
fn a_clock_that_is_set_back_makes_no_export_younger_and_sleep_makes_it_older() {
    let clocks = Clocks::new();
    let view = builder(&clocks).build();
    view.load(&at(position(1), NOW)).unwrap();
    clocks.pass(20_000);
    clocks.unix.fetch_sub(15_000, Ordering::SeqCst);
    assert_eq!(age(&view), 20_000 + SKEW);
    clocks.unix.fetch_sub(3_600_000, Ordering::SeqCst);
    assert_eq!(age(&view), 20_000 + SKEW);
    clocks.unix.store(NOW + VALID, Ordering::SeqCst);
    assert!(!is_fresh(&view), "the machine slept, its clock went on");
}

#[test]
fn nor_does_loading_it_again_after_the_clock_was_set_back_or_a_newer_one() {
    let clocks = Clocks::new();
    let view = builder(&clocks).build();
    view.load(&at(position(1), NOW)).unwrap();
    clocks.pass(20_000);
    clocks.unix.fetch_sub(15_000, Ordering::SeqCst);
    view.load(&at(position(1), NOW)).unwrap();
    assert_eq!(age(&view), 20_000 + SKEW);
    // A newer one is younger by as much as it was made later, by the makers' clock.
    view.load(&at(position(2), NOW + 3_000)).unwrap();
    assert_eq!(age(&view), 17_000 + SKEW);
    clocks.pass(VALID - 17_000 - SKEW);
    assert!(is_fresh(&view));
    clocks.pass(1);
    assert!(!is_fresh(&view));
    let again = view.load(&at(position(2), NOW + 3_000));
    assert_eq!(again, Err(BadExport::Expired));
    // By the right clock a newer one is as old as it is.
    clocks.unix.fetch_add(15_000, Ordering::SeqCst);
    let now = clocks.unix.load(Ordering::SeqCst);
    view.load(&at(position(3), now - 2_000)).unwrap();
    assert_eq!(age(&view), 2_000 + SKEW);
}

#[test]
fn a_clock_that_fails_leaves_nothing_fresh() {
    let clocks = Clocks::new();
    let view = builder(&clocks).build();
    view.load(&at(position(1), NOW)).unwrap();
    clocks.broken.store(true, Ordering::SeqCst);
    assert!(!is_fresh(&view));
    assert_eq!(view.load(&at(position(2), NOW)), Err(BadExport::Clock));
    clocks.broken.store(false, Ordering::SeqCst);
    assert!(is_fresh(&view));
}

#[test]
fn a_clock_that_was_ahead_leaves_the_view_too_old_until_it_is_made_anew() {
    let clocks = Clocks::new();
    let view = builder(&clocks).build();
    clocks.unix.fetch_add(10_000, Ordering::SeqCst);
    view.load(&at(position(1), NOW)).unwrap();
    clocks.unix.fetch_sub(10_000, Ordering::SeqCst);
    clocks.pass(5_000);
    let next = at(position(2), NOW + 5_000);
    view.load(&next).unwrap();
    assert_eq!(
        age(&view),
        10_000 + SKEW,
        "it can't know which of the two was right"
    );
    let anew = builder(&clocks).seen(view.status().unwrap()).build();
    anew.load(&next).unwrap();
    assert_eq!(age(&anew), SKEW);
}
