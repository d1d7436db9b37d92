//! What an administrator does: end other people's sessions, rotate keys, take a key out of service.

use std::error::Error;
use std::sync::Arc;

use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response, Result};
use cloakroom::http::response::Refusal;
use cloakroom::{Key, KeyId, KeyRing, RevokeError, Timestamp};
use serde::Deserialize;

use crate::account::{Signed, blocking, revoke_failed};
use crate::app::App;
use crate::log;
use crate::revocations::NotPublished;
use crate::who::Admin;
use crate::{pages, passwords};

type Fault = Box<dyn Error + Send + Sync>;

/// Seconds until an announced key seals. Servers on one file need the time between two looks of
/// their watches; servers with files of their own need the time that a new file takes to reach all of
/// them (`KeyRing::rollout`), because a server that does not have the key yet rejects what its
/// neighbour seals.
pub const ANNOUNCED_FOR: u64 = 5;

pub async fn page(State(app): State<Arc<App>>, Admin(who): Admin) -> Result<Html<String>> {
    let form = who.handle.form_token()?;
    let of = Arc::clone(&app);
    let users = blocking(move || {
        let devices = |name: &str| of.sessions.devices(name).map_or(0, |devices| devices.len());
        let users = passwords::DEMO_USERS.iter();
        users.map(|user| (user.name, devices(user.name))).collect()
    });
    let users: Vec<(&str, usize)> = users.await?;
    Ok(pages::admin(&app, who.session.payload(), &users, &form)?)
}

#[derive(Deserialize)]
pub struct Victim {
    user: String,
    #[serde(default)]
    form: String,
}

/// Ends all sessions of another user. The user can log in again at once; to prevent that, disable
/// the account in the user database first.
pub async fn force_out(
    State(app): State<Arc<App>>,
    Admin(who): Admin,
    Form(victim): Form<Victim>,
) -> Result<Response> {
    who.handle.check_form(&victim.form)?;
    if !passwords::DEMO_USERS
        .iter()
        .any(|user| user.name == victim.user)
    {
        let page = pages::message("No such user", "Nobody has this name.", "/admin");
        return Ok((StatusCode::BAD_REQUEST, page).into_response());
    }
    let ended = blocking(move || app.sessions.revoke_subject(&victim.user)).await?;
    ended.map_err(|error| revoke_failed(&error))?;
    Ok(Redirect::to("/admin").into_response())
}

/// Announces a new key, and drops keys that no live token can be under any more.
pub async fn rotate_keys(
    State(app): State<Arc<App>>,
    Admin(who): Admin,
    Form(form): Form<Signed>,
) -> Result<Response> {
    who.handle.check_form(&form.form)?;
    let changed = change_keys(app, |ring, now| {
        let seals_at = now.unix().saturating_add(ANNOUNCED_FOR);
        let seals_at = Timestamp::from_unix(seals_at).ok_or("the year 9999 is over")?;
        Ok(ring
            .without_retired(now)?
            .announce(Key::generate()?, seals_at)?)
    })
    .await;
    Ok(match changed {
        Ok(()) => Redirect::to("/admin#keys").into_response(),
        Err(why) => unchanged(&why),
    })
}

#[derive(Deserialize)]
pub struct Leaked {
    key: String,
    #[serde(default)]
    form: String,
}

/// Takes a leaked key out of service and logs everybody out, the administrator too: whoever had the
/// key may have renewed a forged session, which is now under the next key and looks like any other.
pub async fn disable_key(
    State(app): State<Arc<App>>,
    Admin(who): Admin,
    Form(leaked): Form<Leaked>,
) -> Result<Response> {
    who.handle.check_form(&leaked.form)?;
    let Ok(key) = leaked.key.parse::<KeyId>() else {
        return Ok((StatusCode::BAD_REQUEST, "which key?\n").into_response());
    };
    // The file first, so that the key stays disabled after a restart.
    let changed = change_keys(Arc::clone(&app), move |ring, _| Ok(ring.disable(key)?)).await;
    if let Err(why) = changed {
        return Ok(unchanged(&why));
    }
    if let Some(pause) = disable_everywhere(&app, key).await? {
        // A server that had not heard of it yet may have renewed a forged token in between.
        tokio::spawn(async move {
            tokio::time::sleep(pause.unsigned_abs()).await;
            if disable_everywhere(&app, key).await.is_err() {
                log::line(format_args!("disable key {key} again"));
            }
        });
    }
    Ok(Redirect::to("/login").into_response())
}

/// When to do it once more, if at all.
async fn disable_everywhere(
    app: &Arc<App>,
    key: KeyId,
) -> std::result::Result<Option<time::Duration>, Refusal> {
    let app = Arc::clone(app);
    let disabled = blocking(move || {
        // Each purpose for itself; the pause is the same.
        let specimens = app.specimens.disable_key(key)?;
        let sessions = app.sessions.disable_key(key)?;
        Ok(sessions.repeat_after.max(specimens.repeat_after))
    })
    .await?;
    disabled.map_err(|error: RevokeError<NotPublished>| revoke_failed(&error))
}

/// Makes the next ring out of the one in the file and writes it there, as `cloakroom keys` would.
/// From there on the watch takes it, here at once and on the other servers with their next look: a
/// key never seals that a restart would not find, and there is one way for a ring to get in.
async fn change_keys(
    app: Arc<App>,
    change: impl FnOnce(&KeyRing, Timestamp) -> std::result::Result<KeyRing, Fault> + Send + 'static,
) -> std::result::Result<(), Fault> {
    // The disk may take its time, and a worker of the runtime must not wait for it.
    tokio::task::spawn_blocking(move || {
        let _turn = app.keys.lock();
        let now = app.clock.now()?;
        let next = change(&app.keys.source().load()?, now)?;
        // Before the file is touched: a ring that no server takes must not stand in it.
        app.sessions.check_keys(&next)?;
        app.specimens.check_keys(&next)?;
        app.keys.save(&next)?;
        app.key_watch.poll_now()?;
        Ok(())
    })
    .await?
}

/// An administrator may read why; the texts name key ids and times, never keys.
fn unchanged(why: &Fault) -> Response {
    let page = pages::message(
        "Keys unchanged",
        &format!("keys unchanged: {why}"),
        "/admin",
    );
    (StatusCode::CONFLICT, page).into_response()
}
