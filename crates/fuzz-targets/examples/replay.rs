//! Fuzz targets without a fuzzer: `replay TARGET FILE...` gives each file to the target;
//! `replay --seeds FOLDER` writes the first inputs of every target to `FOLDER/TARGET`;
//! `replay --targets` names them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

use std::path::Path;
use std::process::ExitCode;

use fuzz_targets::TARGETS;

#[path = "../tests/common/seeds.rs"]
mod seeds;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.split_first() {
        Some((first, [folder])) if first == "--seeds" => {
            for (target, inputs) in seeds::all() {
                let folder = Path::new(folder).join(target);
                std::fs::create_dir_all(&folder).expect("a folder");
                for (index, input) in inputs.iter().enumerate() {
                    let path = folder.join(format!("seed-{index:04}"));
                    std::fs::write(path, input).expect("written");
                }
            }
            ExitCode::SUCCESS
        }
        Some((first, [])) if first == "--targets" => {
            for (name, _) in TARGETS {
                println!("{name}");
            }
            ExitCode::SUCCESS
        }
        Some((name, files)) if !files.is_empty() => {
            let Some((_, target)) = TARGETS.iter().find(|(known, _)| known == name) else {
                eprintln!("no target {name}");
                return ExitCode::FAILURE;
            };
            for file in files {
                target(&std::fs::read(file).expect("readable"));
            }
            println!("{name}: {} inputs, nothing found", files.len());
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("replay TARGET FILE... | replay --seeds FOLDER | replay --targets");
            ExitCode::FAILURE
        }
    }
}
