//! Sessions over an edge's view: they verify, refuse what is revoked for sure, ask about what may
//! be, mint nothing, and log nobody out by mistake.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

mod common;
#[path = "common/edge.rs"]
mod edge;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use cloakroom::edge::{EdgeBuilder, EdgeView};
use cloakroom::hazmat::edge::Export;
use cloakroom::{
    Answer, Facts, IssueError, ManualClock, Missing, Record, Revocation, RevocationView, Scope,
    SessionId, Sessions, StalePolicy, Terms, Timestamp, UpdateError, VerifyError,
};
use common::{Outcome, REVOKED, User, World, builder as sessions_builder, outcome, user, world};
use edge::{Clocks, NOW, Random, SKEW, VALID, builder, empty, position, realm, sealed, signer};

const ASK: Outcome = Outcome::Unavailable(Missing::Origin);
const STALE: Outcome = Outcome::Unavailable(Missing::Revocations);

/// An origin, and an edge with the same keys.
struct Edge {
    origin: World<User>,
    clocks: Clocks,
    view: EdgeView,
    sessions: Sessions<User, EdgeView>,
    exports: u64,
}

fn edge_with(change: impl FnOnce(EdgeBuilder) -> EdgeBuilder) -> Edge {
    let (origin, clocks) = (world(), Clocks::new());
    let view = change(builder(&clocks)).build();
    let sessions = sessions_builder(&origin.clock, view.clone())
        .build()
        .unwrap();
    Edge {
        origin,
        clocks,
        view,
        sessions,
        exports: 0,
    }
}

fn edge() -> Edge {
    edge_with(|builder| builder)
}

impl Edge {
    /// What the origin knows now reaches the edge.
    fn sync(&mut self) {
        self.exports += 1;
        let (at, made_at) = (position(self.exports), NOW);
        let valid = Duration::from_millis(VALID);
        let list = &self.origin.list;
        let file = signer(1).export_list(&realm(), list, at, made_at, valid);
        self.view.load(&file.unwrap()).unwrap();
    }

    fn login(&self, name: &str) -> String {
        let issued = self.origin.sessions.issue(name, &user(name)).unwrap();
        issued.token.as_str().to_owned()
    }

    fn outcome(&self, token: &str) -> Outcome {
        outcome(&self.sessions, token)
    }
}

#[test]
fn an_edge_without_an_export_answers_nobody() {
    let edge = edge();
    let token = edge.login("ada");
    assert!(matches!(edge.outcome(&token), Outcome::Unavailable(_)));
}

#[test]
fn each_scope_is_answered_as_surely_as_the_export_knows_it() {
    let mut edge = edge();
    let (ada, bob, eve) = (edge.login("ada"), edge.login("bob"), edge.login("eve"));
    edge.sync();
    for token in [&ada, &bob, &eve] {
        assert_eq!(edge.outcome(token), Outcome::Live);
    }
    // One session: perhaps.
    edge.origin
        .sessions
        .revoke(edge.origin.session(&ada).id())
        .unwrap();
    // A subject: for sure.
    edge.origin.sessions.revoke_subject("bob").unwrap();
    assert_eq!(edge.outcome(&ada), Outcome::Live, "it does not know yet");
    edge.sync();
    assert_eq!(edge.outcome(&ada), ASK);
    assert_eq!(edge.outcome(&bob), REVOKED);
    assert_eq!(edge.outcome(&eve), Outcome::Live);
    // Everybody, then the key.
    edge.origin.sessions.revoke_all().unwrap();
    edge.sync();
    for token in [&ada, &bob, &eve] {
        assert_eq!(edge.outcome(token), REVOKED);
    }
}

#[test]
fn a_key_that_was_revoked_opens_nothing_at_the_edge() {
    let mut edge = edge();
    let ada = edge.login("ada");
    let key = common::key(1).id();
    let _ = edge.origin.list.merge(
        &[Record::new(Revocation::key(key), 0)],
        common::at(common::NOW),
    );
    edge.sync();
    assert_eq!(edge.outcome(&ada), REVOKED);
}

#[test]
fn of_a_rotated_session_the_old_token_is_refused_for_sure_and_the_new_one_lives() {
    // Were rotations in the filter, every rotated session would have to ask each time.
    let mut edge = edge();
    let old = edge.login("ada");
    let (new, _) = {
        let session = edge.origin.session(&old);
        let rotated = edge.origin.sessions.rotate(&session).unwrap();
        (rotated.token.as_str().to_owned(), ())
    };
    edge.sync();
    assert_eq!(edge.outcome(&old), REVOKED);
    assert_eq!(edge.outcome(&new), Outcome::Live);
}

