//! "My devices": the live sessions of a user, and ending one of them.

use std::sync::Arc;

use axum::extract::{Form, State};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Redirect;
use cloakroom::http::response::Refusal;
use cloakroom::{Device, SessionId};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::account::{blocking, revoke_failed};
use crate::app::App;
use crate::log;
use crate::pages;
use crate::who::LoggedIn;

/// Browser and system, as a person would call them. Nothing of the header itself gets into the list
/// but these words.
pub fn name_of(user_agent: Option<&HeaderValue>) -> String {
    let text = user_agent.and_then(|value| value.to_str().ok());
    let Some(text) = text else {
        return "A program".into();
    };
    let first = |words: &[(&str, &'static str)]| {
        let found = words.iter().find(|(word, _)| text.contains(word));
        found.map(|(_, name)| *name)
    };
    let browser = first(&[
        ("Edg/", "Edge"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = first(&[
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "Mac"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.into(),
        _ => "A program".into(),
    }
}

/// What the list calls a device. Nothing of it is in a token: the index keeps it.
pub fn shown(device: &Device) -> &str {
    match device.label() {
        // An index that is younger than the login, or the index of another server.
        "" => "A device that logged in elsewhere",
        label => label,
    }
}

/// The list for an open page, which draws it anew without being loaded again.
pub fn listed(devices: &[Device], here: SessionId) -> Value {
    let device = |device: &Device| {
        json!({
            "session": device.id().to_hex(),
            "label": shown(device),
            "here": device.id() == here,
            "started": device.started().to_string(),
            "renewed": device.last_renewed().to_string(),
        })
    };
    devices.iter().map(device).collect()
}

/// The devices of a user. Reads the index, so not on a worker of the runtime.
pub async fn of_user(app: &Arc<App>, name: &str) -> Result<Vec<Device>, Refusal> {
    let (of, name) = (Arc::clone(app), name.to_owned());
    let listed = blocking(move || of.sessions.devices(name)).await?;
    listed.map_err(|error| {
        log::line(format_args!("devices: {error}"));
        Refusal::unavailable(5)
    })
}

#[derive(Deserialize)]
pub struct End {
    session: String,
    #[serde(default)]
    form: String,
}

/// Ends one session of this user.
pub async fn end(
    State(app): State<Arc<App>>,
    who: LoggedIn,
    Form(end): Form<End>,
) -> axum::response::Result<Redirect> {
    who.handle.check_form(&end.form)?;
    let devices = of_user(&app, &who.session.payload().name).await?;
    // From the user's own list alone: an id opens nothing, but whoever learns one must not be able
    // to log its owner out.
    let id = end.session.parse::<SessionId>().ok();
    let Some(device) = devices.iter().find(|device| Some(device.id()) == id) else {
        let text = "That device is logged out already, or is not one of yours.";
        let page = pages::message("No such device", text, "/");
        return Err((StatusCode::NOT_FOUND, page).into());
    };
    let id = device.id();
    if id == who.session.id() {
        // The cookie has to go as well.
        who.handle.logout().await?;
        return Ok(Redirect::to("/login"));
    }
    let ended = blocking(move || app.sessions.revoke(id)).await?;
    ended.map_err(|error| revoke_failed(&error))?;
    Ok(Redirect::to("/"))
}
