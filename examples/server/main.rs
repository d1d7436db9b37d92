//! A server with login sessions: `cargo run --example server`, then open the address it prints.
//!
//! One command, no setup. What it shows: a login form, pages that need a session, sliding renewal,
//! logout, "log out everywhere" and "log out my other devices", an administrator who ends another
//! user's sessions, and key rotation while requests are running; the same with bearer tokens under
//! `/api`. It is written to be copied from:
//!
//! | file | what it is about |
//! |---|---|
//! | `app.rs` | what is configured, and the routes |
//! | `auth.rs` | between headers and sessions: checking, extracting, renewing, refusing |
//! | `account.rs` | login and the three kinds of logout |
//! | `admin.rs` | other users' sessions, and the keys |
//! | `api.rs` | the same sessions with bearer tokens |
//! | `keys.rs` | the key file |
//! | `pages.rs` | HTML |
//! | `passwords.rs` | a stand-in for your user database |
//!
//! Environment: `PORT` (8080; 0 takes a free one), `CLOAKROOM_DIR` (where the key file is kept,
//! `./cloakroom-demo`), `CLOAKROOM_DEV_COOKIE=1` (a cookie without `Secure`, which Safari needs on
//! `http://localhost`; other browsers do not).

#![allow(
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "a program, where std is at hand; the lints are for the library"
)]

mod account;
mod admin;
mod api;
mod app;
mod auth;
mod keys;
mod pages;
mod passwords;

use std::env;
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use cloakroom::SystemClock;
use cloakroom::http::cookie::CookieConfig;
use tokio::net::TcpListener;

use crate::app::{App, Config};

#[tokio::main]
async fn main() -> ExitCode {
    match serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> Result<(), Box<dyn Error>> {
    let directory = env::var_os("CLOAKROOM_DIR").unwrap_or_else(|| "cloakroom-demo".into());
    let port: u16 = match env::var("PORT") {
        Ok(port) => port
            .parse()
            .map_err(|_| format!("PORT={port}: expected 0 to 65535"))?,
        Err(_) => 8080,
    };
    let cookie = if env::var("CLOAKROOM_DEV_COOKIE").is_ok_and(|set| set == "1") {
        CookieConfig::development().build()?
    } else {
        CookieConfig::default()
    };
    if let Some(warning) = cookie.development_warning() {
        eprintln!("warning: {warning}");
    }

    let app = App::new(Config {
        directory: PathBuf::from(directory),
        cookie,
        clock: Arc::new(SystemClock),
    })?;
    // Loopback alone: this server has no TLS, and anybody can read its passwords in the source.
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .map_err(|error| format!("127.0.0.1:{port}: {error}; set PORT to another port"))?;

    println!("keys: {}", app.keys.path().display());
    for user in passwords::DEMO_USERS {
        println!("login: {} / {}", user.name, user.password);
    }
    println!("listening on http://{}", listener.local_addr()?);

    axum::serve(listener, app::router(app))
        .with_graceful_shutdown(async {
            // Without a signal handler there is nothing to wait for; serve until killed.
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        })
        .await?;
    Ok(())
}
