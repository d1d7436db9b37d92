//! What a ring tells about itself: where a fault stands, what will hurt and from which second on, and
//! every turn of its keys.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing
)]

mod common;

use cloakroom::{Fleet, KeyRing, KeyState, RingWarning};
use common::*;

/// The keys of the example in SPEC §4.7.
const A: &str = "clkkey1.EBESExQVFhcYGRobHB0eHxAREhMUFRYXGBkaGxwdHh--Vpuc";
const B: &str = "clkkey1.ICEiIyQlJicoKSorLC0uLyAhIiMkJSYnKCkqKywtLi-u6uZB";
const LIFETIME: u32 = 28_800;

fn file(lines: &[&str]) -> String {
    format!(
        "cloakroom-ring 1\nmax-lifetime {LIFETIME}\n{}\n",
        lines.join("\n")
    )
}

fn names(ring: &KeyRing, now: u64, fleet: &Fleet) -> Vec<&'static str> {
    let warnings = ring.warnings(at(now), fleet);
    warnings.iter().map(RingWarning::as_str).collect()
}

#[test]
fn a_fault_of_the_ring_is_told_at_the_later_key() {
    let first = format!("key {A} activate=2026-09-01T00:00:00Z");
    let third = format!("key {B} activate=2026-09-02T00:00:00Z");
    for (second, line) in [
        (format!("key {A} activate=2026-10-01T00:00:00Z"), 4),
        (format!("key {B} activate=2026-09-01T00:00:00Z"), 4),
    ] {
        let error = KeyRing::parse(&file(&[&first, &second])).err().unwrap();
        assert_eq!(
            (error.line(), error.column()),
            (Some(line), Some(5)),
            "{error}"
        );
    }
    let again = format!("key {A} activate=2026-10-01T00:00:00Z");
    let error = KeyRing::parse(&file(&[&first, &third, &again]))
        .err()
        .unwrap();
    assert_eq!(error.line(), Some(5), "{error}");
}

#[test]
fn the_limit_of_a_file_is_one_limit_for_text_and_for_bytes() {
    let head = file(&[&format!("key {A} activate=2026-09-01T00:00:00Z")]);
    let sized = |size: usize| format!("{head}#{}", "x".repeat(size - head.len() - 1));
    let (fits, long, longer) = (sized(65_536), sized(65_537), sized(65_538));
    assert!(KeyRing::parse(&fits).is_ok());
    assert!(KeyRing::parse_bytes(fits.as_bytes()).is_ok());
    assert!(KeyRing::parse_bytes(head.as_bytes()).is_ok());
    for text in [long, longer] {
        assert!(KeyRing::parse(&text).is_err());
        assert!(KeyRing::parse_bytes(text.as_bytes()).is_err());
        // Judged before the bytes are looked at.
        let bytes = [text.as_bytes(), b"\xff"].concat();
        let error = KeyRing::parse_bytes(&bytes).err().unwrap();
        assert!(error.to_string().contains("bytes"), "{error}");
        assert_eq!(error.line(), None);
    }
}

#[test]
fn a_retirement_at_the_safe_second_is_not_forced() {
    let october = 1_790_812_800;
    let ring = |retire: &str| {
        KeyRing::parse(&file(&[
            &format!("key {A} activate=2026-09-01T00:00:00Z retire={retire}"),
            &format!("key {B} activate=2026-10-01T00:00:00Z"),
        ]))
        .unwrap()
    };
    let fleet = Fleet::new(LIFETIME);
    // Eight hours of a token's life and one of rollout behind the successor's first.
    let safe = ring("2026-10-01T09:00:00Z");
    assert!(names(&safe, october - 60, &fleet).is_empty());
    let forced = ring("2026-10-01T08:59:59Z forced");
    assert_eq!(names(&forced, october - 60, &fleet), ["forced-retirement"]);
}

#[test]
fn a_key_is_far_away_beyond_five_years() {
    let years = 5 * 366 * 86_400;
    let ring = KeyRing::new(key(1), at(NOW), seconds(u64::from(LIFETIME)))
        .unwrap()
        .announce(key(2), at(NOW + years))
        .unwrap();
    let fleet = Fleet::new(LIFETIME);
    assert!(names(&ring, NOW, &fleet).is_empty());
    assert_eq!(names(&ring, NOW - 1, &fleet), ["nothing-seals", "far-away"]);
}

#[test]
fn warnings_have_names_of_their_own() {
    let ring = KeyRing::new(key(1), at(NOW), seconds(u64::from(LIFETIME))).unwrap();
    let fleet = Fleet::new(LIFETIME);
    assert_eq!(names(&ring, NOW, &fleet), ["no-successor"]);
    assert_eq!(names(&ring, NOW - 1, &fleet), ["nothing-seals"]);
    let fleet = Fleet::new(LIFETIME + 1);
    assert_eq!(
        names(&ring, NOW, &fleet),
        ["no-successor", "lifetime-exceeds-plan"]
    );
}

#[test]
fn the_turns_of_one_key_are_told_and_printed() {
    let ring = KeyRing::new(key(1), at(NOW), seconds(u64::from(LIFETIME))).unwrap();
    let timeline = ring.timeline(at(NOW - 60));
    let turns = timeline.turns();
    assert_eq!(turns.len(), 1);
    assert_eq!(turns[0].at, at(NOW));
    assert_eq!(turns[0].key, key(1).id());
    assert_eq!(turns[0].becomes, KeyState::Sealing);
    let text = timeline.to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(lines[1].ends_with("now"), "{text}");
    assert!(lines[2].ends_with("sealing"), "{text}");
}
