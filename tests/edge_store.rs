//! Exports of a durable store: of one machine alone, after its disk failed, and after it was
//! replaced, when it refuses more than an export can say.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    clippy::incompatible_msrv
)]

mod common;
#[path = "common/edge.rs"]
mod edge;
#[path = "common/store.rs"]
mod store;

use std::time::Duration;

use cloakroom::edge::{EdgeKeys, ExportError};
use cloakroom::feed::{FeedKey, FeedKeys, FeedRevocations, MemoryEngine};
use cloakroom::hazmat::edge::open_export;
use cloakroom::store::{
    Batch, DurableRevocations, LogError, Recovered, RevocationLog, Standing, Stored,
};
use cloakroom::{
    Facts, ManualClock, Revocation, RevocationPublish as _, RevocationView, Scope, SessionId, Terms,
};
use common::{NOW, User, at, builder as sessions_builder};
use edge::{Clocks, VALID, builder, keys, position, realm, signer};
use store::Folder;

const VALIDITY: Duration = Duration::from_millis(VALID);

fn export(store: &DurableRevocations, seconds: u64) -> Result<Vec<u8>, ExportError> {
    let made_at = seconds * 1000;
    signer(1).export_store(&realm(), store, position(seconds), made_at, VALIDITY)
}

/// Those of a policy whose tokens live for half an hour: with twice the tolerance an entry lives
/// for `LIFE`.
fn terms() -> Terms {
    let fake = common::FakeView::fresh();
    let clock = ManualClock::at(NOW);
    let _ = sessions_builder::<User, _>(&clock, fake.clone())
        .build()
        .unwrap();
    let mut terms = fake.set().terms.remove(0);
    terms.token_lifetime = 1_800;
    terms
}
const LIFE: u64 = 1_800 + 2 * 60;

/// A store in place of a file that was damaged, and the time before which it refuses all.
fn recovered(folder: &Folder) -> (DurableRevocations, u64) {
    std::fs::write(folder.file(), b"damaged").unwrap();
    let Recovered::Replaced(store, _) =
        DurableRevocations::recover(folder.file(), at(NOW)).unwrap()
    else {
        panic!("the file was damaged")
    };
    store.register(terms());
    let before = store.start_bound(b"ada", &[0; 16], at(NOW));
    assert!(before >= NOW);
    (store, before)
}

#[test]
fn the_store_of_one_machine_makes_exports_for_edges() {
    let folder = Folder::new();
    let store = DurableRevocations::open(folder.file(), at(NOW)).unwrap();
    let id = SessionId::from_bytes([7; 16]);
    let cut = Revocation::subject(b"ada", NOW, None);
    store
        .publish(&[Revocation::session(id), cut], at(NOW))
        .unwrap();
    let view = builder(&Clocks::new()).build();
    view.load(&export(&store, NOW).unwrap()).unwrap();
    let asked = |session, subject: &[u8]| {
        let facts = Facts::by_hand((session, 1), NOW - 1, subject, &[1; 16], &[2; 16]);
        view.verdict(&facts, at(NOW))
    };
    let other = SessionId::from_bytes([8; 16]);
    assert_eq!(asked(id, b"bob"), Some(Scope::Session));
    assert_eq!(asked(other, b"ada"), Some(Scope::Subject));
    assert_eq!(asked(other, b"bob"), None);
}

/// A disk that takes nothing.
struct Full;

impl RevocationLog for Full {
    fn load(&mut self, _: &mut dyn FnMut(Stored)) -> Result<Standing, LogError> {
        Ok(Standing::default())
    }

    fn append(&mut self, _: &Batch<'_>) -> Result<(), LogError> {
        Err(LogError::new(std::io::Error::other("full")))
    }

    fn purge(&mut self, _: u64, _: usize) -> Result<usize, LogError> {
        Ok(0)
    }
}

#[test]
fn a_store_whose_disk_failed_makes_no_export() {
    let store = DurableRevocations::with_log(Full, at(NOW)).unwrap();
    assert!(export(&store, NOW).is_ok());
    let id = SessionId::from_bytes([7; 16]);
    assert!(store.publish(&[Revocation::session(id)], at(NOW)).is_err());
    assert_eq!(export(&store, NOW), Err(ExportError::Stale));
}

#[test]
fn a_store_that_was_replaced_makes_no_export_until_what_it_lost_is_over() {
    let folder = Folder::new();
    let (store, before) = recovered(&folder);
    assert_eq!(export(&store, NOW), Err(ExportError::Recovered));
    assert_eq!(
        export(&store, before + LIFE - 1),
        Err(ExportError::Recovered)
    );
    let file = export(&store, before + LIFE).unwrap();
    assert!(open_export(&keys(), &realm(), &file).is_ok());
    // The file says so, not the process.
    drop(store);
    let store = DurableRevocations::open(folder.file(), at(NOW)).unwrap();
    assert_eq!(export(&store, NOW), Err(ExportError::Recovered));
}

#[test]
fn nor_does_a_server_of_a_feed_over_one_that_was_replaced() {
    let folder = Folder::new();
    let (store, _) = recovered(&folder);
    let (clocks, key) = (Clocks::new(), FeedKey::generate().unwrap());
    let signer = key.edge_signer();
    let public = EdgeKeys::new(signer.public_key());
    let builder = FeedRevocations::builder(realm(), FeedKeys::new(key), MemoryEngine::new());
    let builder = builder.durable(store).environment(clocks.clone());
    let (feed, mut hands) = builder.by_hand().unwrap();
    feed.register(terms());
    let mut run = |time: u64| {
        for _ in 0..time / 100 {
            clocks.pass(100);
            hands.read(Duration::ZERO);
            hands.write();
        }
    };
    run(6_000);
    assert_eq!(feed.freshness(), cloakroom::Freshness::Fresh);
    assert_eq!(signer.export(&feed, VALIDITY), Err(ExportError::Recovered));
    clocks.pass((LIFE + 20) * 1000);
    run(2_000);
    let file = signer.export(&feed, VALIDITY).unwrap();
    assert!(open_export(&public, &realm(), &file).is_ok());
}
