import type { Position } from "./feedbatch.js";

/** What an engine has, all of one moment after the request was sent. */
export interface FeedRead {
  /** Undefined if no feed was founded. */
  readonly head: Position | undefined;
  /** With rising numbers; the oldest may have been dropped. */
  readonly batches: readonly { readonly n: bigint; readonly batch: Uint8Array }[];
}

/**
 * Orders and keeps the bytes of a feed (Section 17.1). Every method is one atomic step. A promise that
 * is rejected says nothing about whether the step took place.
 */
export interface FeedEngine {
  /** The batches with numbers above `after`, at most `limit`. */
  read(after: bigint, limit: number): Promise<FeedRead>;
  /** False, and no change, unless the head equals `onto`. */
  append(onto: Position, batch: Uint8Array, becomes: Position): Promise<boolean>;
  /** False, and no change, unless the head equals `old`; undefined stands for none. */
  found(old: Position | undefined, first: Position): Promise<boolean>;
  /** Batches up to `drop` may be dropped. False if there is a newer snapshot or another epoch. */
  put(at: Position, snapshot: Uint8Array, drop: bigint): Promise<boolean>;
  snapshot(): Promise<Uint8Array | undefined>;
  /** A wake-up alone: ends when there may be news behind `after`, or when the time is over. */
  wait?(after: bigint, seconds: number): Promise<void>;
}
