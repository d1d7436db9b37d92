//! How long a revocation is remembered: longer than any token that it could match, and not for
//! ever.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing
)]

mod common;

use cloakroom::{Issued, ManualClock, RevocationList, Sessions};
use common::*;
use proptest::prelude::*;

fn sessions(
    clock: &ManualClock,
    list: &RevocationList,
    idle: Option<u64>,
    absolute: u64,
    leeway: u64,
) -> Sessions<User> {
    let builder = builder(clock, list.clone())
        .absolute_timeout(seconds(absolute))
        .leeway(seconds(leeway))
        .renew_share(0, 1);
    let builder = match idle {
        Some(idle) => builder.idle_timeout(seconds(idle)),
        None => builder.no_idle_timeout(),
    };
    builder.build().unwrap()
}

#[test]
fn an_entry_is_forgotten_in_the_second_that_its_life_ends_and_not_before() {
    // Idle, absolute, leeway, and L of SPEC §9.8 with a staleness bound of 0 and a tolerance of 60.
    for (idle, absolute, leeway, life) in [
        (Some(1_800), 28_800, 0, 1_800 + 120),
        (Some(1_800), 28_800, 300, 1_800 + 300 + 120),
        (None, 28_800, 0, 28_800 + 120),
        (Some(90_000), 28_800, 7, 28_800 + 7 + 120),
        (
            Some(u64::from(u32::MAX)),
            u64::from(u32::MAX),
            300,
            u64::from(u32::MAX) + 420,
        ),
    ] {
        let (clock, list) = (ManualClock::at(NOW), RevocationList::new());
        let sessions = sessions(&clock, &list, idle, absolute, leeway);
        let issued = sessions.issue("ada", &user("Ada")).unwrap();
        sessions.revoke(issued.session.id()).unwrap();
        sessions.revoke_subject("ada").unwrap();
        sessions.revoke_all().unwrap();
        assert_eq!(
            list.purge(at(NOW + life - 1)),
            0,
            "{idle:?} {absolute} {leeway}"
        );
        assert_eq!(list.stats().entries(), 3);
        assert_eq!(
            list.purge(at(NOW + life)),
            3,
            "{idle:?} {absolute} {leeway}"
        );
        assert_eq!(list.stats().entries(), 0);
    }
}

#[test]
fn the_longest_life_of_all_policies_on_a_list_counts() {
    let (clock, list) = (ManualClock::at(NOW), RevocationList::new());
    let short = sessions(&clock, &list, Some(600), 3_600, 0);
    let _long = sessions(&clock, &list, None, 50_000, 30);
    short.revoke_subject("ada").unwrap();
    assert_eq!(list.purge(at(NOW + 50_000 + 30 + 120 - 1)), 0);
    assert_eq!(list.purge(at(NOW + 50_000 + 30 + 120)), 1);
}

#[test]
fn a_second_publication_extends_an_entry_and_a_record_never_shortens_it() {
    let (clock, list) = (ManualClock::at(NOW), RevocationList::new());
    let sessions = sessions(&clock, &list, Some(600), 3_600, 0);
    let issued = sessions.issue("ada", &user("Ada")).unwrap();
    sessions.revoke(issued.session.id()).unwrap();
    clock.advance(100);
    sessions.revoke(issued.session.id()).unwrap();
    let revocation = cloakroom::Revocation::session(issued.session.id());
    let early = cloakroom::Record::new(revocation, NOW + 1);
    assert_eq!(list.merge(&[early], at(NOW + 100)).applied, 1);
    assert_eq!(list.purge(at(NOW + 100 + 720 - 1)), 0);
    assert_eq!(list.purge(at(NOW + 100 + 720)), 1);
}

#[test]
fn publishing_cleans_up_by_itself() {
    let (clock, list) = (ManualClock::at(NOW), RevocationList::new());
    let sessions = sessions(&clock, &list, Some(600), 3_600, 0);
    for _ in 0..2_000 {
        let issued = sessions.issue("ada", &user("Ada")).unwrap();
        sessions.revoke(issued.session.id()).unwrap();
        clock.advance(10);
    }
    // 720 s of life and a minute between two cleanings, at one logout in 10 s.
    let kept = list.stats().sessions;
    assert!((72..=79).contains(&kept), "{kept} entries");
    // A key is remembered for good, everything else goes.
    let _ = sessions.disable_key(key(9).id()).unwrap();
    clock.advance(1_000_000);
    list.purge(at(NOW + 1_020_000));
    let stats = list.stats();
    assert_eq!((stats.keys, stats.entries()), (1, 1));
}

