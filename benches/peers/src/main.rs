//! Measures this crate against its peers, prints the tables and draws the plot:
//! `cargo run --release --manifest-path benches/peers/Cargo.toml [-- [--quick | --rounds N] [PLOT.svg]]`.
//!
//! `--quick` is for seeing that it runs and that every peer does what it is measured for; its figures are
//! worthless, so it draws only where it is told. So does `--rounds`, which counts no allocations: for
//! comparing with a build of other flags or features. A full run ends with 1 if a goal is missed that
//! DESIGN.md does not explain.

use std::path::{Path, PathBuf};
use std::process::Command;

use cloakroom_peers::measure::{Samples, plan};
use cloakroom_peers::plot;
use cloakroom_peers::table::{Report, missed};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (quick, fixed, picture) = match options(&arguments) {
        Some(options) => options,
        None => {
            eprintln!("[--quick | --rounds N] [PLOT.svg]");
            std::process::exit(2);
        }
    };
    let picture = match (picture, quick || fixed.is_some()) {
        (Some(path), _) => Some(PathBuf::from(path)),
        (None, true) => None,
        (None, false) => Some(here.join("../../docs/bench.svg")),
    };

    let allocations = match fixed {
        Some(_) => Vec::new(),
        None => allocations(here, quick),
    };
    let mut plan = plan(quick);
    let (rounds, slot) = if quick { (5, 1e5) } else { (201, 2e6) };
    let rounds = fixed.unwrap_or(rounds);
    let samples = Samples::take(&mut plan.cases, rounds, slot);
    assert!(allocations.is_empty() || allocations.len() == plan.cases.len());
    let report = Report {
        plan: &plan,
        samples: &samples,
        allocations: &allocations,
    };
    println!("{}", report.comparison());
    println!("Medians of {rounds} interleaved rounds on {}.", machine());
    println!("In parentheses: of the time that cloakroom takes to issue and to verify.\n");
    println!("{}", report.own());
    let goals = report.goals();
    println!("{goals}");
    if let Some(path) = picture {
        plot::draw(&report, &path).expect("the plot can be written");
    }
    // Figures of a quick run say nothing, so they fail nothing.
    let missed = missed(&goals);
    if !quick && !missed.is_empty() {
        eprintln!("goals that were missed in this run: {}", missed.join("; "));
        std::process::exit(1);
    }
}

/// Whether it is quick, how many rounds are asked for, and where the picture goes.
fn options(arguments: &[String]) -> Option<(bool, Option<usize>, Option<&str>)> {
    match arguments {
        [first, rest @ ..] if first == "--quick" => Some((true, None, picture(rest)?)),
        [first, number, rest @ ..] if first == "--rounds" => {
            let number = number.parse().ok().filter(|rounds| *rounds > 0)?;
            Some((false, Some(number), picture(rest)?))
        }
        rest => Some((false, None, picture(rest)?)),
    }
}

fn picture(rest: &[String]) -> Option<Option<&str>> {
    match rest {
        [] => Some(None),
        [path] if !path.starts_with('-') => Some(Some(path)),
        _ => None,
    }
}

/// Counted by another program, because counting replaces the allocator. Nothing when cargo is not at
/// hand to build it; then the table says so.
fn allocations(here: &Path, quick: bool) -> Vec<u64> {
    let Some(cargo) = std::env::var_os("CARGO") else {
        return Vec::new();
    };
    let mut command = Command::new(cargo);
    command.args([
        "run",
        "--release",
        "--locked",
        "--quiet",
        "--bin",
        "allocations",
    ]);
    command.arg("--manifest-path").arg(here.join("Cargo.toml"));
    if quick {
        command.args(["--", "--quick"]);
    }
    let output = command.output().expect("cargo runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines()
        .map(|line| line.parse().expect("a number"))
        .collect()
}

/// The processor and those of its features that the measured code asks for at run time.
fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("an unnamed processor", |(_, model)| model);
    format!(
        "{model} ({}: {})",
        std::env::consts::ARCH,
        features().join(", ")
    )
}

#[cfg(target_arch = "x86_64")]
fn features() -> Vec<&'static str> {
    macro_rules! detected {
        ($($name:tt),*) => {
            [$(($name, std::arch::is_x86_feature_detected!($name))),*]
        };
    }
    let all = detected!(
        "sse2",
        "avx2",
        "avx512f",
        "aes",
        "vaes",
        "pclmulqdq",
        "sha",
        "adx",
        "bmi2"
    );
    all.into_iter()
        .filter(|(_, has)| *has)
        .map(|(name, _)| name)
        .collect()
}

#[cfg(target_arch = "aarch64")]
fn features() -> Vec<&'static str> {
    macro_rules! detected {
        ($($name:tt),*) => {
            [$(($name, std::arch::is_aarch64_feature_detected!($name))),*]
        };
    }
    let all = detected!("neon", "aes", "pmull", "sha2");
    all.into_iter()
        .filter(|(_, has)| *has)
        .map(|(name, _)| name)
        .collect()
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn features() -> Vec<&'static str> {
    vec!["features unknown"]
}
