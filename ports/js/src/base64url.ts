const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const INVALID = 0xff;

const VALUES = new Uint8Array(128).fill(INVALID);
for (let i = 0; i < ALPHABET.length; i++) VALUES[ALPHABET.charCodeAt(i)] = i;

/** Unpadded base64url (RFC 4648, Section 5). */
export function encodeBase64url(bytes: Uint8Array): string {
  let out = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const rest = bytes.length - i;
    const group =
      ((bytes[i] as number) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    out += ALPHABET.charAt(group >> 18) + ALPHABET.charAt((group >> 12) & 63);
    if (rest > 1) out += ALPHABET.charAt((group >> 6) & 63);
    if (rest > 2) out += ALPHABET.charAt(group & 63);
  }
  return out;
}

/**
 * The bytes of `text` from `start` on, or undefined if a character is outside the alphabet, the last
 * group is impossible, or bits that carry nothing are set: every byte string has one spelling.
 */
export function decodeBase64url(text: string, start: number): Uint8Array | undefined {
  const count = text.length - start;
  const partial = count % 4;
  if (partial === 1) return undefined;
  const out = new Uint8Array(Math.floor((count * 3) / 4));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (let i = start; i < text.length; i++) {
    const value = VALUES[text.charCodeAt(i)] ?? INVALID;
    if (value === INVALID) return undefined;
    held = ((held << 6) | value) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out[at++] = held >> bits;
    }
  }
  if ((held & ((1 << bits) - 1)) !== 0) return undefined;
  return out;
}
