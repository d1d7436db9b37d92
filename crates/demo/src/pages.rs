//! The pages, from templates in `pages/`. They work without a script where it matters, and no script
//! or style stands in them.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{Html, IntoResponse};
use cloakroom::http::response::Refusal;
use cloakroom::{Device, FormToken, KeyState, SessionInfo, Timestamp};

use crate::app::{App, User};
use crate::devices;
use crate::html::Value::{Html as Markup, Text};
use crate::html::fill;
use crate::who::LoggedIn;

const LAYOUT: &str = include_str!("pages/layout.html");
const HEADER: &str = include_str!("pages/header.html");
const LOGIN: &str = include_str!("pages/login.html");
const SESSION: &str = include_str!("pages/session.html");
const DEVICE: &str = include_str!("pages/device.html");
const RING: &str = include_str!("pages/ring.html");
const COUNTERS: &str = include_str!("pages/counters.html");
const ADMIN: &str = include_str!("pages/admin.html");
const ADMIN_USER: &str = include_str!("pages/admin_user.html");
const ADMIN_KEY: &str = include_str!("pages/admin_key.html");
const DISABLE: &str = include_str!("pages/disable.html");
const MESSAGE: &str = include_str!("pages/message.html");

/// Who is logged in, until when, where, and with what.
pub async fn home(
    State(app): State<Arc<App>>,
    who: LoggedIn,
) -> axum::response::Result<Html<String>> {
    let form = who.handle.form_token()?;
    let now = app.clock.now().map_err(|_| Refusal::unavailable(5))?;
    let user = who.session.payload();
    let listed = devices::of_user(&app, &user.name).await?;
    let info = who.session.info();
    let devices: String = listed
        .iter()
        .map(|device| device_item(device, info, &form))
        .collect();
    let policy = app.sessions.policy().to_string();
    let main = fill(
        SESSION,
        &[
            ("name", Text(&user.name)),
            ("rings", Markup(&rings(&app, info, now))),
            ("started", Markup(&time(info.authenticated_at()))),
            ("key", Text(&info.key().to_string())),
            ("devices", Markup(&devices)),
            ("device", Markup(&new_device(&form))),
            ("counters", Markup(COUNTERS)),
            ("note", Text(&user.note)),
            ("form", Text(form.as_str())),
            ("policy", Text(&policy)),
        ],
    );
    Ok(page("Your session", &header(user), &main, true))
}

fn rings(app: &App, info: &SessionInfo, now: Timestamp) -> String {
    let policy = app.sessions.policy();
    let idle = info.idle_deadline().map(|deadline| {
        let total = u64::from(policy.idle_timeout().unwrap_or(1));
        let (share, whole) = app.renew_share;
        let fresh = total.saturating_mul(u64::from(share));
        let fresh = fresh.checked_div(u64::from(whole)).unwrap_or(0);
        let due = info.issued_at().unix().saturating_add(fresh);
        ring("idle", "Idle", deadline, total, due, now)
    });
    let total = u64::from(policy.absolute_timeout());
    let deadline = info.absolute_deadline();
    let absolute = ring("absolute", "In any case", deadline, total, 0, now);
    idle.unwrap_or_default() + &absolute
}

fn ring(
    name: &str,
    label: &str,
    deadline: Timestamp,
    total: u64,
    due: u64,
    now: Timestamp,
) -> String {
    let left = deadline.unix().saturating_sub(now.unix());
    let share = |of: u64| of.saturating_mul(1_000).checked_div(total).unwrap_or(0);
    // Of a thousand, all around.
    let gone = 1_000_u64.saturating_sub(share(left));
    let renewing = share(deadline.unix().saturating_sub(due).min(total));
    let renewing = if due == 0 { 0 } else { renewing };
    let (minutes, seconds) = (left.checked_div(60), left.checked_rem(60));
    let shown = format!("{}:{:02}", minutes.unwrap_or(0), seconds.unwrap_or(0));
    fill(
        RING,
        &[
            ("name", Text(name)),
            ("label", Text(label)),
            ("deadline", Text(&deadline.unix().to_string())),
            ("total", Text(&total.to_string())),
            ("gone", Text(&gone.to_string())),
            ("renewing", Text(&renewing.to_string())),
            ("left", Text(&shown)),
            ("ends", Markup(&time(deadline))),
        ],
    )
}

fn device_item(device: &Device, here: &SessionInfo, form: &FormToken) -> String {
    let this = device.id() == here.id();
    fill(
        DEVICE,
        &[
            ("label", Text(devices::shown(device))),
            ("here", Text(if this { "This device" } else { "" })),
            (
                "action",
                Text(if this { "Log out here" } else { "Sign out" }),
            ),
            ("started", Markup(&time(device.started()))),
            ("renewed", Markup(&time(device.last_renewed()))),
            ("session", Text(&device.id().to_hex())),
            ("form", Text(form.as_str())),
        ],
    )
}

/// The same with nothing in it, for one that logs in while the page is open. The script fills it in,
/// and makes no markup: the policy of these pages forbids that.
fn new_device(form: &FormToken) -> String {
    let time = r#"<time datetime=""></time>"#;
    fill(
        DEVICE,
        &[
            ("label", Text("")),
            ("here", Text("")),
            ("action", Text("Sign out")),
            ("started", Markup(time)),
            ("renewed", Markup(time)),
            ("session", Text("")),
            ("form", Text(form.as_str())),
        ],
    )
}

