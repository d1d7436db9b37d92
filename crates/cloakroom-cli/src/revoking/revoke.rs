//! `cloakroom revoke`.

use std::time::Duration as StdDuration;

use cloakroom::feed::Delivery;
use cloakroom::{Key, KeyRing, Sessions, Timestamp};
use serde_json::{Value, json};
use time::Duration;

use crate::args::{RevokeArgs, RevokeTarget, Servers};
use crate::exit::{Exit, Failure, Reply};
use crate::moment;
use crate::revoking::place::{Place, PlaceError, Receipt};
use crate::revoking::{engine, feed, store};
use crate::token::shown;
use crate::{files, progress, ring_file};

type RevokeError = cloakroom::RevokeError<PlaceError>;

pub(crate) fn revoke(args: &RevokeArgs) -> Result<Reply, Failure> {
    let now = moment::now()?;
    let ring = match &args.place.ring {
        Some(path) => Some(ring_file::load(path, &args.place.password)?.ring),
        None => None,
    };
    let lifetime = lifetime(args, ring.as_ref());
    // Before a feed is asked and a store is opened: what is wrong here is wrong anyway.
    let token = match &args.target {
        RevokeTarget::Token { .. } if ring.is_none() => {
            return Err(Failure::usage(
                "`revoke token` needs --ring FILE to read the token",
            ));
        }
        RevokeTarget::Token { .. } => Some(files::token("revoke token ...")?),
        _ => None,
    };
    let place = place(args, lifetime, now)?;
    let is_store = matches!(place, Place::Store(_));
    let sessions = sessions(args, place, ring, lifetime)?;
    let (what, receipt) = match &args.target {
        RevokeTarget::Session { id } => (format!("session {}", id.to_hex()), sessions.revoke(*id)),
        RevokeTarget::Subject {
            subject,
            except,
            before,
        } => {
            let what = format!("the sessions of {subject:?}");
            let receipt = match (except, before) {
                (Some(keep), _) => sessions.revoke_subject_except(subject, *keep),
                (None, Some(before)) => sessions.revoke_subject_before(subject, before.resolve()?),
                (None, None) => sessions.revoke_subject(subject),
            };
            (what, receipt)
        }
        RevokeTarget::Token { binding, .. } => {
            let bound = sessions.bound_to(&shown::binding(binding)?);
            let bound = bound.map_err(Failure::usage)?;
            let revoked = bound.revoke_token(token.as_deref().map_or("", String::as_str));
            let unknown = || {
                Failure::input(
                    "no key of the ring opens this token with this purpose, audience and binding, \
                     so nothing was revoked; `cloakroom open` says more",
                )
            };
            let receipt = match revoked {
                Ok(receipt) => Ok(receipt.ok_or_else(unknown)?),
                Err(error) => Err(error),
            };
            ("the session of the token".into(), receipt)
        }
        RevokeTarget::Key { key, .. } => {
            let what = format!("key {key} and every session from before");
            (what, disable_key(&sessions, *key))
        }
        RevokeTarget::All { servers, before } => {
            let what = format!(
                "every session of {:?} at {:?}",
                servers.purpose, servers.audience
            );
            let receipt = match before {
                Some(before) => sessions.revoke_all_before(before.resolve()?),
                None => sessions.revoke_all(),
            };
            (what, receipt)
        }
    };
    let receipt = receipt.map_err(|error| unpublished(&error))?;
    let mut reply = said(&what, &receipt, args);
    if let RevokeTarget::Key { servers, .. } | RevokeTarget::All { servers, .. } = &args.target {
        reply.text.push_str(&unchecked(servers));
    }
    if is_store {
        reply.text.push_str(
            "servers on other machines know nothing of it; where they share a feed, revoke there\n",
        );
    }
    Ok(reply)
}

/// What nobody but a token of the servers can tell.
fn unchecked(servers: &Servers) -> String {
    let (purpose, audience) = servers.both();
    format!(
        "NOT CHECKED: whether the servers are set up with {purpose:?} and {audience:?}; to check, let \
         `cloakroom open` with both names read a token of theirs, which they must refuse now\n"
    )
}

/// A server may issue or renew under the key until it has heard of this, so it is said twice. The wait
/// in between begins when the engine has the first: one that is pending nobody hears of, and the
/// second alone would come too early for whoever renewed a forged token meanwhile.
fn disable_key(
    sessions: &Sessions<(), Place>,
    key: cloakroom::KeyId,
) -> Result<Receipt, RevokeError> {
    let first = sessions.disable_key(key)?;
    let Some(after) = first.repeat_after.filter(|_| first.receipt.is_done()) else {
        return Ok(first.receipt);
    };
    let spinner = progress::spinner("waiting until every server has heard of it, to say it again");
    std::thread::sleep(StdDuration::try_from(after).unwrap_or_default());
    let second = sessions.disable_key(key);
    spinner.finish_and_clear();
    Ok(second?.receipt)
}

