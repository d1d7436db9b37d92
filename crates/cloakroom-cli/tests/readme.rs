//! The samples of the README, executed word for word, and its table of exit codes.

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

use std::process::Command;

use common::Place;

const README: &str = include_str!("../README.md");
/// The key that the samples are about.
const KEY: &str = "0a1b2c3d";

/// A command of the README and what is printed under it.
struct Sample {
    command: String,
    printed: Vec<String>,
}

fn samples() -> Vec<Sample> {
    let mut samples: Vec<Sample> = Vec::new();
    let blocks = README.split("```console\n").skip(1);
    for line in blocks.flat_map(|block| block.split("```").next().unwrap().lines()) {
        match line.strip_prefix("$ ") {
            Some(command) => samples.push(Sample {
                command: command.to_owned(),
                printed: Vec::new(),
            }),
            None => samples.last_mut().unwrap().printed.push(line.to_owned()),
        }
    }
    samples
}

/// What is the same on every day: ids, times and distances of times are not.
fn constant(line: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in line.split_whitespace() {
        let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        let id = [8, 32, 48].contains(&bare.len()) && bare.chars().all(hex) && bare != KEY;
        let time = bare.len() == 20 && bare.ends_with('Z') && bare.contains('T');
        let unit = ["d", "h", "min", "s"].contains(&bare);
        let after_number = words.last().is_some_and(|last| last.parse::<u32>().is_ok());
        if unit && after_number {
            words.pop();
            if words.last().is_none_or(|last| last != "(duration)") {
                words.push("(duration)".into());
            }
        } else if id {
            words.push(word.replace(bare, "(id)"));
        } else if time {
            words.push(word.replace(bare, "(time)"));
        } else {
            words.push(word.to_owned());
        }
    }
    let text = words.join(" ").replace("(duration) ago", "(when)");
    text.replace("in (duration)", "(when)")
        .replace(", now", ", (when)")
}

#[test]
fn every_sample_prints_what_the_readme_says() {
    let place = Place::new();
    place.write("password", "correct horse battery staple\n", 0o600);
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_cloakroom"));
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", program.parent().unwrap().display());
    let mut key: Option<String> = None;
    let samples = samples();
    assert!(samples.len() > 20, "{} samples", samples.len());
    for Sample { command, printed } in samples {
        let real = key.as_deref().unwrap_or(KEY);
        let command = command.replace(KEY, real);
        // As a terminal shows it: both outputs.
        let both = if command.contains('>') {
            command.clone()
        } else {
            format!("{command} 2>&1")
        };
        let output = Command::new("sh")
            .args(["-c", &both])
            .current_dir(place.path())
            .env("PATH", &path)
            .output()
            .unwrap();
        let mut said = String::from_utf8(output.stdout).unwrap();
        let code = output.status.code().unwrap();
        if code != 0 {
            said.push_str(&format!("[exit code {code}]\n"));
        }
        if key.is_none() {
            key = Some(place.sealing());
        }
        let said = said.replace(key.as_deref().unwrap(), KEY);
        let said: Vec<String> = said.lines().map(constant).collect();
        let printed: Vec<String> = printed.iter().map(|line| constant(line)).collect();
        assert_eq!(said, printed, "{command}");
    }
}

#[test]
fn the_comparison_of_samples_can_fail() {
    assert_eq!(constant("seals in 59 min 59 s"), constant("seals in 1 h"));
    assert_ne!(
        constant("key 0a1b2c3d seals"),
        constant("key 85fbe3bc seals")
    );
    assert_ne!(constant("an open-only key"), constant("a sealing key"));
    assert_ne!(constant("[exit code 3]"), constant("[exit code 1]"));
}

#[test]
fn the_exit_codes_of_the_readme_are_those_of_the_help() {
    let place = Place::new();
    let help = place.run("--help").ok().out.clone();
    let codes = README.split("## Exit codes").nth(1).unwrap();
    for code in 0..=5 {
        let row = codes
            .lines()
            .find(|line| line.starts_with(&format!("| {code} | ")));
        let meaning = row
            .unwrap()
            .split(" | ")
            .nth(1)
            .unwrap()
            .trim_end_matches(" |");
        // The help has the beginning of it, in the same words.
        let beginning: String = meaning
            .split([',', ';', ':'])
            .next()
            .unwrap()
            .replace('`', "");
        let line = help
            .lines()
            .find(|line| line.trim_start().starts_with(&format!("{code}  ")));
        let line = line.unwrap().replace('`', "");
        assert!(
            line.contains(&beginning),
            "{beginning:?} is not in {line:?}"
        );
    }
}
