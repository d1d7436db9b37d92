//! Reading everything again, without forgetting anything (SPEC §17.5).

use alloc::vec::Vec;
use core::time::Duration;
use std::sync::PoisonError;

use crate::feed::batch::{self, Written};
use crate::feed::event::{FeedEvent, Resync};
use crate::feed::follower::{Follower, Look};
use crate::feed::image::{self, BadSnapshot, Image};
use crate::feed::local::Taken;
use crate::feed::outbox::Known;
use crate::feed::port::{EngineError, FeedEngine};
use crate::feed::position::Position;
use crate::feed::state::State;
use crate::revocation::record::{Reckoned, Record};

/// How often it is tried while the feed changes underneath.
const TRIES: u32 = 3;

/// What was read.
struct Everything {
    at: Position,
    reckoned: Reckoned,
    high_water_mark: u64,
    /// When the feed was founded, as far as it can be seen, Unix milliseconds.
    founded: Option<u64>,
    written: Vec<Written>,
    snapshot_at: u64,
    /// How many of the records are the snapshot's.
    of_snapshot: usize,
    /// Batches of this server among those read, of which nobody knew.
    confirmed: Vec<Position>,
}

enum Read {
    All(Everything),
    NoFeed,
    /// It changed underneath.
    Again,
    Unusable(FeedEvent),
}

impl Follower {
    /// Reads the snapshot and all that follows, merges it, and finds out what the engine lacks.
    pub(crate) fn resync(
        &self,
        engine: &mut dyn FeedEngine,
        why: Resync,
    ) -> Result<Look, EngineError> {
        let before = self.lock().position;
        let _one_at_a_time = self
            .resyncing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if self.lock().position != before {
            // The other thread has done it.
            return Ok(Look::Behind);
        }
        for _ in 0..TRIES {
            match self.read_everything(engine)? {
                Read::All(everything) => {
                    self.merge_everything(everything, why);
                    return Ok(Look::Behind);
                }
                Read::NoFeed => return Ok(Look::NoFeed),
                Read::Again => {}
                Read::Unusable(event) => {
                    let mut state = self.lock();
                    state.status.rejected = state.status.rejected.saturating_add(1);
                    drop(state);
                    self.unusable(event);
                    return Err(EngineError::refused("the feed can't be read"));
                }
            }
        }
        Err(EngineError::unavailable(
            "the feed changed while it was read",
        ))
    }

    fn read_everything(&self, engine: &mut dyn FeedEngine) -> Result<Read, EngineError> {
        let Some(head) = engine.read(u64::MAX, 1, Duration::ZERO)?.head else {
            return Ok(Read::NoFeed);
        };
        let mut reckoned = self.reckoning();
        let mut everything = match engine.snapshot()? {
            None => Everything {
                at: Position::start(&self.realm, head.epoch),
                reckoned,
                high_water_mark: 0,
                founded: None,
                written: Vec::new(),
                snapshot_at: 0,
                of_snapshot: 0,
                confirmed: Vec::new(),
            },
            Some(bytes) => {
                let image = match self.open_image(&bytes)? {
                    Ok(image) => image,
                    Err(why) => return Ok(Read::Unusable(FeedEvent::BadSnapshot(why))),
                };
                drop(bytes);
                if image.at.epoch != head.epoch {
                    return Ok(Read::Again);
                }
                // Entries of a writer whose tokens live shorter than this server's.
                let longer = self.life().saturating_sub(image.life);
                let extended = |record: Record| {
                    let expires = record.expires.saturating_add(u64::from(longer));
                    Record::new(record.revocation, expires)
                };
                reckoned.records = image.list.records.into_iter().map(extended).collect();
                Everything {
                    at: image.at,
                    of_snapshot: reckoned.records.len(),
                    confirmed: Vec::new(),
                    reckoned,
                    high_water_mark: image.list.high_water_mark,
                    // Nobody puts another than the first before the feed has settled.
                    founded: (image.at.n > 0).then_some(0),
                    written: Vec::new(),
                    snapshot_at: image.at.n,
                }
            }
        };
        let doubts = self.lock().doubts.clone();
        loop {
            let tail = self.read(engine, everything.at.n, 3, Duration::ZERO)?;
            let Some(head) = tail.head else {
                return Ok(Read::NoFeed);
            };
            if head.epoch != everything.at.epoch || head.n < everything.at.n {
                return Ok(Read::Again);
            }
            for bytes in &tail.batches {
                match batch::open(&self.keys, &self.realm, &everything.at, bytes) {
                    Ok(opened) => {
                        let own = doubts.contains(&opened.becomes);
                        everything.written.push(Written {
                            time: opened.time,
                            records: opened.records.len(),
                            own,
                        });
                        self.extend_lives(&mut everything.reckoned, opened.records, opened.time);
                        everything.at = opened.becomes;
                        if own {
                            everything.confirmed.push(opened.becomes);
                        }
                        everything.founded = everything.founded.or(Some(opened.time));
                    }
                    Err(batch::BadBatch::OutOfPlace) => {
                        return Ok(self.broken_or_moved(engine, &everything));
                    }
                    Err(why) => return Ok(Read::Unusable(FeedEvent::BadBatch(why))),
                }
            }
            if everything.at == head {
                return Ok(Read::All(everything));
            }
            if tail.batches.is_empty() {
                return Ok(self.broken_or_moved(engine, &everything));
            }
        }
    }

