//! Setting up a feed.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;
use std::sync::Mutex;
use std::thread;

use crate::feed::environment::{Environment, SystemEnvironment};
use crate::feed::event::FeedEvent;
use crate::feed::failures::Half;
use crate::feed::follower::{Follower, Hook};
#[cfg(feature = "hazmat")]
use crate::feed::hands::Hands;
use crate::feed::key::FeedKeys;
use crate::feed::link::Link;
use crate::feed::local::Local;
use crate::feed::port::FeedConnector;
use crate::feed::queue::Queue;
use crate::feed::reader::Reader;
use crate::feed::realm::Realm;
use crate::feed::revocations::{FeedRevocations, Handle};
use crate::feed::settings::{BadSettings, Settings};
use crate::feed::writer::Writer;
use crate::observe;
use crate::revocation::list::RevocationList;
#[cfg(feature = "redb")]
use crate::store::DurableRevocations;

/// What a feed is made of; see [`FeedRevocations::builder`].
#[must_use = "nothing runs before `start`"]
pub struct FeedBuilder {
    realm: Realm,
    keys: FeedKeys,
    connector: Arc<dyn FeedConnector>,
    local: Local,
    remembers: bool,
    settings: Settings,
    environment: Box<dyn Environment>,
    hook: Hook,
}

/// Why a feed was not started.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The numbers don't add up.
    Settings(BadSettings),
    /// The system gave no thread.
    Thread(std::io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Settings(why) => why.fmt(f),
            Self::Thread(why) => write!(f, "the feed got no thread: {why}"),
        }
    }
}

impl core::error::Error for StartError {}

impl FeedRevocations {
    /// A feed of this realm over an engine. All servers of the realm need the same feed key.
    ///
    /// Without [`durable`](FeedBuilder::durable) this server remembers nothing across restarts, and
    /// a revocation that is [pending](crate::feed::Pending) when its process ends is lost.
    pub fn builder(realm: Realm, keys: FeedKeys, engine: impl FeedConnector) -> FeedBuilder {
        FeedBuilder {
            realm,
            keys,
            connector: Arc::new(engine),
            local: Local::Memory(RevocationList::new()),
            remembers: false,
            settings: Settings::DEFAULT,
            environment: Box::new(SystemEnvironment::new()),
            hook: Box::new(|_| {}),
        }
    }
}

impl FeedBuilder {
    /// Keeps what is known, and what is to be delivered, in this store. It belongs to the feed from
    /// now on: publish through the feed alone.
    #[cfg(feature = "redb")]
    #[cfg_attr(docsrs, doc(cfg(feature = "redb")))]
    pub fn durable(mut self, store: DurableRevocations) -> Self {
        self.remembers = !store.opening().created;
        self.local = Local::Durable(store);
        self
    }

    /// How old the proof of a fresh view may be: 1 to 60 seconds, 2 by default. A revocation that
    /// was accepted is refused by every server within it. It must have room for the heartbeat
    /// interval, the clock allowance and a request (SPEC §17.6).
    pub const fn staleness_bound(mut self, bound: Duration) -> Self {
        self.settings.bound = bound;
        self
    }

    /// How often somebody writes to the feed when nobody is logged out: 500 milliseconds by default.
    pub const fn heartbeat(mut self, interval: Duration) -> Self {
        self.settings.heartbeat = interval;
        self
    }

    /// How far the clocks of two servers may be apart: 750 milliseconds by default. What a server
    /// writes whose clock is further off proves nothing to the others, and harms none of them.
    pub const fn clock_allowance(mut self, allowance: Duration) -> Self {
        self.settings.skew = allowance;
        self
    }

    /// How long a feed that was founded a moment ago is fresh for nobody, so that the others can
    /// hand back what the engine lost: 2.75 seconds by default, which is the staleness bound and the
    /// clock allowance together, the least there may be; an hour at most. The same on all servers.
    ///
    /// While somebody hands back in full batches the time starts again with each of them, so that it
    /// does not matter how much there is. It does matter who comes late: after an engine came back
    /// without its data, a revocation is refused everywhere if a server that holds it and may write
    /// reaches the engine within this time. One that comes later still hands back what it knows, but
    /// the others were fresh without it. Attempts are up to 1.5 seconds apart. Where a server may be cut off for longer, or starts more
    /// slowly than the engine does, ask for more: nobody can log in meanwhile.
    pub const fn settling_time(mut self, settling: Duration) -> Self {
        self.settings.settling = Some(settling);
        self
    }

