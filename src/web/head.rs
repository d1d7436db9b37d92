//! The head of a request as a framework hands it over, and what is decided from it alone.

use crate::http::origin::RequestOrigin;
use crate::web::layer::Settings;

/// A request's method, headers and target. The frameworks use different versions of the `http`
/// crate, so this is spelled in bytes.
pub(in crate::web) trait Head {
    /// In upper case.
    fn method(&self) -> &str;
    /// All values of a header.
    fn values(&self, field: Field) -> impl Iterator<Item = &[u8]>;
    /// The authority of the request's target, which HTTP/2 sends in place of `Host`.
    fn authority(&self) -> Option<&str>;
}

/// The headers that are looked at. Each adapter has its framework's own constants for them, so that no
/// name is parsed with every request.
#[derive(Clone, Copy)]
pub(in crate::web) enum Field {
    Host,
    Cookie,
    Authorization,
    Origin,
    SecFetchSite,
    Upgrade,
}

/// The authority of the target, where it has one: HTTP/2 sends it in place of `Host`, and a `Host`
/// beside it counts for nothing (RFC 9113 §8.3.1, RFC 9112 §3.2.2). Otherwise `Host`, all of them if
/// there are several.
fn hosts(head: &impl Head) -> impl Iterator<Item = &[u8]> {
    let authority = head.authority();
    let headers = head
        .values(Field::Host)
        .filter(move |_| authority.is_none());
    authority.map(str::as_bytes).into_iter().chain(headers)
}

/// Whether this server is the one that was meant. Two `Host` are none: which of them a proxy went by
/// is unknown.
pub(in crate::web) fn is_ours(head: &impl Head, settings: &Settings) -> bool {
    if settings.serves_every_host() {
        return true;
    }
    let mut hosts = hosts(head);
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host,
        _ => &[],
    };
    let listed = settings.hosts.is_empty()
        || settings
            .hosts
            .iter()
            .any(|ours| ours.as_bytes().eq_ignore_ascii_case(host));
    listed && settings.cookie.check_host(host).is_ok()
}

/// Whether the request may come from anywhere, or comes from a page of this site.
pub(in crate::web) fn is_same_origin(head: &impl Head, settings: &Settings) -> bool {
    let Some(origins) = &settings.origins else {
        return true;
    };
    let request = RequestOrigin::new(head.method()).websocket_upgrade(asks_for_websocket(head));
    // Most requests are of this kind, and the other headers make no difference to them.
    if request.is_safe() {
        return true;
    }
    let request = request
        .sec_fetch_site(head.values(Field::SecFetchSite))
        .origin(head.values(Field::Origin))
        .host(hosts(head));
    origins.check(&request).is_ok()
}

/// Over HTTP/1. Over HTTP/2 a WebSocket is opened with CONNECT (RFC 8441), which is no safe method.
fn asks_for_websocket(head: &impl Head) -> bool {
    head.values(Field::Upgrade).any(|value| {
        value
            .split(|byte| *byte == b',')
            .any(|protocol| protocol.trim_ascii().eq_ignore_ascii_case(b"websocket"))
    })
}
