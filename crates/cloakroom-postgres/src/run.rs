//! Futures under a deadline, on the caller's thread.

use core::future::Future;
use core::time::Duration;
use std::thread;

use cloakroom::feed::EngineError;
use tokio::runtime::{Builder, Handle, Runtime};

/// The runtime of one connection. It runs while a call waits, and at no other time.
pub(crate) struct Runner(Option<Runtime>);

impl Runner {
    pub(crate) fn new() -> Result<Self, EngineError> {
        let runtime = Builder::new_current_thread().enable_all().build();
        runtime
            .map(|runtime| Self(Some(runtime)))
            .map_err(|error| EngineError::unavailable(format_args!("no event loop: {error}")))
    }

    /// Gives up after `limit`, whatever the engine sends by then.
    pub(crate) fn run<T: Send>(
        &self,
        limit: Duration,
        work: impl Future<Output = Result<T, EngineError>> + Send,
    ) -> Result<T, EngineError> {
        let Some(runtime) = &self.0 else {
            return Err(EngineError::unavailable("the connection is closed"));
        };
        let in_time = async {
            let late = |_| Err(EngineError::unavailable("no answer in time"));
            tokio::time::timeout(limit, work).await.unwrap_or_else(late)
        };
        if Handle::try_current().is_err() {
            return runtime.block_on(in_time);
        }
        // A runtime refuses to block one of its own threads, and would panic. Whoever calls blocking
        // code there pays with a thread for it.
        thread::scope(|scope| {
            let died = |_| Err(EngineError::unavailable("the event loop died"));
            let worker = scope.spawn(|| runtime.block_on(in_time));
            worker.join().unwrap_or_else(died)
        })
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        // Not the usual drop: that waits for a name resolution under way, which knows no deadline.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
