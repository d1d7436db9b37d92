//! The module for users' tests works in one line, with both frameworks, and does not build into a
//! release.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

use std::path::Path;
use std::process::{Command, Output};

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::get;
use cloakroom::http::cookie::CookieConfig;
use cloakroom::testing::TestSessions;
use cloakroom::web::{Session, SessionLayer};
use tower::ServiceExt as _;

async fn me(session: Session<()>) -> String {
    session.subject_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_handler_of_axum_is_tested_in_one_line() {
    let test = TestSessions::<()>::new();
    let layer = SessionLayer::new(test.sessions().clone());
    let router = Router::new().route("/", get(me)).layer(layer);
    let status = async |name: &str, value: String| {
        let request = Request::get("/").header(name, value).body(Body::empty());
        let response = router.clone().oneshot(request.unwrap()).await.unwrap();
        response.status().as_u16()
    };
    assert_eq!(status("cookie", test.cookie("ada", &())).await, 200);
    assert_eq!(status("authorization", test.bearer("ada", &())).await, 200);
    let cookie = test.cookie("ada", &());
    test.clock().advance(30 * 60);
    assert_eq!(status("cookie", cookie).await, 401);
}

#[test]
fn a_handler_of_actix_web_is_tested_in_one_line() {
    use actix_web::test::{TestRequest, call_service, init_service};
    use actix_web::{App, web};
    actix_web::rt::System::new().block_on(async {
        let test =
            TestSessions::<()>::new().named(CookieConfig::builder().name("sid").build().unwrap());
        let cookie = CookieConfig::builder().name("sid").build().unwrap();
        let layer = SessionLayer::new(test.sessions().clone()).cookie(cookie);
        let app = App::new().wrap(layer).route("/", web::get().to(me));
        let app = init_service(app).await;
        for (name, value) in [
            ("cookie", test.cookie("ada", &())),
            ("authorization", test.bearer("ada", &())),
        ] {
            let request = TestRequest::get().insert_header((name, value)).to_request();
            assert_eq!(call_service(&app, request).await.status().as_u16(), 200);
        }
    });
}

/// `cargo check --release` of the library with the feature. A target folder for each set of flags:
/// in one, each run would throw away what the other has built.
fn check(folder: &str, flags: &str) -> Output {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
    Command::new(env!("CARGO"))
        .args([
            "check",
            "--offline",
            "--release",
            "--lib",
            "--features",
            "testing",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("CARGO_TARGET_DIR", target)
        .env("RUSTFLAGS", flags)
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .output()
        .unwrap()
}

#[test]
fn a_release_build_with_it_does_not_compile_unless_that_is_said() {
    let refused = check("testing-refused", "");
    let why = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success(), "{why}");
    assert!(why.contains("must not be in a release build"), "{why}");
    // The one reason, and not another that would hide a mistake.
    assert_eq!(why.matches("error:").count(), 2, "{why}");

    let said = check("testing-said", "--cfg cloakroom_testing_in_release");
    assert!(
        said.status.success(),
        "{}",
        String::from_utf8_lossy(&said.stderr)
    );
}
