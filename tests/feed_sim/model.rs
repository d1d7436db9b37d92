//! What the simulation knows that no server does: every token, what was said about it, and what the
//! engine holds.

use std::collections::BTreeMap;

use cloakroom::feed::{FeedRevocations, FoundingByHand, Position, RotatingByHand};
use cloakroom::{Facts, RevocationView as _, SessionId, Timestamp};

use crate::net::News;
use crate::said::{Claims, Said};
use crate::server::{ABSOLUTE, Asked, IDLE};
use crate::store::Store;

/// Seconds after which a token is dead by every clock of the simulation.
pub(crate) const CLOCKS_APART: u64 = 10;

#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) claims: Claims,
    pub(crate) subject: &'static str,
    pub(crate) issued: u64,
    /// Number and time of the first batch of the primary that refuses it.
    pub(crate) held: Option<(u64, u64)>,
    /// Whether anybody ever asked for that, delivered or not.
    pub(crate) revoked: bool,
    /// The servers that refused it since they started, and since their disk was new: a bit each.
    pub(crate) refused: u32,
    pub(crate) remembered: u32,
}

impl Token {
    pub(crate) fn ends(&self) -> u64 {
        (self.issued + IDLE).min(self.claims.started + ABSOLUTE)
    }

    pub(crate) fn refused_by(&self, feed: &FeedRevocations, audience: &[u8; 16], now: u64) -> bool {
        let session = SessionId::from_bytes(self.claims.id);
        let facts = Facts::by_hand(
            (session, self.claims.generation),
            self.claims.started,
            self.subject.as_bytes(),
            audience,
            &[0; 16],
        );
        let now = Timestamp::from_unix(now).unwrap();
        feed.verdict(&facts, now).is_some()
    }
}

/// Who waits for an answer.
pub(crate) enum Asking {
    Publication(Asked),
    Rotation {
        rotating: RotatingByHand,
        /// The token with the next generation.
        next: Box<Token>,
        /// Seconds of that server's clock when it was asked for.
        asked: u64,
    },
    Founding(FoundingByHand),
}

pub(crate) struct Waiting {
    pub(crate) server: usize,
    /// Which process of it.
    pub(crate) life: u64,
    pub(crate) asking: Asking,
}

/// A promise that was given.
#[derive(Clone, Debug)]
pub(crate) struct Owed {
    pub(crate) said: Vec<Said>,
    /// Where the engine accepted it; none for what is pending on a disk.
    pub(crate) at: Option<Position>,
    pub(crate) time: u64,
}

#[derive(Default)]
pub(crate) struct Model {
    pub(crate) tokens: Vec<Token>,
    /// Everything that anybody asked for, with the time.
    pub(crate) published: Vec<(u64, Said)>,
    /// What the primary holds: number, time, what.
    pub(crate) truth: Vec<(u64, u64, Said)>,
    pub(crate) waiting: Vec<Waiting>,
    pub(crate) owed: Vec<Owed>,
    /// Rotations that succeeded, with their place.
    pub(crate) rotations: BTreeMap<([u8; 16], u32), Vec<Position>>,
}

/// Milliseconds after which a record matches no live token any more.
const LONG: u64 = 420_000;

impl Model {
    pub(crate) fn publish(&mut self, time: u64, said: &[Said]) {
        for one in said {
            self.published.push((time, *one));
            for token in &mut self.tokens {
                token.revoked |= one.refuses(&token.claims);
            }
        }
    }

    pub(crate) fn keep(&mut self, mut token: Token) {
        token.revoked = self
            .published
            .iter()
            .any(|(_, said)| said.refuses(&token.claims));
        token.held = self.first_held(&token);
        self.tokens.push(token);
    }

    fn first_held(&self, token: &Token) -> Option<(u64, u64)> {
        let mut truth = self.truth.iter();
        let found = truth.find(|(_, _, said)| said.refuses(&token.claims));
        found.map(|(n, time, _)| (*n, *time))
    }

    pub(crate) fn hear(&mut self, news: Vec<News>, primary: &Store) {
        let mut changed = false;
        for news in news {
            match news {
                News::Changed => changed = true,
                News::Accepted { n, time, said } => {
                    for said in said {
                        self.truth.push((n, time, said));
                        for token in &mut self.tokens {
                            if token.held.is_none() && said.refuses(&token.claims) {
                                token.held = Some((n, time));
                            }
                        }
                    }
                }
            }
        }
        if changed {
            self.truth.clear();
            for entry in &primary.history {
                let said = entry.said.iter();
                self.truth
                    .extend(said.map(|said| (entry.at.n, entry.time, *said)));
            }
            for index in 0..self.tokens.len() {
                self.tokens[index].held = self.first_held(&self.tokens[index]);
            }
        }
    }

    /// Forgets what can matter no more.
    pub(crate) fn tidy(&mut self, now: u64) {
        let seconds = now / 1000;
        self.tokens
            .retain(|token| token.ends() + CLOCKS_APART > seconds);
        self.truth.retain(|(_, time, _)| time + LONG > now);
        self.published.retain(|(time, _)| time + LONG > now);
        self.owed.retain(|owed| owed.time + LONG / 4 > now);
    }
}
