//! A revocation view of a vector's records: the core has none of its own.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use cloakroom::hazmat::revocation_key;
use cloakroom::{
    Facts, Freshness, RandomError, Record, Revocation, RevocationPublish, RevocationView, Scope,
    Timestamp,
};
use serde_json::Value;

use crate::run::hex;

/// SPEC §9.5 to §9.7 over the few records of a vector, read anew for each question.
#[derive(Clone)]
pub(crate) struct View {
    records: Arc<Vec<Vec<u8>>>,
    tolerance: u64,
    /// Of what is published.
    expires: u64,
    published: Arc<[AtomicU8; 64]>,
    length: Arc<AtomicUsize>,
}

impl View {
    pub(crate) fn new(inputs: &Value) -> Self {
        let records = inputs["revocations"].as_array().expect("a list");
        let life = inputs["entry_life"].as_u64().unwrap_or(0);
        Self {
            records: Arc::new(records.iter().map(hex).collect()),
            tolerance: inputs["policy"]["tolerance"].as_u64().expect("a number"),
            expires: inputs["now"].as_u64().expect("a number") + life,
            published: Arc::new([const { AtomicU8::new(0) }; 64]),
            length: Arc::default(),
        }
    }

    /// Kind, key, value, and what is exempt, of every record that is in effect.
    fn entries(&self, now: Timestamp) -> impl Iterator<Item = (u8, &[u8], u64, &[u8])> {
        let latest = now.unix() + self.tolerance;
        let entries = self.records.iter().map(|record| {
            let value = record[17..25].try_into().expect("eight bytes");
            (
                record[0],
                &record[1..17],
                u64::from_be_bytes(value),
                &record[33..],
            )
        });
        // A cut-off further ahead is in quarantine.
        entries.filter(move |(kind, _, value, _)| !matches!(kind & 0x7f, 2 | 3) || *value <= latest)
    }

    pub(crate) fn published(&self) -> Option<Vec<u8>> {
        let length = self.length.load(Ordering::Relaxed);
        let bytes = self.published[..length].iter();
        (length > 0).then(|| bytes.map(|byte| byte.load(Ordering::Relaxed)).collect())
    }
}

/// The empty subject is nobody's, and no cut-off of a subject concerns it.
fn of_subject(subject: &[u8]) -> Option<[u8; 16]> {
    (!subject.is_empty()).then(|| revocation_key(2, subject))
}

impl RevocationView for View {
    fn verdict(&self, facts: &Facts<'_>, now: Timestamp) -> Option<Scope> {
        let session = facts.session.to_bytes();
        let subject = of_subject(facts.subject);
        let started = facts.authenticated_at;
        let revoked = |(kind, key, value, exempt): (u8, &[u8], u64, &[u8])| match kind {
            1 => (key == session && u64::from(facts.generation) < value).then_some(Scope::Session),
            2 | 0x82 => {
                let cut_off = subject.is_some_and(|subject| key == subject)
                    && started < value
                    && exempt != session;
                cut_off.then_some(Scope::Subject)
            }
            3 => (key == facts.audience && started < value).then_some(Scope::Audience),
            4 => (key == facts.key).then_some(Scope::Key),
            other => panic!("a record of kind {other}"),
        };
        self.entries(now).find_map(revoked)
    }

    fn freshness(&self) -> Freshness {
        Freshness::Fresh
    }

    fn start_bound(&self, subject: &[u8], audience: &[u8; 16], now: Timestamp) -> u64 {
        let subject = of_subject(subject);
        let bounds = self
            .entries(now)
            .filter(|(kind, key, ..)| match kind & 0x7f {
                2 => subject.is_some_and(|subject| *key == subject),
                3 => key == audience,
                _ => false,
            });
        bounds.map(|(_, _, value, _)| value).max().unwrap_or(0)
    }
}

impl RevocationPublish for View {
    type Receipt = ();
    type Error = RandomError;

    fn publish(&self, revocations: &[Revocation], _: Timestamp) -> Result<(), RandomError> {
        for revocation in revocations {
            assert_eq!(self.length.load(Ordering::Relaxed), 0, "a second one");
            let bytes = Record::new(*revocation, self.expires).to_bytes();
            for (to, from) in self.published.iter().zip(&bytes) {
                to.store(*from, Ordering::Relaxed);
            }
            self.length.store(bytes.len(), Ordering::Relaxed);
        }
        Ok(())
    }
}
