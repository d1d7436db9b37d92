import { sha256 } from "@noble/hashes/sha2.js";
import { ascii, be64, compareBytes, concatBytes, readBe64, sameBytes, takeInteger } from "./bytes.js";
import { Refused } from "./errors.js";
import { SNAPSHOT_MIN, TIME_MAX, U32_MAX } from "./limits.js";
import { decodeRecord, recordLength, type RevocationRecord } from "./records.js";
import { sortedRecords } from "./state.js";

/** A revocation view in one file (Section 9.12); times are Unix seconds. */
export interface Snapshot {
  readonly madeAt: number;
  readonly highWater: number;
  readonly records: readonly RevocationRecord[];
}

const MAGIC = ascii("clkrevs1");
const HEADER_LEN = 28;
const DIGEST_LEN = 32;

export function writeSnapshot(snapshot: Snapshot): Uint8Array {
  const records = sortedRecords(snapshot.records);
  if (records.length > U32_MAX) throw new Refused("snapshot: too many records");
  const count = new Uint8Array(4);
  new DataView(count.buffer).setUint32(0, records.length);
  const content = concatBytes(
    MAGIC,
    be64(BigInt(takeInteger(snapshot.madeAt, "snapshot: made_at", 0, TIME_MAX))),
    be64(BigInt(takeInteger(snapshot.highWater, "snapshot: high_water", 0, TIME_MAX))),
    count,
    ...records,
  );
  return concatBytes(content, sha256(content));
}

/** Checks everything before it returns anything. */
export function readSnapshot(bytes: unknown): Snapshot {
  if (!(bytes instanceof Uint8Array)) throw new Refused("snapshot: must be a Uint8Array");
  if (bytes.length < SNAPSHOT_MIN) throw new Refused(`snapshot: fewer than ${SNAPSHOT_MIN} bytes`);
  if (!sameBytes(bytes.subarray(0, MAGIC.length), MAGIC)) throw new Refused("snapshot: not a snapshot");
  const end = bytes.length - DIGEST_LEN;
  if (!sameBytes(sha256(bytes.subarray(0, end)), bytes.subarray(end))) {
    throw new Refused("snapshot: the digest differs");
  }
  const madeAt = readTime(bytes, 8, "made_at");
  const highWater = readTime(bytes, 16, "high_water");
  const count = new DataView(bytes.buffer, bytes.byteOffset).getUint32(24);

  const records: RevocationRecord[] = [];
  let previous: Uint8Array | undefined;
  for (let at = HEADER_LEN; at < end; ) {
    const length = recordLength(bytes, at) ?? 0;
    const encoded = bytes.subarray(at, Math.min(at + length, end));
    const record = decodeRecord(encoded);
    if (record === undefined) throw new Refused(`snapshot: malformed record at offset ${at}`);
    if (previous !== undefined && compareBytes(previous, encoded) >= 0) {
      throw new Refused(`snapshot: the record at offset ${at} is out of order`);
    }
    records.push(record);
    previous = encoded;
    at += length;
  }
  if (records.length !== count) {
    throw new Refused(`snapshot: ${records.length} records, ${count} announced`);
  }
  return { madeAt, highWater, records };
}

function readTime(bytes: Uint8Array, at: number, what: string): number {
  const time = readBe64(bytes, at);
  if (time > BigInt(TIME_MAX)) throw new Refused(`snapshot: ${what} lies after the year 9999`);
  return Number(time);
}
