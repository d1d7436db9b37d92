//! Work that may wait for a disk, kept off the threads that answer requests.

use core::fmt;

/// The runtime is shutting down, so the work was not started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::web) struct Stopped;

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the runtime is shutting down")
    }
}

/// Runs `work` at once if it does not block, otherwise on the runtime's pool for blocking calls.
///
/// Work that was started is finished also if the future is dropped: a client that hangs up in the
/// middle of a logout is logged out. Without a tokio runtime there is no pool, and it runs here.
pub(in crate::web) async fn run<A: Send + 'static>(
    blocks: bool,
    work: impl FnOnce() -> A + Send + 'static,
) -> Result<A, Stopped> {
    if !blocks {
        return Ok(work());
    }
    let Ok(runtime) = tokio::runtime::Handle::try_current() else {
        return Ok(work());
    };
    match runtime.spawn_blocking(work).await {
        Ok(answer) => Ok(answer),
        // The panic is the caller's, as if it had run here.
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(Stopped),
        },
    }
}
