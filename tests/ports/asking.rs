//! One implementation that runs, and is asked one line of JSON after the other.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use serde_json::Value;

/// Far more than any answer takes, on a machine that is busy with others.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) struct Program {
    pub(crate) name: &'static str,
    child: Child,
    input: ChildStdin,
    lines: Receiver<String>,
}

impl Program {
    pub(crate) fn start(name: &'static str, command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let output = BufReader::new(child.stdout.take().unwrap());
        let (send, lines) = channel();
        // A pipe can't be read with a limit of time, a channel can.
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        Self {
            name,
            input: child.stdin.take().unwrap(),
            lines,
            child,
        }
    }

    /// The answer. A program that ended, says what is no JSON or hangs is a failure of the test.
    pub(crate) fn ask(&mut self, request: &Value) -> Value {
        let name = self.name;
        self.ask_within(request, PATIENCE)
            .unwrap_or_else(|why| panic!("{name} {why}: {request}"))
    }

    pub(crate) fn ask_within(&mut self, request: &Value, limit: Duration) -> Result<Value, String> {
        let asked = writeln!(self.input, "{request}").and_then(|()| self.input.flush());
        asked.map_err(|error| format!("does not listen ({error})"))?;
        let line = self.lines.recv_timeout(limit).map_err(|why| match why {
            RecvTimeoutError::Timeout => format!("did not answer within {limit:?}"),
            RecvTimeoutError::Disconnected => "ended".to_owned(),
        })?;
        serde_json::from_str(&line).map_err(|error| format!("said {line} ({error})"))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _status = self.child.wait();
    }
}
