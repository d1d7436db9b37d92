//! Where the engine of a feed is, and with which keys its feed is read.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cloakroom::SecretText;
use cloakroom::feed::{EngineError, FeedConnector, FeedEngine, FeedKey, FeedKeys, Realm};
use cloakroom_postgres::PostgresConnector;
use cloakroom_redis::RedisConnector;
use zeroize::Zeroizing;

use crate::args::Where;
use crate::exit::Failure;

/// An engine of either kind.
#[derive(Clone)]
pub(crate) struct Engine(Arc<dyn FeedConnector>);

impl FeedConnector for Engine {
    fn connect(&self) -> Result<Box<dyn FeedEngine>, EngineError> {
        self.0.connect()
    }
}

/// The ids of two keys: first that of the one that is written with.
pub(crate) type Two = [[u8; 4]; 2];

/// What a feed is made of.
pub(crate) struct Feed {
    pub(crate) engine: Engine,
    pub(crate) realm: Realm,
    pub(crate) keys: FeedKeys,
    /// `None` where there is one key.
    pub(crate) two: Option<Two>,
}

/// The feed that the arguments name, if they name one.
pub(crate) fn named(place: &Where) -> Result<Option<Feed>, Failure> {
    let address = match (&place.feed, &place.feed_file) {
        (Some(address), _) => {
            refuse_password(address)?;
            Zeroizing::new(address.clone())
        }
        (None, Some(path)) => {
            let text = SecretText::from_file(path).map_err(Failure::input)?;
            Zeroizing::new(text.expose().trim().to_owned())
        }
        (None, None) => return Ok(None),
    };
    let realm = place.realm.as_deref();
    let realm = realm.ok_or_else(|| Failure::usage("a feed needs --realm NAME"))?;
    let realm = Realm::new(realm).map_err(Failure::usage)?;
    let (keys, two) = keys(&place.feed_key_file)?;
    Ok(Some(Feed {
        engine: engine(&address, realm.clone())?,
        realm,
        keys,
        two,
    }))
}

/// Of one file, or of two while the servers change the key.
fn keys(files: &[PathBuf]) -> Result<(FeedKeys, Option<Two>), Failure> {
    match files {
        [] => Err(Failure::usage("a feed needs --feed-key-file FILE")),
        [file] => Ok((FeedKeys::new(key(file)?), None)),
        [first, second] => {
            let (writing, other) = (key(first)?, key(second)?);
            let two = [writing.id(), other.id()];
            if two[0] == two[1] {
                return Err(Failure::input(format!(
                    "files {} and {} hold the same feed key; give the file of the other one that \
                     the servers accept, or one file alone",
                    first.display(),
                    second.display()
                )));
            }
            Ok((FeedKeys::new(writing).and_accept(other), Some(two)))
        }
        more => Err(Failure::usage(format!(
            "servers accept two keys of a feed at most, and --feed-key-file was given {} times: \
             give the file of the key that they write with, and behind it that of the other one",
            more.len()
        ))),
    }
}

fn key(file: &Path) -> Result<FeedKey, Failure> {
    let text = SecretText::from_file(file).map_err(Failure::input)?;
    FeedKey::parse(text.expose().trim())
        .map_err(|error| Failure::input(format!("file {}: {error}", file.display())))
}

/// What is an argument is seen by every process of the machine.
fn refuse_password(address: &str) -> Result<(), Failure> {
    let rest = address.split_once("://").map_or("", |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
    // `password` of PostgreSQL and `pass` of Redis over a socket, among others and in any spelling.
    let query = rest.split_once('?').map_or("", |(_, query)| query);
    let named = |pair: &str| {
        let name = pair.split('=').next().unwrap_or_default();
        name.to_ascii_lowercase().contains("pass") || name.contains('%')
    };
    if user.contains(':') || query.split('&').any(named) {
        return Err(Failure::usage(
            "this address holds a password, and arguments are seen by every process of this \
             machine and kept by the shell: change it, write the address into a file of mode 600 \
             and give --feed-file FILE",
        ));
    }
    Ok(())
}

fn engine(address: &str, realm: Realm) -> Result<Engine, Failure> {
    let scheme = address.split(':').next().unwrap_or_default();
    match scheme {
        "redis" | "rediss" | "redis+unix" | "valkey" | "valkeys" => {
            let redis = RedisConnector::new(address, realm).map_err(Failure::input)?;
            Ok(Engine(Arc::new(redis)))
        }
        "postgres" | "postgresql" => {
            // Its error repeats what it could not read, which may be a password.
            let config = address.parse().map_err(|_| {
                Failure::input(
                    "this is no postgres:// address; it reads postgres://USER@HOST/DATABASE",
                )
            })?;
            Ok(Engine(Arc::new(PostgresConnector::new(config, realm))))
        }
        _ => Err(Failure::input(
            "the address of an engine starts with redis://, rediss:// or postgres://",
        )),
    }
}
