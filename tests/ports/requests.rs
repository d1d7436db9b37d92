//! Requests made from the vectors by chance: some as they are, most with one thing changed.

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

/// One character replaced by one of the alphabet.
fn changed(chance: &mut Chance, token: &str) -> String {
    let mut bytes = token.as_bytes().to_vec();
    let at = chance.index(bytes.len());
    bytes[at] = ALPHABET[chance.index(ALPHABET.len())];
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