#[test]
fn the_spared_session_of_a_subject_lives_at_the_edge_too() {
    let mut edge = edge();
    let (here, there) = (edge.login("ada"), edge.login("ada"));
    let spared = edge.origin.session(&here);
    edge.origin.sessions.revoke_others(&spared).unwrap();
    edge.sync();
    assert_eq!(edge.outcome(&here), Outcome::Live);
    assert_eq!(edge.outcome(&there), REVOKED);
}

#[test]
fn nothing_is_minted_at_an_edge_however_fresh_it_is() {
    let mut edge = edge();
    let token = edge.login("ada");
    edge.sync();
    let missing = |error: VerifyError| Outcome::from(error);
    let session = edge.sessions.verify(&token).unwrap();
    edge.origin.clock.advance(common::IDLE - 10);
    assert_eq!(missing(edge.sessions.renew(&session).unwrap_err()), ASK);
    match edge.sessions.update(&session, &user("eve")) {
        Err(UpdateError::Verify(error)) => assert_eq!(missing(error), ASK),
        other => panic!("{other:?}"),
    }
    match edge.sessions.issue("ada", &user("ada")) {
        Err(IssueError::Unavailable(error)) => assert_eq!(error.missing(), Missing::Origin),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_stale_export_is_unavailable_and_what_it_refuses_stays_refused() {
    let mut edge = edge();
    let (ada, bob) = (edge.login("ada"), edge.login("bob"));
    edge.origin.sessions.revoke_subject("bob").unwrap();
    edge.sync();
    edge.clocks.pass(VALID - SKEW);
    assert_eq!(edge.outcome(&ada), Outcome::Live);
    edge.clocks.pass(1);
    assert_eq!(edge.outcome(&ada), STALE);
    assert_eq!(edge.outcome(&bob), REVOKED);
}

#[test]
fn a_policy_may_let_ordinary_requests_go_on_for_a_while() {
    let (origin, clocks) = (world(), Clocks::new());
    let view = builder(&clocks).build();
    let limit = StalePolicy::ContinueFor(time::Duration::seconds(60));
    let sessions = sessions_builder::<User, _>(&origin.clock, view.clone())
        .on_stale(limit)
        .build()
        .unwrap();
    let token = origin.sessions.issue("ada", &user("ada")).unwrap().token;
    view.load(&sealed(&empty(), &[])).unwrap();
    clocks.pass(60_000 - SKEW);
    assert_eq!(outcome(&sessions, token.as_str()), Outcome::Live);
    assert_eq!(outcome(&sessions.sensitive(), token.as_str()), STALE);
    clocks.pass(1);
    assert_eq!(outcome(&sessions, token.as_str()), STALE);
}

#[test]
fn the_origin_is_asked_on_a_hit_alone_and_its_answer_counts() {
    let asked = Arc::new(AtomicUsize::new(0));
    let knows = Arc::new(AtomicBool::new(false));
    let (counter, answers) = (Arc::clone(&asked), Arc::clone(&knows));
    let list = world();
    // The origin's own list, asked in place of a request over the network.
    let at_origin = list.list.clone();
    let origin = move |facts: &Facts<'_>, now: Timestamp| {
        counter.fetch_add(1, Ordering::SeqCst);
        if answers.load(Ordering::SeqCst) {
            at_origin.answer(facts, now)
        } else {
            Answer::Unknown
        }
    };
    let clocks = Clocks::new();
    let view = builder(&clocks).origin(origin).build();
    let sessions = sessions_builder::<User, _>(&list.clock, view.clone())
        .build()
        .unwrap();
    let issue = |name: &str| list.sessions.issue(name, &user(name)).unwrap().token;
    let (ada, bob) = (issue("ada"), issue("bob"));
    list.sessions
        .revoke(list.session(ada.as_str()).id())
        .unwrap();
    // Bob stands for an innocent who is hit: the filter has his id, the origin knows nothing of it.
    let ids = [&ada, &bob].map(|token| {
        let session = world().sessions.verify(token.as_str()).unwrap();
        session.id()
    });
    view.load(&sealed(&empty(), &ids)).unwrap();
    let eve = issue("eve");
    assert_eq!(outcome(&sessions, eve.as_str()), Outcome::Live);
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    assert_eq!(outcome(&sessions, ada.as_str()), ASK);
    assert_eq!(outcome(&sessions, bob.as_str()), ASK);
    knows.store(true, Ordering::SeqCst);
    assert_eq!(outcome(&sessions, ada.as_str()), REVOKED);
    assert_eq!(outcome(&sessions, bob.as_str()), Outcome::Live);
    assert_eq!(asked.load(Ordering::SeqCst), 4);
}

#[test]
fn no_innocent_is_logged_out_among_a_hundred_thousand_and_nobody_else_gets_in() {
    let mut random = Random(11);
    let (mut out, mut innocent) = (random.ids(100_000), random.ids(100_000));
    let view = builder(&Clocks::new()).build();
    view.load(&sealed(&empty(), &out)).unwrap();
    let ask = |id: &SessionId| {
        let facts = Facts::by_hand((*id, 1), 1, b"ada", &[1; 16], &[2; 16]);
        view.answer(&facts, common::at(common::NOW))
    };
    out.retain(|id| ask(id) != Answer::Unknown);
    assert!(out.is_empty(), "{} let in or refused unasked", out.len());
    innocent.retain(|id| matches!(ask(id), Answer::Revoked(_)));
    assert!(
        innocent.is_empty(),
        "{} logged out silently",
        innocent.len()
    );
}

#[test]
fn whoever_asks_for_two_answers_alone_lets_nobody_in() {
    let id = SessionId::from_bytes([7; 16]);
    let view = builder(&Clocks::new()).build();
    view.load(&sealed(&empty(), &[id])).unwrap();
    let facts = Facts::by_hand((id, 1), 1, b"ada", &[1; 16], &[2; 16]);
    let now = common::at(common::NOW);
    assert_eq!(view.verdict(&facts, now), Some(Scope::Session));
    // And a view behind a pointer passes the third answer on.
    let shared: Arc<dyn RevocationView> = Arc::new(view);
    assert_eq!(shared.answer(&facts, now), Answer::Unknown);
    assert!(!shared.mints());
}

#[test]
fn what_the_origin_forgot_is_dead_at_an_edge_whose_clock_is_behind() {
    let (origin, clocks) = (world(), Clocks::new());
    let view = builder(&clocks).build();
    let sessions = sessions_builder::<User, _>(&origin.clock, view.clone())
        .build()
        .unwrap();
    let token = origin.sessions.issue("ada", &user("ada")).unwrap().token;
    let export = Export {
        high_water_mark: common::NOW + common::IDLE,
        ..empty()
    };
    view.load(&sealed(&export, &[])).unwrap();
    assert_eq!(outcome(&sessions, token.as_str()), common::IDLED);
}

#[test]
fn an_origin_that_remembers_less_than_a_policy_needs_is_no_view_for_it() {
    let (clock, clocks) = (ManualClock::at(common::NOW), Clocks::new());
    let view = builder(&clocks).build();
    // Token lifetime, leeway and twice the tolerance.
    let needed = u32::try_from(common::IDLE + 2 * common::TOLERANCE).unwrap();
    let sessions = sessions_builder::<User, _>(&clock, view.clone())
        .build()
        .unwrap();
    let token = world().sessions.issue("ada", &user("ada")).unwrap().token;
    let with = |life, n| Export {
        life,
        position: position(n),
        ..empty()
    };
    view.load(&sealed(&with(needed - 1, 1), &[])).unwrap();
    assert_eq!(outcome(&sessions, token.as_str()), STALE);
    view.load(&sealed(&with(needed, 2), &[])).unwrap();
    assert_eq!(outcome(&sessions, token.as_str()), Outcome::Live);
    view.register(Terms::clone(&terms(needed)));
    assert_eq!(outcome(&sessions, token.as_str()), STALE);
}

fn terms(needed: u32) -> Terms {
    // What a list hears is what an edge hears: taken from a view that writes it down.
    let fake = common::FakeView::fresh();
    let clock = ManualClock::at(common::NOW);
    let _ = sessions_builder::<User, _>(&clock, fake.clone())
        .build()
        .unwrap();
    let mut terms = fake.set().terms[0];
    terms.token_lifetime = needed;
    terms
}

#[test]
fn readers_see_one_export_or_the_next_and_never_none() {
    // Two lists that differ in everything: each question is answered by one of them as a whole.
    let mut random = Random(12);
    let ids = random.ids(2_000);
    let view = builder(&Clocks::new()).build();
    let cut = |before| Record::new(Revocation::subject(b"ada", before, None), u64::MAX);
    let file = |n: u64, ids: &[SessionId], before| {
        let export = Export {
            position: position(n),
            records: vec![cut(before)],
            salt: [u8::try_from(n % 251).unwrap(); 16],
            ..empty()
        };
        sealed(&export, ids)
    };
    view.load(&file(0, &ids, 10)).unwrap();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let now = common::at(common::NOW);
                while !over.load(Ordering::SeqCst) {
                    for id in &ids {
                        let facts = Facts::by_hand((*id, 1), 10, b"ada", &[1; 16], &[2; 16]);
                        let answer = view.answer(&facts, now);
                        assert_ne!(answer, Answer::Clear, "in one of the two, always");
                    }
                }
            });
        }
        for n in 1..200 {
            // By turns in the filter and below a cut-off, never in neither.
            let next = match n % 2 {
                0 => file(n, &ids, 10),
                _ => file(n, &[], 11),
            };
            view.load(&next).unwrap();
        }
        over.store(true, Ordering::SeqCst);
    });
}
