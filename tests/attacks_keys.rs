//! Attacks that once worked with keys: tokens of one that is retired, disabled or distrusted, and
//! what an honest user would have met under it.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

mod common;

use cloakroom::{
    IssueError, KeyRing, KeyState, ManualClock, Missing, ReauthenticateError, Record, Revocation,
    RevocationList, RotateError, Sessions, UpdateError, VerifyError,
};
use common::{AUDIENCE, NOW, PURPOSE, User, at, builder, key, ring_for, user};
use time::Duration;

#[test]
fn a_token_of_a_retired_key_still_logs_its_session_out() {
    let clock = ManualClock::at(NOW);
    let half_hour = Duration::minutes(30);
    let ring = KeyRing::new(key(1), at(1), half_hour).unwrap();
    let ring = ring.announce(key(2), at(NOW + 60)).unwrap();
    let sessions: Sessions<(), _> = Sessions::builder(ring.clone(), RevocationList::new())
        .purpose(PURPOSE)
        .audience(AUDIENCE)
        .idle_timeout(half_hour)
        .absolute_timeout(Duration::hours(12))
        .clock(clock.clone())
        .build()
        .unwrap();
    let owner = sessions.issue("ada", &()).unwrap().token;
    let mut copy = owner.as_str().to_owned();
    for _ in 0..8 {
        clock.advance(1000);
        let session = sessions.verify(&copy).unwrap();
        if let Some(renewed) = sessions.renew(&session).unwrap() {
            copy = renewed.token.into_string();
        }
    }
    assert_eq!(
        ring.state(key(1).id(), at(NOW + 8000)),
        Some(KeyState::Retired)
    );
    assert!(sessions.revoke_token(owner.as_str()).unwrap().is_some());
    assert!(sessions.verify(&copy).is_err());
}

#[test]
fn a_disabled_key_logs_nobody_out_by_its_tokens() {
    // Whoever stole it can name any session.
    let clock = ManualClock::at(NOW);
    let ring = ring_for(u32::MAX).announce(key(2), at(NOW)).unwrap();
    let sessions: Sessions<(), _> = builder(&clock, RevocationList::new()).build().unwrap();
    let issued = sessions.issue("ada", &()).unwrap();
    sessions
        .replace_keys(&ring.disable(key(1).id()).unwrap())
        .unwrap();
    assert!(
        sessions
            .revoke_token(issued.token.as_str())
            .unwrap()
            .is_none()
    );
}

#[test]
fn a_leaked_key_is_disabled_whatever_dates_are_written_for_others() {
    let (one, two) = (key(1), key(2));
    let file = format!(
        "cloakroom-ring 1\nmax-lifetime 3600\n\
         key {} activate=2026-01-01T00:00:00Z retire=2026-03-01T00:00:00Z\n\
         key {} activate=2026-02-01T00:00:00Z\n",
        one.to_text().expose(),
        two.to_text().expose()
    );
    let ring = KeyRing::parse(&file).unwrap().disable(two.id()).unwrap();
    assert_eq!(ring.sealing_key(at(NOW)), Some(one.id()));
    assert_eq!(ring.state(two.id(), at(NOW)), Some(KeyState::Disabled));
    let ring = ring.announce(key(3), at(NOW)).unwrap();
    assert_eq!(ring.state(one.id(), at(NOW)), Some(KeyState::OpenOnly));
}

#[test]
fn no_login_is_dead_on_arrival_under_a_revoked_key() {
    let clock = ManualClock::at(NOW);
    let sessions: Sessions<(), _> = builder(&clock, RevocationList::new()).build().unwrap();
    let _ = sessions.disable_key(key(1).id()).unwrap();
    assert!(matches!(
        sessions.issue("ada", &()),
        Err(IssueError::Unavailable(_))
    ));
    sessions
        .change_keys(|ring, now| ring.announce(key(2), now)?.disable(key(1).id()))
        .unwrap();
    let issued = sessions.issue("ada", &()).unwrap();
    assert!(sessions.verify(issued.token.as_str()).is_ok());
}

#[test]
fn a_session_of_another_ring_is_not_reauthenticated() {
    let clock = ManualClock::at(NOW);
    let here: Sessions<()> = builder(&clock, RevocationList::new()).build().unwrap();
    let ring = KeyRing::new(key(9), at(1), Duration::days(1)).unwrap();
    let elsewhere: Sessions<()> = Sessions::builder(ring, RevocationList::new())
        .purpose(PURPOSE)
        .audience(AUDIENCE)
        .aal3()
        .clock(clock.clone())
        .build()
        .unwrap();
    let issued = elsewhere.issue("root", &()).unwrap();
    let session = elsewhere.verify(issued.token.as_str()).unwrap();
    let result = here.reauthenticate(&session, &());
    assert!(
        matches!(result, Err(ReauthenticateError::OtherContext)),
        "{result:?}"
    );
}

#[test]
fn a_live_session_is_not_replaced_by_a_token_under_a_distrusted_key() {
    let clock = ManualClock::at(NOW);
    let ring = ring_for(u32::MAX).announce(key(2), at(NOW + 60)).unwrap();
    let list = RevocationList::new();
    let sessions: Sessions<User> = builder(&clock, list.clone()).build().unwrap();
    sessions.replace_keys(&ring).unwrap();
    let issued = sessions.issue("ada", &user("ada")).unwrap();
    // Another purpose and audience whose sessions the leak does not concern: no cut-off there.
    clock.advance(1000);
    let distrusted = [Record::new(Revocation::key(key(2).id()), u64::MAX)];
    let _ = list.merge(&distrusted, at(NOW + 1000));
    let session = sessions.verify(issued.token.as_str()).unwrap();
    assert!(sessions.renew(&session).unwrap().is_none());
    let missing = |error: UpdateError| match error {
        UpdateError::Verify(VerifyError::Unavailable(what)) => what.missing(),
        other => panic!("{other:?}"),
    };
    let error = sessions.update(&session, &user("ada")).unwrap_err();
    assert_eq!(missing(error), Missing::SealingKey);
    for result in [
        sessions.rotate(&session),
        sessions.rotate_with(&session, &user("ada")),
    ] {
        let Err(RotateError::Update(error)) = result else {
            panic!("{result:?}")
        };
        assert_eq!(missing(error), Missing::SealingKey);
    }
    // Nothing was published: the token at hand is as good as before.
    assert!(sessions.verify(issued.token.as_str()).is_ok());
    assert_eq!(list.stats().sessions, 0);
    // The ring follows.
    sessions
        .change_keys(|ring, _| ring.disable(key(2).id()))
        .unwrap();
    let renewed = sessions.renew(&session).unwrap().unwrap();
    assert!(sessions.verify(renewed.token.as_str()).is_ok());
}
