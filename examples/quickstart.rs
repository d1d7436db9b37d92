//! The whole idea in one file: `cargo run --example quickstart`.

use cloakroom::{KeyRing, ManualClock, RevocationList, Sessions, VerifyError};
use time::Duration;

#[derive(serde::Serialize, serde::Deserialize)]
struct User {
    name: String,
}
cloakroom::payload!(User);

fn main() -> Result<(), Box<dyn core::error::Error>> {
    // Moved by hand, to show what time does. Without `.clock(...)` below it is the system's clock.
    let clock = ManualClock::at(1_800_000_000);

    // One key, for tokens that live at most eight hours. A server keeps it in a file, as
    // `ring.to_text()`, and reads it with `KeyRing::parse`.
    let ring = KeyRing::generate(&clock, Duration::hours(8))?;
    let sessions = Sessions::<User>::builder(ring, RevocationList::new())
        .purpose("session")
        .audience("shop.example")
        .idle_timeout(Duration::minutes(30))
        .absolute_timeout(Duration::hours(8))
        .clock(clock.clone())
        .build()?;

    // Login: the password was right, so the user gets a token. The server stores nothing.
    let name = "Ada".to_owned();
    let issued = sessions.issue("user-42", &User { name })?;
    let token = issued.token.as_str();
    println!("issued: {} characters", token.len());

    // A request: is the token good, and whose is it?
    let session = sessions.verify(token)?;
    println!("verified: {}", session.payload().name);

    // A renewal is due once half of the idle timeout has passed.
    println!("due at once: {}", sessions.renew(&session)?.is_some());
    clock.advance(20 * 60);
    let renewed = sessions.renew(&session)?.ok_or("a renewal is due")?;
    println!("renewed: ends {}", renewed.session.expires_at());

    // Logout: every token of the session is refused, also the copy that somebody made.
    sessions.revoke(session.id())?;
    for (which, token) in [("first", token), ("renewed", renewed.token.as_str())] {
        match sessions.verify(token) {
            Ok(_) => println!("{which} token: accepted"),
            Err(VerifyError::Rejected(why)) => println!("{which} token: {:?}", why.reason()),
            Err(VerifyError::Unavailable(_)) => println!("{which} token: ask again later"),
        }
    }
    Ok(())
}
