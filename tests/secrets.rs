//! No type of the public interface prints a key, a token, a payload, a subject or a session id, in
//! `Debug` or `Display`; and none was forgotten here: the exports of the crate are read from its
//! source, and each must be printed below or stand on the list of those that hold nothing.
#![cfg(feature = "hazmat")]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::needless_borrow,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

#[path = "secrets/exports.rs"]
mod exports;
#[path = "secrets/search.rs"]
mod search;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use cloakroom::hazmat;
use cloakroom::http::{bearer, carrier, cookie, response};
use cloakroom::index::{IndexError, MemoryIndex, SessionIndex as _};
use cloakroom::schema::Opened;
use cloakroom::{
    Facts, Freshness, Key, KeyRing, ManualClock, NoRevocation, Payload, RawBytes, Record,
    Revocation, RevocationList, RevocationPublish, RevocationView, Schema, Scope, Scratch,
    SecretText, Sessions, SessionsBuilder, Timestamp, Unit,
};
use search::{Probe, Secrets, ViaDebug as _, ViaDisplay as _, ViaNothing as _};
use serde::{Deserialize, Serialize};
use time::Duration;

const NOW: u64 = 1_800_000_000;
const LABEL: &str = "Gjxq-7731-Wvzk-9902";
const SUBJECT: &str = "zq7vXyloWumpusKjh";
const BINDING: &[u8] = b"a certificate's hash, for example";

/// What was printed, by name of the type.
struct Printed {
    secrets: Secrets,
    names: RefCell<BTreeSet<String>>,
    leaks: RefCell<BTreeSet<String>>,
}

impl Printed {
    fn examine(&self, name: &str, texts: [Option<String>; 3]) {
        assert!(texts.iter().any(Option::is_some), "{name} prints nothing");
        for text in texts.into_iter().flatten() {
            if let Some(secret) = self.secrets.found_in(&text) {
                self.leaks
                    .borrow_mut()
                    .insert(format!("{name} prints {secret}: {text}"));
            }
        }
        self.names.borrow_mut().insert(name.to_owned());
    }
}

/// `Debug`, its long form, and `Display` where the type has it.
macro_rules! print {
    ($printed:expr, $($name:ident: $value:expr),+ $(,)?) => {$(
        let value = $value;
        let probe = Probe(&value);
        $printed.examine(stringify!($name), [(&probe).debug(), (&probe).long_debug(), (&probe).display()]);
    )+};
}

#[path = "secrets/sources.rs"]
mod sources;

#[derive(Debug, Serialize, Deserialize)]
struct Card {
    number: String,
}
cloakroom::payload!(Card);

/// Prints what a view is asked, and fails to publish.
#[derive(Clone, Default)]
struct Prying(Arc<Mutex<Vec<[Option<String>; 3]>>>);

impl RevocationView for Prying {
    fn verdict(&self, facts: &Facts<'_>, _: Timestamp) -> Option<Scope> {
        let probe = Probe(facts);
        let texts = [(&probe).debug(), (&probe).long_debug(), (&probe).display()];
        self.0.lock().unwrap().push(texts);
        None
    }

    fn freshness(&self) -> Freshness {
        Freshness::Fresh
    }

    fn start_bound(&self, _: &[u8], _: &[u8; 16], _: Timestamp) -> u64 {
        0
    }
}

impl RevocationPublish for Prying {
    type Receipt = ();
    type Error = std::fmt::Error;

    fn publish(&self, _: &[Revocation], _: Timestamp) -> Result<(), std::fmt::Error> {
        Err(std::fmt::Error)
    }
}

fn builder<T: Payload, R: RevocationView>(ring: &KeyRing, view: R) -> SessionsBuilder<T, R> {
    Sessions::builder(ring.clone(), view)
        .purpose("session")
        .audience("api.example.com")
        .idle_timeout(Duration::minutes(30))
        .absolute_timeout(Duration::hours(8))
        .clock(ManualClock::at(NOW))
}

fn at(unix: u64) -> Timestamp {
    Timestamp::from_unix(unix).unwrap()
}

