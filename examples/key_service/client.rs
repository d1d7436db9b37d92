//! The client of a transit engine, over plain HTTP to this machine. A real one speaks TLS.

use core::time::Duration;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use base64ct::{Base64, Encoding as _};
use cloakroom::SecretText;
use cloakroom::source::{KeyUnwrap, UnwrapError};
use serde_json::{Value, json};

#[derive(Clone)]
pub(crate) struct Transit {
    address: String,
    token: String,
}

impl Transit {
    pub(crate) fn new(address: &str, token: &str) -> Self {
        Self {
            address: address.into(),
            token: token.into(),
        }
    }

    /// What the operator does, once for each ring.
    pub(crate) fn wrap(&self, ring: &SecretText) -> Result<String, UnwrapError> {
        let plaintext = Base64::encode_string(ring.expose().as_bytes());
        let body = json!({ "plaintext": plaintext });
        self.ask("encrypt", &body, "ciphertext")
    }

    fn ask(&self, what: &str, body: &Value, wanted: &str) -> Result<String, UnwrapError> {
        // Of an error only the kind is told: what a service answers may hold what it was asked.
        let answer = self
            .post(&format!("/v1/transit/{what}/cloakroom"), &body.to_string())
            .map_err(|error| UnwrapError::new(&format!("the key service: {}", error.kind())))?;
        let (head, body) = answer
            .split_once("\r\n\r\n")
            .ok_or_else(|| UnwrapError::new("the key service answers something else than HTTP"))?;
        let status = head.split(' ').nth(1).unwrap_or_default();
        if status != "200" {
            return Err(UnwrapError::new(&format!(
                "the key service answers {status}"
            )));
        }
        let body: Value = serde_json::from_str(body)
            .map_err(|_| UnwrapError::new("the key service answers something else than JSON"))?;
        body.pointer(&format!("/data/{wanted}"))
            .and_then(Value::as_str)
            .map(str::to_owned)
            .ok_or_else(|| UnwrapError::new("the answer of the key service lacks what was asked"))
    }

    fn post(&self, path: &str, body: &str) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(&self.address)?;
        // A service that hangs must not hang the watch for ever.
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.set_write_timeout(Some(Duration::from_secs(5)))?;
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nHost: {}\r\nX-Vault-Token: {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.address,
            self.token,
            body.len()
        )?;
        let mut answer = String::new();
        stream.take(1 << 20).read_to_string(&mut answer)?;
        Ok(answer)
    }
}

impl KeyUnwrap for Transit {
    fn unwrap_ring(&self, wrapped: &[u8]) -> Result<SecretText, UnwrapError> {
        let ciphertext = core::str::from_utf8(wrapped)
            .map_err(|_| UnwrapError::new("what is stored is not a ciphertext of the service"))?;
        let plaintext = self.ask("decrypt", &json!({ "ciphertext": ciphertext }), "plaintext")?;
        let bytes = Base64::decode_vec(&plaintext)
            .map_err(|_| UnwrapError::new("the key service answers something else than base64"))?;
        let text = String::from_utf8(bytes)
            .map_err(|_| UnwrapError::new("what was unwrapped is not text"))?;
        Ok(text.into())
    }
}
