//! `cloakroom keys list`.

use crate::args::PlanArgs;
use crate::exit::{Failure, Reply};
use crate::keys::said;
use crate::moment::{Moment, spoken};
use crate::ring_file;

pub(crate) fn run(args: &PlanArgs) -> Result<Reply, Failure> {
    let now = Moment::or_now(args.at)?;
    let file = ring_file::load(&args.file, &args.password)?;
    let ring = &file.ring;
    let mut text = format!(
        "{:<8}  {:<9}  {:<20}  {:<20}  note\n",
        "key", "state", "seals from", "retires"
    );
    for plan in ring.timeline(now).keys() {
        let retire = plan
            .retire
            .map_or_else(|| "-".into(), |time| time.to_string());
        let line = format!(
            "{:<8}  {:<9}  {:<20}  {retire:<20}  {}",
            plan.id.to_string(),
            plan.state.to_string(),
            plan.activate.to_string(),
            shown(&plan.note),
        );
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text.push_str(&format!(
        "tokens live at most {}; a new file reaches every server within {}\n",
        spoken(ring.max_lifetime().into()),
        spoken(ring.rollout().into()),
    ));
    Ok(Reply::done(text, said::ring(ring, now)).warned(said::warnings(ring, now)))
}

/// A note of which a part is a key is not shown: people paste.
fn shown(note: &str) -> &str {
    if crate::exit::holds_secret(note) {
        "(not shown: it holds a key)"
    } else {
        note
    }
}
