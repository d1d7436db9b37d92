//! Watches where the keys come from, and swaps a new ring into running sessions.
//!
//! A [`KeyWatch`] reads its [`KeySource`](crate::source::KeySource) again and again, with the
//! standard library alone: no notification of the file system, which falls silent when Kubernetes
//! swaps a secret. A new ring is read and checked as a whole, then takes effect at once in all
//! sessions that were given. On any fault the old ring stays in force, the fault is told
//! ([`KeyEvent`], [`KeyWatch::status`]) and the source is read again next time.
//!
//! A watch never forces. A ring that drops a key whose tokens may be alive is refused until they are
//! dead; a key that is marked `disabled` is taken out of service at once.
//!
//! ```
//! use cloakroom::reload::{KeyEvent, KeyWatch};
//! use cloakroom::source::KeySource;
//! use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock};
//! use time::Duration;
//!
//! # let stored = KeyRing::generate(&SystemClock, Duration::hours(8))?;
//! # let text = stored.to_text().expose().to_owned();
//! # let source = KeySource::custom("test", move || Ok(text.clone().into()));
//! # /*
//! let source = KeySource::file("/etc/app/ring");
//! # */
//! let sessions = Sessions::<()>::builder(source.load()?, RevocationList::new())
//!     .purpose("session").audience("").aal3().build()?;
//! let watch = KeyWatch::builder(source)
//!     .sessions(&sessions)
//!     .every(Duration::seconds(30))
//!     .on_event(|event: &KeyEvent| eprintln!("{event}"))
//!     .start()?;
//! assert!(watch.status().error.is_none());
//! // Keep `watch`: it stops when it is dropped.
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub(crate) mod event;
pub(crate) mod holder;
pub(crate) mod poll;
pub(crate) mod watch;

pub use event::{KeyEvent, Reload, ReloadError, WatchError, WatchStatus};
pub use watch::{KeyWatch, KeyWatchBuilder};
