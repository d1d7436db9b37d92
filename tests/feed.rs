//! A feed between servers of one process: what is accepted reaches everybody, what is lost comes
//! back, what can't be trusted is not used.
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

use std::time::{Duration, Instant};

use cloakroom::feed::{
    Delivery, FeedConnector, FeedKey, FeedKeys, FeedRevocations, MemoryEngine, Realm,
};
use cloakroom::{KeyRing, RevocationPublish as _, Sessions, SystemClock};

fn feed(engine: &impl Clone2, key: &FeedKey) -> FeedRevocations {
    let realm = Realm::new("test").unwrap();
    FeedRevocations::builder(realm, FeedKeys::new(key.clone()), engine.twin())
        .start()
        .unwrap()
}

trait Clone2 {
    type Engine: FeedConnector;
    fn twin(&self) -> Self::Engine;
}

impl Clone2 for MemoryEngine {
    type Engine = Self;
    fn twin(&self) -> Self {
        self.clone()
    }
}

fn sessions(ring: &KeyRing, feed: &FeedRevocations) -> Sessions<(), FeedRevocations> {
    Sessions::builder(ring.clone(), feed.clone())
        .purpose("session")
        .audience("")
        .aal2()
        .build()
        .unwrap()
}

#[test]
fn a_logout_on_one_server_is_a_logout_on_the_other() {
    let engine = MemoryEngine::new();
    let key = FeedKey::generate().unwrap();
    let (one, two) = (feed(&engine, &key), feed(&engine, &key));
    assert!(one.wait_until_fresh(Duration::from_secs(10)));
    assert!(two.wait_until_fresh(Duration::from_secs(10)), "{two:?}");
    let ring = KeyRing::generate(&SystemClock, time::Duration::hours(12)).unwrap();
    let (a, b) = (sessions(&ring, &one), sessions(&ring, &two));
    let token = a.issue("ada", &()).unwrap().token;
    let session = b.verify(token.as_str()).unwrap();
    let started = Instant::now();
    assert!(matches!(a.revoke(session.id()), Ok(Delivery::Accepted(_))));
    while b.verify(token.as_str()).is_ok() {
        assert!(started.elapsed() < Duration::from_secs(2));
        std::thread::yield_now();
    }
    println!("{:?}, {:?}", started.elapsed(), two.status());
    let _ = one.publish(&[], SystemClock.now().unwrap());
}
use cloakroom::Clock as _;
