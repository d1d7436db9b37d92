//! What each operation does while the revocation view is fresh, stale or blind, cell by cell
//! (SPEC §9.9), and that two questions to a changing view never add up to a wrong answer.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod common;

use cloakroom::{
    Freshness, IssueError, ManualClock, Missing, NoRevocation, ReauthenticateError, RotateError,
    Scope, Sessions, StalePolicy, UpdateError, VerifyError,
};
use common::*;
use time::Duration;

const GRACE: u64 = 600;
const UNAVAILABLE: Outcome = Outcome::Unavailable(Missing::Revocations);

fn stale(age: Duration) -> Freshness {
    Freshness::Stale { age }
}

struct Case {
    view: FakeView,
    closed: Sessions<User, FakeView>,
    grace: Sessions<User, FakeView>,
    clock: ManualClock,
    token: String,
}

fn case() -> Case {
    let (clock, view) = (ManualClock::at(NOW), FakeView::fresh());
    let closed = builder(&clock, view.clone())
        .renew_share(0, 1)
        .build()
        .unwrap();
    let grace = builder(&clock, view.clone())
        .renew_share(0, 1)
        .on_stale(StalePolicy::ContinueFor(seconds(GRACE)))
        .build()
        .unwrap();
    let token = closed
        .issue("ada", &user("Ada"))
        .unwrap()
        .token
        .into_string();
    Case {
        view,
        closed,
        grace,
        clock,
        token,
    }
}

#[test]
fn verification_follows_the_matrix() {
    let case = case();
    let just_over = seconds(GRACE) + Duration::nanoseconds(1);
    // View; then closed, grace, sensitive under closed, sensitive under grace.
    let rows = [
        (Freshness::Fresh, [Outcome::Live; 4]),
        (
            stale(Duration::ZERO),
            [UNAVAILABLE, Outcome::Live, UNAVAILABLE, UNAVAILABLE],
        ),
        (
            stale(seconds(GRACE)),
            [UNAVAILABLE, Outcome::Live, UNAVAILABLE, UNAVAILABLE],
        ),
        (stale(just_over), [UNAVAILABLE; 4]),
        (stale(Duration::MAX), [UNAVAILABLE; 4]),
        (Freshness::Blind, [UNAVAILABLE; 4]),
    ];
    let (closed, grace) = (case.closed.sensitive(), case.grace.sensitive());
    let all = [&case.closed, &case.grace, &closed, &grace];
    for (freshness, expected) in rows {
        case.view.set().freshness = freshness;
        case.view.set().verdict = None;
        let found = all.map(|sessions| outcome(sessions, &case.token));
        assert_eq!(found, expected, "{freshness:?}");
        // An entry is a reason to refuse however old the view is.
        for scope in [Scope::Session, Scope::Subject, Scope::Audience, Scope::Key] {
            case.view.set().verdict = Some(scope);
            let found = all.map(|sessions| outcome(sessions, &case.token));
            assert_eq!(found, [REVOKED; 4], "{freshness:?} {scope:?}");
        }
    }
}

#[test]
fn new_tokens_need_a_fresh_view_whatever_the_policy_says() {
    let case = case();
    let ada = user("Ada");
    let session = case.grace.verify(&case.token).unwrap();
    for freshness in [
        stale(Duration::ZERO),
        stale(seconds(GRACE)),
        Freshness::Blind,
    ] {
        case.view.set().freshness = freshness;
        for sessions in [&case.closed, &case.grace] {
            let missing = |error: VerifyError| match error {
                VerifyError::Unavailable(error) => error.missing(),
                VerifyError::Rejected(_) => panic!("a stale view is nobody's fault"),
            };
            let Err(IssueError::Unavailable(error)) = sessions.issue("ada", &ada) else {
                panic!("issued with {freshness:?}");
            };
            assert_eq!(error.missing(), Missing::Revocations);
            assert_eq!(
                missing(sessions.renew(&session).unwrap_err()),
                Missing::Revocations
            );
            let Err(UpdateError::Verify(error)) = sessions.update(&session, &ada) else {
                panic!("updated with {freshness:?}");
            };
            assert_eq!(missing(error), Missing::Revocations);
            for result in [
                sessions.rotate(&session),
                sessions.rotate_with(&session, &ada),
            ] {
                let Err(RotateError::Update(UpdateError::Verify(error))) = result else {
                    panic!("rotated with {freshness:?}");
                };
                assert_eq!(missing(error), Missing::Revocations);
            }
            let again = sessions.reauthenticate(&session, &ada);
            let Err(ReauthenticateError::Issue(IssueError::Unavailable(error))) = again else {
                panic!("reauthenticated with {freshness:?}");
            };
            assert_eq!(error.missing(), Missing::Revocations);
        }
    }
    assert!(case.view.set().published.is_empty());
    case.view.set().freshness = Freshness::Fresh;
    case.grace.renew(&session).unwrap().unwrap();
}

