//! What an administrator does: end other people's sessions, rotate keys, take a key out of service.
//!
//! With revocations that come from elsewhere, verify here with `sessions.sensitive()`, which never
//! goes on with old news. A list in memory is always up to date.

use std::error::Error;
use std::sync::Arc;

use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use cloakroom::{Key, KeyId, KeyRing, KeyState, RevokeError, Timestamp};
use serde::Deserialize;

use super::account::revoke_failed;
use super::app::App;
use super::auth::{Admin, Refused};
use super::pages;

type Fault = Box<dyn Error + Send + Sync>;

/// Seconds until an announced key seals. One process needs none; several need the time that a new
/// key file takes to reach all of them (`KeyRing::rollout`), because a server that does not have
/// the key yet rejects what its neighbour seals.
pub(crate) const ANNOUNCED_FOR: u64 = 5;

pub(crate) async fn page(State(app): State<Arc<App>>, _: Admin) -> Result<Html<String>, Refused> {
    let now = app.clock.now().map_err(|_| Refused::unavailable())?;
    Ok(pages::admin(&app, now))
}

#[derive(Deserialize)]
pub(crate) struct Victim {
    user: String,
}

/// Ends all sessions of another user. The user can log in again at once; to prevent that, disable
/// the account in the user database first.
pub(crate) async fn force_out(
    State(app): State<Arc<App>>,
    _: Admin,
    Form(victim): Form<Victim>,
) -> Result<Response, Refused> {
    match app.sessions.revoke_subject(&victim.user) {
        Ok(_) => Ok(Redirect::to("/admin").into_response()),
        Err(RevokeError::NoSubject | RevokeError::SubjectTooLong { .. }) => {
            Ok((StatusCode::BAD_REQUEST, "no user has this name\n").into_response())
        }
        Err(error) => Err(revoke_failed(error)),
    }
}

/// Announces a new key, and drops keys that no live token can be under any more.
pub(crate) async fn rotate_keys(
    State(app): State<Arc<App>>,
    _: Admin,
) -> Result<Response, Refused> {
    let changed = change_keys(app, |ring, now| {
        let mut next = ring.clone();
        for key in ring.keys() {
            if ring.state(key.id, now) == Some(KeyState::Retired) {
                next = next.without(key.id)?;
            }
        }
        let seals_at = now.unix().saturating_add(ANNOUNCED_FOR);
        let seals_at = Timestamp::from_unix(seals_at).ok_or("the year 9999 is over")?;
        Ok(next.announce(Key::generate()?, seals_at)?)
    })
    .await;
    Ok(match changed {
        Ok(()) => Redirect::to("/admin").into_response(),
        Err(why) => unchanged(&why),
    })
}

#[derive(Deserialize)]
pub(crate) struct Leaked {
    key: String,
}

/// Takes a leaked key out of service and logs everybody out, the administrator too: whoever had the
/// key may have renewed a forged session, which is now under the next key and looks like any other.
pub(crate) async fn disable_key(
    State(app): State<Arc<App>>,
    _: Admin,
    Form(leaked): Form<Leaked>,
) -> Result<Response, Refused> {
    let Ok(key) = leaked.key.parse::<KeyId>() else {
        return Ok((StatusCode::BAD_REQUEST, "which key?\n").into_response());
    };
    // The file first, so that the key stays disabled after a restart.
    let changed = change_keys(Arc::clone(&app), move |ring, _| Ok(ring.disable(key)?)).await;
    if let Err(why) = changed {
        return Ok(unchanged(&why));
    }
    let revoked = app.sessions.disable_key(key).map_err(revoke_failed)?;
    if let Some(pause) = revoked.repeat_after {
        // Not with a list in memory. With a feed, schedule the second call.
        eprintln!("disable key {key} again after {pause}");
    }
    Ok(Redirect::to("/login").into_response())
}

/// Makes the next ring out of the present one, writes it to disk, then swaps it in while requests
/// are running. In this order, a key never seals that a restart would not find.
async fn change_keys(
    app: Arc<App>,
    change: impl FnOnce(&KeyRing, Timestamp) -> Result<KeyRing, Fault> + Send + 'static,
) -> Result<(), Fault> {
    // The disk may take its time, and a worker of the runtime must not wait for it.
    tokio::task::spawn_blocking(move || {
        let _turn = app.keys.lock();
        let now = app.clock.now()?;
        let ring = app.sessions.key_ring();
        let next = change(&ring, now)?;
        ring.check_successor(&next, now)?;
        app.keys.save(&next)?;
        Ok(app.sessions.replace_keys(&next)?)
    })
    .await?
}

/// An administrator may read why; the texts name key ids and times, never keys.
fn unchanged(why: &Fault) -> Response {
    (StatusCode::CONFLICT, format!("keys unchanged: {why}\n")).into_response()
}
