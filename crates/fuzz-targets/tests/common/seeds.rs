//! The first inputs of every target: the vectors, and by hand what they do not have.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cloakroom::hazmat::{Claims, Schema};
use cloakroom::{Payload, SessionId};
use fuzz_targets::{Account, Choice, Everything, Grant, Id, NOW, Profile};
use serde_json::Value;

/// Inputs by target.
pub(crate) type Seeds = BTreeMap<&'static str, BTreeSet<Vec<u8>>>;

fn hex(text: &Value) -> Vec<u8> {
    let text = text.as_str().expect("a string");
    let digit = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal");
    (0..text.len()).step_by(2).map(digit).collect()
}

/// Everything at once.
pub(crate) fn all() -> Seeds {
    let mut seeds = Seeds::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let vectors = root.join("vectors");
    let mut put = |target: &'static str, bytes: Vec<u8>| {
        seeds.entry(target).or_default().insert(bytes);
    };
    for folder in [vectors.clone(), vectors.join("edge")] {
        for entry in std::fs::read_dir(folder).expect("the vectors") {
            let path = entry.expect("a file").path();
            let schema = path.ends_with("vectors.schema.json");
            if path.extension().is_none_or(|end| end != "json") || schema {
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("readable");
            let file: Value = serde_json::from_str(&text).expect("JSON");
            for vector in file["vectors"].as_array().expect("a list") {
                of_vector(vector, &mut put);
            }
        }
    }
    let wrapped = std::fs::read_to_string(vectors.join("wrapped.txt")).expect("the file");
    // The same, asking for 8 KiB once, which a fuzzer can do often.
    let cheap = wrapped.replace("AABMAAAAAAIAAAAB", "AAAACAAAAAEAAAAB");
    assert_ne!(cheap, wrapped);
    put("wrapped", wrapped.into_bytes());
    put("wrapped", cheap.into_bytes());
    by_hand(&mut put);
    seeds
}

