//! The program: `cargo run -p demo`, then open the address it prints.
//!
//! Environment:
//!
//! | name | what | default |
//! |---|---|---|
//! | `PORT` | on loopback; 0 takes a free one | 8080 |
//! | `CLOAKROOM_DIR` | where keys, revocations and devices are kept | `./cloakroom-demo` |
//! | `CLOAKROOM_KEYS` | the file of the key ring, where several servers of one machine share it | `keys` in that directory |
//! | `REDIS_URL` | the Redis that shares revocations with other servers | none |
//! | `CLOAKROOM_ACCEPT_FEED_KEY` | the file of one more feed key that is accepted while the servers change it | none |
//! | `CLOAKROOM_IDLE`, `CLOAKROOM_ABSOLUTE` | timeouts in seconds, short so that one sees them run | 180, 1800 |
//! | `CLOAKROOM_RELOAD` | the longest time in seconds between two looks at the file of keys | 2 |
//! | `CLOAKROOM_HOSTS` | names that this server answers to, besides loopback, separated by commas | none |
//! | `CLOAKROOM_DEV_COOKIE=1` | a cookie without `Secure`, which Safari needs on `http://localhost` | off |
//!
//! Several servers that share a Redis need the same `keys` and `feed-key`: copy the two files.
#![allow(
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "a program, where std is at hand; the lints are for the library"
)]

use std::env;
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use cloakroom::http::cookie::CookieConfig;
use cloakroom::{Clock, SystemClock};
use demo::app::{App, Config};
use demo::{passwords, routes};
use time::Duration;
use tokio::net::TcpListener;

#[cfg(debug_assertions)]
mod hurry;

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
    let port: u16 = number("PORT", 8080)?;
    let mut config = Config {
        keys: env::var_os("CLOAKROOM_KEYS").map(PathBuf::from),
        redis: env::var("REDIS_URL").ok().filter(|url| !url.is_empty()),
        accepted_feed_key: env::var_os("CLOAKROOM_ACCEPT_FEED_KEY").map(PathBuf::from),
        idle: Duration::seconds(number("CLOAKROOM_IDLE", 180)?),
        absolute: Duration::seconds(number("CLOAKROOM_ABSOLUTE", 1_800)?),
        reload: Duration::seconds(number("CLOAKROOM_RELOAD", 2)?),
        // Early, so that one sees it happen. The default of the crate is half of the idle timeout.
        renew_share: (1, 12),
        ..Config::new(PathBuf::from(directory), clock()?)?
    };
    if is_on("CLOAKROOM_DEV_COOKIE") {
        let development = CookieConfig::development();
        config.specimen_cookie = development.clone().name("specimen").build()?;
        config.cookie = development.build()?;
    }
    // Opening files and waiting for Redis.
    let app = tokio::task::spawn_blocking(|| App::new(config).map_err(|error| error.to_string()));
    let app = app.await??;
    // Loopback alone: this server has no TLS, and anybody can read its passwords in the source.
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .map_err(|error| format!("127.0.0.1:{port}: {error}; set PORT to another port"))?;
    let address = listener.local_addr()?;

    println!("keys: {}", app.keys.path().display());
    for user in passwords::DEMO_USERS {
        println!("login: {} / {}", user.name, user.password);
    }
    println!("listening on http://{address}");

    let router = routes::router(Arc::clone(&app), &hosts(address.port()))
        .map_err(|error| format!("CLOAKROOM_HOSTS: {error}"))?;
    axum::serve(listener, router)
        .with_graceful_shutdown(async move {
            // Without a signal handler there is nothing to wait for; serve until killed.
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
            // Streams would keep it from stopping.
            app.stopping.send_replace(true);
        })
        .await?;
    Ok(())
}

/// A name of somebody else's that leads to this machine (DNS rebinding) is answered with 421.
fn hosts(port: u16) -> Vec<String> {
    let mut hosts = Vec::new();
    for name in ["localhost", "127.0.0.1", "[::1]"] {
        hosts.push(format!("{name}:{port}"));
        if port == 80 {
            hosts.push(name.to_owned());
        }
    }
    let more = env::var("CLOAKROOM_HOSTS").unwrap_or_default();
    hosts.extend(
        more.split(',')
            .map(str::trim)
            .filter(|host| !host.is_empty())
            .map(str::to_owned),
    );
    hosts
}

fn is_on(name: &str) -> bool {
    env::var(name).is_ok_and(|set| set == "1")
}

fn number<N: std::str::FromStr>(name: &str, default: N) -> Result<N, String> {
    match env::var(name) {
        Ok(text) => text
            .parse()
            .map_err(|_| format!("{name}={text}: not a number in range")),
        Err(_) => Ok(default),
    }
}

/// The system's. For tests, in debug builds alone, one that jumps when it is told to.
fn clock() -> Result<Arc<dyn Clock>, String> {
    if !is_on("CLOAKROOM_TEST_CLOCK") {
        return Ok(Arc::new(SystemClock));
    }
    #[cfg(debug_assertions)]
    return Ok(Arc::new(hurry::HurriedClock::from_stdin()));
    #[cfg(not(debug_assertions))]
    return Err("CLOAKROOM_TEST_CLOCK is for debug builds".into());
}
