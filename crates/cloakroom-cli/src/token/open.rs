//! `cloakroom open`: everything that decides about a token, in the order of SPEC §8.3, aloud.

use cloakroom::hazmat::{Claims, For, Opener, Stage};
use cloakroom::store::DurableRevocations;
use cloakroom::{KeyId, KeyRing, KeyState, Reason, Scope, Timestamp};
use serde_json::{Value, json};

use crate::args::OpenArgs;
use crate::exit::{Exit, Failure, Reply};
use crate::moment::{Moment, distance, spoken};
use crate::token::outside::{outside, what_else};
use crate::token::{judge, shown};
use crate::{files, hex, payload, ring_file};

/// A token that is refused: at which stage, under which name, and in a sentence.
struct Refusal {
    stage: &'static str,
    reason: &'static str,
    why: String,
}

pub(crate) fn run(args: &OpenArgs) -> Result<Reply, Failure> {
    let at = Moment::or_now(args.at)?;
    let schema = args.schema.as_deref().map(payload::load).transpose()?;
    let ring = ring_file::load(&args.ring, &args.password)?.ring;
    let binding = shown::binding(&args.context.binding)?;
    let (purpose, audience) = (
        args.context.purpose.as_bytes(),
        args.context.audience.as_bytes(),
    );
    let to = For {
        purpose,
        audience,
        binding: &binding,
    };
    let opener = Opener::new(&ring, purpose, audience).map_err(Failure::usage)?;
    let store = match &args.store {
        Some(path) => Some(crate::revoking::open_store(path, at)?),
        None => None,
    };
    let token = files::token("open ...")?;
    let opened = match opener.open(&token, &binding, at) {
        Ok(opened) => opened,
        Err(stage) => return refused(&sealed(stage, &token, &ring, args, at)?, None, at),
    };
    let Ok((claims, payload)) = Claims::decode(&opened.plaintext) else {
        return refused(&malformed(), None, at);
    };
    let refusal = later(
        args,
        &claims,
        &opened.plaintext,
        (to, opened.kid),
        store.as_ref(),
        at,
    )?;
    let key = KeyId::from_bytes(opened.kid);
    let mut seen = Seen::new(args, &claims, payload, key, &ring, at);
    let unread = match &schema {
        Some(schema) => seen.read(schema, &claims, payload),
        None => None,
    };
    seen.consulted = store.is_some();
    match unread.or(refusal) {
        Some(refusal) => refused(&refusal, Some(&seen), at),
        None => Ok(seen.accepted(at)),
    }
}

