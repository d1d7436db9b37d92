//! Following a feed for the length of a command.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use cloakroom::feed::{
    BadBatch, BadSnapshot, FeedBuilder, FeedConnector as _, FeedEvent, FeedRevocations, Tail,
};
use cloakroom::{Key, KeyRing, Sessions, Timestamp};

use crate::args::Where;
use crate::exit::Failure;
use crate::progress;
use crate::revoking::engine::Feed;

/// How often it is looked whether everything was read.
const STEP: Duration = Duration::from_millis(50);

/// A feed that this command has read up to its end.
///
/// One that does not exist is founded only with `found`: a mistyped realm would look like a feed in
/// which a revocation was accepted, and no server follows it.
pub(crate) fn follow(
    feed: Feed,
    place: &Where,
    lifetime: u32,
    found: bool,
    set: impl FnOnce(FeedBuilder) -> FeedBuilder,
) -> Result<FeedRevocations, Failure> {
    let spinner = progress::spinner("asking the engine");
    let tail = ask(&feed, 0, 0)?;
    let realm = feed.realm.clone();
    if tail.head.is_none() && !found {
        return Err(Failure::input(format!(
            "the engine has no feed of the realm {realm}, and nothing was done. Correct --realm or \
             the address; `revoke --force` founds a new feed"
        )));
    }
    let wait = Duration::from_secs(place.wait.into());
    let fault = Arc::new(Mutex::new(None));
    let seen = Arc::clone(&fault);
    let builder = FeedRevocations::builder(feed.realm, feed.keys, feed.engine)
        .patience(wait)
        .on_event(move |event| note(&seen, event));
    let feed = set(builder).start().map_err(Failure::unavailable)?;
    register(&feed, lifetime)?;
    let until = Instant::now().checked_add(wait);
    while !is_at_end(&feed) {
        if until.is_none_or(|until| Instant::now() >= until) {
            let fault = fault.lock().unwrap_or_else(PoisonError::into_inner);
            return Err(late(&feed, &realm.to_string(), place, fault.as_ref()));
        }
        std::thread::sleep(STEP);
    }
    spinner.finish_and_clear();
    Ok(feed)
}

/// Without it the list in memory keeps every entry as long as any token could live.
fn register(feed: &FeedRevocations, lifetime: u32) -> Result<(), Failure> {
    let key = Key::generate().map_err(Failure::unavailable)?;
    let longest = time::Duration::seconds(u32::MAX.into());
    let ring = KeyRing::new(key, Timestamp::UNIX_EPOCH, longest).map_err(Failure::unavailable)?;
    let sessions = Sessions::<(), _>::builder(ring, feed.clone())
        .purpose("session")
        .audience("")
        .no_idle_timeout()
        .absolute_timeout(time::Duration::seconds(lifetime.max(1).into()));
    sessions.build().map(|_| ()).map_err(Failure::unavailable)
}

fn is_at_end(feed: &FeedRevocations) -> bool {
    let status = feed.status();
    let read = status.position.map(|position| position.n);
    read.is_some() && read == status.head
}

/// Keeps what stands in the way of whoever follows.
fn note(fault: &Mutex<Option<FeedEvent>>, event: &FeedEvent) {
    if let FeedEvent::BadBatch(_) | FeedEvent::BadSnapshot(_) | FeedEvent::Broken = event {
        *fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(event.clone());
    }
}

fn late(feed: &FeedRevocations, realm: &str, place: &Where, fault: Option<&FeedEvent>) -> Failure {
    let status = feed.status();
    let why = match (fault, status.failure) {
        (Some(event), _) if is_of_unknown_key(event) => no_key(&place.feed_key_file),
        (Some(event), _) => event.to_string(),
        (None, Some(error)) => format!("the engine said: {error}"),
        (None, None) => format!(
            "{} batches were read; a longer --wait may do",
            status.batches
        ),
    };
    Failure::unavailable(format!(
        "the feed of the realm {realm} could not be read to its end within {} s; {why}. Nothing was \
         revoked",
        place.wait
    ))
}

const fn is_of_unknown_key(event: &FeedEvent) -> bool {
    matches!(
        event,
        FeedEvent::BadBatch(BadBatch::UnknownKey)
            | FeedEvent::BadSnapshot(BadSnapshot::Untrusted(BadBatch::UnknownKey))
    )
}

fn no_key(files: &[PathBuf]) -> String {
    match files {
        [first, second, ..] => format!(
            "a part of it is under a feed key that neither {} nor {} holds: are they those of the \
             servers? If they are, somebody without a feed key wrote to the engine",
            first.display(),
            second.display()
        ),
        _ => format!(
            "a part of it is under a feed key that {} does not hold: is that the file of the \
             servers? While they change the key, give both: --feed-key-file with the key that they \
             write with, and once more with the other one that they accept. Otherwise somebody without \
             a feed key wrote to the engine",
            files
                .first()
                .map_or_else(String::new, |file| file.display().to_string())
        ),
    }
}

fn ask(feed: &Feed, after: u64, limit: usize) -> Result<Tail, Failure> {
    let asked = feed
        .engine
        .connect()
        .and_then(|mut engine| engine.read(after, limit, Duration::ZERO));
    asked.map_err(|error| {
        Failure::unavailable(format!("the engine of the feed does not answer: {error}"))
    })
}

/// Batches of half a minute, where nothing but heartbeats is written. Where more is, a writer under the
/// first key may be missed; then the second is in use and can be given first.
const LATEST: usize = 64;

/// Before anything is written under one of two keys: servers that do not accept it yet could not
/// follow any more. A key under which one of them wrote is one that all of them accept.
pub(crate) fn expect_writers(feed: &Feed, files: &[PathBuf]) -> Result<(), Failure> {
    let Some([first, second]) = feed.two else {
        return Ok(());
    };
    let Some(head) = ask(feed, 0, 0)?.head else {
        return Ok(());
    };
    let after = head
        .n
        .saturating_sub(u64::try_from(LATEST).unwrap_or(u64::MAX));
    let latest = ask(feed, after, LATEST)?.batches;
    // SPEC §17.4: the id of the key stands behind the first byte.
    let is_in_use = |id: [u8; 4]| latest.iter().any(|batch| batch.get(1..5) == Some(&id));
    if is_in_use(first) || !is_in_use(second) {
        return Ok(());
    }
    let file = files
        .first()
        .map_or_else(String::new, |file| file.display().to_string());
    Err(Failure::input(format!(
        "no server writes with the key in {file}, and one that does not accept it yet could not \
         follow the feed any more, so nothing was done. Give the other file first"
    )))
}
