//! Waiting for the end of a session.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use crate::error::{Invalid, Reason, Rejected, VerifyError};
use crate::revocation::changes::Notices;
use crate::revocation::record::subject_key;
use crate::revocation::view::RevocationView;
use crate::session::sessions::{Inner, Sessions};
use crate::session::verified::{Session, SessionInfo};
use crate::session::waiters::Held;
use crate::session::watch::{Heart, Standing, Waiting, Watch};
use crate::wire::claims::Claims;
use crate::wire::payload::Payload;

/// The end of a session: resolves when [`verify`](Sessions::verify) would reject its token, with
/// what it would answer. Made by [`Sessions::ended`].
///
/// | [`reason`](Rejected::reason) | what happened |
/// |---|---|
/// | [`Expired`](Reason::Expired), [`Idle`](Reason::Idle) | a deadline and its leeway passed |
/// | [`Revoked`](Reason::Revoked) | the session, its subject, its audience or its key was revoked, or the session was rotated |
/// | [`Invalid`](Reason::Invalid) | its key left the ring, was disabled there or retired; or the session is one of other sessions than those that were asked |
///
/// Nothing else ends it. While the clock fails, or shows a time before the session started, it
/// waits; so it does while the revocation view is stale and knows of no revocation.
///
/// It needs no runtime, and can be moved between tasks and polled by another one than before.
/// Dropping it is how to stop waiting. Once resolved, it answers the same for ever. It keeps the
/// keys, the clock and the view alive, so none of them can go away while it waits: close connections
/// before a durable store is to be opened again.
#[must_use = "futures do nothing unless polled"]
pub struct Ended {
    heart: Arc<dyn Heart>,
    /// After the heart, as in `Sessions`.
    watch: Arc<Watch>,
    subject: Box<[u8]>,
    authenticated_at: u64,
    place: Place,
}

#[derive(Clone, Copy)]
enum Place {
    Waiting(u32),
    Over(Rejected),
}

impl<T: Payload, R: RevocationView> Sessions<T, R> {
    /// The end of a session, as a future: for connections that outlive the request that opened
    /// them, such as server-sent events and WebSockets.
    ///
    /// It resolves when [`verify`](Self::verify) would reject the token of `session`, with what
    /// `verify` would answer: within a tenth of a second of a deadline, and at once when a
    /// revocation takes effect here, also one that another server made. One that took effect since
    /// the session was verified is not missed. A view that does not tell its
    /// [`changes`](RevocationView::changes) is asked once a second.
    ///
    /// When the session is [renewed](Self::renew) or [updated](Self::update) on this server, by
    /// whatever request, everybody who waits for it here waits for the later deadline. A token that
    /// another server made has to be shown: [`Ended::prolong`].
    ///
    /// The first call starts a thread, which ends with the last of these sessions and of those who
    /// wait.
    ///
    /// ```
    /// # use cloakroom::{KeyRing, Reason, RevocationList, Sessions, SystemClock};
    /// # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    /// # runtime.block_on(async {
    /// # let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
    /// # let sessions = Sessions::<()>::builder(ring, RevocationList::new())
    /// #     .purpose("session").audience("").aal3().build()?;
    /// # let token = sessions.issue("ada", &())?.token;
    /// let session = sessions.verify(token.as_str())?;
    /// let ended = sessions.ended(&session);
    /// // The connection: send events until the session is over.
    /// let connection = tokio::spawn(async move { ended.await });
    ///
    /// sessions.revoke_subject("ada")?; // on this server or another
    /// assert_eq!(connection.await?.reason(), Reason::Revoked);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// If the system gives no thread, the future works nevertheless, by being polled again and
    /// again.
    pub fn ended<U, P: AsRef<[u8]>>(&self, session: &Session<U, P>) -> Ended
    where
        T: 'static,
        R: 'static,
    {
        let info = session.info();
        let place = if info.scope == self.scope {
            Place::Waiting(self.enter(session))
        } else {
            // Of another tenant, purpose or audience: no token of it is any good here.
            Place::Over(Rejected::invalid(Invalid::Forged))
        };
        let inner = Arc::clone(&self.inner);
        let heart: Arc<dyn Heart> = inner;
        let ended = Ended {
            heart,
            watch: Arc::clone(&self.watch),
            subject: session.subject().into(),
            authenticated_at: info.authenticated_at,
            place,
        };
        ended.start();
        ended
    }

    /// Tells everybody who waits here for the end of a session that there is a later token of it.
    ///
    /// For a request that brings a token which another server renewed: [`renew`](Self::renew) and
    /// [`update`](Self::update) call it by themselves. It takes a lock, briefly, and does nothing
    /// while nobody waits.
    ///
    /// ```
    /// # use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock};
    /// # let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
    /// # let sessions = Sessions::<()>::builder(ring, RevocationList::new())
    /// #     .purpose("session").audience("").aal3().build()?;
    /// # let token = sessions.issue("ada", &())?.token;
    /// let session = sessions.verify(token.as_str())?;
    /// sessions.prolong(session.info());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn prolong(&self, later: &SessionInfo) {
        self.watch.waiters().prolong(later.id, Held::of(later));
    }

    fn enter<U, P: AsRef<[u8]>>(&self, session: &Session<U, P>) -> u32 {
        let name = subject_key(session.subject());
        let mut waiters = self.watch.waiters();
        let first = waiters.is_empty();
        let slot = waiters.enter(session.id(), &name, Held::of(session.info()));
        drop(waiters);
        if first {
            self.watch.nudge();
        }
        slot
    }
}

