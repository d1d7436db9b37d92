//! The thread that writes: everything that waits in one commit, and what expired in slices between.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::time::Instant;

use crate::revocation::entries::Merged;
use crate::revocation::record::{Record, Revocation};
use crate::revocation::view::Terms;
use crate::store::error::{LogError, StoreError};
use crate::store::log::{Batch, RevocationLog, Standing};
use crate::store::queue::{Failure, Job, Shared, Work};
use crate::store::ticket::{Done, Ticket};
use crate::time::Timestamp;

/// Seconds between purges.
const PURGE_EVERY: u64 = 60;
/// Records removed from the disk in one commit: a few milliseconds, which a logout then waits.
const SLICE: usize = 4096;

/// What is being forgotten on the disk.
struct Sweep {
    until: u64,
    forgotten: usize,
    tickets: Vec<Arc<Ticket>>,
}

pub(in crate::store) struct Committer {
    pub(in crate::store) shared: Arc<Shared>,
    pub(in crate::store) log: Box<dyn RevocationLog>,
    pub(in crate::store) standing: Standing,
    /// The waiting records that are stored.
    pub(in crate::store) waiting: Vec<Record>,
    sweep: Option<Sweep>,
    purge_at: u64,
}

impl Committer {
    pub(in crate::store) fn new(
        shared: Arc<Shared>,
        log: Box<dyn RevocationLog>,
        standing: Standing,
        waiting: Vec<Record>,
    ) -> Self {
        Self {
            shared,
            log,
            standing,
            waiting,
            sweep: None,
            purge_at: 0,
        }
    }

    pub(in crate::store) fn run(mut self) {
        while let Some(jobs) = self.shared.take(self.sweep.is_some()) {
            if !jobs.is_empty() {
                self.serve(&jobs);
            }
            self.sweep_slice();
        }
        // What is left expired and is found again by the next start.
        self.finish_sweep(None);
    }

    /// SPEC §9.10: durable, then in effect here, then acknowledged.
    fn serve(&mut self, jobs: &[Job]) {
        let mut plan = Plan::default();
        let mut standing = self.standing;
        let mut latest = standing.high_water_mark;
        // First, so that one life is reckoned with below: the expiry of a row counts from what the
        // same commit says about all of them.
        for job in jobs {
            if let Work::Register(terms) = &job.work {
                standing.terms = most(standing.terms, *terms);
                let longer = self.shared.list.extend_for(*terms);
                standing.extended = standing.extended.saturating_add(longer);
            }
        }
        for job in jobs {
            latest = latest.max(job.now);
            match &job.work {
                Work::Publish(revocations) => {
                    let new = revocations.iter().map(|revocation| (*revocation, job.now));
                    plan.published.extend(new);
                    plan.done.push(Done::default());
                }
                Work::Merge(records, mark) => {
                    let limit = job.now.saturating_add(self.shared.list.tolerance());
                    standing.high_water_mark = standing.high_water_mark.max(*mark);
                    plan.merge(records, limit);
                }
                #[cfg(feature = "feed")]
                Work::Pend(revocations) => {
                    let new = revocations.iter().map(|revocation| (*revocation, job.now));
                    plan.published.extend(new);
                    plan.pending.extend(revocations.iter().map(outbox_row));
                    plan.done.push(Done::default());
                }
                #[cfg(feature = "feed")]
                Work::TakeIn(taken) => {
                    let limit = job.now.saturating_add(self.shared.list.tolerance());
                    standing.high_water_mark = standing.high_water_mark.max(taken.high_water_mark);
                    standing.cursor = taken.cursor.or(standing.cursor);
                    standing.snapshot = taken.snapshot.or(standing.snapshot);
                    plan.pending.extend(taken.pending.iter().map(outbox_row));
                    plan.delivered
                        .extend(taken.delivered.iter().map(outbox_row));
                    let records = taken.records.at(self.shared.list.expiry(0));
                    plan.merge(&records, limit);
                }
                Work::Register(_) | Work::Purge => plan.done.push(Done::default()),
            }
        }
        self.release(&mut plan, latest);
        let oldest = jobs.iter().map(|job| job.asked).min();
        let result = self.write(&mut plan, standing, oldest);
        // Also after a failure: whoever asked for a logout wants this server to refuse, whatever
        // comes of it later.
        self.shared.list.apply(&plan.applied);
        let now = Timestamp::saturating_from_unix(latest);
        let _counted = self.shared.list.merge(&plan.arriving, now);
        if result.is_ok() {
            self.shared.list.raise_mark(standing.high_water_mark);
        }
        for (job, done) in jobs.iter().zip(plan.done) {
            if result.is_ok() && matches!(job.work, Work::Purge) {
                self.begin_sweep(job.now, Some(&job.ticket));
            } else {
                job.ticket.answer(result.clone().map(|()| done));
            }
        }
        // Also if the last was under a clock that has been set back since.
        let time = self.shared.list.may_forget(latest);
        let due = time >= self.purge_at || self.purge_at > time.saturating_add(PURGE_EVERY);
        if result.is_ok() && due {
            self.begin_sweep(latest, None);
        }
    }

