//! actix-session with its `CookieSessionStore`.

use actix_session::config::PersistentSession;
use actix_session::storage::CookieSessionStore;
use actix_session::{Session, SessionMiddleware};
use actix_web::cookie::{Key, time::Duration};
use actix_web::error::ErrorInternalServerError;
use actix_web::web::{Path, get, post};
use actix_web::{App, HttpResponse};

use crate::app::{Limits, SHORTEST, Server, Setup, serve_actix};

type Done = actix_web::Result<HttpResponse>;

async fn me(session: Session) -> Done {
    Ok(match session.get::<String>("user")? {
        Some(name) => HttpResponse::Ok().body(name),
        None => HttpResponse::Unauthorized().finish(),
    })
}

async fn login(session: Session, name: Path<String>) -> Done {
    log_in(&session, &name, 0)
}

async fn login_large(session: Session, path: Path<(String, usize)>) -> Done {
    log_in(&session, &path.0, path.1)
}

fn log_in(session: &Session, name: &str, size: usize) -> Done {
    // As its documentation advises; the cookie store has no id to renew.
    session.renew();
    let stored = session.insert("user", name);
    stored.map_err(ErrorInternalServerError)?;
    let stored = session.insert("note", "x".repeat(size));
    stored.map_err(ErrorInternalServerError)?;
    Ok(HttpResponse::Ok().finish())
}

async fn visit(session: Session) -> Done {
    let stored = session.insert("cart", 1);
    stored.map_err(ErrorInternalServerError)?;
    Ok(HttpResponse::Ok().finish())
}

async fn logout(session: Session) -> HttpResponse {
    session.purge();
    HttpResponse::Ok().finish()
}

pub(super) fn start(setup: &Setup) -> Option<Server> {
    let key = Key::from(&[setup.key; 64]);
    let layer = SessionMiddleware::builder(CookieSessionStore::default(), key);
    let layer = match setup.limits {
        Limits::Default => layer,
        // One time to live, counted from the last change; it is the cookie's `Max-Age`.
        Limits::Absolute => {
            let ttl = Duration::try_from(SHORTEST).expect("a second");
            layer.session_lifecycle(PersistentSession::default().session_ttl(ttl))
        }
        // `TtlExtensionPolicy::OnEveryRequest` is its sliding limit.
        Limits::Idle => {
            let ttl = Duration::try_from(SHORTEST).expect("a second");
            let every = actix_session::config::TtlExtensionPolicy::OnEveryRequest;
            layer.session_lifecycle(
                PersistentSession::default()
                    .session_ttl(ttl)
                    .session_ttl_extension_policy(every),
            )
        }
        Limits::Both => return None,
    };
    let app = App::new()
        .wrap(layer.build())
        .route("/me", get().to(me))
        .route("/login/{name}", post().to(login))
        .route("/login/{name}/{size}", post().to(login_large))
        .route("/visit", post().to(visit))
        .route("/logout", post().to(logout));
    Some(serve_actix!(app))
}
