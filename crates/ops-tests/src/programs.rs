//! The two programs, built once for all tests of a process.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The folder of the workspace.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A `PATH` on which `cloakroom` and `demo` come first.
pub fn path() -> OsString {
    let mut folders = vec![built().to_owned()];
    folders.extend(std::env::split_paths(
        &std::env::var_os("PATH").unwrap_or_default(),
    ));
    std::env::join_paths(folders).unwrap()
}

/// The folder with both programs. Cargo builds the programs of a package for its own tests alone, so
/// it is asked: what stands in the target folder may be of yesterday.
fn built() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let output = Command::new(env!("CARGO"))
            .args([
                "build",
                "--locked",
                "--message-format=json-render-diagnostics",
            ])
            .args(["-p", "demo", "-p", "cloakroom-cli"])
            .current_dir(workspace())
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        assert!(output.status.success(), "the programs were not built");
        let text = String::from_utf8(output.stdout).unwrap();
        let messages = text.lines().filter_map(|line| {
            let message: serde_json::Value = serde_json::from_str(line).ok()?;
            Some(PathBuf::from(message["executable"].as_str()?))
        });
        let programs: Vec<PathBuf> = messages.collect();
        let find = |name: &str| {
            let mut programs = programs.iter();
            let program = programs.find(|path| path.file_stem().is_some_and(|stem| stem == name));
            program.unwrap_or_else(|| panic!("cargo built no {name}: {programs:?}"))
        };
        let folder = find("cloakroom").parent().unwrap();
        assert_eq!(find("demo").parent().unwrap(), folder);
        folder.to_owned()
    })
}
