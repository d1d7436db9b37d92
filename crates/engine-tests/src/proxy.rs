//! A network between client and server that a test cuts, delays and mends.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// What becomes of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weather {
    /// They pass.
    Clear,
    /// They are held, and nobody is told: a cable pulled.
    Silent,
    /// Those of the server come one by one, each after a while.
    Drip(Duration),
    /// Each chunk comes late, both ways.
    Late(Duration),
}

#[derive(Debug)]
struct State {
    target: AtomicU16,
    refuses: AtomicBool,
    ended: AtomicBool,
    weather: Mutex<Weather>,
    open: Mutex<Vec<TcpStream>>,
}

/// Listens on a port of its own and passes bytes on to a port of this machine.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    state: Arc<State>,
    listener: Option<JoinHandle<()>>,
}

impl Proxy {
    pub fn to(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State {
            target: AtomicU16::new(target),
            refuses: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            weather: Mutex::new(Weather::Clear),
            open: Mutex::default(),
        });
        let shared = Arc::clone(&state);
        let accept = move || {
            for client in listener.incoming() {
                if shared.ended.load(Ordering::SeqCst) {
                    return;
                }
                if let Ok(client) = client {
                    shared.join(client);
                }
            }
        };
        Self {
            port,
            state,
            listener: Some(thread::spawn(accept)),
        }
    }

    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Later connections go elsewhere; those that are open break.
    pub fn redirect(&self, target: u16) {
        self.state.target.store(target, Ordering::SeqCst);
        self.state.break_all();
    }

    /// Connections break, and further ones are closed at once.
    pub fn cut(&self) {
        self.state.refuses.store(true, Ordering::SeqCst);
        self.state.break_all();
    }

    pub fn set(&self, weather: Weather) {
        *self.state.weather.lock().unwrap() = weather;
    }

    /// All is well again.
    pub fn mend(&self) {
        self.set(Weather::Clear);
        self.state.refuses.store(false, Ordering::SeqCst);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.state.ended.store(true, Ordering::SeqCst);
        self.cut();
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
    }
}

impl State {
    fn open(&self) -> MutexGuard<'_, Vec<TcpStream>> {
        self.open.lock().unwrap()
    }

    fn break_all(&self) {
        for stream in self.open().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn join(self: &Arc<Self>, client: TcpStream) {
        let target = self.target.load(Ordering::SeqCst);
        let server = TcpStream::connect(("127.0.0.1", target));
        let mut open = self.open();
        let (Ok(server), false) = (server, self.refuses.load(Ordering::SeqCst)) else {
            return;
        };
        for stream in [&client, &server] {
            stream.set_nodelay(true).unwrap();
            open.push(stream.try_clone().unwrap());
        }
        let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        for (from, to, of_server) in [(from, to, false), (server, client, true)] {
            let state = Arc::clone(self);
            thread::spawn(move || state.carry(from, to, of_server));
        }
    }

    fn carry(&self, mut from: TcpStream, mut to: TcpStream, of_server: bool) {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            let chunk = &buffer[..read];
            if !self.pass(chunk, &mut to, of_server) {
                break;
            }
        }
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
    }

    fn pass(&self, chunk: &[u8], to: &mut TcpStream, of_server: bool) -> bool {
        let mut sent = 0;
        while sent < chunk.len() {
            let weather = *self.weather.lock().unwrap();
            let step = match weather {
                Weather::Silent => {
                    thread::sleep(Duration::from_millis(2));
                    if self.ended.load(Ordering::SeqCst) {
                        return false;
                    }
                    continue;
                }
                Weather::Drip(each) if of_server => {
                    thread::sleep(each);
                    1
                }
                Weather::Late(by) => {
                    thread::sleep(by);
                    chunk.len()
                }
                Weather::Clear | Weather::Drip(_) => chunk.len(),
            };
            let part = &chunk[sent..chunk.len().min(sent + step)];
            if to.write_all(part).is_err() {
                return false;
            }
            sent += part.len();
        }
        true
    }
}
