//! `cloakroom vectors verify`: the vectors of any implementation against this one.

mod ages;
mod descriptions;
mod edges;
mod ending;
mod feeds;
mod keys;
mod lists;
mod making;
mod members;
mod numbered;
mod recording;
mod rings;
mod setting;
mod shapes;
mod tokens;
mod vector;
mod wrapped;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::args::{VectorsArgs, VectorsCommand};
use crate::exit::{Exit, Failure, Reply};
use crate::files;
use crate::progress;
use crate::vectors::vector::{Vector, Why};

/// Larger than any file of vectors.
const MOST: u64 = 64 << 20;

pub(crate) fn run(args: VectorsArgs) -> Result<Reply, Failure> {
    let VectorsCommand::Verify(args) = args.command;
    let mut files = Vec::new();
    let mut counts = Counts::default();
    for path in &args.files {
        match read(path)? {
            Some(vectors) => files.push((path.display().to_string(), vectors)),
            None => counts.schemas.push(path.display().to_string()),
        }
    }
    let all = files.iter().map(|(_, vectors)| vectors.len() as u64).sum();
    let bar = progress::bar("checking", all);
    for (file, vectors) in &files {
        for vector in vectors {
            counts.check(file, vector);
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    counts.reply()
}

/// `None` for the schema that lies beside the vectors, where a pattern of names finds it, too.
fn read(path: &Path) -> Result<Option<Vec<Vector>>, Failure> {
    let wrong = |why: String| Failure::input(format!("vectors {}: {why}", path.display()));
    let text = files::text(path, MOST).map_err(wrong)?;
    let file: Value =
        serde_json::from_str(&text).map_err(|error| wrong(format!("this is not JSON: {error}")))?;
    if file.get("$schema").is_some() && file.get("format").is_none() {
        return Ok(None);
    }
    if file.get("format").and_then(Value::as_str) != Some("cloakroom-vectors") {
        return Err(wrong(
            "this is no file of cloakroom's vectors (`format`)".into(),
        ));
    }
    if file.get("version").and_then(Value::as_u64) != Some(1) {
        return Err(wrong("these are vectors of another version than 1".into()));
    }
    let vectors = file.get("vectors").and_then(Value::as_array);
    let vectors = vectors.ok_or_else(|| wrong("it has no `vectors`".into()))?;
    if file.get("count").and_then(Value::as_u64) != Some(vectors.len() as u64) {
        return Err(wrong(
            "`count` is not the number of vectors; a part is missing".into(),
        ));
    }
    Ok(Some(vectors.iter().cloned().map(Vector).collect()))
}

fn check(vector: &Vector) -> Result<(), Why> {
    members::check(vector)?;
    match vector.kind() {
        "token" => tokens::token(vector),
        "issue" => making::issue(vector),
        "renew" => making::renew(vector),
        "update" => making::update(vector),
        "rotate" => making::rotate(vector),
        "logout" => ending::logout(vector),
        "cutoff" => ending::cutoff(vector),
        "age" => ages::age(vector),
        "key-text" => keys::key_text(vector),
        "ring" => keys::ring(vector),
        "ring-replace" => keys::ring_replace(vector),
        "wrapped" => wrapped::wrapped(vector),
        "description" => descriptions::description(vector),
        "record" => lists::record(vector),
        "merge" => lists::merge(vector),
        "snapshot" => lists::snapshot(vector),
        "digest" => lists::digest(vector),
        "feed-key" => feeds::key(vector),
        "feed-batch" => feeds::batch(vector),
        "feed-snapshot" => feeds::snapshot(vector),
        "edge-key" => edges::key(vector),
        "edge-signer" => edges::signer(vector),
        "edge-make" => edges::make(vector),
        "edge-export" => edges::export(vector),
        _ => Err(Why::NotChecked(
            "which this command does not know how to run".into(),
        )),
    }
}

#[derive(Default)]
struct Counts {
    passed: usize,
    failed: Vec<(String, String, String)>,
    /// By kind, and why they were.
    skipped: BTreeMap<(String, String), usize>,
    /// Files that describe vectors and hold none.
    schemas: Vec<String>,
}

impl Counts {
    fn check(&mut self, file: &str, vector: &Vector) {
        match check(vector) {
            Ok(()) => self.passed = self.passed.saturating_add(1),
            Err(Why::Disagrees(why)) => self.failed.push((file.into(), vector.id().into(), why)),
            Err(Why::NotChecked(why)) => {
                let kind = (vector.kind().to_owned(), why);
                let skipped = self.skipped.entry(kind).or_default();
                *skipped = skipped.saturating_add(1);
            }
        }
    }

    fn reply(self) -> Result<Reply, Failure> {
        let Self {
            passed,
            failed,
            skipped,
            schemas,
        } = self;
        let mut text = String::new();
        for (file, id, why) in &failed {
            let (id, why) = (shown(id), shown(why));
            text.push_str(&format!("DISAGREES {id} ({file}): {why}\n"));
        }
        let unchecked: usize = skipped.values().sum();
        let disagree = failed.len();
        text.push_str(&format!(
            "{passed} vectors agree, {disagree} disagree, {unchecked} were not checked\n"
        ));
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        for ((kind, _), count) in &skipped {
            let sum = kinds.entry(kind).or_default();
            *sum = sum.saturating_add(*count);
        }
        let warnings = skipped.iter().map(|((kind, why), count)| {
            let kind = shown(kind);
            format!("NOT CHECKED: {count} vectors of the kind `{kind}`, {why}")
        });
        let schemas = schemas
            .iter()
            .map(|file| format!("{file} is a JSON schema and holds no vectors; it was left out"));
        let warnings: Vec<String> = warnings.chain(schemas).collect();
        if passed == 0 && failed.is_empty() {
            return Err(Failure::input(format!(
                "no vector was checked. {}",
                warnings.join(". ")
            )));
        }
        let failed: Vec<Value> = failed
            .iter()
            .map(|(file, id, why)| json!({ "file": file, "id": id, "why": why }))
            .collect();
        let exit = if disagree == 0 { Exit::Done } else { Exit::No };
        let json = json!({ "agree": passed, "disagree": failed, "not_checked": kinds });
        Ok(Reply::done(text, json).warned(warnings).ending(exit))
    }
}

/// What a file says of itself must not move the cursor of a terminal.
fn shown(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}
