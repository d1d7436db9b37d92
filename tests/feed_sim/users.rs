//! What users do: log in, come back, log out; and what servers do for them.

use cloakroom::feed::FeedError;
use cloakroom::hazmat::{self, For, Opener};
use cloakroom::{Freshness, RevocationPublish as _, RevocationView as _, SessionId, Timestamp};

use crate::model::{Asking, Token, Waiting};
use crate::run::Run;
use crate::said::{Claims, Said};
use crate::server::{AUDIENCE, PURPOSE, ring, token_key};

const SUBJECTS: [&str; 4] = ["ada", "bob", "eve", ""];
const MOST_TOKENS: usize = 28;

impl Run {
    pub(crate) fn login(&mut self) {
        if self.model.tokens.len() >= MOST_TOKENS {
            return;
        }
        let server = self.random.index(self.servers.len());
        let subject = SUBJECTS[self.random.index(SUBJECTS.len())];
        let Some(up) = &self.servers[server].up else {
            return;
        };
        let fresh = up.feed.freshness() == Freshness::Fresh;
        let Ok(issued) = up.sessions.issue(subject, &()) else {
            self.stats.count("no login");
            return;
        };
        assert!(fresh, "a login on a view that is not fresh");
        self.stats.count("login");
        self.keep(&issued, subject);
    }

    pub(crate) fn keep(&mut self, issued: &cloakroom::Issued, subject: &'static str) {
        let info = &issued.session;
        self.model.keep(Token {
            text: issued.token.as_str().into(),
            claims: Claims {
                id: info.id().to_bytes(),
                generation: info.generation(),
                started: info.authenticated_at().unix(),
                subject: if subject.is_empty() {
                    [0; 16]
                } else {
                    hazmat::revocation_key(2, subject.as_bytes())
                },
                audience: self.audience,
            },
            subject,
            issued: info.issued_at().unix(),
            held: None,
            revoked: false,
            refused: 0,
            remembered: 0,
        });
    }

    /// A token and a server that lets it live.
    fn session(&mut self) -> Option<(usize, usize)> {
        if self.model.tokens.is_empty() {
            return None;
        }
        let token = self.random.index(self.model.tokens.len());
        let server = self.random.index(self.servers.len());
        self.servers[server].up.as_ref()?;
        Some((token, server))
    }

    pub(crate) fn renew(&mut self) {
        let Some((token, server)) = self.session() else {
            return;
        };
        let (text, subject) = {
            let token = &self.model.tokens[token];
            (token.text.clone(), token.subject)
        };
        let up = self.servers[server].up.as_ref().unwrap();
        let Ok(session) = up.sessions.verify(&text) else {
            return;
        };
        if let Ok(Some(issued)) = up.sessions.renew(&session) {
            self.stats.count("renewed");
            if self.model.tokens.len() < 2 * MOST_TOKENS {
                self.keep(&issued, subject);
            }
        }
    }

    pub(crate) fn revoke(&mut self) {
        let Some((token, server)) = self.session() else {
            return;
        };
        let token = self.model.tokens[token].clone();
        let id = SessionId::from_bytes(token.claims.id);
        let up = self.servers[server].up.as_ref().unwrap();
        let sessions = up.sessions.clone();
        let before = |seconds: u64| Timestamp::from_unix(seconds).unwrap();
        let asked = match self.random.below(100) {
            0..=49 => sessions.revoke(id),
            50..=59 => sessions.revoke_generations_below(id, token.claims.generation + 1),
            60..=69 => sessions.revoke_subject(token.subject),
            70..=79 => sessions.revoke_subject_except(token.subject, id),
            80..=92 => {
                // A past login whose session was renewed since.
                let cutoff = token.claims.started + self.random.between(1, 3);
                sessions.revoke_subject_before(token.subject, before(cutoff))
            }
            93..=96 => sessions.revoke_all_before(before(token.claims.started + 1)),
            _ => {
                // Several at once, one of them of a session that nobody has.
                let mut unknown = [0; 16];
                unknown[0] = self.random.next() as u8;
                let both = [id, SessionId::from_bytes(unknown)].map(cloakroom::Revocation::session);
                let now = before(self.servers[server].clocks.seconds());
                let published = sessions.revocations().publish(&both, now);
                published.map_err(cloakroom::RevokeError::Publish)
            }
        };
        let Ok(asked) = asked else {
            self.stats.count("nothing revoked");
            return;
        };
        if self.servers[server].follows {
            self.model
                .waiting
                .push(self.waiting(server, Asking::Publication(asked)));
            self.stats.count("revocation at a follower");
            return;
        }
        self.stats.count("revoked");
        let now = self.net.now();
        self.model.publish(now, &asked.said);
        self.servers[server].settle();
        self.model
            .waiting
            .push(self.waiting(server, Asking::Publication(asked)));
    }

    pub(crate) fn waiting(&self, server: usize, asking: Asking) -> Waiting {
        Waiting {
            server,
            life: self.servers[server].lives,
            asking,
        }
    }

    /// One session, on one server or on two at a time.
    pub(crate) fn rotate(&mut self) {
        let Some((token, server)) = self.session() else {
            return;
        };
        self.rotate_on(token, server);
        if self.random.chance(500) {
            let other = self.random.index(self.servers.len());
            self.rotate_on(token, other);
        }
    }

    fn rotate_on(&mut self, token: usize, server: usize) {
        let token = self.model.tokens[token].clone();
        let Some(up) = &self.servers[server].up else {
            return;
        };
        // As `Sessions::rotate` does before it publishes.
        if up.sessions.verify(&token.text).is_err() || up.feed.freshness() != Freshness::Fresh {
            return;
        }
        let id = SessionId::from_bytes(token.claims.id);
        let generation = token.claims.generation + 1;
        let rotating = match up.feed.publish_rotation_by_hand(id, generation) {
            Ok(Some(rotating)) => rotating,
            Ok(None) => {
                self.stats.count("rotation came second here");
                return;
            }
            Err(error) => {
                assert_eq!(error, FeedError::FollowsOnly);
                assert!(self.servers[server].follows);
                return;
            }
        };
        let asked = self.servers[server]
            .clocks
            .seconds()
            .max(up.feed.high_water_mark());
        let next = Box::new(next_generation(&token, generation, asked));
        let said = Said::of(&cloakroom::Revocation::older_generations(id, generation));
        let now = self.net.now();
        self.model.publish(now, &[said]);
        let asking = Asking::Rotation {
            rotating,
            next,
            asked,
        };
        let waiting = self.waiting(server, asking);
        self.model.waiting.push(waiting);
    }
}

/// What a server mints once a rotation is accepted.
fn next_generation(token: &Token, generation: u32, now: u64) -> Token {
    let opener = Opener::new(&ring(), PURPOSE.as_bytes(), AUDIENCE.as_bytes()).unwrap();
    let at = Timestamp::from_unix(now).unwrap();
    let opened = opener.open(&token.text, b"", at).unwrap();
    let (claims, payload) = hazmat::Claims::decode(&opened.plaintext).unwrap();
    let issued = now.max(claims.authenticated_at);
    let claims = hazmat::Claims {
        generation,
        issued_after: (issued - claims.authenticated_at) as u32,
        ..claims
    };
    let to = For {
        purpose: PURPOSE.as_bytes(),
        audience: AUDIENCE.as_bytes(),
        binding: b"",
    };
    let mut next = Token {
        text: hazmat::seal(&token_key(), to, &claims.encode(payload)).unwrap(),
        issued,
        held: None,
        revoked: false,
        refused: 0,
        remembered: 0,
        ..token.clone()
    };
    next.claims.generation = generation;
    next
}