    /// One whose mark lies ahead was made by a server whose clock was fast, and forgot what live
    /// tokens need. With that mark this server would find every token expired; without it, it would
    /// let some live that were revoked.
    fn open_image(&self, bytes: &[u8]) -> Result<Result<Image, BadSnapshot>, EngineError> {
        let now = self.environment.unix_millis();
        let now = now.map_err(|_| EngineError::unavailable("this server's clock failed"))?;
        let skew = self.settings.skew.as_secs().saturating_add(1);
        let latest = (now / 1000)
            .max(self.local.view().high_water_mark())
            .saturating_add(self.local.list().tolerance())
            .saturating_add(skew);
        let image = image::open(&self.keys, &self.realm, bytes);
        Ok(image.and_then(|image| {
            if image.list.high_water_mark > latest {
                return Err(BadSnapshot::ClockAhead);
            }
            Ok(image)
        }))
    }

    /// The log does not go on from the snapshot: either the next snapshot was put meanwhile, or
    /// parts are missing.
    fn broken_or_moved(&self, engine: &mut dyn FeedEngine, everything: &Everything) -> Read {
        match engine.snapshot_at() {
            Ok(Some(n)) if n != everything.snapshot_at => Read::Again,
            _ => Read::Unusable(FeedEvent::Broken),
        }
    }

    fn merge_everything(&self, everything: Everything, why: Resync) {
        let now = self.now();
        let mine = if self.settings.follows_only {
            Vec::new()
        } else {
            self.local.list().records()
        };
        // After a failover that lost acknowledged writes, those who read them in time hold the only
        // copy. A server that starts holds nothing, and needs no index of a million names.
        let lacking: Vec<_> = if mine.is_empty() {
            Vec::new()
        } else {
            let known = everything.reckoned.records.iter();
            let upstream: Known = known.map(|record| record.revocation).collect();
            mine.iter()
                .filter(|record| record.expires > now.unix())
                .map(|record| record.revocation)
                .filter(|revocation| !upstream.covers(revocation))
                .collect()
        };
        let mut state = self.lock();
        if state.saw_snapshot(everything.at.epoch, everything.snapshot_at) {
            let older = &mut state.status.older_snapshots;
            *older = older.saturating_add(1);
            state.events.push(FeedEvent::OlderSnapshot);
        }
        state.snapshot_at = everything.snapshot_at;
        lacking.iter().for_each(|one| state.outbox.add(*one));
        // By what the log says alone. A snapshot may hold what the log never had, and those who
        // follow the log have not heard of it.
        let told = everything.reckoned.records.get(everything.of_snapshot..);
        let delivered = state.outbox.remove_covered(told.unwrap_or_default());
        state.confirmed.extend(&everything.confirmed);
        let handed_back = lacking.len();
        let (quarantined, keeping) = self.local.take_in(
            Taken {
                records: everything.reckoned,
                high_water_mark: everything.high_water_mark,
                position: Some(everything.at),
                snapshot: Some(state.snapshot_seen),
                pending: lacking,
                delivered,
            },
            now,
        );
        state.keeping = keeping;
        self.settle(&mut state, everything.founded, &everything.written);
        self.arrive(
            &mut state,
            everything.at,
            &everything.written,
            Reckoned::default(),
            &[],
        );
        let status = &mut state.status;
        status.resyncs = status.resyncs.saturating_add(1);
        status.handed_back = status
            .handed_back
            .saturating_add(u64::try_from(handed_back).unwrap_or(u64::MAX));
        drop(state);
        self.tell();
        if quarantined > 0 {
            self.event(FeedEvent::Quarantined(quarantined));
        }
        self.event(FeedEvent::Resynced { why, handed_back });
    }

    /// L of SPEC §9.8.
    pub(crate) fn life(&self) -> u32 {
        u32::try_from(self.local.list().expiry(0)).unwrap_or(u32::MAX)
    }

    /// Asked for before any expiry is reckoned.
    pub(crate) fn reckoning(&self) -> Reckoned {
        Reckoned {
            life: self.local.list().expiry(0),
            ..Reckoned::default()
        }
    }

    /// Founds a feed where there is none, or instead of the one that ends at `instead_of`.
    pub(crate) fn found(
        &self,
        engine: &mut dyn FeedEngine,
        instead_of: Option<&Position>,
    ) -> Result<(), EngineError> {
        let mut epoch = [0; 16];
        if !self.environment.random(&mut epoch) {
            return Err(EngineError::unavailable("there are no random bytes"));
        }
        let first = Position::start(&self.realm, epoch);
        if engine.found(instead_of, &first)? {
            self.event(FeedEvent::Founded(first));
        }
        Ok(())
    }

    /// Looks until the end of the feed is reached, however far that is. `false` when there is no
    /// getting there for now.
    pub(crate) fn catch_up(
        &self,
        engine: &mut dyn FeedEngine,
        wait: Duration,
    ) -> Result<bool, EngineError> {
        let mut wait = wait;
        // A bound, so that an engine that answers nonsense does not keep a thread busy.
        for _ in 0..100_000_u32 {
            let mut look = self.look(engine, wait)?;
            wait = Duration::ZERO;
            if let Look::Lost(why) = look {
                look = self.resync(engine, why)?;
            }
            match look {
                Look::AtEnd => return Ok(true),
                Look::Behind | Look::Lost(_) => {}
                Look::NoFeed if self.settings.follows_only => return Ok(false),
                Look::NoFeed => self.found(engine, None)?,
                Look::Stuck(why) => {
                    self.unusable(FeedEvent::BadBatch(why));
                    return Err(EngineError::refused(why));
                }
            }
        }
        Err(EngineError::unavailable(
            "the end of the feed was not reached",
        ))
    }
}

impl State {
    /// An authentic snapshot, or none with the number 0; says whether a newer one was seen before.
    pub(crate) fn saw_snapshot(&mut self, epoch: [u8; 16], n: u64) -> bool {
        let (of, newest) = self.snapshot_seen;
        let newest = if of == epoch { newest } else { 0 };
        self.snapshot_seen = (epoch, newest.max(n));
        n < newest
    }
}
