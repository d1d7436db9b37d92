//! The claims of an authentic token, for people and programs.

use cloakroom::Timestamp;
use cloakroom::hazmat::Claims;
use serde_json::{Value, json};

use crate::args::{Binding, PolicyArgs};
use crate::exit::Failure;
use crate::hex;
use crate::moment::{distance, spoken};

/// The deadlines that decide: those of the token, or of the servers where they are stricter.
pub(crate) struct Deadlines {
    pub(crate) idle: Option<u64>,
    pub(crate) absolute: u64,
}

pub(crate) const fn issued_at(claims: &Claims<'_>) -> u64 {
    claims
        .authenticated_at
        .saturating_add(claims.issued_after as u64)
}

pub(crate) fn deadlines(claims: &Claims<'_>, policy: &PolicyArgs) -> Deadlines {
    let absolute = policy
        .absolute_timeout
        .unwrap_or(u32::MAX)
        .min(claims.absolute);
    let idle = [Some(claims.idle), policy.idle_timeout];
    let idle = idle.into_iter().flatten().filter(|idle| *idle > 0).min();
    Deadlines {
        idle: idle.map(|idle| issued_at(claims).saturating_add(idle.into())),
        absolute: claims.authenticated_at.saturating_add(absolute.into()),
    }
}

/// A time in a token, or what stands for one beyond the calendar.
pub(crate) fn time(unix: u64, now: Timestamp) -> String {
    match Timestamp::from_unix(unix) {
        Some(time) => format!("{time}, {}", distance(time, now)),
        None => "after the year 9999".into(),
    }
}

/// Text where it is text, so that a subject of bytes can't move the cursor of a terminal.
pub(crate) fn subject(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok("") => "(none)".into(),
        Ok(text) if !text.contains(char::is_control) => text.to_owned(),
        _ => format!("hex {}", hex::encode(bytes)),
    }
}

pub(crate) fn lines(claims: &Claims<'_>, policy: &PolicyArgs, now: Timestamp) -> String {
    let deadlines = deadlines(claims, policy);
    let idle = match deadlines.idle {
        Some(idle) => format!(
            "{} ({} after its issue)",
            time(idle, now),
            idle_of(claims, policy)
        ),
        None => "none".into(),
    };
    format!(
        "session     {}\n\
         subject     {}\n\
         generation  {}\n\
         login       {}\n\
         issued      {}\n\
         idle until  {idle}\n\
         ends        {}\n\
         schema      {}\n",
        claims.session.to_hex(),
        subject(claims.subject),
        claims.generation,
        time(claims.authenticated_at, now),
        time(issued_at(claims), now),
        time(deadlines.absolute, now),
        claims.schema,
    )
}

fn idle_of(claims: &Claims<'_>, policy: &PolicyArgs) -> String {
    let idle = deadlines(claims, policy).idle.unwrap_or_default();
    spoken(idle.saturating_sub(issued_at(claims)))
}

pub(crate) fn json(claims: &Claims<'_>, policy: &PolicyArgs) -> Value {
    let deadlines = deadlines(claims, policy);
    let stamp = |unix: u64| Timestamp::from_unix(unix).map(|time| time.to_string());
    json!({
        "session": claims.session.to_hex(),
        "subject": std::str::from_utf8(claims.subject).ok(),
        "subject_hex": hex::encode(claims.subject),
        "generation": claims.generation,
        "authenticated_at": stamp(claims.authenticated_at),
        "issued_at": stamp(issued_at(claims)),
        "idle": claims.idle,
        "absolute": claims.absolute,
        "idle_deadline": deadlines.idle.and_then(stamp),
        "absolute_deadline": stamp(deadlines.absolute),
        "schema": [claims.schema.major(), claims.schema.minor()],
    })
}

pub(crate) fn binding(binding: &Binding) -> Result<Vec<u8>, Failure> {
    match (&binding.binding, &binding.binding_hex) {
        (Some(text), _) => Ok(text.as_bytes().to_vec()),
        (None, Some(digits)) => hex::decode(digits)
            .ok_or_else(|| Failure::usage("--binding-hex takes pairs of hex digits")),
        (None, None) => Ok(Vec::new()),
    }
}
