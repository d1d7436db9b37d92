import { ascii, concatBytes, sameBytes } from "./bytes.js";
import { Refused } from "./errors.js";
import { decodePosition, encodePosition, type FeedFault, hasTag, type Position } from "./feedbatch.js";
import { FID_LEN, type FeedKey, TAG_LEN } from "./feedkey.js";
import { readSnapshot, type Snapshot } from "./snapshot.js";

/** A view at a position of a feed, authenticated (Section 17.5). */
export interface FeedSnapshot {
  /** Every record up to there is in it. */
  readonly position: Position;
  /** L of the writer, seconds. */
  readonly life: number;
  /** The bytes of Section 9.12. */
  readonly bytes: Uint8Array;
  readonly snapshot: Snapshot;
}

const MAGIC = ascii("clkfsnp1");
const FID_END = MAGIC.length + FID_LEN;
const LIFE_AT = 44;
const HEADER_LEN = 48;
const LABEL = "clkfeed1 snapshot";

export function writeFeedSnapshot(
  key: FeedKey,
  realm: string,
  { position, life, bytes }: Omit<FeedSnapshot, "snapshot">,
): Uint8Array {
  const seconds = new Uint8Array(4);
  new DataView(seconds.buffer).setUint32(0, life);
  const content = concatBytes(MAGIC, key.fid, encodePosition(position), seconds, bytes);
  return concatBytes(content, key.tag(LABEL, realm, content));
}

export function openFeedSnapshot(
  keys: readonly FeedKey[],
  realm: string,
  bytes: Uint8Array,
): FeedSnapshot | FeedFault {
  if (bytes.length < FID_END || !sameBytes(bytes.subarray(0, MAGIC.length), MAGIC)) return "format";
  const key = keys.find(({ fid }) => sameBytes(fid, bytes.subarray(MAGIC.length, FID_END)));
  if (key === undefined) return "unknown-key";
  const end = bytes.length - TAG_LEN;
  if (end < FID_END || !hasTag(key, LABEL, realm, bytes)) return "forged";
  if (end < HEADER_LEN) return "malformed";
  const position = decodePosition(bytes.subarray(FID_END, LIFE_AT));
  const life = new DataView(bytes.buffer, bytes.byteOffset).getUint32(LIFE_AT);
  const inner = bytes.slice(HEADER_LEN, end);
  try {
    return { position, life, bytes: inner, snapshot: readSnapshot(inner) };
  } catch (error) {
    if (error instanceof Refused) return "malformed";
    throw error;
  }
}
