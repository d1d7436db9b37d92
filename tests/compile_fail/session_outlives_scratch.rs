//~ E0597 scratch
//! A borrowed session can't outlive the memory it was opened in, which is wiped.

use cloakroom::{RawSlice, Scratch, Sessions};

fn read(sessions: &Sessions<RawSlice>, token: &str) -> usize {
    let session = {
        let mut scratch = Scratch::new();
        sessions.verify_in(token, &mut scratch).unwrap()
    };
    session.payload().len()
}

fn main() {}
