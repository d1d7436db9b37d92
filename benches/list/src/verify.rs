//! What the check adds to the verification of a typical session.

use std::hint::black_box;
use std::time::Instant;

use cloakroom::{
    KeyRing, NoRevocation, Record, Revocation, RevocationList, RevocationView, Scratch, Sessions,
    SystemClock,
};
use time::Duration;

use crate::ids::{Ids, median};
use crate::maps::{EXPIRES, Ours, Table as _, now};

#[path = "../../typical.rs"]
mod typical;
use typical::{SUBJECT, Typical};

const ROUNDS: usize = 31;
/// So many that neither they nor what the list says of them is at hand.
const TOKENS: usize = 16_384;

type Case<'a> = (&'static str, &'a mut dyn FnMut(&str));

fn sessions<V: RevocationView>(ring: &KeyRing, view: V) -> Sessions<Typical<'static>, V> {
    Sessions::builder(ring.clone(), view)
        .purpose("session")
        .audience("api.example.com")
        .idle_timeout(Duration::minutes(30))
        .absolute_timeout(Duration::hours(8))
        .build()
        .unwrap()
}

fn filled(size: u64, subjects: u64) -> RevocationList {
    let list = Ours::default();
    let mut ids = Ids::known();
    for _ in 0..size {
        list.insert(ids.next());
    }
    for number in 0..subjects {
        let cutoff = Revocation::subject(&number.to_be_bytes(), 1_000, None);
        let _ = list.0.merge(&[Record::new(cutoff, EXPIRES)], now());
    }
    list.0
}

pub(crate) fn run(sizes: &[u64]) {
    for &size in sizes {
        println!(
            "-- verify_in of a typical session, {TOKENS} tokens in turn, {size} entries; median, least"
        );
        let ring = KeyRing::generate(&SystemClock, Duration::hours(8)).unwrap();
        let none = sessions(&ring, NoRevocation);
        let empty = sessions(&ring, RevocationList::new());
        let full = sessions(&ring, filled(size, 0));
        let subjects = sessions(&ring, filled(size, size / 10));
        let tokens: Vec<String> = (0..TOKENS)
            .map(|_| {
                none.issue(SUBJECT, &Typical::SAMPLE)
                    .unwrap()
                    .token
                    .into_string()
            })
            .collect();
        let mut scratch: [Scratch; 4] = std::array::from_fn(|_| Scratch::new());
        let [one, two, three, four] = &mut scratch;
        let mut cases: [Case<'_>; 4] = [
            ("without a list", &mut verify(&none, one)),
            ("an empty list", &mut verify(&empty, two)),
            ("sessions", &mut verify(&full, three)),
            (
                "sessions, and a tenth as many subjects",
                &mut verify(&subjects, four),
            ),
        ];
        let mut samples = vec![Vec::with_capacity(ROUNDS); cases.len()];
        for _ in 0..ROUNDS {
            for (samples, (_, run)) in samples.iter_mut().zip(&mut cases) {
                let start = Instant::now();
                for token in &tokens {
                    run(token);
                }
                samples.push(start.elapsed().as_nanos() as f64 / TOKENS as f64);
            }
        }
        let medians: Vec<f64> = samples.iter_mut().map(|s| median(s)).collect();
        let least: Vec<f64> = samples.iter().map(|samples| samples[0]).collect();
        for (((name, _), ns), least) in cases.iter().zip(&medians).zip(&least) {
            let more = 100.0 * (ns / medians[0] - 1.0);
            println!("{name:>40}: {ns:7.1} ns, {least:7.1} ns, {more:+.1} %");
        }
    }
}

fn verify<'a, V: RevocationView>(
    sessions: &'a Sessions<Typical<'static>, V>,
    scratch: &'a mut Scratch,
) -> impl FnMut(&str) + 'a {
    move |token| {
        let session = sessions.verify_in(black_box(token), scratch).unwrap();
        black_box(session.payload().account);
    }
}
