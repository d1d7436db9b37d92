//! How long tokens and cookies get: `cargo run --example sizes`.

use cloakroom::http::cookie::CookieConfig;
use cloakroom::{KeyRing, ManualClock, Payload, RawBytes, RevocationList, Sessions};
use time::Duration;

#[path = "../benches/typical.rs"]
mod typical;

fn main() -> Result<(), Box<dyn core::error::Error>> {
    report::<()>("no payload", &())?;
    report::<typical::Typical<'static>>("typical payload", &typical::Typical::SAMPLE)?;
    report::<RawBytes>("1.5 KB payload", &RawBytes(vec![b'x'; 1_536]))?;
    Ok(())
}

/// One line. The lengths depend on neither keys nor chance, so the line is always the same.
fn report<T: Payload>(
    name: &str,
    payload: &T::View<'_>,
) -> Result<(), Box<dyn core::error::Error>> {
    let clock = ManualClock::at(1_800_000_000);
    let ring = KeyRing::generate(&clock, Duration::hours(8))?;
    let sessions = Sessions::<T>::builder(ring, RevocationList::new())
        .purpose("session")
        .audience("shop.example")
        .idle_timeout(Duration::minutes(30))
        .absolute_timeout(Duration::hours(8))
        .clock(clock)
        .build()?;
    let mut bytes = [0; 4_096];
    let payload_bytes = T::encode(payload, &mut bytes).map_err(|_| "the payload is too long")?;
    let issued = sessions.issue(typical::SUBJECT, payload)?;
    let token = issued.token.as_str();
    let cookie = CookieConfig::default().set_cookie(token, issued.session.max_age())?;
    println!(
        "{name}: {payload_bytes} bytes of payload, {} of subject: token {} characters, \
         Set-Cookie line {}",
        typical::SUBJECT.len(),
        token.len(),
        cookie.len(),
    );
    Ok(())
}
