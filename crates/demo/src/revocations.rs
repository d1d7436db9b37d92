//! Who was logged out: in a file of this machine, or in that file and in a Redis that several
//! machines share. Your server needs one of the two and no such enum; it passes
//! `DurableRevocations` or `FeedRevocations` to the builder as they are.

use std::error::Error;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cloakroom::feed::{FeedError, FeedKey, FeedKeys, FeedRevocations, Realm};
use cloakroom::store::{DurableRevocations, OpenError, Recovered, StoreError};
use cloakroom::{
    Changes, Facts, Freshness, Revocation, RevocationPublish, RevocationView, Scope, SessionId,
    Terms, Timestamp, ViewReport,
};
use cloakroom_redis::RedisConnector;

use crate::keys;
use crate::log;

/// The feed's name in Redis. Whoever shares it logs each other's users out.
const REALM: &str = "cloakroom-demo";

/// How long a start waits for news of the other servers before it takes requests.
const FIRST_NEWS: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub struct Revocations {
    of: Of,
    published: Arc<AtomicU64>,
}

#[derive(Clone)]
enum Of {
    File(DurableRevocations),
    Feed(FeedRevocations),
}

/// Where several servers share their revocations.
#[derive(Clone, Copy)]
pub struct Shared<'a> {
    /// Of a Redis.
    pub address: &'a str,
    /// The file of one more feed key that is accepted while the servers change it.
    pub accepted_key: Option<&'a Path>,
}

impl Revocations {
    /// Opens the file in this directory, and follows the Redis that servers share if there is one.
    pub fn open(
        directory: &Path,
        shared: Option<Shared<'_>>,
        first_start: bool,
        now: Timestamp,
    ) -> Result<Self, Box<dyn Error>> {
        let path = directory.join("revocations.redb");
        let store = if first_start || shared.is_some() {
            // It may be missing where the keys are new as well, and where the other servers know
            // what was in it. Damaged, it may have had what none of them heard of.
            match DurableRevocations::open(&path, now) {
                Err(OpenError::Damaged { .. }) => {
                    replaced(DurableRevocations::recover(path, now)?)?
                }
                opened => opened?,
            }
        } else {
            replaced(DurableRevocations::recover(path, now)?)?
        };
        let of = match shared {
            None => Of::File(store),
            Some(shared) => Of::Feed(follow(directory, shared, store)?),
        };
        let published = Arc::default();
        Ok(Self { of, published })
    }

    /// How many revocations this process published.
    pub fn published(&self) -> u64 {
        self.published.load(Ordering::Relaxed)
    }

    fn view(&self) -> &dyn RevocationView {
        match &self.of {
            Of::File(store) => store,
            Of::Feed(feed) => feed,
        }
    }

    fn count(&self, revocations: usize) {
        let revocations = u64::try_from(revocations).unwrap_or(u64::MAX);
        self.published.fetch_add(revocations, Ordering::Relaxed);
    }
}

/// In place of a file that was damaged or is gone: nobody knows any more who had logged out, so this
/// server asks everybody to log in again.
fn replaced(recovered: Recovered) -> Result<DurableRevocations, Box<dyn Error>> {
    match recovered {
        Recovered::Intact(store) => Ok(store),
        Recovered::Replaced(store, alarm) => {
            log::line(format_args!("revocations: {alarm}"));
            Ok(store)
        }
        // The enum may grow.
        other => Err(format!("revocations: {other:?}").into()),
    }
}

fn follow(
    directory: &Path,
    shared: Shared<'_>,
    store: DurableRevocations,
) -> Result<FeedRevocations, Box<dyn Error>> {
    let writing = keys::feed_key(directory)?;
    // An id is public, and shows how far a change of the key is.
    let id = |key: &FeedKey| format!("{:08x}", u32::from_be_bytes(key.id()));
    log::line(format_args!("feed: writes with key {}", id(&writing)));
    let mut keys = FeedKeys::new(writing);
    if let Some(path) = shared.accepted_key {
        let key = keys::accepted_feed_key(path)?;
        log::line(format_args!("feed: accepts key {} as well", id(&key)));
        keys = keys.and_accept(key);
    }
    let realm = Realm::new(REALM)?;
    let redis = RedisConnector::new(shared.address, realm.clone())
        .map_err(|error| format!("REDIS_URL: {error}"))?;
    let feed = FeedRevocations::builder(realm, keys, redis)
        .durable(store)
        .on_event(|event| log::line(format_args!("feed: {event}")))
        .start()?;
    if !feed.wait_until_fresh(FIRST_NEWS) {
        // Requests get 503 until it answers: nobody may be let in who was logged out elsewhere.
        log::line("feed: no news from Redis yet; answering 503 until there is");
    }
    Ok(feed)
}

/// Why a revocation was not published.
#[derive(Debug)]
pub enum NotPublished {
    File(StoreError),
    Feed(FeedError),
}

impl fmt::Display for NotPublished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => error.fmt(f),
            Self::Feed(error) => error.fmt(f),
        }
    }
}

impl Error for NotPublished {}

impl RevocationView for Revocations {
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

    fn register(&self, terms: Terms) {
        self.view().register(terms);
    }

    fn report(&self) -> ViewReport {
        self.view().report()
    }

    fn changes(&self) -> Option<&Changes> {
        self.view().changes()
    }
}

impl RevocationPublish for Revocations {
    /// That it is on this machine's disk; with a Redis, that it is there or on its way. A server
    /// that tells its users more than "logged out" keeps the type of the one it uses.
    type Receipt = ();
    type Error = NotPublished;

    fn publish(&self, revocations: &[Revocation], now: Timestamp) -> Result<(), NotPublished> {
        self.count(revocations.len());
        match &self.of {
            Of::File(store) => store
                .publish(revocations, now)
                .map(|_| ())
                .map_err(NotPublished::File),
            Of::Feed(feed) => feed
                .publish(revocations, now)
                .map(|_| ())
                .map_err(NotPublished::Feed),
        }
    }

    fn publish_rotation(
        &self,
        session: SessionId,
        generation: u32,
        now: Timestamp,
    ) -> Result<Option<()>, NotPublished> {
        self.count(1);
        match &self.of {
            Of::File(store) => store
                .publish_rotation(session, generation, now)
                .map(|done| done.map(|_| ()))
                .map_err(NotPublished::File),
            Of::Feed(feed) => feed
                .publish_rotation(session, generation, now)
                .map(|done| done.map(|_| ()))
                .map_err(NotPublished::Feed),
        }
    }
}
