//! The application with axum.

use std::sync::atomic::Ordering;

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRef, Path, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use cloakroom::Sessions;
use cloakroom::web::{
    BearerSession, CommandError, RecentLogin, Rejection, RejectionKind, Session, SessionHandle,
};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use crate::routes;
use crate::world::{Answer, Ask, Other, Parts, Server, User, View};

#[derive(Clone)]
struct App(Parts);

impl FromRef<App> for Sessions<User, View> {
    fn from_ref(App(parts): &App) -> Self {
        parts.sessions.clone()
    }
}

fn ran(App(parts): &App) {
    parts.ran.fetch_add(1, Ordering::SeqCst);
}

async fn me(State(app): State<App>, session: Session<User>) -> String {
    ran(&app);
    format!("{} {}", session.payload().name, session.payload().note)
}

async fn maybe(State(app): State<App>, session: Option<Session<User>>) -> String {
    ran(&app);
    session.map_or_else(|| "nobody".into(), |session| session.payload().name.clone())
}

async fn cached(State(app): State<App>, session: Session<User>) -> impl IntoResponse {
    ran(&app);
    let headers = [("cache-control", "public, max-age=600"), ("vary", "accept")];
    (headers, session.payload().name.clone())
}

async fn failing(State(app): State<App>, _: Session<User>) -> StatusCode {
    ran(&app);
    StatusCode::INTERNAL_SERVER_ERROR
}

async fn own_401(State(app): State<App>) -> StatusCode {
    ran(&app);
    StatusCode::UNAUTHORIZED
}

async fn public(State(app): State<App>) -> &'static str {
    ran(&app);
    "public"
}

async fn recent(State(app): State<App>, session: RecentLogin<User, 300>) -> String {
    ran(&app);
    session.payload().name.clone()
}

async fn bearer(State(app): State<App>, session: BearerSession<User, View>) -> String {
    ran(&app);
    session.payload().name.clone()
}

async fn bearer_maybe(
    State(app): State<App>,
    session: Option<BearerSession<User, View>>,
) -> String {
    ran(&app);
    session.map_or_else(|| "nobody".into(), |session| session.payload().name.clone())
}

async fn recent_maybe(State(app): State<App>, session: Option<RecentLogin<User, 300>>) -> String {
    ran(&app);
    session.map_or_else(|| "nobody".into(), |session| session.payload().name.clone())
}

async fn form_or_me(
    State(app): State<App>,
    session: Result<Session<User>, Rejection>,
) -> Result<String, Rejection> {
    match session {
        Ok(session) => {
            ran(&app);
            Ok(session.payload().name.clone())
        }
        Err(no) if matches!(no.kind(), RejectionKind::NoSession(_)) => Ok("<form>".to_owned()),
        Err(no) => Err(no),
    }
}

/// A middleware between the layer and the handler that throws the answer away.
async fn teapot(request: Request, next: Next) -> impl IntoResponse {
    drop(next.run(request).await);
    (StatusCode::IM_A_TEAPOT, "short and stout")
}

async fn other(State(app): State<App>, _: Session<Other>) -> &'static str {
    ran(&app);
    "unreachable"
}

async fn command(
    State(app): State<App>,
    handle: SessionHandle<User>,
    Path((command, name)): Path<(String, String)>,
) -> Result<(StatusCode, String), CommandError> {
    ran(&app);
    let body = routes::command(&app.0, &handle, &command, &name).await?;
    Ok((
        StatusCode::from_u16(routes::status(&command)).unwrap(),
        body,
    ))
}

pub(crate) fn start(parts: Parts) -> Server {
    let layer = parts.layer.clone();
    let app = App(parts);
    let router = Router::new()
        .route("/public", get(public).post(public))
        .route("/me", get(me).post(me))
        .route("/maybe", get(maybe))
        .route("/cached", get(cached))
        .route("/failing", get(failing))
        .route("/own-401", get(own_401))
        .route("/recent", get(recent))
        .route("/other", get(other))
        .route("/recent-maybe", get(recent_maybe))
        .route("/form-or-me", get(form_or_me))
        .route("/layered-bearer-maybe", get(bearer_maybe))
        .route("/{command}/{name}", post(command))
        .route(
            "/teapot/{command}/{name}",
            post(command).layer(from_fn(teapot)),
        )
        .layer(layer)
        .route("/bearer", get(bearer))
        .route("/bearer-maybe", get(bearer_maybe))
        .with_state(app);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    Box::new(move |ask| runtime.block_on(send(router.clone(), ask)))
}

async fn send(router: Router, ask: Ask) -> Answer {
    let mut request = Request::builder().method(ask.method).uri(ask.path);
    for (name, value) in ask.headers {
        request = request.header(name, value);
    }
    let request = request.body(Body::empty()).unwrap();
    let response = router.oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let headers = head.headers.iter().map(|(name, value)| {
        assert_eq!(value.is_sensitive(), name == "set-cookie", "{name}");
        (name.to_string(), value.to_str().unwrap().to_owned())
    });
    let headers = headers.collect();
    let body = body.collect().await.unwrap().to_bytes();
    Answer::new(head.status.as_u16(), headers, &body)
}
