//! What a server of a feed puts into an export: what it knows, as of its proof, and nothing while it
//! has none.
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

use std::sync::atomic::Ordering;
use std::time::Duration;

use cloakroom::edge::{EdgeKeys, EdgeView, ExportError};
use cloakroom::feed::{FeedKey, FeedKeys, FeedRevocations, MemoryEngine};
use cloakroom::hazmat::edge::open_export;
use cloakroom::{
    ManualClock, Missing, Record, Revocation, RevocationList, RevocationPublish as _,
    RevocationView as _, Sessions, Terms,
};
use common::{Outcome, User, builder as sessions_builder, outcome, user};
use edge::{Clocks, NOW, Random, VALID, keys, position, realm, signer};

const ASK: Outcome = Outcome::Unavailable(Missing::Origin);

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
fn a_server_of_a_feed_makes_exports_of_what_it_knows() {
    let key = FeedKey::generate().unwrap();
    let signer = key.edge_signer();
    let realm = realm();
    let feed = FeedRevocations::builder(realm.clone(), FeedKeys::new(key), MemoryEngine::new())
        .start()
        .unwrap();
    let valid = Duration::from_secs(30);
    // Before it is fresh it promises nothing.
    let early = signer.export(&feed, valid);
    assert!(early.is_ok() || early == Err(ExportError::Stale));
    assert!(feed.wait_until_fresh(Duration::from_secs(20)));
    let ring = common::ring_for(u32::MAX);
    let at_origin = Sessions::<User, _>::builder(ring.clone(), feed.clone())
        .purpose(common::PURPOSE)
        .audience(common::AUDIENCE)
        .aal2()
        .build()
        .unwrap();
    let (ada, bob) = (
        at_origin.issue("ada", &user("ada")),
        at_origin.issue("bob", &user("bob")),
    );
    let (ada, bob) = (ada.unwrap().token, bob.unwrap().token);
    let session = at_origin.verify(ada.as_str()).unwrap();
    let _delivery = at_origin.revoke(session.id()).unwrap();
    let before = now();
    let file = signer.export(&feed, valid).unwrap();
    let keys = EdgeKeys::new(signer.public_key());
    let opened = open_export(&keys, &realm, &file).unwrap().export;
    assert_eq!(opened.position, feed.status().position.unwrap());
    assert!(opened.made_at < before + 1_000 && opened.made_at + 2_000 > before);
    assert_eq!(opened.valid_until, opened.made_at + 30_000);
    for invalid in [Duration::from_millis(999), Duration::from_secs(86_401)] {
        assert_eq!(signer.export(&feed, invalid), Err(ExportError::Validity));
    }
    let view = EdgeView::builder(realm, keys).build();
    let at_edge = Sessions::<User, _>::builder(ring, view.clone())
        .purpose(common::PURPOSE)
        .audience(common::AUDIENCE)
        .aal2()
        .build()
        .unwrap();
    view.load(&file).unwrap();
    assert_eq!(outcome(&at_edge, ada.as_str()), ASK);
    assert_eq!(outcome(&at_edge, bob.as_str()), Outcome::Live);
    assert!(keys_differ(&signer.export(&feed, valid).unwrap(), &file));
}

