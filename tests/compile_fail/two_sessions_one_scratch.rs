//~ E0499 scratch
//! Two sessions at once can't be opened in one scratch: the second would overwrite the first.

use cloakroom::{RawSlice, Scratch, Sessions};

fn compare(sessions: &Sessions<RawSlice>, one: &str, other: &str) -> bool {
    let mut scratch = Scratch::new();
    let one = sessions.verify_in(one, &mut scratch).unwrap();
    let other = sessions.verify_in(other, &mut scratch).unwrap();
    one.payload() == other.payload()
}

fn main() {}
