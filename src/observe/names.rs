//! The names of the metrics, each with its unit and what it means. docs/metrics.md lists the same.

use metrics::{Unit, describe_counter, describe_gauge};

pub(super) const VERIFIED: &str = "cloakroom_verified_total";
pub(super) const REFUSED: &str = "cloakroom_refused_total";
pub(super) const UNAVAILABLE: &str = "cloakroom_unavailable_total";
pub(super) const TOKENS: &str = "cloakroom_tokens_made_total";
pub(super) const REVOCATIONS: &str = "cloakroom_revocations_total";
pub(super) const RELOADS: &str = "cloakroom_key_reloads_total";
pub(super) const FEED_EVENTS: &str = "cloakroom_feed_events_total";
pub(super) const WEB_EVENTS: &str = "cloakroom_web_events_total";

pub(super) const ENTRIES: &str = "cloakroom_revocation_entries";
pub(super) const BYTES: &str = "cloakroom_revocation_memory_bytes";
pub(super) const QUARANTINED: &str = "cloakroom_revocation_quarantined";
pub(super) const STALE: &str = "cloakroom_view_stale";
pub(super) const AGE: &str = "cloakroom_view_age_seconds";
pub(super) const BOUND: &str = "cloakroom_view_age_limit_seconds";
pub(super) const AHEAD: &str = "cloakroom_clock_held_ahead_seconds";
pub(super) const FEED_APPLIED: &str = "cloakroom_feed_position";
pub(super) const FEED_BEHIND: &str = "cloakroom_feed_behind";
pub(super) const FEED_PENDING: &str = "cloakroom_feed_pending";
pub(super) const WAITING: &str = "cloakroom_waiting";
pub(super) const INDEX_FAILURES: &str = "cloakroom_index_failures";
pub(super) const KEYS: &str = "cloakroom_keys";
pub(super) const FINGERPRINT: &str = "cloakroom_key_ring_fingerprint";
pub(super) const ACTIVATION: &str = "cloakroom_key_next_activation_seconds";
pub(super) const RETIREMENT: &str = "cloakroom_key_next_retirement_seconds";
pub(super) const WARNINGS: &str = "cloakroom_key_warnings";
pub(super) const RELOAD_FAILURES: &str = "cloakroom_key_reload_failures";
pub(super) const RELOAD_AGE: &str = "cloakroom_key_reload_age_seconds";

const COUNTERS: [(&str, &str); 8] = [
    (VERIFIED, "Tokens that were accepted"),
    (REFUSED, "Tokens that were refused, by the stage that did"),
    (UNAVAILABLE, "Answers that could not be given"),
    (TOKENS, "Tokens that were made"),
    (REVOCATIONS, "Revocations, by how far they got"),
    (RELOADS, "Looks at the source of the keys"),
    (FEED_EVENTS, "What the revocation feed told"),
    (WEB_EVENTS, "Codes of the web layer"),
];

const GAUGES: [(&str, Unit, &str); 19] = [
    (ENTRIES, Unit::Count, "Revocations in effect"),
    (BYTES, Unit::Bytes, "Memory of the revocations"),
    (
        QUARANTINED,
        Unit::Count,
        "Cut-offs from a clock that is fast",
    ),
    (
        STALE,
        Unit::Count,
        "1 while the view of revocations is too old",
    ),
    (
        AGE,
        Unit::Seconds,
        "Age of the last proof that nothing is missed",
    ),
    (BOUND, Unit::Seconds, "How old that proof may be"),
    (
        AHEAD,
        Unit::Seconds,
        "How far the clock fell behind a time that was seen",
    ),
    (
        FEED_APPLIED,
        Unit::Count,
        "Number of the last batch in effect",
    ),
    (FEED_BEHIND, Unit::Count, "Batches known to be missing"),
    (
        FEED_PENDING,
        Unit::Count,
        "Revocations that the engine has not accepted",
    ),
    (WAITING, Unit::Count, "Waiting for the end of their session"),
    (
        INDEX_FAILURES,
        Unit::Count,
        "Entries that the index could not keep",
    ),
    (KEYS, Unit::Count, "Keys of the ring, by state"),
    (
        FINGERPRINT,
        Unit::Count,
        "The same number where the keys and their states are the same",
    ),
    (ACTIVATION, Unit::Seconds, "Until the next key takes over"),
    (RETIREMENT, Unit::Seconds, "Until the next key retires"),
    (WARNINGS, Unit::Count, "Warnings of the key ring"),
    (RELOAD_FAILURES, Unit::Count, "Looks in a row that failed"),
    (
        RELOAD_AGE,
        Unit::Seconds,
        "Since the source of the keys was in order",
    ),
];

pub(super) fn describe() {
    for (name, meaning) in COUNTERS {
        describe_counter!(name, Unit::Count, meaning);
    }
    for (name, unit, meaning) in GAUGES {
        describe_gauge!(name, unit, meaning);
    }
}
