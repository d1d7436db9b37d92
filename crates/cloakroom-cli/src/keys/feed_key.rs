//! `cloakroom keys feed-key`.

use cloakroom::feed::FeedKey;
use serde_json::json;
use zeroize::Zeroizing;

use crate::args::FeedKeyArgs;
use crate::exit::{Failure, Reply};
use crate::ring_file;

/// What is gone if a file is overwritten.
const LOST: &str = "with which servers read nothing of what others wrote under the old key";

pub(crate) fn run(args: &FeedKeyArgs) -> Result<Reply, Failure> {
    let key = FeedKey::generate().map_err(Failure::unavailable)?;
    let text = key.to_text();
    let mut line = Zeroizing::new(String::with_capacity(text.expose().len().saturating_add(1)));
    line.push_str(text.expose());
    line.push('\n');
    ring_file::create_text(&args.file, &line, args.force, LOST)?;
    let file = args.file.display().to_string();
    let text = format!(
        "made {file}\nnext: give it to every server of the feed, readable by nobody else\n"
    );
    Ok(Reply::done(text, json!({ "made": file })))
}
