//! Live entries, and what they weigh.

use cloakroom::feed::{FeedKey, FeedKeys, Position, Realm};
use cloakroom::hazmat::feed::seal_snapshot;
use cloakroom::{Record, Revocation, RevocationList, Timestamp};

use crate::edges::export;
use crate::random::Random;
use crate::table::{bytes, number, table as markdown};
use crate::{LOGOUTS, SERVERS};

/// Staleness bound and twice the tolerance: what the life of an entry has besides the token's.
const BESIDE: f64 = 2.0 + 120.0;
/// Token lifetimes, in seconds.
const LIFETIMES: [(f64, &str); 4] = [
    (300.0, "5 minutes"),
    (1800.0, "30 minutes"),
    (3600.0, "1 hour"),
    (28800.0, "8 hours"),
];

/// Entries alive at a million logouts an hour, for a token lifetime in seconds.
pub fn live(lifetime: f64) -> usize {
    (LOGOUTS * (lifetime + BESIDE)).round() as usize
}

pub fn realm() -> Realm {
    Realm::new("shop.example").expect("a good name")
}

pub fn key() -> FeedKey {
    let mut bytes = [7; 32];
    bytes[0] = 1;
    FeedKey::from_bytes(&bytes).expect("not all equal")
}

pub fn position(n: u64) -> Position {
    Position {
        epoch: [0xE0; 16],
        n,
        chain: [0xC4; 8],
    }
}

struct Sizes {
    memory: f64,
    snapshot: f64,
    export: f64,
}

fn sizes(entries: usize) -> Sizes {
    let now = Timestamp::from_unix(1_800_000_000).expect("before the year 9999");
    let sessions = Random(1).ids(entries);
    let list = RevocationList::new();
    let records: Vec<Record> = sessions
        .iter()
        .map(|id| Record::new(Revocation::session(*id), 1_800_002_000))
        .collect();
    let _none = list.merge(&records, now);
    let image = seal_snapshot(
        &FeedKeys::new(key()),
        &realm(),
        &position(1),
        1922,
        &list.snapshot(now),
    );
    Sizes {
        memory: list.stats().bytes as f64,
        snapshot: image.len() as f64,
        export: export(&sessions, &[]).len() as f64,
    }
}

pub fn table() -> String {
    let rows: Vec<Vec<String>> = LIFETIMES
        .iter()
        .map(|(lifetime, name)| {
            let entries = live(*lifetime);
            let sizes = sizes(entries);
            let each = |total: f64| number(total / entries as f64);
            vec![
                (*name).to_owned(),
                number(entries as f64),
                format!("{} ({} B)", bytes(sizes.memory), each(sizes.memory)),
                format!("{} ({} B)", bytes(sizes.snapshot), each(sizes.snapshot)),
                format!("{} ({} B)", bytes(sizes.export), each(sizes.export)),
            ]
        })
        .collect();
    markdown(
        &[
            "a token lives",
            "live entries",
            "list in memory (each)",
            "snapshot (each)",
            "edge export (each)",
        ],
        &rows,
    )
}

/// Every server starts anew within some minutes.
pub fn cold() -> String {
    let sizes = sizes(live(1800.0));
    let rows: Vec<Vec<String>> = [
        (60.0, "1 minute"),
        (600.0, "10 minutes"),
        (3600.0, "1 hour"),
    ]
    .iter()
    .map(|(seconds, name)| {
        let rate = |size: f64| format!("{}/s", bytes(size * SERVERS / seconds));
        vec![(*name).to_owned(), rate(sizes.snapshot), rate(sizes.export)]
    })
    .collect();
    let mut text = markdown(
        &[
            "10,000 servers start within",
            "snapshots of the feed",
            "edge exports",
        ],
        &rows,
    );
    text += &format!(
        "\nOnce: {} of snapshots, or {} of exports.\n",
        bytes(sizes.snapshot * SERVERS),
        bytes(sizes.export * SERVERS)
    );
    text
}
