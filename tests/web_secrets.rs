//! What is printed of the web layer holds no token, payload or subject; nor do its answers.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::{FromRef, State};
use axum::http::{Request, Response};
use axum::routing::get;
use axum::{Router, middleware};
use cloakroom::Sessions;
use cloakroom::testing::TestSessions;
use cloakroom::web::{BearerSession, RecentLogin, Session, SessionHandle, SessionLayer};
use serde::{Deserialize, Serialize};
use tower::{Layer as _, Service as _, ServiceExt as _};

const SUBJECT: &str = "subject-4711";
const NUMBER: &str = "4929-7781-0063-5521";

#[derive(Serialize, Deserialize)]
struct Card {
    number: String,
}
cloakroom::payload!(Card);

#[derive(Clone)]
struct App(Sessions<Card>, Arc<Mutex<Vec<String>>>);

impl FromRef<App> for Sessions<Card> {
    fn from_ref(app: &App) -> Self {
        app.0.clone()
    }
}

async fn look(
    State(App(_, seen)): State<App>,
    handle: SessionHandle<Card>,
    session: Session<Card>,
    recent: RecentLogin<Card, 300>,
    bearer: BearerSession<Card>,
) {
    let wrong = handle.rotate().await.unwrap_err();
    let huge = Card {
        number: NUMBER.repeat(300),
    };
    let large = handle.update_bearer(&huge).unwrap_err();
    let mut seen = seen.lock().unwrap();
    seen.extend([
        format!("{handle:?} {handle:#?}"),
        format!("{session:?} {session:#?}"),
        format!("{recent:?} {recent:#?}"),
        format!("{bearer:?} {bearer:#?}"),
        format!("{wrong} {wrong:?} {wrong:#?} {:?}", wrong.refusal()),
        format!("{large} {large:?} {large:#?} {:?}", large.refusal()),
    ]);
}

#[tokio::test]
async fn nothing_of_a_session_is_printed() {
    let test = TestSessions::<Card>::new();
    let card = Card {
        number: NUMBER.into(),
    };
    let seen = Arc::default();
    let app = App(test.sessions().clone(), Arc::clone(&seen));
    let layer = SessionLayer::new(test.sessions().clone());
    let router = Router::new()
        .route("/", get(look))
        .layer(middleware::from_fn(|request, next: middleware::Next| {
            next.run(request)
        }))
        .layer(layer.clone())
        .with_state(app);
    let token = test.token(SUBJECT, &card);
    let request = |value: &str| {
        let request = Request::get("/").header("authorization", format!("Bearer {value}"));
        request.body(Body::empty()).unwrap()
    };
    let response = router
        .clone()
        .oneshot(request(token.as_str()))
        .await
        .unwrap();
    assert_eq!(response.status().as_u16(), 200, "{response:?}");
    let refused = router.oneshot(request("clk1.AAAA")).await.unwrap();
    assert_eq!(refused.status().as_u16(), 401);

    let mut service = layer.layer(tower::service_fn(async |_: Request<Body>| {
        Ok::<_, std::convert::Infallible>(Response::new(Body::empty()))
    }));
    let future = service.call(request(token.as_str()));
    let mut seen = std::mem::take(&mut *seen.lock().unwrap());
    seen.extend([
        format!("{layer:?} {layer:#?}"),
        format!("{service:?}"),
        format!("{future:?}"),
        format!("{test:?} {test:#?}"),
        format!("{response:?}"),
        format!("{refused:?}"),
    ]);
    drop(future);
    assert_eq!(seen.len(), 12);
    let part = token.as_str().get(20..36).unwrap();
    for printed in &seen {
        for secret in [SUBJECT, NUMBER, part, "clk1.AAAA"] {
            assert!(!printed.contains(secret), "{secret} in {printed}");
        }
    }
}
