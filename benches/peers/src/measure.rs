//! The cases, and how they are timed.

use std::hint::black_box;
use std::time::Instant;

use crate::baseline::Baseline;
use crate::data::{Claims, Large, SUBJECT, Small, Typical, expected, mix, now};
use crate::ours;
use crate::peers::{self, Peer};
use cloakroom::{RevocationList, hazmat};

/// One thing that is timed.
pub struct Case {
    pub name: String,
    /// Of the token that it makes or reads.
    pub characters: usize,
    pub run: Box<dyn FnMut()>,
}

/// The rows of the comparison: name, what protects the fields, what verification includes.
#[derive(Clone)]
pub struct Row {
    pub name: &'static str,
    pub how: &'static str,
    pub checks: &'static str,
    /// Of the cases that seal and that verify.
    pub seal: usize,
    pub verify: usize,
}

/// Everything that is measured, in the order of a round.
#[derive(Default)]
pub struct Plan {
    pub cases: Vec<Case>,
    pub rows: Vec<Row>,
    /// The cases of this crate beside the comparison: the case, and the one it is a multiple of.
    pub own: Vec<(usize, usize)>,
}

/// In [`Plan::cases`].
pub const ISSUE: usize = 0;
pub const RENEW: usize = 1;
pub const VERIFY: usize = 2;
/// With the feature `ring`, without which everything else of this crate is measured.
pub const RING_ISSUE: usize = 3;
pub const RING_RENEW: usize = 4;
pub const RING_VERIFY: usize = 5;
pub const HAND_SEAL: usize = 6;
pub const HAND_VERIFY: usize = 7;

impl Plan {
    fn add(
        &mut self,
        name: impl Into<String>,
        characters: usize,
        run: impl FnMut() + 'static,
    ) -> usize {
        self.cases.push(Case {
            name: name.into(),
            characters,
            run: Box::new(run),
        });
        self.cases.len() - 1
    }

    fn peer(&mut self, mut peer: Peer) {
        let token = peer.prove();
        let characters = token.len();
        let (name, how, checks) = (peer.name, peer.how, peer.checks);
        let subject: &'static _ = Box::leak(Box::new(std::cell::RefCell::new(peer.subject)));
        let session = Claims::at(now(), Typical::SAMPLE);
        let seal = self.add(format!("{name}: seal"), characters, move || {
            drop(black_box(subject.borrow_mut().seal(black_box(&session))));
        });
        let expected = expected();
        let verify = self.add(format!("{name}: verify"), characters, move || {
            let read = subject.borrow_mut().verify(black_box(&token));
            assert_eq!(read, Some(expected));
        });
        self.rows.push(Row {
            name,
            how,
            checks,
            seal,
            verify,
        });
    }

    /// Issuing, renewing and verifying the typical session.
    fn typical(&mut self, name: &str, sessions: ours::Kept<Typical<'static>>) -> [usize; 3] {
        let token = ours::token(sessions, &Typical::SAMPLE);
        let issue = ours::issue(sessions, Typical::SAMPLE);
        let issue = self.add(format!("{name}: issue"), token.len(), issue);
        let renew = ours::renew(sessions, token);
        let renew = self.add(format!("{name}: renew"), token.len(), renew);
        let verify = ours::verify(sessions, token, read_typical);
        let verify = self.add(format!("{name}: verify"), token.len(), verify);
        [issue, renew, verify]
    }

    /// The tokens that are refused, against a token of the same length that is accepted.
    fn rejects<T: cloakroom::Payload>(
        &mut self,
        name: &str,
        sessions: ours::Kept<T>,
        token: &str,
        accept: usize,
    ) {
        for (kind, hostile) in ours::hostile(token) {
            let length = hostile.len();
            let run = ours::reject(sessions, hostile);
            let case = self.add(format!("{name}: reject {kind}"), length, run);
            self.own.push((case, accept));
        }
    }

    /// Verification of the typical session with other keys and revocations.
    fn beside(&mut self, name: &str, ring: cloakroom::KeyRing, list: RevocationList, base: usize) {
        let sessions = ours::sessions::<Typical<'static>>(ring, list);
        let token = ours::token(sessions, &Typical::SAMPLE);
        let verify = ours::verify(sessions, token, read_typical);
        let case = self.add(name, token.len(), verify);
        self.own.push((case, base));
    }
}

/// Another size of session, by this crate and by hand. A macro, because a payload that borrows has
/// another type for each lifetime.
macro_rules! size {
    ($plan:expr, $name:literal, $type:ty, $view:ty, $payload:expr, $read:expr) => {{
        let plan: &mut Plan = $plan;
        let payload = $payload;
        let sessions = ours::sessions::<$type>(ours::ring(), RevocationList::new());
        let token = ours::token(sessions, &payload);
        let claims = Claims::at(now(), payload.clone());
        let (mut seals, mut opens) = (Baseline::new(), Baseline::new());
        let by_hand = seals.encode(&claims);
        let length = by_hand.len();
        let base = plan.add(concat!($name, ": seal by hand"), length, move || {
            drop(black_box(seals.encode(black_box(&claims))));
        });
        let issue = ours::issue(sessions, payload);
        let issue = plan.add(concat!($name, ": issue"), token.len(), issue);
        let renew = ours::renew(sessions, token);
        let renew = plan.add(concat!($name, ": renew"), token.len(), renew);
        let open = plan.add(concat!($name, ": verify by hand"), length, move || {
            let opened = opens.open::<$view>(black_box(&by_hand)).unwrap();
            black_box($read(&opened.payload));
        });
        let verify = ours::verify(sessions, token, $read);
        let verify = plan.add(concat!($name, ": verify"), token.len(), verify);
        plan.own
            .extend([(issue, base), (renew, base), (verify, open)]);
        plan.rejects($name, sessions, token, verify);
    }};
}

