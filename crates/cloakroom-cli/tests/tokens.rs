//! Tokens through the command: sealed, opened, refused with the stage and the reason, read in the
//! terms of a schema file.

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

mod common;

use common::{FOR, Place, Ran, key_line, ring_of};

const SCHEMA: &str = "1.0 User { name: str, admin: bool, roles: seq<str>, plan: enum Plan { 0 Free, \
                      1 Paid(u32), 2 Both(u8, i16), 3 Trial { days: u8 } }, next: option<^User>, \
                      limits: map<str, u32>, hash: bytes }\n";

fn open(place: &Place, token: &str, more: &str) -> Ran {
    place.feed(&format!("open --ring ring {FOR} {more}"), token.as_bytes())
}

/// Refused with this stage and reason, with exit code 1, in text and in JSON.
#[track_caller]
fn refused(place: &Place, token: &str, more: &str, stage: &str, reason: &str, why: &str) {
    let said = open(place, token, more);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(
        said.out.contains(&format!("stage {stage} ({reason}): ")),
        "{said:?}"
    );
    assert!(said.out.contains(why), "{why:?} is not in {said:?}");
    let json = open(place, token, &format!("{more} --json")).json();
    assert_eq!(json["accepted"], false);
    assert_eq!(
        (&json["stage"], &json["reason"]),
        (&stage.into(), &reason.into())
    );
}

#[test]
fn what_is_sealed_opens() {
    let place = Place::new();
    let key = place.ring();
    let token = place.token("--idle 30m");
    let opened = open(&place, &token, "");
    opened.ok();
    assert!(
        opened.out.starts_with("OPENS: this is a session at "),
        "{opened:?}"
    );
    for line in [
        &format!("key         {key}, sealing"),
        "subject     ada",
        "NOT LOOKED AT",
    ] {
        assert!(opened.out.contains(line), "{line:?} is not in {opened:?}");
    }
    let json = open(&place, &token, "--json").ok().json();
    assert_eq!(json["accepted"], true);
    assert_eq!(json["revocations_consulted"], false);
    assert_eq!(
        (&json["idle"], &json["absolute"]),
        (&1800.into(), &28800.into())
    );
    // A line of Windows ends with two characters.
    open(&place, &format!("{}\r\n", token.trim()), "").ok();
}

#[test]
fn a_server_accepts_what_the_command_sealed() {
    let place = Place::new();
    place.ring();
    let token = place.token("--idle 30m");
    let ring = cloakroom::KeyRing::from_file(place.join("ring")).unwrap();
    let sessions =
        cloakroom::Sessions::<cloakroom::RawBytes>::builder(ring, cloakroom::RevocationList::new())
            .purpose("session")
            .audience("api.example.com")
            .idle_timeout(time::Duration::minutes(30))
            .absolute_timeout(time::Duration::hours(8))
            .build()
            .unwrap();
    let session = sessions.verify(token.trim()).unwrap();
    assert_eq!(session.subject_str(), Some("ada"));
    // And the other way round.
    let issued = sessions
        .issue("bob", &cloakroom::RawBytes(vec![1, 2, 255]))
        .unwrap();
    let json = open(&place, issued.token.as_str(), "--json").ok().json();
    assert_eq!(
        (&json["subject"], &json["payload_hex"]),
        (&"bob".into(), &"0102ff".into())
    );
}

