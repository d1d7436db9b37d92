import { concatBytes } from "@noble/hashes/utils.js";
import { Refused } from "./errors.js";

export { concatBytes };

/** Text, taken as its UTF-8 bytes, or the bytes themselves. */
export type Bytes = string | Uint8Array;

const encoder = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function ascii(text: string): Uint8Array {
  return encoder.encode(text);
}

/** The text of valid UTF-8 with a leading U+FEFF kept, else undefined. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

/** A string with a lone surrogate has no UTF-8 form; TextEncoder would change it silently. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/** A copy of the bytes of an argument, or a refusal that names the argument and never shows it. */
export function takeBytes(value: unknown, what: string, min: number, max: number): Uint8Array {
  let bytes: Uint8Array;
  if (typeof value === "string") {
    // A code unit takes at least one byte, so a longer string is refused before it is encoded.
    if (value.length > max) throw new Refused(`${what} has more than ${max} bytes`);
    if (!isWellFormed(value)) throw new Refused(`${what} is not valid Unicode`);
    bytes = encoder.encode(value);
  } else if (value instanceof Uint8Array) {
    if (value.length > max) throw new Refused(`${what} has more than ${max} bytes`);
    bytes = new Uint8Array(value);
  } else {
    throw new Refused(`${what} must be a string or a Uint8Array`);
  }
  if (bytes.length < min || bytes.length > max) {
    throw new Refused(`${what} has ${bytes.length} bytes; ${min} to ${max} are allowed`);
  }
  return bytes;
}

/** A whole number within limits, or a refusal. */
export function takeInteger(value: unknown, what: string, min: number, max: number): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < min || value > max) {
    throw new Refused(`${what} must be a whole number from ${min} to ${max}`);
  }
  return value;
}

/** Lower-case hexadecimal; also serves as the key of maps over byte strings. */
export function hex(bytes: Uint8Array): string {
  let out = "";
  for (const byte of bytes) out += HEX[byte];
  return out;
}

const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, "0"));

export function be64(value: bigint): Uint8Array {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, value);
  return out;
}

export function readBe64(bytes: Uint8Array, offset: number): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(offset);
}

/** Byte-wise order; a proper beginning comes first. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** For public data only: it stops at the first difference. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && compareBytes(a, b) === 0;
}
