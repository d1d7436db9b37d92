//! Form tokens: tied to session, generation, purpose, audience, binding and key; masked; survive
//! renewal and a change of keys; any other text is refused.
#![cfg(feature = "std")]
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

use std::collections::BTreeSet;

use cloakroom::{
    Key, KeyRing, ManualClock, RandomError, RandomSource, RevocationList, Sessions, Timestamp,
};
use proptest::prelude::*;
use time::Duration;

const START: u64 = 1_800_000_000;

fn sessions(ring: &KeyRing, clock: &ManualClock, purpose: &str, audience: &str) -> Sessions<()> {
    Sessions::<()>::builder(ring.clone(), RevocationList::new())
        .purpose(purpose)
        .audience(audience)
        .idle_timeout(Duration::minutes(30))
        .absolute_timeout(Duration::hours(8))
        .clock(clock.clone())
        .build()
        .unwrap()
}

fn world() -> (KeyRing, ManualClock, Sessions<()>) {
    let clock = ManualClock::at(START);
    let ring = KeyRing::generate(&clock, Duration::hours(8)).unwrap();
    let sessions = sessions(&ring, &clock, "session", "shop");
    (ring, clock, sessions)
}

#[test]
fn a_form_is_good_for_its_own_session_alone() {
    let (ring, clock, shop) = world();
    let ada = shop.issue("ada", &()).unwrap().session;
    let other = shop.issue("ada", &()).unwrap().session;
    let form = shop.form_token(&ada).unwrap();
    assert_eq!(shop.check_form_token(&ada, form.as_str()), Ok(()));
    assert!(shop.check_form_token(&other, form.as_str()).is_err());
    for foreign in [
        sessions(&ring, &clock, "session", "bank"),
        sessions(&ring, &clock, "ticket", "shop"),
        shop.bound_to(b"tenant").unwrap(),
        world().2,
    ] {
        assert!(foreign.check_form_token(&ada, form.as_str()).is_err());
    }
}

#[test]
fn it_survives_renewal_and_update_and_not_rotation() {
    let (_, clock, shop) = world();
    let login = shop.issue("ada", &()).unwrap();
    let form = shop.form_token(&login.session).unwrap();
    let session = shop.verify(login.token.as_str()).unwrap();
    clock.advance(15 * 60);
    let renewed = shop.renew(&session).unwrap().unwrap();
    assert!(
        shop.check_form_token(&renewed.session, form.as_str())
            .is_ok()
    );
    let updated = shop.update(&session, &()).unwrap();
    assert!(
        shop.check_form_token(&updated.session, form.as_str())
            .is_ok()
    );
    let rotated = shop.rotate(&session).unwrap();
    assert!(
        shop.check_form_token(&rotated.session, form.as_str())
            .is_err()
    );
    let again = shop.form_token(&rotated.session).unwrap();
    assert!(
        shop.check_form_token(&session.info().clone(), again.as_str())
            .is_err()
    );
}

#[test]
fn it_survives_a_renewal_under_the_next_key_and_not_the_end_of_its_own() {
    let (ring, clock, shop) = world();
    let login = shop.issue("ada", &()).unwrap();
    let session = shop.verify(login.token.as_str()).unwrap();
    let form = shop.form_token(&login.session).unwrap();
    let old_key = session.info().key();

    let seals_at = Timestamp::from_unix(START + 60).unwrap();
    let next = ring.announce(Key::generate().unwrap(), seals_at).unwrap();
    shop.replace_keys(&next).unwrap();
    clock.advance(15 * 60);
    let renewed = shop.renew(&session).unwrap().unwrap();
    assert_ne!(renewed.session.key(), old_key);
    assert!(
        shop.check_form_token(&renewed.session, form.as_str())
            .is_ok()
    );

    shop.replace_keys(&next.disable(old_key).unwrap()).unwrap();
    assert!(
        shop.check_form_token(&renewed.session, form.as_str())
            .is_err()
    );
}

#[test]
fn every_page_carries_another_text_of_one_length() {
    let (_, _, shop) = world();
    let ada = shop.issue("ada", &()).unwrap().session;
    let forms: BTreeSet<String> = (0..200)
        .map(|_| shop.form_token(&ada).unwrap().to_string())
        .collect();
    assert_eq!(forms.len(), 200);
    assert!(forms.iter().all(|form| form.len() == 91));
    // Behind the key id no character stands still: a secret that does, under compression, can be
    // read by its length.
    for at in 8..91 {
        let seen: BTreeSet<u8> = forms.iter().map(|form| form.as_bytes()[at]).collect();
        assert!(seen.len() > 8 || at == 90, "{at}: {seen:?}");
    }
}

#[test]
fn no_form_is_made_without_randomness_and_none_shows_in_debug() {
    struct Once(std::sync::atomic::AtomicBool);
    impl RandomSource for Once {
        fn fill(&self, out: &mut [u8]) -> Result<(), RandomError> {
            out.fill(7);
            let used = self.0.swap(true, std::sync::atomic::Ordering::SeqCst);
            if used {
                Err(RandomError::new())
            } else {
                Ok(())
            }
        }
    }
    let (ring, clock, shop) = world();
    let poor = Sessions::<()>::builder(ring, RevocationList::new())
        .purpose("session")
        .audience("shop")
        .aal3()
        .clock(clock)
        .random(Once(false.into()))
        .build()
        .unwrap();
    let ada = poor.issue("ada", &()).unwrap().session;
    assert!(poor.form_token(&ada).is_err());
    let form = shop.form_token(&ada).unwrap();
    assert_eq!(format!("{form:?}"), "FormToken(REDACTED)");
}

#[test]
fn every_single_changed_bit_and_every_other_length_is_refused() {
    let (_, _, shop) = world();
    let ada = shop.issue("ada", &()).unwrap().session;
    let form = shop.form_token(&ada).unwrap().to_string();
    for at in 0..form.len() {
        for other in *b"Ab0-_=. \n" {
            if form.as_bytes()[at] != other {
                let mut bytes = form.clone().into_bytes();
                bytes[at] = other;
                let changed = String::from_utf8(bytes).unwrap();
                assert!(
                    shop.check_form_token(&ada, &changed).is_err(),
                    "{at} {other}"
                );
            }
        }
    }
    for length in 0..form.len() {
        assert!(shop.check_form_token(&ada, &form[..length]).is_err());
    }
    assert!(shop.check_form_token(&ada, &"A".repeat(100_000)).is_err());
}

proptest! {
    #[test]
    fn no_text_passes_and_none_panics(text in ".{0,120}") {
        let (_, _, shop) = world();
        let ada = shop.issue("ada", &()).unwrap().session;
        prop_assert!(shop.check_form_token(&ada, &text).is_err());
    }
}
