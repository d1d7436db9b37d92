//! Whether the time of an operation tells two classes of input apart that an attacker must not tell
//! apart by time: forged tokens of which more or less is right, and secrets that are read.
//!
//! `benches/timing/run` runs it and judges; SECURITY.md says what came out, and what that can't show.

mod forge;
mod measure;

use dudect_bencher::{BenchRng, CtRunner, ctbench_main};

use crate::forge::{Forger, KEY};
use crate::measure::{flip, pairs};

/// Of the tag that the cipher compares.
const TAG: core::ops::Range<isize> = -16..0;
/// Of the nonce that must be the one which the contents give.
const NONCE: core::ops::Range<isize> = 4..28;

/// A comparison that stops at the first difference. It has to be found, or the rest proves nothing.
fn control_that_leaks(runner: &mut CtRunner, rng: &mut BenchRng) {
    let secret = vec![7_u8; 256];
    let at = |index| move |bytes: &Vec<u8>| flip(bytes, index);
    let inputs = pairs(rng, |_| secret.clone(), at(0), at(-1));
    for (class, input) in inputs {
        runner.run_one(class, || input.iter().zip(&secret).all(|(a, b)| a == b));
    }
}

/// One class twice. It has to be found equal, or the machine is too busy to tell anything.
fn control_that_does_not(runner: &mut CtRunner, rng: &mut BenchRng) {
    let forger = Forger::new(false);
    let last = |bytes: &Vec<u8>| flip(bytes, TAG.end - 1);
    forger.verify_each(runner, pairs(rng, |rng| forger.body(rng), last, last));
}

fn tag(runner: &mut CtRunner, rng: &mut BenchRng, ring: bool) {
    let forger = Forger::new(ring);
    let first = |bytes: &Vec<u8>| flip(bytes, TAG.start);
    let last = |bytes: &Vec<u8>| flip(bytes, TAG.end - 1);
    forger.verify_each(runner, pairs(rng, |rng| forger.body(rng), first, last));
}

/// Forged tags: the first byte is wrong, or only the last.
fn tag_portable(runner: &mut CtRunner, rng: &mut BenchRng) {
    tag(runner, rng, false);
}

/// The same with the feature `ring`.
fn tag_ring(runner: &mut CtRunner, rng: &mut BenchRng) {
    tag(runner, rng, true);
}

/// The tag is right and the nonce is not the one that the contents give: the first byte is wrong, or
/// only the last. An attacker needs the key to get there.
fn commitment(runner: &mut CtRunner, rng: &mut BenchRng) {
    let forger = Forger::new(false);
    let good = forger.body(rng);
    assert_eq!(
        forger.sealed_again(&good, &good),
        good,
        "the rest would stop at the tag"
    );
    let first = |good: &Vec<u8>| forger.sealed_again(good, &flip(good, NONCE.start));
    let last = |good: &Vec<u8>| forger.sealed_again(good, &flip(good, NONCE.end - 1));
    forger.verify_each(runner, pairs(rng, |rng| forger.body(rng), first, last));
}

/// What is rejected for its tag: a changed tag, or a whole token of another purpose. The two must not
/// differ, or an answer would say what a stolen token is for.
fn rejected_forged_or_other_purpose(runner: &mut CtRunner, rng: &mut BenchRng) {
    let (forger, other) = (Forger::new(false), Forger::for_purpose("password-reset"));
    let both = |rng: &mut BenchRng| (forger.body(rng), other.body(rng));
    let inputs = pairs(
        rng,
        both,
        |(own, _)| flip(own, -1),
        |(_, other)| other.clone(),
    );
    forger.verify_each(runner, inputs);
}

/// What is accepted: one session again and again, or random contents of the same length.
fn accepted_contents(runner: &mut CtRunner, rng: &mut BenchRng) {
    let forger = Forger::new(false);
    let fixed = forger.body_of(&[7; 64]);
    let inputs = pairs(rng, |rng| forger.body(rng), |_| fixed.clone(), Clone::clone);
    forger.verify_each(runner, inputs);
}

/// The token of a form: the first byte of its MAC is wrong, or only the last.
fn form_token(runner: &mut CtRunner, rng: &mut BenchRng) {
    let forger = Forger::new(false);
    let (session, body) = forger.form();
    assert_eq!(
        body.len(),
        68,
        "a key id, a mask and a masked MAC of 32 bytes"
    );
    let inputs = pairs(
        rng,
        |_| body.clone(),
        |form| flip(form, -32),
        |form| flip(form, -1),
    );
    forger.check_each(runner, &session, inputs);
}

/// Reading the text of a key: one key again and again, or random keys.
fn key_text(runner: &mut CtRunner, rng: &mut BenchRng) {
    forge::read_keys(
        runner,
        pairs(rng, forge::random_key, |_| KEY.to_vec(), Clone::clone),
    );
}

ctbench_main!(
    control_that_leaks,
    control_that_does_not,
    tag_portable,
    tag_ring,
    commitment,
    rejected_forged_or_other_purpose,
    accepted_contents,
    form_token,
    key_text
);
