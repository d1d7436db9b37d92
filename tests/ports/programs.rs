//! The other implementations as programs that answer requests, one line of JSON each.

#[path = "asking.rs"]
mod asking;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub(crate) use asking::Program;

/// The folder of the project, for tests of every package in it.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut above = here.ancestors();
    above
        .find(|folder| folder.join("SPEC.md").exists())
        .unwrap()
        .to_path_buf()
}

/// Where ports are built, so that nothing is left beside the sources but what their tools want
/// there.
pub(crate) fn scratch() -> PathBuf {
    let folder = root().join("target").join("ports");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// A line on the real standard error: what the print macros write in a test that passes is thrown
/// away, and a skip that nobody reads looks like a pass.
pub(crate) fn say(line: &str) {
    let line = format!("{line}\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

/// Runs a command to its end; its output is shown when it fails, and what it skipped in any case.
pub(crate) fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{command:?}\n{out}\n{err}");
    for line in out.lines().chain(err.lines()) {
        // Reports of tests count what was skipped also where that is nothing.
        let nothing = line.ends_with("skipped 0");
        if line.to_uppercase().contains("SKIP") && !nothing {
            say(line);
        }
    }
}

/// Whether a toolchain is there. Where CI runs, one that is missing is a failure.
pub(crate) fn has(what: &str, commands: &[&[&str]]) -> bool {
    let runs = |command: &&&[&str]| {
        Command::new(command[0])
            .args(&command[1..])
            .stdin(Stdio::null())
            .output()
            .is_ok_and(|output| output.status.success())
    };
    let missing = commands.iter().find(|command| !runs(command));
    if let Some(command) = missing {
        missing_tools(what, &format!("{command:?} does not run"));
    }
    missing.is_none()
}

fn missing_tools(what: &str, why: &str) {
    let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(!ci, "{what} is not there: {why}");
    say(&format!("SKIPPED: {what} is not there: {why}"));
}

pub(crate) fn has_python() -> bool {
    // Debian has the module venv without what it needs in a package of its own.
    has("Python", &[&["python3", "-c", "import ensurepip, venv"]])
}

pub(crate) fn has_node() -> bool {
    const RECENT: &str = "const [a, b] = process.versions.node.split('.').map(Number); \
                          process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)";
    has("Node", &[&["npm", "--version"], &["node", "-e", RECENT]])
}

pub(crate) fn has_go() -> bool {
    if !has("Go", &[&["go", "version"]]) {
        return false;
    }
    // Where modfile.sh takes it from.
    let tree = std::env::var("GOLANG_ORG_X");
    let tree = tree.unwrap_or_else(|_| "/usr/share/gocode/src/golang.org/x".into());
    let library = Path::new(&tree).join("crypto/go.mod");
    let found = library.is_file();
    if !found {
        let why = format!("no {}: golang-golang-x-crypto-dev", library.display());
        missing_tools("Go's x/crypto", &why);
    }
    found
}

pub(crate) fn reference() -> Program {
    let script = root().join("vectors/reference.py");
    Program::start(
        "the reference",
        Command::new("python3").arg(script).arg("answer"),
    )
}

/// The reference through a pipe that gives another stage in every 40th answer.
pub(crate) fn liar() -> Program {
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg(r#"python3 "$0" answer | sed -u '40~40s/"stage": *"[a-z]*"/"stage": "planted"/'"#)
        .arg(root().join("vectors/reference.py"));
    Program::start("a liar", &mut command)
}

pub(crate) fn python() -> Program {
    let venv = scratch().join("python");
    let python = venv.join("bin/python");
    let ready = Command::new(&python)
        .args(["-c", "import nacl, redis"])
        .stderr(Stdio::null())
        .status();
    if !ready.is_ok_and(|status| status.success()) {
        run(Command::new("python3").args(["-m", "venv"]).arg(&venv));
        run(Command::new(&python).args(["-m", "pip", "install", "-q", "pynacl", "redis"]));
    }
    let folder = root().join("ports/python");
    let mut command = Command::new(&python);
    command
        .args(["-m", "tools", "answer"])
        .env("PYTHONPATH", folder.join("src"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(folder);
    Program::start("Python", &mut command)
}

pub(crate) fn javascript() -> Program {
    let folder = root().join("ports/js");
    if !folder.join("node_modules").exists() {
        run(Command::new("npm")
            .args(["ci", "--silent"])
            .current_dir(&folder));
    }
    run(Command::new("npm")
        .args(["run", "--silent", "build"])
        .current_dir(&folder));
    let mut command = Command::new("node");
    command.arg("tools/answer.mjs").current_dir(folder);
    Program::start("JavaScript", &mut command)
}

pub(crate) fn go() -> Program {
    let folder = root().join("ports/go");
    let (mod_file, program) = (scratch().join("go.mod"), scratch().join("go-answer"));
    run(Command::new("sh")
        .arg("modfile.sh")
        .arg(&mod_file)
        .current_dir(&folder));
    let flags = format!("-mod=mod -modfile={}", mod_file.display());
    run(offline(&mut Command::new("go"), &flags, &folder)
        .args(["build", "-o"])
        .arg(&program)
        .arg("./cmd/answer"));
    Program::start("Go", &mut Command::new(program))
}

fn offline<'c>(command: &'c mut Command, flags: &str, folder: &Path) -> &'c mut Command {
    command
        .env("GOFLAGS", flags)
        .env("GOPROXY", "off")
        .env("GOSUMDB", "off")
        .current_dir(folder)
}

/// Servers of a feed in the other languages, over the Redis at `address`.
pub(crate) fn followers(address: &str, realm: &str, feed_key: &str) -> Vec<Program> {
    let one = |language| follower(language, address, realm, feed_key);
    FOLLOWERS.into_iter().filter_map(one).collect()
}

/// The languages that have one.
pub(crate) const FOLLOWERS: [&str; 3] = ["Python", "JavaScript", "Go"];

/// One of them, if its tools are there.
pub(crate) fn follower(
    language: &'static str,
    address: &str,
    realm: &str,
    feed_key: &str,
) -> Option<Program> {
    let mut command = match language {
        "Python" if has_python() => {
            drop(python());
            let mut command = Command::new(scratch().join("python/bin/python"));
            command
                .args(["-m", "tools", "follow"])
                .env("PYTHONPATH", root().join("ports/python/src"))
                .env("PYTHONDONTWRITEBYTECODE", "1")
                .current_dir(root().join("ports/python"));
            command
        }
        "JavaScript" if has_node() => {
            drop(javascript());
            let mut command = Command::new("node");
            command
                .args(["tools/follow.mjs", realm])
                .current_dir(root().join("ports/js"));
            command
        }
        "Go" if has_go() => {
            let mut command = Command::new("sh");
            command
                .args(["run.sh", "follow", address, realm])
                .current_dir(root().join("ports/go"));
            command
        }
        _ => return None,
    };
    command
        .env("REDIS_URL", address)
        .env("CLOAKROOM_REALM", realm)
        .env("CLOAKROOM_FEED_KEY", feed_key);
    Some(Program::start(language, &mut command))
}