#[test]
fn every_refusal_names_its_stage_and_the_reason() {
    let place = Place::new();
    let key = place.ring();
    let token = place.token("--idle 30m");
    let token = token.trim();
    refused(
        &place,
        "eyJhbGciOiJub25lIn0.e30.",
        "",
        "text",
        "format",
        "JSON web token",
    );
    refused(&place, &token[..40], "", "text", "format", "copy it again");
    let broken = format!("{} {}", &token[..40], &token[40..]);
    refused(&place, &broken, "", "text", "format", "white space");
    let header = format!("Bearer {token}");
    refused(&place, &header, "", "text", "format", "header");
    refused(
        &place,
        &format!("id={token}; Path=/"),
        "",
        "text",
        "format",
        "cookie",
    );
    let forged = format!("{}AA{}", &token[..60], &token[62..]);
    refused(&place, &forged, "", "tag", "forged", "changed or forged");
    refused(
        &place,
        token,
        "--binding x",
        "tag",
        "forged",
        "the one given",
    );
    refused(
        &place,
        token,
        "--at +30m",
        "time",
        "idle",
        "was not used in time",
    );
    refused(
        &place,
        token,
        "--at +8h",
        "time",
        "expired",
        "absolute deadline has passed",
    );
    refused(
        &place,
        token,
        "--idle-timeout 5m --at +5m",
        "time",
        "idle",
        "was not used",
    );
    refused(
        &place,
        token,
        "--absolute-timeout 5m --at +6m",
        "time",
        "expired",
        "deadline",
    );
    refused(
        &place,
        token,
        "--at -5m",
        "time",
        "not-yet",
        "compare the clock",
    );
    open(&place, token, "--at +30m --leeway 1m").ok();
    open(&place, token, "--at -4m --tolerance 5m").ok();
    place.run("keys new ring --max-lifetime 8h --force").ok();
    let none = format!("the ring has no key {key}");
    refused(&place, token, "", "key", "unknown-key", &none);
}

#[test]
fn another_audience_is_a_forgery_that_names_what_was_tried() {
    let place = Place::new();
    place.ring();
    let token = place.token("");
    let other = "open --ring ring --purpose session --audience other.example.com";
    let said = place.feed(other, token.as_bytes());
    assert_eq!(said.code, 1);
    assert!(said.out.contains("\"other.example.com\""), "{said:?}");
}

#[test]
fn a_retired_key_says_since_when() {
    let place = Place::new();
    let (_, old) = key_line("2020-01-01T00:00:00Z", "");
    let (_, new) = key_line("2021-01-01T00:00:00Z", "");
    place.write("ring", ring_of(&[old, new]), 0o600);
    let token = place.token("--at 2020-06-01T00:00:00Z");
    open(&place, &token, "--at 2020-06-01T01:00:00Z").ok();
    let why = "retired since 2021-01-01T09:00:00Z";
    refused(&place, &token, "", "key", "unknown-key", why);
}

#[test]
fn a_payload_is_read_and_written_in_the_terms_of_a_schema_file() {
    let place = Place::new();
    place.ring();
    place.write("user.schema", SCHEMA, 0o644);
    let user = |plan: &str| {
        format!(
            "{{\"name\":\"Ada\",\"admin\":true,\"roles\":[\"a\",\"b\"],\"plan\":{plan},\
             \"limits\":{{\"x\":300}},\"hash\":\"00ff\",\"next\":null}}"
        )
    };
    let seal = format!(
        "seal --ring ring {FOR} --subject ada --absolute 1h --schema user.schema --payload -"
    );
    for plan in [
        "\"Free\"",
        "{\"Paid\":300}",
        "{\"Both\":[255,-2]}",
        "{\"Trial\":{\"days\":7}}",
    ] {
        let outer = user(plan).replace("\"next\":null", &format!("\"next\":{}", user("\"Free\"")));
        let token = place.feed(&seal, outer.as_bytes()).ok().out.clone();
        let json = open(&place, &token, "--schema user.schema --json")
            .ok()
            .json();
        let wanted: serde_json::Value = serde_json::from_str(&outer).unwrap();
        assert_eq!(json["payload"], wanted);
        // Without the schema: the bytes.
        let raw = open(&place, &token, "").ok().out.clone();
        assert!(raw.contains("payload     03416461"), "{raw}");
    }
    for (wrong, why) in [
        (user("\"Gone\""), "no variant `Gone`"),
        (user("{\"Paid\":-1}"), "0 to 4294967295"),
        (
            user("\"Free\"").replace("\"admin\":true,", ""),
            "`admin` is missing",
        ),
        (
            user("\"Free\"").replace("{\"name\"", "{\"nom\":1,\"name\""),
            "no field `nom`",
        ),
        ("{".to_owned(), "not JSON"),
    ] {
        place.feed(&seal, wrong.as_bytes()).fails(3, why);
    }
}

