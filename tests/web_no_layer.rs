//! A route of actix-web without the layer explains itself, also where the handler asks for
//! `Option<Session<T>>`, which takes every error for `None`; and an extractor that is run where the
//! layer does not see it answers by itself.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

use std::process::Command;

use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::get;
use actix_web::{App, FromRequest as _, rt::System};
use actix_web::{HttpRequest, rt};
use cloakroom::web::{BearerSession, Rejection, RejectionKind, Session, SessionLayer};
use cloakroom::{KeyRing, ManualClock, RevocationList, Sessions};
use time::Duration;

const CHILD: &str = "CLOAKROOM_NO_LAYER_CHILD";

async fn me(_: Session<()>) -> &'static str {
    "unreachable"
}

async fn maybe(session: Option<Session<()>>) -> &'static str {
    session.map_or("nobody", |_| "somebody")
}

async fn bearer_maybe(session: Option<BearerSession<()>>) -> &'static str {
    session.map_or("nobody", |_| "somebody")
}

/// What a server without the layer does. Its words go to its standard error.
fn serve(paths: &[&str]) -> Vec<(u16, String)> {
    System::new().block_on(async {
        let app = App::new()
            .route("/me", get().to(me))
            .route("/maybe", get().to(maybe))
            .route("/bearer-maybe", get().to(bearer_maybe));
        let service = init_service(app).await;
        let mut answers = Vec::new();
        for path in paths {
            let request = TestRequest::with_uri(path).to_request();
            let answer = call_service(&service, request).await;
            let status = answer.status().as_u16();
            let body = read_body(answer).await;
            answers.push((status, String::from_utf8(body.to_vec()).unwrap()));
        }
        answers
    })
}

fn warnings_of(test: &str, paths: &str) -> Vec<String> {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, paths)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stderr).unwrap();
    let lines = text.lines().filter(|line| line.starts_with("warning: "));
    lines.map(str::to_owned).collect()
}

#[test]
fn an_optional_session_without_a_layer_is_none_and_says_so_once() {
    if let Ok(paths) = std::env::var(CHILD) {
        let paths: Vec<_> = paths.split(' ').collect();
        for (path, answer) in paths.iter().zip(serve(&paths)) {
            match *path {
                "/maybe" | "/bearer-maybe" => assert_eq!(answer, (200, "nobody".to_owned())),
                _ => assert_eq!(answer.0, 500),
            }
        }
        return;
    }
    let test = "an_optional_session_without_a_layer_is_none_and_says_so_once";
    for paths in ["/maybe", "/maybe /maybe /me /maybe"] {
        let warnings = warnings_of(test, paths);
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].contains("Session<()>"), "{warnings:?}");
        assert!(warnings[0].contains(".wrap(SessionLayer::new(sessions))"));
    }
    let warnings = warnings_of(test, "/bearer-maybe /bearer-maybe");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("BearerSession<()"), "{warnings:?}");
    assert!(warnings[0].contains(".app_data(web::Data::new(sessions))"));
}

#[test]
fn a_session_without_a_layer_is_an_answer_that_explains() {
    let answers = serve(&["/me"]);
    let (status, body) = answers.first().unwrap();
    assert_eq!(*status, 500);
    assert!(body.contains("Session<()> was asked for"), "{body}");
    assert!(body.contains("SessionLayer"), "{body}");
}

/// Takes the session in a task of its own.
async fn elsewhere(request: HttpRequest) -> &'static str {
    let task = rt::spawn(async move { Session::<()>::extract(&request).await });
    match rt::time::timeout(std::time::Duration::from_secs(10), task).await {
        Err(_) => "waits for ever",
        Ok(taken) => match taken.unwrap().map_err(|no: Rejection| no.kind()) {
            Err(RejectionKind::Unavailable(_)) => "unavailable",
            _ => "somebody or nobody",
        },
    }
}

#[test]
fn an_extractor_in_a_task_of_its_own_fails_and_does_not_wait_for_the_layer() {
    let clock = ManualClock::at(1_800_000_000);
    let ring = KeyRing::generate(&clock, Duration::hours(8)).unwrap();
    let sessions = Sessions::<()>::builder(ring, RevocationList::new())
        .purpose("session")
        .audience("")
        .aal3()
        .clock(clock.clone())
        .build()
        .unwrap();
    let token = sessions.issue("ada", &()).unwrap().token.into_string();
    clock.fail(true);
    System::new().block_on(async {
        let app = App::new()
            .wrap(SessionLayer::new(sessions))
            .route("/elsewhere", get().to(elsewhere));
        let service = init_service(app).await;
        let request = TestRequest::with_uri("/elsewhere");
        let request = request.append_header(("cookie", format!("__Host-session={token}")));
        let answer = call_service(&service, request.to_request()).await;
        assert_eq!(read_body(answer).await, "unavailable");
    });
}
