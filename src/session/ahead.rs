//! Session ids from the operating system, several with one call.
//!
//! A call takes as long as much of the rest of a login, and hardly longer for four ids than for one.
//! Nothing is generated in the process: what was drawn is handed out once, and wiped by nobody,
//! since an id is no secret from its own server.

use core::cell::RefCell;
use core::hash::Hasher as _;
use std::hash::DefaultHasher;
use std::time::{SystemTime, UNIX_EPOCH};

use getrandom::{Error, SysRng};
use rand_core::TryRng as _;

const BATCH: usize = 4;

/// Ids that were drawn and not given yet.
struct Drawn {
    ids: [[u8; 16]; BATCH],
    left: usize,
}

std::thread_local! {
    static DRAWN: RefCell<Drawn> = const { RefCell::new(Drawn { ids: [[0; 16]; BATCH], left: 0 }) };
}

/// A new id.
pub(crate) fn session_id(subject: &[u8]) -> Result<[u8; 16], Error> {
    let drawn = DRAWN.try_with(|drawn| match drawn.try_borrow_mut() {
        Ok(mut drawn) => drawn.next(),
        Err(_) => one(),
    });
    // A thread that is ending has none ahead.
    let drawn = drawn.unwrap_or_else(|_| one())?;
    Ok(combined(drawn, nanoseconds(), subject))
}

impl Drawn {
    fn next(&mut self) -> Result<[u8; 16], Error> {
        if self.left == 0 {
            fill(self.ids.as_flattened_mut())?;
            self.left = BATCH;
        }
        self.left = self.left.saturating_sub(1);
        self.ids.get(self.left).copied().map_or_else(one, Ok)
    }
}

fn one() -> Result<[u8; 16], Error> {
    let mut id = [0; 16];
    fill(&mut id)?;
    Ok(id)
}

fn fill(out: &mut [u8]) -> Result<(), Error> {
    SysRng.try_fill_bytes(out)
}

/// What a twin of this process has drawn too, told apart by when and for whom it is used. Adding what
/// is known to what is random leaves it as random, so nothing is lost where there is no twin; and
/// the hash needs no strength, since who makes two subjects collide still has no twin.
fn combined(drawn: [u8; 16], nanoseconds: u64, subject: &[u8]) -> [u8; 16] {
    let mut hasher = DefaultHasher::new();
    hasher.write(subject);
    let by = (u128::from(nanoseconds) << 64) | u128::from(hasher.finish());
    (u128::from_ne_bytes(drawn) ^ by).to_ne_bytes()
}

/// Not asked what time it is, only for a number that the twin does not see: hence not the injected
/// clock, which counts seconds.
fn nanoseconds() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        let seconds = since.as_secs().wrapping_mul(1_000_000_000);
        seconds.wrapping_add(u64::from(since.subsec_nanos()))
    })
}
