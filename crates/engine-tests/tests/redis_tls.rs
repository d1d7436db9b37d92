//! Redis over TLS: verified by the root that was given, and by nothing else.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::std_instead_of_core
)]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use cloakroom::feed::FeedConnector as _;
use cloakroom_redis::{BadAddress, RedisConnector};
use engine_tests::process::{self, Folder};
use engine_tests::{RedisServer, contract, realm};

/// A certificate that signs itself, for localhost.
fn certificate(folder: &Path) -> Option<Vec<u8>> {
    let openssl = process::find("openssl", "openssl", &[])?;
    let made = Command::new(openssl)
        .current_dir(folder)
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
        ])
        .args(["-nodes", "-days", "2", "-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-keyout", "key.pem", "-out", "cert.pem"])
        .stderr(Stdio::null())
        .status();
    assert!(made.unwrap().success());
    Some(std::fs::read(folder.join("cert.pem")).unwrap())
}

#[test]
fn the_contract_holds_over_tls_and_a_stranger_is_not_spoken_to() {
    let folder = Folder::new("tls");
    let Some(pem) = certificate(folder.path()) else {
        return;
    };
    let file = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let tls_port = process::free_port();
    let (port, cert, key) = (tls_port.to_string(), file("cert.pem"), file("key.pem"));
    let Some(_server) = RedisServer::start_with(&[
        "--tls-port",
        &port,
        "--tls-cert-file",
        &cert,
        "--tls-key-file",
        &key,
        "--tls-auth-clients",
        "no",
    ]) else {
        return;
    };
    let address = format!("rediss://localhost:{tls_port}");
    let connector = |realm| {
        let connector = RedisConnector::new(&address, realm).unwrap();
        // The client reads the system's roots each time, slowly in a debug build.
        let connector = connector.timeout(Duration::from_secs(10));
        connector.root_certificate(&pem).unwrap()
    };
    contract::check(&|realm| Box::new(connector(realm)));

    // Without the root, and for another name than the certificate has.
    let stranger = RedisConnector::new(&address, realm()).unwrap();
    assert!(stranger.connect().is_err());
    let misnamed = format!("rediss://127.0.0.1:{tls_port}");
    let misnamed = RedisConnector::new(&misnamed, realm()).unwrap();
    assert!(misnamed.root_certificate(&pem).unwrap().connect().is_err());
    // In the clear to the port of TLS: no answer, in time.
    let clear = RedisConnector::new(&format!("redis://localhost:{tls_port}"), realm()).unwrap();
    assert!(clear.timeout(Duration::from_millis(300)).connect().is_err());
    // Without verifying at all.
    let insecure = RedisConnector::new(&format!("{address}/#insecure"), realm());
    assert_eq!(insecure.err(), Some(BadAddress::Tls));
    let clear = RedisConnector::new("redis://localhost", realm()).unwrap();
    assert_eq!(clear.root_certificate(&pem).err(), Some(BadAddress::Tls));
}
