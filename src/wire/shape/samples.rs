//! The values that the tracer makes up. The first of each kind suits nearly every type; the others
//! are for types that check what they read.

/// How often a part of a type may refuse, and with it how many values of a kind are tried at least
/// once: as many as the longest list below has.
pub(super) const ATTEMPTS: usize = 40;

const INTEGERS: [i64; 18] = [
    // Not 0, for the sake of `NonZero`.
    1,
    0,
    2,
    3,
    -1,
    4,
    5,
    8,
    10,
    12,
    16,
    32,
    64,
    100,
    1_000,
    2_000,
    1_000_000,
    1_700_000_000,
];

const TEXTS: [&str; 34] = [
    "a",
    "",
    "1",
    "A",
    "user@example.com",
    "https://example.com/",
    "example.com",
    "00000000-0000-4000-8000-000000000001",
    "2024-01-01T00:00:00Z",
    "2024-01-01",
    "00:00:00",
    "2024-01-01T00:00:00",
    "127.0.0.1",
    "::1",
    "127.0.0.1:80",
    "10.0.0.0/8",
    "en",
    "en-US",
    "US",
    "USD",
    "UTC",
    "Europe/Berlin",
    "+12025550100",
    "/",
    "1.0.0",
    "1.5",
    "true",
    "#000000",
    "text/plain",
    "aaaa",
    "aaaaaaaa",
    "0123456789abcdef",
    // 26 characters: a ULID. Then an MD5 and a SHA-256 in hexadecimal would be 32 and 64.
    "01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "0123456789abcdef0123456789abcdef",
];

const ZEROES: [u8; 64] = [0; 64];
const LENGTHS: [usize; 14] = [1, 0, 16, 32, 4, 8, 12, 20, 24, 28, 48, 64, 2, 6];

const LETTERS: [char; 6] = ['a', '1', 'A', ' ', '-', '\u{e9}'];
const FRACTIONS: [f32; 5] = [1.0, 0.0, 0.5, -1.0, 100.0];

fn pick<T: Copy + Default>(list: &[T], attempt: usize) -> T {
    let index = attempt.checked_rem(list.len()).unwrap_or(0);
    list.get(index).copied().unwrap_or_default()
}

/// 1 where the type can't hold what is next on the list.
pub(super) fn integer<T: TryFrom<i64> + Default>(attempt: usize) -> T {
    let small = |_| T::try_from(1);
    T::try_from(pick(&INTEGERS, attempt))
        .or_else(small)
        .unwrap_or_default()
}

pub(super) const fn boolean(attempt: usize) -> bool {
    attempt % 2 == 1
}

pub(super) fn float(attempt: usize) -> f32 {
    pick(&FRACTIONS, attempt)
}

pub(super) fn letter(attempt: usize) -> char {
    pick(&LETTERS, attempt)
}

pub(super) fn text(attempt: usize) -> &'static str {
    pick(&TEXTS, attempt)
}

pub(super) fn bytes(attempt: usize) -> &'static [u8] {
    ZEROES.get(..pick(&LENGTHS, attempt)).unwrap_or_default()
}
