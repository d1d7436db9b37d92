//! Completions and man pages, out of the description of the command line itself.

use serde_json::json;

use crate::args::{CompletionsArgs, ManArgs};
use crate::exit::{Failure, Reply};

pub(crate) fn completions(args: &CompletionsArgs) -> Reply {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut crate::command(), "cloakroom", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    let json = json!({ "shell": args.shell.to_string(), "script": script });
    Reply::done(script, json)
}

pub(crate) fn pages(args: &ManArgs) -> Result<Reply, Failure> {
    let folder = &args.directory;
    let cannot = |error: std::io::Error| {
        let folder = folder.display();
        Failure::unavailable(format!(
            "the man pages could not be written to {folder}: {error}"
        ))
    };
    if !folder.is_dir() {
        return Err(Failure::input(format!(
            "{} is no directory; make it first",
            folder.display()
        )));
    }
    clap_mangen::generate_to(crate::command(), folder).map_err(cannot)?;
    let text = format!("wrote the man pages to {}\n", folder.display());
    Ok(Reply::done(
        text,
        json!({ "directory": folder.display().to_string() }),
    ))
}
