//! How much work a wrapped ring file may ask for, and what can be wrong with one (SPEC §4.9).

use core::fmt;

use crate::key::file_error::RingFileError;

/// The longest password, in bytes.
pub(crate) const MAX_PASSWORD: usize = 1024;
/// One GiB, in KiB.
const MAX_MEMORY: u32 = 1 << 20;
const MAX_PASSES: u32 = 16;
const MAX_LANES: u32 = 16;
/// KiB times passes, which is what takes time: 64 MiB 64 times, or 1 GiB four times.
const MAX_WORK: u64 = 4 << 20;
/// What OWASP asks for at least: 19 MiB, two passes.
const LEAST_MEMORY: u32 = 19 * 1024;
const LEAST_PASSES: u32 = 2;
/// What a wrapped file starts with.
pub(crate) const PREFIX: &str = "clkwrap1.";

/// How much work a guess of the password is: the parameters of Argon2id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordCost {
    pub(crate) memory: u32,
    pub(crate) passes: u32,
    pub(crate) lanes: u32,
}

/// Why a ring could not be wrapped or unwrapped.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PasswordError {
    /// The password is empty or longer than 1,024 bytes.
    Length,
    /// This is not a wrapped ring file.
    NotWrapped,
    /// A wrapped ring file, of which something is missing or changed.
    Damaged,
    /// The file asks for more memory or time than any that was made in good faith.
    TooCostly,
    /// Parameters under which passwords are guessed fast, or which Argon2 does not know.
    Cost,
    /// Another password, or the file was changed.
    Wrong,
    /// The system has not as much memory.
    Memory,
    /// The random source gave nothing.
    Random,
    /// What was unwrapped is not a ring file.
    Ring(RingFileError),
}

impl PasswordCost {
    /// `memory` in KiB, `passes` over it, `lanes` side by side. The default is 65,536 (64 MiB), 3
    /// and 4, the second choice of RFC 9106.
    ///
    /// # Errors
    ///
    /// [`PasswordError::Cost`] for less than 19 MiB or two passes, which is too fast to guess;
    /// [`PasswordError::TooCostly`] for what no reader accepts: more than 1 GiB, 16 passes, 16 lanes
    /// or 4 GiB times passes.
    pub const fn new(memory: u32, passes: u32, lanes: u32) -> Result<Self, PasswordError> {
        if memory < LEAST_MEMORY || passes < LEAST_PASSES {
            return Err(PasswordError::Cost);
        }
        Self::read(memory, passes, lanes)
    }

    /// What a file asks for. Whoever wrote it may want this machine to swap and stall, so nothing is
    /// done before the numbers are within their limits.
    pub(crate) const fn read(memory: u32, passes: u32, lanes: u32) -> Result<Self, PasswordError> {
        let work = (memory as u64).saturating_mul(passes as u64);
        if memory > MAX_MEMORY || passes > MAX_PASSES || lanes > MAX_LANES || work > MAX_WORK {
            return Err(PasswordError::TooCostly);
        }
        if passes == 0 || lanes == 0 || memory < lanes.saturating_mul(8) {
            return Err(PasswordError::Cost);
        }
        Ok(Self {
            memory,
            passes,
            lanes,
        })
    }
}

impl fmt::Display for PasswordCost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (memory, passes, lanes) = (self.memory, self.passes, self.lanes);
        write!(
            f,
            "{memory} KiB, {passes} pass{}, {lanes} lane{}",
            if passes == 1 { "" } else { "es" },
            if lanes == 1 { "" } else { "s" }
        )
    }
}

impl Default for PasswordCost {
    fn default() -> Self {
        Self {
            memory: 65_536,
            passes: 3,
            lanes: 4,
        }
    }
}

impl fmt::Display for PasswordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length => write!(f, "a password has 1 to {MAX_PASSWORD} bytes"),
            Self::NotWrapped => write!(
                f,
                "this is not a ring file that is wrapped with a password; such a file starts with \
                 `{}`",
                PREFIX.trim_end_matches('.')
            ),
            Self::Damaged => f.write_str(
                "something of this wrapped ring file is missing or changed; copy it again, whole",
            ),
            Self::TooCostly => write!(
                f,
                "this wrapped ring file asks for more than {} MiB, {MAX_PASSES} passes or \
                 {MAX_LANES} lanes, or for too much of them together; nothing was computed. Take \
                 the file from where it was made",
                MAX_MEMORY / 1024
            ),
            Self::Cost => write!(
                f,
                "Argon2id needs at least {LEAST_MEMORY} KiB, {LEAST_PASSES} passes, 1 lane and 8 \
                 KiB for each lane"
            ),
            Self::Wrong => f.write_str("the password is wrong, or the file was changed"),
            Self::Memory => f.write_str(
                "there is not enough memory to check the password; unwrap it on another machine",
            ),
            Self::Random => f.write_str("the random source gave no bytes; nothing was wrapped"),
            Self::Ring(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for PasswordError {}
