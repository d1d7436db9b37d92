//! Which key of a ring may do what and when: the rules of SPEC §4.6 to §4.8, against a second
//! reading of them that is as plain as possible.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

use cloakroom::{Key, KeyId, KeyRing, KeyState, RingError, Timestamp};
use proptest::prelude::*;

/// The keys of the example in SPEC §4.7.
const A: &str = "clkkey1.EBESExQVFhcYGRobHB0eHxAREhMUFRYXGBkaGxwdHh--Vpuc";
const B: &str = "clkkey1.ICEiIyQlJicoKSorLC0uLyAhIiMkJSYnKCkqKywtLi-u6uZB";
const C: &str = "clkkey1.MDEyMzQ1Njc4OTo7PD0-PzAxMjM0NTY3ODk6Ozw9Pj-yRE5u";
const D: &str = "clkkey1.QEFCQ0RFRkdISUpLTE1OT0BBQkNERUZHSElKS0xNTk8t6JhS";
const UNIT: &str = "clksub1.LS-I7R7IFNboZ4PQ3u48GJCt3eiQwxxmNG1GVcvRyjV18hACzx-s6p4H";
const T1: &str = "activate=2026-09-01T00:00:00Z";
const T2: &str = "activate=2026-10-01T00:00:00Z";

fn head(rest: &str) -> String {
    format!("cloakroom-ring 1\nmax-lifetime 28800\n{rest}")
}

fn message(file: &str) -> String {
    KeyRing::parse(file)
        .err()
        .map_or_else(String::new, |error| error.to_string())
}

fn at(unix: u64) -> Timestamp {
    Timestamp::from_unix(unix).unwrap()
}

#[test]
fn faults_of_the_ring_as_a_whole_are_named() {
    let whole = |lines: &[&str], expected: &str| {
        let said = message(&head(&(lines.join("\n") + "\n")));
        assert!(
            said.contains(expected),
            "{said:?} does not contain {expected:?}"
        );
    };
    let (a, b) = (format!("key {A} {T1}"), format!("key {B} {T1}"));
    let b2 = format!("key {B} {T2}");
    whole(&[&a, &format!("key {A} {T2}")], "be569b9c");
    whole(&[&a, &format!("key {A} {T2} disabled")], "be569b9c");
    whole(
        &[&a, &b],
        "keys be569b9c and aeeae641 become active at the same time; give one a later time",
    );
    whole(
        &[&a, &format!("key {UNIT} {T2}")],
        "root keys (clkkey1.) and derived units (clksub1.) can't be in one ring",
    );
    whole(
        &[&format!("{a} retire=2027-01-01T00:00:00Z")],
        "key be569b9c retires but no key succeeds it; add a key that becomes active before",
    );
    // The successor seals from October 1st; the last token may live 8 hours and 1 of rollout more.
    whole(
        &[&format!("{a} retire=2026-10-01T08:59:59Z"), &b2],
        "key be569b9c retires while its tokens may be alive; 2026-10-01T09:00:00Z is the earliest safe time, `forced` logs those users out",
    );
    whole(
        &[&format!("{a} retire=2026-09-30T23:59:59Z forced"), &b2],
        "2026-10-01T00:00:00Z",
    );
    for fine in [
        vec![format!("{a} disabled"), b.clone()],
        vec![format!("{a} retire=2026-10-01T09:00:00Z"), b2.clone()],
        vec![
            format!("{a} retire=2026-10-01T00:00:00Z forced"),
            b2.clone(),
        ],
        // Of a disabled key the time is read and not judged.
        vec![
            format!("{a} retire=1970-01-01T00:00:00Z disabled"),
            b2.clone(),
        ],
    ] {
        assert_eq!(message(&head(&fine.join("\n"))), "", "{fine:?}");
    }
}

