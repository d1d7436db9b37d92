//! Prints how often each case allocates, one number a line. A program of its own, because counting
//! replaces the allocator, and the timings are not to pay for that.

use cloakroom_peers::measure;

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    for case in &mut measure::plan(quick).cases {
        // What is allocated once and kept is none of an operation's.
        for _ in 0..3 {
            (case.run)();
        }
        let counted = allocation_counter::measure(|| (case.run)());
        println!("{}", counted.count_total);
    }
}
