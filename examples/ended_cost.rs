//! What waiting for the end of 100,000 sessions costs, and how soon those who wait are woken:
//! `cargo run --release --example ended_cost`.
//!
//! Counted is all that the library holds for each who waits, the future itself included; not the
//! task of the executor. Timed is from before the revocation is asked for, until the waker is called
//! and until the future has resolved on an executor of one thread.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

use std::future::Future as _;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::task::{Context, Wake, Waker};
use std::time::{Duration, Instant};

use cloakroom::{Ended, KeyRing, RevocationList, SessionId, Sessions, SystemClock};

const WAITING: usize = 100_000;
const ROUNDS: usize = 2_000;

struct Task(usize, Sender<(usize, Instant)>);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        // The executor outlives its tasks, or nobody is interested any more.
        let _gone = self.1.send((self.0, Instant::now()));
    }
}

fn percentile(sorted: &[Duration], of_thousand: usize) -> Duration {
    let place = sorted.len().saturating_mul(of_thousand) / 1000;
    let last = sorted.len().saturating_sub(1);
    sorted.get(place.min(last)).copied().unwrap_or_default()
}

fn print(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    println!(
        "{what}: p50 {:?}, p99 {:?}, p99.9 {:?}, last {:?}",
        percentile(&times, 500),
        percentile(&times, 990),
        percentile(&times, 999),
        percentile(&times, 1000)
    );
}

fn main() -> Result<(), Box<dyn core::error::Error>> {
    let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
    let sessions = Sessions::<()>::builder(ring, RevocationList::new())
        .purpose("session")
        .audience("api.example.com")
        .idle_timeout(time::Duration::minutes(30))
        .absolute_timeout(time::Duration::hours(8))
        .build()?;
    let (sender, woken) = channel();
    let wakers: Vec<Waker> = (0..WAITING)
        .map(|task| Arc::new(Task(task, sender.clone())).into())
        .collect();
    // Subjects as long as a UUID in text. Idle deadlines differ as they would.
    let mut verified = Vec::with_capacity(WAITING);
    for user in 0..WAITING {
        let token = sessions.issue(format!("{user:036}"), &())?.token;
        verified.push(sessions.verify(token.as_str())?);
    }

    let mut waiting: Vec<Ended> = Vec::new();
    let begin = Instant::now();
    let counted = allocation_counter::measure(|| {
        waiting = Vec::with_capacity(WAITING);
        for (session, waker) in verified.iter().zip(&wakers) {
            let mut ended = sessions.ended(session);
            let polled = Pin::new(&mut ended).poll(&mut Context::from_waker(waker));
            assert!(polled.is_pending());
            waiting.push(ended);
        }
    });
    let ids: Vec<SessionId> = verified.iter().map(cloakroom::Session::id).collect();
    println!(
        "{WAITING} waiting: {} bytes each, {} of them the future; {:?} to begin each",
        counted.bytes_current / i64::try_from(WAITING)?,
        size_of::<Ended>(),
        begin.elapsed() / u32::try_from(WAITING)?
    );

    // One of them at a time, from all over, at up to a thousand a second.
    let (mut calls, mut times) = (Vec::new(), Vec::new());
    let mut poll = |task: usize| -> bool {
        let (Some(ended), Some(waker)) = (waiting.get_mut(task), wakers.get(task)) else {
            return false;
        };
        Pin::new(ended)
            .poll(&mut Context::from_waker(waker))
            .is_ready()
    };
    for round in 0..ROUNDS {
        let chosen = round.wrapping_mul(7_919) % WAITING;
        let Some(id) = ids.get(chosen) else { continue };
        let begin = Instant::now();
        sessions.revoke(*id)?;
        loop {
            let (task, called) = woken.recv()?;
            if poll(task) {
                calls.push(called.duration_since(begin));
                times.push(begin.elapsed());
                break;
            }
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    print("one session revoked, waker called", calls);
    print("one session revoked, resolved", times);

    let rest = WAITING.saturating_sub(ROUNDS);
    let (mut calls, mut times) = (Vec::with_capacity(rest), Vec::with_capacity(rest));
    let begin = Instant::now();
    sessions.revoke_all()?;
    while times.len() < rest {
        let (task, called) = woken.recv()?;
        if poll(task) {
            calls.push(called.duration_since(begin));
            times.push(begin.elapsed());
        }
    }
    print("all revoked at once, waker called", calls);
    print("all revoked at once, resolved", times);
    Ok(())
}
