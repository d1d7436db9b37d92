//! `cloakroom seal`.

use std::path::Path;

use cloakroom::hazmat::{Claims, Opener};
use cloakroom::{KeyRing, RandomSource as _, Schema, SessionId, SystemRandom, Timestamp};
use serde_json::json;

use crate::args::SealArgs;
use crate::exit::{Failure, Reply};
use crate::moment::{Moment, spoken};
use crate::token::shown;
use crate::{files, hex, payload, ring_file};

/// What cookies hold of a token at most.
const COOKIE: usize = 4023;

/// By how many seconds servers let a token start in the future, unless they are set up otherwise.
const TOLERANCE: u64 = 60;

pub(crate) fn run(args: &SealArgs) -> Result<Reply, Failure> {
    let at = Moment::or_now(args.at)?;
    let schema = args.schema.as_deref().map(payload::load).transpose()?;
    let ring = ring_file::load(&args.ring, &args.password)?.ring;
    let binding = shown::binding(&args.context.binding)?;
    let (purpose, audience) = (
        args.context.purpose.as_bytes(),
        args.context.audience.as_bytes(),
    );
    let opener = Opener::new(&ring, purpose, audience).map_err(Failure::usage)?;
    let number = match &schema {
        Some(schema) => Schema::new(schema.major, schema.minor),
        None => number(&args.schema_number)?,
    };
    let payload = match &args.payload {
        Some(path) => contents(path, schema.as_ref())?,
        None if schema.is_some() => {
            return Err(Failure::usage(
                "--schema needs a payload; give --payload FILE",
            ));
        }
        None => Vec::new(),
    };
    let claims = Claims {
        session: args.session.map_or_else(random, Ok)?,
        generation: args.generation,
        subject: args.subject.as_bytes(),
        authenticated_at: at.unix(),
        issued_after: 0,
        idle: args.idle.unwrap_or(0),
        absolute: args.absolute,
        schema: number,
    };
    let plaintext = claims.encode(&payload);
    // The reader's rules, so that nothing is made here that every server calls a defect.
    Claims::decode(&plaintext).map_err(|_| {
        Failure::usage(
            "these claims are outside their limits: a subject has at most 255 bytes, an absolute \
             timeout at least a second, a generation is at most 4294967294",
        )
    })?;
    let token = opener.seal(&plaintext, &binding, at).map_err(|error| {
        Failure::input(format!(
            "{error}; `cloakroom keys plan` shows what the keys do when"
        ))
    })?;
    let key = ring.sealing_key(at).map(|key| key.to_string());
    let json = json!({
        "token": token,
        "session": claims.session.to_hex(),
        "key": key,
        "at": at.to_string(),
    });
    let warnings = warnings(args, &ring, &token, at);
    Ok(Reply::done(format!("{token}\n"), json).warned(warnings))
}

fn warnings(args: &SealArgs, ring: &KeyRing, token: &str, at: Timestamp) -> Vec<String> {
    let mut warnings = Vec::new();
    let life = args
        .idle
        .map_or(args.absolute, |idle| idle.min(args.absolute));
    if life > ring.max_lifetime() {
        warnings.push(format!(
            "the token lives up to {}, and the ring plans for {}: its key may retire under it",
            spoken(life.into()),
            spoken(ring.max_lifetime().into()),
        ));
    }
    if token.len() > COOKIE {
        let long = token.len();
        warnings.push(format!(
            "the token has {long} characters; a cookie holds {COOKIE} at most"
        ));
    }
    if let Ok(now) = crate::moment::now() {
        let ahead = at.unix().saturating_sub(now.unix());
        if ahead > TOLERANCE {
            warnings.push(format!(
                "the token starts in the future, at {at}; servers refuse it until their tolerance \
                 ({TOLERANCE} s by default) before that"
            ));
        }
    }
    warnings
}

fn random() -> Result<SessionId, Failure> {
    let mut bytes = [0; 16];
    SystemRandom
        .fill(&mut bytes)
        .map_err(Failure::unavailable)?;
    Ok(SessionId::from_bytes(bytes))
}

fn number(text: &str) -> Result<Schema, Failure> {
    let parts = text.split_once('.');
    let parts = parts.and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
    let (major, minor) =
        parts.ok_or_else(|| Failure::usage("a schema number is two numbers, as in 1.0"))?;
    Ok(Schema::new(major, minor))
}

fn contents(path: &Path, schema: Option<&payload::Schema>) -> Result<Vec<u8>, Failure> {
    const MOST: u64 = 65_536;
    let wrong = |why: &str| Failure::input(format!("payload {}: {why}", path.display()));
    let text = match path.to_str() {
        Some("-") => files::standard_input("a payload", MOST)?.to_string(),
        _ => files::text(path, MOST).map_err(|why| wrong(&why))?,
    };
    match schema {
        None => {
            // `xxd -p` breaks its lines.
            let digits: String = text.split_whitespace().collect();
            let bytes = hex::decode(&digits);
            bytes.ok_or_else(|| wrong("pairs of hex digits were expected; JSON takes a --schema"))
        }
        Some(schema) => {
            let value = serde_json::from_str(&text);
            let value = value.map_err(|error| wrong(&format!("this is not JSON: {error}")))?;
            payload::write(schema, &value).map_err(|why| wrong(&why))
        }
    }
}
