import { hex, takeInteger } from "./bytes.js";
import { Refused, SessionRejected, SessionUnavailable } from "./errors.js";
import { FEED_BOUND_DEFAULT, FOREVER, U32_MAX } from "./limits.js";
import { decodeRecord, encodeRecord, type RevocationRecord } from "./records.js";
import { readSnapshot, writeSnapshot } from "./snapshot.js";
import { type Facts, RevocationState } from "./state.js";
import {
  type Clock,
  type MonotonicClock,
  readClock,
  systemClock,
  systemMonotonic,
} from "./time.js";

/** Takes encoded records. `append` ends without an error only when the store has the record. */
export interface RevocationStore {
  append(record: Uint8Array): void | Promise<void>;
}

/** A store on this machine. Both methods end when the data would survive a loss of power. */
export interface LocalStore extends RevocationStore {
  /** Keeps a time (Unix seconds) before entries that expired by then are forgotten. */
  setHighWater(time: number): void | Promise<void>;
}

export interface RevocationListOptions {
  readonly local?: LocalStore;
  /** The store of all servers. It needs a feed, which brings back what others have published. */
  readonly shared?: RevocationStore;
  /**
   * Present if records of other servers arrive here. `bound` is B in seconds: how old the last proof
   * of freshness may be. Default 2. Without a feed this server's own list is the only one.
   */
  readonly feed?: { readonly bound?: number };
  readonly clock?: Clock;
  readonly monotonic?: MonotonicClock;
}

/**
 * How far a publication got. "accepted": every server refuses within B. "pending": durable here, not
 * yet accepted by the shared store; `retry` tries again. "in-memory": there is no store, this server
 * refuses until its process ends. A local store without a feed is the only store: what it holds is
 * accepted.
 */
export type Published = "accepted" | "pending" | "in-memory";

/** What a view knows about its own completeness (Section 9.9). Age in seconds. */
export type ViewState =
  | { readonly kind: "fresh" }
  | { readonly kind: "stale"; readonly age: number | undefined }
  | { readonly kind: "blind" };

/** The parts of a policy on which the life of an entry depends; seconds. */
export interface Terms {
  readonly ttl: number;
  readonly leeway: number;
  readonly tolerance: number;
}

/** The revocation records this server knows, shared by all `Sessions` of a process. */
export class RevocationList {
  readonly #state = new RevocationState();
  readonly #quarantine = new Map<string, RevocationRecord>();
  readonly #pending = new Map<string, RevocationRecord>();
  /** Rotations between their comparison and their entry, by session id. */
  readonly #rotating = new Map<string, number>();
  readonly #options: RevocationListOptions;
  readonly #bound: number;
  readonly #monotonic: MonotonicClock;
  #terms: Terms = { ttl: 0, leeway: 0, tolerance: 0 };
  #highWater = 0;
  #proof: number | undefined;
  #loaded = false;
  #localFailed = false;
  #malformed = 0;
  /** Unix seconds. */
  readonly clock: Clock;

  constructor(options: RevocationListOptions = {}) {
    if (options.shared !== undefined && options.feed === undefined) {
      throw new Refused("revocations: a shared store needs a feed, or this view never is complete");
    }
    this.#options = options;
    this.#bound =
      options.feed === undefined
        ? 0
        : takeInteger(options.feed.bound ?? FEED_BOUND_DEFAULT, "revocations: bound", 0, U32_MAX);
    this.clock = options.clock ?? systemClock;
    this.#monotonic = options.monotonic ?? systemMonotonic;
  }

  /** Times up to this one (Unix seconds) never come back, because entries were forgotten. */
  get highWater(): number {
    return this.#highWater;
  }

  /** Numbers for monitoring. Anything but `entries` above 0 for long deserves an alarm. */
  get counts(): { entries: number; quarantined: number; pending: number; malformed: number } {
    return {
      entries: this.#state.size,
      quarantined: this.#quarantine.size,
      pending: this.#pending.size,
      malformed: this.#malformed,
    };
  }

