//! The filter of an edge export never lets a logged-out session pass, hits others at the rate that
//! is specified, and hits other others in the next export.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

#[path = "common/edge.rs"]
mod edge;

use std::collections::BTreeSet;

use cloakroom::SessionId;
use cloakroom::hazmat::edge::{Export, Opened, filter_value, open_export};
use edge::{Random, empty, keys, realm, sealed};

fn filter(salt: [u8; 16], sessions: &[SessionId]) -> Opened {
    let export = Export { salt, ..empty() };
    open_export(&keys(), &realm(), &sealed(&export, sessions)).unwrap()
}

#[test]
fn no_logged_out_session_is_ever_missed_in_thousands_of_lists() {
    let mut random = Random(1);
    for round in 0..3_000_usize {
        // Every size around the steps of the marks and of the words, then larger ones.
        let size = if round < 400 {
            round
        } else {
            usize::try_from(random.next() % 700).unwrap()
        };
        let sessions = random.ids(size);
        let filter = filter(random.salt(), &sessions);
        for session in &sessions {
            assert!(filter.hits(*session), "round {round}, {size} sessions");
        }
    }
}

#[test]
fn no_session_of_a_large_list_is_missed() {
    let mut random = Random(2);
    let sessions = random.ids(100_000);
    let filter = filter(random.salt(), &sessions);
    assert!(sessions.iter().all(|session| filter.hits(*session)));
}

#[test]
fn a_hit_is_exactly_a_shared_value() {
    // Few places, so that collisions are plenty; the set by hand beside it.
    let mut random = Random(3);
    let mut hits = 0;
    for places in [1_u32, 2, 3, 63, 64, 65, 128, 200] {
        let (salt, sessions) = (random.salt(), random.ids(places as usize));
        let values: BTreeSet<u64> = sessions
            .iter()
            .map(|session| filter_value(&salt, places, *session))
            .collect();
        let filter = filter(salt, &sessions);
        for _ in 0..20_000 {
            let other = random.id();
            let shared = values.contains(&filter_value(&salt, places, other));
            assert_eq!(filter.hits(other), shared);
            hits += u32::from(shared);
        }
    }
    assert!(hits > 0, "nothing was compared");
}

#[test]
fn an_empty_filter_hits_nobody() {
    let filter = filter([1; 16], &[]);
    let mut random = Random(4);
    assert!((0..1_000).all(|_| !filter.hits(random.id())));
}

/// Probes of the next test: a debug build hashes slowly.
const PROBES: u32 = if cfg!(debug_assertions) {
    1_500_000
} else {
    30_000_000
};

#[test]
fn one_in_65536_of_the_innocent_is_hit_and_others_the_next_time() {
    let mut random = Random(5);
    let sessions = random.ids(50_000);
    let first = filter(random.salt(), &sessions);
    let second = filter(random.salt(), &sessions);
    let mut hit = Vec::new();
    for _ in 0..PROBES {
        let innocent = random.id();
        if first.hits(innocent) {
            hit.push(innocent);
        }
    }
    let expected = f64::from(PROBES) / 65_536.0;
    let found = f64::from(u32::try_from(hit.len()).unwrap());
    println!("{found} of {PROBES} hit, {expected:.1} expected");
    // Five standard deviations of a Poisson count: once in two million seeds.
    let far = 5.0 * expected.sqrt();
    assert!((found - expected).abs() < far, "{found}, not {expected}");
    let again = hit.iter().filter(|id| second.hits(**id)).count();
    assert_eq!(again, 0, "of {} hit", hit.len());
}

#[test]
fn values_are_spread_evenly_also_for_names_that_count_up() {
    // Session ids are random; if they were not, the hash would still make them so.
    let (salt, places) = ([9; 16], 100_u32);
    let mut seen = [0_u32; 100];
    for number in 0..100_000_u128 {
        let id = SessionId::from_bytes(number.to_be_bytes());
        let value = filter_value(&salt, places, id);
        assert!(value < u64::from(places) << 16);
        seen[usize::try_from(value >> 16).unwrap()] += 1;
    }
    // A thousand in each, give or take six standard deviations.
    assert!(seen.iter().all(|count| (810..1_190).contains(count)));
}
