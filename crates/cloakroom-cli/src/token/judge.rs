//! What the library says of the time and the revocations of an authentic token.

use cloakroom::hazmat::{self, Claims, For};
use cloakroom::schema::{EncodeError, Ends, Opened, Unreadable};
use cloakroom::{
    Facts, Key, KeyRing, ManualClock, NoPrevious, NoRevocation, Payload, RawBytes, Reason,
    RevocationList, RevocationView, Schema, Scope, Sessions, SessionsBuilder, Timestamp,
    VerifyError,
};
use time::Duration;

use crate::args::PolicyArgs;
use crate::exit::Failure;

/// A payload of whatever schema, unread.
pub(crate) struct Anything;

impl Payload for Anything {
    const SCHEMA: Schema = Schema::new(1, 0);
    type View<'b> = RawBytes;
    type Previous = NoPrevious;

    fn migrate<'b>(previous: NoPrevious) -> Self::View<'b> {
        match previous {}
    }

    fn encode(value: &RawBytes, out: &mut [u8]) -> Result<usize, EncodeError> {
        RawBytes::encode(value, out)
    }

    fn decode(bytes: &[u8], ends: Ends) -> Result<RawBytes, Unreadable> {
        RawBytes::decode(bytes, ends)
    }

    fn open(_: Schema, bytes: &[u8]) -> Result<Opened<RawBytes>, Unreadable> {
        RawBytes::open(RawBytes::SCHEMA, bytes)
    }
}

/// Why the token is refused for its time, by the rules that servers run.
///
/// The claims are sealed again under a key of this process, whose ring restricts nothing: what the
/// real ring says of its keys was asked before.
pub(crate) fn time(
    plaintext: &[u8],
    policy: &PolicyArgs,
    at: Timestamp,
) -> Result<Option<Reason>, Failure> {
    let key = Key::generate().map_err(Failure::unavailable)?;
    let to = For {
        purpose: b"open",
        audience: b"",
        binding: b"",
    };
    let token = hazmat::seal(&key, to, plaintext).map_err(Failure::unavailable)?;
    let longest = Duration::seconds(u32::MAX.into());
    let ring = KeyRing::new(key, Timestamp::UNIX_EPOCH, longest).map_err(Failure::unavailable)?;
    let sessions = sessions(ring, to, NoRevocation, policy, at)?;
    // Nothing of the session is needed but whether there is one.
    let mut scratch = cloakroom::Scratch::new();
    match sessions.verify_in(&token, &mut scratch).map(|_| ()) {
        Ok(()) => Ok(None),
        Err(VerifyError::Rejected(rejected)) => Ok(Some(rejected.reason())),
        Err(VerifyError::Unavailable(missing)) => Err(Failure::unavailable(missing)),
    }
}

/// Tells a view what sessions of this policy would tell it.
pub(crate) fn register(view: &RevocationList, policy: &PolicyArgs) -> Result<(), Failure> {
    let key = Key::generate().map_err(Failure::unavailable)?;
    let longest = Duration::seconds(u32::MAX.into());
    let ring = KeyRing::new(key, Timestamp::UNIX_EPOCH, longest).map_err(Failure::unavailable)?;
    let to = For {
        purpose: b"open",
        audience: b"",
        binding: b"",
    };
    sessions(ring, to, view.clone(), policy, Timestamp::UNIX_EPOCH).map(|_| ())
}

fn sessions<R: RevocationView>(
    ring: KeyRing,
    to: For<'_>,
    view: R,
    policy: &PolicyArgs,
    at: Timestamp,
) -> Result<Sessions<Anything, R>, Failure> {
    let builder = describe::<Anything, R>(ring, to, view, policy, at).skew(Duration::ZERO);
    builder.build().map_err(Failure::usage)
}

/// Sessions of this policy whose clock stands still.
pub(crate) fn describe<T: Payload, R: RevocationView>(
    ring: KeyRing,
    to: For<'_>,
    view: R,
    policy: &PolicyArgs,
    at: Timestamp,
) -> SessionsBuilder<T, R> {
    let seconds = |seconds: u32| Duration::seconds(seconds.into());
    let builder = Sessions::<T, R>::builder(ring, view)
        .purpose(to.purpose)
        .audience(to.audience)
        .absolute_timeout(seconds(policy.absolute_timeout.unwrap_or(u32::MAX)))
        .leeway(seconds(policy.leeway))
        .tolerance(seconds(policy.tolerance))
        .allow_small_tolerance()
        .clock(ManualClock::at(at.unix()));
    match policy.idle_timeout {
        Some(idle) => builder.idle_timeout(seconds(idle)),
        None => builder.no_idle_timeout(),
    }
}

/// Which entry of the view refuses the token.
pub(crate) fn revoked(
    claims: &Claims<'_>,
    kid: [u8; 4],
    to: For<'_>,
    view: &dyn RevocationView,
    at: Timestamp,
) -> Result<Option<Scope>, Failure> {
    let key = Key::generate().map_err(Failure::unavailable)?;
    let derived = hazmat::Derived::of(&key, to.purpose, to.audience).map_err(Failure::usage)?;
    // SPEC §9.1: 3 is the kind of an audience, 4 that of a key.
    let audience = hazmat::revocation_key(3, &derived.context);
    let key = hazmat::revocation_key(4, &kid);
    let (session, generation) = (claims.session, claims.generation);
    let start = claims.authenticated_at;
    let facts = Facts::by_hand(
        (session, generation),
        start,
        claims.subject,
        &audience,
        &key,
    );
    Ok(view.verdict(&facts, at))
}
