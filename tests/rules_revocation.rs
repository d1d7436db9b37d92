//! Logging out: what each scope refuses, for how long, and what keeps a logout from locking out
//! those who log in right after it.
#![allow(missing_docs, clippy::unwrap_used, clippy::arithmetic_side_effects)]

mod common;

use cloakroom::{
    IssueError, Issued, ManualClock, Record, Revocation, RevocationList, RevokeError, Sessions,
    Timestamp,
};
use common::*;
use time::Duration;

/// L of SPEC §9.8 for the sessions of `builder` on a list of one process.
const LIFE: u64 = IDLE + 2 * TOLERANCE;

fn login(world: &World<User>, subject: &str) -> Issued {
    world.sessions.issue(subject, &user("Ada")).unwrap()
}

#[test]
fn logging_one_session_out_ends_all_its_tokens_and_no_other_session() {
    let world = world();
    let (one, other) = (login(&world, "ada"), login(&world, "ada"));
    world.clock.advance(900);
    let renewed = world.sessions.renew(&world.session(one.token.as_str()));
    let renewed = renewed.unwrap().unwrap();
    world.sessions.revoke(one.session.id()).unwrap();
    assert_eq!(world.outcome(one.token.as_str()), REVOKED);
    assert_eq!(world.outcome(renewed.token.as_str()), REVOKED);
    assert_eq!(world.outcome(other.token.as_str()), Outcome::Live);
}

#[test]
fn older_generations_end_and_this_one_does_not() {
    let world = world();
    let mut issued = vec![login(&world, "ada")];
    for _ in 0..3 {
        let session = world.session(issued.last().unwrap().token.as_str());
        issued.push(world.sessions.update(&session, &user("Ada")).unwrap());
        let session = world.session(issued.last().unwrap().token.as_str());
        issued.push(world.sessions.rotate(&session).unwrap());
    }
    let newest = issued.pop().unwrap();
    assert_eq!(newest.session.generation(), 3);
    assert!(
        issued
            .iter()
            .all(|old| world.outcome(old.token.as_str()) == REVOKED)
    );
    let id = newest.session.id();
    world.sessions.revoke_generations_below(id, 3).unwrap();
    assert_eq!(world.outcome(newest.token.as_str()), Outcome::Live);
    world.sessions.revoke_generations_below(id, 4).unwrap();
    assert_eq!(world.outcome(newest.token.as_str()), REVOKED);
}

#[test]
fn generations_below_the_first_are_none() {
    let world = world();
    let issued = login(&world, "ada");
    world
        .sessions
        .revoke_generations_below(issued.session.id(), 0)
        .unwrap();
    assert_eq!(world.outcome(issued.token.as_str()), Outcome::Live);
}

#[test]
fn a_subject_is_cut_off_alone_and_logs_in_at_once() {
    let world = world();
    let (ada, bob, nobody) = (
        login(&world, "ada"),
        login(&world, "bob"),
        login(&world, ""),
    );
    // The prefix of a name is another name.
    let ad = login(&world, "ad");
    world.sessions.revoke_subject("ada").unwrap();
    assert_eq!(world.outcome(ada.token.as_str()), REVOKED);
    for other in [&bob, &nobody, &ad] {
        assert_eq!(world.outcome(other.token.as_str()), Outcome::Live);
    }
    let again = login(&world, "ada");
    assert_eq!(world.outcome(again.token.as_str()), Outcome::Live);
    assert_eq!(again.session.authenticated_at(), at(NOW + 3));
    // Others do not start later for it.
    assert_eq!(login(&world, "bob").session.authenticated_at(), at(NOW));
    assert_eq!(login(&world, "").session.authenticated_at(), at(NOW));
}

#[test]
fn other_devices_are_logged_out_and_this_one_stays() {
    let world = world();
    let (phone, laptop, tablet) = (
        login(&world, "ada"),
        login(&world, "ada"),
        login(&world, "ada"),
    );
    let state = || [&phone, &laptop, &tablet].map(|s| world.outcome(s.token.as_str()));
    world
        .sessions
        .revoke_subject_except("ada", phone.session.id())
        .unwrap();
    assert_eq!(state(), [Outcome::Live, REVOKED, REVOKED]);
    // An exemption from one cut-off is none from another, in either order.
    world
        .sessions
        .revoke_subject_except("ada", laptop.session.id())
        .unwrap();
    assert_eq!(state(), [REVOKED, REVOKED, REVOKED]);
}

