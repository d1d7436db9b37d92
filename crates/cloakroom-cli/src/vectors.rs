//! `cloakroom vectors verify`: the vectors of any implementation against this one.

mod feeds;
mod keys;
mod lists;
mod tokens;
mod vector;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::args::{VectorsArgs, VectorsCommand};
use crate::exit::{Exit, Failure, Reply};
use crate::files;
use crate::progress;
use crate::vectors::vector::Vector;

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

/// `None` for a kind that is not checked here.
fn check(vector: &Vector) -> Option<Result<(), String>> {
    Some(match vector.kind() {
        "token" => tokens::token(vector),
        "key-text" => keys::key_text(vector),
        "ring" => keys::ring(vector),
        "ring-replace" => keys::ring_replace(vector),
        "record" => lists::record(vector),
        "merge" => lists::merge(vector),
        "snapshot" => lists::snapshot(vector),
        "digest" => lists::digest(vector),
        "feed-key" => feeds::key(vector),
        "feed-batch" => feeds::batch(vector),
        "feed-snapshot" => feeds::snapshot(vector),
        _ => return None,
    })
}

#[derive(Default)]
struct Counts {
    passed: usize,
    failed: Vec<(String, String, String)>,
    skipped: BTreeMap<String, usize>,
    /// Files that describe vectors and hold none.
    schemas: Vec<String>,
}

impl Counts {
    fn check(&mut self, file: &str, vector: &Vector) {
        match check(vector) {
            Some(Ok(())) => self.passed = self.passed.saturating_add(1),
            Some(Err(why)) => self.failed.push((file.into(), vector.id().into(), why)),
            None => {
                let skipped = self.skipped.entry(vector.kind().to_owned()).or_default();
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
            text.push_str(&format!("DISAGREES {id} ({file}): {why}\n"));
        }
        let unchecked: usize = skipped.values().sum();
        let disagree = failed.len();
        text.push_str(&format!(
            "{passed} vectors agree, {disagree} disagree, {unchecked} were not checked\n"
        ));
        let warnings = skipped.iter().map(|(kind, count)| {
            format!("NOT CHECKED: {count} vectors of the kind `{kind}`, which this command does not know how to run")
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
        let json = json!({ "agree": passed, "disagree": failed, "not_checked": skipped });
        Ok(Reply::done(text, json).warned(warnings).ending(exit))
    }
}