fn now() -> u64 {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

/// Whether the salts of two exports differ.
fn keys_differ(one: &[u8], other: &[u8]) -> bool {
    one[72..88] != other[72..88]
}

#[test]
fn exports_of_one_list_have_salts_of_their_own() {
    let list = RevocationList::new();
    let valid = Duration::from_secs(30);
    let make = || {
        signer(1)
            .export_list(&realm(), &list, position(1), NOW, valid)
            .unwrap()
    };
    assert!(keys_differ(&make(), &make()));
    assert!(open_export(&keys(), &realm(), &make()).is_ok());
}

#[test]
fn an_export_claims_the_time_of_the_proof_and_none_is_made_without_one() {
    let (clocks, key) = (Clocks::new(), FeedKey::generate().unwrap());
    let signer = key.edge_signer();
    let public = EdgeKeys::new(signer.public_key());
    let builder = FeedRevocations::builder(realm(), FeedKeys::new(key), MemoryEngine::new());
    let (feed, mut hands) = builder.environment(clocks.clone()).by_hand().unwrap();
    feed.register(terms(1_800));
    let valid = Duration::from_millis(VALID);
    assert_eq!(signer.export(&feed, valid), Err(ExportError::Stale));
    // A feed that was just founded is fresh for nobody; then heartbeats go on.
    for _ in 0..60 {
        clocks.pass(100);
        hands.read(Duration::ZERO);
        hands.write();
    }
    hands.read(Duration::ZERO);
    let proved = |export: &[u8]| open_export(&public, &realm(), export).unwrap().export;
    let at_once = proved(&signer.export(&feed, valid).unwrap());
    let now = clocks.unix.load(Ordering::SeqCst);
    let age = u64::try_from(feed.status().age.unwrap().as_millis()).unwrap();
    assert!(
        at_once.made_at <= now - age,
        "{} at {now}, age {age}",
        at_once.made_at
    );
    assert!(at_once.made_at + 2 >= now - age);
    // Later the same proof is the same moment, however late the export is made.
    clocks.pass(500);
    let later = proved(&signer.export(&feed, valid).unwrap());
    assert_eq!(later.made_at, at_once.made_at);
    assert_eq!(later.valid_until, at_once.made_at + VALID);
    // Token lifetime and twice the tolerance, and not the bound of the feed.
    assert_eq!(later.life, 1_800 + 2 * 60);
    clocks.pass(3_000);
    assert_eq!(signer.export(&feed, valid), Err(ExportError::Stale));
}

#[test]
fn every_entry_of_a_list_is_in_its_export() {
    let (list, mut random) = (RevocationList::new(), Random(13));
    let now = common::at(common::NOW);
    let (out, rotated) = (random.ids(1_000), random.ids(50));
    let mut published: Vec<_> = out.iter().map(|id| Revocation::session(*id)).collect();
    published.extend(
        rotated
            .iter()
            .map(|id| Revocation::older_generations(*id, 3)),
    );
    published.push(Revocation::subject(b"ada", common::NOW + 3, None));
    published.push(Revocation::audience([3; 16], common::NOW));
    published.push(Revocation::key(common::key(1).id()));
    common::certain(list.publish(&published, now));
    // Far ahead of this clock: in quarantine, and not in effect anywhere.
    let ahead = Revocation::subject(b"eve", common::NOW + 3_600, None);
    assert_eq!(
        list.merge(&[Record::new(ahead, u64::MAX)], now).quarantined,
        1
    );
    let valid = Duration::from_millis(VALID);
    let file = signer(1).export_list(&realm(), &list, position(1), NOW, valid);
    let opened = open_export(&keys(), &realm(), &file.unwrap()).unwrap();
    assert_eq!(opened.export.records.len(), 50 + 3);
    let missed = out.iter().filter(|id| !opened.hits(**id)).count();
    assert_eq!(missed, 0);
}

/// How many exact entries an export has.
fn exact(export: &[u8], keys: &EdgeKeys) -> usize {
    let opened = open_export(keys, &realm(), export).unwrap();
    opened.export.records.len()
}

#[test]
fn a_cutoff_that_came_due_in_quarantine_is_exported_although_nothing_released_it() {
    let list = RevocationList::new();
    let ahead = Revocation::subject(b"ada", common::NOW + 100, None);
    let merged = list.merge(&[Record::new(ahead, u64::MAX)], common::at(common::NOW));
    assert_eq!(merged.quarantined, 1);
    let valid = Duration::from_millis(VALID);
    // The list assumes a tolerance of 60 seconds while no policy was registered.
    let at = |seconds: u64| {
        let file = signer(1).export_list(&realm(), &list, position(1), NOW + seconds * 1000, valid);
        exact(&file.unwrap(), &keys())
    };
    assert_eq!(at(39), 0, "not in effect anywhere");
    assert_eq!(at(40), 1);
}

#[test]
fn a_server_of_a_feed_exports_what_came_due_while_nobody_asked_it() {
    let (clocks, key) = (Clocks::new(), FeedKey::generate().unwrap());
    let signer = key.edge_signer();
    let public = EdgeKeys::new(signer.public_key());
    let engine = MemoryEngine::new();
    let start = |clocks: &Clocks| {
        let keys = FeedKeys::new(key.clone());
        let builder = FeedRevocations::builder(realm(), keys, engine.clone());
        builder.environment(clocks.clone()).by_hand().unwrap()
    };
    let fast = Clocks::new();
    let (feed, mut hands) = start(&clocks);
    let (other, mut others) = start(&fast);
    let mut run = |time: u64| {
        for _ in 0..time / 100 {
            clocks.pass(100);
            fast.pass(100);
            hands.read(Duration::ZERO);
            hands.write();
            others.read(Duration::ZERO);
            others.write();
        }
    };
    run(6_000);
    // Published by a server that finds it near enough; this one does not.
    let ahead = Revocation::subject(b"ada", common::NOW + 6 + 70, None);
    let _under_way = other.publish_async(&[ahead], common::at(common::NOW + 16));
    run(1_000);
    assert_eq!(feed.stats().quarantined, 1);
    let valid = Duration::from_millis(VALID);
    let export = |feed: &FeedRevocations| signer.export(feed, valid).unwrap();
    assert_eq!(exact(&export(&feed), &public), 0);
    // No session is verified here, and nothing else looks at the quarantine.
    run(20_000);
    assert_eq!(exact(&export(&feed), &public), 1);
}
