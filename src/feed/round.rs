//! One round of writing: what waits is appended, whoever waits is told.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

use crate::feed::batch::{self, FULL, Written};
use crate::feed::delivery::Accepted;
use crate::feed::event::FeedEvent;
use crate::feed::follower::Follower;
use crate::feed::image;
use crate::feed::local::Taken;
use crate::feed::port::{Appended, EngineError, FeedEngine};
use crate::feed::position::Position;
use crate::feed::queue::{Job, Task};
use crate::feed::replicas::{self, Replicas};
use crate::revocation::record::{Record, Revocation};

/// How long a publication that the engine has waits for this server's disk.
const SLOW_DISK: Duration = Duration::from_millis(200);

/// Batches that are kept behind a snapshot, for followers that are a little late.
const KEPT: u64 = 1024;

pub(crate) struct Round<'a> {
    pub(crate) follower: &'a Follower,
    pub(crate) engine: &'a mut dyn FeedEngine,
    pub(crate) jobs: &'a mut VecDeque<Job>,
    pub(crate) replicas: &'a mut Replicas,
    pub(crate) jitter: &'a mut Duration,
}

impl Round<'_> {
    pub(crate) fn deliver(&mut self) -> Result<(), EngineError> {
        if self.follower.settings.follows_only {
            return Ok(());
        }
        self.found_anew()?;
        let doubtful = !self.follower.lock().doubts.is_empty();
        let nowhere = self.follower.lock().position.is_none();
        if (doubtful || nowhere) && !self.catch_up()? {
            return Ok(());
        }
        self.confirm();
        self.keep_list()?;
        loop {
            self.refuse_late_rotations();
            let revocations = self.next();
            if revocations.is_empty() && !self.is_due() {
                break;
            }
            let before = self.follower.lock().position;
            match self.append(&revocations)? {
                Appended::Accepted => {}
                Appended::Conflict => {
                    if !self.catch_up()? {
                        return Ok(());
                    }
                    // A replica that lags, or somebody who hides batches: asking on without a pause
                    // would never end.
                    if self.follower.lock().position == before {
                        return Err(EngineError::unavailable(
                            "the feed ends elsewhere than the engine says",
                        ));
                    }
                    self.confirm();
                }
            }
        }
        self.count_replicas()?;
        self.keep_snapshot()
    }

    fn catch_up(&mut self) -> Result<bool, EngineError> {
        self.follower.catch_up(&mut *self.engine, Duration::ZERO)
    }

    /// Publications that were in a batch of which nobody knew, and that was read since.
    fn confirm(&mut self) {
        let mut state = self.follower.lock();
        state.doubts.clear();
        let confirmed = core::mem::take(&mut state.confirmed);
        drop(state);
        for job in core::mem::take(self.jobs) {
            let found = confirmed.iter().find(|at| job.doubts.contains(at));
            match found {
                Some(at) => {
                    self.forget(&job.revocations());
                    self.accepted([job], *at);
                }
                None => self.jobs.push_back(job),
            }
        }
        // A batch that is still on its way may arrive later than this look.
        let mut state = self.follower.lock();
        for job in self.jobs.iter() {
            state.doubts.extend(job.doubts.iter().copied());
        }
    }

    /// Compared where the order of all servers is known: this one has taken in everything up to the
    /// head, and appends only to that head.
    fn refuse_late_rotations(&mut self) {
        for job in core::mem::take(self.jobs) {
            let late = match &job.task {
                Task::Rotate {
                    session,
                    generation,
                } => self.follower.local.has_generation(*session, *generation),
                _ => false,
            };
            if late {
                job.answer.answer(Ok(None));
            } else {
                self.jobs.push_back(job);
            }
        }
    }

    /// What the next batch says: what somebody waits for, then what is left over.
    fn next(&self) -> Vec<Revocation> {
        let mut revocations = Vec::new();
        for job in self.jobs.iter() {
            let more = job.revocations();
            if !revocations.is_empty() && revocations.len().saturating_add(more.len()) > FULL {
                break;
            }
            revocations.extend(more);
        }
        // Full while more is left over: others settle no earlier (SPEC §17.5).
        let room = FULL.saturating_sub(revocations.len());
        revocations.extend(self.follower.lock().outbox.first(room));
        revocations
    }

    fn is_due(&self) -> bool {
        let beat = self
            .follower
            .settings
            .heartbeat
            .saturating_add(*self.jitter);
        let now = self.follower.environment.monotonic();
        let last = self.follower.lock().last_beat_at;
        last.is_none_or(|at| now >= at.saturating_add(beat))
    }

    fn append(&mut self, revocations: &[Revocation]) -> Result<Appended, EngineError> {
        let follower = self.follower;
        let wall = follower.environment.unix_millis();
        let time = wall.map_err(|_| EngineError::unavailable("this server's clock failed"))?;
        let mut reckoned = follower.reckoning();
        let expires = follower.local.list().expiry(follower.now().unix());
        let record = |revocation: &Revocation| Record::new(*revocation, expires);
        reckoned.records = revocations.iter().map(record).collect();
        let (onto, bytes, becomes, resyncs) = {
            let mut state = follower.lock();
            let resyncs = state.status.resyncs;
            let onto = state.position;
            let onto = onto.ok_or_else(|| EngineError::unavailable("nothing was read yet"))?;
            let records = &reckoned.records;
            let sealed = batch::seal(&follower.keys, &follower.realm, &onto, time, records);
            let (bytes, becomes) =
                sealed.ok_or_else(|| EngineError::refused("the feed is full"))?;
            state.doubts.push(becomes);
            (onto, bytes, becomes, resyncs)
        };
        let sent: Vec<usize> = self.in_batch(revocations.len());
        for index in &sent {
            if let Some(job) = self.jobs.get_mut(*index) {
                job.doubts.push(becomes);
            }
        }
        let asked = follower.environment.monotonic();
        let appended = self.engine.append(&onto, &bytes, &becomes)?;
        let mut state = follower.lock();
        state.doubts.retain(|at| *at != becomes);
        if appended == Appended::Conflict {
            drop(state);
            for job in self.jobs.iter_mut() {
                job.doubts.retain(|at| *at != becomes);
            }
            return Ok(appended);
        }
        let jobs: Vec<Job> = self.jobs.drain(..sent.len()).collect();
        let mine: Vec<_> = jobs.iter().flat_map(Job::revocations).collect();
        // Unless the other thread has read it meanwhile.
        let unread = state.position == Some(onto);
        if unread {
            let written = [Written {
                time,
                records: reckoned.records.len(),
                own: true,
            }];
            follower.settle_on(&mut state, &written);
            follower.arrive(&mut state, becomes, &written, reckoned, &mine);
            follower.prove(&mut state, |proof| proof.at_end(asked));
        }
        // Everything was read again while the answer was on its way, perhaps from an engine that
        // lost this batch with others: what that reading found lacking stays to be delivered.
        let same_history = state.status.resyncs == resyncs;
        if same_history {
            state.outbox.remove_all(revocations);
        }
        let keeping = state.keeping.clone();
        drop(state);
        follower.tell();
        self.draw_jitter();
        // An engine that loses what it accepted gets it back from the servers that read it, and this
        // may be the only one: whoever is told so must be able to rely on its disk, too. Unless the
        // disk is so slow that heartbeats would suffer.
        keeping.wait(SLOW_DISK);
        self.accepted(jobs, becomes);
        if !unread && same_history {
            self.forget(&mine);
        }
        Ok(appended)
    }

    /// The first jobs are what the batch begins with; as many as fit into it.
    fn in_batch(&self, records: usize) -> Vec<usize> {
        let mut used = 0_usize;
        let fits = |(index, job): (usize, &Job)| {
            used = used.saturating_add(job.revocations().len());
            (used <= records).then_some(index)
        };
        self.jobs.iter().enumerate().map_while(fits).collect()
    }

    /// The engine has them, and this server's disk need not remember to bring them there. If that
    /// fails, they are brought twice, which changes nothing.
    fn forget(&self, delivered: &[Revocation]) {
        if delivered.is_empty() {
            return;
        }
        let taken = Taken {
            delivered: delivered.to_vec(),
            ..Taken::default()
        };
        let _none_arrived = self.follower.local.take_in(taken, self.follower.now());
    }

    fn accepted(&mut self, jobs: impl IntoIterator<Item = Job>, at: Position) {
        let accepted = Accepted { at };
        for job in jobs {
            if self.follower.settings.replicas == 0 {
                replicas::accept(job, accepted);
            } else {
                self.replicas.add(job, accepted);
            }
        }
    }

    /// Replicas confirm all that a connection wrote, so one question is about everybody who waits.
    fn count_replicas(&mut self) -> Result<(), EngineError> {
        let asked = self.follower.environment.monotonic();
        if self.replicas.is_empty() || !self.replicas.wait(asked).is_zero() {
            return Ok(());
        }
        let wanted = self.follower.settings.replicas;
        self.replicas.ask();
        match self.engine.replicated(wanted, replicas::SLICE) {
            Ok(machines) if machines >= wanted => self.replicas.reached(machines),
            Ok(_) => self.replicas.answered(asked),
            Err(error) => {
                self.replicas.settle();
                // It answered that it can't tell, and is fit for what is asked next.
                return if error.is_lasting() {
                    Ok(())
                } else {
                    Err(error)
                };
            }
        }
        Ok(())
    }

    fn draw_jitter(&mut self) {
        let mut random = [0];
        let _same_as_before = self.follower.environment.random(&mut random);
        let beat = self.follower.settings.heartbeat;
        *self.jitter = beat
            .saturating_mul(u32::from(random[0]))
            .checked_div(1024)
            .unwrap_or_default();
    }

    /// An engine that lost everything gets all of it at once, before it gets it batch by batch:
    /// whoever starts meanwhile need not wait for that. Tried once, because a link may be too slow
    /// for it.
    fn keep_list(&mut self) -> Result<(), EngineError> {
        let follower = self.follower;
        let mut state = follower.lock();
        let at = state.position.filter(|at| at.n == 0);
        let Some(at) = at.filter(|at| state.listed != Some(at.epoch)) else {
            return Ok(());
        };
        state.listed = Some(at.epoch);
        let much = state.outbox.len() > FULL;
        drop(state);
        if much {
            let sealed = self.image(&at);
            if sealed.len() <= self.engine.largest_snapshot() {
                self.engine.put_snapshot(&at, &sealed, 0)?;
            }
        }
        Ok(())
    }

    /// It may hold more than was read up to `at`, never less, and more does no harm.
    fn image(&self, at: &Position) -> Vec<u8> {
        let follower = self.follower;
        let list = follower.local.list().snapshot(follower.now());
        image::seal(&follower.keys, &follower.realm, at, follower.life(), &list)
    }

    /// SPEC §17.5: so that a server that starts need not read the log from the beginning, and the
    /// engine need not keep it.
    fn keep_snapshot(&mut self) -> Result<(), EngineError> {
        let follower = self.follower;
        let (at, known, settled_at) = {
            let state = follower.lock();
            let settled_at = state.proof.settled_at();
            (state.position, state.snapshot_at, settled_at)
        };
        // A snapshot tells whoever reads it that everybody has handed back.
        if follower.environment.monotonic() < settled_at {
            return Ok(());
        }
        let every = follower.settings.snapshot_every;
        let Some(at) = at.filter(|at| at.n.saturating_sub(known) >= every) else {
            return Ok(());
        };
        // Not behind the head, whatever it says: nobody would make another then.
        let made = self.engine.snapshot_at()?.unwrap_or(0).min(at.n);
        follower.lock().snapshot_at = made;
        if at.n.saturating_sub(made) < every {
            return Ok(());
        }
        // An engine that lost its latest writes and counted on has other batches up to this number
        // than this server has read, and nobody could follow from here.
        if !self.catch_up()? {
            return Ok(());
        }
        let Some(at) = follower.lock().position else {
            return Ok(());
        };
        let sealed = self.image(&at);
        if sealed.len() > self.engine.largest_snapshot() {
            // Tried again when as much has passed once more.
            follower.lock().snapshot_at = at.n;
            follower.event(FeedEvent::SnapshotTooLarge(sealed.len()));
            return Ok(());
        }
        let drop_to = at.n.saturating_sub(KEPT);
        if self.engine.put_snapshot(&at, &sealed, drop_to)? {
            let mut state = follower.lock();
            state.snapshot_at = at.n;
            state.saw_snapshot(at.epoch, at.n);
            let seen = Some(state.snapshot_seen);
            drop(state);
            let taken = Taken {
                snapshot: seen,
                ..Taken::default()
            };
            let _none_arrived = follower.local.take_in(taken, follower.now());
        }
        Ok(())
    }

    fn found_anew(&mut self) -> Result<(), EngineError> {
        let wanted = |job: &Job| matches!(job.task, Task::FoundAnew);
        if !self.jobs.iter().any(wanted) {
            return Ok(());
        }
        let head = self.engine.read(u64::MAX, 1, Duration::ZERO)?.head;
        self.follower.found(&mut *self.engine, head.as_ref())?;
        let _reached = self.catch_up()?;
        let at = self.follower.lock().position;
        for job in core::mem::take(self.jobs) {
            match (&job.task, at) {
                (Task::FoundAnew, Some(at)) => self.accepted([job], at),
                _ => self.jobs.push_back(job),
            }
        }
        Ok(())
    }
}
