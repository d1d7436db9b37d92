//! Does one operation so many times: `cloakroom-callgrind portable issue 1000`, or `ring issue 1000`
//! with the other implementation of the AEAD. `.ci/instructions` runs it under valgrind with two
//! counts and subtracts, so that starting the program costs nothing.
//!
//! Everything is fixed, the clock and the randomness too: the same work is the same number of
//! instructions wherever the compiler, the dependencies and the processor's features are the same.

use std::hint::black_box;
use std::process::ExitCode;

use cloakroom::{
    Key, KeyRing, ManualClock, RandomError, RandomSource, RevocationList, Scratch, Sessions,
    Timestamp,
};
use time::Duration;

#[path = "../../typical.rs"]
mod typical;
use typical::{SUBJECT, Typical};

const NOW: u64 = 1_800_000_000;

/// The same bytes for ever. No use but counting.
struct Fixed;

impl RandomSource for Fixed {
    fn fill(&self, out: &mut [u8]) -> Result<(), RandomError> {
        out.fill(0x5a);
        Ok(())
    }
}

fn sessions() -> Sessions<Typical<'static>> {
    let bytes = core::array::from_fn(|index| index as u8);
    let key = Key::from_bytes(&bytes).unwrap();
    let activate = Timestamp::from_unix(NOW).unwrap();
    let ring = KeyRing::new(key, activate, Duration::hours(8)).unwrap();
    Sessions::builder(ring, RevocationList::new())
        .purpose("session")
        .audience("api.example.com")
        .idle_timeout(Duration::minutes(30))
        .absolute_timeout(Duration::hours(8))
        .renew_share(0, 1)
        .clock(ManualClock::at(NOW))
        .random(Fixed)
        .build()
        .unwrap()
}

/// The token with the character at `at` from the end replaced.
fn changed(token: &str, at: usize, character: char) -> String {
    let mut characters: Vec<char> = token.chars().collect();
    let was = std::mem::replace(&mut characters[at], character);
    assert_ne!(was, character);
    characters.into_iter().collect()
}

fn run(operation: &str, times: u64) -> Option<()> {
    let sessions = sessions();
    let token = sessions.issue(SUBJECT, &Typical::SAMPLE).unwrap();
    let token = token.token.into_string();
    let mut scratch = Scratch::new();
    match operation {
        "issue" => {
            for _ in 0..times {
                drop(black_box(
                    sessions
                        .issue(black_box(SUBJECT), &Typical::SAMPLE)
                        .unwrap(),
                ));
            }
        }
        "renew" => {
            let session = sessions.verify_in(&token, &mut scratch).unwrap();
            for _ in 0..times {
                let renewed = sessions.renew(black_box(&session)).unwrap();
                assert!(renewed.is_some());
            }
        }
        "verify" => {
            for _ in 0..times {
                let session = sessions.verify_in(black_box(&token), &mut scratch).unwrap();
                black_box(session.payload().account);
            }
        }
        _ => {
            // A character that is none of base64url's, in the last place; a key id that no key has;
            // a ciphertext that was changed.
            let last = token.len() - 1;
            let hostile = match operation {
                "reject-garbage" => changed(&token, last, '!'),
                "reject-unknown" => changed(&token, 6, if &token[6..7] == "A" { 'B' } else { 'A' }),
                "reject-forged" => {
                    let middle = token.len() / 2;
                    let other = if &token[middle..=middle] == "A" {
                        'B'
                    } else {
                        'A'
                    };
                    changed(&token, middle, other)
                }
                _ => return None,
            };
            for _ in 0..times {
                assert!(
                    sessions
                        .verify_in(black_box(&hostile), &mut scratch)
                        .is_err()
                );
            }
        }
    }
    Some(())
}

/// Prints the nanoseconds of one: what `settings` compares.
fn nanos(operation: &str, times: u32) -> Option<()> {
    run(operation, (times / 10).into())?;
    let start = std::time::Instant::now();
    run(operation, times.into())?;
    println!(
        "{:.1}",
        start.elapsed().as_nanos() as f64 / f64::from(times)
    );
    Some(())
}

/// The features that the ciphers and hashes ask the processor for, as they appear here: valgrind shows
/// fewer than the machine has.
fn features() -> String {
    #[cfg(target_arch = "x86_64")]
    let has = [
        ("avx2", std::arch::is_x86_feature_detected!("avx2")),
        ("avx512f", std::arch::is_x86_feature_detected!("avx512f")),
        ("sha", std::arch::is_x86_feature_detected!("sha")),
    ];
    #[cfg(not(target_arch = "x86_64"))]
    let has: [(&str, bool); 0] = [];
    let names = has.iter().filter(|(_, has)| *has).map(|(name, _)| *name);
    let names: Vec<&str> = names.collect();
    format!("{} {}", std::env::consts::ARCH, names.join(" "))
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.as_slice() {
        [features_] if features_ == "features" => {
            println!("{}", features().trim_end());
            Some(())
        }
        [backend, operation, times] if backend == "portable" || backend == "ring" => {
            cloakroom::hazmat::use_ring(backend == "ring");
            times.parse().ok().and_then(|times| run(operation, times))
        }
        [time, backend, operation, times]
            if time == "time" && (backend == "portable" || backend == "ring") =>
        {
            cloakroom::hazmat::use_ring(backend == "ring");
            times.parse().ok().and_then(|times| nanos(operation, times))
        }
        _ => None,
    };
    if done.is_none() {
        eprintln!(
            "[time] portable|ring issue|renew|verify|reject-garbage|reject-unknown|reject-forged TIMES, or features"
        );
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
