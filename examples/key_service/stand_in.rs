//! What stands for the key service: a process of its own that alone has the wrapping key, and speaks
//! as much of Vault's transit engine as the example needs.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use base64ct::{Base64, Encoding as _};
use chacha20poly1305::aead::{Aead as _, KeyInit as _};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use getrandom::SysRng;
use getrandom::rand_core::TryRng as _;
use serde_json::{Value, json};

pub(crate) fn serve() -> super::Result<()> {
    let mut key = [0; 32];
    SysRng.try_fill_bytes(&mut key)?;
    let cipher = XChaCha20Poly1305::new(&key.into());
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?);
    for stream in listener.incoming() {
        // One client that goes away is no reason to stop.
        let _ = answer(&cipher, &stream?);
    }
    Ok(())
}

fn answer(cipher: &XChaCha20Poly1305, mut stream: &TcpStream) -> super::Result<()> {
    let mut reader = BufReader::new(stream);
    let (mut path, mut length, mut allowed) = (String::new(), 0, false);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some(rest) = line.strip_prefix("POST ") {
            path = rest.split(' ').next().unwrap_or_default().to_owned();
        } else if let Some(value) = line.strip_prefix("Content-Length: ") {
            length = value.parse()?;
        } else if line == "X-Vault-Token: s.example" {
            allowed = true;
        }
    }
    let mut body = String::new();
    reader.take(length).read_to_string(&mut body)?;
    let answer = allowed.then(|| act(cipher, &path, &body)).flatten();
    let (status, body) = match answer {
        Some(data) => ("200 OK", json!({ "data": data }).to_string()),
        None => (
            "403 Forbidden",
            json!({ "errors": ["permission denied"] }).to_string(),
        ),
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )?;
    Ok(())
}

fn act(cipher: &XChaCha20Poly1305, path: &str, body: &str) -> Option<Value> {
    let body: Value = serde_json::from_str(body).ok()?;
    if path.contains("/encrypt/") {
        let plain = Base64::decode_vec(body.get("plaintext")?.as_str()?).ok()?;
        let mut nonce = [0; 24];
        SysRng.try_fill_bytes(&mut nonce).ok()?;
        let sealed = cipher
            .encrypt(&XNonce::from(nonce), plain.as_slice())
            .ok()?;
        let whole = [nonce.as_slice(), &sealed].concat();
        let text = format!("vault:v1:{}", Base64::encode_string(&whole));
        return Some(json!({ "ciphertext": text }));
    }
    let text = body
        .get("ciphertext")?
        .as_str()?
        .strip_prefix("vault:v1:")?;
    let whole = Base64::decode_vec(text).ok()?;
    let (nonce, sealed) = whole.split_first_chunk::<24>()?;
    let plain = cipher.decrypt(&XNonce::from(*nonce), sealed).ok()?;
    Some(json!({ "plaintext": Base64::encode_string(&plain) }))
}
