//! The application with actix-web.

use std::sync::atomic::Ordering;

use actix_web::body::{MessageBody, to_bytes};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::ErrorImATeapot;
use actix_web::http::StatusCode;
use actix_web::middleware::{Next, from_fn};
use actix_web::test::{TestRequest, init_service, try_call_service};
use actix_web::web::{Data, Path, get, post, resource, scope};
use actix_web::{App, HttpResponse, Responder};
use cloakroom::web::{
    BearerSession, CommandError, RecentLogin, Rejection, RejectionKind, Session, SessionHandle,
};

use crate::routes;
use crate::world::{Answer, Ask, Other, Parts, Server, User, View};

fn ran(parts: &Data<Parts>) {
    parts.ran.fetch_add(1, Ordering::SeqCst);
}

async fn me(parts: Data<Parts>, session: Session<User>) -> String {
    ran(&parts);
    format!("{} {}", session.payload().name, session.payload().note)
}

async fn maybe(parts: Data<Parts>, session: Option<Session<User>>) -> String {
    ran(&parts);
    session.map_or_else(|| "nobody".into(), |session| session.payload().name.clone())
}

async fn cached(parts: Data<Parts>, session: Session<User>) -> impl Responder {
    ran(&parts);
    HttpResponse::Ok()
        .insert_header(("cache-control", "public, max-age=600"))
        .insert_header(("vary", "accept"))
        .content_type("text/plain; charset=utf-8")
        .body(session.payload().name.clone())
}

async fn failing(parts: Data<Parts>, _: Session<User>) -> impl Responder {
    ran(&parts);
    HttpResponse::InternalServerError()
}

async fn own_401(parts: Data<Parts>) -> impl Responder {
    ran(&parts);
    HttpResponse::Unauthorized()
}

async fn public(parts: Data<Parts>) -> &'static str {
    ran(&parts);
    "public"
}

async fn recent(parts: Data<Parts>, session: RecentLogin<User, 300>) -> String {
    ran(&parts);
    session.payload().name.clone()
}

async fn bearer(parts: Data<Parts>, session: BearerSession<User, View>) -> String {
    ran(&parts);
    session.payload().name.clone()
}

async fn bearer_maybe(parts: Data<Parts>, session: Option<BearerSession<User, View>>) -> String {
    ran(&parts);
    session.map_or_else(|| "nobody".into(), |session| session.payload().name.clone())
}

async fn recent_maybe(parts: Data<Parts>, session: Option<RecentLogin<User, 300>>) -> String {
    ran(&parts);
    session.map_or_else(|| "nobody".into(), |session| session.payload().name.clone())
}

async fn form_or_me(
    parts: Data<Parts>,
    session: Result<Session<User>, Rejection>,
) -> Result<String, Rejection> {
    match session {
        Ok(session) => {
            ran(&parts);
            Ok(session.payload().name.clone())
        }
        Err(no) if matches!(no.kind(), RejectionKind::NoSession(_)) => Ok("<form>".to_owned()),
        Err(no) => Err(no),
    }
}

/// A middleware between the layer and the handler that throws the answer away and fails.
async fn teapot(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse, actix_web::Error> {
    drop(next.call(request).await?);
    Err(ErrorImATeapot("short and stout"))
}

async fn other(parts: Data<Parts>, _: Session<Other>) -> &'static str {
    ran(&parts);
    "unreachable"
}

async fn command(
    parts: Data<Parts>,
    handle: SessionHandle<User>,
    path: Path<(String, String)>,
) -> Result<impl Responder, CommandError> {
    ran(&parts);
    let (command, name) = path.into_inner();
    let body = routes::command(&parts, &handle, &command, &name).await?;
    let status = StatusCode::from_u16(routes::status(&command)).unwrap();
    Ok((body, status))
}

pub(crate) fn start(parts: Parts) -> Server {
    let system = actix_web::rt::System::new();
    let layer = parts.layer.clone();
    let sessions = Data::new(parts.sessions.clone());
    let routes = scope("")
        .wrap(layer)
        .route("/public", get().to(public))
        .route("/public", post().to(public))
        .route("/me", get().to(me))
        .route("/me", post().to(me))
        .route("/maybe", get().to(maybe))
        .route("/cached", get().to(cached))
        .route("/failing", get().to(failing))
        .route("/own-401", get().to(own_401))
        .route("/recent", get().to(recent))
        .route("/other", get().to(other))
        .route("/recent-maybe", get().to(recent_maybe))
        .route("/form-or-me", get().to(form_or_me))
        .route("/layered-bearer-maybe", get().to(bearer_maybe))
        .route("/{command}/{name}", post().to(command))
        .service(
            resource("/teapot/{command}/{name}")
                .wrap(from_fn(teapot))
                .route(post().to(command)),
        );
    let app = App::new()
        .app_data(Data::new(parts))
        .app_data(sessions)
        .route("/bearer", get().to(bearer))
        .route("/bearer-maybe", get().to(bearer_maybe))
        .service(routes);
    let service = system.block_on(init_service(app));
    Box::new(move |ask: Ask| {
        system.block_on(async {
            let mut request = TestRequest::with_uri(&ask.path).method(ask.method.parse().unwrap());
            for (name, value) in ask.headers {
                request = request.append_header((name, value));
            }
            let response = match try_call_service(&service, request.to_request()).await {
                Ok(response) => response.map_into_boxed_body().into_parts().1,
                // As the server does with an error that comes out of the app.
                Err(error) => HttpResponse::from_error(error),
            };
            let status = response.status().as_u16();
            let headers = response.headers().iter().map(|(name, value)| {
                assert_eq!(value.is_sensitive(), name == "set-cookie", "{name}");
                (name.to_string(), value.to_str().unwrap().to_owned())
            });
            let headers = headers.collect();
            let body = to_bytes(response.into_body()).await;
            let body = body.unwrap_or_else(|_| panic!("no body"));
            Answer::new(status, headers, &body)
        })
    })
}