#[test]
fn the_example_of_the_specification_has_the_states_of_its_table() {
    let ring = KeyRing::parse(&head(&format!(
        "key {A} {T1}\nkey {B} {T2}\nkey {C} activate=2026-11-01T00:00:00Z\n\
         key {D} activate=2026-10-15T00:00:00Z disabled\n"
    )))
    .unwrap();
    let ids: Vec<KeyId> = ring.keys().map(|key| key.id).collect();
    let shown: Vec<String> = ids.iter().map(KeyId::to_string).collect();
    assert_eq!(shown, ["be569b9c", "aeeae641", "b2444e6e", "2de89852"]);
    let retirements: Vec<Option<String>> = ring
        .keys()
        .take(3)
        .map(|key| key.retire.map(|time| time.to_string()))
        .collect();
    let (a, b) = ("2026-10-01T09:00:00Z", "2026-11-01T09:00:00Z");
    assert_eq!(retirements, [Some(a.into()), Some(b.into()), None]);

    // 2026-10-01T00:00:00Z.
    let october = 1_790_812_800;
    let day = 86_400;
    for (now, states) in [
        (october - 1, "sealing announced announced"),
        (october, "open-only sealing announced"),
        (october + 9 * 3600 - 1, "open-only sealing announced"),
        (october + 9 * 3600, "retired sealing announced"),
        (october + 19 * day, "retired sealing announced"),
        (october + 31 * day, "retired open-only sealing"),
        (october + 31 * day + 9 * 3600, "retired retired sealing"),
    ] {
        let found: Vec<String> = ids
            .iter()
            .map(|id| ring.state(*id, at(now)).unwrap().to_string())
            .collect();
        assert_eq!(found.join(" "), format!("{states} disabled"), "{}", at(now));
    }
}

/// One key of a made-up ring: when it activates, whether it is disabled, and an explicit retirement
/// this many seconds after the earliest one allowed, forced or not.
#[derive(Clone, Debug)]
struct Made {
    activate: u64,
    disabled: bool,
    retire: Option<(u64, bool)>,
    note: String,
}

#[derive(Clone, Debug)]
struct MadeRing {
    life: u64,
    rollout: u64,
    keys: Vec<Made>,
}

fn key(index: usize) -> Key {
    let mut bytes = [9; 32];
    bytes[0] = u8::try_from(index).unwrap();
    Key::from_bytes(&bytes).unwrap()
}

impl MadeRing {
    fn successor(&self, index: usize) -> Option<u64> {
        let own = self.keys[index].activate;
        let later = self.keys.iter().filter(|k| !k.disabled && k.activate > own);
        later.map(|k| k.activate).min()
    }

    fn retirement(&self, index: usize) -> Option<u64> {
        let successor = self.successor(index)?;
        let computed = successor + self.life + self.rollout;
        Some(match self.keys[index].retire {
            None => computed,
            Some((after, false)) => computed + after,
            Some((after, true)) => successor + after,
        })
    }

    fn state(&self, index: usize, now: u64) -> KeyState {
        let own = &self.keys[index];
        if own.disabled {
            return KeyState::Disabled;
        }
        if now < own.activate {
            return KeyState::Announced;
        }
        if self.retirement(index).is_some_and(|retire| now >= retire) {
            return KeyState::Retired;
        }
        let seals = (0..self.keys.len())
            .filter(|i| !self.keys[*i].disabled && self.keys[*i].activate <= now)
            .filter(|i| self.retirement(*i).is_none_or(|retire| now < retire))
            .max_by_key(|i| self.keys[*i].activate);
        if seals == Some(index) {
            KeyState::Sealing
        } else {
            KeyState::OpenOnly
        }
    }

    fn text(&self) -> String {
        let mut text = format!(
            "cloakroom-ring 1\nmax-lifetime {}\nrollout {}\n",
            self.life, self.rollout
        );
        for (index, made) in self.keys.iter().enumerate() {
            let key = key(index).to_text();
            text += &format!("key {} activate={}", key.expose(), at(made.activate));
            if let Some((_, forced)) = made.retire {
                if let Some(retire) = self.retirement(index) {
                    text += &format!(
                        " retire={}{}",
                        at(retire),
                        if forced { " forced" } else { "" }
                    );
                }
            }
            text += if made.disabled { " disabled" } else { "" };
            text += &format!(" # {}\n", made.note);
        }
        text
    }

    fn parsed(&self) -> KeyRing {
        KeyRing::parse(&self.text()).unwrap()
    }

    /// SPEC §4.8, sentence by sentence.
    fn may_follow(&self, next: &Self, now: u64) -> bool {
        let sealing = (0..next.keys.len()).any(|i| next.state(i, now) == KeyState::Sealing);
        let kept = (0..self.keys.len()).all(|i| {
            let bound = match self.state(i, now) {
                KeyState::Sealing => now + self.life,
                KeyState::OpenOnly => self.retirement(i).unwrap(),
                _ => return true,
            };
            i < next.keys.len()
                && (next.keys[i].disabled || next.retirement(i).is_none_or(|r| r >= bound))
        });
        sealing && kept
    }
}

