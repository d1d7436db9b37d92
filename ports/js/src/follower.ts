import { sameBytes } from "./bytes.js";
import { type Batch, type FeedFault, follow, type Position, samePosition } from "./feedbatch.js";
import type { FeedEngine } from "./feedengine.js";
import type { FeedSnapshot } from "./feedsnapshot.js";
import { FOREVER } from "./limits.js";
import type { RevocationRecord } from "./records.js";
import type { RevocationList } from "./revocations.js";
import { RevocationState } from "./state.js";

/**
 * What an operator should know. A fault of Section 17.4 or 17.5; "broken": batches are missing;
 * "clock": a batch of the future; "snapshot-ahead": its high-water mark lies far in the future;
 * "snapshot-replaced": an older one stands in its place; "engine": a request failed.
 */
export type FeedAlarm = {
  readonly kind: FeedFault | "broken" | "clock" | "snapshot-ahead" | "snapshot-replaced" | "engine";
  /** Number of the batch concerned. */
  readonly n?: bigint;
  readonly cause?: unknown;
};

interface FollowerOptions {
  readonly engine: FeedEngine;
  readonly list: RevocationList;
  readonly skew: number;
  /** How long a feed that was just founded is fresh for nobody, seconds. */
  readonly settling: number;
  /** Unix milliseconds. */
  readonly clock: () => number;
  /** For one request, seconds. */
  readonly timeout: number;
  readonly onAlarm: ((alarm: FeedAlarm) => void) | undefined;
  start(epoch: Uint8Array): Position;
  openBatch(at: Position, batch: Uint8Array): Batch | FeedFault;
  openSnapshot(bytes: Uint8Array): FeedSnapshot | FeedFault;
}

/** What time it is by the servers that wrote lately, seconds; moments are of the monotonic clock. */
interface Others {
  readonly latest: number;
  readonly readAt: number;
  /** When the last batch of another server was read. */
  readonly heardAt: number;
}

const READ_LIMIT = 512;
const ATTEMPTS = 3;
/** Records in a batch behind which there may be more of the same. */
const FULL = 512;

/** Reads a feed into a list and proves its freshness (Sections 17.5 and 17.6). */
export class Follower {
  readonly #o: FollowerOptions;
  position: Position | undefined;
  atEnd = false;
  /** The engine has no head. */
  isMissing = false;
  alarms = 0;
  fault: FeedAlarm | undefined;
  /** Number of the last snapshot known of. */
  snapshotAt = 0n;
  #lastSnapshot: Position | undefined;
  /** Everything accepted before this moment is known, as the youngest batch proves. */
  #proof: number | undefined;
  /** When the last batch came that says to everybody whose clock is right that somebody writes. */
  #beatAt: number | undefined;
  #others: Others | undefined;
  /** Of a feed that was founded a moment ago others have yet to hand back. */
  #freshFrom = -Infinity;
  /** All that was read since the feed was read from its beginning, while that goes on. */
  #seen: RevocationState | undefined;
  #uncovered: RevocationRecord[] = [];
  #pauseUntil = -Infinity;
  #jitter = randomShare();

  constructor(options: FollowerOptions) {
    this.#o = options;
  }

