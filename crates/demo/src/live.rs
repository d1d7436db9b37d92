//! What open pages hear: counters and the list of devices once a second, and the end of their
//! session when it comes.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use cloakroom::{Ended, KeyState, SessionId};
use futures_util::stream;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::app::App;
use crate::devices;
use crate::who::LoggedIn;

struct Stream {
    app: Arc<App>,
    admin: bool,
    user: String,
    here: SessionId,
    /// What was told last.
    devices: Value,
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
    // A browser that lost its connection opens another by itself, and nobody sits in front of it.
    who.handle.without_renewal();
    let ended = who.handle.ended()?;
    let mut ticks = interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let stopping = app.stopping.subscribe();
    let admin = who.session.payload().admin;
    let (user, here) = (who.session.payload().name.clone(), who.session.id());
    let stream = Stream {
        app,
        admin,
        user,
        here,
        devices: Value::Null,
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
        let why = tokio::select! {
            // The end first: no counter is told to somebody who is logged out.
            biased;
            why = &mut *ended => Some(why),
            _ = self.stopping.wait_for(|stopping| *stopping) => return None,
            _ = self.ticks.tick() => None,
        };
        if let Some(why) = why {
            self.ended = None;
            return Some(Event::default().event("ended").data(why.reason().as_str()));
        }
        let mut told = tick(&self.app, self.admin);
        if let (Some(devices), Some(told)) = (self.news_of_devices().await, told.as_object_mut()) {
            told.insert("devices".into(), devices);
        }
        Some(Event::default().event("tick").data(told.to_string()))
    }

    /// The devices of this user, if they are not those that were told last: somebody logged in or out
    /// elsewhere, perhaps at another server, so the list is asked and nothing is waited for.
    async fn news_of_devices(&mut self) -> Option<Value> {
        // A list that can't be read stays as it is on the page.
        let devices = devices::of_user(&self.app, &self.user).await.ok()?;
        let devices = devices::listed(&devices, self.here);
        if devices == self.devices {
            return None;
        }
        self.devices.clone_from(&devices);
        Some(devices)
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