fn of_vector(vector: &Value, put: &mut impl FnMut(&'static str, Vec<u8>)) {
    let (inputs, kind) = (&vector["inputs"], vector["kind"].as_str().expect("a kind"));
    match kind {
        "token" => {
            if let Some(token) = inputs["token"].as_str() {
                for target in ["token", "text"] {
                    put(target, token.as_bytes().to_vec());
                }
                put("differential", [b"\0", token.as_bytes()].concat());
            }
            let steps = &vector["expected"]["steps"];
            if !steps.is_null() {
                sealed(&hex(&steps["P"]), put);
            }
        }
        "key-text" => {
            if let Some(text) = inputs["text"].as_str() {
                put("key_text", text.into());
            }
        }
        "ring" => {
            if let Some(text) = inputs["text"].as_str() {
                put("ring_file", text.into());
            }
        }
        "snapshot" => put("snapshot", hex(&inputs["snapshot"])),
        "record" => put("snapshot", hex(&inputs["record"])),
        "edge-export" => put("edge", hex(&inputs["export"])),
        // As they are, and where their tag or digest is made anew.
        "feed-batch" => {
            for how in [0, 2] {
                put(
                    "feed_batch",
                    [&[how], hex(&inputs["batch"]).as_slice()].concat(),
                );
            }
        }
        "feed-snapshot" => {
            for how in [1, 3] {
                let snapshot = hex(&inputs["snapshot"]);
                put("feed_batch", [&[how], snapshot.as_slice()].concat());
            }
        }
        _ => {}
    }
}

/// A plaintext, for each target that takes one.
fn sealed(plaintext: &[u8], put: &mut impl FnMut(&'static str, Vec<u8>)) {
    put("plaintext", plaintext.to_vec());
    put("claims", plaintext.to_vec());
    // For each type of payload, the last two under the other implementation of the AEAD; and bound,
    // under either.
    for how in [2, 6, 10, 34, 38, 42, 62] {
        put("differential", [&[how], plaintext].concat());
    }
    put(
        "differential",
        [b"\x03".as_slice(), &[9; 24], plaintext].concat(),
    );
    put(
        "differential",
        [b"\x01".as_slice(), &[9; 40], plaintext].concat(),
    );
}

/// Live sessions of the targets' own payload type, and requests.
fn by_hand(put: &mut impl FnMut(&'static str, Vec<u8>)) {
    let full = Everything {
        flag: true,
        number: u64::MAX,
        signed: -300,
        text: "Ada".into(),
        bytes: vec![1, 2, 255],
        option: Some(Box::default()),
        list: vec![1, 300, 65_535],
        nothing: vec![(); 3],
        map: [("a".to_owned(), 1), ("b".to_owned(), 2)].into(),
        choice: Choice::C(1, 1.5),
        later: Some("late".into()),
    };
    // A struct and an option per step: the deepest that is allowed, and one more.
    let nested = |steps| {
        (0..steps).fold(Everything::default(), |inner, _| Everything {
            option: Some(Box::new(inner)),
            ..Everything::default()
        })
    };
    let values = [
        full,
        nested(31),
        nested(32),
        Everything::default(),
        Everything {
            choice: Choice::B(7),
            ..Everything::default()
        },
        Everything {
            choice: Choice::D { x: true },
            nothing: vec![(); 4096],
            ..Everything::default()
        },
    ];
    let shapes = [(1, 0, ""), (0, 1, ""), (2, 0, "x"), (1, 1, ""), (1, 0, "x")];
    let shapes = shapes.map(|(minor, cut, tail)| (Schema::new(1, minor), cut, tail));
    for value in &values {
        written::<Everything>(value, &shapes, put);
    }
    let profile = || Profile {
        id: Id(42),
        others: vec![Id(1), Id(u64::MAX)],
        letter: '\u{e9}',
        ratio: 0.25,
        pair: (-300, true),
        note: None,
    };
    let noted = Profile {
        note: Some("late".into()),
        ..profile()
    };
    let shapes = shapes.map(|(of, cut, tail)| (Schema::new(2, of.minor()), cut, tail));
    for value in [Account(profile()), Account(noted)] {
        written::<Account>(&value, &shapes, put);
    }
    let shapes = [
        (Schema::new(1, 0), 0, ""),
        (Schema::new(1, 1), 0, ""),
        (Schema::new(1, 0), 0, "x"),
    ];
    for value in [
        Grant::Nothing,
        Grant::These(vec![Id(0), Id(300)]),
        Grant::Pair(7, "Ada".into()),
        Grant::One { only: Some(Id(9)) },
    ] {
        written::<Grant>(&value, &shapes, put);
    }
    written::<()>(&(), &shapes, put);
    for line in [
        "1.0 User { name: str, admin: bool, roles: seq<str>, plan: enum Plan { 0 Free, 1 Paid(u32) } }",
        "1.1 User { name: str, limits: map<str, u32>, hash: [u8; 32], pair: (u8, str), m: unit Marker }",
        "2.0 Id(u64)",
        "1.0 Point(f32, f64)",
        "1.0 One(char,)",
        "1.0 Tree { left: option<^Tree>, right: option<^Tree>, \"odd \\u{e9}\": bytes }",
        "1.0 enum Plan { 0 Free, 1 Both(u8, i128), 2 Trial { days: u16 }, 3 Odd(unit,) }",
        "1.0 [u8; 0]",
        "1.0 A { b: B { a: option<^A>, c: option<^^A> } }",
        "1.0 ()",
        "1.0 enum Never {}",
    ] {
        put("description", line.into());
    }
    for request in [
        "GET\nc__Host-session=clk1.abc; theme=dark\nhshop.example",
        "POST\nc__Host-session=clk1.abc\nohttps://shop.example\nhshop.example\nssame-origin\nm1800",
        "POST\nohttps://evil.example\nhshop.example\nscross-site",
        "GET\naBearer clk1.abc\nw\nohttp://localhost:3000\nhlocalhost:3000",
        "GET\nc__Host-session=a; __Host-session=b\nc__Host-session=\"c\"\nabearer  x\naBearer y",
        "DELETE\nc session=\u{e9}; =; ;;\nh[::1]:80\nh127.0.0.1\nonull\nsnone",
    ] {
        put("http_headers", request.into());
    }
}

/// A value under each of these numbers, with so many bytes cut off its end, or that text behind it.
fn written<T: Payload>(
    value: &T::View<'_>,
    shapes: &[(Schema, usize, &str)],
    put: &mut impl FnMut(&'static str, Vec<u8>),
) {
    let mut payload = [0; 3000];
    let length = T::encode(value, &mut payload).expect("it fits");
    for (schema, cut, tail) in shapes {
        let claims = Claims {
            session: SessionId::from_bytes([7; 16]),
            generation: 0,
            subject: b"user-42",
            authenticated_at: NOW - 600,
            issued_after: 300,
            idle: 1800,
            absolute: 28_800,
            schema: *schema,
        };
        let payload = [&payload[..length - cut], tail.as_bytes()].concat();
        sealed(&claims.encode(&payload), put);
    }
}
