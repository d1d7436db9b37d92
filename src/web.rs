//! Sessions in a request and its response: one layer, one extractor.
//!
//! It does not check passwords, log anything, or keep anything on the server: what a request needs
//! to know of its user is in the token, and what a server needs to know of logouts in the
//! revocation view.
//!
//! ```text
//! request -> layer: host, cross-origin check, token -> handler: Session<T>, SessionHandle<T>
//! response <- layer: cookie, Cache-Control, Vary    <- handler: whatever it likes
//! ```
//!
//! # With axum 0.8
//!
#![cfg_attr(feature = "axum-08", doc = "```")]
#![cfg_attr(not(feature = "axum-08"), doc = "```ignore")]
//! use axum::{Router, routing::{get, post}};
//! use cloakroom::web::{CommandError, Session, SessionHandle, SessionLayer};
//! use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock};
//!
//! #[derive(serde::Serialize, serde::Deserialize)]
//! struct User { name: String }
//! cloakroom::payload!(User);
//!
//! // Runs for those alone who are logged in.
//! async fn home(session: Session<User>) -> String {
//!     format!("Hello, {}", session.payload().name)
//! }
//!
//! // After the password was right.
//! async fn login(handle: SessionHandle<User>) -> Result<(), CommandError> {
//!     handle.login("user-42", User { name: "Ada".into() }).await
//! }
//!
//! async fn logout(handle: SessionHandle<User>) -> Result<(), CommandError> {
//!     handle.logout().await
//! }
//!
//! # let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
//! let sessions = Sessions::<User>::builder(ring, RevocationList::new())
//! #   .purpose("session").audience("").aal2().build()?;
//! # /*
//!     ...
//! # */
//! let router: Router = Router::new()
//!     .route("/", get(home))
//!     .route("/login", post(login))
//!     .route("/logout", post(logout))
//!     .layer(SessionLayer::new(sessions));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! With actix-web 4 the handlers are the same, and the layer goes into `App::wrap`. Under tonic it is
//! `Server::builder().layer(..)`, and methods call `SessionHandle::of(request.extensions())`; see
//! `examples/grpc`. A refusal of the layer's own reaches a client of gRPC as its HTTP status: 403
//! (another site) is PERMISSION_DENIED there, 421 (another host) is UNKNOWN, and 503 is UNAVAILABLE.
//!
//! # What a request gets
//!
//! The layer is the same for every framework; only a thin adapter translates. What a request may
//! bring and what it gets:
//!
//! | request | with `Session<T>` | with `Option<Session<T>>` |
//! |---|---|---|
//! | a good token in cookie or bearer header | the session | `Some` |
//! | none, or one that is refused, for whatever reason | 401 | `None` |
//! | two cookies of the session's name, equal or not | 401 | `None` |
//! | a cookie with control characters, 100 KB of `Cookie` | 401, or what the rest of it says | `None` |
//! | two `Authorization` headers, or a malformed bearer token | 401 `invalid_token` | `None` |
//! | a bearer token of another purpose, audience or key | 401 `invalid_token` | `None` |
//! | clock or revocation view give no answer | 503 | 503 |
//! | POST from another site's page, without one bearer token | 403, no handler runs | the same |
//! | a WebSocket from another site's page | 403, no handler runs | the same |
//! | a `Host` that is not in [`SessionLayer::hosts`], if set | 421, no handler runs | the same |
//! | a `Host` that is not loopback, with a development cookie | 421, no handler runs | the same |
//! | a target with an authority, as HTTP/2 has it, and another `Host` | as if the `Host` were not there | the same |
//! | a bearer token where the handler changes a cookie, or the other way round | 400 | the same |
//! | a session that a newer program wrote, where the handler updates it or rotates it with a payload | 503, which the end of the deploy heals | the same |
//!
//! Nothing that a client sends is answered with 500, and no refusal writes a cookie. Servers bound
//! the length of headers themselves and may answer 431 before the layer sees anything.
//!
//! `Result<Session<T>, Rejection>` gives a handler the reason, for a page of its own. Under actix-web
//! a handler does not run where nobody can tell whether there is a session, and the layer answers 503
//! in its place, because `Option` could not be told from `Result`.
//!
//! # What a response gets
//!
//! | after | lines |
//! |---|---|
//! | `login`, `login_labelled`, `update`, `rotate`, `reauthenticate` | the new cookie, whatever the status |
//! | `logout`, `logout_everywhere` | the removal, whatever the status; `Clear-Site-Data` if configured |
//! | a handler that asked for the session, below 500, in the second half of the idle time | the renewed cookie, unless it called `without_renewal` |
//! | any of these, and every 401 | `Cache-Control: no-store`, in place of the handler's own |
//! | a handler that asked for the session | `Vary: Cookie, Authorization`, beside the handler's own |
//!
//! A handler that never asks for the session costs no verification, renews nothing, and its response
//! can be cached.
//!
//! # Connections that stay open
//!
//! A response that goes on for hours outlives the check at its start. [`SessionHandle::ended`] is a
//! future that resolves when the session ends:
//!
//! ```
//! # use cloakroom::web::{Rejection, SessionHandle};
//! async fn events(handle: SessionHandle<()>) -> Result<(), Rejection> {
//!     handle.without_renewal(); // a page that reconnects is no user who comes back
//!     let ended = handle.ended()?;
//!     // Beside each message: `tokio::select! { why = &mut ended => close, next = .. => send }`, or
//!     // `stream.take_until(ended)` for server-sent events.
//!     let why = ended.await;
//!     println!("closed: {}", why.reason().as_str());
//!     Ok(())
//! }
//! ```
//!
//! # Forms without the headers
//!
//! The cross-origin check rests on `Sec-Fetch-Site` and `Origin`, which every browser since 2023
//! sends. For pages that must be safe in older ones too, put [`SessionHandle::form_token`] into each
//! form and call [`SessionHandle::check_form`] with what comes back. It needs a session, so the
//! login form has the check of the headers alone.
//!
//! # Threads
//!
//! Verification, login without an old session and renewal wait for nothing. Commands that publish a
//! revocation may: with [`RevocationList`](crate::RevocationList) they run where they are, with any
//! other store on tokio's pool for blocking calls.
//!
//! # Several requests at one time
//!
//! A browser sends requests in parallel and stores the cookies of the answers in the order in which
//! they arrive. A renewal keeps the session's id, so it is revoked with it: a late `Set-Cookie` of
//! a session that was logged out carries a dead token. It can still overwrite the cookie of a newer
//! login, and then the user has to log in again: a lost login, never a resurrection. Two tabs that
//! log in at one time end the session they both came with, and never each other's.

mod backend;
mod blocking;
mod error;
mod layer;
mod head;
mod session;
mod exchange;
mod command;
mod handle;
mod open;
mod bearer;
mod labelled;
#[cfg(feature = "tower")]
mod tower;
#[cfg(feature = "axum-08")]
mod axum;
#[cfg(feature = "actix-4")]
mod actix;

#[cfg(feature = "actix-4")]
pub use actix::{Extracting, MiddlewareFuture, SessionMiddleware};
pub use backend::{PublishError, WebPayload};
pub use error::{CommandError, Rejection, RejectionKind, What};
pub use handle::SessionHandle;
pub use layer::{HostError, SessionLayer};
pub use session::{BearerSession, RecentLogin, Session};
#[cfg(feature = "tower")]
pub use tower::{ResponseFuture, SessionService};
