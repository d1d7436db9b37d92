//! biscuit-auth: Ed25519 signatures over Datalog facts. Signed, not encrypted, and verifiable without
//! the power to issue, which no other peer offers: it is here because it is a common choice, not
//! because it does the same.
//!
//! Facts are built term by term and the authorizer's check, policy and query are parsed outside the
//! loop; both deadlines are a check of the authorizer, so that issuing builds no check.

use std::time::{Duration, UNIX_EPOCH};

use biscuit_auth::builder::{AuthorizerBuilder, Fact, Rule, Term, bytes, date, fact, int, string};
use biscuit_auth::{AuthorizerLimits, Biscuit, KeyPair};

use crate::data::{Method, Session, Typical, mix};
use crate::peers::{Peer, Subject};

struct Signed {
    keys: KeyPair,
    authorizer: AuthorizerBuilder,
    query: Rule,
}

fn seconds(value: u64) -> Term {
    date(&(UNIX_EPOCH + Duration::from_secs(value)))
}

fn number(value: impl TryInto<i64>) -> Term {
    int(value.try_into().ok().expect("fits"))
}

impl Subject for Signed {
    fn seal(&mut self, session: &Session<'_>) -> String {
        let user = &session.payload;
        let claims = fact(
            "session",
            &[
                bytes(&session.session),
                string(session.subject),
                seconds(session.authenticated_at),
                seconds(session.issued_at),
            ],
        );
        let expires = fact(
            "expires",
            &[
                seconds(session.issued_at + u64::from(session.idle)),
                seconds(session.authenticated_at + u64::from(session.absolute)),
            ],
        );
        let user = fact(
            "user",
            &[
                number(user.account),
                number(user.tenant),
                string(user.name),
                string(user.email),
                number(user.roles),
                number(user.method as i64),
                string(user.locale),
                string(user.device),
                number(user.second_factor_at.unwrap_or(0)),
            ],
        );
        Biscuit::builder()
            .fact(claims)
            .and_then(|builder| builder.fact(expires))
            .and_then(|builder| builder.fact(user))
            .and_then(|builder| builder.build(&self.keys))
            .and_then(|token| token.to_base64())
            .unwrap()
    }

    fn verify(&mut self, token: &str) -> Option<u64> {
        let token = Biscuit::from_base64(token, self.keys.public()).ok()?;
        let mut authorizer = self.authorizer.clone().time().build(&token).ok()?;
        authorizer.authorize().ok()?;
        let fields: Fact = authorizer.query_exactly_one(self.query.clone()).ok()?;
        let [
            Term::Bytes(session),
            Term::Str(subject),
            Term::Integer(account),
            Term::Integer(tenant),
            Term::Str(name),
            Term::Str(email),
            Term::Integer(roles),
            Term::Integer(method),
            Term::Str(locale),
            Term::Str(device),
            Term::Integer(second_factor_at),
        ] = fields.predicate.terms.as_slice()
        else {
            return None;
        };
        let user = Typical {
            account: u64::try_from(*account).ok()?,
            tenant: u32::try_from(*tenant).ok()?,
            name,
            email,
            roles: u32::try_from(*roles).ok()?,
            method: match method {
                0 => Method::Password,
                1 => Method::PasswordAndCode,
                _ => Method::Passkey,
            },
            locale,
            device,
            second_factor_at: u64::try_from(*second_factor_at).ok(),
        };
        Some(mix((*session.get(15)?).into(), subject, &user))
    }
}

pub(super) fn peer() -> Peer {
    let authorizer = AuthorizerBuilder::new()
        .code("check if time($t), expires($i, $a), $t < $i, $t < $a; allow if true;")
        .unwrap()
        // One millisecond by default, which a neighbour on the machine can take away.
        .set_limits(AuthorizerLimits {
            max_time: Duration::from_secs(10),
            ..AuthorizerLimits::default()
        });
    let query = "all($id, $s, $a, $t, $n, $e, $r, $m, $l, $d, $f) <- \
        session($id, $s, $auth, $iat), user($a, $t, $n, $e, $r, $m, $l, $d, $f)";
    Peer::new(
        "biscuit-auth (not encrypted)",
        "Ed25519, Datalog facts",
        "signatures, clock, policy",
        Signed {
            keys: KeyPair::new(),
            authorizer,
            query: Rule::try_from(query).unwrap(),
        },
    )
}
