//! Where session ids come from.

#[cfg(feature = "std")]
use rand_core::TryCryptoRng;
#[cfg(feature = "std")]
use rand_core::TryRng as _;

#[cfg(feature = "std")]
use crate::session::ahead;

/// The random source gave nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RandomError;

impl RandomError {
    /// The error of a random source of your own.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

impl Default for RandomError {
    fn default() -> Self {
        Self::new()
    }
}

impl core::fmt::Display for RandomError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the random source gives nothing")
    }
}

impl core::error::Error for RandomError {}

/// A cryptographically secure random source.
///
/// ```
/// use cloakroom::{RandomError, RandomSource};
///
/// /// A source that is out of order, for a test of what happens then.
/// struct Broken;
///
/// impl RandomSource for Broken {
///     fn fill(&self, _: &mut [u8]) -> Result<(), RandomError> {
///         Err(RandomError::new())
///     }
/// }
/// # assert!(Broken.fill(&mut [0; 16]).is_err());
/// ```
///
/// # Security
///
/// Session ids are drawn from it and from nothing else. Whoever can predict it can foresee session
/// ids; that opens no token, but two sessions with one id are logged out together.
pub trait RandomSource: Send + Sync {
    /// Fills `out` with random bytes.
    ///
    /// # Errors
    ///
    /// [`RandomError`] when it can't; no session is issued then.
    fn fill(&self, out: &mut [u8]) -> Result<(), RandomError>;

    /// The id of a new session of `subject`: 16 bytes, as [`fill`](Self::fill) gives them unless a
    /// source knows better.
    ///
    /// # Errors
    ///
    /// [`RandomError`] when it can't; no session is issued then.
    fn session_id(&self, subject: &[u8]) -> Result<[u8; 16], RandomError> {
        let _ = subject;
        let mut id = [0; 16];
        self.fill(&mut id)?;
        Ok(id)
    }
}

/// The operating system's random source.
///
/// Session ids are drawn four at a time for each thread, because a system call for each takes longer
/// than sealing. A forked process, or a virtual machine that was restored from a snapshot twice,
/// would then give the same (at most three) ids as its twin: so each is combined with the time, to
/// the nanosecond, and with the subject, and only two logins of one subject in one nanosecond could
/// still share one. A source of your own whose [`session_id`](RandomSource::session_id) is the
/// provided one asks the system for each:
///
/// ```
/// use cloakroom::{RandomError, RandomSource, SystemRandom};
///
/// struct EachAnew;
///
/// impl RandomSource for EachAnew {
///     fn fill(&self, out: &mut [u8]) -> Result<(), RandomError> {
///         SystemRandom.fill(out)
///     }
/// }
/// # assert_ne!(EachAnew.session_id(b"ada")?, EachAnew.session_id(b"ada")?);
/// # Ok::<(), RandomError>(())
/// ```
#[cfg(feature = "std")]
#[cfg_attr(docsrs, doc(cfg(feature = "std")))]
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "it has no fields and never will")]
pub struct SystemRandom;

#[cfg(feature = "std")]
impl RandomSource for SystemRandom {
    fn fill(&self, out: &mut [u8]) -> Result<(), RandomError> {
        getrandom::SysRng
            .try_fill_bytes(out)
            .map_err(|_| RandomError)
    }

    fn session_id(&self, subject: &[u8]) -> Result<[u8; 16], RandomError> {
        ahead::session_id(subject).map_err(|_| RandomError)
    }
}

/// Any generator behind a lock. There is no such implementation for a generator that is merely
/// `Clone`: a clone repeats what the original gives.
#[cfg(feature = "std")]
#[cfg_attr(docsrs, doc(cfg(feature = "std")))]
impl<R: TryCryptoRng + Send> RandomSource for std::sync::Mutex<R> {
    fn fill(&self, out: &mut [u8]) -> Result<(), RandomError> {
        let mut generator = self.lock().map_err(|_| RandomError)?;
        generator.try_fill_bytes(out).map_err(|_| RandomError)
    }
}