impl Ended {
    /// Goes on to wait for the end of a later token of the same session: one that was renewed by
    /// another server and reached this connection, or that [`Sessions::rotate`] made, which ends
    /// the waiting for the tokens before it. Of two tokens the later one counts.
    ///
    /// False, and nothing happens, if it is a token of another session or the waiting is over.
    ///
    /// ```
    /// # use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock};
    /// # let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
    /// # let sessions = Sessions::<()>::builder(ring, RevocationList::new())
    /// #     .purpose("session").audience("").aal3().build()?;
    /// # let token = sessions.issue("ada", &())?.token;
    /// let session = sessions.verify(token.as_str())?;
    /// let ended = sessions.ended(&session);
    /// // The client sends its present cookie over the open connection, now and then.
    /// let message = token.as_str();
    /// let later = sessions.verify(message)?;
    /// assert!(ended.prolong(later.info()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use = "whether this goes on waiting for the later token"]
    pub fn prolong(&self, later: &SessionInfo) -> bool {
        match self.place {
            Place::Waiting(slot) => {
                self.watch
                    .waiters()
                    .prolong_one(slot, later.id, Held::of(later))
            }
            Place::Over(_) => false,
        }
    }

    fn start(&self) -> bool {
        self.watch.start(|| Arc::clone(&self.heart))
    }

    fn leave(&mut self, over: Rejected) {
        if let Place::Waiting(slot) = self.place {
            // The lock is given back before the waker is dropped, which may drop what waits.
            let waker = self.watch.waiters().leave(slot);
            drop(waker);
        }
        self.place = Place::Over(over);
    }
}

impl Future for Ended {
    type Output = Rejected;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Rejected> {
        let slot = match self.place {
            Place::Over(rejected) => return Poll::Ready(rejected),
            Place::Waiting(slot) => slot,
        };
        // First the waker, then the question: what takes effect after the question finds the waker,
        // and what took effect before is in the answer.
        let waker = context.waker().clone();
        let listening = self.watch.waiters().listen(slot, waker);
        let Some((session, held, old)) = listening else {
            return Poll::Pending;
        };
        drop(old);
        let standing = self.heart.judge(&Waiting {
            session,
            subject: &self.subject,
            authenticated_at: self.authenticated_at,
            held,
        });
        match standing {
            Standing::Ended(rejected) => {
                self.leave(rejected);
                Poll::Ready(rejected)
            }
            Standing::Until(time) => {
                self.watch.waiters().arm(slot, time);
                if !self.start() {
                    context.waker().wake_by_ref();
                }
                Poll::Pending
            }
        }
    }
}

impl Drop for Ended {
    fn drop(&mut self) {
        self.leave(Rejected::new(Reason::Invalid));
    }
}

impl fmt::Debug for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waiting = matches!(self.place, Place::Waiting(_));
        f.debug_struct("Ended")
            .field("waiting", &waiting)
            .finish_non_exhaustive()
    }
}

impl<T: Payload, R: RevocationView> Heart for Inner<T, R> {
    fn judge(&self, waiting: &Waiting<'_>) -> Standing {
        let held = &waiting.held;
        // Asked again with the first beat of a clock that works.
        let Ok(now) = self.now() else {
            return Standing::Until(0);
        };
        let claims = Claims {
            session: waiting.session,
            generation: held.generation,
            subject: waiting.subject,
            authenticated_at: waiting.authenticated_at,
            issued_after: held.issued_after,
            idle: held.idle,
            absolute: held.absolute,
            schema: self.form.schema,
        };
        match self.check_again(&claims, held.kid, now) {
            // What this server can't tell has not ended as far as it knows.
            Ok(()) | Err(VerifyError::Unavailable(_)) => {
                let (idle, absolute) = self.policy.deadlines(&claims);
                let nearest = idle.map_or(absolute, |idle| idle.min(absolute));
                let dead = nearest.saturating_add(u64::from(self.policy.leeway));
                let retires = self.keys.load().retires_at(held.kid).unwrap_or(0);
                Standing::Until(dead.min(retires))
            }
            // The clock was set back behind the start, which ends nothing.
            Err(VerifyError::Rejected(rejected)) if rejected.reason() == Reason::NotYet => {
                let start = claims.issued_at();
                Standing::Until(start.saturating_sub(u64::from(self.policy.tolerance)))
            }
            Err(VerifyError::Rejected(rejected)) => Standing::Ended(rejected),
        }
    }

    fn beat(&self) -> Option<u64> {
        self.now().ok().map(|now| now.unix())
    }

    fn listen(&self, notices: &Arc<Notices>) -> bool {
        match self.revocations.changes() {
            Some(changes) => {
                changes.listen(notices);
                true
            }
            None => false,
        }
    }

    fn audience(&self) -> &[u8; 16] {
        &self.audience_key
    }
}