/// Time, then revocations.
fn later(
    args: &OpenArgs,
    claims: &Claims<'_>,
    plaintext: &[u8],
    (to, kid): (For<'_>, [u8; 4]),
    store: Option<&DurableRevocations>,
    at: Timestamp,
) -> Result<Option<Refusal>, Failure> {
    if let Some(reason) = judge::time(plaintext, &args.policy, at)? {
        let why = untimely(reason, claims, args, at);
        let (stage, reason) = ("time", reason.as_str());
        return Ok(Some(Refusal { stage, reason, why }));
    }
    let Some(store) = store else {
        return Ok(None);
    };
    let scope = judge::revoked(claims, kid, to, store, at)?;
    Ok(scope.map(|scope| Refusal {
        stage: "revoked",
        reason: Reason::Revoked.as_str(),
        why: match scope {
            Scope::Session => "the session was logged out",
            Scope::Subject => "the sessions of this subject were logged out",
            Scope::Audience => "every session of this purpose and audience from before was revoked",
            Scope::Key => "its key was revoked",
            _ => "it was revoked",
        }
        .into(),
    }))
}

fn untimely(reason: Reason, claims: &Claims<'_>, args: &OpenArgs, at: Timestamp) -> String {
    let deadlines = shown::deadlines(claims, &args.policy);
    match reason {
        Reason::Expired => format!(
            "its absolute deadline has passed, {}; the user has to log in again",
            shown::time(deadlines.absolute, at)
        ),
        Reason::Idle => format!(
            "it was not used in time: its idle deadline has passed, {}; the user has to log in again",
            shown::time(deadlines.idle.unwrap_or_default(), at)
        ),
        Reason::NotYet => format!(
            "it starts in the future, {}, by more than the tolerance of {}; compare the clock of \
             the server that issued it with that of the one that refused it",
            shown::time(shown::issued_at(claims).max(claims.authenticated_at), at),
            spoken(args.policy.tolerance.into())
        ),
        other => other.as_str().to_owned(),
    }
}

fn malformed() -> Refusal {
    Refusal {
        stage: "claims",
        reason: "claims",
        why:
            "its seal holds and its claims are malformed: another program that has this key has a \
              defect"
                .into(),
    }
}

/// What is wrong before anything in the token is known to be true.
fn sealed(
    stage: Stage,
    token: &str,
    ring: &KeyRing,
    args: &OpenArgs,
    at: Timestamp,
) -> Result<Refusal, Failure> {
    let named = outside(token)?;
    Ok(match (stage, named) {
        (Stage::Key, Some(named)) => {
            let key = named.key;
            Refusal {
                stage: "key",
                reason: "unknown-key",
                why: no_key(key, ring, at),
            }
        }
        (Stage::Tag, _) => Refusal {
            stage: "tag",
            reason: "forged",
            why: format!(
                "its seal does not hold: it was changed or forged, or it was sealed for another \
                 purpose, audience or binding than {:?}, {:?} and {}",
                args.context.purpose,
                args.context.audience,
                match (
                    &args.context.binding.binding,
                    &args.context.binding.binding_hex
                ) {
                    (None, None) => "none",
                    _ => "the one given",
                }
            ),
        },
        (Stage::Nonce, _) => Refusal {
            stage: "nonce",
            reason: "forged",
            why: "its seal holds and its nonce was not made from its contents: another program \
                  that has this key has a defect, or somebody has the key"
                .into(),
        },
        (Stage::Claims, _) => malformed(),
        _ => Refusal {
            stage: "text",
            reason: "format",
            why: format!("this is not a token: {}", what_else(token)),
        },
    })
}

fn no_key(key: KeyId, ring: &KeyRing, at: Timestamp) -> String {
    let plan = ring.timeline(at);
    let plan = plan.keys().iter().find(|plan| plan.id == key);
    match plan {
        None => format!(
            "the ring has no key {key}: this is another ring than that of the server that issued \
             it, or the key was taken out"
        ),
        Some(plan) if plan.state == KeyState::Disabled => {
            format!("key {key} is disabled; the user has to log in again")
        }
        Some(plan) => match plan.retire {
            Some(retire) => format!(
                "key {key} is retired since {retire}, {}: no token under it can be alive",
                distance(retire, at)
            ),
            None => format!("key {key} opens nothing at this time"),
        },
    }
}

/// What an authentic token says.
struct Seen {
    claims: String,
    json: Value,
    payload: String,
    notes: Vec<String>,
    consulted: bool,
}

impl Seen {
    fn new(
        args: &OpenArgs,
        claims: &Claims<'_>,
        payload: &[u8],
        key: KeyId,
        ring: &KeyRing,
        at: Timestamp,
    ) -> Self {
        let state = ring.state(key, at).map(|state| state.to_string());
        let mut json = shown::json(claims, &args.policy);
        let digits = hex::encode(payload);
        let shown_digits = if digits.is_empty() { "(none)" } else { &digits };
        if let Some(members) = json.as_object_mut() {
            members.insert("key".into(), key.to_string().into());
            members.insert("key_state".into(), json!(state));
            members.insert("payload_hex".into(), digits.clone().into());
        }
        let state = state.unwrap_or_default();
        Self {
            claims: format!(
                "key         {key}, {state}\n{}",
                shown::lines(claims, &args.policy, at)
            ),
            json,
            payload: format!("payload     {shown_digits}\n"),
            notes: Vec::new(),
            consulted: false,
        }
    }

    /// The payload in the terms of a description; a refusal where servers of it would refuse.
    fn read(
        &mut self,
        schema: &payload::Schema,
        claims: &Claims<'_>,
        bytes: &[u8],
    ) -> Option<Refusal> {
        let wrong = |why: String| {
            let (stage, reason) = ("schema", Reason::WrongSchema.as_str());
            Some(Refusal { stage, reason, why })
        };
        let (found, known) = (claims.schema.major(), schema.major);
        if found != known {
            return wrong(format!(
                "its payload has schema {}, and the schema file describes {known}.{}; servers that \
                 know only the latter refuse it",
                claims.schema, schema.minor
            ));
        }
        match payload::read(schema, claims.schema.minor(), bytes) {
            Err(why) => wrong(why),
            Ok(opened) => {
                if opened.tail > 0 {
                    let tail = opened.tail;
                    self.notes.push(format!(
                        "a newer version wrote {tail} bytes behind what the schema file describes"
                    ));
                }
                if !opened.missing.is_empty() {
                    let names = opened.missing.join(", ");
                    self.notes
                        .push(format!("an older version wrote it, without {names}"));
                }
                self.payload = format!("payload     {}\n", opened.value);
                if let Some(members) = self.json.as_object_mut() {
                    members.insert("payload".into(), opened.value);
                }
                None
            }
        }
    }

    fn revocations(&self) -> &'static str {
        match self.consulted {
            true => "revocations looked at; none names it\n",
            false => "revocations NOT LOOKED AT; --store FILE does\n",
        }
    }

    fn accepted(self, at: Timestamp) -> Reply {
        let text = format!(
            "OPENS: this is a session at {at}\n{}{}{}",
            self.claims,
            self.payload,
            self.revocations()
        );
        let mut json = self.json;
        if let Some(members) = json.as_object_mut() {
            members.insert("accepted".into(), true.into());
            members.insert("at".into(), at.to_string().into());
            members.insert("revocations_consulted".into(), self.consulted.into());
        }
        Reply::done(text, json).warned(self.notes)
    }
}

fn refused(refusal: &Refusal, seen: Option<&Seen>, at: Timestamp) -> Result<Reply, Failure> {
    let Refusal { stage, reason, why } = refusal;
    let mut text = format!("REFUSED at {at}, stage {stage} ({reason}): {why}\n");
    let mut json = seen.map_or_else(|| json!({}), |seen| seen.json.clone());
    if let Some(members) = json.as_object_mut() {
        members.insert("accepted".into(), false.into());
        members.insert("at".into(), at.to_string().into());
        members.insert("stage".into(), (*stage).into());
        members.insert("reason".into(), (*reason).into());
        members.insert("why".into(), why.clone().into());
    }
    let mut notes = Vec::new();
    if let Some(seen) = seen {
        text.push_str("its seal holds, so this is what a server sealed:\n");
        text.push_str(&seen.claims);
        text.push_str(&seen.payload);
        notes.clone_from(&seen.notes);
    }
    Ok(Reply::done(text, json).warned(notes).ending(Exit::No))
}
