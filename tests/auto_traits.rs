//! What is shared between threads can be: no listing of declarations shows it, because the compiler
//! decides by what is inside. Losing one of these breaks whoever keeps the type in a server's state.
#![allow(
    missing_docs,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

use std::panic::UnwindSafe;

use cloakroom::{
    Device, Ended, FormToken, Invalid, IssueError, Issued, Key, KeyId, KeyRing, ManualClock,
    NoRevocation, Policy, Reason, Record, Rejected, Revocation, RevocationList, RingFileError,
    Schema, Scratch, SecretText, Session, SessionId, SessionInfo, Sessions, SessionsBuilder,
    SystemClock, SystemRandom, Timestamp, Token, Unavailable, Unit, UpdateError, VerifyError,
};

fn shared<T: Send + Sync + 'static>() {}
fn moved<T: Send + 'static>() {}

#[test]
fn the_core_is_shared_between_threads() {
    shared::<Sessions<()>>();
    shared::<Sessions<(), NoRevocation>>();
    shared::<SessionsBuilder<(), RevocationList>>();
    shared::<RevocationList>();
    shared::<Session<()>>();
    shared::<(SessionId, SessionInfo, Issued, Token, FormToken, Device)>();
    shared::<(Key, KeyId, KeyRing, Unit, SecretText)>();
    shared::<(Policy, Schema, Record, Revocation, Timestamp)>();
    shared::<(ManualClock, SystemClock, SystemRandom)>();
    shared::<(
        VerifyError,
        IssueError,
        UpdateError,
        Rejected,
        Invalid,
        Reason,
        Unavailable,
    )>();
    shared::<RingFileError>();
    moved::<Scratch>();
    moved::<Ended>();
}

#[test]
fn errors_and_tokens_may_cross_a_caught_panic() {
    fn unwinds<T: UnwindSafe>() {}
    unwinds::<(VerifyError, Rejected, RingFileError)>();
    unwinds::<(Token, Timestamp, SessionId)>();
}

#[test]
fn sources_and_indices_are_shared_between_threads() {
    shared::<cloakroom::index::MemoryIndex>();
    shared::<cloakroom::reload::KeyWatch>();
    shared::<cloakroom::source::KeySource>();
    shared::<cloakroom::source::SourceError>();
    #[cfg(feature = "redb")]
    {
        shared::<cloakroom::store::DurableRevocations>();
        shared::<cloakroom::index::FileIndex>();
    }
    #[cfg(feature = "feed")]
    {
        shared::<cloakroom::feed::FeedRevocations>();
        shared::<(cloakroom::feed::FeedKeys, cloakroom::feed::Realm)>();
    }
    #[cfg(feature = "edge")]
    {
        shared::<cloakroom::edge::EdgeView>();
        shared::<cloakroom::edge::EdgeSigner>();
    }
}

#[cfg(feature = "axum-08")]
#[test]
fn the_web_layer_is_shared_between_threads() {
    use cloakroom::web::{SessionHandle, SessionLayer};
    shared::<SessionLayer<()>>();
    shared::<SessionHandle<()>>();
    shared::<cloakroom::web::Session<()>>();
    shared::<cloakroom::web::Rejection>();
}
