//! Following a feed for the length of a command.

use std::time::{Duration, Instant};

use cloakroom::feed::{FeedBuilder, FeedConnector as _, FeedRevocations};

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
    found: bool,
    set: impl FnOnce(FeedBuilder) -> FeedBuilder,
) -> Result<FeedRevocations, Failure> {
    let spinner = progress::spinner("asking the engine");
    let probed = feed
        .engine
        .connect()
        .and_then(|mut engine| engine.read(0, 0, Duration::ZERO));
    let tail = probed.map_err(|error| {
        Failure::unavailable(format!("the engine of the feed does not answer: {error}"))
    })?;
    let realm = feed.realm.clone();
    if tail.head.is_none() && !found {
        return Err(Failure::input(format!(
            "the engine has no feed of the realm {realm}, and nothing was done. Correct --realm or \
             the address; `revoke --force` founds a new feed"
        )));
    }
    let wait = Duration::from_secs(place.wait.into());
    let builder = FeedRevocations::builder(feed.realm, feed.keys, feed.engine).patience(wait);
    let feed = set(builder).start().map_err(Failure::unavailable)?;
    let until = Instant::now().checked_add(wait);
    while !is_at_end(&feed) {
        if until.is_none_or(|until| Instant::now() >= until) {
            return Err(late(&feed, &realm.to_string(), wait));
        }
        std::thread::sleep(STEP);
    }
    spinner.finish_and_clear();
    Ok(feed)
}

fn is_at_end(feed: &FeedRevocations) -> bool {
    let status = feed.status();
    let read = status.position.map(|position| position.n);
    read.is_some() && read == status.head
}

fn late(feed: &FeedRevocations, realm: &str, wait: Duration) -> Failure {
    let status = feed.status();
    let seconds = wait.as_secs();
    let why = match status.failure {
        Some(error) => format!("the engine said: {error}"),
        None if status.rejected > 0 => {
            "what is in it can't be used: is --feed-key-file that of the servers?".into()
        }
        None => format!("{} batches were read; a longer --wait may do", status.batches),
    };
    Failure::unavailable(format!(
        "the feed of the realm {realm} could not be read to its end within {seconds} s; {why}. \
         Nothing was revoked"
    ))
}