pub async fn nothing() -> (StatusCode, Html<String>) {
    let page = message("Nothing here", "No page has this address.", "/");
    (StatusCode::NOT_FOUND, page)
}

pub async fn login() -> Html<String> {
    login_form("")
}

/// What the address of the first page after a login ends in.
pub const AFTER_LOGIN: &str = "in";
/// Safari keeps no `Secure` cookie of http://localhost.
pub const NO_COOKIE: &str = "The password was right, but your browser did not keep the cookie. Stop the \
    server and start it with CLOAKROOM_DEV_COOKIE=1.";

/// The login form, with a message if the last attempt failed. What was typed is not repeated.
pub fn login_form(message: &str) -> Html<String> {
    let alert = fill(
        r#"<p class="alert" role="alert">{{message}}</p>"#,
        &[("message", Text(message))],
    );
    let alert = if message.is_empty() { "" } else { &alert };
    let main = fill(LOGIN, &[("alert", Markup(alert))]);
    page("Log in", "", &main, false)
}

/// The sessions of all users, and the keys.
pub fn admin(
    app: &App,
    admin: &User,
    users: &[(&str, usize)],
    form: &FormToken,
) -> Result<Html<String>, Refusal> {
    let now = app.clock.now().map_err(|_| Refusal::unavailable(5))?;
    let form = ("form", Text(form.as_str()));
    let listed: String = users
        .iter()
        .map(|(name, devices)| {
            let devices = devices.to_string();
            fill(
                ADMIN_USER,
                &[("name", Text(name)), ("devices", Text(&devices)), form],
            )
        })
        .collect();
    let ring = app.sessions.key_ring();
    let mut keys = String::new();
    for key in ring.keys() {
        let state = ring.state(key.id, now).unwrap_or(KeyState::Retired);
        let id = key.id.to_string();
        let disable = match state {
            // Of a disabled one too: it may be so in the file, and the logout of all may have failed.
            KeyState::Retired => String::new(),
            _ => fill(DISABLE, &[("key", Text(&id)), form]),
        };
        let retire = key.retire.map_or_else(|| "not planned".to_owned(), time);
        keys.push_str(&fill(
            ADMIN_KEY,
            &[
                ("key", Text(&id)),
                ("state", Text(&state.to_string())),
                ("activate", Markup(&time(key.activate))),
                ("retire", Markup(&retire)),
                ("disable", Markup(&disable)),
            ],
        ));
    }
    let mut events = String::new();
    for (code, count) in app.events() {
        let (code, count) = (("code", Text(code)), count.to_string());
        let line = "<dt>{{code}}</dt><dd>{{count}}</dd>";
        events.push_str(&fill(line, &[code, ("count", Text(&count))]));
    }
    let main = fill(
        ADMIN,
        &[
            ("users", Markup(&listed)),
            ("keys", Markup(&keys)),
            ("events", Markup(&events)),
            ("counters", Markup(COUNTERS)),
            form,
        ],
    );
    Ok(page("Administration", &header(admin), &main, true))
}

const ADMIN_LINK: &str = r#"<a href="/admin">Administration</a>"#;

fn header(user: &User) -> String {
    let admin = if user.admin { ADMIN_LINK } else { "" };
    fill(
        HEADER,
        &[("name", Text(&user.name)), ("admin", Markup(admin))],
    )
}

/// What was to be put into the session does not fit.
pub fn too_long(needed: usize, limit: usize) -> Html<String> {
    let text = format!(
        "The session would need a token of {needed} characters, and the cookie has room for {limit}. \
         Nothing was changed."
    );
    message("That does not fit into a cookie", &text, "/#note")
}

/// A page of one sentence.
pub fn message(title: &str, text: &str, back: &str) -> Html<String> {
    let values = [
        ("title", Text(title)),
        ("text", Text(text)),
        ("back", Text(back)),
    ];
    page(title, "", &fill(MESSAGE, &values), false)
}

fn page(title: &str, header: &str, main: &str, live: bool) -> Html<String> {
    let scripts = r#"<script type="module" src="/app.js"></script>"#;
    Html(fill(
        LAYOUT,
        &[
            ("title", Text(title)),
            ("header", Markup(header)),
            ("main", Markup(main)),
            ("scripts", Markup(if live { scripts } else { "" })),
        ],
    ))
}

fn time(time: Timestamp) -> String {
    let utc = time.to_string();
    let clock = utc.get(11..19).unwrap_or(&utc);
    fill(
        r#"<time datetime="{{utc}}">{{clock}} UTC</time>"#,
        &[("utc", Text(&utc)), ("clock", Text(clock))],
    )
}

pub async fn style() -> impl IntoResponse {
    file("text/css; charset=utf-8", include_str!("assets/style.css"))
}

pub async fn script() -> impl IntoResponse {
    file(
        "text/javascript; charset=utf-8",
        include_str!("assets/app.js"),
    )
}

pub async fn token_script() -> impl IntoResponse {
    file(
        "text/javascript; charset=utf-8",
        include_str!("assets/token.js"),
    )
}

fn file(of: &'static str, text: &'static str) -> ([(HeaderName, &'static str); 2], &'static str) {
    let kept = (header::CACHE_CONTROL, "public, max-age=60");
    ([(header::CONTENT_TYPE, of), kept], text)
}

pub async fn icon() -> impl IntoResponse {
    file("image/svg+xml", include_str!("assets/icon.svg"))
}
