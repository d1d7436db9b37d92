//! HTML without JavaScript, so that the Content-Security-Policy can forbid all of it.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderName, header};
use axum::response::{Html, IntoResponse};
use cloakroom::{KeyState, Timestamp};

use super::app::App;
use super::auth::LoggedIn;

/// Who is logged in, and until when.
pub(crate) async fn home(State(app): State<Arc<App>>, LoggedIn(session): LoggedIn) -> Html<String> {
    let info = session.info();
    let mut body = format!(
        "<p>You are logged in as <strong>{}</strong>.</p><dl>",
        escape(&session.payload().name)
    );
    let idle = info
        .idle_deadline()
        .map_or_else(|| "never".to_owned(), time);
    for (term, value) in [
        ("Ends without further use", idle),
        ("Ends in any case", time(info.absolute_deadline())),
        ("Logged in", time(info.authenticated_at())),
        ("This token was sealed", time(info.issued_at())),
        ("Under key", format!("<code>{}</code>", info.key())),
    ] {
        let _ = write!(body, "<dt>{term}</dt><dd>{value}</dd>");
    }
    body.push_str("</dl>");
    body.push_str(&button("/logout", "", "Log out"));
    body.push_str(&button("/logout-others", "", "Log out my other devices"));
    body.push_str(&button("/logout-everywhere", "", "Log out everywhere"));
    if session.payload().admin {
        body.push_str("<p><a href=\"/admin\">Administration</a></p>");
    }
    let _ = write!(
        body,
        "<p class=\"note\">{}</p>",
        escape(&app.sessions.policy().to_string()).replace('\n', "<br>")
    );
    page("Your session", &body)
}

pub(crate) async fn login() -> Html<String> {
    login_form("")
}

/// The login form, with a message if the last attempt failed. What was typed is not repeated.
pub(crate) fn login_form(message: &str) -> Html<String> {
    let alert = if message.is_empty() {
        String::new()
    } else {
        format!("<p role=\"alert\">{}</p>", escape(message))
    };
    page(
        "Log in",
        &format!(
            "{alert}<form method=\"post\" action=\"/login\">\
             <label for=\"name\">User name</label>\
             <input id=\"name\" name=\"name\" autocomplete=\"username\" required>\
             <label for=\"password\">Password</label>\
             <input id=\"password\" name=\"password\" type=\"password\" \
             autocomplete=\"current-password\" required>\
             <button>Log in</button></form>"
        ),
    )
}

pub(crate) fn admin(app: &App, now: Timestamp) -> Html<String> {
    let mut body = String::from(
        "<h2>Sessions</h2><form method=\"post\" action=\"/admin/force-out\">\
         <label for=\"user\">End all sessions of</label>\
         <input id=\"user\" name=\"user\" required><button>End them</button></form>\
         <h2>Keys</h2><table><thead><tr><th scope=\"col\">Key</th><th scope=\"col\">State</th>\
         <th scope=\"col\">Seals from</th><th scope=\"col\">Retires</th>\
         <th scope=\"col\">Leaked?</th></tr></thead><tbody>",
    );
    let ring = app.sessions.key_ring();
    for key in ring.keys() {
        let state = ring.state(key.id, now).unwrap_or(KeyState::Retired);
        let retire = key.retire.map_or_else(|| "not planned".to_owned(), time);
        let disable = match state {
            KeyState::Disabled | KeyState::Retired => String::new(),
            _ => button(
                "/admin/disable-key",
                &format!("<input type=\"hidden\" name=\"key\" value=\"{}\">", key.id),
                &format!("Disable {}", key.id),
            ),
        };
        let _ = write!(
            body,
            "<tr><td><code>{}</code></td><td>{state}</td><td>{}</td><td>{retire}</td>\
             <td>{disable}</td></tr>",
            key.id,
            time(key.activate)
        );
    }
    body.push_str("</tbody></table><p>Disabling a key logs everybody out, you too.</p>");
    body.push_str(&button("/admin/rotate-keys", "", "Rotate keys now"));
    body.push_str("<h2>Events</h2><dl>");
    for (code, count) in app.events() {
        let _ = write!(body, "<dt>{code}</dt><dd>{count}</dd>");
    }
    body.push_str("</dl><p><a href=\"/\">Your session</a></p>");
    page("Administration", &body)
}

pub(crate) async fn style() -> impl IntoResponse {
    const CSS: &str = "\
body{font:1rem/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;
color:#1a1a1a}
label{display:block;margin-top:.75rem}
input{font:inherit;padding:.4rem;width:100%;box-sizing:border-box}
button{font:inherit;margin:.75rem 0;padding:.4rem .9rem}
dt{font-weight:600}
dd{margin:0 0 .5rem}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.3rem;border-bottom:1px solid #ccc}
[role=alert]{border-left:.3rem solid #a00;padding:.3rem .8rem}
.note{color:#555}
";
    let headers: [(HeaderName, &str); 2] = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
    ];
    (headers, CSS)
}

fn page(title: &str, body: &str) -> Html<String> {
    Html(format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title} - cloakroom demo</title><link rel=\"stylesheet\" href=\"/style.css\">\
         </head><body><main><h1>{title}</h1>{body}</main></body></html>\n"
    ))
}

/// Everything that changes something is a POST: links are followed by crawlers and prefetchers.
fn button(action: &str, fields: &str, label: &str) -> String {
    format!("<form method=\"post\" action=\"{action}\">{fields}<button>{label}</button></form>")
}

fn time(time: Timestamp) -> String {
    format!("<time datetime=\"{time}\">{time}</time>")
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}
