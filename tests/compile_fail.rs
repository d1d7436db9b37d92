//! What the types forbid does not compile, and the compiler says what to write instead.
//!
//! Each file in tests/compile_fail names, in its first line, the error code and a word that must be
//! in the message. The whole messages are compared with the files beside them, for one version of
//! the compiler alone, because they change from one to the next.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The compiler whose messages are in the `.stderr` files.
const COMPARED: &str = "rustc 1.95.";

/// All of these use the crate as it is meant to be, so they must compile: if they do not, neither
/// does anything else, and nothing is shown.
const CONTROL: &str = "
    #[derive(serde::Serialize, serde::Deserialize)]
    struct User<'a> { name: &'a str }
    cloakroom::payload!(User<'_>);

    pub mod named {
        #[derive(serde::Serialize, serde::Deserialize)]
        pub struct ByPath;
    }
    cloakroom::payload!(crate::named::ByPath);

    pub fn log_out(sessions: &cloakroom::Sessions<()>, token: &str) {
        let session = sessions.verify(token).unwrap();
        let _ = sessions.revoke(session.id());
        let _ = sessions.rotate(&session);
    }

    pub fn name(sessions: &cloakroom::Sessions<User<'static>>, token: &str) -> usize {
        let mut scratch = cloakroom::Scratch::new();
        sessions.verify_in(token, &mut scratch).unwrap().payload().name.len()
    }
";

fn rustc() -> String {
    std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into())
}

fn version() -> String {
    let output = Command::new(rustc()).arg("--version").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compile_fail");
    let entries = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "rs"));
    files.sort();
    files
}

/// The libraries of one crate that cargo built for this test program.
fn libraries(name: &str) -> Vec<PathBuf> {
    let program = std::env::current_exe().unwrap();
    let entries = std::fs::read_dir(program.parent().unwrap()).unwrap();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| {
        let file = path.file_name().unwrap().to_string_lossy();
        file.starts_with(&format!("lib{name}-")) && file.ends_with(".rlib")
    });
    // Newest first: an older build may lie beside the one that is tested.
    found.sort_by_key(|path| std::fs::metadata(path).unwrap().modified().unwrap());
    found.reverse();
    found
}

fn compile(path: &Path, crate_type: &str, externs: &[String]) -> Output {
    let program = std::env::current_exe().unwrap();
    let folder = program.parent().unwrap();
    Command::new(rustc())
        .args([
            "--edition",
            "2024",
            "--emit",
            "metadata",
            "--crate-type",
            crate_type,
        ])
        .arg("--out-dir")
        .arg(std::env::temp_dir())
        .args([
            "--crate-name",
            &format!("compile_fail_{}", std::process::id()),
        ])
        .arg("-L")
        .arg(format!("dependency={}", folder.display()))
        .args(externs.iter().flat_map(|path| ["--extern", path.as_str()]))
        .arg(path)
        .output()
        .unwrap()
}

/// The libraries with which the control compiles.
fn externs() -> Vec<String> {
    let control = std::env::temp_dir().join(format!("control_{}.rs", std::process::id()));
    std::fs::write(&control, CONTROL).unwrap();
    let mut last = String::new();
    for cloakroom in libraries("cloakroom") {
        for serde in libraries("serde") {
            let externs = vec![
                format!("cloakroom={}", cloakroom.display()),
                format!("serde={}", serde.display()),
            ];
            let output = compile(&control, "lib", &externs);
            if output.status.success() {
                return externs;
            }
            last = String::from_utf8_lossy(&output.stderr).into_owned();
        }
    }
    panic!("the control does not compile, so nothing can be shown:\n{last}");
}

#[test]
fn what_the_types_forbid_does_not_compile() {
    let externs = externs();
    let files = files();
    assert!(files.len() >= 18, "only {} files", files.len());
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let expected = text.lines().next().unwrap().strip_prefix("//~ ").unwrap();
        let (code, word) = expected.split_once(' ').unwrap();
        let output = compile(&path, "bin", &externs);
        let message = String::from_utf8_lossy(&output.stderr);
        let shown = path.display();
        assert!(!output.status.success(), "{shown} compiles");
        assert!(
            message.contains(&format!("error[{code}]")),
            "{shown}: not {code}:\n{message}"
        );
        assert!(
            message.contains(word),
            "{shown}: nothing about {word}:\n{message}"
        );
        // One fault a file, so that a second one can't hide that the first is gone.
        let errors = message.matches("\nerror").count() + usize::from(message.starts_with("error"));
        let summaries = message.matches("\nerror: aborting").count();
        assert!(
            errors - summaries <= 1 || code == "E0451",
            "{shown}:\n{message}"
        );
    }
}

#[test]
fn the_messages_are_those_that_were_read_and_approved() {
    let version = version();
    if !version.starts_with(COMPARED) {
        // Not through the test harness, which would hide it.
        let line = format!(
            "\n*** tests/compile_fail: messages NOT compared: they are those of {COMPARED}*, this is \
             {version}. That each file fails to compile is checked all the same. ***\n\n"
        );
        std::io::stderr().write_all(line.as_bytes()).unwrap();
        return;
    }
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
