//! Where a key ring comes from: an environment variable, a file, a credential of systemd, a mounted
//! secret, or whatever unwraps keys.
//!
//! Each place has one call ([`KeyRing::from_env`](crate::KeyRing::from_env),
//! [`from_file`](crate::KeyRing::from_file),
//! [`from_credential`](crate::KeyRing::from_credential),
//! [`from_directory`](crate::KeyRing::from_directory)), and a [`KeySource`] that can be read again:
//! what [`reload`](crate::reload) watches.
//!
//! # Who may read and write a key file
//!
//! Whoever reads the keys can log in as anybody, and whoever writes them, too. So on Unix a file that
//! others may read or write, or that its group may write, is refused. What is checked is the file
//! that was opened, not its name, which may lead elsewhere a moment later. A secret that a platform
//! mounted ([`KeySource::directory`], [`KeySource::credential`]) may be readable by all: that is how
//! Kubernetes (mode 0644) and Docker (0444) make them, in a container where there is nobody else.
//! The owner of a file is not judged, nor are the folders above it. On other systems than Unix
//! nothing is checked.

pub(crate) mod fault;
pub(crate) mod place;
pub(crate) mod open;
pub(crate) mod secret;
pub(crate) mod unwrap;
#[cfg(feature = "password")]
pub(crate) mod cost;
#[cfg(feature = "password")]
pub(crate) mod wrapped;
#[cfg(feature = "password")]
pub(crate) mod password;
pub(crate) mod keys;
pub(crate) mod ring;

#[cfg(feature = "password")]
#[cfg_attr(docsrs, doc(cfg(feature = "password")))]
pub use cost::{PasswordCost, PasswordError};
pub use fault::{SourceError, SourceFault};
pub use keys::KeySource;
#[cfg(feature = "password")]
#[cfg_attr(docsrs, doc(cfg(feature = "password")))]
pub use password::Password;
pub use unwrap::{KeyUnwrap, UnwrapError};
