//! What a session adds to a request: time, allocations, instructions.
//!
//! ```sh
//! cargo run --release --manifest-path benches/web/Cargo.toml --bin overhead
//! cargo run --release --manifest-path benches/web/Cargo.toml --bin overhead -- instructions
//! ```
//!
//! Times are medians over rounds in which every way takes its turn, so that what else the machine does
//! falls on all of them; look at the ratios. The exit code is a failure if verification costs as much
//! as a peer that gives the handler the same payload; a jar whose text nobody parses is printed only.
//!
//! With the feature `ring` it costs less. Without, in a build for any x86-64 processor (the default),
//! it need not: the compiler then puts each AVX2 instruction of the crate poly1305 into a function of
//! its own, which is said and not counted as a failure. Two settings of the compiler, for the whole
//! program, take that away: `RUSTFLAGS="-C target-cpu=x86-64-v3"`, which says that the processor has
//! AVX2, here and in production, and `RUSTFLAGS='--cfg poly1305_backend="soft"'`.
//!
//! Instructions are counted by valgrind's callgrind. It shows a program AES instructions and AVX2, but
//! no SHA extensions, so hashing, of which the peers have none, weighs twenty times what it does in
//! life; compare these figures with those of another version, not with one another.

use std::process::{Command, ExitCode};
use std::time::Instant;

use cloakroom_web_peers::overhead::{self, Way};
use tokio::runtime::Runtime;

const ROUNDS: usize = 2001;
/// Short, so that most rounds run without another program in between.
const PER_ROUND: usize = 32;
/// For callgrind.
const TIMES: u64 = 500;

const OURS: &str = "cloakroom, verify";
const OURS_BY_RING: &str = "the same with `ring`, verify";
/// Those that give the handler the same payload.
const PEERS: [&str; 2] = [
    "PrivateCookieJar, one cookie",
    "tower-sessions, memory store",
];

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime")
}

/// Nanoseconds of a request; the requests are made before.
fn round(runtime: &Runtime, way: &mut Way) -> f64 {
    let requests: Vec<_> = (0..PER_ROUND).map(|_| way.request()).collect();
    let start = Instant::now();
    runtime.block_on(async {
        for request in requests {
            way.answer(request).await;
        }
    });
    start.elapsed().as_nanos() as f64 / PER_ROUND as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Blocks and bytes of one request, without those of the request itself.
fn allocated(runtime: &Runtime, way: &mut Way) -> (u64, u64) {
    let mut request = Some(way.request());
    let counted = allocation_counter::measure(|| {
        let request = request.take().expect("once");
        runtime.block_on(way.answer(request));
    });
    (counted.count_total, counted.bytes_total)
}

/// Runs a way so many times, for the counter of instructions.
fn count(name: &str, times: u64) {
    let runtime = runtime();
    let ways = runtime.block_on(overhead::all());
    let mut ways = ways.into_iter();
    let mut way = ways.find(|way| way.name == name).expect("a way");
    runtime.block_on(async {
        for _ in 0..times {
            let request = way.request();
            way.answer(request).await;
        }
    });
}

fn collected(name: &str, times: u64) -> u64 {
    let program = std::env::current_exe().expect("a path");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args(["count", name, &times.to_string()])
        .output()
        .expect("valgrind");
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let (_, rest) = text.split_once("Collected : ").expect("a count");
    let digits = rest.split_whitespace().next().expect("a number");
    digits.parse().expect("a number")
}

struct Measured {
    name: &'static str,
    cost: f64,
    extra: String,
}

/// Whether the compiler was told one of the two things that make poly1305 fast for short messages.
const TOLD: bool = cfg!(any(target_feature = "avx2", poly1305_backend = "soft"));

fn print(unit: &str, measured: &[Measured]) -> ExitCode {
    if !TOLD {
        println!("built for any processor of this kind; see the top of overhead.rs");
    }
    let cost = |name: &str| {
        let found = measured.iter().find(|one| one.name == name);
        found.expect("measured").cost
    };
    let (bare, ours) = (measured[0].cost, cost(OURS));
    for Measured { name, cost, extra } in measured {
        let (added, times) = (cost - bare, (cost - bare) / (ours - bare));
        println!("{name:<34} {cost:>8.0} {unit}  adds {added:>8.0}, {times:>5.2} of ours{extra}");
    }
    let mut code = ExitCode::SUCCESS;
    for (name, counts) in [(OURS, TOLD), (OURS_BY_RING, true)] {
        for peer in PEERS.into_iter().filter(|peer| cost(name) >= cost(peer)) {
            println!("{name}: MORE than {peer}");
            if counts {
                code = ExitCode::FAILURE;
            }
        }
    }
    code
}

fn times() -> ExitCode {
    let runtime = runtime();
    let mut ways = runtime.block_on(overhead::all());
    let mut rounds = vec![Vec::new(); ways.len()];
    for number in 0..ROUNDS {
        for (way, nanoseconds) in ways.iter_mut().zip(&mut rounds) {
            let spent = round(&runtime, way);
            // The first warms up.
            if number > 0 {
                nanoseconds.push(spent);
            }
        }
    }
    let measured = ways.iter_mut().zip(rounds).map(|(way, nanoseconds)| {
        let (blocks, bytes) = allocated(&runtime, way);
        Measured {
            name: way.name,
            cost: median(nanoseconds),
            extra: format!(", {blocks:>3} blocks, {bytes:>6} bytes"),
        }
    });
    let measured: Vec<_> = measured.collect();
    print("ns", &measured)
}

fn instructions() -> ExitCode {
    let ways = runtime().block_on(overhead::all());
    let measured = ways.iter().map(|way| {
        let (once, twice) = (collected(way.name, TIMES), collected(way.name, 2 * TIMES));
        Measured {
            name: way.name,
            cost: (twice - once) as f64 / TIMES as f64,
            extra: String::new(),
        }
    });
    let measured: Vec<_> = measured.collect();
    print("instructions", &measured)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => times(),
        ["instructions"] => instructions(),
        ["count", name, times] => {
            count(name, times.parse().expect("a number"));
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("overhead [instructions]");
            ExitCode::FAILURE
        }
    }
}
