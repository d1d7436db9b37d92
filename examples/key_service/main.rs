//! A key ring that is stored wrapped and unwrapped by a key service when it is loaded, with the
//! requests of Vault's transit engine. The service here is another process of this program, which
//! alone knows the wrapping key; put the address and the token of yours in its place.
//!
//! ```text
//! cargo run --example key_service
//! ```

#![allow(
    clippy::std_instead_of_alloc,
    reason = "a program for people who read it"
)]

mod client;
mod stand_in;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use client::Transit;
use cloakroom::reload::KeyWatch;
use cloakroom::source::KeySource;
use cloakroom::{Clock as _, Key, KeyRing, RevocationList, Sessions, SystemClock};
use time::Duration;

type Result<T> = core::result::Result<T, Box<dyn core::error::Error>>;

fn main() -> Result<()> {
    if std::env::args().nth(1).as_deref() == Some("stand-in") {
        return stand_in::serve();
    }
    let (mut service, address) = start()?;
    let result = run(&address, &mut service);
    let _ = service.kill();
    let _ = service.wait();
    result
}

/// Enough to see that it is not the ring.
fn start_of(stored: &Mutex<String>) -> String {
    let stored = stored.lock().unwrap_or_else(PoisonError::into_inner);
    stored.chars().take(9).collect()
}

/// The stand-in prints the address that it listens on.
fn start() -> Result<(Child, String)> {
    let mut service = Command::new(std::env::current_exe()?)
        .arg("stand-in")
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    let out = service.stdout.take().ok_or("no output")?;
    BufReader::new(out).read_line(&mut line)?;
    Ok((service, line.trim().to_owned()))
}

fn run(address: &str, service: &mut Child) -> Result<()> {
    let transit = Transit::new(address, "s.example");
    let ring = KeyRing::generate(&SystemClock, Duration::hours(8))?;
    // What is kept in a file, a secret or a table: of no use without the service.
    let stored = Arc::new(Mutex::new(transit.wrap(&ring.to_text())?));
    println!("stored: {}...", start_of(&stored));

    let reads = Arc::clone(&stored);
    let source = KeySource::custom("wrapped ring", move || {
        let stored = reads.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(stored.clone().into())
    });
    let source = source.unwrap_with(transit.clone());
    let sessions = Sessions::<()>::builder(source.load()?, RevocationList::new())
        .purpose("session")
        .audience("")
        .aal3()
        .build()?;
    println!("loaded: {} key", sessions.key_ring().keys().count());

    let watch = KeyWatch::builder(source)
        .sessions(&sessions)
        .without_thread()?;
    println!("watched: {:?}", watch.poll_now()?);
    let next = ring.rotate(Key::generate()?, SystemClock.now()?)?;
    *stored.lock().map_err(|_| "lock")? = transit.wrap(&next.to_text())?;
    println!("watched: {:?}", watch.poll_now()?);
    println!("in force: {} keys", sessions.key_ring().keys().count());

    // The service goes down while something new is stored: the old ring stays.
    let other = next.with_note(next.keys().next().ok_or("no key")?.id, "noted")?;
    *stored.lock().map_err(|_| "lock")? = transit.wrap(&other.to_text())?;
    service.kill()?;
    service.wait()?;
    match watch.poll_now() {
        Ok(reload) => println!("watched: {reload:?}"),
        Err(error) => println!("service down: {error}"),
    }
    println!("in force: {} keys", sessions.key_ring().keys().count());
    Ok(())
}