fn place(args: &RevokeArgs, lifetime: Option<u32>, now: Timestamp) -> Result<Place, Failure> {
    if let Some(path) = &args.place.store {
        let opened = match args.force {
            true => store::open_or_make(path, now),
            false => store::open(path, now),
        };
        return opened.map(Place::Store);
    }
    let Some(feed) = engine::named(&args.place)? else {
        return Err(Failure::usage(
            "say where: --store FILE, --feed ADDRESS or --feed-file FILE",
        ));
    };
    let lifetime = lifetime.ok_or_else(|| {
        Failure::usage(
            "a feed keeps an entry as long as tokens live; give --ring FILE or --max-lifetime \
             DURATION",
        )
    })?;
    feed::expect_writers(&feed, &args.place.feed_key_file)?;
    let bound = StdDuration::from_secs(args.bound.into());
    let feed = feed::follow(feed, &args.place, lifetime, args.force, |builder| {
        builder.replicas(args.replicas).staleness_bound(bound)
    })?;
    Ok(Place::Feed(feed))
}

fn lifetime(args: &RevokeArgs, ring: Option<&KeyRing>) -> Option<u32> {
    args.place
        .max_lifetime
        .or_else(|| ring.map(KeyRing::max_lifetime))
}

/// The rules of revoking are those of sessions. Where no token is read the ring does not matter.
fn sessions(
    args: &RevokeArgs,
    place: Place,
    ring: Option<KeyRing>,
    lifetime: Option<u32>,
) -> Result<Sessions<(), Place>, Failure> {
    let servers = match &args.target {
        RevokeTarget::Token { servers, .. }
        | RevokeTarget::Key { servers, .. }
        | RevokeTarget::All { servers, .. } => Some(servers),
        RevokeTarget::Session { .. } | RevokeTarget::Subject { .. } => None,
    };
    let (purpose, audience) = servers.map_or(("session", ""), Servers::both);
    let lifetime = lifetime.unwrap_or(1);
    let (ring, lifetime) = match (&args.target, ring) {
        (RevokeTarget::Token { .. }, Some(ring)) => {
            let longest = ring.max_lifetime();
            (ring, lifetime.min(longest))
        }
        _ => {
            let key = Key::generate().map_err(Failure::unavailable)?;
            let longest = Duration::seconds(u32::MAX.into());
            let ring = KeyRing::new(key, Timestamp::UNIX_EPOCH, longest);
            (ring.map_err(Failure::unavailable)?, lifetime)
        }
    };
    Sessions::<(), Place>::builder(ring, place)
        .purpose(purpose)
        .audience(audience)
        .no_idle_timeout()
        .absolute_timeout(Duration::seconds(lifetime.max(1).into()))
        .build()
        .map_err(Failure::input)
}

fn unpublished(error: &RevokeError) -> Failure {
    match error {
        RevokeError::Publish(error) => Failure::unavailable(error),
        RevokeError::Unavailable(error) => Failure::unavailable(error),
        error => Failure::usage(error),
    }
}

/// What is true, and no more.
fn said(what: &str, receipt: &Receipt, args: &RevokeArgs) -> Reply {
    let wait = args.place.wait;
    let (degree, sentence, more, exit): (&str, String, Value, Exit) = match receipt {
        Receipt::Durable => (
            "durable",
            "it is on the disk of this machine, in force when a server opens this store".into(),
            Value::Null,
            Exit::Done,
        ),
        Receipt::Feed(Delivery::Accepted(accepted)) => (
            "accepted",
            "the engine has it; every server that follows the feed refuses within its bound, or \
             answers nobody"
                .into(),
            json!(accepted.position().to_string()),
            Exit::Done,
        ),
        Receipt::Feed(Delivery::Replicated(replicated)) => (
            "replicated",
            format!(
                "the engine and {} further machines of it have it; every server that follows the \
                 feed refuses within its bound, or answers nobody",
                replicated.machines()
            ),
            json!(replicated.accepted().position().to_string()),
            Exit::Done,
        ),
        Receipt::Feed(_) => (
            "pending",
            format!(
                "NOT REVOKED for anybody else: the engine did not take it within {wait} s, and it \
                 is forgotten when this command ends; run it again"
            ),
            Value::Null,
            Exit::Unavailable,
        ),
    };
    let text = format!("{degree}: {what}\n{sentence}\n");
    let json = json!({ "degree": degree, "revoked": exit == Exit::Done, "what": what,
        "position": more, "said": sentence });
    Reply::done(text, json).ending(exit)
}

impl Servers {
    fn both(&self) -> (&str, &str) {
        (&self.purpose, &self.audience)
    }
}