#[test]
fn a_payload_of_another_schema_is_refused_as_servers_refuse_it() {
    let place = Place::new();
    place.ring();
    place.write("payload", "0341646100", 0o644);
    let token = place.token("--payload payload --schema-number 2.0");
    place.write("v1", "1.0 U { name: str, admin: bool }", 0o644);
    refused(
        &place,
        &token,
        "--schema v1",
        "schema",
        "wrong-schema",
        "has schema 2.0",
    );
    place.write("v2", "2.0 U { name: str, admin: bool }", 0o644);
    open(&place, &token, "--schema v2").ok();
    place.write("short", "2.0 U { name: str }", 0o644);
    refused(
        &place,
        &token,
        "--schema short",
        "schema",
        "wrong-schema",
        "left over",
    );
    place.write("long", "2.0 U { name: str, admin: bool, age: u8 }", 0o644);
    refused(
        &place,
        &token,
        "--schema long",
        "schema",
        "wrong-schema",
        "ends too early",
    );
    // Minors: fields that an older version did not write, bytes that a newer one wrote.
    place.write("grown", "2.1 U { name: str, admin: bool, age: u8 }", 0o644);
    open(&place, &token, "--schema grown").fails(0, "without age");
    let newer = place.token("--payload payload --schema-number 2.3");
    open(&place, &newer, "--schema short").fails(0, "1 bytes behind");
    // Two characters are no `char`, although some readers take the first of them.
    place.write("letter", "1.0 char", 0o644);
    place.write("one", "02c3a9", 0o600);
    let one = place.token("--payload one");
    open(&place, &one, "--schema letter").ok();
    place.write("two", "026162", 0o600);
    refused(
        &place,
        &place.token("--payload two"),
        "--schema letter",
        "schema",
        "wrong-schema",
        "not one of its type",
    );
}

#[test]
fn an_inspection_never_looks_like_a_verification() {
    let place = Place::new();
    let key = place.ring();
    let token = place.token("");
    let seen = place.feed("inspect", token.as_bytes());
    assert!(seen.ok().out.starts_with("NOT VERIFIED: "), "{seen:?}");
    assert!(
        seen.out
            .contains(&format!("key         {key}, by its own account")),
        "{seen:?}"
    );
    assert_eq!(
        place.feed("inspect --json", token.as_bytes()).json()["verified"],
        false
    );
    // A forgery looks the same from outside.
    let forged = format!("{}AA{}", &token[..60], &token[62..]);
    place.feed("inspect", forged.as_bytes()).ok();
    for (text, why) in [
        ("", "is empty"),
        ("hello", "starts with `clk1.`"),
        ("clk1.short", "missing or changed"),
        ("k4.local.AAAA", "PASETO"),
        ("-----BEGIN PRIVATE KEY-----", "PEM"),
        ("clkkey1.AAAA", "this is a key"),
    ] {
        place.feed("inspect", text.as_bytes()).fails(3, why);
    }
    place.with(&["inspect"], &[0xff, 0xfe]).fails(3, "not text");
    place
        .with(&["inspect"], &vec![b'a'; 100_000])
        .fails(3, "more than");
}

#[test]
fn a_token_that_servers_would_not_make_is_warned_of_or_refused() {
    let place = Place::new();
    place.ring();
    let seal = |more: &str| place.run(&format!("seal --ring ring {FOR} --subject ada {more}"));
    assert!(
        seal("--absolute 9h")
            .ok()
            .err
            .contains("the ring plans for 8 h")
    );
    assert!(
        seal("--absolute 1h --at +1h")
            .ok()
            .err
            .contains("starts in the future")
    );
    seal("--absolute 0s").fails(2, "at least a second");
    seal("--absolute 1h --generation 4294967295").fails(2, "at most 4294967294");
    seal("--absolute 1h --at 1970-01-01T00:00:00Z").fails(3, "no key of the ring seals");
    seal("--absolute 1h --at 9999-12-31T23:59:59Z").ok();
    seal("--absolute 1h --at 10000-01-01T00:00:00Z").fails(2, "--at");
    seal("--absolute 1h --schema-number one").fails(2, "1.0");
    seal("--absolute 1h --binding-hex xyz").fails(2, "hex digits");
}
