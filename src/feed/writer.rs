//! Appending to the feed: what somebody waits for, what is left over, and heartbeats.

use alloc::collections::VecDeque;
use alloc::string::{String, ToString as _};
use alloc::sync::Arc;
use core::time::Duration;

use crate::feed::delivery::{Delivery, FeedError, Pending};
use crate::feed::follower::Follower;
use crate::feed::link::Link;
use crate::feed::queue::{Job, Queue, Task};
use crate::feed::replicas::Replicas;
use crate::feed::round::Round;
use crate::feed::unwinding::caught;

pub(crate) struct Writer {
    follower: Arc<Follower>,
    queue: Arc<Queue>,
    link: Link,
    jobs: VecDeque<Job>,
    replicas: Replicas,
    /// Added to the heartbeat interval, so that a fleet does not beat in unison.
    jitter: Duration,
    /// When what is pending is to be put into force again.
    uphold_at: Duration,
}

/// So that one that panics every time does not take a processor for itself.
const AFTER_A_PANIC: Duration = Duration::from_millis(50);
/// Shorter than any entry lives.
const UPHOLD_EVERY: Duration = Duration::from_secs(5);

impl Writer {
    pub(crate) fn new(follower: Arc<Follower>, queue: Arc<Queue>, link: Link) -> Self {
        Self {
            follower,
            queue,
            link,
            jobs: VecDeque::new(),
            replicas: Replicas::default(),
            jitter: Duration::ZERO,
            uphold_at: Duration::ZERO,
        }
    }

    /// Until the feed is closed and what was asked for is done, or can't be for now.
    pub(crate) fn run(mut self) {
        while !self.queue.is_closed() {
            // Clocks and observers are code of others, too.
            let done = caught(|| {
                let wait = self.idle();
                self.turn(wait);
            });
            if done.is_none() {
                std::thread::sleep(AFTER_A_PANIC);
            }
        }
        let _panicked = caught(|| self.turn(Duration::ZERO));
        for job in core::mem::take(&mut self.jobs) {
            self.give_up(job);
        }
        self.replicas.settle();
    }

    /// How long there is nothing to do unless somebody asks for something.
    fn idle(&self) -> Duration {
        let now = self.follower.environment.monotonic();
        let blocked = self.link.wait(now);
        if !blocked.is_zero() {
            return blocked.min(Duration::from_millis(50));
        }
        let state = self.follower.lock();
        let beat = self.follower.settings.heartbeat.saturating_add(self.jitter);
        if self.follower.settings.follows_only {
            // Nothing is ever written, whatever a store from before wants to be delivered.
            return beat;
        }
        if !self.jobs.is_empty() || state.outbox.len() > 0 {
            return Duration::ZERO;
        }
        let next = state
            .last_beat_at
            .map_or(Duration::from_millis(20), |at| {
                at.saturating_add(beat).saturating_sub(now)
            })
            .min(beat);
        if self.replicas.is_empty() {
            next
        } else {
            next.min(self.replicas.wait(now))
        }
    }

    /// One round: takes what waits, delivers what can be delivered.
    pub(crate) fn turn(&mut self, wait: Duration) {
        let mut news = self.queue.take(wait);
        self.jobs.append(&mut news);
        self.give_up_late_rotations();
        let now = self.follower.environment.monotonic();
        if now >= self.uphold_at {
            self.uphold_at = now.saturating_add(UPHOLD_EVERY);
            self.follower.uphold();
        }
        let follower = Arc::clone(&self.follower);
        let jobs = &mut self.jobs;
        let replicas = &mut self.replicas;
        let jitter = &mut self.jitter;
        let done = self.link.with(&follower, |engine| {
            Round {
                follower: &follower,
                engine,
                jobs,
                replicas,
                jitter,
            }
            .deliver()
        });
        if done.is_none() {
            // Replicas are counted on the connection that wrote, and it is gone.
            self.replicas.settle();
        }
        self.expire();
    }

    /// One that was not even sent in time is not begun: the entry of the one that came first may be
    /// forgotten by now, on a machine that stood still.
    fn give_up_late_rotations(&mut self) {
        let now = self.follower.environment.monotonic();
        for job in core::mem::take(&mut self.jobs) {
            if matches!(job.task, Task::Rotate { .. }) && job.until <= now {
                self.give_up(job);
            } else {
                self.jobs.push_back(job);
            }
        }
    }

    /// Whoever waited long enough is told that it is pending.
    fn expire(&mut self) {
        let now = self.follower.environment.monotonic();
        self.replicas.expire(now);
        for job in core::mem::take(&mut self.jobs) {
            if job.until <= now {
                self.give_up(job);
            } else {
                self.jobs.push_back(job);
            }
        }
    }

    fn give_up(&mut self, job: Job) {
        let follower = &self.follower;
        let said = || {
            let failure = follower.lock().failures.first();
            failure.map_or_else(|| "no answer yet".into(), |error| error.to_string())
        };
        match &job.task {
            Task::Publish {
                revocations,
                keeping,
            } => {
                let Some(kept) = keeping.kept() else {
                    if self.queue.is_closed() {
                        job.answer.answer(Err(FeedError::Closed));
                    } else {
                        // The disk takes its time, and only it knows what may be promised.
                        self.jobs.push_back(job);
                    }
                    return;
                };
                let mut state = follower.lock();
                revocations.iter().for_each(|one| state.outbox.add(*one));
                drop(state);
                job.answer.answer(match kept {
                    Ok(durable) => Ok(Some(Delivery::Pending(Pending { durable }))),
                    Err(local) => Err(FeedError::Unremembered {
                        local,
                        engine: said(),
                    }),
                });
            }
            Task::Rotate { .. } | Task::FoundAnew => {
                let engine: String = said();
                job.answer.answer(Err(FeedError::Undecided { engine }));
            }
        }
    }
}
