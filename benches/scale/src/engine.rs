//! What an engine sees of many followers.

use crate::follower::Row;
use crate::table::{bytes, number, table as markdown};
use crate::{LOGOUTS, SERVERS};

/// Commands a second that one engine is given in these tables: what a Redis on one core answers,
/// rounded down. An assumption; measure yours.
pub const BUDGET: f64 = 1e5;

pub fn table(rows: &[Row]) -> String {
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let of = |followers: f64| number(row.commands * followers);
            vec![
                row.load.name.to_owned(),
                of(100.0),
                of(1_000.0),
                of(SERVERS),
                format!("{}/s", bytes(row.received * SERVERS)),
                number((BUDGET / row.commands).floor()),
            ]
        })
        .collect();
    markdown(
        &[
            "load",
            "commands a second, 100 followers",
            "1,000",
            "10,000",
            "10,000 are given",
            "followers within 100,000 commands a second",
        ],
        &rows,
    )
}

/// The same million logouts and servers, in realms of their own.
pub fn shards(rows: &[Row]) -> String {
    // Commands grow with batches, and batches with logouts; between the loads that were simulated,
    // along a straight line, which overstates.
    let commands = |batches: f64| {
        let mut points: Vec<(f64, f64)> =
            rows.iter().map(|row| (row.appends, row.commands)).collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let after = points.iter().position(|point| point.0 >= batches);
        let after = after.unwrap_or(points.len() - 1).max(1);
        let ((a, from), (b, to)) = (points[after - 1], points[after]);
        from + (to - from) * (batches - a) / (b - a)
    };
    let rows: Vec<Vec<String>> = [1.0, 4.0, 16.0, 64.0]
        .iter()
        .map(|shards| {
            let batches = (LOGOUTS / shards).max(rows[0].appends);
            let followers = SERVERS / shards;
            let load = commands(batches) * followers;
            vec![
                number(*shards),
                number(batches),
                number(followers),
                number(load),
                if load <= BUDGET {
                    "yes".into()
                } else {
                    "no".into()
                },
            ]
        })
        .collect();
    markdown(
        &[
            "realms",
            "batches a second in each",
            "followers of each",
            "commands a second for each",
            "within 100,000",
        ],
        &rows,
    )
}
