//! What the tests of all engines need of a server.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cloakroom::feed::{FeedConnector, Realm};

/// What connectors of tests are configured with. Not shorter, for a machine that does other things
/// too.
pub const TIMEOUT: Duration = Duration::from_millis(800);

/// A server to break.
pub trait Server: Send {
    fn port(&self) -> u16;

    /// A connector to this kind of server at another port: that of a proxy before it.
    fn connector_at(&self, port: u16, realm: Realm) -> Box<dyn FeedConnector>;

    fn connector(&self, realm: Realm) -> Box<dyn FeedConnector> {
        self.connector_at(self.port(), realm)
    }

    /// `kill -9`.
    fn kill(&mut self);

    /// `kill -9` if it runs, then a start on the same port with what its disk has.
    fn restart(&mut self);

    /// The same without what its disk had.
    fn restart_empty(&mut self);

    /// `SIGSTOP`: it takes connections and answers nothing.
    fn freeze(&self);

    fn thaw(&self);
}

/// A realm that no other test uses.
pub fn realm() -> Realm {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    Realm::new(&format!("test-{number}")).unwrap()
}
