import { equalBytes } from "@noble/ciphers/utils.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { ascii, be64, concatBytes, readBe64, sameBytes } from "./bytes.js";
import { FID_LEN, type FeedKey, lengthPrefixed, TAG_LEN } from "./feedkey.js";
import { TIME_MAX } from "./limits.js";
import { decodeRecord, encodeRecord, recordLength, type RevocationRecord } from "./records.js";

/** Where a feed or a follower of it stands (Section 17.1). */
export interface Position {
  /** 16 bytes, drawn when the feed was founded. */
  readonly epoch: Uint8Array;
  /** Number of the last batch, 0 before the first. */
  readonly n: bigint;
  /** 8 bytes over all batches so far. */
  readonly chain: Uint8Array;
}

/** What is wrong with a batch or a snapshot of a feed. */
export type FeedFault =
  | "version"
  | "format"
  | "unknown-key"
  | "forged"
  | "out-of-place"
  | "malformed";

export interface Batch {
  /** The writer's clock, Unix milliseconds. */
  readonly time: number;
  readonly records: readonly RevocationRecord[];
}

export const EPOCH_LEN = 16;
export const CHAIN_LEN = 8;
export const POSITION_LEN = 32;
/** The count of a batch has two bytes. */
export const BATCH_RECORDS_MAX = 0xffff;

const VERSION = 1;
const FID_END = 1 + FID_LEN;
const HEADER_LEN = 47;
const TIME_MAX_MS = TIME_MAX * 1000 + 999;
const LABEL = "clkfeed1 batch";

export function encodePosition({ epoch, n, chain }: Position): Uint8Array {
  return concatBytes(epoch, be64(n), chain);
}

export function decodePosition(bytes: Uint8Array): Position {
  return {
    epoch: bytes.slice(0, EPOCH_LEN),
    n: readBe64(bytes, EPOCH_LEN),
    chain: bytes.slice(EPOCH_LEN + 8, POSITION_LEN),
  };
}

export function samePosition(a: Position, b: Position): boolean {
  return sameBytes(a.epoch, b.epoch) && a.n === b.n && sameBytes(a.chain, b.chain);
}

/** The position of a feed without batches (Section 17.3). */
export function startPosition(realm: string, epoch: Uint8Array): Position {
  const label = concatBytes(ascii("clkfeed1 chain"), Uint8Array.of(0));
  const chain = sha256(concatBytes(label, lengthPrefixed(realm), epoch)).slice(0, CHAIN_LEN);
  return { epoch, n: 0n, chain };
}

/** The position behind one more batch. */
export function follow(at: Position, batch: Uint8Array): Position {
  const chain = sha256(concatBytes(at.chain, batch)).slice(0, CHAIN_LEN);
  return { epoch: at.epoch, n: at.n + 1n, chain };
}

/** The batch behind a position (Section 17.4). */
export function writeBatch(key: FeedKey, realm: string, onto: Position, { time, records }: Batch): Uint8Array {
  const content = concatBytes(
    Uint8Array.of(VERSION),
    key.fid,
    onto.epoch,
    be64(onto.n + 1n),
    onto.chain,
    be64(BigInt(time)),
    Uint8Array.of(records.length >> 8, records.length & 0xff),
    ...records.map(encodeRecord),
  );
  return concatBytes(content, key.tag(LABEL, realm, content));
}

/** Checks in the order of Section 17.4; nothing of a batch with a fault is of use. */
export function openBatch(
  keys: readonly FeedKey[],
  realm: string,
  onto: Position,
  bytes: Uint8Array,
): Batch | FeedFault {
  if (bytes.length > 0 && bytes[0] !== VERSION) return "version";
  if (bytes.length < FID_END) return "forged";
  const key = keys.find(({ fid }) => sameBytes(fid, bytes.subarray(1, FID_END)));
  if (key === undefined) return "unknown-key";
  const end = bytes.length - TAG_LEN;
  if (end < HEADER_LEN || !hasTag(key, LABEL, realm, bytes)) return "forged";
  const epoch = bytes.subarray(5, 21);
  const chain = bytes.subarray(29, 37);
  if (!samePosition({ epoch, n: readBe64(bytes, 21), chain }, { ...onto, n: onto.n + 1n })) {
    return "out-of-place";
  }
  const time = readBe64(bytes, 37);
  const count = ((bytes[45] as number) << 8) | (bytes[46] as number);
  const records = readRecords(bytes.subarray(HEADER_LEN, end), count);
  if (time > BigInt(TIME_MAX_MS) || records === undefined) return "malformed";
  return { time: Number(time), records };
}

/** Whether the last bytes are the tag over all before, compared in constant time. */
export function hasTag(key: FeedKey, label: string, realm: string, bytes: Uint8Array): boolean {
  const end = bytes.length - TAG_LEN;
  return equalBytes(bytes.subarray(end), key.tag(label, realm, bytes.subarray(0, end)));
}

function readRecords(bytes: Uint8Array, count: number): RevocationRecord[] | undefined {
  const records: RevocationRecord[] = [];
  let at = 0;
  while (records.length < count) {
    const length = recordLength(bytes, at);
    if (length === undefined) return undefined;
    const record = decodeRecord(bytes.subarray(at, at + length));
    if (record === undefined) return undefined;
    records.push(record);
    at += length;
  }
  return at === bytes.length ? records : undefined;
}
