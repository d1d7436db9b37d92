//! How long tokens and cookies get: `cargo run --example sizes`.

use cloakroom::http::cookie::CookieConfig;
use cloakroom::{KeyRing, ManualClock, Payload, RawBytes, RevocationList, Sessions};
use time::Duration;

const SUBJECT: &str = "user-42";

/// What an application with several tenants keeps at hand.
#[derive(serde::Serialize, serde::Deserialize)]
struct Typical {
    user: u64,
    tenant: u64,
    name: String,
    email: String,
    roles: Vec<String>,
    locale: String,
    two_factor: bool,
}
cloakroom::payload!(Typical);

fn main() -> Result<(), Box<dyn core::error::Error>> {
    let typical = Typical {
        user: 8_273_645,
        tenant: 20_418,
        name: "Ada Lovelace".into(),
        email: "ada.lovelace@example.com".into(),
        roles: vec!["editor".into(), "billing".into(), "reports".into()],
        locale: "en-GB".into(),
        two_factor: true,
    };
    report("no payload", &())?;
    report("typical payload", &typical)?;
    report("1.5 KB payload", &RawBytes(vec![b'x'; 1_536]))?;
    Ok(())
}

/// One line. The lengths depend on neither keys nor chance, so the line is always the same.
fn report<T>(name: &str, payload: &T) -> Result<(), Box<dyn core::error::Error>>
where
    T: for<'b> Payload<View<'b> = T>,
{
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
    let issued = sessions.issue(SUBJECT, payload)?;
    let token = issued.token.as_str();
    let cookie = CookieConfig::default().set_cookie(token, issued.session.max_age())?;
    println!(
        "{name}: {payload_bytes} bytes of payload, {} of subject: token {} characters, \
         Set-Cookie line {}",
        SUBJECT.len(),
        token.len(),
        cookie.len(),
    );
    Ok(())
}
