//! `cloakroom keys check`.

use cloakroom::{Fleet, RingError, RingWarning};
use serde_json::{Value, json};

use crate::args::CheckArgs;
use crate::exit::{Exit, Failure, Reply};
use crate::keys::said;
use crate::moment::Moment;
use crate::ring_file;

pub(crate) fn run(args: &CheckArgs) -> Result<Reply, Failure> {
    let now = Moment::or_now(args.at)?;
    let ring = ring_file::load(&args.file, &args.password)?.ring;
    let mut fleet = Fleet::new(args.token_lifetime.unwrap_or_else(|| ring.max_lifetime()));
    fleet.leeway = args.leeway;
    fleet.clock_difference = args.clock_difference;
    fleet.reload = args.reload;
    let mut found: Vec<RingWarning> = Vec::new();
    let mut refused: Option<RingError> = None;
    if let Some(before) = &args.before {
        let before = ring_file::load(before, &args.password)?.ring;
        refused = before.check_successor(&ring, now).err();
        found.extend(before.change_warnings(&ring, now));
    }
    found.extend(ring.warnings(now, &fleet));
    let mut sentences = Vec::new();
    if let Some(error) = &refused {
        sentences.push(format!(
            "servers would not take this ring and keep the one they have: {error}"
        ));
    }
    sentences.extend(found.iter().map(ToString::to_string));
    sentences.extend(ring_file::left_over(&args.file));
    let path = args.file.display();
    let keys = ring.keys().count();
    let text = match sentences.len() {
        0 => format!("{path} is well: {keys} keys, nothing to do\n"),
        1 => format!("{path}: 1 warning\n"),
        many => format!("{path}: {many} warnings\n"),
    };
    let exit = match (&refused, sentences.is_empty()) {
        // Told apart from a warning, which many a script goes on after.
        (Some(_), _) => Exit::Force,
        (None, true) => Exit::Done,
        (None, false) => Exit::No,
    };
    let mut json = said::ring(&ring, now);
    if let Some(members) = json.as_object_mut() {
        let kinds: Vec<Value> = found.iter().map(|one| said::kind(one).into()).collect();
        members.insert("kinds".into(), kinds.into());
        members.insert("ok".into(), json!(sentences.is_empty()));
        let refused = refused.map(|error| error.to_string());
        members.insert("refused".into(), json!(refused));
    }
    Ok(Reply::done(text, json).warned(sentences).ending(exit))
}
