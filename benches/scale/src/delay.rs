//! How long after a logout was accepted an edge knows of it: exports and fetches that come as they
//! do, and some that are lost.

use crate::edges::{POLL, least_bound};
use crate::random::Random;
use crate::table::{number, table as markdown};

/// Of fetches, and of exports: an assumption.
const LOST: f64 = 0.01;
const LOGOUTS: usize = 200_000;
/// The bound that exports carry, in seconds.
const BOUND: f64 = 30.0;

/// Delays in seconds, ascending, with an export every so many seconds.
pub struct Delays {
    pub interval: f64,
    pub sorted: Vec<f64>,
    /// Of all logouts: at that moment the edge was stale, and answered nobody.
    pub stale: f64,
}

pub fn measure() -> Vec<Delays> {
    [5.0, 10.0].iter().map(|interval| run(*interval)).collect()
}

fn run(interval: f64) -> Delays {
    let mut random = Random(4);
    let (mut sorted, mut stale) = (Vec::with_capacity(LOGOUTS), 0_u32);
    for _ in 0..LOGOUTS {
        // Accepted at 0, between two exports and two fetches that know nothing of each other.
        let mut made = random.unit() * interval;
        let mut fetched = random.unit() * POLL;
        // What the maker's proof lags behind, as a feed that heartbeats does.
        let mut proof = made - (0.75 + 0.75 * random.unit());
        while proof < 0.0 || random.unit() < LOST {
            made += interval;
            proof = made - (0.75 + 0.75 * random.unit());
        }
        while fetched < made || random.unit() < LOST {
            fetched += POLL;
        }
        let transfer = 0.05 + random.exponential(5.0);
        let delay = fetched + transfer;
        // The export before holds until its bound; after that the edge answers nobody, which is
        // no later than the bound after the logout.
        if delay > BOUND {
            stale += 1;
        }
        sorted.push(delay.min(BOUND));
    }
    sorted.sort_by(f64::total_cmp);
    Delays {
        interval,
        sorted,
        stale: f64::from(stale) / LOGOUTS as f64,
    }
}

impl Delays {
    pub fn quantile(&self, share: f64) -> f64 {
        let last = self.sorted.len() - 1;
        self.sorted[((last as f64) * share) as usize]
    }
}

pub fn text(delays: &[Delays]) -> String {
    let rows: Vec<Vec<String>> = delays
        .iter()
        .map(|delays| {
            let at = |share| format!("{} s", number(delays.quantile(share)));
            vec![
                format!("{} s", number(delays.interval)),
                at(0.5),
                at(0.99),
                at(1.0),
                format!("{} %", number(100.0 * delays.stale)),
                format!("{} s", number(least_bound(delays.interval))),
            ]
        })
        .collect();
    markdown(
        &[
            "an export every",
            "half know after",
            "99 % after",
            "all after, or are stale",
            "stale for a while",
            "least bound",
        ],
        &rows,
    )
}
