//! Requests made from the vectors by chance: some as they are, most with one thing changed.

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use cloakroom::Key;
use cloakroom::hazmat::{self, For};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// A generator that gives the same in every run (splitmix64).
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap()
    }

    fn hex(&mut self, bytes: usize) -> String {
        (0..bytes)
            .map(|_| format!("{:02x}", self.below(256)))
            .collect()
    }
}

const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// A token request: a vector that is accepted, with one thing changed or none.
pub(crate) fn token(chance: &mut Chance, accepted: &Value) -> Value {
    let mut inputs = accepted["inputs"].clone();
    let claims = &accepted["expected"]["claims"];
    let now = inputs["now"].as_u64().unwrap();
    match chance.below(10) {
        0 => {}
        1 | 2 => inputs["token"] = json!(changed(chance, inputs["token"].as_str().unwrap())),
        3 => {
            let span = claims["absolute"].as_u64().unwrap().min(100_000) + 200;
            let other = (now + chance.below(span)).saturating_sub(chance.below(200));
            inputs["now"] = json!(other.min(253_402_300_799));
        }
        4 => {
            inputs["policy"]["idle"] = json!(chance.below(4_000));
            inputs["policy"]["absolute"] = json!(1 + chance.below(40_000));
            inputs["policy"]["leeway"] = json!(chance.below(301));
        }
        5 => {
            let records = inputs["revocations"].as_array_mut().unwrap();
            records.push(json!(record(chance, claims, now)));
        }
        6 => inputs["binding"] = json!(chance.hex(3)),
        7 => {
            let name = if chance.below(2) == 0 {
                "purpose"
            } else {
                "audience"
            };
            // Units belong to one purpose and audience.
            if inputs["keys"].is_array() && !inputs.to_string().contains("clksub1.") {
                inputs[name] = json!(chance.hex(4));
            }
        }
        8 => {
            // Times are made up around now for a key's state, and need room.
            let room = (10_000..200_000_000_000).contains(&now);
            if room
                && let Some([key]) = inputs
                    .get_mut("keys")
                    .and_then(Value::as_array_mut)
                    .map(Vec::as_mut_slice)
            {
                let states = ["announced", "sealing", "open-only", "retired", "disabled"];
                key["state"] = json!(states[chance.index(states.len())]);
            }
        }
        _ => {
            inputs["token"] = json!(spliced(chance, inputs["token"].as_str().unwrap()));
        }
    }
    json!({"kind": "token", "inputs": inputs})
}

/// The same token, presented to a logout: of the stages only that it opens counts.
pub(crate) fn logout(chance: &mut Chance, token: &Value) -> Value {
    let mut inputs = token["inputs"].clone();
    inputs.as_object_mut().unwrap().remove("reader");
    inputs["entry_life"] = json!(chance.below(100_000));
    // Whoever revokes has a tolerance that the default skew fits into.
    inputs["policy"]["tolerance"] = json!(60);
    json!({"kind": "logout", "inputs": inputs})
}

/// One character replaced by another one of the alphabet.
fn changed(chance: &mut Chance, token: &str) -> String {
    let mut bytes = token.as_bytes().to_vec();
    let at = chance.index(bytes.len());
    let old = bytes[at];
    while bytes[at] == old {
        bytes[at] = ALPHABET[chance.index(ALPHABET.len())];
    }
    String::from_utf8(bytes).unwrap()
}

/// Cut, lengthened, or with a character that does not belong there.
fn spliced(chance: &mut Chance, token: &str) -> String {
    let odd = [
        ".", " ", "=", "+", "/", "\n", "\r\n", "\u{0}", "\u{7f}", "é", "😀", "A", "AAAA",
    ];
    let at = chance.index(token.len() + 1);
    let (before, after) = token.split_at(at);
    match chance.below(4) {
        0 => before.to_owned(),
        1 => after.to_owned(),
        _ => format!("{before}{}{after}", odd[chance.index(odd.len())]),
    }
}

/// A record that often concerns the token.
fn record(chance: &mut Chance, claims: &Value, now: u64) -> String {
    let expires = format!("{:016x}", now + 1 + chance.below(10_000));
    let session = claims["session_id"].as_str().unwrap().to_owned();
    let subject = named(2, claims["subject"].as_str().unwrap());
    let started = claims["authenticated_at"].as_u64().unwrap();
    let cutoff = format!("{:016x}", (started + chance.below(4)).saturating_sub(1));
    match chance.below(4) {
        0 => format!("01{session}{:016x}{expires}", 1 + chance.below(4)),
        1 => format!("02{subject}{cutoff}{expires}"),
        2 => format!("82{subject}{cutoff}{expires}{session}"),
        _ => {
            let other = chance.hex(16);
            format!("82{subject}{cutoff}{expires}{other}")
        }
    }
}

