//! The bugs that the simulation must catch, planted one by one into a copy of the crate.

use std::path::{Path, PathBuf};
use std::process::Command;

struct Bug {
    name: &'static str,
    /// File, what stands there once, and what the bug makes of it.
    changes: &'static [(&'static str, &'static str, &'static str)],
}

const BUGS: [Bug; 10] = [
    Bug {
        name: "the chain is not checked",
        changes: &[
            (
                "src/feed/batch.rs",
                "\n        && header.get(29..37) == Some(onto.chain.as_slice());",
                ";",
            ),
            (
                "src/feed/follower.rs",
                "if head.n == before.n && head.chain != before.chain {",
                "if false {",
            ),
            (
                "src/feed/follower.rs",
                "if at == head {",
                "if at.n == head.n {\n            state.position = Some(head);",
            ),
        ],
    },
    Bug {
        name: "an entry lives as long as the presented token, here half through its life",
        changes: &[
            (
                "src/revocation/entries.rs",
                ".saturating_add(u64::from(life))",
                ".saturating_add(u64::from(life / 2))",
            ),
            (
                "src/revocation/entries.rs",
                "\n            .saturating_add(tolerance.saturating_mul(2))",
                ".saturating_add(tolerance & 0)",
            ),
        ],
    },
    Bug {
        name: "a cut-off is compared with the issue of the token",
        changes: &[(
            "src/session/verify.rs",
            "authenticated_at: claims.authenticated_at,",
            "authenticated_at: claims.issued_at(),",
        )],
    },
    Bug {
        name: "an append is acknowledged although the engine did not answer",
        changes: &[(
            "src/feed/round.rs",
            "self.engine.append(&onto, &bytes, &becomes)?;",
            "self.engine.append(&onto, &bytes, &becomes).unwrap_or(Appended::Accepted);",
        )],
    },
    Bug {
        name: "reading everything again forgets what was known",
        changes: &[
            (
                "src/revocation/list.rs",
                "    /// How far ahead a cut-off may lie.",
                "    pub(crate) fn clear(&self) {\n        self.0.clear();\n    }\n\n    /// How far ahead.",
            ),
            (
                "src/revocation/entries.rs",
                "    /// All slices, one after",
                "    pub(crate) fn clear(&self) {\n        let mut writer = self.lock();\n        let mark = \
                 AtomicU64::new(u64::MAX);\n        let rooms = &mut writer.rooms;\n        for number in \
                 0..MANY {\n            let _ = self.sessions.expire(&mut rooms.sessions, number, \
                 u64::MAX - 1, &mark);\n            let _ = self.subjects.expire(&mut rooms.subjects, \
                 number, u64::MAX - 1, &mark);\n        }\n    }\n\n    /// All slices, one after",
            ),
            (
                "src/feed/resync.rs",
                "        let delivered = state.outbox",
                "        self.local.list().clear();\n        let delivered = state.outbox",
            ),
        ],
    },
    Bug {
        name: "a follower writes heartbeats",
        changes: &[(
            "src/feed/round.rs",
            "if self.follower.settings.follows_only {\n            return Ok(());",
            "if false {\n            return Ok(());",
        )],
    },
    Bug {
        name: "a crash forgets the outbox",
        changes: &[(
            "src/feed/local.rs",
            "pending.collect(),",
            "pending.filter(|_| false).collect(),",
        )],
    },
    Bug {
        name: "nothing is handed back",
        changes: &[
            (
                "src/feed/resync.rs",
                "!upstream.covers(revocation)",
                "upstream.covers(&Revocation::audience([0; 16], 0))",
            ),
            (
                "src/feed/resync.rs",
                "use crate::revocation::record::Record;",
                "use crate::revocation::record::{Record, Revocation};",
            ),
        ],
    },
    Bug {
        name: "an answer alone proves that nothing is missed",
        changes: &[(
            "src/feed/proof.rs",
            "Some(asked.max(before.saturating_add(now.saturating_sub(seen))))",
            "Some(asked.max(before.saturating_sub(seen).saturating_mul(0)))",
        )],
    },
    Bug {
        name: "a rotation is published without comparing",
        changes: &[(
            "src/feed/local.rs",
            "self.list().lowest_live_generation(session) >= generation",
            "self.list().lowest_live_generation(session) > generation",
        )],
    },
];

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(from, to).unwrap();
        } else if !["target", "peers", "callgrind"]
            .map(Into::into)
            .contains(&entry.file_name())
        {
            copy(&from, &to);
        }
    }
}

fn fresh_copy() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("planted");
    let _none_yet = std::fs::remove_dir_all(&folder);
    for part in ["src", "tests", "examples", "benches"] {
        copy(&root.join(part), &folder.join(part));
    }
    for file in ["Cargo.lock", "README.md"] {
        std::fs::copy(root.join(file), folder.join(file)).unwrap();
    }
    // Without the web servers of other tests, which take longer to build than everything else.
    let manifest = std::fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let (before, rest) = manifest.split_once("[dev-dependencies]").unwrap();
    let (_, after) = rest.split_once("[[test]]").unwrap();
    let alone = before.replace(r#"members = [".", "crates/*"]"#, r#"members = ["."]"#);
    std::fs::write(folder.join("Cargo.toml"), format!("{alone}[[test]]{after}")).unwrap();
    folder
}

/// What the simulation says about the copy.
fn simulate(folder: &Path) -> (bool, String) {
    // The one of the toolchain in use: dependencies may ask for toolchains of their own.
    let mut cargo = Command::new("cargo");
    cargo.current_dir(folder);
    cargo.args([
        "test",
        "--release",
        "--offline",
        "--quiet",
        "--test",
        "feed_sim",
    ]);
    cargo.args(["--features", "feed,redb,hazmat"]);
    cargo.args(["--", "--ignored", "a_million_steps", "--nocapture"]);
    // Not where this test was built: cargo takes the copy for the same package, and what it built
    // of a bug would be run in place of the crate.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("planted-target");
    cargo.env("CARGO_TARGET_DIR", target);
    cargo
        .env("FEED_SIM_TOTAL", "400000")
        .env("RUST_BACKTRACE", "0");
    let output = cargo.env_remove("FEED_SIM_SEED").output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&text).into_owned(),
    )
}

#[test]
#[ignore = "builds the crate once for every bug"]
fn every_planted_bug_is_caught() {
    // Parts of names, with commas between.
    let only = std::env::var("FEED_SIM_BUG").unwrap_or_default();
    let wanted = |bug: &&Bug| only.split(',').any(|part| bug.name.contains(part));
    assert!(BUGS.iter().any(|bug| wanted(&bug)), "no bug of that name");
    let mut missed = Vec::new();
    for bug in BUGS.iter().filter(wanted) {
        let folder = fresh_copy();
        for (file, from, to) in bug.changes {
            let path = folder.join(file);
            let text = std::fs::read_to_string(&path).unwrap();
            assert_eq!(
                text.matches(from).count(),
                1,
                "{}: {from:?} in {file}",
                bug.name
            );
            std::fs::write(path, text.replace(from, to)).unwrap();
        }
        let (passed, said) = simulate(&folder);
        // A bug that does not compile proves nothing.
        let counterexample = said.lines().find(|line| line.starts_with("FEED_SIM_SEED="));
        println!("{}: {}", bug.name, counterexample.unwrap_or("NOT CAUGHT"));
        if passed || counterexample.is_none() {
            println!("{said}");
            missed.push(bug.name);
        }
    }
    assert!(missed.is_empty(), "not caught: {missed:?}");
}
