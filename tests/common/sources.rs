//! Two rings, and the sentence that a source says instead of one.
#![allow(dead_code, clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use cloakroom::source::KeySource;

pub(crate) const A: &str = "clkkey1.EBESExQVFhcYGRobHB0eHxAREhMUFRYXGBkaGxwdHh--Vpuc";
pub(crate) const B: &str = "clkkey1.ICEiIyQlJicoKSorLC0uLyAhIiMkJSYnKCkqKywtLi-u6uZB";
/// What no message may hold: the first bytes of the two keys.
const SECRETS: [&str; 2] = ["EBESExQV", "ICEiIyQl"];

pub(crate) fn file_of(key: &str) -> String {
    format!("cloakroom-ring 1\nmax-lifetime 28800\nkey {key} activate=2026-09-01T00:00:00Z\n")
}

pub(crate) fn write(path: &Path, bytes: &[u8], mode: u32) {
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// The sentence behind the place.
pub(crate) fn sentence(source: &KeySource) -> String {
    let error = source.load().unwrap_err();
    let shown = error.to_string();
    for text in [&shown, &format!("{error:?}"), &format!("{source:?}")] {
        for secret in SECRETS {
            assert!(!text.contains(secret), "{text}");
        }
    }
    let place = format!("{}: ", error.place());
    shown.strip_prefix(&place).unwrap().to_owned()
}
