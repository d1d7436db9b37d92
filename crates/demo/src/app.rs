//! What the server is made of.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use cloakroom::http::cookie::{CookieConfig, CookieConfigError};
use cloakroom::index::FileIndex;
use cloakroom::reload::KeyWatch;
use cloakroom::web::SessionLayer;
use cloakroom::{Clock, KeyRing, Sessions};
use serde::{Deserialize, Serialize};
use time::Duration;
use tokio::sync::watch;

use crate::keys::KeyFile;
use crate::log;
use crate::revocations::{Revocations, Shared};

/// A session ends half an hour after its last use and eight hours after the login.
pub const IDLE: Duration = Duration::minutes(30);
pub const ABSOLUTE: Duration = Duration::hours(8);

/// Shorter than a key is announced for, or servers on one file would disagree. A key that leaked is
/// dead everywhere after it.
pub const RELOAD: Duration = Duration::seconds(2);

/// What every request needs to know about the user without asking a database.
///
/// Rights that must end at once when they are taken away do not belong here, unless whoever takes
/// them away also calls `revoke_subject`.
#[derive(Clone, Serialize, Deserialize)]
pub struct User {
    pub name: String,
    pub admin: bool,
    /// Something that the user may change.
    pub note: String,
}
cloakroom::payload!(User);

/// What differs between the server and its tests.
pub struct Config {
    pub directory: PathBuf,
    /// The ring, where it is not in the directory.
    pub keys: Option<PathBuf>,
    pub redis: Option<String>,
    /// The file of one more feed key that is accepted while the servers change it.
    pub accepted_feed_key: Option<PathBuf>,
    pub cookie: CookieConfig,
    /// Of the tokens to look into.
    pub specimen_cookie: CookieConfig,
    pub clock: Arc<dyn Clock>,
    pub idle: Duration,
    pub absolute: Duration,
    /// The share of the idle timeout after which a request renews the session.
    pub renew_share: (u32, u32),
    /// The longest time between two looks at the file of keys.
    pub reload: Duration,
}

impl Config {
    pub fn new(directory: PathBuf, clock: Arc<dyn Clock>) -> Result<Self, CookieConfigError> {
        let specimen = CookieConfig::builder().name("__Host-specimen");
        Ok(Self {
            directory,
            keys: None,
            redis: None,
            accepted_feed_key: None,
            cookie: CookieConfig::default(),
            specimen_cookie: specimen.build()?,
            clock,
            idle: IDLE,
            absolute: ABSOLUTE,
            renew_share: (1, 2),
            reload: RELOAD,
        })
    }
}

/// Shared by all requests. Nothing in it decides who is logged in: that is in the tokens.
pub struct App {
    pub sessions: Sessions<User, Revocations>,
    /// Tokens to look into: sealed under the same ring for another purpose, so that they log nobody
    /// in.
    pub specimens: Sessions<User, Revocations>,
    pub cookie: CookieConfig,
    pub specimen_cookie: CookieConfig,
    pub keys: KeyFile,
    /// Takes what is written into the file of keys, by this server's administrator, by the one of
    /// another server, or by a command.
    pub key_watch: KeyWatch,
    pub clock: Arc<dyn Clock>,
    pub renew_share: (u32, u32),
    /// True once the server is told to stop: open streams end then.
    pub stopping: watch::Sender<bool>,
    verified: AtomicU64,
    events: Mutex<BTreeMap<&'static str, u64>>,
}

impl App {
    pub fn new(config: Config) -> Result<Arc<Self>, Box<dyn Error>> {
        let keys = KeyFile::new(&config.directory, config.keys)?;
        let now = config.clock.now()?;
        let lifetime = ABSOLUTE.max(config.absolute);
        let (ring, first_start) = keys.load_or_create(&*config.clock, lifetime)?;
        let shared = config.redis.as_deref().map(|address| Shared {
            address,
            accepted_key: config.accepted_feed_key.as_deref(),
        });
        let revocations = Revocations::open(&config.directory, shared, first_start, now)?;
        // A list of its own file: it may be deleted at any time, and nobody is logged out by that.
        let index = FileIndex::open(config.directory.join("devices.redb"))?;
        let build = |ring: KeyRing, purpose: &str| {
            Sessions::<User, Revocations>::builder(ring, revocations.clone())
                .purpose(purpose)
                .audience("cloakroom-demo")
                .idle_timeout(config.idle)
                .absolute_timeout(config.absolute)
                .renew_share(config.renew_share.0, config.renew_share.1)
                .clock(Arc::clone(&config.clock))
        };
        let sessions = build(ring.clone(), "session")
            .session_index(index)
            .build()?;
        let specimens = build(ring, "specimen").build()?;
        let key_watch = KeyWatch::builder(keys.source())
            .sessions(&sessions)
            .sessions(&specimens)
            .every(config.reload)
            .clock(Arc::clone(&config.clock))
            .on_event(|event| log::line(format_args!("keys: {event}")))
            .start()?;
        Ok(Arc::new(Self {
            sessions,
            specimens,
            cookie: config.cookie,
            specimen_cookie: config.specimen_cookie,
            keys,
            key_watch,
            clock: config.clock,
            renew_share: config.renew_share,
            stopping: watch::Sender::new(false),
            verified: AtomicU64::new(0),
            events: Mutex::default(),
        }))
    }

    /// The layer that all routes with sessions stand behind.
    pub fn layer(self: &Arc<Self>) -> SessionLayer<User> {
        self.layer_of(&self.sessions, &self.cookie)
    }

    /// The one of the tokens to look into.
    pub fn specimen_layer(self: &Arc<Self>) -> SessionLayer<User> {
        self.layer_of(&self.specimens, &self.specimen_cookie)
    }

    fn layer_of(
        self: &Arc<Self>,
        sessions: &Sessions<User, Revocations>,
        cookie: &CookieConfig,
    ) -> SessionLayer<User> {
        let app = Arc::downgrade(self);
        SessionLayer::new(sessions.clone())
            .cookie(cookie.clone())
            .on_event(move |code| {
                if let Some(app) = app.upgrade() {
                    app.count(code);
                }
            })
    }

    /// Counts what went wrong, under a code that holds nothing a client sent. A real server hands
    /// this to its metrics.
    pub fn count(&self, code: &'static str) {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        let count = events.entry(code).or_default();
        *count = count.saturating_add(1);
    }

    pub fn events(&self) -> BTreeMap<&'static str, u64> {
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        events.clone()
    }

    /// A token was judged.
    pub fn count_verification(&self) {
        self.verified.fetch_add(1, Ordering::Relaxed);
    }

    pub fn verified(&self) -> u64 {
        self.verified.load(Ordering::Relaxed)
    }
}
