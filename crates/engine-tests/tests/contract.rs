//! Each engine keeps the contract: the one in memory, a real Redis, a real PostgreSQL.
#![allow(missing_docs, clippy::unwrap_used)]

use cloakroom::feed::MemoryEngine;
use engine_tests::{PostgresServer, RedisServer, Server as _, contract};

#[test]
fn the_engine_in_memory_keeps_the_contract() {
    let neighbours = std::sync::Mutex::new(std::collections::HashMap::new());
    contract::check(&|realm| {
        let mut neighbours = neighbours.lock().unwrap();
        let engine: &mut MemoryEngine = neighbours.entry(realm.as_str().to_owned()).or_default();
        Box::new(engine.clone())
    });
}

#[test]
fn redis_keeps_the_contract() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    contract::check(&|realm| Box::new(server.connector(realm)));
}

#[test]
fn postgres_keeps_the_contract() {
    let Some(server) = PostgresServer::start() else {
        return;
    };
    contract::check(&|realm| Box::new(server.connector(realm)));
}
