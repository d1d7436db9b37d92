//! `cloakroom keys plan`.

use cloakroom::KeyState;
use serde_json::{Value, json};

use crate::args::PlanArgs;
use crate::exit::{Failure, Reply};
use crate::keys::said;
use crate::moment::{Moment, distance};
use crate::ring_file;

pub(crate) fn run(args: &PlanArgs) -> Result<Reply, Failure> {
    let now = Moment::or_now(args.at)?;
    let file = ring_file::load(&args.file, &args.password)?;
    let timeline = file.ring.timeline(now);
    let mut text = timeline.to_string();
    if let Some(turn) = timeline.next() {
        let does = match turn.becomes {
            KeyState::Sealing => "seals",
            KeyState::OpenOnly => "only opens",
            KeyState::Retired => "retires",
            _ => "turns",
        };
        let away = distance(turn.at, now);
        text.push_str(&format!("next: key {} {does} {away}\n", turn.key));
    } else {
        text.push_str("next: nothing is planned\n");
    }
    let turns: Vec<Value> = timeline
        .turns()
        .iter()
        .map(|turn| {
            json!({ "at": turn.at.to_string(), "key": turn.key.to_string(),
                "becomes": turn.becomes.to_string() })
        })
        .collect();
    let mut json = said::ring(&file.ring, now);
    if let Some(members) = json.as_object_mut() {
        members.insert("turns".into(), turns.into());
    }
    Ok(Reply::done(text, json).warned(said::warnings(&file.ring, now)))
}
