//! What arrived: entries into the list, times into the proof.

use alloc::vec::Vec;
use core::sync::atomic::Ordering;
use core::time::Duration;

use crate::feed::batch::Written;
use crate::feed::event::FeedEvent;
use crate::feed::follower::Follower;
use crate::feed::local::Taken;
use crate::feed::position::Position;
use crate::feed::proof::Heard;
use crate::feed::state::State;
use crate::revocation::record::{Reckoned, Record, Revocation};
use crate::revocation::view::RevocationPublish as _;
use crate::time::Timestamp;

impl Follower {
    /// What the engine has not accepted yet stays in force here for as long as that takes: an entry's
    /// life counts from the day the last server hears of it, and until then others renew tokens that
    /// it must outlive.
    pub(crate) fn uphold(&self) {
        let pending = self.lock().outbox.first(usize::MAX);
        if !pending.is_empty() {
            match self.local.list().publish(&pending, self.now()) {
                Ok(_) => {}
                Err(never) => match never {},
            }
        }
    }

    /// SPEC §17.5: an entry lives as long as the longest token of this server, whoever published it.
    pub(crate) fn extend_lives(&self, into: &mut Reckoned, records: Vec<Record>, time: u64) {
        let least = self.local.list().expiry(time / 1000);
        let longer = |record: Record| Record::new(record.revocation, record.expires.max(least));
        into.records.extend(records.into_iter().map(longer));
    }

    /// Takes in what was read up to `at`, with what this server need not deliver any more.
    pub(crate) fn arrive(
        &self,
        state: &mut State,
        at: Position,
        batches: &[Written],
        reckoned: Reckoned,
        mine: &[Revocation],
    ) {
        let mut delivered = state.outbox.remove_covered(&reckoned.records);
        delivered.extend(mine);
        if !reckoned.records.is_empty() {
            let taken = Taken {
                records: reckoned,
                position: Some(at),
                delivered,
                ..Taken::default()
            };
            let (quarantined, keeping) = self.local.take_in(taken, self.now());
            state.keeping = keeping;
            if quarantined > 0 {
                state.events.push(FeedEvent::Quarantined(quarantined));
            }
        }
        self.placed.store(true, Ordering::SeqCst);
        state.position = Some(at);
        state.status.position = Some(at);
        self.hear(state, batches);
    }

    /// The times in batches: how old the proof is, when a heartbeat is due, what may be forgotten.
    fn hear(&self, state: &mut State, batches: &[Written]) {
        if batches.is_empty() {
            return;
        }
        let seen = self.environment.monotonic();
        let Ok(now) = self.environment.unix_millis() else {
            state.last_beat_at = Some(seen);
            return;
        };
        let skew = self.settings.skew;
        let mut heard = Vec::with_capacity(batches.len());
        self.prove(state, |proof| {
            let times = batches.iter();
            heard.extend(times.map(|batch| proof.heartbeat(batch.time, now, seen, skew)));
        });
        let mut ahead = false;
        for (batch, heard) in batches.iter().zip(heard) {
            ahead |= heard == Heard::Ahead;
            // One that proves nothing to this server may prove nothing to others, and must not keep
            // it from writing what does.
            if batch.own || heard == Heard::Recent {
                state.last_beat_at = Some(seen);
            }
            if !batch.own && heard != Heard::Ahead {
                state.others.hear(batch.time, seen, self.settings.bound);
            }
        }
        if ahead {
            state.events.push(FeedEvent::ClockAhead);
        }
        // A server whose clock is fast sees the batches of others as old ones. If it forgot by its
        // own time, its snapshots would spread the high-water mark of that time to everybody.
        let theirs = state.others.time(seen, self.settings.bound);
        let least = theirs.map_or(now, |theirs| theirs.min(now));
        self.local.list().forget_until(least / 1000);
        self.local.sweep(self.now());
    }

    /// A feed that was founded a moment ago may lack what others are about to hand back: nobody
    /// relies on it before they had time for that, which counts anew from each full batch.
    pub(crate) fn settle(&self, state: &mut State, founded: Option<u64>, batches: &[Written]) {
        let wall = self.environment.unix_millis().unwrap_or(0);
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let settling = millis(self.settings.settling());
        let skew = millis(self.settings.skew);
        let mut until = founded.unwrap_or(wall).saturating_add(settling);
        for batch in batches.iter().filter(|batch| batch.is_full()) {
            if batch.time <= until.saturating_add(skew) {
                until = until.max(batch.time.saturating_add(settling));
            }
        }
        let wait = Duration::from_millis(until.saturating_sub(wall).min(settling));
        let when = self.environment.monotonic().saturating_add(wait);
        self.prove(state, |proof| proof.settles_at(when));
    }

    /// While a feed settles, one that still hands back gets more time.
    pub(crate) fn settle_on(&self, state: &mut State, batches: &[Written]) {
        let now = self.environment.monotonic();
        if now < state.proof.settled_at() && batches.iter().any(Written::is_full) {
            let later = now.saturating_add(self.settings.settling());
            self.prove(state, |proof| proof.settles_later(later));
        }
    }

    /// The time for entries: never behind what was forgotten already.
    pub(crate) fn now(&self) -> Timestamp {
        let seconds = self.environment.unix_millis().map_or(0, |now| now / 1000);
        let mark = self.local.view().high_water_mark();
        Timestamp::saturating_from_unix(seconds.max(mark))
    }
}