  /** One request, which fails when it takes too long. */
  async request<T>(answer: Promise<T>): Promise<T> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, fail) => {
      timer = setTimeout(() => fail(new Error("feed: the engine does not answer")), this.#o.timeout * 1000);
    });
    try {
      return await Promise.race([answer, late]);
    } catch (error) {
      this.atEnd = false;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Reads to the end of the feed, from its beginning where that is called for. */
  async sync(): Promise<void> {
    this.atEnd = false;
    this.isMissing = false;
    if (this.position === undefined || this.#seen !== undefined) return this.#readEverything();
    if ((await this.#readOn()) === "again") await this.#readEverything();
  }

  /** The batch that this server just appended at its position. */
  appended(batch: Batch, becomes: Position, sent: number): void {
    this.#take(batch, becomes, true);
    this.#prove(sent);
  }

  /** Another server appended first. */
  fellBehind(): void {
    this.atEnd = false;
  }

  /** Whether nobody wrote for the interval and its random share. */
  isQuiet(interval: number): boolean {
    if (this.#beatAt === undefined) return true;
    return this.#o.list.moment() - this.#beatAt >= interval * (1 + this.#jitter / 4);
  }

  /** Whether others may still hand back what only they know. */
  get settles(): boolean {
    return this.#o.list.moment() < this.#freshFrom;
  }

  /** Entries of this server that the feed lacked when it was read from its beginning. */
  takeUncovered(): RevocationRecord[] {
    return this.#uncovered.splice(0);
  }

  async hasRecentSnapshot(every: bigint): Promise<boolean> {
    const bytes = await this.request(this.#o.engine.snapshot());
    const opened = bytes === undefined ? undefined : this.#o.openSnapshot(bytes);
    const at = this.position;
    if (typeof opened !== "object" || at === undefined) return false;
    if (!sameBytes(opened.position.epoch, at.epoch)) return false;
    this.snapshotAt = opened.position.n;
    return at.n - opened.position.n < every;
  }

  engineFailed(cause: unknown): void {
    this.#fail({ kind: "engine", cause });
  }

  /** From the position to the head; "again" if everything has to be read. */
  async #readOn(): Promise<"done" | "again"> {
    for (;;) {
      const at = this.position as Position;
      const sent = this.#o.list.moment();
      const { head, batches } = await this.request(this.#o.engine.read(at.n, READ_LIMIT));
      if (head === undefined) {
        this.isMissing = true;
        return "done";
      }
      if (samePosition(head, at)) {
        this.#prove(sent);
        return "done";
      }
      if (!sameBytes(head.epoch, at.epoch) || head.n <= at.n) return "again";
      const next = batches.filter(({ n }) => n <= head.n);
      if (next[0]?.n !== at.n + 1n) return "again";
      for (const { batch } of next) {
        const fault = this.#open(batch);
        if (fault === "out-of-place") return "again";
        if (fault !== undefined) return "done";
      }
      if (samePosition(head, this.position as Position)) {
        this.#prove(sent);
        return "done";
      }
    }
  }

  /** The snapshot and all behind it. Nothing that is known goes away. */
  async #readEverything(): Promise<void> {
    if (this.#o.list.moment() < this.#pauseUntil) return;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const bytes = await this.request(this.#o.engine.snapshot());
      const snapshot = bytes === undefined ? undefined : this.#o.openSnapshot(bytes);
      if (typeof snapshot === "string") return this.#stop({ kind: snapshot });
      if (snapshot !== undefined && this.#isAhead(snapshot)) {
        return this.#stop({ kind: "snapshot-ahead", n: snapshot.position.n });
      }
      const { head } = await this.request(this.#o.engine.read(snapshot?.position.n ?? 0n, 1));
      if (head === undefined) {
        this.isMissing = true;
        this.#seen = undefined;
        this.position = undefined;
        return;
      }
      // Between the two requests the feed was founded anew, or a newer snapshot let batches go.
      if (snapshot !== undefined && !sameBytes(snapshot.position.epoch, head.epoch)) continue;
      this.#begin(head, snapshot);
      if ((await this.#readOn()) === "done") {
        if (this.atEnd) this.#finish();
        return;
      }
    }
    this.#stop({ kind: "broken", ...(this.position && { n: this.position.n }) });
  }

  /**
   * Whether its maker's clock was fast. With that mark every token would look expired; without it, one
   * would live again whose revocation was forgotten.
   */
  #isAhead({ snapshot }: FeedSnapshot): boolean {
    const { clock, list, skew } = this.#o;
    const now = Math.max(Math.floor(clock() / 1000), list.highWater);
    return snapshot.highWater > now + list.tolerance + skew;
  }

  #begin(head: Position, snapshot: FeedSnapshot | undefined): void {
    this.#seen = new RevocationState();
    this.#proof = this.#beatAt = undefined;
    this.#freshFrom = -Infinity;
    this.position = snapshot?.position ?? this.#o.start(head.epoch);
    this.snapshotAt = snapshot?.position.n ?? 0n;
    if (snapshot === undefined) {
      if (head.n === 0n) this.#founded(this.#o.clock());
      return;
    }
    const former = this.#lastSnapshot;
    if (former !== undefined && sameBytes(former.epoch, head.epoch) && snapshot.position.n < former.n) {
      this.#alarm({ kind: "snapshot-replaced", n: snapshot.position.n });
    } else {
      this.#lastSnapshot = snapshot.position;
    }
    const longer = BigInt(Math.max(0, this.#o.list.life - snapshot.life));
    const records = snapshot.snapshot.records.map((r) => ({ ...r, expires: atMost(r.expires + longer) }));
    for (const record of records) this.#seen.merge(record);
    this.#o.list.admitSnapshot({ ...snapshot.snapshot, records });
  }

  #finish(): void {
    const seen = this.#seen as RevocationState;
    this.#seen = undefined;
    const now = BigInt(Math.floor(this.#o.clock() / 1000));
    this.#uncovered = this.#o.list.records().filter((r) => r.expires > now && !seen.covers(r));
  }

  /** Opens the next batch and takes it in; with a fault nothing of it is used. */
  #open(bytes: Uint8Array): FeedFault | undefined {
    const at = this.position as Position;
    const opened = this.#o.openBatch(at, bytes);
    if (typeof opened !== "string") this.#take(opened, follow(at, bytes));
    else if (opened !== "out-of-place") this.#stop({ kind: opened, n: at.n + 1n });
    return typeof opened === "string" ? opened : undefined;
  }

  #take(batch: Batch, becomes: Position, own = false): void {
    const { list, clock, skew } = this.#o;
    // A writer with a shorter L than this server's.
    const least = BigInt(Math.floor(batch.time / 1000) + list.life);
    const records = batch.records.map((r) => (r.expires < least ? { ...r, expires: least } : r));
    list.admit(records);
    for (const record of records) this.#seen?.merge(record);
    this.position = becomes;
    const now = clock();
    const readAt = list.moment();
    const age = (now - batch.time) / 1000;
    const isAhead = age < -skew;
    if (isAhead) this.#alarm({ kind: "clock", n: becomes.n });
    // The youngest proves: a server whose clock is behind takes nothing away.
    if (!isAhead) this.#proof = Math.max(this.#proof ?? -Infinity, readAt - (age + skew));
    // One that proves little to this server keeps it from nothing.
    if (own || Math.abs(age) <= skew) {
      this.#beatAt = readAt;
      this.#jitter = randomShare();
    }
    if (!own && !isAhead) this.#hear(batch.time / 1000, readAt);
    // One clock alone, when it is wrong, would forget what live tokens need, and spread its mark.
    list.forgetUntil(Math.min(now / 1000, this.#timeOfOthers(readAt) ?? Infinity));
    if (becomes.n === 1n) this.#founded(batch.time);
    else if (records.length >= FULL) this.#settleOn(readAt, age);
  }

  #hear(time: number, moment: number): void {
    const known = this.#timeOfOthers(moment);
    if (this.#others === undefined || known === undefined || time >= known) {
      this.#others = { latest: time, readAt: moment, heardAt: moment };
    } else {
      this.#others = { ...this.#others, heardAt: moment };
    }
  }

  #timeOfOthers(moment: number): number | undefined {
    const others = this.#others;
    if (others === undefined || moment - others.heardAt > this.#o.list.bound) return undefined;
    return others.latest + moment - others.readAt;
  }

  #founded(time: number): void {
    const { list, clock, settling } = this.#o;
    // Founded before it was read, whatever a clock says.
    this.#freshFrom = list.moment() + Math.min(settling, (time - clock()) / 1000 + settling);
  }

  /** One that fills its batches has more to hand back. */
  #settleOn(moment: number, age: number): void {
    const { settling, skew } = this.#o;
    if (moment < this.#freshFrom) this.#freshFrom = moment + settling;
    else if (moment - age <= this.#freshFrom + skew) {
      const until = moment + Math.min(settling, settling - age);
      this.#freshFrom = Math.max(this.#freshFrom, until);
    }
  }

  /** The view is at the end, as an answer to a request sent at a moment has shown. */
  #prove(sent: number): void {
    this.atEnd = true;
    this.fault = undefined;
    const proof = this.#proof;
    if (proof === undefined || this.settles) return;
    this.#o.list.proven(Math.min(sent, proof));
  }

  /** Stays where it is; the view grows stale. */
  #stop(alarm: FeedAlarm): void {
    this.#pauseUntil = this.#o.list.moment() + this.#o.list.bound / 2;
    this.#fail(alarm);
  }

  /** A fault that lasts is reported once. */
  #fail(alarm: FeedAlarm): void {
    this.atEnd = false;
    const known = this.fault?.kind === alarm.kind && this.fault.n === alarm.n;
    this.fault = alarm;
    if (!known) this.#alarm(alarm);
  }

  #alarm(alarm: FeedAlarm): void {
    this.alarms++;
    try {
      this.#o.onAlarm?.(alarm);
    } catch {
      // What the application does with it is its own affair.
    }
  }
}

/** From 0 to 1, so that servers do not write at the same moment. */
function randomShare(): number {
  return globalThis.crypto.getRandomValues(new Uint8Array(1))[0]! / 255;
}

function atMost(expires: bigint): bigint {
  return expires > FOREVER ? FOREVER : expires;
}
