//! What a realm of 10,000 servers and a million logouts an hour costs, computed with the shipped
//! code: `cargo run --release --manifest-path benches/scale/Cargo.toml` prints the tables,
//! `-- --write` puts them and the plots into docs/, `-- --check` compares.

mod delay;
mod document;
mod edges;
mod engine;
mod follower;
mod lists;
mod plot;
mod random;
mod table;

use std::path::Path;
use std::process::ExitCode;

/// Logouts per second: a million an hour.
pub const LOGOUTS: f64 = 1e6 / 3600.0;
/// Servers that verify.
pub const SERVERS: f64 = 1e4;

fn main() -> ExitCode {
    let mode = std::env::args().nth(1);
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let follower = follower::table();
    let delays = delay::measure();
    let tables = [
        ("lists", lists::table()),
        ("cutoffs", edges::cutoffs()),
        ("follower", follower::text(&follower)),
        ("engine", engine::table(&follower)),
        ("shards", engine::shards(&follower)),
        ("cold", lists::cold()),
        ("edges", edges::polling()),
        ("innocent", edges::innocent()),
        ("delays", delay::text(&delays)),
    ];
    let plots = [
        ("scale-engine.svg", plot::engine(&follower)),
        ("scale-edge.svg", plot::delays(&delays)),
    ];
    match mode.as_deref() {
        None => {
            for (name, table) in &tables {
                println!("## {name}\n\n{table}");
            }
            ExitCode::SUCCESS
        }
        Some("--write") => document::write(&docs, &tables, &plots),
        Some("--check") => document::check(&docs, &tables, &plots),
        Some(other) => {
            eprintln!("{other}: --write, --check, or nothing");
            ExitCode::FAILURE
        }
    }
}