    /// SPEC §9.6: a record whose time has come is in effect, and lives from now on.
    fn release(&mut self, plan: &mut Plan, now: u64) {
        let limit = now.saturating_add(self.shared.list.tolerance());
        let life = self.shared.list.expiry(now);
        self.waiting.retain(|record| {
            let due = record
                .revocation
                .cutoff()
                .is_none_or(|cutoff| cutoff <= limit);
            if due {
                plan.released.push(*record);
                let expires = record.expires.max(life);
                plan.merged.push(Record::new(record.revocation, expires));
            }
            !due
        });
    }

    fn write(
        &mut self,
        plan: &mut Plan,
        standing: Standing,
        oldest: Option<Instant>,
    ) -> Result<(), StoreError> {
        let waited = || oldest.map_or(0, |asked| asked.elapsed().as_secs());
        // One more, because both clocks are read in whole seconds.
        let mut covered = waited().saturating_add(1);
        loop {
            plan.apply(|now| self.shared.list.expiry(now.saturating_add(covered)));
            if !plan.is_empty() || standing != self.standing {
                let rows: Vec<_> = plan.applied.iter().map(|new| standing.row(new)).collect();
                self.append(&Batch {
                    applied: &rows,
                    waiting: &plan.arriving,
                    released: &plan.released,
                    pending: &plan.pending,
                    delivered: &plan.delivered,
                    standing,
                })?;
            } else if let Some(failure) = self.shared.failure.get() {
                return Err(StoreError::Poisoned(failure.why.clone()));
            }
            // A disk that stalls for minutes is not rare, and meanwhile this server renews tokens
            // that the entry must outlive. Then it is written once more with a longer life.
            let waited = waited();
            if waited <= covered {
                break;
            }
            covered = waited.saturating_mul(2);
        }
        self.standing = standing;
        self.waiting.extend(&plan.arriving);
        Ok(())
    }

    fn append(&mut self, batch: &Batch<'_>) -> Result<(), StoreError> {
        self.engine(|log| log.append(batch))
    }

    /// Calls the engine, unless it failed before: after a failed fsync the system may have dropped
    /// what it could not write, and a second one that succeeds proves nothing.
    fn engine<T>(
        &mut self,
        call: impl FnOnce(&mut dyn RevocationLog) -> Result<T, LogError>,
    ) -> Result<T, StoreError> {
        if let Some(failure) = self.shared.failure.get() {
            return Err(StoreError::Poisoned(failure.why.clone()));
        }
        let log = &mut *self.log;
        // A panic would end this thread and leave everybody waiting for it.
        let result = catch_unwind(AssertUnwindSafe(|| call(log)))
            .unwrap_or_else(|_| Err(LogError::new("the engine panicked")));
        result.map_err(|why| {
            let at = Instant::now();
            let _first = self.shared.failure.set(Failure {
                at,
                why: why.clone(),
            });
            StoreError::Failed(why)
        })
    }

