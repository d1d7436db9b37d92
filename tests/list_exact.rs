//! The list remembers exactly what it was told, merged as SPEC §9.4 says, whatever the values: also
//! those that do not fit where most of them stand. And what expired goes slice by slice, after the
//! mark, and its memory with it.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_alloc
)]

mod common;
#[path = "model/records.rs"]
#[allow(dead_code)]
mod records;

use std::collections::BTreeMap;

use cloakroom::{
    Facts, Freshness, ManualClock, Record, Revocation, RevocationList, RevocationPublish as _,
    RevocationView, Scope, SessionId, Sessions, Timestamp,
};
use common::{IDLE, NOW, TOLERANCE, at, builder, seconds};
use proptest::prelude::*;
use records::records;

/// The latest cut-off for each exemption, and the expiry.
type Cutoffs = (BTreeMap<Option<[u8; 16]>, u64>, u64);

/// What SPEC §9.4 makes of records: per name the largest value and expiry, and of a subject's
/// cut-offs the two latest with different exemptions.
#[derive(Default)]
struct Plain {
    sessions: BTreeMap<u16, (u32, u64)>,
    audiences: BTreeMap<u16, (u64, u64)>,
    subjects: BTreeMap<u16, Cutoffs>,
}

#[derive(Clone, Copy, Debug)]
enum Event {
    Session(u32),
    Audience(u64),
    Subject(u64, Option<u8>),
}

fn name(number: u16) -> [u8; 16] {
    let mut name = [0xA5; 16];
    name[3..5].copy_from_slice(&number.to_be_bytes());
    name
}

fn record(number: u16, event: Event, expires: u64) -> Record {
    let revocation = match event {
        Event::Session(below) => {
            Revocation::older_generations(SessionId::from_bytes(name(number)), below)
        }
        Event::Audience(before) => Revocation::audience(name(number), before),
        Event::Subject(before, exempt) => {
            let exempt = exempt.map(|id| SessionId::from_bytes([id; 16]));
            Revocation::subject(&number.to_be_bytes(), before, exempt)
        }
    };
    Record::new(revocation, expires)
}

impl Plain {
    fn merge(&mut self, number: u16, event: Event, expires: u64) {
        match event {
            Event::Session(below) => {
                let known = self.sessions.entry(number).or_default();
                *known = (known.0.max(below), known.1.max(expires));
            }
            Event::Audience(before) => {
                let known = self.audiences.entry(number).or_default();
                *known = (known.0.max(before), known.1.max(expires));
            }
            Event::Subject(before, exempt) => {
                let known = self.subjects.entry(number).or_default();
                let latest = known.0.entry(exempt.map(|id| [id; 16])).or_default();
                *latest = (*latest).max(before);
                known.1 = known.1.max(expires);
            }
        }
    }

    fn records(&self) -> Vec<Record> {
        let mut all = Vec::new();
        for (number, (below, expires)) in &self.sessions {
            all.push(record(*number, Event::Session(*below), *expires));
        }
        for (number, (before, expires)) in &self.audiences {
            all.push(record(*number, Event::Audience(*before), *expires));
        }
        for (number, (cutoffs, expires)) in &self.subjects {
            let mut cutoffs: Vec<_> = cutoffs.iter().map(|(e, before)| (*before, *e)).collect();
            cutoffs.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
            for (before, exempt) in cutoffs.into_iter().take(2) {
                let event = Event::Subject(before, exempt.map(|id| id[0]));
                all.push(record(*number, event, *expires));
            }
        }
        all.sort_by_key(Record::to_bytes);
        all
    }
}

/// Hands the facts of a token to a test, which asks the list with other names in them.
struct Probe<F>(F);

impl<F: Fn(Facts<'_>) + Send + Sync> RevocationView for Probe<F> {
    fn verdict(&self, facts: &Facts<'_>, _: Timestamp) -> Option<Scope> {
        (self.0)(*facts);
        None
    }

    fn freshness(&self) -> Freshness {
        Freshness::Fresh
    }

    fn start_bound(&self, _: &[u8], _: &[u8; 16], _: Timestamp) -> u64 {
        0
    }
}

