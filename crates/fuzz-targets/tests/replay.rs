//! Every fuzz target without a fuzzer: its first inputs, and what a few thousand simple changes
//! make of them. Also that no target is forgotten anywhere.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

use std::collections::BTreeSet;
use std::path::Path;

use fuzz_targets::TARGETS;

#[path = "common/seeds.rs"]
mod seeds;

/// Changes of one input of a target, without those that its length alone makes impossible.
const CHANGES: usize = 40;
/// The same for what opens and reads each input many times.
const FEW: usize = 6;

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Splitmix64: the same changes in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }

    /// A bit, a byte, a cut, a piece taken out, a piece twice.
    fn change(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut changed = bytes.to_vec();
        let at = self.below(bytes.len());
        let end = (at + 1 + self.below(8)).min(bytes.len());
        match self.below(5) {
            0 => changed[at] ^= 1 << self.below(8),
            1 => changed[at] = self.below(256) as u8,
            2 => changed.truncate(at),
            3 => drop(changed.drain(at..end)),
            _ => drop(changed.splice(at..at, bytes[at..end].iter().copied())),
        }
        changed
    }
}

#[test]
fn every_target_takes_its_first_inputs_and_what_becomes_of_them() {
    let seeds = seeds::all();
    for (name, target) in TARGETS {
        let inputs = &seeds[name];
        let mut random = Random(1);
        target(b"");
        for input in inputs {
            target(input);
            // Memory-hard work, whose cost the changes may raise, stays with the fuzzer.
            if name == "wrapped" || input.is_empty() {
                continue;
            }
            let changes = if name == "differential" { FEW } else { CHANGES };
            for _ in 0..changes {
                target(&random.change(input));
            }
        }
        println!("{name}: {} first inputs", inputs.len());
    }
}

#[test]
fn every_target_is_known_to_the_fuzzer_and_to_the_documents() {
    let known: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let folder = std::fs::read_dir(root().join("fuzz/fuzz_targets")).unwrap();
    let files: BTreeSet<String> = folder
        .map(|entry| entry.unwrap().path())
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(files, known);
    let seeded: BTreeSet<String> = seeds::all().keys().map(|&name| name.to_owned()).collect();
    assert_eq!(seeded, known, "a target without a first input");
    let manifest = std::fs::read_to_string(root().join("fuzz/Cargo.toml")).unwrap();
    let document = std::fs::read_to_string(root().join("docs/fuzzing.md")).unwrap();
    for name in known {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
        assert!(document.contains(&format!("| `{name}` |")), "{name}");
        let path = root().join(format!("fuzz/fuzz_targets/{name}.rs"));
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.contains(&format!("fuzz_targets::{name}(")), "{name}");
    }
}

#[test]
fn the_second_decoder_reads_live_sessions_too() {
    // Two decoders that refuse everything would agree.
    let seeds = seeds::all();
    let mut live = [0; 5];
    for plaintext in &seeds["plaintext"] {
        for (count, is) in live.iter_mut().zip(fuzz_targets::live_as(plaintext)) {
            *count += u32::from(is);
        }
    }
    // Of the first type: five values under their own minor, an older and a newer one, but for one that
    // an older writer would have had to cut within a text. Of the second: the same, migrated, and two
    // of its own, in the same three ways but for one. Of the outermost enum: four. Then whatever has
    // the number 1.0, and of that whatever has no byte.
    assert_eq!(live, [14, 19, 4, 19, 1]);
}

#[test]
fn what_an_engine_gives_is_read_behind_the_tag() {
    // A decoder that no input reaches would refuse everything.
    let seeds = seeds::all();
    let fed = |how: u8| {
        let of = seeds["feed_batch"].iter().filter(|input| input[0] == how);
        of.filter(|input| fuzz_targets::is_fed(input)).count()
    };
    // Batches in their place and snapshots with their digest, then as they are: the vectors' batches
    // are of another epoch than the targets'.
    assert_eq!([0, 1, 2, 3].map(fed), [27, 13, 0, 11]);
}

#[test]
fn descriptions_are_read() {
    let seeds = seeds::all();
    let read = |input: &&Vec<u8>| {
        let text = str::from_utf8(input).unwrap();
        text.parse::<cloakroom::schema::Description>().is_ok()
    };
    // All but an array of no elements.
    let all = seeds["description"].len();
    assert_eq!(seeds["description"].iter().filter(read).count(), all - 1);
}

/// The words in backticks.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// A name that nothing has says that the table is of other sources than these.
#[test]
fn what_no_input_reaches_is_named_as_it_is_called() {
    let document = std::fs::read_to_string(root().join("docs/fuzzing.md")).unwrap();
    let (_, table) = document.split_once("that no input reaches\n").unwrap();
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split(" | ").collect())
        .collect();
    assert!(rows.len() > 15, "{rows:?}");
    let mut names = 0;
    for row in rows {
        let [places, what, why] = row[..] else {
            panic!("{row:?}");
        };
        assert!(!why.trim().is_empty(), "{places}");
        let sources: Vec<String> = quoted(places)
            .iter()
            .map(|file| std::fs::read_to_string(root().join("src").join(file)).unwrap())
            .collect();
        for name in quoted(what) {
            names += 1;
            let has = |source: &String| {
                ["fn", "struct", "enum"].iter().any(|kind| {
                    let starts = format!("{kind} {name}");
                    source.match_indices(&starts).any(|(at, _)| {
                        let next = source[at + starts.len()..].chars().next();
                        next.is_some_and(|next| !next.is_alphanumeric() && next != '_')
                    })
                })
            };
            // In each of the files where there are several, or in the one.
            assert!(sources.iter().all(has), "{places}: `{name}`");
        }
    }
    assert!(names > 30, "{names}");
}
