//! How browsers write hosts and ports (WHATWG URL, host serializing).

/// Whether `Host` of a request could read so, in lower case: a host, and a port if there is one.
#[cfg(any(feature = "tower", feature = "actix-4"))]
pub(crate) fn is_authority(authority: &str) -> bool {
    let (host, port) = split_port(authority);
    let is_port = |port: &str| {
        port.parse::<u16>()
            .is_ok_and(|number| alloc::format!("{number}") == port)
    };
    is_host(host) && port.is_none_or(is_port)
}

/// The port stands behind the last colon, unless that colon is inside an IPv6 address.
pub(in crate::http) fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

pub(in crate::http) fn is_host(host: &str) -> bool {
    if let Some(address) = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        // Browsers send the one canonical spelling (RFC 5952), which is also what Display writes,
        // but for the dots that it writes into mapped addresses.
        return address.parse::<core::net::Ipv6Addr>().is_ok_and(|parsed| {
            let [.., high, low] = parsed.segments();
            let canonical = match parsed.to_ipv4_mapped() {
                Some(_) => alloc::format!("::ffff:{high:x}:{low:x}"),
                None => alloc::format!("{parsed}"),
            };
            canonical == address
        });
    }
    // What ends in a number is an IPv4 address to browsers, whichever way it is written.
    let last = host.rsplit('.').find(|label| !label.is_empty());
    let is_number =
        |label: &str| label.bytes().all(|byte| byte.is_ascii_digit()) || label.starts_with("0x");
    if last.is_some_and(is_number) {
        return host.parse::<core::net::Ipv4Addr>().is_ok();
    }
    !host.is_empty()
        && host.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._".contains(&byte)
        })
}
