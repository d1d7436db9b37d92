//! Vectors of kind `issue`, `renew`, `update`, `rotate` and `cutoff`.

use std::sync::{Arc, Mutex};

use cloakroom::{
    Facts, Freshness, InMemory, Issued, KeyRing, Missing, OwnedPayload, RandomError, RandomSource,
    Reason, Record, Revocation, RevocationList, RevocationPublish, RevocationView, RotateError,
    Scope, Session, Sessions, Terms, Timestamp, UpdateError, VerifyError,
};
use serde_json::{Value, json};

use crate::input::{Vector, hex, to_hex};
use crate::opening::{describe, receive};
use crate::readers::with_reader;
use crate::shapes::Given;

/// The 16 bytes that the vector draws.
struct Drawn(Vec<u8>);

impl RandomSource for Drawn {
    fn fill(&self, out: &mut [u8]) -> Result<(), RandomError> {
        out.copy_from_slice(&self.0);
        Ok(())
    }
}

pub(crate) fn issue(vector: &Vector) {
    let answer = answer(vector);
    assert_eq!(answer["stage"], vector.stage());
    assert_eq!(answer["expected"]["token"], *vector.expected("token"));
}

/// Stage and expected of a login, as a vector has them.
pub(crate) fn answer(vector: &Vector) -> Value {
    let number = |name: &str| vector.number(name);
    match (number("major"), number("minor")) {
        (1, 0) => issue_as::<1, 0>(vector),
        (1, 1) => issue_as::<1, 1>(vector),
        (1, 2) => issue_as::<1, 2>(vector),
        (2, 0) => issue_as::<2, 0>(vector),
        (300, 0) => issue_as::<300, 0>(vector),
        (4_294_967_295, 4_294_967_295) => issue_as::<4_294_967_295, 4_294_967_295>(vector),
        other => panic!("no type for the schema {other:?}"),
    }
}

fn issue_as<const MAJOR: u32, const MINOR: u32>(vector: &Vector) -> Value {
    let text = vector.text("key").unwrap();
    let file = format!(
        "cloakroom-ring 1\nmax-lifetime 4294967295\nkey {text} activate=1970-01-01T00:00:00Z\n"
    );
    let list = RevocationList::new();
    let sessions: Sessions<Given<MAJOR, MINOR>> =
        describe(vector, KeyRing::parse(&file).unwrap(), list.clone())
            .random(Drawn(vector.bytes("session_id")))
            .build()
            .unwrap();
    receive(vector, &list);
    let sessions = sessions.bound_to(&vector.bytes("binding")).unwrap();
    let issued = sessions.issue(vector.bytes("subject"), &Given(vector.bytes("payload")));
    let Ok(issued) = issued else {
        return json!({"stage": "refused", "expected": {"token": null, "claims": null}});
    };
    let info = &issued.session;
    let started = info.authenticated_at().unix();
    let claims = json!({
        "session_id": info.id().to_hex(),
        "generation": info.generation(),
        "subject": to_hex(&vector.bytes("subject")),
        "authenticated_at": started,
        "issued_at": info.issued_at().unix(),
        "idle": vector.input("policy")["idle"],
        "absolute": vector.input("policy")["absolute"],
        "major": info.schema().major(),
        "minor": info.schema().minor(),
    });
    json!({"stage": "ok", "expected": {"token": issued.token.as_str(), "claims": claims}})
}

pub(crate) fn renew(vector: &Vector) {
    with_reader!(vector, T => renew_as::<T>(vector));
}

fn renew_as<T: OwnedPayload>(vector: &Vector) {
    let list = RevocationList::new();
    let share =
        |index: usize| u32::try_from(vector.input("share")[index].as_u64().unwrap()).unwrap();
    let sessions: Sessions<T> = describe(vector, vector.ring(), list.clone())
        .renew_share(share(0), share(1))
        .build()
        .unwrap();
    receive(vector, &list);
    let sessions = sessions.bound_to(&vector.bytes("binding")).unwrap();
    let session = sessions.verify(&vector.text("token").unwrap()).unwrap();
    let renewed = sessions.renew(&session).unwrap();
    assert_eq!(
        if renewed.is_some() { "ok" } else { "none" },
        vector.stage()
    );
    let token = renewed.map(|issued| issued.token.into_string());
    assert_eq!(token.as_deref(), vector.expected("token").as_str());
}

pub(crate) fn update(vector: &Vector) {
    with_reader!(vector, T => update_as::<T>(vector));
}

