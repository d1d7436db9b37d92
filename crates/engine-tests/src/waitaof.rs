//! A Redis of today in front of an older one: it answers `WAITAOF`, which Redis has since 7.2, and
//! passes everything else on.

use std::io::{self, BufRead, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

#[derive(Debug)]
struct State {
    target: u16,
    answer: Mutex<String>,
    heard: Mutex<Vec<Vec<String>>>,
}

/// Listens on a port of its own, until the test ends.
#[derive(Debug)]
pub struct WaitAof {
    port: u16,
    state: Arc<State>,
}

impl WaitAof {
    /// In front of the server at this port of this machine.
    pub fn to(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State {
            target,
            answer: Mutex::default(),
            heard: Mutex::default(),
        });
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                // Ends with the connection.
                thread::spawn(move || state.serve(client));
            }
        });
        Self { port, state }
    }

    pub const fn port(&self) -> u16 {
        self.port
    }

    /// What is answered to `WAITAOF` from now on: how many disks of its own, and how many replicas.
    pub fn counts(&self, own: u32, replicas: u32) {
        self.answer(&format!("*2\r\n:{own}\r\n:{replicas}\r\n"));
    }

    /// The same with an error.
    pub fn refuses(&self, error: &str) {
        self.answer(&format!("-{error}\r\n"));
    }

    fn answer(&self, answer: &str) {
        answer.clone_into(&mut self.state.answer.lock().unwrap());
    }

    /// The commands about replicas that came since the last call, with their arguments.
    pub fn heard(&self) -> Vec<Vec<String>> {
        core::mem::take(&mut self.state.heard.lock().unwrap())
    }
}

impl State {
    fn serve(&self, client: TcpStream) -> io::Result<()> {
        let mut server = TcpStream::connect(("127.0.0.1", self.target))?;
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        let (mut from, mut to) = (server.try_clone()?, client.try_clone()?);
        thread::spawn(move || io::copy(&mut from, &mut to));
        let (mut reader, mut client) = (BufReader::new(client.try_clone()?), client);
        loop {
            let (words, bytes) = command(&mut reader)?;
            if words[0].starts_with("WAIT") {
                self.heard.lock().unwrap().push(words.clone());
            }
            if words[0] == "WAITAOF" {
                let answer = self.answer.lock().unwrap().clone();
                client.write_all(answer.as_bytes())?;
            } else {
                server.write_all(&bytes)?;
            }
        }
    }
}

/// One command: an array of strings (RESP2), and its bytes as they came.
fn command(reader: &mut impl BufRead) -> io::Result<(Vec<String>, Vec<u8>)> {
    let mut bytes = Vec::new();
    let words = (0..number(reader, b'*', &mut bytes)?).map(|_| {
        let length = number(reader, b'$', &mut bytes)?;
        let mut word = vec![0; length + 2];
        reader.read_exact(&mut word)?;
        bytes.extend_from_slice(&word);
        Ok(String::from_utf8_lossy(&word[..length]).into_owned())
    });
    let words = words.collect::<io::Result<_>>()?;
    Ok((words, bytes))
}

fn number(reader: &mut impl BufRead, sign: u8, bytes: &mut Vec<u8>) -> io::Result<usize> {
    let start = bytes.len();
    reader.read_until(b'\n', bytes)?;
    let line = bytes[start..].strip_prefix(&[sign]);
    let digits = line.and_then(|line| std::str::from_utf8(line).ok()?.trim_end().parse().ok());
    digits.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}
