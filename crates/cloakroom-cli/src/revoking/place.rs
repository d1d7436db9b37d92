//! A store or a feed, behind the ports of the library.

use cloakroom::feed::{Delivery, FeedError, FeedRevocations};
use cloakroom::store::{DurableRevocations, StoreError};
use cloakroom::{
    Facts, Freshness, Revocation, RevocationPublish, RevocationView, Scope, Terms, Timestamp,
};

pub(crate) enum Place {
    Store(DurableRevocations),
    Feed(FeedRevocations),
}

/// How far a revocation came.
pub(crate) enum Receipt {
    Durable,
    Feed(Delivery),
}

impl Receipt {
    /// Whether it stays true when this command ends.
    pub(crate) const fn is_done(&self) -> bool {
        matches!(
            self,
            Self::Durable | Self::Feed(Delivery::Accepted(_) | Delivery::Replicated(_))
        )
    }
}

/// Why nothing can be promised.
#[derive(Debug)]
pub(crate) enum PlaceError {
    Store(StoreError),
    Feed(FeedError),
}

impl std::fmt::Display for PlaceError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Store(error) => error.fmt(f),
            Self::Feed(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for PlaceError {}

impl Place {
    pub(crate) fn view(&self) -> &dyn RevocationView {
        match self {
            Self::Store(store) => store,
            Self::Feed(feed) => feed,
        }
    }

    pub(crate) fn snapshot(&self, now: Timestamp) -> Vec<u8> {
        match self {
            Self::Store(store) => store.snapshot(now),
            Self::Feed(feed) => feed.snapshot(now),
        }
    }
}

impl RevocationView for Place {
    fn verdict(&self, facts: &Facts<'_>, now: Timestamp) -> Option<Scope> {
        self.view().verdict(facts, now)
    }

    fn freshness(&self) -> Freshness {
        self.view().freshness()
    }

    fn start_bound(&self, subject: &[u8], audience: &[u8; 16], now: Timestamp) -> u64 {
        self.view().start_bound(subject, audience, now)
    }

    fn cutoff_bound(&self, subject: &[u8], audience: &[u8; 16], now: Timestamp) -> u64 {
        self.view().cutoff_bound(subject, audience, now)
    }

    fn tick(&self, now: Timestamp) {
        self.view().tick(now);
    }

    fn high_water_mark(&self) -> u64 {
        self.view().high_water_mark()
    }

    fn staleness_bound(&self) -> u32 {
        self.view().staleness_bound()
    }

    /// A store knows from its server how long tokens live, and keeps that for good: what was typed
    /// here must not change it. A list in memory knows nothing and needs it.
    fn register(&self, terms: Terms) {
        if let Self::Feed(feed) = self {
            feed.register(terms);
        }
    }
}

impl RevocationPublish for Place {
    type Receipt = Receipt;
    type Error = PlaceError;

    fn publish(&self, revocations: &[Revocation], now: Timestamp) -> Result<Receipt, PlaceError> {
        match self {
            Self::Store(store) => store
                .publish(revocations, now)
                .map(|_| Receipt::Durable)
                .map_err(PlaceError::Store),
            Self::Feed(feed) => feed
                .publish(revocations, now)
                .map(Receipt::Feed)
                .map_err(PlaceError::Feed),
        }
    }
}
