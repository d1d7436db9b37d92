//! The commands that documents name can be pasted: every file, test, example and package in them exists
//! in the repository, and none combines what can't be compiled together. The checks are themselves
//! checked against planted mistakes.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What git has or is about to be given: not what happens to lie in this folder.
fn tracked() -> BTreeSet<PathBuf> {
    let mut git = Command::new("git");
    git.current_dir(root())
        .args(["ls-files", "--cached", "--others", "--exclude-standard"]);
    let listed = git.output().unwrap();
    assert!(listed.status.success(), "{listed:?}");
    let files: BTreeSet<PathBuf> = String::from_utf8(listed.stdout)
        .unwrap()
        .lines()
        .map(PathBuf::from)
        .collect();
    assert!(files.len() > 300, "{} files", files.len());
    // With the folders they are in.
    let folders: Vec<PathBuf> = files
        .iter()
        .flat_map(|file| file.ancestors().skip(1).map(Path::to_owned))
        .collect();
    files.into_iter().chain(folders).collect()
}

/// Documents, and the comments of the tests, which name the commands that run what is ignored.
fn documents() -> Vec<String> {
    let is_named = |path: &Path| {
        let end = path.extension().and_then(|end| end.to_str());
        match end {
            Some("md") => !path.starts_with("ports") && !path.starts_with("vectors"),
            Some("rs") => {
                path.starts_with("tests")
                    || path.starts_with("crates")
                    || path.starts_with("benches")
            }
            _ => false,
        }
    };
    let files = tracked().into_iter().filter(|path| is_named(path));
    files
        .map(|path| path.to_str().unwrap().to_owned())
        .collect()
}

/// Lines of fenced blocks of Markdown, and what stands between single backquotes on a line.
fn commands(text: &str, markdown: bool) -> Vec<String> {
    let mut commands = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if fenced && markdown {
            commands.push(line.trim().trim_start_matches("$ ").to_owned());
        } else if markdown || line.trim_start().starts_with("//") {
            let spans = line.split('`').skip(1).step_by(2);
            // A single word in a comment is a name of something.
            let spans = spans.filter(|span| markdown || span.contains(' '));
            commands.extend(spans.map(str::to_owned));
        }
    }
    commands
}

struct Known {
    tracked: BTreeSet<PathBuf>,
    /// The first folders of paths: a word that begins with none of them is no path of ours.
    tops: BTreeSet<String>,
    tests: BTreeSet<String>,
    examples: BTreeSet<String>,
    packages: BTreeSet<String>,
}

impl Known {
    fn new() -> Self {
        let tracked = tracked();
        let tops = tracked.iter().filter_map(|path| {
            let mut parts = path.iter();
            let top = parts.next()?.to_str()?.to_owned();
            parts.next().map(|_| top)
        });
        // `tests/x.rs`, `tests/x/main.rs`, `crates/y/tests/x.rs`: the target is called x.
        let targets = |folder: &str| {
            let mut names = BTreeSet::new();
            for path in &tracked {
                let parts: Vec<&str> = path.iter().map(|part| part.to_str().unwrap()).collect();
                let at = parts.iter().position(|part| *part == folder);
                match at.map(|at| &parts[at + 1..]) {
                    Some([file]) => names.extend(file.strip_suffix(".rs").map(str::to_owned)),
                    Some([name, "main.rs"]) => drop(names.insert((*name).to_owned())),
                    _ => {}
                }
            }
            names
        };
        let manifests = tracked.iter().filter(|path| path.ends_with("Cargo.toml"));
        let packages = manifests.filter_map(|path| {
            let text = read(path);
            let name = text.split("[package]").nth(1)?.split("name = \"").nth(1)?;
            Some(name.split('"').next()?.to_owned())
        });
        Self {
            tops: tops.collect(),
            tests: targets("tests"),
            examples: targets("examples"),
            packages: packages.collect(),
            tracked,
        }
    }

    /// Paths are those of the repository, or of the package that the document belongs to.
    fn path(&self, word: &str, document: &str) -> Option<String> {
        let path = word.trim_start_matches("./").trim_end_matches(['/', ':']);
        let path = path.split("::").next().unwrap_or(path);
        let top = path.split('/').next().unwrap_or(path);
        let is_path =
            path.contains('/') && self.tops.contains(top) && !path.contains(['*', '{', '<', '(']);
        let mut folders = Path::new(document).ancestors().skip(1);
        let there = folders.any(|folder| self.tracked.contains(&folder.join(path)));
        (is_path && !there).then(|| format!("`{word}` is not in the repository"))
    }

