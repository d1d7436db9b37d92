//! Where the engine is, and what is checked before it is used.

use alloc::sync::Arc;
use core::fmt;
use core::time::Duration;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use cloakroom::feed::{EngineError, FeedConnector, FeedEngine, Realm};
use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _,
    RedisConnectionInfo, RedisError, Value,
};

use crate::engine::Engine;
use crate::fault;
use crate::layout::Keys;
use crate::run::Runner;

const TIMEOUT: Duration = Duration::from_millis(900);
const LARGEST_SNAPSHOT: usize = 256 << 20;
const SNAPSHOT_TIMEOUT: Duration = Duration::from_secs(30);

/// How often a cluster may say "ask there" before one connection.
const HOPS: usize = 3;

/// Connects to the feed of one realm in a Redis.
///
/// ```no_run
/// use std::time::Duration;
///
/// use cloakroom::feed::{FeedConnector, Realm};
/// use cloakroom_redis::RedisConnector;
///
/// let realm = Realm::new("shop.example")?;
/// let redis = RedisConnector::new("redis://feed:secret@10.0.0.5:6379", realm)?
///     .timeout(Duration::from_millis(500));
/// let head = redis.connect()?.read(0, 0, Duration::ZERO)?.head;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct RedisConnector {
    info: ConnectionInfo,
    realm: Realm,
    timeouts: Timeouts,
    #[cfg(feature = "rustls")]
    tls: Option<redis::TlsCertificates>,
    moved: Moved,
}

#[derive(Clone, Copy)]
pub(crate) struct Timeouts {
    pub(crate) usual: Duration,
    pub(crate) snapshot: Duration,
    /// Bytes.
    pub(crate) largest_snapshot: usize,
}

/// Where a cluster said that the realm lives, when it is not where the configuration points.
#[derive(Clone, Default)]
pub(crate) struct Moved(Arc<Mutex<Option<(String, u16)>>>);

impl Moved {
    fn get(&self) -> Option<(String, u16)> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn set(&self, to: Option<(String, u16)>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = to;
    }
}

/// An address that can't be used. It is not repeated here, for it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadAddress {
    /// It does not read as `redis://[user:password@]host[:port][/database]`, `rediss://...` or
    /// `redis+unix:///path`.
    Unreadable,
    /// `rediss://` needs the feature `rustls`, a root certificate needs `rediss://`, and
    /// `#insecure` is not taken.
    Tls,
}

impl fmt::Display for BadAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreadable => "this is no redis:// address",
            Self::Tls => "this address and these TLS settings do not go together",
        })
    }
}

impl core::error::Error for BadAddress {}

impl RedisConnector {
    /// A connector to `address`: `redis://[user:password@]host[:port][/database]`, `rediss://...`
    /// for TLS (feature `rustls`), `redis+unix:///path`. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`BadAddress`].
    pub fn new(address: &str, realm: Realm) -> Result<Self, BadAddress> {
        let info = address
            .into_connection_info()
            .map_err(|_| BadAddress::Unreadable)?;
        let tls = match info.addr() {
            // Not verifying the other side gives revocations and password to whoever sits between.
            ConnectionAddr::TcpTls { insecure, .. } => !insecure && cfg!(feature = "rustls"),
            _ => true,
        };
        if !tls {
            return Err(BadAddress::Tls);
        }
        Ok(Self {
            info,
            realm,
            timeouts: Timeouts {
                usual: TIMEOUT,
                snapshot: SNAPSHOT_TIMEOUT,
                largest_snapshot: LARGEST_SNAPSHOT,
            },
            #[cfg(feature = "rustls")]
            tls: None,
            moved: Moved::default(),
        })
    }