#[test]
fn no_public_type_prints_a_secret() {
    let bytes: [u8; 32] = std::array::from_fn(|i| u8::try_from((i * 7 + 101) & 0xff).unwrap());
    let key = Key::from_bytes(&bytes).unwrap();
    let unit = key.derive_unit(b"session", b"api.example.com").unwrap();
    let ring = KeyRing::new(key.clone(), at(NOW - 1000), Duration::hours(8)).unwrap();
    let card = Card {
        number: "4929-7781-0063-5521".into(),
    };
    let sessions: Sessions<Card> = builder(&ring, RevocationList::new()).build().unwrap();
    let issued = sessions.issue(SUBJECT, &card).unwrap();
    let token = issued.token.as_str().to_owned();
    let session = sessions.verify(&token).unwrap();
    let derived = hazmat::Derived::of(&key, b"session", b"api.example.com").unwrap();

    let mut secrets = Secrets::default();
    secrets.bytes("the root key", &bytes);
    secrets.bytes("the unit", &derived.unit);
    secrets.bytes("the encryption key", &derived.encryption);
    secrets.bytes("the nonce key", &derived.nonce);
    secrets.bytes("the session id", &session.id().to_bytes());
    secrets.text("the key's text", key.to_text().expose());
    secrets.after_key_id("the unit's text", unit.to_text().expose());
    secrets.after_key_id("the token", &token);
    for (name, text) in [
        ("the payload", card.number.as_str()),
        ("the subject", SUBJECT),
        ("the label", LABEL),
    ] {
        secrets.text(name, text);
    }
    let printed = Printed {
        secrets,
        names: RefCell::default(),
        leaks: RefCell::default(),
    };

    keys(&printed, &key, &unit, &ring);
    sources::sources(&printed, &key, &ring);
    print!(printed,
        Issued: &issued,
        Token: &issued.token,
        SessionInfo: *session.info(),
        SessionId: session.id(),
        FormToken: sessions.form_token(session.info()).unwrap(),
        LogReference: sessions.log_reference(session.info()).unwrap(),
        Sessions: sessions.bound_to(BINDING).unwrap(),
        SessionsBuilder: builder::<Card, _>(&ring, NoRevocation),
        RawBytes: RawBytes(card.number.clone().into_bytes()),
        NoRevocation: NoRevocation,
        BindingTooLong: sessions.bound_to(&[7; 2000]).err().unwrap(),
    );
    let mut scratch = Scratch::new();
    {
        let borrowed = sessions.verify_in(&token, &mut scratch).unwrap();
        print!(printed, Session: borrowed);
    }
    errors(&printed, &ring, &token, &card);
    revocations(&printed, &sessions, &session);
    devices(&printed, &ring, &card);
    web(&printed, &token);
    stages(&printed, &ring, &key, &token);
    print!(printed, Session: session, Scratch: scratch);

    let leaks: Vec<String> = printed.leaks.into_inner().into_iter().collect();
    assert!(leaks.is_empty(), "\n{}\n", leaks.join("\n"));

    let mut missing = exports::names();
    assert!(missing.len() > 90, "only {} exports found", missing.len());
    for name in exports::NOTHING_TO_HIDE {
        assert!(missing.remove(*name), "{name} is no export any more");
    }
    for name in printed.names.into_inner() {
        assert!(
            missing.remove(&name),
            "{name} is on both lists, or no export"
        );
    }
    assert!(
        missing.is_empty(),
        "neither printed nor listed: {missing:?}"
    );
}

fn keys(printed: &Printed, key: &Key, unit: &Unit, ring: &KeyRing) {
    let text: SecretText = key.to_text();
    let units = ring.derive_units(b"session", b"api.example.com").unwrap();
    let ring_key = ring.keys().next().unwrap();
    print!(printed,
        Key: key.clone(),
        KeyId: key.id(),
        Unit: unit.clone(),
        KeyRing: ring.clone(),
        KeyRing: units,
        RingKey: ring_key,
        SecretText: ring.to_text(),
    );
    // A key text in every place that a person may put it, damaged in every way.
    let good = text.expose();
    for damaged in search::damaged(good) {
        print!(printed, KeyError: Key::parse(&damaged).err().unwrap());
        if let Err(error) = Unit::parse(&damaged) {
            print!(printed, KeyError: error);
        }
        for file in [
            damaged.clone(),
            format!("cloakroom-ring 1\nmax-lifetime {damaged}\n"),
            format!("cloakroom-ring 1\nmax-lifetime 60\n{damaged}\n"),
            format!("cloakroom-ring 1\nmax-lifetime 60\nkey {damaged}\n"),
            format!("cloakroom-ring 1\nmax-lifetime 60\nkey {damaged} activate={damaged}\n"),
            format!("cloakroom-ring 1\nmax-lifetime 60\nkey {good} activate={damaged}\n"),
            format!("cloakroom-ring {damaged}\nkey {good}\n"),
        ] {
            print!(printed, RingFileError: KeyRing::parse(&file).err().unwrap());
        }
    }
    print!(printed,
        RingError: ring.announce(key.clone(), at(NOW)).err().unwrap(),
        RingError: units_of_units(ring),
    );
}

fn units_of_units(ring: &KeyRing) -> cloakroom::RingError {
    let units = ring.derive_units(b"session", b"").unwrap();
    units.derive_units(b"session", b"").err().unwrap()
}

