//! What open pages hear: counters once a second, and the end of their session when it comes.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use cloakroom::{Ended, KeyState};
use futures_util::stream;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::app::App;
use crate::who::LoggedIn;

struct Stream {
    app: Arc<App>,
    admin: bool,
    /// `None` once it was told.
    ended: Option<Ended>,
    ticks: Interval,
    stopping: watch::Receiver<bool>,
}

/// A stream of events for as long as the session lives. Being connected is no use of the session:
/// nothing here renews it.
pub async fn events(
    State(app): State<Arc<App>>,
    who: LoggedIn,
) -> axum::response::Result<Response> {
    let ended = who.handle.ended()?;
    let mut ticks = interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let stopping = app.stopping.subscribe();
    let admin = who.session.payload().admin;
    let stream = Stream {
        app,
        admin,
        ended: Some(ended),
        ticks,
        stopping,
    };
    let events = stream::unfold(stream, |mut stream| async move {
        let event = stream.next().await?;
        Some((Ok::<_, Infallible>(event), stream))
    });
    // A proxy that closes silent connections hears something; and a client that went away is
    // noticed by writing to it.
    let events = Sse::new(events).keep_alive(KeepAlive::default());
    Ok(events.into_response())
}

impl Stream {
    async fn next(&mut self) -> Option<Event> {
        let ended = self.ended.as_mut()?;
        tokio::select! {
            // The end first: no counter is told to somebody who is logged out.
            biased;
            why = &mut *ended => {
                self.ended = None;
                Some(Event::default().event("ended").data(why.reason().as_str()))
            }
            _ = self.stopping.wait_for(|stopping| *stopping) => None,
            _ = self.ticks.tick() => {
                Some(Event::default().event("tick").data(tick(&self.app, self.admin).to_string()))
            }
        }
    }
}

/// The counters, as of now.
pub fn tick(app: &App, admin: bool) -> Value {
    let status = app.sessions.status();
    let events = app.events();
    let keys = admin.then(|| {
        let (ring, now) = (app.sessions.key_ring(), status.now);
        let state = |key| now.and_then(|now| ring.state(key, now));
        let keys = ring.keys().map(|key| {
            let state = state(key.id).unwrap_or(KeyState::Retired);
            json!({"id": key.id.to_string(), "state": state.to_string()})
        });
        keys.collect::<Vec<_>>()
    });
    json!({
        "now": status.now.map(|now| now.unix()),
        "verified": app.verified(),
        "renewed": events.get("renewed").copied().unwrap_or(0),
        "revoked": app.sessions.revocations().published(),
        "entries": status.view.entries,
        "bytes": status.view.bytes,
        "waiting": status.waiting,
        "keys": keys,
    })
}