    /// How long connecting and every call may take, besides what the call itself says to wait: 900 ms
    /// unless said otherwise. It is part of the bound within which a frozen engine is noticed.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeouts.usual = timeout;
        self
    }

    /// How long reading and writing a snapshot may take: 30 seconds unless said otherwise. Snapshots
    /// are as large as the list; a million entries take some 40 MB.
    #[must_use]
    pub const fn snapshot_timeout(mut self, timeout: Duration) -> Self {
        self.timeouts.snapshot = timeout;
        self
    }

    /// Bytes of the largest snapshot that is read or put: 256 MiB unless said otherwise, some seven
    /// million entries. Whoever can write to the server without a feed key can put one there, and
    /// every server of the realm reads it before it knows that it is no snapshot.
    #[must_use]
    pub const fn largest_snapshot(mut self, bytes: usize) -> Self {
        self.timeouts.largest_snapshot = bytes;
        self
    }

    /// Trusts this root (PEM) and not those of the system.
    ///
    /// # Errors
    ///
    /// [`BadAddress::Tls`] where the address is not `rediss://`.
    #[cfg(feature = "rustls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "rustls")))]
    pub fn root_certificate(mut self, pem: &[u8]) -> Result<Self, BadAddress> {
        if !matches!(self.info.addr(), ConnectionAddr::TcpTls { .. }) {
            return Err(BadAddress::Tls);
        }
        self.tls = Some(redis::TlsCertificates {
            client_tls: None,
            root_cert: Some(pem.to_vec()),
        });
        Ok(self)
    }

    fn client(&self, to: Option<(String, u16)>) -> Result<Client, RedisError> {
        let address = match (to, self.info.addr().clone()) {
            (None, address) => address,
            (Some((host, port)), ConnectionAddr::TcpTls { tls_params, .. }) => {
                ConnectionAddr::TcpTls {
                    host,
                    port,
                    insecure: false,
                    tls_params,
                }
            }
            (Some((host, port)), _) => ConnectionAddr::Tcp(host, port),
        };
        // The credentials are sent by `log_in`, which sees what exactly the server answers.
        let bare = RedisConnectionInfo::default().set_skip_set_lib_name();
        let info = self.info.clone().set_addr(address).set_redis_settings(bare);
        #[cfg(feature = "rustls")]
        if let Some(tls) = &self.tls {
            return Client::build_with_tls(info, tls.clone());
        }
        Client::open(info)
    }

    /// A connection that is logged in, to a server that may be used.
    async fn open(&self, to: Option<(String, u16)>) -> Result<MultiplexedConnection, EngineError> {
        // The deadline is put around all of it, not on each step.
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(None);
        let client = self.client(to).map_err(|error| fault::of(&error))?;
        let mut connection = client
            .get_multiplexed_async_connection_with_config(&config)
            .await
            .map_err(|error| fault::of(&error))?;
        let server = self.log_in(&mut connection).await?;
        check_server(&server)?;
        check_eviction(&mut connection).await?;
        Ok(connection)
    }

    /// `HELLO`, which every user may send: it authenticates and tells what the server is.
    async fn log_in(
        &self,
        connection: &mut MultiplexedConnection,
    ) -> Result<HashMap<String, Value>, EngineError> {
        let settings = self.info.redis_settings();
        let mut hello = redis::cmd("HELLO");
        hello.arg(2);
        if let Some(password) = settings.password() {
            let user = settings.username().unwrap_or("default");
            hello.arg("AUTH").arg(user).arg(password);
        }
        let server = hello
            .query_async(connection)
            .await
            .map_err(|error| fault::of_login(&error))?;
        if settings.db() != 0 {
            redis::cmd("SELECT")
                .arg(settings.db())
                .exec_async(connection)
                .await
                .map_err(|error| fault::of(&error))?;
        }
        Ok(server)
    }
}

impl FeedConnector for RedisConnector {
    fn connect(&self) -> Result<Box<dyn FeedEngine>, EngineError> {
        #[cfg(feature = "rustls")]
        choose_cryptography();
        let runner = Runner::new()?;
        let keys = Keys::of(&self.realm);
        let connection = runner.run(self.timeouts.usual, async {
            for _ in 0..HOPS {
                let at = self.moved.get();
                let tried = async {
                    let connection = self.open(at.clone()).await?;
                    // Reads what any call would: rights, types of keys and the node are right, or
                    // this is said here.
                    Engine::probe(connection, &keys, &self.moved).await
                };
                match tried.await {
                    Ok(connection) => return Ok(connection),
                    // The cluster named another node meanwhile.
                    Err(_) if self.moved.get() != at => {}
                    Err(error) => {
                        // The node it named before may be gone: next time the configured one says
                        // where to go.
                        self.moved.set(None);
                        return Err(error);
                    }
                }
            }
            Err(EngineError::unavailable(
                "redis: the nodes of the cluster point at each other",
            ))
        });
        let connection = connection?;
        Ok(Box::new(Engine::new(
            runner,
            connection,
            keys,
            self.timeouts,
            self.moved.clone(),
        )))
    }
}

impl fmt::Debug for RedisConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisConnector")
            .field("realm", &self.realm)
            .field("timeout", &self.timeouts.usual)
            .finish_non_exhaustive()
    }
}

fn check_server(server: &HashMap<String, Value>) -> Result<(), EngineError> {
    let text = |field: &str| -> String {
        let value = server.get(field);
        let text = value.and_then(|value| redis::from_redis_value_ref(value).ok());
        text.unwrap_or_default()
    };
    let version = text("version");
    let major = version
        .split('.')
        .next()
        .and_then(|major| major.parse().ok());
    if major.is_none_or(|major: u32| major < 7) {
        return Err(EngineError::refused("redis: version 7 or newer is needed"));
    }
    if text("role") != "master" {
        return Err(EngineError::unavailable("redis: this is a replica"));
    }
    Ok(())
}

/// An evicting Redis forgets revocations without a word. `volatile-*` leaves these keys alone, for
/// they have no time to live.
async fn check_eviction(connection: &mut MultiplexedConnection) -> Result<(), EngineError> {
    let memory: String = redis::cmd("INFO")
        .arg("memory")
        .query_async(connection)
        .await
        .map_err(|error| fault::of(&error))?;
    let policy = memory
        .lines()
        .find_map(|line| line.strip_prefix("maxmemory_policy:"));
    match policy.map(str::trim) {
        Some(policy) if !policy.starts_with("allkeys") => Ok(()),
        Some(_) => Err(EngineError::refused(
            "redis: maxmemory-policy must not evict these keys; set noeviction",
        )),
        None => Err(EngineError::refused(
            "redis: INFO memory names no maxmemory-policy",
        )),
    }
}

#[cfg(feature = "rustls")]
fn choose_cryptography() {
    // Fails where the application chose already, and that choice stands.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
