//! The Markdown that is printed.

use crate::measure::{
    HAND_SEAL, HAND_VERIFY, ISSUE, Plan, RENEW, RING_ISSUE, RING_RENEW, RING_VERIFY, Row, Samples,
    VERIFY,
};

/// Everything that is known when the measurements are over.
pub struct Report<'r> {
    pub plan: &'r Plan,
    pub samples: &'r Samples,
    /// One for each case, or none at all.
    pub allocations: &'r [u64],
}

fn time(nanos: f64) -> String {
    if nanos < 1e3 {
        format!("{nanos:.0} ns")
    } else if nanos < 1e4 {
        format!("{:.2} µs", nanos / 1e3)
    } else if nanos < 1e6 {
        format!("{:.1} µs", nanos / 1e3)
    } else {
        format!("{:.2} ms", nanos / 1e6)
    }
}

impl Report<'_> {
    fn allocations(&self, case: usize) -> String {
        let counted = self.allocations.get(case);
        counted.map_or_else(|| "not counted".into(), u64::to_string)
    }

    fn cell(&self, case: usize, base: usize) -> String {
        let (median, ratio) = (self.samples.median(case), self.samples.ratio(case, base));
        format!("{} ({ratio:.2}x)", time(median))
    }

    /// The table of the README: this crate and its peers.
    #[must_use]
    pub fn comparison(&self) -> String {
        let mut text = String::from(
            "| | seal | verify | characters | allocations: seal, verify | what protects the fields, \
             and how they are written | what verifying includes |\n\
             |---|---:|---:|---:|---:|---|---|\n",
        );
        let mut row = |name: &str, seal: usize, verify: Option<usize>, how: &str, checks: &str| {
            let verified = verify.map_or_else(String::new, |verify| self.cell(verify, VERIFY));
            let opened = verify.map_or_else(String::new, |case| {
                ", ".to_owned() + &self.allocations(case)
            });
            text += &format!(
                "| {name} | {} | {verified} | {} | {}{opened} | {how} | {checks} |\n",
                self.cell(seal, ISSUE),
                self.plan.cases[seal].characters,
                self.allocations(seal),
            );
        };
        let how = "XChaCha20-Poly1305 + HMAC-SHA-256, postcard";
        let checks = "seal, key, purpose, schema, clock, revocation list";
        row("**cloakroom**, issuing", ISSUE, Some(VERIFY), how, checks);
        row("**cloakroom**, renewing", RENEW, None, "", "");
        let name = "**cloakroom** with `ring`, issuing";
        row(name, RING_ISSUE, Some(RING_VERIFY), "the same", "the same");
        let name = "**cloakroom** with `ring`, renewing";
        row(name, RING_RENEW, None, "", "");
        for peer in &self.plan.rows {
            row(
                peer.name,
                peer.seal,
                Some(peer.verify),
                peer.how,
                peer.checks,
            );
        }
        text
    }

    /// This crate alone: sizes, refusals, rings and lists.
    #[must_use]
    pub fn own(&self) -> String {
        let mut text = String::from(
            "| | time | fastest to slowest round | of | times | characters | allocations |\n\
             |---|---:|---:|---|---:|---:|---:|\n",
        );
        for &(case, base) in &self.plan.own {
            let (least, most) = self.samples.spread(case);
            text += &format!(
                "| {} | {} | {} to {} | {} | {:.2} | {} | {} |\n",
                self.plan.cases[case].name,
                time(self.samples.median(case)),
                time(least),
                time(most),
                self.plan.cases[base].name,
                self.samples.ratio(case, base),
                self.plan.cases[case].characters,
                self.allocations(case),
            );
        }
        text
    }

    /// What must hold, and whether it does.
    #[must_use]
    pub fn goals(&self) -> String {
        let at_most = |what: &str, value: f64, limit: f64| {
            let verdict = if value <= limit { "yes" } else { "NO" };
            format!("| {what} | {value:.3} | at most {limit:.3} | {verdict} |\n")
        };
        let allocations = |what: &str, case: usize, limit: u64| match self.allocations.get(case) {
            Some(&counted) => at_most(what, counted as f64, limit as f64),
            None => format!("| {what} | not counted | at most {limit} | UNKNOWN |\n"),
        };
        let mut text =
            String::from("| goal | measured | wanted | reached |\n|---|---:|---:|---|\n");
        text += &allocations("allocations of a borrowed verification", VERIFY, 0);
        text += &allocations("allocations of issuing", ISSUE, 1);
        text += &allocations("allocations of renewing", RENEW, 1);
        let by_hand = |case, base| self.samples.ratio(case, base);
        text += &at_most(
            "renewing, of sealing by hand",
            by_hand(RENEW, HAND_SEAL),
            1.35,
        );
        text += &at_most(
            "verifying, of opening by hand",
            by_hand(VERIFY, HAND_VERIFY),
            1.35,
        );
        let pasetors = self
            .plan
            .rows
            .iter()
            .find(|row| row.name.starts_with("pasetors"));
        if let Some(pasetors) = pasetors {
            let (seal, verify) = (pasetors.seal, pasetors.verify);
            for (how, issue, renew, open, limit) in [
                ("", ISSUE, RENEW, VERIFY, 0.5),
                (
                    " with `ring`",
                    RING_ISSUE,
                    RING_RENEW,
                    RING_VERIFY,
                    1.0 / 3.0,
                ),
            ] {
                let what = format!("issuing{how}, of sealing with pasetors");
                text += &at_most(&what, by_hand(issue, seal), limit);
                let what = format!("renewing{how}, of sealing with pasetors");
                text += &at_most(&what, by_hand(renew, seal), limit);
                let what = format!("verifying{how}, of verifying with pasetors");
                text += &at_most(&what, by_hand(open, verify), limit);
            }
        }
        // The first row is the work by hand, which is no peer.
        let peers = self.plan.rows.get(1..).unwrap_or_default();
        let dearest = |case, of: fn(&Row) -> usize| {
            let ratios = peers.iter().map(|row| by_hand(case, of(row)));
            ratios.fold(0.0, f64::max)
        };
        let seal: fn(&Row) -> usize = |row| row.seal;
        let verify: fn(&Row) -> usize = |row| row.verify;
        for (what, case, of, limit) in [
            ("issuing", RING_ISSUE, seal, 1.3),
            ("renewing", RING_RENEW, seal, 1.0),
            ("verifying", RING_VERIFY, verify, 1.0),
        ] {
            let what = format!("{what} with `ring`, of the fastest peer");
            text += &at_most(&what, dearest(case, of), limit);
        }
        for &(case, base) in &self.plan.own {
            let name = &self.plan.cases[case].name;
            if name.contains(": reject") {
                text += &at_most(&format!("{name}, of accepting"), by_hand(case, base), 1.0);
            }
        }
        text
    }
}

/// The one that DESIGN.md says is missed, and why.
const EXPLAINED: &str = "issuing, of sealing with pasetors";

/// Which of these goals are not reached, apart from the one that is explained.
pub fn missed(goals: &str) -> Vec<&str> {
    let lines = goals.lines().filter(|line| line.ends_with("| NO |"));
    let names = lines.filter_map(|line| line.split('|').nth(1));
    names
        .map(str::trim)
        .filter(|name| *name != EXPLAINED)
        .collect()
}