fn update_as<T: OwnedPayload>(vector: &Vector) {
    let list = RevocationList::new();
    let sessions: Sessions<T> = describe(vector, vector.ring(), list.clone())
        .build()
        .unwrap();
    receive(vector, &list);
    let sessions = sessions.bound_to(&vector.bytes("binding")).unwrap();
    let session = sessions.verify(&vector.text("token").unwrap()).unwrap();
    let new = vector.input("new");
    let payload = hex(new["payload"].as_str().unwrap());
    let number = |name: &str| new[name].as_u64().unwrap();
    let updated = match (number("major"), number("minor")) {
        (1, 0) => update_with::<_, 1, 0>(vector, &list, &session, payload),
        (1, 2) => update_with::<_, 1, 2>(vector, &list, &session, payload),
        (2, 5) => update_with::<_, 2, 5>(vector, &list, &session, payload),
        other => panic!("no type for the schema {other:?}"),
    };
    assert_eq!(
        updated
            .as_ref()
            .map_or_else(|error| ended(error, ahead(vector, &session)), |_| "ok"),
        vector.stage()
    );
    let token = updated.ok().map(|issued| issued.token.into_string());
    assert_eq!(token.as_deref(), vector.expected("token").as_str());
}

/// The stage of a session that got no new token.
///
/// That the sealing key is distrusted is refused, and reported as unavailable by this crate, as SPEC
/// §8.6 allows. What is unavailable in a vector is a session that starts ahead under another key.
fn ended(error: &UpdateError, ahead: bool) -> &'static str {
    match error {
        UpdateError::Verify(VerifyError::Unavailable(unavailable)) => {
            assert_eq!(unavailable.missing(), Missing::SealingKey);
            if ahead { "unavailable" } else { "refused" }
        }
        UpdateError::Verify(VerifyError::Rejected(rejected)) => {
            assert_eq!(rejected.reason(), Reason::Expired);
            "time"
        }
        _ => "refused",
    }
}

/// Whether the session starts after now.
fn ahead<T>(vector: &Vector, session: &Session<T>) -> bool {
    session.info().authenticated_at().unix() > vector.number("now")
}

/// The same sessions with the payload type that the vector's new payload is of.
fn update_with<T, const MAJOR: u32, const MINOR: u32>(
    vector: &Vector,
    list: &RevocationList,
    session: &Session<T>,
    payload: Vec<u8>,
) -> Result<Issued, UpdateError> {
    let sessions: Sessions<Given<MAJOR, MINOR>> = describe(vector, vector.ring(), list.clone())
        .build()
        .unwrap();
    let sessions = sessions.bound_to(&vector.bytes("binding")).unwrap();
    sessions.update(session, &Given(payload))
}

pub(crate) fn rotate(vector: &Vector) {
    with_reader!(vector, T => rotate_as::<T>(vector));
}

/// A list that keeps what is published in front of it.
#[derive(Clone, Default)]
struct Recording(RevocationList, Arc<Mutex<Vec<Revocation>>>);

impl RevocationView for Recording {
    fn verdict(&self, facts: &Facts<'_>, now: Timestamp) -> Option<Scope> {
        self.0.verdict(facts, now)
    }

    fn freshness(&self) -> Freshness {
        self.0.freshness()
    }

    fn start_bound(&self, subject: &[u8], audience: &[u8; 16], now: Timestamp) -> u64 {
        self.0.start_bound(subject, audience, now)
    }

    fn register(&self, terms: Terms) {
        self.0.register(terms);
    }
}

impl RevocationPublish for Recording {
    type Receipt = InMemory;
    type Error = core::convert::Infallible;

    fn publish(&self, revocations: &[Revocation], now: Timestamp) -> Result<InMemory, Self::Error> {
        self.1.lock().unwrap().extend_from_slice(revocations);
        self.0.publish(revocations, now)
    }
}