/// D of SPEC §9.2, of hex, in hex.
fn named(kind: u8, data: &str) -> String {
    let bytes: Vec<u8> = (0..data.len() / 2)
        .map(|i| u8::from_str_radix(&data[2 * i..2 * i + 2], 16).unwrap())
        .collect();
    let digest = Sha256::new()
        .chain_update(b"rvk1")
        .chain_update([kind])
        .chain_update(bytes)
        .finalize();
    digest.iter().take(16).map(|b| format!("{b:02x}")).collect()
}

/// A login like that of a vector, with other content: what it seals is asked about in turn.
pub(crate) fn issue(chance: &mut Chance, accepted: &Value) -> Value {
    let mut inputs = accepted["inputs"].clone();
    inputs["session_id"] = json!(chance.hex(16));
    let length = usize::try_from(chance.below(40)).unwrap();
    inputs["subject"] = json!(chance.hex(length));
    let length = usize::try_from(chance.below(300)).unwrap();
    inputs["payload"] = json!(chance.hex(length));
    inputs["revocations"] = json!([]);
    json!({"kind": "issue", "inputs": inputs})
}

/// A question about a token that was just issued: as it is, or changed.
pub(crate) fn issued(chance: &mut Chance, issue: &Value, token: &str) -> Value {
    let inputs = &issue["inputs"];
    let token = match chance.below(4) {
        0 => changed(chance, token),
        1 => spliced(chance, token),
        _ => token.to_owned(),
    };
    json!({"kind": "token", "inputs": {
        "keys": [{"text": inputs["key"], "state": "sealing"}],
        "purpose": inputs["purpose"], "audience": inputs["audience"], "binding": inputs["binding"],
        "policy": inputs["policy"], "now": inputs["now"],
        "reader": {"shape": "raw", "major": 1, "minor": 0},
        "revocations": [], "token": token,
    }})
}

/// A token that whoever holds the key can make and this crate would not: a plaintext that is no
/// claims, or a payload of no schema, or a nonce that was not derived. None where the vector is not
/// of one root key.
pub(crate) fn crafted(chance: &mut Chance, accepted: &Value) -> Option<Value> {
    let mut inputs = accepted["inputs"].clone();
    let [key] = inputs["keys"].as_array()?.as_slice() else {
        return None;
    };
    let key = Key::parse(key["text"].as_str()?).ok()?;
    let steps = &accepted["expected"]["steps"];
    let bytes = |value: &Value| unhex(value.as_str().unwrap());
    let mut plaintext = bytes(&steps["P"]);
    if chance.below(4) == 0 {
        inputs["token"] = json!(misused_nonce(chance, steps, &plaintext));
        return Some(json!({"kind": "token", "inputs": inputs}));
    }
    let payload = bytes(&accepted["expected"]["payload"]).len();
    // Half of the changes concern the payload alone, which else is seldom reached.
    let from = if chance.below(2) == 0 {
        plaintext.len() - payload
    } else {
        0
    };
    let mut part = plaintext.split_off(from);
    mutate(chance, &mut part);
    plaintext.extend(part);
    let (purpose, audience) = (bytes(&inputs["purpose"]), bytes(&inputs["audience"]));
    let to = For {
        purpose: &purpose,
        audience: &audience,
        binding: &bytes(&inputs["binding"]),
    };
    inputs["token"] = json!(hazmat::seal(&key, to, &plaintext).ok()?);
    Some(json!({"kind": "token", "inputs": inputs}))
}

/// A message that opens, under a nonce of chance.
fn misused_nonce(chance: &mut Chance, steps: &Value, plaintext: &[u8]) -> String {
    let bytes = |name: &str| unhex(steps[name].as_str().unwrap());
    let nonce = unhex(&chance.hex(24));
    let cipher = XChaCha20Poly1305::new_from_slice(&bytes("Ke")).unwrap();
    let sealed = Payload {
        msg: plaintext,
        aad: &bytes("AAD"),
    };
    let nonce_of: XNonce = nonce.as_slice().try_into().unwrap();
    let sealed = cipher.encrypt(&nonce_of, sealed).unwrap();
    let body = [bytes("kid"), nonce, sealed].concat();
    format!("clk1.{}", base64url(&body))
}

