//! cloakroom under actix-web.

use actix_web::web::{Path, get, post};
use actix_web::{App, HttpResponse};
use cloakroom::web::{CommandError, Session, SessionHandle, SessionLayer};

use crate::app::{Server, Setup, serve_actix};
use crate::peers::ours::{User, sessions};

type Handle = SessionHandle<User>;
type Done = Result<HttpResponse, CommandError>;

async fn me(session: Session<User>) -> String {
    session.payload().name.clone()
}

async fn login(handle: Handle, name: Path<String>) -> Done {
    let name = name.into_inner();
    handle.login(name.clone(), User::new(name, 0)).await?;
    Ok(HttpResponse::Ok().finish())
}

async fn login_large(handle: Handle, path: Path<(String, usize)>) -> Done {
    let (name, size) = path.into_inner();
    handle.login(name.clone(), User::new(name, size)).await?;
    Ok(HttpResponse::Ok().finish())
}

async fn logout(handle: Handle) -> Done {
    handle.logout().await?;
    Ok(HttpResponse::Ok().finish())
}

async fn logout_everywhere(handle: Handle) -> Done {
    handle.logout_everywhere().await?;
    Ok(HttpResponse::Ok().finish())
}

pub(super) fn start(setup: &Setup) -> Option<Server> {
    let app = App::new()
        .wrap(SessionLayer::new(sessions(setup)))
        .route("/me", get().to(me))
        .route("/login/{name}", post().to(login))
        .route("/login/{name}/{size}", post().to(login_large))
        .route("/logout", post().to(logout))
        .route("/logout-everywhere", post().to(logout_everywhere));
    Some(serve_actix!(app))
}
