//! Which hosts are the developer's own machine.

use core::fmt;
use core::net::{Ipv4Addr, Ipv6Addr};
use core::str;

/// A development configuration met a host that is not loopback.
///
/// # Example
///
/// ```
/// use cloakroom::http::cookie::CookieConfig;
///
/// # fn main() -> Result<(), cloakroom::http::cookie::CookieConfigError> {
/// let refused = CookieConfig::development().build()?.check_host(b"localhost.evil.example");
/// assert!(refused.is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct HostRefused;

impl fmt::Display for HostRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the development session cookie is for loopback hosts only")
    }
}

impl core::error::Error for HostRefused {}

/// Whether the value of a Host header names the loopback interface.
///
/// Addresses are parsed, not compared by prefix: `127.0.0.1.evil.example` is a name that anyone
/// can register. IPv4-mapped IPv6 and a final dot are refused.
pub(super) fn is_loopback(host: &[u8]) -> bool {
    let Ok(host) = str::from_utf8(host) else {
        return false;
    };
    if let Some(bracketed) = host.strip_prefix('[') {
        return bracketed.split_once(']').is_some_and(|(address, port)| {
            address
                .parse::<Ipv6Addr>()
                .is_ok_and(|address| address.is_loopback())
                && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
        });
    }
    let name = match host.split_once(':') {
        Some((name, port)) if is_port(port) => name,
        Some(_) => return false,
        None => host,
    };
    name.parse::<Ipv4Addr>()
        .is_ok_and(|address| address.is_loopback())
        || is_localhost(name)
}

fn is_localhost(name: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    name.split('.').all(is_label)
        && name
            .rsplit('.')
            .next()
            .is_some_and(|last| last.eq_ignore_ascii_case("localhost"))
}

/// RFC 3986 §3.2.3 allows an empty port and leading zeros.
fn is_port(port: &str) -> bool {
    port.bytes().all(|byte| byte.is_ascii_digit())
}
