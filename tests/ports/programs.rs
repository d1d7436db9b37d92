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
    let mut followers = Vec::new();
    let mut start = |name, mut command: Command| {
        command
            .env("REDIS_URL", address)
            .env("CLOAKROOM_REALM", realm)
            .env("CLOAKROOM_FEED_KEY", feed_key);
        followers.push(Program::start(name, &mut command));
    };
    if has_python() {
        drop(python());
        let mut command = Command::new(scratch().join("python/bin/python"));
        command
            .args(["-m", "tools", "follow"])
            .env("PYTHONPATH", root().join("ports/python/src"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .current_dir(root().join("ports/python"));
        start("Python", command);
    }
    if has_node() {
        drop(javascript());
        let mut command = Command::new("node");
        command
            .args(["tools/follow.mjs", realm])
            .current_dir(root().join("ports/js"));
        start("JavaScript", command);
    }
    if has_go() {
        let mut command = Command::new("sh");
        command
            .args(["run.sh", "follow", address, realm])
            .current_dir(root().join("ports/go"));
        start("Go", command);
    }
    followers
}

/// Runs a command with one request on its standard input, and reads its one answer.
pub(crate) fn once(mut command: Command, request: &Value) -> Value {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut input = child.stdin.take().unwrap();
    input.write_all(request.to_string().as_bytes()).unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{command:?}: {request}");
    serde_json::from_slice(&output.stdout).unwrap()
}

type Reader = Box<dyn FnMut() -> Command>;

/// What reads a payload by its description, in every language whose tools are there.
pub(crate) fn payload_readers() -> Vec<(&'static str, Reader)> {
    let script = |name: &str| root().join("tests/ports").join(name);
    let mut readers: Vec<(&'static str, Reader)> = Vec::new();
    if has_python() {
        // Made ready by the start of the other program.
        drop(python());
        readers.push((
            "Python",
            Box::new(move || {
                let mut command = Command::new(scratch().join("python/bin/python"));
                command
                    .arg(script("payload.py"))
                    .env("PYTHONPATH", root().join("ports/python/src"))
                    .env("PYTHONDONTWRITEBYTECODE", "1");
                command
            }),
        ));
    }
    if has_node() {
        drop(javascript());
        readers.push((
            "JavaScript",
            Box::new(move || {
                let mut command = Command::new("node");
                command.arg(script("payload.mjs"));
                command
            }),
        ));
    }
    if has_go() {
        drop(go());
        let program = scratch().join("go-payload");
        let flags = format!("-mod=mod -modfile={}", scratch().join("go.mod").display());
        let folder = root().join("ports/go");
        run(offline(&mut Command::new("go"), &flags, &folder)
            .args(["build", "-o"])
            .arg(&program)
            .arg(script("payload.go")));
        readers.push(("Go", Box::new(move || Command::new(&program))));
    }
    readers
}
