//! Making an export from what a server knows.

use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use rand_core::TryRng as _;

use crate::edge::key::EdgeSigner;
use crate::edge::layout::{self, Head, MAX_VALIDITY};
use crate::feed::{FeedRevocations, Position, Realm};
use crate::revocation::list::RevocationList;
use crate::revocation::record::{LOGGED_OUT, Target};
use crate::revocation::view::{Freshness, RevocationView as _};

/// Why no export was made. Edges go on with the one they have until it is stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExportError {
    /// The view it would be made from is not fresh: it would promise what nobody knows.
    Stale,
    /// The store was damaged and replaced ([`DurableRevocations::recover`]), and what it lost may
    /// matter still: this server refuses every session from before, and an export can't say that.
    /// Over when no entry from then would be kept any more, a token's life later. Other servers of a
    /// feed can export meanwhile.
    ///
    /// [`DurableRevocations::recover`]: https://docs.rs/cloakroom/latest/cloakroom/store/struct.DurableRevocations.html#method.recover
    Recovered,
    /// A validity below a second or above a day.
    Validity,
    /// The clock failed, or shows a time outside of what tokens can say.
    Clock,
    /// The random source gave no salt.
    Random,
    /// More entries than an export can have.
    TooMany,
}

impl fmt::Display for ExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stale => "this server's revocation view is not fresh; no edge export was made",
            Self::Recovered => {
                "the store of revocations was replaced, and what it lost is not over yet; no edge \
                 export was made"
            }
            Self::Validity => "an edge export is valid for a second to a day",
            Self::Clock => "the clock gave no usable time; no edge export was made",
            Self::Random => "the random source gave no bytes; no edge export was made",
            Self::TooMany => "there are more revocations than an edge export can have",
        })
    }
}

impl core::error::Error for ExportError {}

impl EdgeSigner {
    /// What this server of a feed knows, for edges. They take it for fresh until `valid_for` after
    /// the moment of which it is, which is that of this server's proof and not of this call: a
    /// second to a day, and at least the interval of exports, of polling, and the clock allowance
    /// together (SPEC §18.5).
    ///
    /// Verifications go on meanwhile; publications wait while the list is read, some tens of
    /// milliseconds for a million entries.
    ///
    /// # Errors
    ///
    /// [`ExportError`].
    pub fn export(
        &self,
        feed: &FeedRevocations,
        valid_for: Duration,
    ) -> Result<Vec<u8>, ExportError> {
        let follower = &feed.0.follower;
        // The clock before the age, and both before the entries: whichever way they race, the time
        // that is claimed is none too late.
        let now = follower
            .environment
            .unix_millis()
            .map_err(|_| ExportError::Clock)?;
        let (age, _) = follower.age().ok_or(ExportError::Stale)?;
        let position = follower.lock().position;
        let at = position
            .filter(|_| feed.freshness() == Freshness::Fresh)
            .ok_or(ExportError::Stale)?;
        let made_at = now.saturating_sub(millis(age).saturating_add(1));
        let mut salt = [0; 16];
        if !follower.environment.random(&mut salt) {
            return Err(ExportError::Random);
        }
        // The list below counts the bound of the feed into the life of entries.
        let bound = feed.staleness_bound();
        let known = Known {
            list: follower.local.list(),
            bound,
            salt,
            now: follower.now().unix(),
            everything_before: follower.local.everything_before(),
        };
        self.make(&follower.realm, known, at, made_at, valid_for)
    }

