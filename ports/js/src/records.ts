import { sha256 } from "@noble/hashes/sha2.js";
import { ascii, be64, concatBytes, readBe64 } from "./bytes.js";
import { CUTOFF_MAX, FOREVER, LOGGED_OUT } from "./limits.js";

/** 1 session, 2 subject, 3 purpose and audience, 4 key (Section 9.1). */
export type Kind = 1 | 2 | 3 | 4;

/** A revocation record (Section 9.3). */
export interface RevocationRecord {
  readonly kind: Kind;
  /** 16 bytes. */
  readonly key: Uint8Array;
  readonly value: bigint;
  /** Unix seconds. */
  readonly expires: bigint;
  /** The session a subject cut-off spares. */
  readonly exempt: Uint8Array | undefined;
}

const PLAIN_LEN = 33;
const EXEMPTING_LEN = 49;
const EXEMPTING = 0x82;

/** D of Section 9.2. */
export function digest(kind: 2 | 3 | 4, data: Uint8Array): Uint8Array {
  return sha256(concatBytes(ascii("rvk1"), Uint8Array.of(kind), data)).slice(0, 16);
}

export function encodeRecord(record: RevocationRecord): Uint8Array {
  const first = record.exempt === undefined ? record.kind : EXEMPTING;
  return concatBytes(
    Uint8Array.of(first),
    record.key,
    be64(record.value),
    be64(record.expires),
    record.exempt ?? new Uint8Array(0),
  );
}

/** The record, or undefined if it is malformed. */
export function decodeRecord(bytes: Uint8Array): RevocationRecord | undefined {
  const length = recordLength(bytes, 0);
  if (length === undefined || bytes.length !== length) return undefined;
  const first = bytes[0] as number;
  const kind = (first === EXEMPTING ? 2 : first) as Kind;
  const value = readBe64(bytes, 17);
  const expires = readBe64(bytes, 25);
  if (!inRange(kind, value, expires)) return undefined;
  const exempt = first === EXEMPTING ? new Uint8Array(bytes.subarray(PLAIN_LEN)) : undefined;
  return { kind, key: new Uint8Array(bytes.subarray(1, 17)), value, expires, exempt };
}

/** The length that the first byte of a record at an offset calls for. */
export function recordLength(bytes: Uint8Array, at: number): number | undefined {
  const first = bytes[at];
  if (first === EXEMPTING) return EXEMPTING_LEN;
  return first !== undefined && first >= 1 && first <= 4 ? PLAIN_LEN : undefined;
}

function inRange(kind: Kind, value: bigint, expires: bigint): boolean {
  if (kind === 1) return value >= 1n && value <= BigInt(LOGGED_OUT);
  if (kind === 4) return value === FOREVER && expires === FOREVER;
  return value <= BigInt(CUTOFF_MAX);
}
