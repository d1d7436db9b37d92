//! Issue, verify and renew of the typical session against the same bytes done by hand, interleaved
//! in one run: `cargo bench --bench core`.
//!
//! By hand means what a careful application writes without this crate: postcard, bare
//! XChaCha20-Poly1305 with a random nonce, base64url, an expiry compared with the clock. No key id,
//! no purpose, no revocation, no commitment.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]
#![allow(clippy::arithmetic_side_effects, clippy::std_instead_of_core)]

use std::hint::black_box;
use std::time::Instant;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use chacha20poly1305::aead::{AeadInOut as _, inout::InOutBuf};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305};
use cloakroom::{Clock as _, KeyRing, RevocationList, Scratch, Sessions, SystemClock};
use rand_core::TryRng as _;
use serde::{Deserialize, Serialize};
use time::Duration;

#[path = "typical.rs"]
mod typical;
use typical::{SUBJECT, Typical};

const ROUNDS: usize = 41;
const PER_ROUND: u32 = 4000;

/// The claims that the hand-made token carries beside the payload.
#[derive(Serialize, Deserialize)]
struct ByHand<'a> {
    session: [u8; 16],
    subject: &'a str,
    authenticated_at: u64,
    issued_at: u64,
    idle: u32,
    absolute: u32,
    #[serde(borrow)]
    payload: Typical<'a>,
}

struct Baseline(XChaCha20Poly1305);

impl Baseline {
    fn seal(&self, claims: &ByHand<'_>) -> String {
        let mut buffer = [0_u8; 512];
        let mut nonce = [0_u8; 24];
        getrandom::SysRng.try_fill_bytes(&mut nonce).unwrap();
        buffer[..24].copy_from_slice(&nonce);
        let length = postcard::to_slice(claims, &mut buffer[24..]).unwrap().len();
        let text = InOutBuf::from(&mut buffer[24..24 + length]);
        let tag = self
            .0
            .encrypt_inout_detached((&nonce).into(), b"", text)
            .unwrap();
        buffer[24 + length..40 + length].copy_from_slice(&tag);
        Base64UrlUnpadded::encode_string(&buffer[..40 + length])
    }

    fn open<'b>(&self, token: &str, buffer: &'b mut [u8; 512]) -> ByHand<'b> {
        let length = Base64UrlUnpadded::decode(token, buffer).unwrap().len();
        let (nonce, rest) = buffer.split_first_chunk_mut::<24>().unwrap();
        let (text, rest) = rest.split_at_mut(length - 40);
        let tag: &[u8; 16] = rest.first_chunk().unwrap();
        let text_in = InOutBuf::from(&mut *text);
        self.0
            .decrypt_inout_detached((&*nonce).into(), b"", text_in, tag.into())
            .unwrap();
        let claims: ByHand<'b> = postcard::from_bytes(text).unwrap();
        let now = SystemClock.now().unwrap().unix();
        assert!(now < claims.issued_at + u64::from(claims.idle));
        claims
    }
}

fn main() {
    let ring = KeyRing::generate(&SystemClock, Duration::hours(8)).unwrap();
    let build = |share: (u32, u32)| {
        Sessions::<Typical<'static>>::builder(ring.clone(), RevocationList::new())
            .purpose("session")
            .audience("api.example.com")
            .idle_timeout(Duration::minutes(30))
            .absolute_timeout(Duration::hours(8))
            .renew_share(share.0, share.1)
            .build()
            .unwrap()
    };
    let sessions = build((0, 1));
    let baseline = Baseline(XChaCha20Poly1305::new(&[7; 32].into()));
    let now = SystemClock.now().unwrap().unix();
    let by_hand = ByHand {
        session: [1; 16],
        subject: SUBJECT,
        authenticated_at: now,
        issued_at: now,
        idle: 1800,
        absolute: 28_800,
        payload: Typical::SAMPLE,
    };
    let ours = sessions
        .issue(SUBJECT, &Typical::SAMPLE)
        .unwrap()
        .token
        .into_string();
    let theirs = baseline.seal(&by_hand);
    let mut scratch = Scratch::new();
    let session = sessions.verify_in(&ours, &mut scratch).unwrap();

    let mut open_scratch = Scratch::new();
    let mut buffer = [0; 512];
    let mut cases: [(&str, &mut dyn FnMut()); 5] = [
        ("seal by hand", &mut || {
            drop(black_box(baseline.seal(black_box(&by_hand))))
        }),
        ("issue", &mut || {
            drop(black_box(sessions.issue(SUBJECT, &Typical::SAMPLE)))
        }),
        ("renew", &mut || drop(black_box(sessions.renew(&session)))),
        ("open by hand", &mut || {
            black_box(
                baseline
                    .open(black_box(&theirs), &mut buffer)
                    .payload
                    .account,
            );
        }),
        ("verify_in", &mut || {
            let opened = sessions
                .verify_in(black_box(&ours), &mut open_scratch)
                .unwrap();
            black_box(opened.payload().account);
        }),
    ];
    let mut samples = vec![Vec::with_capacity(ROUNDS); cases.len()];
    for _ in 0..ROUNDS {
        for (index, (_, run)) in cases.iter_mut().enumerate() {
            let start = Instant::now();
            for _ in 0..PER_ROUND {
                run();
            }
            samples[index].push(start.elapsed().as_nanos() as f64 / f64::from(PER_ROUND));
        }
    }
    let median = |values: &mut Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let medians: Vec<f64> = samples.iter_mut().map(median).collect();
    println!("token: {} characters, by hand {}", ours.len(), theirs.len());
    for (index, (name, _)) in cases.iter().enumerate() {
        let base = medians[if index < 3 { 0 } else { 3 }];
        println!(
            "{name:>14}: {:7.0} ns, {:.2} of by hand",
            medians[index],
            medians[index] / base
        );
    }
}
