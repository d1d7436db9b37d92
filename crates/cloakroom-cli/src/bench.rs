//! `cloakroom bench`: how many tokens this machine seals and verifies, one thread at a time.

use std::time::{Duration as StdDuration, Instant};

use cloakroom::{KeyRing, RawSlice, RevocationList, Scratch, Sessions, SystemClock};
use serde_json::{Value, json};
use time::Duration;

use crate::args::BenchArgs;
use crate::exit::{Failure, Reply};
use crate::progress;

/// Entries that the full list has.
const ENTRIES: u32 = 100_000;
/// Between two looks at the clock.
const BATCH: u32 = 64;

struct Row {
    what: &'static str,
    count: u64,
    took: StdDuration,
}

pub(crate) fn run(args: &BenchArgs) -> Result<Reply, Failure> {
    let payload = vec![7_u8; args.payload.into()];
    let sessions = sessions()?;
    let full = sessions_with_entries()?;
    let issue = |sessions: &Sessions<RawSlice>| {
        sessions
            .issue("user-42", &payload.as_slice())
            .map_err(Failure::unavailable)
    };
    let token = issue(&sessions)?.token;
    let (of_full, forged) = (issue(&full)?.token, forged(token.as_str()));
    let share = StdDuration::from_secs(args.time.into())
        .checked_div(4)
        .unwrap_or_default()
        .max(StdDuration::from_millis(1));
    let bar = progress::bar("measuring", 400);
    let mut scratch = Scratch::new();
    let rows = [
        measure("seal a token", share, &bar, || issue(&sessions).map(|_| ()))?,
        measure("verify a token", share, &bar, || {
            accepted(sessions.verify_in(token.as_str(), &mut scratch).is_ok())
        })?,
        measure("verify, 100000 revocations", share, &bar, || {
            accepted(full.verify_in(of_full.as_str(), &mut scratch).is_ok())
        })?,
        measure("refuse a forged token", share, &bar, || {
            accepted(sessions.verify_in(&forged, &mut scratch).is_err())
        })?,
    ];
    bar.finish_and_clear();
    Ok(reply(&rows, token.as_str().len(), args.payload))
}

fn accepted(as_expected: bool) -> Result<(), Failure> {
    match as_expected {
        true => Ok(()),
        false => Err(Failure::unavailable(
            "a token got another answer than it must",
        )),
    }
}

fn sessions() -> Result<Sessions<RawSlice>, Failure> {
    let lifetime = Duration::hours(8);
    let ring = KeyRing::generate(&SystemClock, lifetime).map_err(Failure::unavailable)?;
    Sessions::<RawSlice>::builder(ring, RevocationList::new())
        .purpose("bench")
        .audience("")
        .no_idle_timeout()
        .absolute_timeout(lifetime)
        .build()
        .map_err(Failure::unavailable)
}

fn sessions_with_entries() -> Result<Sessions<RawSlice>, Failure> {
    let sessions = sessions()?;
    for number in 0..ENTRIES {
        let mut id = [9_u8; 16];
        let (first, _) = id.split_at_mut(4);
        first.copy_from_slice(&number.to_be_bytes());
        let revoked = sessions.revoke(cloakroom::SessionId::from_bytes(id));
        let _receipt = revoked.map_err(Failure::unavailable)?;
    }
    Ok(sessions)
}

/// The same token with another last character but one.
fn forged(token: &str) -> String {
    let mut bytes = token.as_bytes().to_vec();
    let at = bytes.len().saturating_sub(2);
    if let Some(byte) = bytes.get_mut(at) {
        *byte = if *byte == b'A' { b'B' } else { b'A' };
    }
    String::from_utf8(bytes).unwrap_or_default()
}

fn measure(
    what: &'static str,
    share: StdDuration,
    bar: &indicatif::ProgressBar,
    mut once: impl FnMut() -> Result<(), Failure>,
) -> Result<Row, Failure> {
    let (started, before) = (Instant::now(), bar.position());
    let mut count = 0_u64;
    let took = loop {
        for _ in 0..BATCH {
            once()?;
        }
        count = count.saturating_add(BATCH.into());
        let took = started.elapsed();
        if took >= share {
            break took;
        }
        let done = took.as_millis().saturating_mul(100);
        let done = done.checked_div(share.as_millis().max(1)).unwrap_or(0);
        bar.set_position(before.saturating_add(u64::try_from(done.min(100)).unwrap_or(100)));
    };
    bar.set_position(before.saturating_add(100));
    Ok(Row { what, count, took })
}

fn reply(rows: &[Row], characters: usize, payload: u16) -> Reply {
    let mut text = format!(
        "{:<28}  {:>12}  {:>10}\n",
        "one thread", "per second", "each"
    );
    let mut all = Vec::new();
    for Row { what, count, took } in rows {
        let nanoseconds = took.as_nanos().checked_div((*count).into()).unwrap_or(0);
        let each = u64::try_from(nanoseconds).unwrap_or(u64::MAX);
        let rate = 1_000_000_000_u64.checked_div(each.max(1)).unwrap_or(0);
        text.push_str(&format!("{what:<28}  {rate:>12}  {each:>7} ns\n"));
        all.push(json!({ "what": what, "per_second": rate, "nanoseconds": each, "count": count }));
    }
    text.push_str(&format!(
        "tokens of {characters} characters, {payload} bytes of payload\n"
    ));
    let debug = cfg!(debug_assertions);
    let all: Value = all.into();
    let json = json!({ "rows": all, "token_characters": characters, "payload_bytes": payload,
        "debug_build": debug });
    let warnings = match debug {
        true => {
            vec!["this command was built without optimisation; its numbers mean nothing".into()]
        }
        false => Vec::new(),
    };
    Reply::done(text, json).warned(warnings)
}