  /** Merges records from a feed or a store; malformed ones are counted and skipped. */
  receive(records: Iterable<Uint8Array>): void {
    if (typeof (records as unknown[] | null)?.[Symbol.iterator] !== "function") {
      throw new Refused("revocations: receive takes a list of records");
    }
    const now = readClock(this.clock, this.#highWater);
    for (const bytes of records) {
      const record = bytes instanceof Uint8Array ? decodeRecord(bytes) : undefined;
      if (record === undefined) this.#malformed++;
      else this.#admit(record, now);
    }
    this.#loaded = true;
  }

  /** The moment to take before a request to the feed is sent, for `proven`. */
  moment(): number {
    return this.#monotonic();
  }

  /** States that the view holds all that was accepted upstream before `moment`. */
  proven(moment: number): void {
    if (typeof moment !== "number" || !(moment <= this.#monotonic())) {
      throw new Refused("revocations: a proof of freshness lies in the future");
    }
    this.#proof = Math.max(moment, this.#proof ?? -Infinity);
  }

  /** Merges a snapshot. It proves nothing about freshness. @throws Refused if it is damaged. */
  load(snapshot: Uint8Array): void {
    const { highWater, records } = readSnapshot(snapshot);
    this.#highWater = Math.max(this.#highWater, highWater);
    const now = readClock(this.clock, this.#highWater);
    for (const record of records) this.#admit(record, now);
    this.#loaded = true;
  }

  /** The view in one file: state, quarantine and high-water mark. */
  snapshot(): Uint8Array {
    const madeAt = readClock(this.clock, this.#highWater);
    const records = [...this.#state.records(), ...this.#quarantine.values()];
    return writeSnapshot({ madeAt, highWater: this.#highWater, records });
  }

  /** Forgets expired entries, after the time has been stored. Returns their number. */
  async forget(): Promise<number> {
    const now = readClock(this.clock, this.#highWater);
    try {
      await this.#options.local?.setHighWater(now);
    } catch (cause) {
      throw new SessionUnavailable("store", { cause });
    }
    this.#highWater = Math.max(this.#highWater, now);
    return this.#state.forget(BigInt(now));
  }

  /** Offers pending records to the shared store again. Returns how many are still pending. */
  async retry(): Promise<number> {
    for (const [key, record] of [...this.#pending]) {
      // The life of an entry counts from its acceptance.
      const renewed = this.#expiring(record, readClock(this.clock, this.#highWater));
      this.#state.merge(renewed);
      if (await accepts(this.#options.shared, renewed)) this.#pending.delete(key);
    }
    return this.#pending.size;
  }

  /** Drops quarantined records: an explicit act of the operator. Returns their number. */
  discardQuarantine(): number {
    const count = this.#quarantine.size;
    this.#quarantine.clear();
    return count;
  }

  /** @internal Lets entries live as long as the policies over this list need. */
  serve(terms: Terms): void {
    const before = this.#life();
    this.#terms = {
      ttl: Math.max(this.#terms.ttl, terms.ttl),
      leeway: Math.max(this.#terms.leeway, terms.leeway),
      tolerance: Math.max(this.#terms.tolerance, terms.tolerance),
    };
    this.#state.extend(BigInt(this.#life() - before));
  }

  /** @internal */
  viewState(): ViewState {
    if (this.#options.feed === undefined) {
      return this.#localFailed ? { kind: "stale", age: undefined } : { kind: "fresh" };
    }
    if (this.#proof === undefined) {
      return this.#loaded ? { kind: "stale", age: undefined } : { kind: "blind" };
    }
    const age = this.#monotonic() - this.#proof;
    return age <= this.#bound ? { kind: "fresh" } : { kind: "stale", age };
  }

  /** @internal */
  isRevoked(facts: Facts, now: number): boolean {
    this.#release(now);
    return this.#state.isRevoked(facts);
  }

  /** @internal */
  latestCutoff(subject: Uint8Array, context: Uint8Array, now: number): number {
    this.#release(now);
    return this.#state.latestCutoff(subject, context);
  }

  /** @internal Publishes in the order of Section 9.10. The expiry is set here. */
  async publish(content: Omit<RevocationRecord, "expires">, now: number): Promise<Published> {
    const { local, shared, feed } = this.#options;
    const record = this.#expiring({ ...content, expires: 0n }, now);
    const durable = await accepts(local, record);
    if (local !== undefined) this.#localFailed = !durable;
    this.#admit(record, now);
    if (await accepts(shared, record)) return "accepted";
    if (local === undefined && shared === undefined) return "in-memory";
    if (!durable) throw new SessionUnavailable("store");
    if (shared === undefined && feed === undefined) return "accepted";
    this.#pending.set(hex(encodeRecord({ ...record, expires: 0n })), record);
    return "pending";
  }

  /** @internal Compares and publishes as one step: of two rotations at once the second is rejected. */
  async publishRotation(sessionId: Uint8Array, generation: number, now: number): Promise<Published> {
    const id = hex(sessionId);
    const known = Math.max(this.#state.sessionValue(sessionId), this.#rotating.get(id) ?? 0);
    if (known >= generation) throw new SessionRejected("revoked");
    this.#rotating.set(id, generation);
    try {
      return await this.publish(
        { kind: 1, key: sessionId, value: BigInt(generation), exempt: undefined },
        now,
      );
    } finally {
      this.#rotating.delete(id);
    }
  }

  toString(): string {
    return `RevocationList(${this.#state.size} entries)`;
  }

  #expiring(record: RevocationRecord, now: number): RevocationRecord {
    return { ...record, expires: record.kind === 4 ? FOREVER : BigInt(now + this.#life()) };
  }

  /** L of Section 9.8. */
  #life(): number {
    const { ttl, leeway, tolerance } = this.#terms;
    return this.#bound + ttl + leeway + 2 * tolerance;
  }

  #admit(record: RevocationRecord, now: number): void {
    if (this.#isAhead(record, now)) this.#quarantine.set(hex(encodeRecord(record)), record);
    else this.#state.merge(record);
  }

  #isAhead(record: RevocationRecord, now: number): boolean {
    const isCutoff = record.kind === 2 || record.kind === 3;
    return isCutoff && record.value > BigInt(now + this.#terms.tolerance);
  }

  #release(now: number): void {
    const life = BigInt(now + this.#life());
    for (const [key, record] of this.#quarantine) {
      if (this.#isAhead(record, now)) continue;
      this.#quarantine.delete(key);
      this.#state.merge({ ...record, expires: record.expires > life ? record.expires : life });
    }
  }
}

async function accepts(store: RevocationStore | undefined, record: RevocationRecord): Promise<boolean> {
  if (store === undefined) return false;
  try {
    await store.append(encodeRecord(record));
    return true;
  } catch {
    return false;
  }
}
