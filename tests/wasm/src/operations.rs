//! What makes tokens, over a view and a random source of the program's own: the core has neither.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use cloakroom::hazmat::{self, For};
use cloakroom::schema::{EncodeError, Ends, Unreadable};
use cloakroom::{
    Issued, Key, KeyRing, NoPrevious, NoRevocation, OwnedPayload, Payload, RandomError,
    RandomSource, RotateError, Schema, Session, Sessions, SessionsBuilder, UpdateError,
    VerifyError,
};
use serde_json::Value;
use time::Duration;

use crate::run::{Fixed, at, hex, ring_of, text, to_hex};
use crate::view::View;

/// Bytes under a schema number, read and written as they are: what a payload means is for the vectors
/// of the kind `token`.
struct Given<const MAJOR: u32, const MINOR: u32>(Vec<u8>);

impl<const MAJOR: u32, const MINOR: u32> Payload for Given<MAJOR, MINOR> {
    const SCHEMA: Schema = Schema::new(MAJOR, MINOR);
    type View<'b> = Self;
    type Previous = NoPrevious;

    fn migrate<'b>(previous: NoPrevious) -> Self::View<'b> {
        match previous {}
    }

    fn encode(value: &Self, out: &mut [u8]) -> Result<usize, EncodeError> {
        let needed = value.0.len();
        let space = out.get_mut(..needed);
        space
            .ok_or(EncodeError::TooLong { needed })?
            .copy_from_slice(&value.0);
        Ok(needed)
    }

    fn decode(bytes: &[u8], _: Ends) -> Result<Self, Unreadable> {
        Ok(Self(bytes.to_vec()))
    }
}

impl<const MAJOR: u32, const MINOR: u32> OwnedPayload for Given<MAJOR, MINOR> {}

/// The bytes that a vector draws.
struct Drawn(Vec<u8>);

impl RandomSource for Drawn {
    fn fill(&self, out: &mut [u8]) -> Result<(), RandomError> {
        out.copy_from_slice(&self.0);
        Ok(())
    }
}

/// Sessions as a vector describes them.
fn describe<T: Payload>(inputs: &Value, ring: KeyRing, view: &View) -> SessionsBuilder<T, View> {
    let policy = &inputs["policy"];
    let seconds = |name: &str| Duration::seconds(policy[name].as_i64().expect("a number"));
    let drawn = inputs["session_id"]
        .as_str()
        .map(|_| hex(&inputs["session_id"]));
    let builder = Sessions::builder(ring, view.clone())
        .purpose(hex(&inputs["purpose"]))
        .audience(hex(&inputs["audience"]))
        .absolute_timeout(seconds("absolute"))
        .leeway(seconds("leeway"))
        .tolerance(seconds("tolerance"))
        .allow_small_tolerance()
        .max_token_len(4096)
        .random(Drawn(drawn.unwrap_or_default()))
        .clock(Fixed(inputs["now"].as_u64().expect("a number")));
    match policy["idle"].as_i64() {
        Some(0) => builder.no_idle_timeout(),
        _ => builder.idle_timeout(seconds("idle")),
    }
}

fn sessions<T: Payload>(inputs: &Value, ring: KeyRing, view: &View) -> Sessions<T, View> {
    let built = describe(inputs, ring, view).build().expect("a policy");
    built
        .bound_to(&hex(&inputs["binding"]))
        .expect("a short binding")
}

/// The token that a vector expects, or that there is none.
fn compare(stages: [&str; 2], stage: &str, issued: Option<Issued>, expected: &Value) {
    let token = issued.map(|issued| issued.token.into_string());
    assert_eq!(stages[usize::from(token.is_none())], stage);
    assert_eq!(token.as_deref(), expected["token"].as_str());
}

pub(crate) fn issue(inputs: &Value, stage: &str, expected: &Value) -> &'static str {
    let number = |name: &str| inputs[name].as_u64().expect("a number");
    assert_eq!(
        (number("major"), number("minor")),
        (1, 0),
        "a type for this schema"
    );
    let key = inputs["key"].as_str().expect("text");
    let file = format!(
        "cloakroom-ring 1\nmax-lifetime 4294967295\nkey {key} activate=1970-01-01T00:00:00Z\n"
    );
    let ring = KeyRing::parse(&file).expect("a ring file");
    let sessions = sessions::<Given<1, 0>>(inputs, ring, &View::new(inputs));
    let issued = sessions.issue(hex(&inputs["subject"]), &Given(hex(&inputs["payload"])));
    compare(["ok", "refused"], stage, issued.ok(), expected);
    "issue"
}

