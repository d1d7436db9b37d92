//! A key that leaked: what was made with it before everybody knew does not outlast the two rounds
//! of cut-offs (SPEC §9.11), and a login right after a cut-off is not hindered by the rule that
//! sees to it.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects
)]

mod common;

use cloakroom::{
    Issued, KeyRing, ManualClock, Missing, Revocation, RevocationList, RotateError, Session,
    Sessions, SessionsBuilder, UpdateError, VerifyError,
};
use common::*;

/// How long server two goes without news: the staleness bound.
const BOUND: u64 = 2;

/// The leaked key opens, the next one seals.
fn ring() -> KeyRing {
    ring_for(u32::MAX).announce(key(2), at(NOW - 100)).unwrap()
}

/// `builder` over another ring.
fn over(
    ring: KeyRing,
    clock: &ManualClock,
    list: &RevocationList,
) -> SessionsBuilder<User, RevocationList> {
    Sessions::builder(ring, list.clone())
        .purpose(PURPOSE)
        .audience(AUDIENCE)
        .idle_timeout(seconds(IDLE))
        .absolute_timeout(seconds(ABSOLUTE))
        .clock(clock.clone())
        .random(Seeded::new(7))
}

fn world_over(ring: KeyRing) -> World<User> {
    let (clock, list) = (ManualClock::at(NOW), RevocationList::new());
    let sessions = over(ring, &clock, &list).build().unwrap();
    World {
        clock,
        list,
        sessions,
    }
}

/// Where the forger makes sessions: only he and the clock of his choice.
fn forged(start: u64) -> Issued {
    let forger: Sessions<User> = builder(&ManualClock::at(start), RevocationList::new())
        .random(Seeded::new(start))
        .build()
        .unwrap();
    let admin = User {
        name: "eve".into(),
        admin: true,
    };
    forger.issue("eve", &admin).unwrap()
}

fn unavailable<T>(made: Result<T, UpdateError>) -> Option<Missing> {
    match made {
        Err(UpdateError::Verify(VerifyError::Unavailable(error))) => Some(error.missing()),
        _ => None,
    }
}

type Made = Result<Issued, UpdateError>;

fn update(sessions: &Sessions<User>, session: &Session<User>) -> Made {
    sessions.update(session, &user("eve"))
}

fn rotate(sessions: &Sessions<User>, session: &Session<User>) -> Made {
    sessions.rotate(session).map_err(|error| match error {
        RotateError::Update(error) => error,
        other => panic!("{other}"),
    })
}

/// Key one leaked. Server one is told at NOW; server two hears of it after the staleness bound, and
/// until then the forger has it seal, under key two, whatever he holds.
fn survivor(
    start: u64,
    heard_of: &[Revocation],
    make: fn(&Sessions<User>, &Session<User>) -> Made,
) {
    let (clock, first, second) = (
        ManualClock::at(NOW),
        RevocationList::new(),
        RevocationList::new(),
    );
    let server = |list: &RevocationList| over(ring(), &clock, list).build().unwrap();
    let (one, two) = (server(&first), server(&second));
    let leaked = key(1).id();
    let _told = one.disable_key(leaked).unwrap();

    clock.advance(BOUND);
    let held = forged(start);
    for revocation in heard_of {
        use cloakroom::RevocationPublish as _;
        let _published = second.publish(&[*revocation], at(NOW + BOUND)).unwrap();
    }
    let session = two.verify(held.token.as_str()).unwrap();
    let exchanged = make(&two, &session);

    // The second round, which reaches server two.
    let _told = one.disable_key(leaked).unwrap();
    let news = first.snapshot(at(NOW + BOUND));
    let _merged = second.merge_snapshot(&news, at(NOW + BOUND)).unwrap();
    assert_eq!(outcome(&two, held.token.as_str()), REVOKED);
    if let Ok(issued) = &exchanged {
        assert_eq!(
            outcome(&two, issued.token.as_str()),
            REVOKED,
            "start {start}"
        );
    } else {
        assert_eq!(unavailable(exchanged), Some(Missing::SealingKey));
    }
}

#[test]
fn a_forged_session_that_starts_ahead_does_not_outlast_the_second_round() {
    for make in [update, rotate] {
        for ahead in [0, 1, 3, 4, 30, TOLERANCE] {
            survivor(NOW + BOUND + ahead, &[], make);
        }
    }
}

/// He may also log himself out, again and again: that moves his own start bound ahead.
#[test]
fn a_cut_off_of_his_own_subject_does_not_help_the_forger() {
    let own = Revocation::subject(b"eve", NOW + BOUND + 30, None);
    for make in [update, rotate] {
        survivor(NOW + BOUND + 30, &[own], make);
    }
}

#[test]
fn a_login_right_after_a_cut_off_is_updated_and_rotated_at_once() {
    let world = world_over(ring());
    let _out = world.sessions.revoke_subject("ada").unwrap();
    let login = world.sessions.issue("ada", &user("Ada")).unwrap();
    assert_eq!(login.session.authenticated_at().unix(), NOW + 3);
    let session = world.session(login.token.as_str());
    let updated = world.sessions.update(&session, &user("Ada")).unwrap();
    let session = world.session(updated.token.as_str());
    let _rotated = world.sessions.rotate(&session).unwrap();
}

/// The one second a month in which somebody has to try again.
#[test]
fn a_session_that_starts_ahead_waits_where_another_key_took_over_meanwhile() {
    let ring = ring_for(u32::MAX).announce(key(2), at(NOW + 2)).unwrap();
    let world = world_over(ring);
    let _out = world.sessions.revoke_subject("ada").unwrap();
    let login = world.sessions.issue("ada", &user("Ada")).unwrap();
    let session = world.session(login.token.as_str());
    for (second, waits) in [(0, false), (1, false), (2, true), (3, false)] {
        world.clock.set(NOW + second);
        let missing = waits.then_some(Missing::SealingKey);
        assert_eq!(unavailable(update(&world.sessions, &session)), missing);
    }
    assert!(rotate(&world.sessions, &session).is_ok());
}