fn rotate_as<T: OwnedPayload>(vector: &Vector) {
    let recording = Recording::default();
    let sessions: Sessions<T, Recording> = describe(vector, vector.ring(), recording.clone())
        .build()
        .unwrap();
    receive(vector, &recording.0);
    let binding = vector.bytes("binding");
    let session = sessions
        .bound_to(&binding)
        .unwrap()
        .verify(&vector.text("token").unwrap());
    let session = session.unwrap();
    let new = vector.input("new");
    let rotated = if new.is_null() {
        sessions.bound_to(&binding).unwrap().rotate(&session)
    } else {
        let payload = hex(new["payload"].as_str().unwrap());
        let number = |name: &str| new[name].as_u64().unwrap();
        match (number("major"), number("minor")) {
            (1, 0) => rotate_with::<_, 1, 0>(vector, &recording, &session, payload),
            (1, 1) => rotate_with::<_, 1, 1>(vector, &recording, &session, payload),
            (1, 2) => rotate_with::<_, 1, 2>(vector, &recording, &session, payload),
            (2, 0) => rotate_with::<_, 2, 0>(vector, &recording, &session, payload),
            (2, 5) => rotate_with::<_, 2, 5>(vector, &recording, &session, payload),
            other => panic!("no type for the schema {other:?}"),
        }
    };
    let stage = rotated.as_ref().map_or_else(
        |error| match error {
            RotateError::Update(error) => ended(error, ahead(vector, &session)),
            _ => "refused",
        },
        |_| "ok",
    );
    assert_eq!(stage, vector.stage());
    let token = rotated.ok().map(|issued| issued.token.into_string());
    assert_eq!(token.as_deref(), vector.expected("token").as_str());
    let published = recording.1.lock().unwrap().clone();
    let record = published.first().map(|revocation| {
        let expires = vector.number("now") + vector.number("entry_life");
        to_hex(&Record::new(*revocation, expires).to_bytes())
    });
    assert_eq!(record.as_deref(), vector.expected("record").as_str());
    assert!(published.len() <= 1);
}

/// The same sessions with the payload type that the vector's new payload is of.
fn rotate_with<T, const MAJOR: u32, const MINOR: u32>(
    vector: &Vector,
    recording: &Recording,
    session: &Session<T>,
    payload: Vec<u8>,
) -> Result<Issued, RotateError<core::convert::Infallible>> {
    let sessions: Sessions<Given<MAJOR, MINOR>, Recording> =
        describe(vector, vector.ring(), recording.clone())
            .build()
            .unwrap();
    let sessions = sessions.bound_to(&vector.bytes("binding")).unwrap();
    sessions.rotate_with(session, &Given(payload))
}

/// A logout that is given a token.
pub(crate) fn logout(vector: &Vector) {
    let Some(token) = vector.text("token") else {
        // Not UTF-8: a text interface refuses it before us.
        assert_eq!(vector.stage(), "refused");
        return;
    };
    let (stage, record) = logged_out(vector, &token);
    assert_eq!(stage, vector.stage());
    assert_eq!(record.as_deref(), vector.expected("record").as_str());
}

/// The stage, and the record that is published.
pub(crate) fn logged_out(vector: &Vector, token: &str) -> (&'static str, Option<String>) {
    let recording = Recording::default();
    let sessions: Sessions<(), Recording> = describe(vector, vector.ring(), recording.clone())
        .build()
        .unwrap();
    receive(vector, &recording.0);
    let sessions = sessions.bound_to(&vector.bytes("binding")).unwrap();
    let ended = sessions.revoke_token(token).unwrap().is_some();
    let published = recording.1.lock().unwrap().clone();
    assert_eq!(published.len(), usize::from(ended));
    let record = published.first().map(|revocation| {
        let expires = vector.number("now") + vector.number("entry_life");
        to_hex(&Record::new(*revocation, expires).to_bytes())
    });
    (if ended { "ok" } else { "refused" }, record)
}

/// The time of a cut-off, as it is published.
pub(crate) fn cutoff(vector: &Vector) {
    let text = vector.text("key").unwrap();
    let file = format!(
        "cloakroom-ring 1\nmax-lifetime 4294967295\nkey {text} activate=1970-01-01T00:00:00Z\n"
    );
    let recording = Recording::default();
    let sessions: Sessions<(), Recording> =
        describe(vector, KeyRing::parse(&file).unwrap(), recording.clone())
            .build()
            .unwrap();
    receive(vector, &recording.0);
    let subject = (!vector.input("subject").is_null()).then(|| vector.bytes("subject"));
    let before = vector.input("before").as_u64();
    let before = before.map(|before| Timestamp::from_unix(before).unwrap());
    let published = match (subject, before) {
        (Some(subject), None) => sessions.revoke_subject(subject),
        (Some(subject), Some(before)) => sessions.revoke_subject_before(subject, before),
        (None, None) => sessions.revoke_all(),
        (None, Some(before)) => sessions.revoke_all_before(before),
    };
    let stage = if published.is_ok() { "ok" } else { "refused" };
    assert_eq!(stage, vector.stage());
    let published = recording.1.lock().unwrap().clone();
    assert_eq!(published.len(), usize::from(stage == "ok"));
    let value = published.first().map(|revocation| {
        let record = Record::new(*revocation, u64::MAX).to_bytes();
        u64::from_be_bytes(record[17..25].try_into().unwrap())
    });
    assert_eq!(Value::from(value), *vector.expected("cutoff"));
}
