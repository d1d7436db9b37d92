//! The revocation list against maps that could stand in its place, all in one run:
//!
//!     cargo run --release --manifest-path benches/list/Cargo.toml [miss|memory|insert|verify|tail]
//!
//! Without a word, all five. `SIZES=1000,100000` changes the sizes.

mod ids;
mod insert;
mod maps;
mod memory;
mod miss;
mod tail;
mod verify;

fn main() {
    let wanted = std::env::args().nth(1);
    let sizes = std::env::var("SIZES");
    let sizes = |default: &[u64]| match &sizes {
        Ok(sizes) => sizes.split(',').map(|size| size.parse().unwrap()).collect(),
        Err(_) => default.to_vec(),
    };
    let parts: [(&str, &dyn Fn()); 5] = [
        ("miss", &|| {
            miss::run(&sizes(&[1_000, 10_000, 100_000, 1_000_000, 10_000_000]))
        }),
        ("memory", &|| {
            memory::run(&sizes(&[100_000, 1_000_000, 10_000_000]))
        }),
        ("insert", &|| {
            insert::run(&sizes(&[100_000, 1_000_000, 10_000_000]))
        }),
        ("verify", &|| verify::run(&sizes(&[1_000_000]))),
        ("tail", &|| tail::run(&sizes(&[1_000_000]))),
    ];
    assert!(
        wanted.is_none()
            || parts
                .iter()
                .any(|(name, _)| wanted.as_deref() == Some(name)),
        "one of miss, memory, insert, verify, tail"
    );
    for (name, run) in parts {
        if wanted.as_deref().is_none_or(|wanted| wanted == name) {
            println!("\n== {name}");
            run();
        }
    }
}
