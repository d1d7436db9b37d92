//! The test vectors in WebAssembly: the host writes one as JSON to `buffer()` and calls `run`, which
//! leaves its verdict there. Only numbers pass between the two, and the buffer is made of atomics,
//! so that no code here is unsafe but for the names that the host looks up.
#![no_std]
// `no_mangle` is unsafe because two functions of one name would be: these have theirs alone.
#![deny(unsafe_code)]

extern crate alloc;

mod operations;
mod run;
mod view;

use alloc::string::String;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

#[global_allocator]
static MEMORY: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

const SIZE: usize = 1 << 18;
static BUFFER: [AtomicU8; SIZE] = [const { AtomicU8::new(0) }; SIZE];
static WRITTEN: AtomicUsize = AtomicUsize::new(0);

/// Where the buffer is.
#[expect(unsafe_code, reason = "a name for the host")]
#[unsafe(no_mangle)]
pub extern "C" fn buffer() -> usize {
    BUFFER.as_ptr().addr()
}

/// How much it holds.
#[expect(unsafe_code, reason = "a name for the host")]
#[unsafe(no_mangle)]
pub extern "C" fn size() -> usize {
    SIZE
}

/// The length of what was written last: by `run`, or by a panic in it.
#[expect(unsafe_code, reason = "a name for the host")]
#[unsafe(no_mangle)]
pub extern "C" fn written() -> usize {
    WRITTEN.load(Ordering::Relaxed)
}

/// Runs the vector in the first `length` bytes of the buffer.
#[expect(unsafe_code, reason = "a name for the host")]
#[unsafe(no_mangle)]
pub extern "C" fn run(length: usize) {
    let bytes: Vec<u8> = BUFFER[..length]
        .iter()
        .map(|byte| byte.load(Ordering::Relaxed))
        .collect();
    let vector = serde_json::from_slice(&bytes).expect("JSON");
    say(run::vector(&vector));
}

fn say(text: &str) {
    for (to, from) in BUFFER.iter().zip(text.bytes()) {
        to.store(from, Ordering::Relaxed);
    }
    WRITTEN.store(text.len().min(SIZE), Ordering::Relaxed);
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    let mut text = String::new();
    let _ = core::fmt::write(&mut text, format_args!("{info}"));
    say(&text);
    core::arch::wasm32::unreachable()
}
