//! A realm lives on one node of a cluster, and the connector goes where it is sent.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::std_instead_of_core
)]

use std::time::Duration;

use engine_tests::contract::{append, check, connect, feed, nth, read};
use engine_tests::process::until;
use engine_tests::{RedisServer, Server as _, realm};

const HALF: [(&str, &str); 2] = [("0", "8191"), ("8192", "16383")];

/// Two nodes with half of the slots each.
fn cluster() -> Option<[RedisServer; 2]> {
    let node = || RedisServer::start_with(&["--cluster-enabled", "yes"]);
    let nodes = [node()?, node()?];
    for (node, (from, to)) in nodes.iter().zip(HALF) {
        node.say::<String>(&["CLUSTER", "ADDSLOTSRANGE", from, to]);
    }
    let port = nodes[1].port().to_string();
    nodes[0].say::<String>(&["CLUSTER", "MEET", "127.0.0.1", &port]);
    let whole = |node: &RedisServer| {
        let info: String = node.say(&["CLUSTER", "INFO"]);
        info.contains("cluster_state:ok") && info.contains("cluster_size:2")
    };
    assert!(until(Duration::from_secs(20), || nodes.iter().all(whole)));
    Some(nodes)
}

#[test]
fn a_cluster_keeps_the_contract_from_any_of_its_nodes() {
    let Some([one, two]) = cluster() else {
        return;
    };
    // Realms fall on both nodes, so both are asked for what they don't have.
    check(&|realm| Box::new(one.connector(realm)));
    check(&|realm| Box::new(two.connector(realm)));
}

#[test]
fn a_realm_that_moves_to_another_node_is_followed() {
    let Some(nodes) = cluster() else {
        return;
    };
    let realm = realm();
    let connector = nodes[0].connector(realm.clone());
    feed(&connector, 3);
    let mut engine = connect(&connector);
    let key = format!("{{cloakroom:{realm}}}:head");
    let slot: i64 = nodes[0].say(&["CLUSTER", "KEYSLOT", &key]);
    let (from, to) = if slot < 8192 { (0, 1) } else { (1, 0) };
    let ids = nodes
        .each_ref()
        .map(|node| node.say::<String>(&["CLUSTER", "MYID"]));
    let slot = slot.to_string();
    nodes[to].say::<String>(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &ids[from]]);
    nodes[from].say::<String>(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &ids[to]]);
    let port = nodes[to].port().to_string();
    for what in ["head", "log"] {
        let key = format!("{{cloakroom:{realm}}}:{what}");
        nodes[from].say::<String>(&["MIGRATE", "127.0.0.1", &port, &key, "0", "1000"]);
    }
    for at in [to, from] {
        nodes[at].say::<String>(&["CLUSTER", "SETSLOT", &slot, "NODE", &ids[to]]);
    }
    let error = engine.read(0, 10, Duration::ZERO).unwrap_err();
    assert!(!error.is_lasting(), "{error}");
    let mut engine = connect(&connector);
    assert_eq!(read(&mut *engine, 0).head, Some(nth(3)));
    append(&mut *engine, 4);
    assert_eq!(read(&mut *engine, 0).batches.len(), 4);
}
