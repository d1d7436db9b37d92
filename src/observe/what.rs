//! What is told of.

/// Why a token was made.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Made {
    Login,
    Renewal,
    Update,
    Rotation,
    Reauthentication,
}

/// What a revocation ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ends {
    Session,
    Generations,
    Subject,
    Everybody,
    Key,
}

/// How loud an event is. None of these can be caused by a client at will.
#[cfg(feature = "std")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loudness {
    Info,
    Warn,
    Error,
}
