//! A snapshot that a server in one language puts is read by those of all others: what was revoked
//! before the batches that are left lives in it alone.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core
)]

#[path = "../../../tests/ports/programs.rs"]
#[allow(dead_code, reason = "the tests of the ports use the rest of it")]
mod programs;

use std::time::Duration;

use cloakroom::feed::{
    Appended, FeedConnector as _, FeedEngine, FeedKey, FeedKeys, FeedRevocations, Realm,
};
use cloakroom::hazmat::feed as bytes;
use cloakroom::{
    Clock as _, KeyRing, Reason, Record, Revocation, RevocationList, RevocationView, Sessions,
    SystemClock, Token, VerifyError,
};
use cloakroom_redis::RedisConnector;
use engine_tests::process::until;
use engine_tests::{RedisServer, Server as _, realm};
use programs::{FOLLOWERS, Program, follower};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(30);
/// SPEC 17.5: after as many batches a snapshot is due, and all but the last 1024 may go.
const EVERY: u64 = 4096;

/// A feed whose first batches say who was logged out, by a server that is gone.
struct Feed<'a> {
    address: &'a str,
    realm: Realm,
    key: FeedKey,
}

impl Feed<'_> {
    fn connector(&self) -> RedisConnector {
        RedisConnector::new(self.address, self.realm.clone()).unwrap()
    }

    fn keys(&self) -> FeedKeys {
        FeedKeys::new(self.key.clone())
    }

    fn follower(&self, language: &'static str) -> Option<Program> {
        let (realm, key) = (self.realm.as_str(), self.key.to_text());
        follower(language, self.address, realm, key.expose())
    }

    fn ours(&self) -> FeedRevocations {
        let builder = FeedRevocations::builder(self.realm.clone(), self.keys(), self.connector());
        builder.start().unwrap()
    }

    /// The records, and then so many heartbeats that a snapshot is due. The first batch.
    fn fill(&self, records: &[Record]) -> Vec<u8> {
        let mut engine = self.connector().connect().unwrap();
        let time = now() * 1000;
        let mut head = bytes::start(&self.realm, [7; 16]);
        assert_eq!(engine.found(None, &head), Ok(true));
        let mut first = None;
        for n in 0..EVERY + 4 {
            let records = if n == 0 { records } else { &[] };
            let sealed = bytes::seal_batch(&self.keys(), &self.realm, &head, time, records);
            let (batch, becomes) = sealed.unwrap();
            let appended = engine.append(&head, &batch, &becomes);
            assert_eq!(appended, Ok(Appended::Accepted));
            head = becomes;
            first.get_or_insert(batch);
        }
        first.unwrap()
    }
}

fn now() -> u64 {
    SystemClock.now().unwrap().unix()
}

fn sessions<R: RevocationView>(ring: &KeyRing, view: R) -> Sessions<(), R> {
    let builder = Sessions::builder(ring.clone(), view);
    builder
        .purpose("session")
        .audience("")
        .aal2()
        .build()
        .unwrap()
}

/// A session, as a token and as what a follower is asked.
struct Login {
    token: Token,
    asked: Value,
    started: u64,
    id: cloakroom::SessionId,
}

fn login(sessions: &Sessions<()>, subject: &str) -> Login {
    let issued = sessions.issue(subject, &()).unwrap();
    let (id, info) = (issued.session.id(), issued.session);
    let started = info.authenticated_at().unix();
    Login {
        asked: json!({"is_revoked": {
            "session": id.to_hex(),
            "generation": info.generation(),
            "subject": subject,
            "authenticated_at": started,
        }}),
        token: issued.token,
        started,
        id,
    }
}

/// Whether there is a snapshot and the engine has let go of the first batch.
fn compacted(engine: &mut dyn FeedEngine, first: &[u8]) -> bool {
    let put = engine.snapshot_at().unwrap().is_some_and(|at| at >= EVERY);
    put && engine.read(0, 1, Duration::ZERO).unwrap().batches[0] != first
}

#[test]
fn a_snapshot_of_one_language_is_read_by_all() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let address = format!("redis://127.0.0.1:{}", server.port());
    let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8)).unwrap();
    let issuing = sessions(&ring, RevocationList::new());
    for writer in [None].into_iter().chain(FOLLOWERS.map(Some)) {
        let feed = Feed {
            address: &address,
            realm: realm(),
            key: FeedKey::generate().unwrap(),
        };
        let [ada, eve, spared, bob] =
            ["ada", "eve", "eve", "bob"].map(|subject| login(&issuing, subject));
        let expires = now() + 40_000;
        let first = feed.fill(&[
            Record::new(Revocation::session(ada.id), expires),
            Record::new(
                Revocation::subject(b"eve", eve.started + 1, Some(spared.id)),
                expires,
            ),
        ]);
        let mut engine = feed.connector().connect().unwrap();
        {
            let (_ours, _theirs);
            match writer {
                None => _ours = feed.ours(),
                Some(language) => match feed.follower(language) {
                    Some(program) => _theirs = program,
                    None => {
                        programs::say(&format!("SKIPPED: no snapshot by {language}"));
                        continue;
                    }
                },
            }
            let done = until(PATIENCE, || compacted(&mut *engine, &first));
            let tail = engine.read(0, 1, Duration::ZERO).unwrap();
            assert!(done, "{writer:?}: {:?} {tail:?}", engine.snapshot_at());
        }

        let verifying = feed.ours();
        assert!(
            verifying.wait_until_fresh(PATIENCE),
            "{writer:?}: {verifying:?}"
        );
        let verifying = sessions(&ring, verifying);
        for dead in [&ada, &eve] {
            let Err(VerifyError::Rejected(rejected)) = verifying.verify(dead.token.as_str()) else {
                panic!("{writer:?}: a session that was logged out lives");
            };
            assert_eq!(rejected.reason(), Reason::Revoked, "{writer:?}");
        }
        for live in [&spared, &bob] {
            assert!(verifying.verify(live.token.as_str()).is_ok(), "{writer:?}");
        }
        for reader in FOLLOWERS {
            let Some(mut reader) = feed.follower(reader) else {
                continue;
            };
            let mut answers = Vec::new();
            let agreed = until(PATIENCE, || {
                answers = [&ada, &eve, &spared, &bob]
                    .map(|login| reader.ask(&login.asked))
                    .to_vec();
                answers.iter().all(|answer| answer["fresh"] == true)
            });
            let revoked: Vec<_> = answers.iter().map(|answer| &answer["revoked"]).collect();
            assert!(agreed, "{} after {writer:?}: {answers:?}", reader.name);
            let wanted = [true, true, false, false];
            assert_eq!(revoked, wanted, "{} after {writer:?}", reader.name);
        }
    }
}