#[test]
fn logging_out_needs_no_fresh_view() {
    let case = case();
    let session = case.closed.verify(&case.token).unwrap();
    case.view.set().freshness = Freshness::Blind;
    case.closed.revoke(session.id()).unwrap();
    case.closed.revoke_subject("ada").unwrap();
    case.closed.revoke_all().unwrap();
    assert_eq!(case.view.set().published.len(), 3);
}

#[test]
fn a_view_that_catches_up_between_the_questions_does_not_let_a_revoked_token_in() {
    let case = case();
    // Old: knows nothing of the logout and says so. New: knows it. No moment allows the token.
    case.view.set().freshness = Freshness::Blind;
    case.view.set().after_verdict = Some((Freshness::Fresh, Some(Scope::Session)));
    assert_eq!(outcome(&case.closed, &case.token), UNAVAILABLE);
    assert_eq!(outcome(&case.closed, &case.token), REVOKED);
}

#[test]
fn a_renewal_does_not_fall_between_two_answers_of_a_view_either() {
    let case = case();
    let session = case.closed.verify(&case.token).unwrap();
    case.view.set().freshness = stale(seconds(1));
    case.view.set().after_verdict = Some((Freshness::Fresh, Some(Scope::Session)));
    let error = case.closed.renew(&session).unwrap_err();
    assert_eq!(Outcome::from(error), UNAVAILABLE);
}

#[test]
fn a_session_revoked_since_it_was_verified_gets_no_new_token() {
    let case = case();
    let session = case.closed.verify(&case.token).unwrap();
    case.view.set().verdict = Some(Scope::Subject);
    let error = case.closed.renew(&session).unwrap_err();
    assert_eq!(Outcome::from(error), REVOKED);
    let update = case.closed.update(&session, &user("Eve"));
    assert!(matches!(update, Err(UpdateError::Verify(e)) if Outcome::from(e) == REVOKED));
    let rotate = case.closed.rotate(&session);
    assert!(
        matches!(rotate, Err(RotateError::Update(UpdateError::Verify(e))) if Outcome::from(e) == REVOKED)
    );
    assert!(case.view.set().published.is_empty());
}

#[test]
fn a_session_that_ended_while_the_request_ran_gets_no_new_token() {
    let case = case();
    let session = case.closed.verify(&case.token).unwrap();
    case.clock.advance(IDLE);
    assert_eq!(
        Outcome::from(case.closed.renew(&session).unwrap_err()),
        IDLED
    );
    assert!(matches!(
        case.closed.update(&session, &user("Ada")),
        Err(UpdateError::Verify(e)) if Outcome::from(e) == IDLED
    ));
}

#[test]
fn a_view_is_told_the_terms_of_every_policy_that_relies_on_it() {
    let (clock, view) = (ManualClock::at(NOW), FakeView::fresh());
    let with = |idle: Option<u64>, absolute: u64| {
        let builder = builder::<User, _>(&clock, view.clone()).leeway(seconds(5));
        let builder = match idle {
            Some(idle) => builder.idle_timeout(seconds(idle)),
            None => builder.no_idle_timeout(),
        };
        builder.absolute_timeout(seconds(absolute)).build().unwrap();
        let terms = *view.set().terms.last().unwrap();
        assert_eq!((terms.leeway, terms.tolerance), (5, 60));
        terms.token_lifetime
    };
    assert_eq!(with(Some(1_800), 28_800), 1_800);
    assert_eq!(with(None, 28_800), 28_800);
    // An idle timeout beyond the absolute one never comes to pass.
    assert_eq!(with(Some(90_000), 28_800), 28_800);
}

#[test]
fn giving_up_revocation_is_a_type_of_its_own_and_always_fresh() {
    let clock = ManualClock::at(NOW);
    let sessions = builder::<User, _>(&clock, NoRevocation).build().unwrap();
    let issued = sessions.issue("ada", &user("Ada")).unwrap();
    let sensitive = sessions.sensitive();
    assert_eq!(outcome(&sensitive, issued.token.as_str()), Outcome::Live);
    clock.advance(900);
    let session = sessions.verify(issued.token.as_str()).unwrap();
    let renewed = sessions.renew(&session).unwrap().unwrap();
    assert_eq!(outcome(&sessions, renewed.token.as_str()), Outcome::Live);
}
