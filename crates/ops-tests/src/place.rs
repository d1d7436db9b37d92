//! Where an operator sits: a directory, the variables of the runbooks, a shell.

use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use engine_tests::process::free_port;
use tempfile::TempDir;

use crate::programs::path;

pub struct Place {
    folder: TempDir,
    pub port: u16,
    variables: Vec<(String, String)>,
    /// Of each shell that ran, with the servers that it left behind.
    groups: Mutex<Vec<u32>>,
}

impl Place {
    pub fn new() -> Self {
        let port = free_port();
        let variables = [
            ("RING", "ring".to_owned()),
            ("DATA", "data".to_owned()),
            ("PORT", port.to_string()),
            ("URL", format!("http://localhost:{port}")),
            ("APP_USER", app_user()),
        ];
        Self {
            folder: tempfile::tempdir().unwrap(),
            port,
            variables: variables
                .map(|(name, value)| (name.to_owned(), value))
                .into(),
            groups: Mutex::default(),
        }
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|why| panic!("{name}: {why}"))
    }

    pub fn write(&self, name: &str, text: &str) {
        use std::os::unix::fs::OpenOptionsExt as _;
        let mut options = fs::OpenOptions::new();
        let options = options.mode(0o600).write(true).create(true).truncate(true);
        let mut file = options.open(self.path(name)).unwrap();
        std::io::Write::write_all(&mut file, text.as_bytes()).unwrap();
    }

    /// The user who owns a file.
    pub fn owner(&self, name: &str) -> String {
        let path = self.path(name);
        let output = Command::new("ls").arg("-l").arg(path).output().unwrap();
        let line = String::from_utf8(output.stdout).unwrap();
        line.split_whitespace().nth(2).unwrap().to_owned()
    }

    pub fn app_user(&self) -> String {
        app_user()
    }

    /// Makes a ring with a key that only opens, one that seals and one that is announced.
    pub fn full_ring(&self) {
        self.run(
            "cloakroom keys new ring --max-lifetime 8h
             cloakroom keys add ring --at +1s --force
             until cloakroom keys list ring | grep open-only; do sleep 0.1; done
             cloakroom keys add ring --at +3h",
        );
    }

    /// What a thief makes of a copy of the ring: a token under each of its keys, like `token` but for
    /// the key and the session.
    pub fn forge(&self, ring: &str, token: &str) -> Vec<String> {
        self.write(".model", token);
        let forged = self.run(&format!(
            r##"umask 077
            servers='--purpose session --audience cloakroom-demo'
            cloakroom open --ring {ring} $servers --json < .model 2>/dev/null > .opened
            jq -r .payload_hex .opened > .payload
            grep '^key ' {ring} | while read -r _ key _; do
              printf 'cloakroom-ring 1\nmax-lifetime 28800\nkey %s activate=2020-01-01T00:00:00Z\n' "$key" > .thief
              cloakroom seal --ring .thief $servers --subject ada --absolute 8h \
                --payload .payload --schema-number "$(jq -r '.schema | join(".")' .opened)" 2>/dev/null
            done"##
        ));
        forged.split_whitespace().map(str::to_owned).collect()
    }

    /// Runs commands in a shell that stops at the first that fails; what they printed, and whether
    /// all succeeded.
    pub fn try_run(&self, commands: &str) -> (bool, String) {
        let number = self.groups.lock().unwrap().len();
        let log = self.path(&format!(".output-{number}"));
        let output = File::create(&log).unwrap();
        let mut shell = Command::new("bash");
        shell
            .args(["-euo", "pipefail", "-c", commands])
            .current_dir(self.folder.path())
            .env("PATH", path())
            .env_remove("REDIS_URL")
            .env_remove("CLOAKROOM_DEV_COOKIE")
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            // A group of its own, so that a server it starts can be ended with it.
            .process_group(0);
        let mut child = shell.spawn().unwrap();
        self.groups.lock().unwrap().push(child.id());
        let status = child.wait().unwrap();
        (status.success(), fs::read_to_string(&log).unwrap())
    }

    pub fn run(&self, commands: &str) -> String {
        let (succeeded, output) = self.try_run(commands);
        assert!(succeeded, "{commands}\nsaid:\n{output}");
        output
    }
}

/// Another user than the operator where that is allowed, so that a file which was not handed over is
/// found out.
fn app_user() -> String {
    let ask = |option| {
        let output = Command::new("id").arg(option).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    match &*ask("-u") {
        "0" => "nobody".to_owned(),
        _ => ask("-un"),
    }
}

impl Default for Place {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        for group in self.groups.lock().unwrap().iter() {
            // A group that is empty is no group any more, and this says so.
            let _ = Command::new("kill")
                .args(["-KILL", "--", &format!("-{group}")])
                .stderr(Stdio::null())
                .status();
        }
    }
}
