//! SPEC §5.1, a bit at a time.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The body of a token's text.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let bytes = text.as_bytes();
    if bytes.len() < 65 || bytes.len() > 4096 || &bytes[..5] != b"clk1." {
        return None;
    }
    let mut bits = Vec::new();
    for character in &bytes[5..] {
        let value = ALPHABET.iter().position(|known| known == character)?;
        bits.extend((0..6).rev().map(|bit| value >> bit & 1 == 1));
    }
    // What does not fill a byte: less than a character's worth, and zeros.
    let (whole, left) = bits.split_at(bits.len() / 8 * 8);
    if left.len() >= 6 || left.contains(&true) {
        return None;
    }
    let byte = |bits: &[bool]| bits.iter().fold(0, |sum, bit| sum << 1 | u8::from(*bit));
    Some(whole.chunks(8).map(byte).collect())
}

/// The text of a body, of any length.
pub(crate) fn encode(body: &[u8]) -> String {
    let mut bits: Vec<bool> = Vec::new();
    for byte in body {
        bits.extend((0..8).rev().map(|bit| byte >> bit & 1 == 1));
    }
    bits.resize(bits.len().div_ceil(6) * 6, false);
    let mut text = String::from("clk1.");
    for six in bits.chunks(6) {
        let index = six.iter().fold(0, |sum, bit| sum << 1 | usize::from(*bit));
        text.push(char::from(ALPHABET[index]));
    }
    text
}