    /// How long a publication waits for the engine before it is reported as pending: 1 second by
    /// default.
    pub const fn patience(mut self, patience: Duration) -> Self {
        self.settings.patience = patience;
        self
    }

    /// Reports [`Replicated`](crate::feed::Replicated) once so many machines besides the first hold
    /// a revocation; where they don't within the patience, it is reported as accepted only.
    pub const fn replicas(mut self, machines: u32) -> Self {
        self.settings.replicas = machines;
        self
    }

    /// Only follows: writes no heartbeat and founds no feed, so that a right to read is enough.
    /// Publishing is an error.
    ///
    /// A server that does not revoke must not reassure others, nor itself, that it hears from those
    /// who do.
    pub const fn follow_only(mut self) -> Self {
        self.settings.follows_only = true;
        self
    }

    /// How many batches, heartbeats included, between snapshots: 4096 by default.
    pub const fn snapshot_every(mut self, batches: u64) -> Self {
        self.settings.snapshot_every = batches;
        self
    }

    /// Called with what an operator should hear of, on a thread of the feed; must not block.
    pub fn on_event(mut self, hook: impl Fn(&FeedEvent) + Send + Sync + 'static) -> Self {
        self.hook = Box::new(hook);
        self
    }

    /// Other clocks than the system's.
    pub fn environment(mut self, environment: impl Environment) -> Self {
        self.environment = Box::new(environment);
        self
    }

    /// Starts following.
    ///
    /// # Errors
    ///
    /// [`StartError`]. That the engine does not answer is none: the feed starts stale and goes on
    /// trying.
    pub fn start(self) -> Result<FeedRevocations, StartError> {
        let (mut handle, reader, writer) = self.assemble().map_err(StartError::Settings)?;
        let queue = Arc::clone(&handle.queue);
        let spawn = |name: &str, run: Box<dyn FnOnce() + Send>| {
            let thread = thread::Builder::new().name(name.into());
            thread.spawn(run).map_err(StartError::Thread)
        };
        let read = Box::new(move || reader.run(&queue));
        handle.threads.push(spawn("cloakroom-feed-r", read)?);
        let write = Box::new(move || writer.run());
        handle.threads.push(spawn("cloakroom-feed-w", write)?);
        Ok(FeedRevocations(Arc::new(handle)))
    }

    /// A feed without threads, to be driven step by step by a simulation.
    ///
    /// # Errors
    ///
    /// [`StartError`].
    #[cfg(feature = "hazmat")]
    #[cfg_attr(docsrs, doc(cfg(feature = "hazmat")))]
    pub fn by_hand(self) -> Result<(FeedRevocations, Hands), StartError> {
        let (handle, reader, writer) = self.assemble().map_err(StartError::Settings)?;
        let feed = FeedRevocations(Arc::new(handle));
        Ok((feed, Hands::new(reader, writer)))
    }

    fn assemble(self) -> Result<(Handle, Reader, Writer), BadSettings> {
        self.settings.check()?;
        observe::feed_begins(&FeedEvent::NAMES);
        let follower = Arc::new(Follower::new(
            (self.realm, self.keys),
            self.environment,
            self.local,
            self.settings,
            self.hook,
        ));
        let queue = Arc::new(Queue::default());
        let link = |half| Link::new(Arc::clone(&self.connector), half);
        let reader = Reader::new(Arc::clone(&follower), link(Half::Reading));
        let writer = Writer::new(
            Arc::clone(&follower),
            Arc::clone(&queue),
            link(Half::Writing),
        );
        let handle = Handle {
            follower,
            queue,
            rotating: Mutex::new(BTreeSet::new()),
            threads: Vec::new(),
            remembers: self.remembers,
        };
        Ok((handle, reader, writer))
    }
}

impl fmt::Debug for FeedBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FeedBuilder")
            .field("realm", &self.realm)
            .field("keys", &self.keys)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
