//! Vectors of kind `age`: the age of an authentication (SPEC §8.10), of a session whose times are those
//! of the vector.

use cloakroom::hazmat::{self, Claims, For};
use cloakroom::{Key, KeyRing, NoRevocation, Schema, SessionId, Timestamp};
use serde_json::json;
use time::Duration;

use crate::args::PolicyArgs;
use crate::token::judge;
use crate::vectors::vector::{Vector, Why};

pub(crate) fn age(vector: &Vector) -> Result<(), Why> {
    let started = vector.number("authenticated_at")?;
    let issued_after = vector.number("issued_at")?.checked_sub(started);
    let issued_after = issued_after.and_then(|after| u32::try_from(after).ok());
    let by_age = !vector.input("max_age").is_null();
    let limit = match by_age {
        true => vector.number("max_age")?,
        false => vector.number("require_fresh")?,
    };
    let limit = i64::try_from(limit).map(Duration::seconds);
    let limit = limit.map_err(|error| error.to_string())?;
    let claims = Claims {
        session: SessionId::from_bytes([1; 16]),
        generation: 0,
        subject: b"",
        authenticated_at: started,
        // Each question is about one of the two times; the other is one at which a session lives.
        issued_after: match by_age {
            true => {
                issued_after.ok_or("`issued_at` is before `authenticated_at`, or long after")?
            }
            false => 0,
        },
        idle: 0,
        absolute: u32::MAX,
        schema: Schema::new(1, 0),
    };
    let policy = PolicyArgs {
        idle_timeout: None,
        absolute_timeout: None,
        leeway: vector.small("leeway")?,
        tolerance: 300,
    };
    let key = Key::generate().map_err(|error| error.to_string())?;
    let to = For {
        purpose: b"age",
        audience: b"",
        binding: b"",
    };
    let token = hazmat::seal(&key, to, &claims.encode(b"")).map_err(|error| error.to_string())?;
    let longest = Duration::seconds(u32::MAX.into());
    let ring = KeyRing::new(key, Timestamp::UNIX_EPOCH, longest);
    let ring = ring.map_err(|error| error.to_string())?;
    let sessions = judge::describe::<(), _>(ring, to, NoRevocation, &policy, vector.now()?).build();
    let sessions = sessions.map_err(|error| format!("no server is set up so: {error}"))?;
    let session = sessions.verify(&token);
    let session = session.map_err(|error| format!("no session has these times: {error}"))?;
    let answer = match by_age {
        true => session.info().require_max_age(limit),
        false => session.require_fresh(limit),
    };
    vector.answers(if answer.is_ok() { "ok" } else { "failed" }, json!({}))
}
