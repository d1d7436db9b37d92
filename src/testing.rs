//! Sessions for tests of handlers: logged in with one line, on a clock that the test moves.
//!
//! It is for `[dev-dependencies]`:
//!
//! ```toml
//! [dev-dependencies]
//! cloakroom = { version = "0.1", features = ["testing"] }
//! ```
//!
//! ```
//! use cloakroom::testing::TestSessions;
//!
//! let test = TestSessions::<()>::new();
//! let cookie = test.cookie("ada", &()); // the value of a `Cookie` header
//! let bearer = test.bearer("ada", &()); // the value of an `Authorization` header
//! // Give `test.sessions()` to the application, send one of the two, look at the answer. Then:
//! test.clock().advance(31 * 60); // half an hour without a request
//! # let token = cookie.strip_prefix("__Host-session=").unwrap();
//! assert!(test.sessions().verify(token).is_err());
//! # assert!(bearer.starts_with("Bearer clk1."));
//! ```
//!
//! # Security
//!
//! Whoever can call this in a running server can log in as anybody. So a build without debug
//! assertions (`--release`, `cargo bench`) refuses to compile with the feature, however it was
//! switched on: cargo unifies features, and a test dependency could bring it into a release build.
//! A release profile with `debug-assertions = true` is not recognised as one.
//! To run tests in release mode, say so: `RUSTFLAGS="--cfg cloakroom_testing_in_release"`.

use alloc::format;
use alloc::string::String;
use core::fmt;

use time::Duration;

use crate::http::cookie::CookieConfig;
use crate::key::ring::KeyRing;
use crate::revocation::list::RevocationList;
use crate::session::builder::SessionsBuilder;
use crate::session::sessions::Sessions;
use crate::session::token::Token;
use crate::time::ManualClock;
use crate::wire::payload::Payload;

#[cfg(not(debug_assertions))]
#[cfg(not(cloakroom_testing_in_release))]
compile_error!(
    "the feature `testing` of cloakroom logs anybody in and must not be in a release build. Keep it \
     in [dev-dependencies]. To run tests in release mode, set \
     RUSTFLAGS=\"--cfg cloakroom_testing_in_release\""
);

/// Sessions with keys of their own, a list in memory and a clock that stands still until it is
/// moved.
///
/// `new` has an idle timeout of 30 minutes and an absolute one of 8 hours; [`with`](Self::with)
/// takes your own settings.
///
/// # Panics
///
/// Everything here panics where a test could not go on: without a random source, for settings that
/// do not build, for a payload that does not fit.
pub struct TestSessions<T: Payload> {
    sessions: Sessions<T>,
    clock: ManualClock,
    cookie: CookieConfig,
}

/// The builder that [`TestSessions::with`] hands out.
pub type Settings<T> = SessionsBuilder<T, RevocationList>;

#[expect(
    clippy::expect_used,
    clippy::new_without_default,
    reason = "a test ends here, and says why"
)]
impl<T: Payload> TestSessions<T> {
    /// The time at the start: 2027-01-15T08:00:00Z.
    pub const START: u64 = 1_800_000_000;

    /// Sessions with usual timeouts.
    #[must_use]
    pub fn new() -> Self {
        Self::with(|settings| {
            settings
                .idle_timeout(Duration::minutes(30))
                .absolute_timeout(Duration::hours(8))
        })
    }

    /// Sessions with settings of your own. Clock, keys, purpose and audience are set already.
    ///
    /// ```
    /// # use cloakroom::testing::TestSessions;
    /// let test = TestSessions::<()>::with(|settings| settings.aal3());
    /// assert_eq!(test.sessions().policy().idle_timeout(), Some(15 * 60));
    /// ```
    ///
    /// # Panics
    ///
    /// For settings that do not build.
    pub fn with(set: impl FnOnce(Settings<T>) -> Settings<T>) -> Self {
        let clock = ManualClock::at(Self::START);
        let ring = KeyRing::generate(&clock, Duration::days(400)).expect("a random source");
        let settings = Sessions::builder(ring, RevocationList::new())
            .purpose("test")
            .audience("test")
            .clock(clock.clone());
        let sessions = set(settings).build().expect("settings that build");
        Self {
            sessions,
            clock,
            cookie: CookieConfig::default(),
        }
    }

    /// The same, for a layer with another cookie.
    #[must_use]
    pub fn named(self, cookie: CookieConfig) -> Self {
        Self { cookie, ..self }
    }

    /// What the application gets in place of its own.
    #[must_use]
    pub fn sessions(&self) -> &Sessions<T> {
        &self.sessions
    }

    /// The clock of these sessions.
    #[must_use]
    pub fn clock(&self) -> &ManualClock {
        &self.clock
    }

    /// A `Cookie` header of `subject`, who has just logged in.
    #[must_use]
    pub fn cookie(&self, subject: &str, payload: &T::View<'_>) -> String {
        format!(
            "{}={}",
            self.cookie.name(),
            self.token(subject, payload).as_str()
        )
    }

    /// An `Authorization` header of `subject`, who has just logged in.
    #[must_use]
    pub fn bearer(&self, subject: &str, payload: &T::View<'_>) -> String {
        format!("Bearer {}", self.token(subject, payload).as_str())
    }

    /// The token itself.
    ///
    /// # Panics
    ///
    /// For a subject or payload that does not fit.
    #[must_use]
    pub fn token(&self, subject: &str, payload: &T::View<'_>) -> Token {
        let issued = self.sessions.issue(subject, payload);
        issued.expect("a session that fits").token
    }
}

impl<T: Payload> fmt::Debug for TestSessions<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestSessions")
            .field("sessions", &self.sessions)
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}