/// Runs `with` once, with the facts of some token.
fn facts(with: impl Fn(Facts<'_>) + Send + Sync) {
    let clock = ManualClock::at(NOW);
    let sessions: Sessions<(), _> = builder(&clock, Probe(with)).build().unwrap();
    sessions.issue("ada", &()).unwrap();
}

/// The list answers a verification as the plain model does, for every name that is in it and for as
/// many that are not. The snapshot alone would not show it: it does not ask by name.
fn answers(list: &RevocationList, plain: &Plain, names: u16) {
    let verdict = |facts: &Facts<'_>| list.verdict(facts, at(NOW));
    let edge = |value: u64| [value.checked_sub(1), Some(value)].into_iter().flatten();
    facts(|mut nobody| {
        nobody.subject = b"";
        nobody.session = SessionId::from_bytes([9; 16]);
        for number in 0..names.saturating_mul(2) {
            let name = name(number);
            let mut session = nobody;
            session.session = SessionId::from_bytes(name);
            let below = plain.sessions.get(&number).map_or(0, |known| known.0);
            for generation in edge(below.into()) {
                session.generation = generation.try_into().unwrap();
                let expected = (session.generation < below).then_some(Scope::Session);
                assert_eq!(verdict(&session), expected, "session {number}");
            }
            let mut audience = nobody;
            audience.audience = &name;
            let before = plain.audiences.get(&number).map_or(0, |known| known.0);
            for start in edge(before) {
                audience.authenticated_at = start;
                let expected = (start < before).then_some(Scope::Audience);
                assert_eq!(verdict(&audience), expected, "audience {number}");
            }
            let mut subject = nobody;
            let its_name = number.to_be_bytes();
            subject.subject = &its_name;
            for id in [0, 1, 2, 3, 9].map(|id| [id; 16]) {
                subject.session = SessionId::from_bytes(id);
                let cutoffs = plain.subjects.get(&number).map(|known| &known.0);
                let others = cutoffs
                    .into_iter()
                    .flatten()
                    .filter(|(e, _)| **e != Some(id));
                let before = others.map(|(_, before)| *before).max().unwrap_or(0);
                for start in edge(before) {
                    subject.authenticated_at = start;
                    let expected = (start < before).then_some(Scope::Subject);
                    assert_eq!(verdict(&subject), expected, "subject {number}");
                }
            }
        }
    });
}

fn around(edge: u64) -> impl Strategy<Value = u64> {
    edge.saturating_sub(2)..=edge.saturating_add(1)
}

fn expires() -> impl Strategy<Value = u64> {
    prop_oneof![
        4 => NOW..NOW + 10_000,
        1 => 0..3_u64,
        1 => around(NOW + (1 << 25)),
        1 => around(1 << 25),
        1 => around(1 << 38),
        1 => around(Timestamp::MAX.unix()),
        1 => u64::MAX - 2..=u64::MAX,
    ]
}

fn event() -> impl Strategy<Value = Event> {
    let generation = prop_oneof![
        4 => 1..5_u32,
        1 => (1 << 25) - 3..=(1 << 25) + 2_u32,
        1 => u32::MAX - 2..=u32::MAX,
    ];
    let before = || {
        prop_oneof![
            4 => NOW..NOW + 5_000,
            1 => 0..3_u64,
            1 => around(Timestamp::MAX.unix() + TOLERANCE - 1),
        ]
    };
    prop_oneof![
        2 => generation.prop_map(Event::Session),
        1 => before().prop_map(Event::Audience),
        2 => (before(), proptest::option::of(0..4_u8)).prop_map(|(b, e)| Event::Subject(b, e)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 60,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_list_holds_exactly_what_the_specification_makes_of_the_records(
        // Few names now and then, so that records meet; many, so that tables grow with rows in them.
        names in prop_oneof![1..4_u16, 400..401_u16],
        events in proptest::collection::vec((any::<u16>(), event(), expires()), 0..1_500),
    ) {
        let list = RevocationList::new();
        let mut plain = Plain::default();
        for (number, event, expires) in events {
            let number = number % names;
            // At the end of time nothing waits for its time.
            let _ = list.merge(&[record(number, event, expires)], Timestamp::MAX);
            plain.merge(number, event, expires);
        }
        let mut found = records(&list.snapshot(at(NOW)));
        found.sort_by_key(Record::to_bytes);
        prop_assert_eq!(found, plain.records());
        let stats = list.stats();
        prop_assert_eq!(stats.sessions, plain.sessions.len());
        prop_assert_eq!(stats.audiences, plain.audiences.len());
        prop_assert_eq!(stats.subjects, plain.subjects.len());
        answers(&list, &plain, names);
    }

    #[test]
    fn a_longer_policy_adds_the_difference_to_every_expiry(
        events in proptest::collection::vec((0..300_u16, event(), expires()), 1..600),
    ) {
        let list = RevocationList::new();
        let clock = ManualClock::at(NOW);
        let _short: Sessions<(), _> = builder(&clock, list.clone()).build().unwrap();
        let mut plain = Plain::default();
        for (number, event, expires) in events {
            let _ = list.merge(&[record(number, event, expires)], Timestamp::MAX);
            plain.merge(number, event, expires);
        }
        let longer = builder::<(), _>(&clock, list.clone()).idle_timeout(seconds(IDLE + 900));
        let _long = longer.build().unwrap();
        let mut found = records(&list.snapshot(at(NOW)));
        found.sort_by_key(Record::to_bytes);
        let later = |expires: &mut u64| *expires = expires.saturating_add(900);
        plain.sessions.values_mut().for_each(|known| later(&mut known.1));
        plain.audiences.values_mut().for_each(|known| later(&mut known.1));
        plain.subjects.values_mut().for_each(|known| later(&mut known.1));
        prop_assert_eq!(found, plain.records());
    }
}

const MANY: u32 = 50_000;
/// What one call may forget: a slice, and the rest of the shard it ends in.
const AT_MOST: usize = 8_192;

fn id(number: u32) -> SessionId {
    let spread = u128::from(number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
    SessionId::from_bytes(spread.to_be_bytes())
}

fn session(number: u32) -> Revocation {
    Revocation::session(id(number))
}

/// A list of so many entries that expire at NOW + 10, and a few that stay.
fn filled() -> (RevocationList, usize) {
    let list = RevocationList::new();
    for number in 0..MANY {
        let expires = if number < 100 {
            NOW + 1_000_000
        } else {
            NOW + 10
        };
        let _ = list.merge(&[Record::new(session(number), expires)], at(NOW));
    }
    let bytes = list.stats().bytes;
    assert!(bytes < MANY as usize * 40, "{bytes} bytes");
    (list, bytes)
}

/// Calls until nothing is left to forget; every call is bounded and the mark comes first.
fn forget(list: &RevocationList, mut call: impl FnMut()) {
    let mut calls = 0;
    while list.stats().sessions > 200 {
        let before = list.stats().sessions;
        call();
        calls += 1;
        let stats = list.stats();
        let forgotten = before.saturating_sub(stats.sessions);
        assert!(forgotten <= AT_MOST, "{forgotten} at once");
        assert_eq!(stats.high_water_mark, NOW + 10, "call {calls}");
        assert!(calls <= 100, "{} are left", stats.sessions);
    }
    assert!(calls > 5, "all in {calls} calls");
}

#[test]
fn publications_forget_what_expired_slice_by_slice() {
    let (list, bytes) = filled();
    let mut number = MANY;
    forget(&list, || {
        number += 1;
        let Ok(_) = list.publish(&[session(number)], at(NOW + 10));
    });
    assert!(list.stats().bytes < bytes / 4, "{:?}", list.stats());
}

#[test]
fn a_list_that_is_only_merged_into_forgets_by_slices_of_its_own() {
    let (list, bytes) = filled();
    assert_eq!(list.purge_slice(at(NOW)), 0, "nothing has expired");
    // The first purge ends, and the next is due a minute after it began.
    for _ in 0..100 {
        list.purge_slice(at(NOW));
    }
    assert_eq!(list.purge_slice(at(NOW + 59)), 0);
    assert_eq!(list.stats().high_water_mark, 0, "nothing was forgotten");
    let mut sum = 0;
    for _ in 0..100 {
        let before = list.stats().sessions;
        let forgotten = list.purge_slice(at(NOW + 60));
        assert_eq!(before - list.stats().sessions, forgotten);
        assert!(forgotten <= AT_MOST, "{forgotten} at once");
        sum += forgotten;
    }
    assert_eq!((sum, list.stats().sessions), (MANY as usize - 100, 100));
    assert_eq!(list.stats().high_water_mark, NOW + 60);
    assert!(list.stats().bytes < bytes / 4, "{:?}", list.stats());
}

#[test]
fn a_purge_forgets_everything_that_expired_and_nothing_else() {
    let (list, bytes) = filled();
    assert_eq!(list.purge(at(NOW + 9)), 0);
    assert_eq!(list.purge(at(NOW + 10)), MANY as usize - 100);
    assert_eq!(list.purge(at(NOW + 10)), 0);
    let stats = list.stats();
    assert_eq!((stats.sessions, stats.high_water_mark), (100, NOW + 10));
    assert!(stats.bytes < bytes / 4, "{stats:?}");
    facts(|mut facts| {
        for number in 0..MANY {
            facts.session = id(number);
            let refused = list.verdict(&facts, at(NOW)).is_some();
            assert_eq!(refused, number < 100, "{number}");
        }
    });
    assert_eq!(list.high_water_mark(), NOW + 10);
}

#[test]
fn the_name_of_a_subject_is_that_of_the_specification_whatever_its_length() {
    use sha2::{Digest as _, Sha256};
    let text: Vec<u8> = (0..=255).collect();
    for length in 0..=text.len() {
        let subject = &text[..length];
        let record = Record::new(Revocation::subject(subject, 1, None), 2).to_bytes();
        // SPEC §9.2.
        let name = Sha256::digest([b"rvk1\x02", subject].concat());
        assert_eq!(record[1..17], name[..16], "{length}");
    }
}