    /// What is wrong with a command; what is none has no fault.
    fn faults(&self, command: &str, document: &str) -> Vec<String> {
        let mut faults = Vec::new();
        for part in command.split(['|', ';', '&']) {
            let words: Vec<&str> = part.split_whitespace().collect();
            let is_setting = |word: &&&str| {
                let name = word.split_once('=').map(|(name, _)| name);
                name.is_some_and(|name| {
                    !name.is_empty()
                        && name
                            .bytes()
                            .all(|byte| byte.is_ascii_uppercase() || byte == b'_')
                })
            };
            let settings = words.iter().take_while(is_setting).count();
            let Some((program, rest)) = words[settings..].split_first() else {
                continue;
            };
            faults.extend(self.path(program, document));
            if ["bash", "node", "python3", "sh"].contains(program) {
                faults.extend(rest.first().and_then(|script| self.path(script, document)));
            }
            if *program != "cargo" {
                continue;
            }
            // What is behind `--` belongs to another program.
            let own: Vec<&str> = rest
                .iter()
                .copied()
                .take_while(|word| *word != "--")
                .collect();
            for pair in own.windows(2) {
                let [flag, value] = pair else { continue };
                // A name that stands for others.
                if value.bytes().any(|byte| byte.is_ascii_uppercase()) && !value.contains('/') {
                    continue;
                }
                let known = match *flag {
                    "--test" => self.tests.contains(*value),
                    "--example" => self.examples.contains(*value),
                    "-p" | "--package" => self.packages.contains(*value),
                    "--manifest-path" => self.tracked.contains(Path::new(value)),
                    _ => true,
                };
                if !known {
                    faults.push(format!("`{command}`: there is no {flag} {value}"));
                }
            }
            let has = |flag: &str| own.contains(&flag);
            let of_the_root = !has("--manifest-path");
            // The feature `testing` refuses a build without debug assertions.
            let allowed = command.contains("--cfg cloakroom_testing_in_release");
            if of_the_root && has("--release") && has("--all-features") && !allowed {
                faults.push(format!(
                    "`{command}` does not compile: --release and the feature `testing`"
                ));
            }
        }
        faults
    }
}

#[test]
fn every_command_of_the_documents_names_what_is_there() {
    let known = Known::new();
    let (mut faults, mut seen) = (Vec::new(), 0);
    for document in documents() {
        for command in commands(&read(&document), document.ends_with(".md")) {
            seen += usize::from(command.starts_with("cargo ") || command.starts_with(".ci/"));
            faults.extend(
                known
                    .faults(&command, &document)
                    .into_iter()
                    .map(|fault| format!("{document}: {fault}")),
            );
        }
    }
    assert_eq!(faults, [""; 0]);
    assert!(seen > 60, "{seen} commands");
}

#[test]
fn every_gate_is_named_where_proofs_are_repeated_and_run_by_ci() {
    let (security, run) = (read("SECURITY.md"), read(".ci/run"));
    for path in tracked() {
        let name = path.to_str().unwrap();
        if path.parent() != Some(Path::new(".ci"))
            || ["public-api", "words"].iter().any(|no| path.ends_with(no))
        {
            continue;
        }
        assert!(
            security.contains(&format!("`{name}")),
            "SECURITY.md does not name {name}"
        );
        // What takes long, or depends on what a fuzzer left, is run on demand; one is a list that
        // another reads.
        if !["run", "fuzz-coverage", "duplicates", "mutants"]
            .iter()
            .any(|no| path.ends_with(no))
        {
            assert!(run.contains(name), ".ci/run does not run {name}");
        }
    }
}

#[test]
fn ci_knows_that_it_is_one_before_the_first_step() {
    // A check that can't run fails under CI=true alone.
    let run = read(".ci/run");
    let told = run.find("export CI=\"${CI:-true}\"").unwrap();
    assert!(told < run.find("\nstep \"").unwrap());
}

#[test]
fn planted_mistakes_are_found() {
    let known = Known::new();
    for good in [
        "cargo test --test vectors -- --ignored",
        "RUSTC_BOOTSTRAP=1 cargo fuzz run TARGET",
        "cargo run -p fuzz-targets --example replay -- --seeds fuzz/corpus",
        "RUSTFLAGS=\"--cfg cloakroom_testing_in_release\" cargo test --release --all-features --test vectors",
        ".ci/run",
        "src/seal/sealer.rs",
        "text/html",
        "tests/rules_*.rs",
    ] {
        assert_eq!(known.faults(good, "README.md"), [""; 0], "{good}");
    }
    for bad in [
        "fuzz/coverage",
        ".ci/nothing --write",
        "CI=true .ci/nothing",
        "cargo test --test vectorz",
        "cargo build --example replai && cargo test",
        "cargo run -p fuzz-target",
        "cargo run --release --manifest-path benches/pears/Cargo.toml",
        "python3 vectors/generated.py --check",
        "src/main.rs",
        "cargo test --release --all-features --test vectors",
        "cargo test --all-features --release",
    ] {
        assert_eq!(known.faults(bad, "README.md").len(), 1, "{bad}");
    }
}