/// The session of a vector's token, under the number that its reader has.
macro_rules! presented {
    ($inputs:expr, $view:expr, ($sessions:ident, $session:ident) => $body:expr) => {{
        let (inputs, view) = ($inputs, $view);
        let number = |name: &str| inputs["reader"][name].as_u64().expect("a number");
        let text = inputs["token"].as_str().expect("text");
        match (number("major"), number("minor")) {
            (1, 0) => {
                let $sessions = sessions::<Given<1, 0>>(inputs, ring_of(inputs), view);
                let $session = $sessions.verify(text).expect("a live session");
                $body
            }
            (1, 2) => {
                let $sessions = sessions::<Given<1, 2>>(inputs, ring_of(inputs), view);
                let $session = $sessions.verify(text).expect("a live session");
                $body
            }
            other => panic!("no type for the reader {other:?}"),
        }
    }};
}

pub(crate) fn renew(inputs: &Value, stage: &str, expected: &Value) -> &'static str {
    let share = |index: usize| inputs["share"][index].as_u64().expect("a number") as u32;
    let view = View::new(inputs);
    let renewed = presented!(inputs, &view, (_sessions, session) => {
        // How often is part of the policy, which the macro leaves as it is.
        let built = describe::<Given<1, 0>>(inputs, ring_of(inputs), &view);
        let built = built.renew_share(share(0), share(1)).build().expect("a policy");
        let bound = built.bound_to(&hex(&inputs["binding"])).expect("a short binding");
        bound.renew(&session).expect("an answer")
    });
    compare(["ok", "none"], stage, renewed, expected);
    "renew"
}

/// The stage of a session that got no new token. A distrusted sealing key is refused, and reported as
/// unavailable by this crate, as SPEC §8.6 allows; what is unavailable in a vector is a session that
/// starts ahead under another key.
fn ended<T>(error: &UpdateError, inputs: &Value, session: &Session<T>) -> &'static str {
    let now = inputs["now"].as_u64().expect("a number");
    match error {
        UpdateError::Verify(VerifyError::Unavailable(_)) => {
            match session.info().authenticated_at().unix() > now {
                true => "unavailable",
                false => "refused",
            }
        }
        UpdateError::Verify(VerifyError::Rejected(_)) => "time",
        _ => "refused",
    }
}

fn not_rotated<T>(
    error: &RotateError<RandomError>,
    inputs: &Value,
    session: &Session<T>,
) -> &'static str {
    match error {
        RotateError::Update(error) => ended(error, inputs, session),
        _ => "refused",
    }
}

/// With the payload type that the vector's new payload is of.
fn with_new<T: OwnedPayload>(
    inputs: &Value,
    view: &View,
    session: &Session<T>,
    rotates: bool,
) -> Result<Issued, &'static str> {
    fn make<T: OwnedPayload, const MAJOR: u32, const MINOR: u32>(
        inputs: &Value,
        view: &View,
        session: &Session<T>,
        rotates: bool,
    ) -> Result<Issued, &'static str> {
        let sessions = sessions::<Given<MAJOR, MINOR>>(inputs, ring_of(inputs), view);
        let payload = Given(hex(&inputs["new"]["payload"]));
        if rotates {
            let rotated = sessions.rotate_with(session, &payload);
            rotated.map_err(|error| not_rotated(&error, inputs, session))
        } else {
            let updated = sessions.update(session, &payload);
            updated.map_err(|error| ended(&error, inputs, session))
        }
    }
    let number = |name: &str| inputs["new"][name].as_u64().expect("a number");
    match (number("major"), number("minor")) {
        (1, 0) => make::<T, 1, 0>(inputs, view, session, rotates),
        (1, 2) => make::<T, 1, 2>(inputs, view, session, rotates),
        (2, 5) => make::<T, 2, 5>(inputs, view, session, rotates),
        other => panic!("no type for the schema {other:?}"),
    }
}

pub(crate) fn update(inputs: &Value, stage: &str, expected: &Value) -> &'static str {
    let view = View::new(inputs);
    let updated = presented!(inputs, &view, (_sessions, session) =>
        with_new(inputs, &view, &session, false));
    compare(
        ["ok", updated.as_ref().err().unwrap_or(&"")],
        stage,
        updated.ok(),
        expected,
    );
    "update"
}