fn read_typical(payload: &Typical<'_>) -> u64 {
    mix(1, SUBJECT, payload)
}

/// Everything that is measured. `quick` leaves the large revocation lists out.
#[must_use]
pub fn plan(quick: bool) -> Plan {
    let mut plan = Plan::default();
    // Looked at when keys are derived, which is when sessions are made.
    hazmat::use_ring(true);
    let by_ring = ours::sessions::<Typical<'static>>(ours::ring(), RevocationList::new());
    hazmat::use_ring(false);
    let sessions = ours::sessions::<Typical<'static>>(ours::ring(), RevocationList::new());
    let places = [ISSUE, RENEW, VERIFY];
    assert_eq!(plan.typical("cloakroom", sessions), places);
    let places = [RING_ISSUE, RING_RENEW, RING_VERIFY];
    assert_eq!(plan.typical("cloakroom, `ring`", by_ring), places);
    let token = ours::token(sessions, &Typical::SAMPLE);
    for peer in peers::all() {
        plan.peer(peer);
    }
    plan.own.extend([
        (ISSUE, HAND_SEAL),
        (RENEW, HAND_SEAL),
        (VERIFY, HAND_VERIFY),
        (RING_ISSUE, ISSUE),
        (RING_RENEW, RENEW),
        (RING_VERIFY, VERIFY),
    ]);
    plan.rejects("typical", sessions, token, VERIFY);
    let token = ours::token(by_ring, &Typical::SAMPLE);
    plan.rejects("typical, `ring`", by_ring, token, RING_VERIFY);
    size!(
        &mut plan,
        "small",
        Small,
        Small,
        Small { account: 7 },
        |payload: &Small| payload.account
    );
    let document = "the quick brown fox jumps over the lazy dog ".repeat(33);
    let large = Large {
        account: 7,
        document: &*document.leak(),
    };
    size!(
        &mut plan,
        "1.5 KB",
        Large<'static>,
        Large<'_>,
        large,
        |payload: &Large<'_>| { payload.account + payload.document.len() as u64 }
    );
    for keys in [8, 64] {
        let name = format!("typical: verify, {keys} keys");
        plan.beside(&name, ours::ring_of(keys), RevocationList::new(), VERIFY);
    }
    let sizes: &[(usize, usize)] = if quick {
        &[(10_000, 0), (0, 10_000)]
    } else {
        &[
            (10_000, 0),
            (1_000_000, 0),
            (0, 10_000),
            (1_000_000, 10_000),
        ]
    };
    for &(sessions, subjects) in sizes {
        let name = format!("typical: verify, {sessions} sessions and {subjects} users logged out");
        plan.beside(
            &name,
            ours::ring(),
            ours::list_of(sessions, subjects),
            VERIFY,
        );
    }
    plan
}

/// Nanoseconds per operation, one for each round.
pub struct Samples(Vec<Vec<f64>>);

impl Samples {
    /// Times every case once per round, one after the other, so that what the neighbours on the
    /// machine do falls on all of them.
    pub fn take(cases: &mut [Case], rounds: usize, slot_nanos: f64) -> Self {
        let time = |case: &mut Case, times: u32| {
            let start = Instant::now();
            for _ in 0..times {
                (case.run)();
            }
            start.elapsed().as_nanos() as f64 / f64::from(times)
        };
        let times: Vec<u32> = cases
            .iter_mut()
            .map(|case| {
                time(case, 20);
                (slot_nanos / time(case, 50)).clamp(1.0, 1e6) as u32
            })
            .collect();
        let mut samples = vec![Vec::with_capacity(rounds); cases.len()];
        for _ in 0..rounds {
            for ((case, times), samples) in cases.iter_mut().zip(&times).zip(&mut samples) {
                samples.push(time(case, *times));
            }
        }
        Self(samples)
    }

    #[must_use]
    pub fn median(&self, case: usize) -> f64 {
        median(self.0[case].clone())
    }

    /// The fastest and the slowest round.
    #[must_use]
    pub fn spread(&self, case: usize) -> (f64, f64) {
        let values = &self.0[case];
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        (least, values.iter().copied().fold(0.0, f64::max))
    }

    /// How many times dearer `case` is than `base`: the median of what the rounds say, each of which
    /// compares neighbours in time.
    #[must_use]
    pub fn ratio(&self, case: usize, base: usize) -> f64 {
        let rounds = self.0[case].iter().zip(&self.0[base]);
        median(rounds.map(|(case, base)| case / base).collect())
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
