//! How a session travels over HTTP: the framework-free half, header values in, header lines out.
//!
//! It does not parse requests, write responses, open tokens or log. A framework's adapter hands
//! over the raw values of a few headers, gets a decision or a header line back, and stays short.
//! Nothing here depends on a version of the `http` crate.
//!
//! | module | question |
//! |---|---|
//! | [`cookie`] | which cookie holds the session, how is it written, removed and found again |
//! | [`bearer`] | which token is in `Authorization: Bearer` |
//! | [`carrier`] | which of the two counts for this request |
//! | [`origin`] | did another site's page make the browser send this request |
//! | [`response`] | what the client is told when the answer is no |
//!
//! # Deployment
//!
//! - Behind a proxy the [`Host`](origin) that the adapter passes on must be the one the browser
//!   used. Configure the proxy to preserve it rather than trusting a forwarded header.
//! - `Secure` comes from the configuration, never from the scheme of a request: behind a proxy that
//!   ends TLS every request looks like plain http.
//! - A cookie line is bounded (4096 bytes unless configured). Proxies often bound the whole header
//!   block at 4 to 8 KiB, which is why a session is never split over several cookies.
//! - Tokens in query strings are not read: URLs end up in logs, histories and `Referer`.
//!
//! # Example
//!
//! ```
//! use cloakroom::http::carrier::{self, Presented};
//! use cloakroom::http::cookie::CookieConfig;
//!
//! let config = CookieConfig::default();
//! let cookies = [b"theme=dark; __Host-session=clk1.AAAA".as_slice()];
//! let presented = carrier::read(&config, cookies, []);
//! assert_eq!(presented.token(), Some("clk1.AAAA"));
//! ```

pub mod cookie;
pub mod bearer;
pub mod carrier;
pub(crate) mod host;
pub mod origin;
pub mod response;