    /// SPEC §9.8: the mark is durable before anything is forgotten, so that a clock that goes back
    /// finds it also after a crash. Where there is nothing to forget it stays: the file keeps it, and a
    /// clock that jumped ahead would leave every session expired until then, restart or not.
    fn begin_sweep(&mut self, now: u64, ticket: Option<&Arc<Ticket>>) {
        let now = self.shared.list.may_forget(now);
        let now = now.max(self.standing.high_water_mark);
        let until = now.saturating_sub(self.standing.extended);
        let expired = match self.shared.list.has_expired(now) {
            true => Ok(true),
            false => self.engine(|log| log.has_expired(until)),
        };
        match (expired, ticket) {
            (Ok(true), _) => {}
            (Ok(false), None) => {
                self.purge_at = now.saturating_add(PURGE_EVERY);
                return;
            }
            (Ok(false), Some(ticket)) => return ticket.answer(Ok(Done::default())),
            (Err(_), None) => return,
            (Err(error), Some(ticket)) => return ticket.answer(Err(error)),
        }
        let mut standing = self.standing;
        standing.high_water_mark = now;
        if standing != self.standing {
            if let Err(error) = self.append(&Batch::of(standing)) {
                if let Some(ticket) = ticket {
                    ticket.answer(Err(error));
                }
                return;
            }
            self.standing = standing;
        }
        self.purge_at = now.saturating_add(PURGE_EVERY);
        let forgotten = self.shared.list.purge(Timestamp::saturating_from_unix(now));
        let sweep = self.sweep.get_or_insert_with(|| Sweep {
            until: now,
            forgotten: 0,
            tickets: Vec::new(),
        });
        sweep.until = sweep.until.max(now);
        sweep.forgotten = sweep.forgotten.saturating_add(forgotten);
        sweep.tickets.extend(ticket.map(Arc::clone));
    }

    /// One slice, so that logouts get their turn in between.
    fn sweep_slice(&mut self) {
        let Some(until) = self.sweep.as_ref().map(|sweep| sweep.until) else {
            return;
        };
        // Rows say less than they live.
        let until = until.saturating_sub(self.standing.extended);
        match self.engine(|log| log.purge(until, SLICE)) {
            Ok(SLICE..) => {}
            Ok(_) => self.finish_sweep(None),
            Err(error) => self.finish_sweep(Some(&error)),
        }
    }

    fn finish_sweep(&mut self, error: Option<&StoreError>) {
        let Some(sweep) = self.sweep.take() else {
            return;
        };
        let forgotten = sweep.forgotten;
        for ticket in sweep.tickets {
            let done = Done {
                forgotten,
                ..Done::default()
            };
            ticket.answer(error.map_or(Ok(done), |error| Err(error.clone())));
        }
    }
}

/// What the jobs of one commit come to.
#[derive(Default)]
struct Plan {
    /// With the time at which each was asked for.
    published: Vec<(Revocation, u64)>,
    /// Of other lists, or released: their expiry is given.
    merged: Vec<Record>,
    arriving: Vec<Record>,
    released: Vec<Record>,
    pending: Vec<Record>,
    delivered: Vec<Record>,
    /// All that is in effect from now on.
    applied: Vec<Record>,
    /// One for each job.
    done: Vec<Done>,
}

impl Plan {
    fn is_empty(&self) -> bool {
        [
            &self.applied,
            &self.arriving,
            &self.released,
            &self.pending,
            &self.delivered,
        ]
        .iter()
        .all(|records| records.is_empty())
    }

    fn merge(&mut self, records: &[Record], limit: u64) {
        let mut counts = Merged::default();
        for record in records {
            if record
                .revocation
                .cutoff()
                .is_some_and(|cutoff| cutoff > limit)
            {
                counts.quarantined = counts.quarantined.saturating_add(1);
                self.arriving.push(*record);
            } else {
                counts.applied = counts.applied.saturating_add(1);
                self.merged.push(*record);
            }
        }
        self.done.push(Done {
            merged: counts,
            ..Done::default()
        });
    }

    fn apply(&mut self, expiry: impl Fn(u64) -> u64) {
        let published = self.published.iter();
        let published = published.map(|(revocation, now)| Record::new(*revocation, expiry(*now)));
        self.applied = published.chain(self.merged.iter().copied()).collect();
    }
}

/// Without its expiry, which is decided when it is delivered, so that one revocation is one row.
#[cfg(feature = "feed")]
const fn outbox_row(revocation: &Revocation) -> Record {
    Record::new(*revocation, 0)
}

fn most(one: Terms, other: Terms) -> Terms {
    Terms {
        token_lifetime: one.token_lifetime.max(other.token_lifetime),
        leeway: one.leeway.max(other.leeway),
        tolerance: one.tolerance.max(other.tolerance),
    }
}
