//! Edge exports: their size, what polling them costs, and whom the filter hits.

use cloakroom::edge::EdgeKeys;
use cloakroom::hazmat::edge::{Export, open_export, seal_export};
use cloakroom::{Record, Revocation, SessionId};

use crate::SERVERS;
use crate::lists::{key, live, position, realm};
use crate::random::Random;
use crate::table::{bytes, number, table};

/// An answer "not modified", headers of request and answer included: an assumption.
const NOT_MODIFIED: f64 = 500.0;
/// A CDN or proxy gives what it has to all; each of its places asks the origin once.
pub const POLL: f64 = 5.0;
/// B of the maker, transfer, and twice the clock allowance, in seconds.
pub const FIXED: f64 = 2.0 + 2.0 + 2.0 * 0.75;

pub fn export(sessions: &[SessionId], records: &[Record]) -> Vec<u8> {
    let export = Export {
        position: position(1),
        made_at: 1_800_000_000_000,
        valid_until: 1_800_000_030_000,
        high_water_mark: 1_800_000_000,
        life: 1920,
        salt: [0x5A; 16],
        records: records.to_vec(),
    };
    seal_export(&key().edge_signer(), &realm(), &export, sessions).expect("within the limits")
}

/// Size by the share of what is exact.
pub fn cutoffs() -> String {
    let entries = live(1800.0);
    let rows: Vec<Vec<String>> = [0, 1, 10, 50]
        .iter()
        .map(|percent| {
            let cut = entries * percent / 100;
            let sessions = Random(2).ids(entries - cut);
            let records: Vec<Record> = (0..cut)
                .map(|number| {
                    let name = format!("user-{number}");
                    let revocation = Revocation::subject(name.as_bytes(), 1_800_000_003, None);
                    Record::new(revocation, 1_800_002_000)
                })
                .collect();
            let size = export(&sessions, &records).len() as f64;
            vec![
                format!("{percent} %"),
                bytes(size),
                number(size / entries as f64),
            ]
        })
        .collect();
    table(
        &[
            "subjects or rotations among the entries",
            "edge export",
            "bytes an entry",
        ],
        &rows,
    )
}

/// The least bound that keeps a healthy edge fresh.
pub fn least_bound(interval: f64) -> f64 {
    FIXED + interval + POLL
}

pub fn polling() -> String {
    let size = export(&Random(1).ids(live(1800.0)), &[]).len() as f64;
    let rows: Vec<Vec<String>> = [5.0, 10.0, 30.0, 60.0]
        .iter()
        .map(|interval| {
            // Of the polls within an interval one brings the export.
            let rest = (interval / POLL - 1.0) * NOT_MODIFIED;
            let each = (size + rest) / interval;
            vec![
                format!("{} s", number(*interval)),
                format!("{}/s", bytes(each)),
                format!("{}/s", bytes(each * SERVERS)),
                number(SERVERS / POLL),
                format!("{} s", number(least_bound(*interval))),
            ]
        })
        .collect();
    table(
        &[
            "an export every",
            "each edge fetches",
            "10,000 edges fetch",
            "requests a second",
            "least bound",
        ],
        &rows,
    )
}

/// Probes whoever was not logged out.
const PROBES: u32 = 20_000_000;

pub fn innocent() -> String {
    let mut random = Random(1);
    let sessions = random.ids(live(1800.0));
    let keys = EdgeKeys::new(key().edge_signer().public_key());
    let file = export(&sessions, &[]);
    let opened = open_export(&keys, &realm(), &file).expect("just made");
    assert!(sessions.iter().all(|id| opened.hits(*id)), "one is missed");
    let hits = (0..PROBES).filter(|_| opened.hits(random.id())).count() as f64;
    let rate = 1.0 / 65_536.0;
    let mut rows = vec![
        vec!["innocents asked about".into(), number(f64::from(PROBES))],
        vec!["of whom the filter hit".into(), format!("{hits:.0}")],
        vec![
            "expected of 2^-16".into(),
            format!("{:.0}", f64::from(PROBES) * rate),
        ],
        vec!["logged-out sessions that it missed".into(), "0".into()],
    ];
    for requests in [1e5, 1e6, 1e7] {
        rows.push(vec![
            format!(
                "asked at the origin, of {} requests a second in all",
                number(requests)
            ),
            format!("{} a second", number(requests * rate)),
        ]);
    }
    table(&["", ""], &rows)
}
