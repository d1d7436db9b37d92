//! jsonwebtoken, HS256: signed, not encrypted, so whoever holds the token reads the session.
//!
//! With the faster of its two backends. Verification includes the signature, the algorithm and that there
//! is an `exp`; both deadlines are compared by hand, because its own comparison would read the clock once
//! more. Claims can't borrow (`DeserializeOwned`).

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};

use crate::data::{Method, SESSION_TEXT, Session, Typical, alive, mix};
use crate::peers::{Peer, Subject};

#[derive(Serialize)]
struct Written<'a> {
    jti: &'a str,
    sub: &'a str,
    auth_time: u64,
    iat: u64,
    exp: u64,
    absolute: u32,
    user: &'a Typical<'a>,
}

#[derive(Deserialize)]
struct Read {
    jti: String,
    sub: String,
    auth_time: u64,
    iat: u64,
    exp: u64,
    absolute: u32,
    user: User,
}

/// The typical session, owned.
#[derive(Deserialize)]
struct User {
    account: u64,
    tenant: u32,
    name: String,
    email: String,
    roles: u32,
    method: Method,
    locale: String,
    device: String,
    second_factor_at: Option<u64>,
}

struct Jwt {
    header: Header,
    sealing: EncodingKey,
    opening: DecodingKey,
    validation: Validation,
}

impl Subject for Jwt {
    fn seal(&mut self, session: &Session<'_>) -> String {
        let claims = Written {
            jti: SESSION_TEXT,
            sub: session.subject,
            auth_time: session.authenticated_at,
            iat: session.issued_at,
            exp: session.issued_at + u64::from(session.idle),
            absolute: session.absolute,
            user: &session.payload,
        };
        encode(&self.header, &claims, &self.sealing).unwrap()
    }

    fn verify(&mut self, token: &str) -> Option<u64> {
        let token = decode::<Read>(token, &self.opening, &self.validation).ok()?;
        let read = &token.claims;
        let absolute = read.auth_time + u64::from(read.absolute);
        let alive = alive(read.exp, absolute) && read.iat < read.exp;
        let user = Typical {
            account: read.user.account,
            tenant: read.user.tenant,
            name: &read.user.name,
            email: &read.user.email,
            roles: read.user.roles,
            method: read.user.method,
            locale: &read.user.locale,
            device: &read.user.device,
            second_factor_at: read.user.second_factor_at,
        };
        (alive && read.jti == SESSION_TEXT).then(|| mix(1, &read.sub, &user))
    }
}

pub(super) fn peer() -> Peer {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.leeway = 0;
    validation.validate_exp = false;
    Peer::new(
        "jsonwebtoken HS256 (not encrypted)",
        "HMAC-SHA-256, JSON",
        "signature, algorithm, clock",
        Jwt {
            header: Header::new(Algorithm::HS256),
            sealing: EncodingKey::from_secret(&[7; 32]),
            opening: DecodingKey::from_secret(&[7; 32]),
            validation,
        },
    )
}