#[test]
fn an_exemption_does_not_undo_an_earlier_log_out_everywhere() {
    let world = world();
    let phone = login(&world, "ada");
    world.sessions.revoke_subject("ada").unwrap();
    world.clock.advance(10);
    world
        .sessions
        .revoke_subject_except("ada", phone.session.id())
        .unwrap();
    assert_eq!(world.outcome(phone.token.as_str()), REVOKED);

    let later = login(&world, "ada");
    world.clock.advance(10);
    world
        .sessions
        .revoke_subject_except("ada", later.session.id())
        .unwrap();
    assert_eq!(world.outcome(later.token.as_str()), Outcome::Live);
}

#[test]
fn an_exempt_session_can_still_be_logged_out_in_every_other_way() {
    let ways: [fn(&Sessions<User>, &Issued); 4] = [
        |s, i| {
            s.revoke(i.session.id()).unwrap();
        },
        |s, _| {
            s.revoke_subject("ada").unwrap();
        },
        |s, _| {
            s.revoke_all().unwrap();
        },
        |s, i| {
            let _ = s.disable_key(i.session.key()).unwrap();
        },
    ];
    for way in ways {
        let world = world();
        let issued = login(&world, "ada");
        world
            .sessions
            .revoke_subject_except("ada", issued.session.id())
            .unwrap();
        assert_eq!(world.outcome(issued.token.as_str()), Outcome::Live);
        way(&world.sessions, &issued);
        assert_eq!(world.outcome(issued.token.as_str()), REVOKED);
    }
}

#[test]
fn a_cut_off_in_the_past_spares_what_started_at_it() {
    let world = world();
    let old = login(&world, "ada");
    world.clock.advance(1);
    let new = login(&world, "ada");
    world
        .sessions
        .revoke_subject_before("ada", at(NOW + 1))
        .unwrap();
    assert_eq!(world.outcome(old.token.as_str()), REVOKED);
    assert_eq!(world.outcome(new.token.as_str()), Outcome::Live);
    world.sessions.revoke_all_before(at(NOW + 1)).unwrap();
    assert_eq!(world.outcome(new.token.as_str()), Outcome::Live);
    world.sessions.revoke_all_before(at(NOW + 2)).unwrap();
    assert_eq!(world.outcome(new.token.as_str()), REVOKED);
}

#[test]
fn a_cut_off_compares_with_the_login_and_not_with_the_last_renewal() {
    let world = world();
    let issued = login(&world, "ada");
    world.clock.advance(900);
    let session = world.session(issued.token.as_str());
    let renewed = world.sessions.renew(&session).unwrap().unwrap();
    // Renewed after C, by a server that had not heard of it.
    world
        .sessions
        .revoke_subject_before("ada", at(NOW + 1))
        .unwrap();
    assert_eq!(world.outcome(renewed.token.as_str()), REVOKED);
}

#[test]
fn everybody_is_logged_out_of_one_audience_and_logs_in_at_once() {
    let world = world();
    let issued = [login(&world, "ada"), login(&world, "")];
    let elsewhere: Sessions<User> = builder(&world.clock, world.list.clone())
        .audience("other.example")
        .build()
        .unwrap();
    let other = elsewhere.issue("ada", &user("Ada")).unwrap();
    world.sessions.revoke_all().unwrap();
    for issued in &issued {
        assert_eq!(world.outcome(issued.token.as_str()), REVOKED);
    }
    assert_eq!(outcome(&elsewhere, other.token.as_str()), Outcome::Live);
    for subject in ["ada", ""] {
        let again = login(&world, subject);
        assert_eq!(world.outcome(again.token.as_str()), Outcome::Live);
        assert_eq!(again.session.authenticated_at(), at(NOW + 3));
    }
}

#[test]
fn the_empty_subject_belongs_to_no_one() {
    let world = world();
    let nobody = login(&world, "");
    let sessions = &world.sessions;
    let results = [
        sessions.revoke_subject(""),
        sessions.revoke_subject_except("", nobody.session.id()),
        sessions.revoke_subject_before("", at(NOW)),
    ];
    assert!(
        results
            .iter()
            .all(|r| matches!(r, Err(RevokeError::NoSubject)))
    );
    // Nor does an entry that somebody else made for it apply.
    let record = Record::new(Revocation::subject(b"", NOW + 3, None), NOW + LIFE);
    assert_eq!(world.list.merge(&[record], at(NOW)).applied, 1);
    assert_eq!(world.outcome(nobody.token.as_str()), Outcome::Live);
    assert_eq!(login(&world, "").session.authenticated_at(), at(NOW));
}

