//! The other implementations as programs that answer requests, one line of JSON each.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

/// One implementation that runs.
pub(crate) struct Program {
    pub(crate) name: &'static str,
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Where ports are built, so that nothing is left beside the sources but what their tools want
/// there.
pub(crate) fn scratch() -> PathBuf {
    let folder = root().join("target").join("ports");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Runs a command to its end; its output is shown when it fails.
pub(crate) fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}\n{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Whether a toolchain is there. Where CI runs, one that is missing is a failure.
pub(crate) fn has(what: &str, command: &[&str]) -> bool {
    let found = Command::new(command[0])
        .args(&command[1..])
        .stdin(Stdio::null())
        .output()
        .is_ok_and(|output| output.status.success());
    if !found {
        let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
        assert!(!ci, "{what} is not there: {command:?} does not run");
        println!("SKIPPED: {what} is not there: {command:?} does not run");
    }
    found
}

pub(crate) fn has_python() -> bool {
    has("Python", &["python3", "-m", "venv", "--help"])
}

pub(crate) fn has_node() -> bool {
    has("Node", &["npm", "--version"])
}

pub(crate) fn has_go() -> bool {
    has("Go", &["go", "version"])
}

impl Program {
    pub(crate) fn start(name: &'static str, command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        Self {
            name,
            input: child.stdin.take().unwrap(),
            output: BufReader::new(child.stdout.take().unwrap()),
            child,
        }
    }

    pub(crate) fn ask(&mut self, request: &Value) -> Value {
        writeln!(self.input, "{request}").unwrap();
        self.input.flush().unwrap();
        let mut line = String::new();
        let read = self.output.read_line(&mut line).unwrap();
        assert!(read > 0, "{} ended at {request}", self.name);
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{}: {error}: {line}", self.name))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _status = self.child.wait();
    }
}

pub(crate) fn reference() -> Program {
    let script = root().join("vectors/reference.py");
    Program::start(
        "the reference",
        Command::new("python3").arg(script).arg("answer"),
    )
}

pub(crate) fn python() -> Program {
    let venv = scratch().join("python");
    let python = venv.join("bin/python");
    if !python.exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&venv));
        run(Command::new(&python).args(["-m", "pip", "install", "-q", "pynacl"]));
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