/// A server's clock and whether it is the one that forgets.
#[derive(Clone, Debug)]
struct Chain {
    /// Seconds until each renewal, and which of two servers makes it.
    steps: Vec<(u64, bool)>,
    idle: Option<u64>,
    absolute: u64,
    leeway: u64,
    /// How far the second server's clock is ahead or behind, within the tolerance.
    ahead: i64,
    scope: u8,
    /// Where in the chain the logout happens.
    logout: usize,
}

fn chain() -> impl Strategy<Value = Chain> {
    let step = (prop_oneof![0..5_u64, 0..700_u64], any::<bool>());
    (
        proptest::collection::vec(step, 1..20),
        proptest::option::of(prop_oneof![Just(600_u64), Just(1_u64), 2..2_000_u64]),
        prop_oneof![Just(3_600_u64), 1..5_000_u64],
        prop_oneof![Just(0_u64), 0..=300_u64],
        -60..=60_i64,
        0..4_u8,
        0..20_usize,
    )
        .prop_map(
            |(steps, idle, absolute, leeway, ahead, scope, logout)| Chain {
                steps,
                idle,
                absolute,
                leeway,
                ahead,
                scope,
                logout,
            },
        )
}

/// Searches for a token that is accepted again after the entry that refuses it was forgotten.
fn survivor(chain: &Chain) -> Option<(u64, usize)> {
    let list = RevocationList::new();
    let clocks = [ManualClock::at(NOW), ManualClock::at(NOW)];
    let show = |time: u64| {
        clocks[0].set(time);
        clocks[1].set(time.checked_add_signed(chain.ahead).unwrap());
    };
    let servers = [&clocks[0], &clocks[1]]
        .map(|clock| sessions(clock, &list, chain.idle, chain.absolute, chain.leeway));
    let mut time = NOW;
    show(time);
    let mut tokens: Vec<Issued> = vec![servers[1].issue("ada", &user("Ada")).unwrap()];
    for (index, (pass, server)) in chain.steps.iter().enumerate() {
        if index == chain.logout {
            break;
        }
        time += pass;
        show(time);
        let server = &servers[usize::from(*server)];
        let newest = tokens.last().unwrap();
        let Ok(session) = server.verify(newest.token.as_str()) else {
            break;
        };
        if let Ok(issued) = server.update(&session, &user("Ada")) {
            tokens.push(issued);
        }
    }
    let id = tokens[0].session.id();
    match chain.scope {
        0 => {
            servers[0].revoke(id).unwrap();
        }
        1 => {
            servers[0]
                .revoke_subject_before("ada", at(time + 30))
                .unwrap();
        }
        2 => {
            servers[0].revoke_all_before(at(time + 30)).unwrap();
        }
        _ => {
            servers[0].revoke_generations_below(id, 1).unwrap();
        }
    }
    // From the logout until all is over: what was refused once stays refused.
    let refused =
        |server: usize, token: &Issued| outcome(&servers[server], token.token.as_str()) == REVOKED;
    let dead: Vec<usize> = (0..tokens.len())
        .filter(|i| refused(0, &tokens[*i]))
        .collect();
    let life = chain
        .idle
        .map_or(chain.absolute, |idle| idle.min(chain.absolute))
        + chain.leeway;
    for after in (0..12)
        .map(|n| n * life / 12)
        .chain((life..life + 200).step_by(9))
        .chain(life + 118..life + 123)
    {
        show(time + after);
        list.purge(at(time + after));
        for server in &servers {
            for index in &dead {
                if outcome(server, tokens[*index].token.as_str()) == Outcome::Live {
                    return Some((after, *index));
                }
            }
        }
    }
    assert_eq!(list.stats().entries(), 0, "something is never forgotten");
    None
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 150,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_token_outlives_the_entry_that_refuses_it(chain in chain()) {
        prop_assert_eq!(survivor(&chain), None);
    }
}