#[test]
fn a_subject_of_255_bytes_works_and_a_longer_one_is_refused_everywhere() {
    let world = world();
    let (most, more) = ("x".repeat(255), "x".repeat(256));
    let issued = login(&world, &most);
    world.sessions.revoke_subject(&most).unwrap();
    assert_eq!(world.outcome(issued.token.as_str()), REVOKED);
    assert!(matches!(
        world.sessions.issue(&more, &user("Ada")),
        Err(IssueError::SubjectTooLong { length: 256 })
    ));
    assert!(matches!(
        world.sessions.revoke_subject(&more),
        Err(RevokeError::SubjectTooLong { length: 256 })
    ));
}

#[test]
fn a_revoked_key_ends_its_tokens_and_those_renewed_under_the_next() {
    let clock = ManualClock::at(NOW);
    let (list, next) = (RevocationList::new(), key(2));
    let ring = ring_for(u32::MAX)
        .announce(next.clone(), at(NOW + 900))
        .unwrap();
    let sessions = Sessions::<User>::builder(ring, list.clone())
        .purpose(PURPOSE)
        .audience(AUDIENCE)
        .idle_timeout(seconds(IDLE))
        .absolute_timeout(seconds(ABSOLUTE))
        .clock(clock.clone())
        .random(Seeded::new(3))
        .build()
        .unwrap();
    let forged = sessions.issue("ada", &user("Mallory")).unwrap();
    clock.set(NOW + 900);
    let session = sessions.verify(forged.token.as_str()).unwrap();
    let laundered = sessions.renew(&session).unwrap().unwrap();
    assert_eq!(laundered.session.key(), next.id());
    let revoked = sessions.disable_key(key(1).id()).unwrap();
    // One process that decides alone has no neighbour that renews meanwhile.
    assert_eq!(revoked.repeat_after, None);
    assert_eq!(outcome(&sessions, forged.token.as_str()), REVOKED);
    assert_eq!(outcome(&sessions, laundered.token.as_str()), REVOKED);
    let again = sessions.issue("ada", &user("Ada")).unwrap();
    assert_eq!(outcome(&sessions, again.token.as_str()), Outcome::Live);
    // Whoever has the key mints for as long as anybody accepts: the entry is never forgotten.
    list.purge(Timestamp::MAX);
    assert_eq!(list.stats().keys, 1);
}

#[test]
fn a_view_with_a_staleness_bound_asks_for_the_second_round() {
    let view = FakeView::fresh();
    view.set().staleness_bound = 5;
    let clock = ManualClock::at(NOW);
    let sessions = builder::<User, _>(&clock, view.clone()).build().unwrap();
    let revoked = sessions.disable_key(key(1).id()).unwrap();
    assert_eq!(revoked.repeat_after, Some(Duration::seconds(5)));
    // Both in one publication: the key alone would leave laundered tokens alive between the two.
    let published = view.set().published.clone();
    let everybody = Revocation::audience(sessions.audience_key(), NOW + 3);
    assert_eq!(published, [vec![Revocation::key(key(1).id()), everybody]]);
}

#[test]
fn what_a_publication_promises_is_the_stores_own_type() {
    let (clock, view) = (ManualClock::at(NOW), FakeView::fresh());
    let sessions = builder::<User, _>(&clock, view.clone()).build().unwrap();
    let issued = sessions.issue("ada", &user("Ada")).unwrap();
    assert_eq!(sessions.revoke(issued.session.id()), Ok(FakeReceipt(0)));
    assert_eq!(sessions.revoke_subject("ada"), Ok(FakeReceipt(1)));
    let expected = [
        vec![Revocation::session(issued.session.id())],
        vec![Revocation::subject(b"ada", NOW + 3, None)],
    ];
    assert_eq!(view.set().published, expected);
    view.set().fail_publish = true;
    let refused = sessions.revoke(issued.session.id());
    assert_eq!(refused, Err(RevokeError::Publish(StoreDown)));
}
