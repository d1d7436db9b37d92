//! The command line as a whole: no argument takes a secret, every command explains itself, and the man
//! pages and completions that are kept beside the source are those of this source.

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

use std::path::{Path, PathBuf};

use clap::{Arg, Command};
use common::Place;

/// Every command, with the names that lead to it.
fn all() -> Vec<(String, Command)> {
    fn walk(name: String, command: &Command, found: &mut Vec<(String, Command)>) {
        for inner in command
            .get_subcommands()
            .filter(|inner| inner.get_name() != "help")
        {
            walk(format!("{name} {}", inner.get_name()), inner, found);
        }
        found.push((name, command.clone()));
    }
    let mut root = cloakroom_cli::command();
    root.build();
    let mut found = Vec::new();
    walk("cloakroom".into(), &root, &mut found);
    found
}

fn is_path(arg: &Arg) -> bool {
    let parser = arg.get_value_parser().type_id();
    parser == clap::value_parser!(PathBuf).type_id()
}

/// Free text that an argument may hold. None of it is a secret; whoever adds one thinks twice here.
const TEXTS: [(&str, &str); 9] = [
    ("purpose", "TEXT"),
    ("audience", "TEXT"),
    ("binding", "TEXT"),
    ("binding_hex", "HEX"),
    ("subject", "TEXT"),
    ("note", "TEXT"),
    ("realm", "NAME"),
    // With a password in it, it is refused (tests/revoke.rs).
    ("feed", "ADDRESS"),
    ("schema_number", "MAJOR.MINOR"),
];

/// Why no value of this argument is a secret, or `None`.
fn harmless(arg: &Arg) -> Option<&'static str> {
    let id = arg.get_id().as_str();
    let value = arg
        .get_value_names()
        .and_then(<[_]>::first)
        .map_or("", |name| name.as_str());
    if !arg.get_action().takes_values() {
        return Some("a switch");
    }
    if is_path(arg) {
        return Some("the name of a file");
    }
    if TEXTS.contains(&(id, value)) {
        return Some("a text that is public");
    }
    // Parsed into something that no key, token or password is.
    let parsed = ["TIME", "DURATION", "KEY", "ID", "NUMBER", "BYTES", "SHELL"];
    let secrets = ["clkkey1.AAAABBBBCCCC", "clk1.AAAA", "correct horse"];
    let refuses = |secret: &str| {
        let parser = arg.get_value_parser().clone();
        let command = Command::new("x").arg(Arg::new("v").value_parser(parser));
        command.try_get_matches_from(["x", secret]).is_err()
    };
    (parsed.contains(&value) || id == "shell")
        .then(|| secrets.iter().all(|secret| refuses(secret)))?
        .then_some("parsed")
}

#[test]
fn no_argument_of_any_command_takes_a_secret() {
    let mut seen = 0;
    for (name, command) in all() {
        for arg in command.get_arguments() {
            assert!(harmless(arg).is_some(), "{name} {arg:?}");
            seen += 1;
        }
    }
    assert!(seen > 150, "{seen}");
    // The judge can say no.
    for arg in [Arg::new("password"), Arg::new("token").value_name("TEXT")] {
        assert_eq!(harmless(&arg), None);
    }
}

#[test]
fn every_command_says_what_it_is_for_and_shows_an_example() {
    for (name, command) in all() {
        assert!(command.get_about().is_some(), "{name}");
        let leaf = command.get_subcommands().next().is_none();
        // The examples of the targets of `revoke` stand there.
        if leaf && !name.starts_with("cloakroom revoke ") {
            let help = command.clone().render_long_help().to_string();
            assert!(
                help.contains(&format!("\n  {name}")) || help.contains(&name),
                "{name}: {help}"
            );
            assert!(help.contains("Example"), "{name}");
        }
        for arg in command.get_arguments() {
            assert!(arg.get_help().is_some(), "{name} {}", arg.get_id());
        }
    }
}

#[test]
fn json_is_taken_by_every_command() {
    for (name, command) in all() {
        assert!(
            command.get_arguments().any(|arg| arg.get_id() == "json"),
            "{name}"
        );
    }
}

fn files(folder: &Path) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = entries
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect();
    files.sort();
    files
}

/// To renew them: `cloakroom man crates/cloakroom-cli/man`.
#[test]
fn the_man_pages_are_those_of_this_source() {
    let place = Place::new();
    place.run("man .").ok();
    let (made, kept) = (
        files(place.path()),
        files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("man")),
    );
    let names = |files: &[(String, String)]| -> Vec<String> {
        files.iter().map(|(name, _)| name.clone()).collect()
    };
    assert_eq!(names(&made), names(&kept));
    for ((name, made), (_, kept)) in made.iter().zip(&kept) {
        assert!(
            made == kept,
            "{name} is another one; renew it with `cloakroom man`"
        );
    }
    assert!(made.len() > 20);
}

/// To renew them: `cloakroom completions bash > crates/cloakroom-cli/completions/cloakroom.bash`.
#[test]
fn the_completions_are_those_of_this_source() {
    let place = Place::new();
    let kept = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("completions"));
    assert_eq!(kept.len(), 3);
    for (name, kept) in kept {
        let shell = name.strip_prefix("cloakroom.").unwrap();
        let made = place.run(&format!("completions {shell}"));
        assert!(made.ok().out == kept, "{name} is another one");
    }
}
