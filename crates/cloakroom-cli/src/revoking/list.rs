//! `cloakroom revocations`.

use serde_json::{Value, json};

use crate::args::RevocationsArgs;
use crate::exit::{Failure, Reply};
use crate::moment;
use crate::revoking::entries::{Entry, entries};
use crate::revoking::place::Place;
use crate::revoking::{engine, feed, store};

/// Lines that people are shown.
const MOST: usize = 200;

pub(crate) fn list(args: &RevocationsArgs) -> Result<Reply, Failure> {
    let now = moment::now()?;
    let place = match &args.place.store {
        Some(path) => Place::Store(store::open(path, now)?),
        None => {
            let Some(feed) = engine::named(&args.place)? else {
                return Err(Failure::usage(
                    "say where: --store FILE, --feed ADDRESS or --feed-file FILE",
                ));
            };
            // Reads alone: a right to write is not needed, and nobody is reassured by us.
            let feed = feed::follow(feed, &args.place, false, |builder| builder.follow_only())?;
            Place::Feed(feed)
        }
    };
    let entries = entries(&place.snapshot(now))
        .ok_or_else(|| Failure::unavailable("the list could not be read"))?;
    Ok(reply(&place, &entries))
}

fn reply(place: &Place, entries: &[Entry]) -> Reply {
    let mut text = String::new();
    if !entries.is_empty() {
        text.push_str(&format!(
            "{:<8}  {:<32}  {:<20}  refuses\n",
            "kind", "name", "forgotten"
        ));
    }
    for entry in entries.iter().take(MOST) {
        text.push_str(&entry.line());
    }
    if entries.len() > MOST {
        text.push_str(&format!("the first {MOST}; --json has all\n"));
    }
    let count = entries.len();
    let (plural, mut json) = (if count == 1 { "y" } else { "ies" }, json!({}));
    text.push_str(&format!("{count} entr{plural}\n"));
    let all: Vec<Value> = entries.iter().map(Entry::json).collect();
    let mut position = Value::Null;
    if let Place::Feed(feed) = place {
        let status = feed.status();
        if let Some(at) = status.position {
            text.push_str(&format!("read to the end of the feed, batch {}\n", at.n));
            position = at.to_string().into();
        }
    }
    if let Some(members) = json.as_object_mut() {
        members.insert("count".into(), count.into());
        members.insert("entries".into(), all.into());
        members.insert("position".into(), position);
    }
    Reply::done(text, json)
}
