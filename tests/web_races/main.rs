//! Requests that overlap, in every order: a logout wins against renewals, a late `Set-Cookie` never
//! revives a session, and tabs of one browser do not log each other out.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

mod orders;
mod stage;

use cloakroom::{Reason, VerifyError};
use orders::orders;
use stage::{Browser, Done, Job, Stage};

/// Runs `jobs` in every order of their steps. Each gets a browser that is logged in, in the second
/// half of the idle time; `judge` sees what came of it.
fn in_every_order(jobs: &[&'static str], judge: impl Fn(&Stage, &Browser, &[Done])) -> usize {
    let stage = Stage::new();
    // To its first gate, through each of its gates, and to the browser.
    let steps: Vec<usize> = jobs.iter().map(|job| stage::gates(job) + 2).collect();
    let mut runs = 0;
    for order in orders(&steps) {
        let mut browser = stage.logged_in();
        stage.clock.advance(stage::IDLE / 2);
        let mut running: Vec<Job> = jobs.iter().map(|path| Job::new(path)).collect();
        let mut done = Vec::new();
        for job in &order {
            done.extend(running[*job].step(&stage, &mut browser, *job));
        }
        assert_eq!(done.len(), jobs.len(), "every job was answered, {order:?}");
        judge(&stage, &browser, &done);
        runs += 1;
    }
    runs
}

fn is_revoked(stage: &Stage, token: &str) -> bool {
    let verified = stage.sessions.verify(token);
    verified.is_err_and(
        |error| matches!(error, VerifyError::Rejected(why) if why.reason() == Reason::Revoked),
    )
}

#[test]
fn no_renewal_outlives_a_logout_in_any_order() {
    // A logout has a gate behind its command as well, so it has more orders.
    for (command, orders) in [("/logout", 4_200), ("/logout-everywhere", 1_680)] {
        assert_eq!(no_renewal_outlives(command), orders, "{command}");
    }
}

fn no_renewal_outlives(command: &'static str) -> usize {
    in_every_order(&["/me", "/me", command], |stage, browser, done| {
        let out = done.iter().position(|done| done.path == command).unwrap();
        for answer in done {
            assert!(
                answer
                    .set
                    .as_deref()
                    .is_none_or(|token| is_revoked(stage, token))
            );
            if answer.began_after.contains(&done[out].job) {
                assert_eq!((answer.status, &answer.set), (401, &None));
            }
        }
        // Whatever the browser ends up with, nobody is logged in with it.
        assert!(
            browser
                .cookie
                .as_deref()
                .is_none_or(|token| is_revoked(stage, token))
        );
    })
}

#[test]
fn sign_out_the_others_ends_all_but_this_session_in_any_order() {
    let runs = in_every_order(&["/me", "/logout-others", "/me"], |stage, browser, done| {
        assert!(done.iter().all(|done| done.status == 200 && !done.removed));
        let cookie = browser.cookie.as_deref().unwrap();
        let session = stage.sessions.verify(cookie).unwrap();
        assert_eq!(session.id(), browser.session);
        // What a tab renewed is of this session, before the command and behind it.
        for token in done.iter().filter_map(|done| done.set.as_deref()) {
            assert!(stage.sessions.verify(token).is_ok());
        }
        assert!(is_revoked(stage, &browser.other_device));
    });
    assert_eq!(runs, 1_680);
}

#[test]
fn two_devices_that_sign_each_other_out_never_both_stay() {
    // Each in a browser of its own: the one whose command came last is logged in alone.
    for first in [0, 1] {
        let stage = Stage::new();
        let browser = stage.logged_in();
        let cookies = [browser.cookie.unwrap(), browser.other_device];
        let done = stage.at_once("/logout-others", &cookies[first]);
        assert_eq!(done.status, 200);
        let late = stage.at_once("/logout-others", &cookies[1 - first]);
        assert_eq!(late.status, 401, "it was signed out itself");
        assert!(stage.sessions.verify(&cookies[first]).is_ok());
        assert!(is_revoked(&stage, &cookies[1 - first]));
    }
}

#[test]
fn a_reauthentication_leaves_one_session_and_a_late_renewal_does_not_bring_the_old_one_back() {
    in_every_order(&["/me", "/reauthenticate"], |stage, browser, done| {
        let renewal = done.iter().find(|done| done.path == "/me").unwrap();
        let again = done
            .iter()
            .find(|done| done.path == "/reauthenticate")
            .unwrap();
        let new = stage
            .sessions
            .verify(again.set.as_deref().unwrap())
            .unwrap();
        assert_ne!(new.id(), browser.session);
        if let Some(token) = &renewal.set {
            let began_with_the_new = renewal.began_after.contains(&again.job);
            assert_eq!(is_revoked(stage, token), !began_with_the_new);
        }
    });
}

#[test]
fn a_response_decided_after_a_logout_sets_no_cookie() {
    in_every_order(&["/me", "/logout"], |_, _, done| {
        let renewal = done.iter().find(|done| done.path == "/me").unwrap();
        let logout = done.iter().find(|done| done.path == "/logout").unwrap();
        assert!(logout.removed);
        let published_first = logout.commanded_at < renewal.decided_at;
        assert_eq!(
            renewal.set.is_some(),
            !published_first && renewal.status == 200
        );
        assert!(
            !renewal.removed,
            "a refused renewal deletes no cookie: it may be a newer one"
        );
    });
}

#[test]
fn tabs_that_renew_and_update_stay_logged_in_in_any_order() {
    let runs = in_every_order(&["/me", "/update", "/me"], |stage, browser, done| {
        assert!(done.iter().all(|done| done.status == 200));
        let cookie = browser.cookie.as_deref().unwrap();
        let session = stage.sessions.verify(cookie).unwrap();
        assert_eq!(session.id(), browser.session);
    });
    assert_eq!(runs, 1_680);
}

#[test]
fn tabs_that_log_in_at_one_time_do_not_end_each_others_sessions() {
    in_every_order(&["/login", "/login"], |stage, browser, done| {
        assert!(done.iter().all(|done| done.status == 200));
        assert!(
            stage
                .sessions
                .verify(browser.cookie.as_deref().unwrap())
                .is_ok()
        );
        let both_began_with_the_old = done.iter().all(|done| done.began_after.is_empty());
        for done in done {
            let token = done.set.as_deref().unwrap();
            // One that began with the other's cookie replaces it; that is what a login is.
            assert!(!both_began_with_the_old || stage.sessions.verify(token).is_ok());
        }
    });
}

#[test]
fn a_rotation_ends_older_tokens_and_a_late_one_never_comes_back() {
    in_every_order(&["/me", "/rotate"], |stage, browser, done| {
        let renewal = done.iter().find(|done| done.path == "/me").unwrap();
        let rotation = done.iter().find(|done| done.path == "/rotate").unwrap();
        let rotated = rotation.set.as_deref().unwrap();
        assert!(stage.sessions.verify(rotated).is_ok());
        let cookie = browser.cookie.as_deref().unwrap();
        match &renewal.set {
            // Decided before the rotation and arrived after it: a lost login. Not the old rights.
            Some(old) if old == cookie && !renewal.began_after.contains(&rotation.job) => {
                assert!(renewal.arrived_at > rotation.arrived_at);
                assert!(is_revoked(stage, old));
            }
            _ => assert!(stage.sessions.verify(cookie).is_ok()),
        }
    });
}

#[test]
fn a_late_renewal_over_a_new_login_is_a_lost_login_and_no_resurrection() {
    let lost = std::cell::Cell::new(0_usize);
    in_every_order(&["/me", "/login"], |stage, browser, done| {
        let login = done.iter().find(|done| done.path == "/login").unwrap();
        let renewal = done.iter().find(|done| done.path == "/me").unwrap();
        assert!(stage.sessions.verify(login.set.as_deref().unwrap()).is_ok());
        if let Some(old) = &renewal.set
            && !renewal.began_after.contains(&login.job)
        {
            assert!(
                is_revoked(stage, old),
                "the login ended the session it replaced"
            );
            if browser.cookie.as_deref() == Some(old) {
                lost.set(lost.get() + 1);
            }
        } else {
            assert!(
                stage
                    .sessions
                    .verify(browser.cookie.as_deref().unwrap())
                    .is_ok()
            );
        }
    });
    // The documented loss does happen here, so the story is about something.
    assert!(lost.get() > 0);
}

#[test]
fn sixteen_threads_renew_while_one_logs_out() {
    let stage = Stage::new();
    for _ in 0..20 {
        let browser = stage.logged_in();
        stage.clock.advance(stage::IDLE / 2);
        let cookie = browser.cookie.unwrap();
        let tokens: Vec<Option<String>> = std::thread::scope(|threads| {
            let renewals: Vec<_> = (0..16)
                .map(|_| threads.spawn(|| stage.at_once("/me", &cookie).set))
                .collect();
            let out = threads.spawn(|| stage.at_once("/logout", &cookie));
            assert!(out.join().unwrap().removed);
            renewals
                .into_iter()
                .map(|renewal| renewal.join().unwrap())
                .collect()
        });
        for token in tokens.into_iter().flatten() {
            assert!(is_revoked(&stage, &token));
        }
    }
}