    /// The same for a list without a feed, as of `made_at` (Unix milliseconds), the present of the
    /// process that alone decides. `at` is the caller's: edges refuse one with a lower number in the
    /// same epoch, and accept another epoch only with a later `made_at`.
    ///
    /// # Errors
    ///
    /// [`ExportError`].
    ///
    /// ```
    /// use cloakroom::feed::{FeedKey, Position, Realm};
    /// use cloakroom::RevocationList;
    ///
    /// let signer = FeedKey::generate()?.edge_signer();
    /// let at = Position { epoch: [7; 16], n: 1, chain: [0; 8] };
    /// let list = RevocationList::new();
    /// let valid = std::time::Duration::from_secs(30);
    /// let file = signer.export_list(&Realm::new("shop")?, &list, at, 1_800_000_000_000, valid)?;
    /// assert_eq!(file.len(), 169);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn export_list(
        &self,
        realm: &Realm,
        list: &RevocationList,
        at: Position,
        made_at: u64,
        valid_for: Duration,
    ) -> Result<Vec<u8>, ExportError> {
        self.make(realm, Known::alone(list, made_at)?, at, made_at, valid_for)
    }

    /// The same for the durable store of one machine, without a feed.
    ///
    /// # Errors
    ///
    /// [`ExportError`]; [`Stale`](ExportError::Stale) when its disk failed.
    ///
    /// ```
    /// use cloakroom::feed::{FeedKey, Position, Realm};
    /// use cloakroom::store::DurableRevocations;
    /// use cloakroom::{Clock, SystemClock};
    ///
    /// # let folder = std::env::temp_dir().join(format!("cloakroom-edge-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder)?;
    /// # let path = folder.join("revocations.redb");
    /// let now = SystemClock.now()?;
    /// let store = DurableRevocations::open(&path, now)?;
    /// let signer = FeedKey::generate()?.edge_signer();
    /// // Without a feed to count, the time numbers the exports.
    /// let at = Position { epoch: [7; 16], n: now.unix(), chain: [0; 8] };
    /// let valid = std::time::Duration::from_secs(30);
    /// let realm = Realm::new("shop")?;
    /// let file = signer.export_store(&realm, &store, at, now.unix() * 1000, valid)?;
    /// assert_eq!(file.len(), 169);
    /// # drop(store);
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "redb")]
    #[cfg_attr(docsrs, doc(cfg(feature = "redb")))]
    pub fn export_store(
        &self,
        realm: &Realm,
        store: &crate::store::DurableRevocations,
        at: Position,
        made_at: u64,
        valid_for: Duration,
    ) -> Result<Vec<u8>, ExportError> {
        if store.freshness() != Freshness::Fresh {
            return Err(ExportError::Stale);
        }
        let known = Known {
            everything_before: store.everything_before(),
            ..Known::alone(store.list(), made_at)?
        };
        self.make(realm, known, at, made_at, valid_for)
    }

    fn make(
        &self,
        realm: &Realm,
        known: Known<'_>,
        at: Position,
        made_at: u64,
        valid_for: Duration,
    ) -> Result<Vec<u8>, ExportError> {
        let valid = millis(valid_for);
        if !(1000..=MAX_VALIDITY).contains(&valid) {
            return Err(ExportError::Validity);
        }
        let life = known.list.expiry(0);
        if known.everything_before > 0 && known.now < known.everything_before.saturating_add(life) {
            return Err(ExportError::Recovered);
        }
        let (mut records, mut sessions) = (Vec::new(), Vec::new());
        let high_water_mark =
            known
                .list
                .each_in_effect(known.now, |record| match record.revocation.0 {
                    Target::Session {
                        id,
                        below: LOGGED_OUT,
                    } => sessions.push(id.to_bytes()),
                    _ => records.push(record),
                });
        let life = life.saturating_sub(known.bound.into());
        let head = Head {
            at,
            made_at,
            valid_until: made_at.saturating_add(valid),
            high_water_mark,
            life: u32::try_from(life).unwrap_or(u32::MAX),
            salt: known.salt,
        };
        if head.valid_until > crate::time::Timestamp::MAX.unix().saturating_mul(1000) {
            return Err(ExportError::Clock);
        }
        layout::seal(self, realm, &head, &records, &sessions).ok_or(ExportError::TooMany)
    }
}

struct Known<'a> {
    list: &'a RevocationList,
    /// Seconds of the life of its entries that belong to the feed.
    bound: u32,
    /// Drawn before the entries are read, new for each export: who is hit without cause is another
    /// one each time.
    salt: [u8; 16],
    /// Unix seconds.
    now: u64,
    /// What started before is refused here without an entry, 0 for nothing.
    everything_before: u64,
}

impl<'a> Known<'a> {
    /// By a process that decides alone.
    fn alone(list: &'a RevocationList, made_at: u64) -> Result<Self, ExportError> {
        let mut salt = [0; 16];
        getrandom::SysRng
            .try_fill_bytes(&mut salt)
            .map_err(|_| ExportError::Random)?;
        Ok(Self {
            list,
            bound: 0,
            salt,
            now: made_at / 1000,
            everything_before: 0,
        })
    }
}

pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
