//! The sentences about a ring file, and what files are made of that are complained about.

use cloakroom::KeyRing;

/// The keys of the example in SPEC §4.7.
pub(crate) const A: &str = "clkkey1.EBESExQVFhcYGRobHB0eHxAREhMUFRYXGBkaGxwdHh--Vpuc";
pub(crate) const B: &str = "clkkey1.ICEiIyQlJicoKSorLC0uLyAhIiMkJSYnKCkqKywtLi-u6uZB";
pub(crate) const T1: &str = "activate=2026-09-01T00:00:00Z";
pub(crate) const T2: &str = "activate=2026-10-01T00:00:00Z";

pub(crate) fn message(file: &str) -> String {
    KeyRing::parse(file)
        .err()
        .map_or_else(String::new, |error| error.to_string())
}

pub(crate) fn head(rest: &str) -> String {
    format!("cloakroom-ring 1\nmax-lifetime 28800\n{rest}")
}

#[track_caller]
pub(crate) fn says(file: &str, expected: &str) {
    assert_eq!(message(file), expected, "{file:?}");
}

pub(crate) const FIRST: &str = "expected `cloakroom-ring 1`, the first line of a ring file";
pub(crate) const VERSION: &str = "this is another version of the ring file, and this program reads version 1; \
     write the file as version 1, or upgrade the program";
pub(crate) const LOST: &str = "the line ends were lost on the way here; put the variable in quotes where it is set, \
     or keep the ring in a file";
pub(crate) const ENDS: &str =
    "expected the end of the line; a note stands behind a key or on a line of its own";
pub(crate) const LINES: &str = "expected `key`, `max-lifetime`, `rollout` or a comment (`#`)";
pub(crate) const POSITIVE: &str = "expected a number of seconds from 1 to 4294967295";
pub(crate) const NUMBER: &str = "expected a number of seconds from 0 to 4294967295";
pub(crate) const ACTIVATE: &str =
    "expected activate=YYYY-MM-DDThh:mm:ssZ, a date in UTC from 1970 to 9999 that exists";
pub(crate) const RETIRE: &str =
    "expected retire=YYYY-MM-DDThh:mm:ssZ, a date in UTC from 1970 to 9999 that exists";
pub(crate) const TAIL: &str =
    "expected `retire=...` with or without `forced`, then `disabled`, or a note (`#`)";
pub(crate) const RETURN: &str =
    "a carriage return that ends no line; save the file with line ends of Unix or Windows";
pub(crate) const CONTROL: &str = "a control character or tab; use spaces";
