//! A revocation list that keeps what is published in front of it.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use cloakroom::{
    Facts, Freshness, InMemory, Record, Revocation, RevocationList, RevocationPublish,
    RevocationView, Scope, SessionId, Terms, Timestamp,
};

use crate::vectors::vector::Why;

#[derive(Clone)]
pub(crate) struct Recording {
    list: RevocationList,
    published: Arc<Mutex<Vec<Revocation>>>,
}

impl Recording {
    pub(crate) fn over(list: RevocationList) -> Self {
        Self {
            list,
            published: Arc::default(),
        }
    }

    pub(crate) const fn list(&self) -> &RevocationList {
        &self.list
    }

    fn note(&self, revocations: &[Revocation]) {
        let published = self.published.lock();
        let mut published = published.unwrap_or_else(PoisonError::into_inner);
        published.extend_from_slice(revocations);
    }

    /// The one record that was published, if any, as it is written with this expiry.
    pub(crate) fn published(&self, expires: u64) -> Result<Option<Vec<u8>>, Why> {
        let published = self.published.lock();
        let published = published.unwrap_or_else(PoisonError::into_inner);
        match published.as_slice() {
            [] => Ok(None),
            [revocation] => Ok(Some(Record::new(*revocation, expires).to_bytes())),
            _ => Err("more than one revocation was published".into()),
        }
    }
}

impl RevocationView for Recording {
    fn verdict(&self, facts: &Facts<'_>, now: Timestamp) -> Option<Scope> {
        self.list.verdict(facts, now)
    }

    fn freshness(&self) -> Freshness {
        self.list.freshness()
    }

    fn start_bound(&self, subject: &[u8], audience: &[u8; 16], now: Timestamp) -> u64 {
        self.list.start_bound(subject, audience, now)
    }

    fn cutoff_bound(&self, subject: &[u8], audience: &[u8; 16], now: Timestamp) -> u64 {
        self.list.cutoff_bound(subject, audience, now)
    }

    fn tick(&self, now: Timestamp) {
        self.list.tick(now);
    }

    fn high_water_mark(&self) -> u64 {
        self.list.high_water_mark()
    }

    fn register(&self, terms: Terms) {
        self.list.register(terms);
    }
}

impl RevocationPublish for Recording {
    type Receipt = InMemory;
    type Error = Infallible;

    fn publish(&self, revocations: &[Revocation], now: Timestamp) -> Result<InMemory, Infallible> {
        self.note(revocations);
        self.list.publish(revocations, now)
    }

    fn publish_rotation(
        &self,
        session: SessionId,
        generation: u32,
        now: Timestamp,
    ) -> Result<Option<InMemory>, Infallible> {
        let first = self.list.publish_rotation(session, generation, now)?;
        if first.is_some() {
            self.note(&[Revocation::older_generations(session, generation)]);
        }
        Ok(first)
    }
}