pub(crate) fn rotate(inputs: &Value, stage: &str, expected: &Value) -> &'static str {
    let view = View::new(inputs);
    let rotated = presented!(inputs, &view, (sessions, session) => {
        if inputs["new"].is_null() {
            let rotated = sessions.rotate(&session);
            rotated.map_err(|error| not_rotated(&error, inputs, &session))
        } else {
            with_new(inputs, &view, &session, true)
        }
    });
    compare(
        ["ok", rotated.as_ref().err().unwrap_or(&"")],
        stage,
        rotated.ok(),
        expected,
    );
    let record: Option<String> = view.published().map(|bytes| to_hex(&bytes));
    assert_eq!(record.as_deref(), expected["record"].as_str());
    "rotate"
}

/// A logout that is given a token.
pub(crate) fn logout(inputs: &Value, stage: &str, expected: &Value) -> &'static str {
    let Some(token) = text(inputs, "token") else {
        assert_eq!(stage, "refused");
        return "logout";
    };
    let view = View::new(inputs);
    let sessions = sessions::<Given<1, 0>>(inputs, ring_of(inputs), &view);
    let ended = sessions.revoke_token(&token).expect("a view that publishes");
    assert_eq!(["refused", "ok"][usize::from(ended.is_some())], stage);
    let record: Option<String> = view.published().map(|bytes| to_hex(&bytes));
    assert_eq!(record.as_deref(), expected["record"].as_str());
    "logout"
}

/// SPEC §8.10, over a real session whose times are those of the vector.
pub(crate) fn age(inputs: &Value, stage: &str) -> &'static str {
    let number = |name: &str| inputs[name].as_u64().expect("a number");
    let key = Key::from_bytes(&core::array::from_fn(|index| index as u8)).expect("not weak");
    let ring = KeyRing::new(key.clone(), at(0), Duration::days(9000)).expect("a ring of one key");
    let sessions = Sessions::<(), NoRevocation>::builder(ring, NoRevocation)
        .purpose("session")
        .audience("")
        .no_idle_timeout()
        .absolute_timeout(Duration::days(9000))
        .leeway(Duration::seconds(number("leeway") as i64))
        .tolerance(Duration::seconds(300))
        .random(Drawn(Vec::new()))
        .clock(Fixed(number("now")))
        .build()
        .expect("a policy");
    let started = number("authenticated_at");
    let claims = hazmat::Claims {
        session: hazmat::SessionId::from_bytes([1; 16]),
        generation: 0,
        subject: b"",
        authenticated_at: started,
        // Each question is about one of the two times; the other is one at which a session lives.
        issued_after: match inputs["max_age"].is_null() {
            true => 0,
            false => (number("issued_at") - started) as u32,
        },
        idle: 0,
        absolute: 777_600_000,
        schema: Schema::new(1, 0),
    };
    let to = For {
        purpose: b"session",
        audience: b"",
        binding: b"",
    };
    let text = hazmat::seal(&key, to, &claims.encode(b"")).expect("within its limits");
    let session = sessions.verify(&text).expect("a live session");
    let limit = |name: &str| inputs[name].as_i64().map(Duration::seconds);
    let answer = match (limit("max_age"), limit("require_fresh")) {
        (Some(limit), None) => session.info().require_max_age(limit),
        (None, Some(limit)) => session.require_fresh(limit),
        other => panic!("{other:?}"),
    };
    assert_eq!(if answer.is_ok() { "ok" } else { "failed" }, stage);
    "age"
}

/// Whether one ring may follow the other. Swapping them under sessions takes a lock, which the core has
/// not.
pub(crate) fn ring_replace(inputs: &Value, stage: &str) -> &'static str {
    let ring = |name: &str| KeyRing::parse(inputs[name].as_str().expect("text"));
    let old = ring("old").expect("a ring file");
    let now = at(inputs["now"].as_u64().expect("a number"));
    let forced = inputs["forced"].as_bool().expect("a truth");
    let allowed = ring("new").is_ok_and(|new| match forced {
        true => new.sealing_key(now).is_some(),
        false => old.check_successor(&new, now).is_ok(),
    });
    assert_eq!(if allowed { "ok" } else { "refused" }.to_string(), stage);
    "ring-replace"
}
