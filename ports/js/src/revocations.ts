import { hex, takeInteger } from "./bytes.js";
import { Refused, SessionRejected, SessionUnavailable } from "./errors.js";
import { FEED_BOUND_DEFAULT, FOREVER, TOLERANCE_DEFAULT, U32_MAX } from "./limits.js";
import { decodeRecord, encodeRecord, type RevocationRecord } from "./records.js";
import { readSnapshot, type Snapshot, writeSnapshot } from "./snapshot.js";
import { type Facts, RevocationState } from "./state.js";
import { accepts, type LocalStore, type RevocationStore } from "./stores.js";
import {
  type Clock,
  type MonotonicClock,
  readClock,
  readMonotonic,
  systemClock,
  systemMonotonic,
} from "./time.js";

export interface RevocationListOptions {
  readonly local?: LocalStore;
  /** The store of all servers. It needs a feed, which brings back what others have published. */
  readonly shared?: RevocationStore;
  /**
   * Present if records of other servers arrive here: through a `Feed` that is built over this list, or
   * through `receive` and `proven`. `bound` is B in seconds: how old the last proof of freshness may
   * be. Default 2. Without a feed this server's own list is the only one.
   */
  readonly feed?: { readonly bound?: number };
  readonly clock?: Clock;
  readonly monotonic?: MonotonicClock;
}

/**
 * How far a publication got. "accepted": every server refuses within B. "pending": durable here, not
 * yet accepted by the shared store; `retry` tries again, and a `Feed` does by itself. "durable": the
 * local store is the only store and has it. "in-memory": there is no store, this server refuses until
 * its process ends.
 */
export type Published = "accepted" | "pending" | "durable" | "in-memory";

