//! Runs the command as a person or a program does: arguments, standard input, three answers.

#![allow(dead_code, reason = "not every test program uses all of it")]

pub(crate) mod vectors;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// What the command answered.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// Asserts the exit code and that standard error says this.
    #[track_caller]
    pub(crate) fn fails(&self, code: i32, says: &str) -> &Self {
        assert_eq!(self.code, code, "{self:#?}");
        assert!(self.err.contains(says), "{says:?} is not in {self:#?}");
        assert!(!self.err.contains("panicked"), "{self:#?}");
        self
    }

    #[track_caller]
    pub(crate) fn ok(&self) -> &Self {
        assert_eq!(self.code, 0, "{self:#?}");
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}

/// A folder of a test's own, and the command in it.
pub(crate) struct Place(tempfile::TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub(crate) fn run(&self, arguments: &str) -> Ran {
        self.feed(arguments, b"")
    }

    /// Arguments are split at spaces.
    pub(crate) fn feed(&self, arguments: &str, input: &[u8]) -> Ran {
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        self.with(&arguments, input)
    }

    pub(crate) fn with(&self, arguments: &[&str], input: &[u8]) -> Ran {
        let mut child = Command::new(env!("CARGO_BIN_EXE_cloakroom"))
            .args(arguments)
            .current_dir(self.path())
            .env_remove("NO_COLOR")
            .env_remove("CLICOLOR_FORCE")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that reads nothing may be gone already.
        let _written = child.stdin.take().unwrap().write_all(input);
        let output = child.wait_with_output().unwrap();
        Ran {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>, mode: u32) {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.join(name)).unwrap()
    }

    pub(crate) fn mode(&self, name: &str) -> u32 {
        use std::os::unix::fs::PermissionsExt as _;
        self.join(name).metadata().unwrap().permissions().mode() & 0o7777
    }

    /// A ring of one key that seals, and the key's id.
    pub(crate) fn ring(&self) -> String {
        self.run("keys new ring --max-lifetime 8h").ok();
        self.sealing()
    }

    /// The same with a key that has sealed for years, for tokens from before now.
    pub(crate) fn old_ring(&self) -> String {
        let (key, line) = key_line("2020-01-01T00:00:00Z", "");
        self.write("ring", ring_of(&[line]), 0o600);
        key
    }

    pub(crate) fn sealing(&self) -> String {
        let json = self.run("keys list ring --json").json();
        json["sealing"].as_str().unwrap_or_default().to_owned()
    }

    /// A token of ada for half an hour idle, eight hours absolute.
    pub(crate) fn token(&self, more: &str) -> String {
        let arguments = format!("seal --ring ring {FOR} --subject ada --absolute 8h {more}");
        self.run(&arguments).ok().out.clone()
    }
}

/// What the servers of these tests are set up with.
pub(crate) const FOR: &str = "--purpose session --audience api.example.com";

/// A ring file with these lines behind its header.
pub(crate) fn ring_of(lines: &[String]) -> String {
    format!(
        "cloakroom-ring 1\nmax-lifetime 28800\nrollout 3600\n{}\n",
        lines.join("\n")
    )
}

/// A line of a fresh key that is active since then.
pub(crate) fn key_line(activate: &str, more: &str) -> (String, String) {
    let key = cloakroom::Key::generate().unwrap();
    let text = key.to_text();
    (
        key.id().to_string(),
        format!("key {} activate={activate}{more}", text.expose()),
    )
}
