import { GENERATION_MAX, SESSION_ID_LEN, SUBJECT_MAX, TIME_MAX } from "./limits.js";
import { measureVarint, pushVarint, varintNumber, type VarintBits } from "./varint.js";

/** The claims of Section 7.2. Times and timeouts are seconds. */
export interface Claims {
  readonly sessionId: Uint8Array;
  readonly generation: number;
  readonly subject: Uint8Array;
  readonly authenticatedAt: number;
  /** The moment itself, not the encoded offset from `authenticatedAt`. */
  readonly issuedAt: number;
  /** After `issuedAt`; 0 means none. */
  readonly idle: number;
  /** After `authenticatedAt`. */
  readonly absolute: number;
  readonly major: number;
  readonly minor: number;
}

export function encodeClaims(claims: Claims): Uint8Array {
  const out: number[] = [...claims.sessionId];
  pushVarint(out, claims.generation);
  pushVarint(out, claims.subject.length);
  for (const byte of claims.subject) out.push(byte);
  pushVarint(out, claims.authenticatedAt);
  pushVarint(out, claims.issuedAt - claims.authenticatedAt);
  pushVarint(out, claims.idle);
  pushVarint(out, claims.absolute);
  pushVarint(out, claims.major);
  pushVarint(out, claims.minor);
  return Uint8Array.from(out);
}

/** Claims and payload of a plaintext, or undefined if the claims are malformed. */
export function decodeClaims(
  plain: Uint8Array,
): { claims: Claims; payload: Uint8Array } | undefined {
  let at = SESSION_ID_LEN;
  if (plain.length < at) return undefined;

  const varint = (bits: VarintBits, max: number): number | undefined => {
    const length = measureVarint(plain, at, bits);
    if (length === undefined) return undefined;
    // A last byte of 00 after others means a longer spelling of a shorter number.
    if (length > 1 && plain[at + length - 1] === 0) return undefined;
    const value = varintNumber(plain, at, length);
    at += length;
    return value > max ? undefined : value;
  };

  const generation = varint(32, GENERATION_MAX);
  if (generation === undefined) return undefined;
  const subjectLength = varint(32, SUBJECT_MAX);
  if (subjectLength === undefined || subjectLength > plain.length - at) return undefined;
  const subject = plain.slice(at, at + subjectLength);
  at += subjectLength;
  const authenticatedAt = varint(64, TIME_MAX);
  if (authenticatedAt === undefined) return undefined;
  const offset = varint(32, Infinity);
  if (offset === undefined) return undefined;
  const idle = varint(32, Infinity);
  if (idle === undefined) return undefined;
  const absolute = varint(32, Infinity);
  if (absolute === undefined || absolute === 0) return undefined;
  const major = varint(32, Infinity);
  if (major === undefined) return undefined;
  const minor = varint(32, Infinity);
  if (minor === undefined) return undefined;

  const claims: Claims = {
    sessionId: plain.slice(0, SESSION_ID_LEN),
    generation,
    subject,
    authenticatedAt,
    issuedAt: authenticatedAt + offset,
    idle,
    absolute,
    major,
    minor,
  };
  return { claims, payload: plain.slice(at) };
}