/// Small numbers, so that the interesting times coincide.
fn made_ring() -> impl Strategy<Value = MadeRing> {
    let note = "[ -~é日]{0,12}";
    let retire = proptest::option::of((0_u64..20, any::<bool>()));
    let one = (any::<bool>(), any::<bool>(), retire, note);
    let gaps = proptest::collection::vec((1_u64..30, one), 1..7);
    (1_u64..40, 0_u64..20, gaps, any::<bool>()).prop_map(|(life, rollout, gaps, reverse)| {
        let mut activate = 100;
        let mut keys: Vec<Made> = gaps
            .into_iter()
            .map(|(gap, (one, other, retire, note))| {
                activate += gap;
                let note = note.trim_matches([' ', '#']).to_owned();
                Made {
                    activate,
                    disabled: one && other,
                    retire,
                    note,
                }
            })
            .collect();
        if reverse {
            keys.reverse();
        }
        MadeRing {
            life,
            rollout,
            keys,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn states_over_time_are_those_of_the_definitions(made in made_ring()) {
        let ring = made.parsed();
        for now in 90..500 {
            let mut sealing = Vec::new();
            for index in 0..made.keys.len() {
                let id = key(index).id();
                let state = ring.state(id, at(now)).unwrap();
                prop_assert_eq!(state, made.state(index, now), "key {} at {}", index, now);
                if state == KeyState::Sealing {
                    sealing.push(id);
                }
            }
            prop_assert!(sealing.len() <= 1);
            prop_assert_eq!(ring.sealing_key(at(now)), sealing.first().copied());
        }
    }

    #[test]
    fn a_ring_reads_back_as_itself(made in made_ring()) {
        let ring = made.parsed();
        let text = ring.to_text();
        prop_assert_eq!(text.expose().lines().count(), 3 + made.keys.len());
        let again = KeyRing::parse(text.expose()).unwrap();
        let twice = again.to_text();
        prop_assert_eq!(twice.expose(), text.expose());
        for (index, (one, other)) in ring.keys().zip(again.keys()).enumerate() {
            prop_assert_eq!(one.note, &made.keys[index].note);
            prop_assert_eq!(one.note, other.note);
            prop_assert_eq!((one.id, one.activate, one.disabled), (other.id, other.activate, other.disabled));
            prop_assert_eq!(one.retire, other.retire);
        }
    }

    #[test]
    fn a_ring_may_follow_another_when_no_live_token_is_lost(
        old in made_ring(),
        change in prop_oneof![
            made_ring().prop_map(Some),
            Just(None),
        ],
        which in any::<prop::sample::Index>(),
        gone in any::<bool>(),
        now in 95_u64..350,
    ) {
        // Another ring altogether, or the same with a key disabled or the last one gone.
        let next = change.unwrap_or_else(|| {
            let mut next = old.clone();
            if gone && next.keys.len() > 1 {
                next.keys.pop();
            } else {
                let index = which.index(next.keys.len());
                next.keys[index].disabled = true;
            }
            next
        });
        let (from, to) = (old.parsed(), next.parsed());
        let found = from.check_successor(&to, at(now));
        prop_assert_eq!(found.is_ok(), old.may_follow(&next, now), "{:?}", found);
    }
}

#[test]
fn a_refused_successor_names_the_key_and_the_time() {
    let two = KeyRing::parse(&head(&format!("key {A} {T1}\nkey {B} {T2}\n"))).unwrap();
    let one = KeyRing::parse(&head(&format!("key {B} {T2}\n"))).unwrap();
    let october = 1_790_812_800;
    let error = two.check_successor(&one, at(october + 5)).err().unwrap();
    assert_eq!(
        error.to_string(),
        "the new ring drops key be569b9c, whose tokens may be alive until 2026-10-01T09:00:00Z; \
         keep it until then, or force it and log those users out"
    );
    assert_eq!(two.check_successor(&one, at(october + 9 * 3600)), Ok(()));
    let early = two.check_successor(&one, at(october - 1)).err();
    assert_eq!(early, Some(RingError::NoSealingKey));
}

#[test]
fn disabling_a_key_is_allowed_whatever_its_retirement() {
    // B seals, and was going to retire at once when C takes over. Then it leaks.
    let ring = |b: &str| {
        let file = format!(
            "key {A} {T1}\nkey {B} {T2} retire=2026-10-02T00:00:00Z forced{b}\n\
             key {C} activate=2026-10-02T00:00:00Z\n"
        );
        KeyRing::parse(&head(&file)).unwrap()
    };
    let now = at(1_790_812_800 + 86_399);
    assert_eq!(ring("").check_successor(&ring(" disabled"), now), Ok(()));
    // The same line without the mark is refused: its tokens may live for 8 hours more.
    let refused = ring("").check_successor(&ring(""), now);
    assert!(matches!(refused, Err(RingError::DropsKey { .. })));
}