fn errors(printed: &Printed, ring: &KeyRing, token: &str, card: &Card) {
    let prying = Prying::default();
    let sessions: Sessions<Card, Prying> = builder(ring, prying.clone()).build().unwrap();
    let session = sessions.verify(token).unwrap();
    let seen = std::mem::take(&mut *prying.0.lock().unwrap());
    assert!(!seen.is_empty());
    for texts in seen {
        printed.examine("Facts", texts);
    }
    let long = [SUBJECT; 20].concat();
    let huge = Card {
        number: card.number.repeat(400),
    };
    let rejected = sessions.verify(&token[1..]).err().unwrap();
    let cloakroom::VerifyError::Rejected(inner) = rejected else {
        panic!("{rejected}");
    };
    let clock = ManualClock::at(NOW);
    let failing = builder::<Card, _>(ring, NoRevocation)
        .clock(clock.clone())
        .build()
        .unwrap();
    clock.fail(true);
    let Some(cloakroom::VerifyError::Unavailable(unavailable)) = failing.verify(token).err() else {
        panic!("a failing clock is no answer");
    };
    let other = KeyRing::new(Key::generate().unwrap(), at(NOW - 5), Duration::hours(8)).unwrap();
    print!(printed,
        VerifyError: rejected,
        Rejected: inner,
        Unavailable: unavailable,
        IssueError: sessions.issue(&long, card).err().unwrap(),
        PayloadError: match sessions.issue(SUBJECT, &huge).err().unwrap() {
            cloakroom::IssueError::Payload(error) => error,
            other => panic!("{other}"),
        },
        UpdateError: sessions.update(&session, &huge).err().unwrap(),
        RotateError: sessions.rotate(&session).err().unwrap(),
        ReauthenticateError: sessions.reauthenticate(&session, card).err().unwrap(),
        RevokeError: sessions.revoke_subject(&long).err().unwrap(),
        RevokeError: sessions.revoke(session.id()).err().unwrap(),
        ReplaceKeysError: sessions.replace_keys(&other).err().unwrap(),
        BuildError: builder::<Card, _>(ring, NoRevocation).purpose(&long).build().err().unwrap(),
    );
}

fn revocations(printed: &Printed, sessions: &Sessions<Card>, session: &cloakroom::Session<Card>) {
    for revocation in [
        Revocation::session(session.id()),
        Revocation::older_generations(session.id(), 3),
        Revocation::subject(SUBJECT.as_bytes(), NOW, None),
        Revocation::subject(SUBJECT.as_bytes(), NOW, Some(session.id())),
        Revocation::audience(sessions.audience_key(), NOW),
        Revocation::key(session.info().key()),
    ] {
        print!(printed, Revocation: revocation, Record: Record::new(revocation, NOW));
    }
    sessions.revoke(session.id()).unwrap();
    print!(printed,
        RevocationList: sessions.revocations().clone(),
        KeyRevoked: sessions.disable_key(session.info().key()).unwrap(),
    );
}

fn devices(printed: &Printed, ring: &KeyRing, card: &Card) {
    let index = MemoryIndex::new();
    let build = || builder::<Card, _>(ring, NoRevocation);
    let sessions = build().session_index(index.clone()).build().unwrap();
    let issued = sessions.issue_labelled(SUBJECT, card, LABEL).unwrap();
    let session = sessions.verify(issued.token.as_str()).unwrap();
    let revocation = Revocation::subject(SUBJECT.as_bytes(), NOW, None);
    let name = Record::new(revocation, NOW).to_bytes();
    let entries = index.of_subject(name[1..17].try_into().unwrap()).unwrap();
    assert_eq!(entries[0].session(), session.id());
    print!(printed,
        Ended: sessions.ended(&session),
        Device: sessions.devices(SUBJECT).unwrap().remove(0),
        DevicesError: build().build().unwrap().devices(SUBJECT).err().unwrap(),
        IndexEntry: entries[0].clone(),
        IndexError: IndexError::new("the disk is full"),
        IndexReport: index.report(),
        MemoryIndex: index,
        Status: sessions.status(),
    );
}

fn web(printed: &Printed, token: &str) {
    let config = cookie::CookieConfig::default();
    let cookies = format!("__Host-session={token}");
    let bearer = format!("Bearer {token}");
    let presented = carrier::read(&config, [cookies.as_bytes()], []);
    assert_eq!(presented.token(), Some(token));
    print!(printed,
        CookieConfig: config.clone(),
        CookieError: config.set_cookie(&format!("{token};"), 5).err().unwrap(),
        CookieError: config.set_cookie(&token.repeat(100), 5).err().unwrap(),
        FoundCookie: config.read_cookie([cookies.as_bytes()]),
        FoundBearer: bearer::read([bearer.as_bytes()]),
        Presented: carrier::read(&config, [], [bearer.as_bytes()]),
        Presented: presented,
        Refusal: response::Refusal::unauthorized(presented.carrier()),
    );
}

fn stages(printed: &Printed, ring: &KeyRing, key: &Key, token: &str) {
    let opener = hazmat::Opener::new(ring, b"session", b"api.example.com").unwrap();
    let opened = opener.open(token, b"", at(NOW)).unwrap();
    let (claims, _) = hazmat::Claims::decode(&opened.plaintext).unwrap();
    print!(printed,
        Derived: hazmat::Derived::of(key, b"session", b"api.example.com").unwrap(),
        Claims: claims,
        Opener: opener,
        OpenedToken: opened,
    );
    let opened: Opened<RawBytes> =
        RawBytes::open(Schema::new(1, 0), b"4929-7781-0063-5521").unwrap();
    print!(printed, Opened: opened);
}
