//! Who can send requests can't fill a log, and what is wrong with the server is told once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cloakroom::reload::KeyWatch;
use cloakroom::source::{KeySource, UnwrapError};

use crate::world::{Later, Log, SUBJECT, World, card, sessions, world};

fn logged(story: impl FnOnce(&World, &Log)) {
    let log = Log::default();
    // Not into the counts of the other tests of this process.
    metrics::with_local_recorder(&metrics::NoopRecorder, || {
        tracing::subscriber::with_default(log.subscriber(), || story(&world(), &log));
    });
}

/// Lines at `info` and above.
fn loud(log: &Log) -> Vec<String> {
    ["ERROR", "WARN", "INFO"]
        .iter()
        .flat_map(|level| log.take(level))
        .collect()
}

#[test]
fn a_thousand_garbage_and_forged_tokens_are_a_trace() {
    logged(|w, log| {
        let mut forged = w
            .sessions
            .issue(SUBJECT, &card())
            .unwrap()
            .token
            .into_string();
        forged.replace_range(60..62, if &forged[60..62] == "AA" { "BB" } else { "AA" });
        log.clear();
        for _ in 0..500 {
            w.sessions.verify("clk1.garbage").unwrap_err();
            w.sessions.verify(&forged).unwrap_err();
        }
        assert_eq!(loud(log), [""; 0]);
        assert_eq!(log.take("DEBUG"), [""; 0]);
        assert_eq!(log.take("TRACE").len(), 1_000, "or nothing was seen at all");
    });
}

#[test]
fn a_thousand_replays_after_a_logout_are_one_line_and_the_rest_is_for_debugging() {
    logged(|w, log| {
        let issued = w.sessions.issue(SUBJECT, &card()).unwrap();
        w.sessions.revoke(issued.session.id()).unwrap();
        log.clear();
        let started = std::time::Instant::now();
        for _ in 0..1_000 {
            w.sessions.verify(issued.token.as_str()).unwrap_err();
        }
        // One in ten seconds, on however slow a machine this runs.
        let most = 1 + started.elapsed().as_secs() as usize / 10;
        let lines = log.take("INFO");
        assert!(!lines.is_empty() && lines.len() <= most, "{lines:#?}");
        assert_eq!(loud(log).len(), lines.len());
        assert_eq!(log.take("DEBUG").len() + lines.len(), 1_000);
        assert!(lines[0].contains("left_out=0"), "{}", lines[0]);
    });
}

#[test]
fn tokens_that_a_deploy_made_unreadable_are_one_warning() {
    logged(|w, log| {
        let issued = w.sessions.issue(SUBJECT, &card()).unwrap();
        let later = sessions::<Later>(&w.clock, &w.view);
        log.clear();
        for _ in 0..200 {
            later.verify(issued.token.as_str()).unwrap_err();
        }
        assert_eq!(log.take("WARN").len(), 1);
        assert_eq!(log.take("DEBUG").len(), 199);
    });
}

#[test]
fn a_stale_view_is_told_once_for_each_transition() {
    logged(|w, log| {
        let issued = w.sessions.issue(SUBJECT, &card()).unwrap();
        let verify = || w.sessions.verify(issued.token.as_str()).is_ok();
        for round in 1..=3 {
            log.clear();
            w.view.go_stale(true);
            assert!((0..100).all(|_| !verify()));
            assert_eq!(loud(log).len(), 1, "round {round}: {:#?}", loud(log));
            assert_eq!(log.take("WARN").len(), 1);
            w.view.go_stale(false);
            assert!((0..100).all(|_| verify()));
            assert_eq!(log.take("INFO").len(), 1, "round {round}");
            assert_eq!(loud(log).len(), 2);
        }
    });
}

#[test]
fn a_store_that_takes_nothing_is_an_error_once_until_it_does() {
    logged(|w, log| {
        let issued = w.sessions.issue(SUBJECT, &card()).unwrap();
        w.view.fail(true);
        for _ in 0..50 {
            w.sessions.revoke(issued.session.id()).unwrap_err();
        }
        assert_eq!(log.take("ERROR").len(), 1);
        w.view.fail(false);
        w.sessions.revoke(issued.session.id()).unwrap();
        assert_eq!(loud(log).len(), 2, "{:#?}", loud(log));
        w.view.fail(true);
        w.sessions.revoke(issued.session.id()).unwrap_err();
        assert_eq!(log.take("ERROR").len(), 2);
    });
}

#[test]
fn logins_and_logouts_of_users_are_for_debugging() {
    logged(|w, log| {
        for _ in 0..100 {
            let issued = w.sessions.issue(SUBJECT, &card()).unwrap();
            w.sessions.revoke(issued.session.id()).unwrap();
            w.sessions.revoke_subject(SUBJECT).unwrap();
        }
        assert_eq!(loud(log), [""; 0]);
        assert!(log.take("DEBUG").len() >= 300);
        w.sessions.revoke_all().unwrap();
        assert_eq!(log.take("WARN").len(), 1);
    });
}

#[test]
fn a_source_of_keys_that_fails_is_an_error_once_until_it_recovers() {
    logged(|w, log| {
        let fails = Arc::new(AtomicBool::new(false));
        let (ring, failing) = (w.sessions.key_ring(), Arc::clone(&fails));
        let source = KeySource::custom("vault", move || {
            if failing.load(Ordering::SeqCst) {
                return Err(UnwrapError::new("no answer"));
            }
            Ok(ring.to_text())
        });
        let watch = KeyWatch::builder(source)
            .sessions(&w.sessions)
            .clock(w.clock.clone());
        let watch = watch.without_thread().unwrap();
        watch.poll_now().unwrap();
        log.clear();
        for round in 1..=2 {
            fails.store(true, Ordering::SeqCst);
            for _ in 0..20 {
                watch.poll_now().unwrap_err();
            }
            assert_eq!(log.take("ERROR").len(), round);
            fails.store(false, Ordering::SeqCst);
            watch.poll_now().unwrap();
            assert_eq!(log.take("INFO").len(), round);
        }
        assert_eq!(loud(log).len(), 4, "{:#?}", loud(log));
    });
}

#[test]
fn the_beginning_each_renewal_and_the_end_of_a_session_are_told_with_its_reference() {
    logged(|w, log| {
        let issued = w.sessions.issue(SUBJECT, &card()).unwrap();
        let reference = w.sessions.log_reference(&issued.session).unwrap();
        let named = format!("session={reference}");
        let told = |what: &str| {
            let lines = log.take("DEBUG");
            let of = lines.iter().filter(|line| line.contains(&named));
            of.filter(|line| line.contains(what)).count()
        };
        assert_eq!(told("by=Login"), 1, "{:#?}", log.take("DEBUG"));
        w.clock.advance(1_000);
        let session = w.sessions.verify(issued.token.as_str()).unwrap();
        assert_eq!(told("by=Renewal"), 0);
        let renewed = w.sessions.renew(&session).unwrap().unwrap();
        assert_eq!(told("by=Renewal"), 1, "{:#?}", log.take("DEBUG"));
        assert_eq!(told("logged out"), 0);
        w.sessions.revoke_token(renewed.token.as_str()).unwrap();
        assert_eq!(told("logged out"), 1, "{:#?}", log.take("DEBUG"));
    });
}