/** @internal A feed in both directions, as the list sees it. */
export interface FeedLink {
  /**
   * Appends a record; every attempt is made at a view that knows all before. False if `mayAppend`
   * said no to that view; an error if the feed did not take the record.
   */
  append(record: RevocationRecord, mayAppend?: () => boolean): Promise<boolean>;
}

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
  /** The greatest of each over all policies, for the life of entries. */
  #terms: Terms | undefined;
  /** The smallest of the policies, for the quarantine. */
  #tolerance: number | undefined;
  #link: FeedLink | undefined;
  #isConnected = false;
  #highWater = 0;
  #forgetUntil = Infinity;
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
    const moment = readMonotonic(this.#monotonic);
    if (moment === undefined) throw new SessionUnavailable("clock");
    return moment;
  }

  /** States that the view holds all that was accepted upstream before `moment`. */
  proven(moment: number): void {
    if (typeof moment !== "number" || !(moment <= this.moment())) {
      throw new Refused("revocations: a proof of freshness lies in the future");
    }
    this.#proof = Math.max(moment, this.#proof ?? -Infinity);
  }

  /** Merges a snapshot. It proves nothing about freshness. @throws Refused if it is damaged. */
  load(snapshot: Uint8Array): void {
    this.admitSnapshot(readSnapshot(snapshot));
  }

  /** The view in one file: state, quarantine and high-water mark. */
  snapshot(): Uint8Array {
    const madeAt = readClock(this.clock, this.#highWater);
    return writeSnapshot({ madeAt, highWater: this.#highWater, records: this.records() });
  }

  /** @internal How far ahead a cut-off may lie, seconds. */
  get tolerance(): number {
    return this.#tolerance ?? TOLERANCE_DEFAULT;
  }

  /** @internal For a feed: nothing is forgotten by a later time, whatever the clock says. */
  forgetUntil(time: number): void {
    this.#forgetUntil = time;
  }

  /** Forgets expired entries, after the time has been stored. Returns their number. */
  async forget(): Promise<number> {
    const clock = readClock(this.clock, this.#highWater);
    const now = Math.max(this.#highWater, Math.min(clock, Math.floor(this.#forgetUntil)));
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
      const now = readClock(this.clock, this.#highWater);
      const renewed = this.#expiring(record, now);
      this.#admit(renewed, now);
      if (await this.#offer(renewed)) this.#pending.delete(key);
    }
    return this.#pending.size;
  }

  /**
   * Tells that the local store was opened again after it failed, and writes what it may lack. Until
   * then the view of a server whose own store is the only one stays stale (Section 9.9).
   */
  async reopened(): Promise<void> {
    for (const record of this.records()) {
      if (!(await accepts(this.#options.local, record))) throw new SessionUnavailable("store");
    }
    this.#localFailed = false;
  }

  /** Drops quarantined records: an explicit act of the operator. Returns their number. */
  discardQuarantine(): number {
    const count = this.#quarantine.size;
    this.#quarantine.clear();
    return count;
  }

  /** @internal Lets entries live as long as the policies over this list need. */
  serve(terms: Terms): void {
    this.#tolerance = Math.min(this.#tolerance ?? Infinity, terms.tolerance);
    const known = this.#terms;
    if (known === undefined) {
      this.#terms = terms;
      return;
    }
    const before = this.life;
    this.#terms = {
      ttl: Math.max(known.ttl, terms.ttl),
      leeway: Math.max(known.leeway, terms.leeway),
      tolerance: Math.max(known.tolerance, terms.tolerance),
    };
    this.#state.extend(BigInt(this.life - before));
  }

  /** @internal The feed that carries this list; undefined stands for one that only follows. */
  connect(link: FeedLink | undefined): void {
    if (this.#options.feed === undefined || this.#options.shared !== undefined) {
      throw new Refused("revocations: a list over a Feed has the option feed and no shared store");
    }
    if (this.#isConnected) throw new Refused("revocations: the list has a Feed already");
    this.#isConnected = true;
    this.#link = link;
  }

  /** @internal B, seconds. */
  get bound(): number {
    return this.#bound;
  }

  /** @internal L of Section 9.8, seconds. */
  get life(): number {
    const { ttl, leeway, tolerance } = this.#terms ?? { ttl: 0, leeway: 0, tolerance: 0 };
    return this.#bound + ttl + leeway + 2 * tolerance;
  }

  /** @internal Everything that a snapshot of this list holds. */
  records(): RevocationRecord[] {
    return [...this.#state.records(), ...this.#quarantine.values()];
  }

  /** @internal */
  admit(records: readonly RevocationRecord[]): void {
    const now = readClock(this.clock, this.#highWater);
    for (const record of records) this.#admit(record, now);
    this.#loaded = true;
  }

  /** @internal The quarantine goes by the time before the mark of the snapshot counts. */
  admitSnapshot({ highWater, records }: Snapshot): void {
    this.admit(records);
    this.#highWater = Math.max(this.#highWater, highWater);
  }

  /** @internal */
  viewState(): ViewState {
    if (this.#options.feed === undefined) {
      return this.#localFailed ? { kind: "stale", age: undefined } : { kind: "fresh" };
    }
    if (this.#proof === undefined) {
      return this.#loaded ? { kind: "stale", age: undefined } : { kind: "blind" };
    }
    const now = readMonotonic(this.#monotonic);
    if (now === undefined || now < this.#proof) return { kind: "stale", age: undefined };
    const age = now - this.#proof;
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

  /** @internal */
  cutoffBound(kind: 2 | 3, key: Uint8Array, now: number): number {
    this.#release(now);
    return this.#state.cutoffBound(kind, key);
  }

  /** @internal */
  distrusts(kid: Uint8Array): boolean {
    return this.#state.distrusts(kid);
  }

  /** @internal Publishes in the order of Section 9.10. The expiry is set here. */
  async publish(content: Omit<RevocationRecord, "expires">, now: number): Promise<Published> {
    const record = this.#expiring({ ...content, expires: 0n }, now);
    return this.#publish(record, now, () => this.#offer(record));
  }

  async #publish(record: RevocationRecord, now: number, offer: () => Promise<boolean>): Promise<Published> {
    const { local, shared, feed } = this.#options;
    const durable = await this.#keep(record);
    this.#admit(record, now);
    if (await offer()) return "accepted";
    const isShared = shared !== undefined || this.#link !== undefined;
    if (local === undefined && !isShared && !this.#isConnected) return "in-memory";
    // Without a store here it is not durable, but nothing speaks against trying again.
    if (isShared || (durable && feed !== undefined)) {
      this.#pending.set(hex(encodeRecord({ ...record, expires: 0n })), record);
    }
    if (!durable) throw new SessionUnavailable("store");
    return feed === undefined ? "durable" : "pending";
  }

  /**
   * @internal Compares and publishes as one step: of two rotations at once the second is rejected,
   * over a `Feed` also if they happen on two servers.
   */
  async publishRotation(sessionId: Uint8Array, generation: number, now: number): Promise<Published> {
    const id = hex(sessionId);
    const isNext = (): boolean => this.#state.sessionValue(sessionId) < generation;
    if (!isNext() || (this.#rotating.get(id) ?? 0) >= generation) throw new SessionRejected("revoked");
    const content = { kind: 1, key: sessionId, value: BigInt(generation), exempt: undefined } as const;
    this.#rotating.set(id, generation);
    try {
      if (this.#link === undefined) return await this.publish(content, now);
      // The feed compares first: an entry that is applied here would look like that of another server.
      const record = this.#expiring({ ...content, expires: 0n }, now);
      const appended = await this.#link.append(record, isNext).catch(() => undefined);
      if (appended === false) throw new SessionRejected("revoked");
      return await this.#publish(record, now, async () => appended === true);
    } finally {
      this.#rotating.delete(id);
    }
  }

  toString(): string {
    return `RevocationList(${this.#state.size} entries)`;
  }

  #expiring(record: RevocationRecord, now: number): RevocationRecord {
    return { ...record, expires: record.kind === 4 ? FOREVER : BigInt(now + this.life) };
  }

  /** Whether the local store has the record; one that failed once counts as failed (Section 9.9). */
  async #keep(record: RevocationRecord): Promise<boolean> {
    const { local } = this.#options;
    const durable = await accepts(local, record);
    if (local !== undefined && !durable) this.#localFailed = true;
    return durable;
  }

  /** Whether the store of all servers has the record. */
  async #offer(record: RevocationRecord): Promise<boolean> {
    if (this.#link === undefined) return accepts(this.#options.shared, record);
    return this.#link.append(record).catch(() => false);
  }

  #admit(record: RevocationRecord, now: number): void {
    if (this.#isAhead(record, now)) this.#quarantine.set(hex(encodeRecord(record)), record);
    else this.#state.merge(record);
  }

  #isAhead(record: RevocationRecord, now: number): boolean {
    const isCutoff = record.kind === 2 || record.kind === 3;
    return isCutoff && record.value > BigInt(now + this.tolerance);
  }

  #release(now: number): void {
    const life = BigInt(now + this.life);
    for (const [key, record] of this.#quarantine) {
      if (this.#isAhead(record, now)) continue;
      this.#quarantine.delete(key);
      this.#state.merge({ ...record, expires: record.expires > life ? record.expires : life });
    }
  }
}