fn base64url(bytes: &[u8]) -> String {
    let mut out = String::new();
    for group in bytes.chunks(3) {
        let word = group
            .iter()
            .fold(0_u32, |word, byte| word << 8 | u32::from(*byte));
        let word = word << (8 * (3 - group.len()));
        for place in 0..=group.len() {
            let sextet = word >> (18 - 6 * place) & 63;
            out.push(char::from(ALPHABET[sextet as usize]));
        }
    }
    out
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2)
        .map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap())
        .collect()
}

fn mutate(chance: &mut Chance, bytes: &mut Vec<u8>) {
    const ODD: [u8; 6] = [0, 1, 2, 0x7f, 0x80, 0xff];
    let at = chance.index(bytes.len() + 1);
    match chance.below(5) {
        0 => bytes.truncate(at),
        1 => bytes.insert(at, ODD[chance.index(ODD.len())]),
        2 if at < bytes.len() => {
            bytes.remove(at);
        }
        3 if at < bytes.len() => bytes[at] = ODD[chance.index(ODD.len())],
        _ if at < bytes.len() => bytes[at] ^= 1 << chance.below(8),
        _ => bytes.push(0),
    }
}

/// A request of another kind: a vector with one of its inputs changed, so that it stays an input of
/// its kind.
pub(crate) fn other(chance: &mut Chance, vector: &Value) -> Option<Value> {
    let kind = vector["kind"].as_str()?;
    let names: &[&str] = match kind {
        "key-text" | "feed-key" => &["text"],
        "ring" => &["text", "now", "ttl"],
        "ring-replace" => &["new", "forced"],
        "record" => &["record"],
        "snapshot" | "feed-snapshot" => &["snapshot"],
        "feed-batch" => &["batch", "onto"],
        "digest" => &["data"],
        "description" => &["description", "payload", "minor"],
        _ => return None,
    };
    let mut inputs = vector["inputs"].clone();
    let name = names[chance.index(names.len())];
    let value = inputs.get_mut(name)?;
    *value = match value {
        Value::Bool(yes) => json!(!*yes),
        Value::Number(number) => {
            let number = number.as_u64()?;
            let near = number.saturating_add(chance.below(4)).saturating_sub(2);
            json!(near.clamp(1, 253_402_300_799))
        }
        Value::String(hex)
            if ["record", "snapshot", "batch", "onto", "data", "payload"].contains(&name) =>
        {
            let mut bytes = unhex(hex);
            if name == "onto" {
                let at = chance.index(bytes.len());
                bytes[at] ^= 1 << chance.below(8);
            } else {
                mutate(chance, &mut bytes);
            }
            json!(bytes.iter().map(|b| format!("{b:02x}")).collect::<String>())
        }
        Value::String(text) => json!(retyped(chance, text)),
        _ => return None,
    };
    Some(json!({"kind": kind, "inputs": inputs}))
}

/// A text with one thing changed that people or attackers change.
fn retyped(chance: &mut Chance, text: &str) -> String {
    let odd = [
        "\n",
        "\r",
        "\r\n",
        " ",
        "\t",
        "\0",
        "#",
        "0",
        "9",
        "\u{e9}",
        "\u{1f600}",
        "\u{feff}",
        "=",
        "\u{2028}",
        "\u{7f}",
        "\u{85}",
        "A",
        "1.0",
        "\"",
        ",",
    ];
    let mut characters: Vec<String> = text.chars().map(String::from).collect();
    let at = chance.index(characters.len() + 1);
    match chance.below(6) {
        0 => characters.truncate(at),
        1 if at < characters.len() => {
            characters.remove(at);
        }
        2 => {
            let mut lines: Vec<&str> = text.split('\n').collect();
            let line = lines[chance.index(lines.len())];
            lines.insert(chance.index(lines.len() + 1), line);
            return lines.join("\n");
        }
        3 => {
            let mut lines: Vec<&str> = text.split('\n').collect();
            let (one, two) = (chance.index(lines.len()), chance.index(lines.len()));
            lines.swap(one, two);
            return lines.join("\n");
        }
        4 if at < characters.len() => characters[at] = odd[chance.index(odd.len())].to_owned(),
        _ => characters.insert(at, odd[chance.index(odd.len())].to_owned()),
    }
    characters.concat()
}
