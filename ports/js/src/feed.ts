import { Refused } from "./errors.js";
import { BATCH_RECORDS_MAX, follow, openBatch, startPosition, writeBatch } from "./feedbatch.js";
import type { FeedEngine } from "./feedengine.js";
import { FeedKey, takeRealm } from "./feedkey.js";
import { openFeedSnapshot, writeFeedSnapshot } from "./feedsnapshot.js";
import { type FeedAlarm, Follower } from "./follower.js";
import { U32_MAX } from "./limits.js";
import type { RevocationRecord } from "./records.js";
import { RevocationList } from "./revocations.js";

export interface FeedOptions {
  readonly engine: FeedEngine;
  /** The name of the feed: 1 to 64 of `a`-`z`, `0`-`9`, `.`, `_`, `-`. */
  readonly realm: string;
  /** Text of the feed key that is written under (Section 17.2). */
  readonly key: string;
  /** Text of one further key that is accepted, while the key is being changed. */
  readonly alsoAccept?: string;
  /** Built with the option `feed`, which holds B. */
  readonly list: RevocationList;
  /** False for a server that only follows. Default true. */
  readonly writes?: boolean;
  /** Seconds after which a batch without records is written if there was no other. Default 0.5. */
  readonly heartbeat?: number;
  /** How far two clocks may be apart, seconds. Default 0.75. */
  readonly skew?: number;
  /**
   * How long a feed that was just founded is fresh for nobody, so that the others can hand back what an
   * engine lost; the same on all servers. Default, and the least: B and skew together; at most 3600.
   * A server that reaches the engine later hands back then, and the others were fresh without.
   */
  readonly settling?: number;
  /** Longest pause between two requests, seconds. Default B / 8. */
  readonly wait?: number;
  /** Unix milliseconds. */
  readonly clock?: () => number;
  /** Told of what an operator should know. */
  readonly onAlarm?: (alarm: FeedAlarm) => void;
}

/** Where a feed stands, for monitoring. */
export interface FeedStatus {
  /** Number of the last batch that was taken in; undefined before the first contact. */
  readonly n: bigint | undefined;
  /** Whether the last answer showed this server at the end of the feed. */
  readonly atEnd: boolean;
  /** Alarms so far. */
  readonly alarms: number;
  /** What keeps this server from following, until it is mended. */
  readonly fault: FeedAlarm | undefined;
}

/** A snapshot is due after so many batches, and so many before it are kept. */
const SNAPSHOT_EVERY = 4096n;
const KEPT_BATCHES = 1024n;
/** Of records that are handed back, at a time. */
const CHUNK = Math.min(1000, BATCH_RECORDS_MAX);

/**
 * Carries the records of a revocation list to all servers of a realm and theirs to it (Section 17).
 * `start` follows until `stop`; publications of the list go through the feed by themselves.
 */
export class Feed {
  readonly #engine: FeedEngine;
  readonly #follower: Follower;
  readonly #list: RevocationList;
  readonly #realm: string;
  readonly #key: FeedKey;
  readonly #keys: readonly FeedKey[];
  readonly #writes: boolean;
  readonly #heartbeat: number;
  readonly #wait: number;
  readonly #clock: () => number;
  /** Ends when all that was begun has ended: requests never overtake each other. */
  #tail: Promise<unknown> = Promise.resolve();
  #running: { stopped: boolean; wake: () => void; done: Promise<void> } | undefined;
  #waiting: Promise<void> | undefined;
  #owed: RevocationRecord[] = [];

  /** @throws Refused if a setting is outside its limits. */
  constructor(options: FeedOptions) {
    const { engine, list } = options;
    if (typeof engine?.append !== "function") throw new Refused("feed: no engine");
    if (!(list instanceof RevocationList)) throw new Refused("feed: no revocation list");
    const { bound } = list;
    const skew = seconds(options.skew ?? 0.75, "skew");
    this.#heartbeat = seconds(options.heartbeat ?? 0.5, "heartbeat");
    this.#wait = seconds(options.wait ?? bound / 8, "wait");
    if (bound < this.#heartbeat + skew + 2 * this.#wait) {
      throw new Refused(
        `feed: B is ${bound} seconds and less than heartbeat, skew and twice the wait together`,
      );
    }
    const settling = seconds(options.settling ?? bound + skew, "settling");
    if (settling < bound + skew || settling > 3600) {
      throw new Refused("feed: settling is at least B and skew together, and at most 3600 seconds");
    }
    this.#realm = takeRealm(options.realm);
    this.#key = FeedKey.parse(options.key);
    const { alsoAccept } = options;
    this.#keys = alsoAccept === undefined ? [this.#key] : [this.#key, FeedKey.parse(alsoAccept)];
    this.#writes = options.writes !== false;
    this.#engine = engine;
    this.#list = list;
    this.#clock = options.clock ?? Date.now;
    this.#follower = new Follower({
      engine,
      list,
      skew,
      settling,
      clock: this.#clock,
      timeout: bound,
      onAlarm: options.onAlarm,
      start: (epoch) => startPosition(this.#realm, epoch),
      openBatch: (at, batch) => openBatch(this.#keys, this.#realm, at, batch),
      openSnapshot: (bytes) => openFeedSnapshot(this.#keys, this.#realm, bytes),
    });
    // By no clock but that of the feed, which was not heard yet.
    list.forgetUntil(0);
    list.connect(this.#writes ? this : undefined);
  }

  get status(): FeedStatus {
    const { position, atEnd, alarms, fault } = this.#follower;
    return { n: position?.n, atEnd, alarms, fault };
  }

  /** Follows and, on a server that writes, keeps the feed alive, until `stop`. */
  start(): void {
    if (this.#running !== undefined) return;
    const running = { stopped: false, wake: () => {}, done: Promise.resolve() };
    running.done = this.#loop(running);
    this.#running = running;
  }

  /** Ends after the request under way. */
  async stop(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    running.stopped = true;
    running.wake();
    await running.done;
  }

  /** One round of what `start` does again and again. Reports faults as alarms and throws nothing. */
  async poll(): Promise<void> {
    await this.#exclusive(() => this.#round()).catch((error: unknown) => this.#follower.engineFailed(error));
    if (this.#writes && this.#follower.atEnd && this.#list.counts.pending > 0) {
      await this.#list.retry().catch(() => {});
    }
  }

  /**
   * Founds the feed anew: an act of the operator when nobody can read on, because a batch was written
   * under a foreign key or batches are lost. What this server knows is handed back.
   */
  async refound(): Promise<void> {
    if (!this.#writes) throw new Refused("feed: this server only follows");
    await this.#exclusive(async () => {
      const { head } = await this.#engine.read(0n, 1);
      await this.#found(head);
    });
    await this.poll();
  }

  /** @internal */
  append(record: RevocationRecord, mayAppend?: () => boolean): Promise<boolean> {
    return this.#exclusive(() => this.#append([record], mayAppend));
  }

  toString(): string {
    return `Feed(${this.#realm})`;
  }

  async #loop(running: { stopped: boolean; wake: () => void }): Promise<void> {
    while (!running.stopped) {
      await this.poll();
      if (running.stopped) return;
      let timer: ReturnType<typeof setTimeout> | undefined;
      const pause = new Promise<void>((done) => {
        running.wake = done;
        timer = setTimeout(done, this.#wait * 1000);
      });
      await Promise.race([pause, this.#news()]);
      clearTimeout(timer);
    }
  }

  /** Ends when the engine has news; never more than one such request is under way. */
  #news(): Promise<void> {
    const at = this.#follower.position?.n;
    const never = new Promise<void>(() => {});
    if (at === undefined || !this.#follower.atEnd || this.#engine.wait === undefined) return never;
    this.#waiting ??= this.#engine.wait(at, this.#wait).then(
      () => void (this.#waiting = undefined),
      () => {
        this.#waiting = undefined;
        return never;
      },
    );
    return this.#waiting;
  }

  async #round(): Promise<void> {
    await this.#sync();
    if (!this.#writes || !this.#follower.atEnd) return;
    if (this.#owed.length > 0) await this.#handBack();
    if (this.#follower.isQuiet(this.#heartbeat)) await this.#append([]);
    await this.#putSnapshot();
  }

  /** Takes in what is new; a server that may write founds a feed where there is none. */
  async #sync(): Promise<void> {
    await this.#follower.sync();
    if (this.#follower.isMissing && this.#writes) await this.#found(undefined);
    // What the feed lacks of this server's own is owed to the others.
    if (this.#writes) this.#owed.push(...this.#follower.takeUncovered());
  }

  async #found(old: Parameters<FeedEngine["found"]>[0]): Promise<void> {
    const epoch = new Uint8Array(16);
    globalThis.crypto.getRandomValues(epoch);
    await this.#follower.request(this.#engine.found(old, startPosition(this.#realm, epoch)));
    // Whoever came first: all of it is read again.
    await this.#follower.sync();
  }

  async #handBack(): Promise<void> {
    while (this.#owed.length > 0) {
      await this.#append(this.#owed.slice(0, CHUNK));
      this.#owed.splice(0, CHUNK);
    }
  }

  /** Appends at the head of a view that knows all before; false if `mayAppend` said no. */
  async #append(records: readonly RevocationRecord[], mayAppend?: () => boolean): Promise<boolean> {
    const follower = this.#follower;
    const deadline = this.#list.moment() + this.#list.bound;
    do {
      if (!follower.atEnd) await this.#sync();
      const { position, atEnd } = follower;
      if (position === undefined || !atEnd) break;
      if (mayAppend?.() === false) return false;
      const batch = this.#stamped(records);
      const bytes = writeBatch(this.#key, this.#realm, position, batch);
      const becomes = follow(position, bytes);
      const sent = this.#list.moment();
      if (await follower.request(this.#engine.append(position, bytes, becomes))) {
        follower.appended(batch, becomes, sent);
        return true;
      }
      follower.fellBehind();
    } while (this.#list.moment() < deadline);
    throw new Error("feed: not at the end of the feed");
  }

  /** The life of a record counts from this append, whenever it was asked for. */
  #stamped(records: readonly RevocationRecord[]): { time: number; records: RevocationRecord[] } {
    const time = Math.floor(this.#clock());
    const expires = BigInt(Math.floor(time / 1000) + this.#list.life);
    return { time, records: records.map((r) => (r.kind === 4 ? r : { ...r, expires })) };
  }

  async #putSnapshot(): Promise<void> {
    const { position, atEnd } = this.#follower;
    if (position === undefined || !atEnd || position.n - this.#follower.snapshotAt < SNAPSHOT_EVERY) return;
    // It would say that everybody has handed back.
    if (this.#follower.settles) return;
    // Another server may have been faster.
    if (await this.#follower.hasRecentSnapshot(SNAPSHOT_EVERY)) return;
    const content = { position, life: Math.min(this.#list.life, U32_MAX), bytes: this.#list.snapshot() };
    const bytes = writeFeedSnapshot(this.#key, this.#realm, content);
    await this.#follower.request(this.#engine.put(position, bytes, position.n - KEPT_BATCHES));
    this.#follower.snapshotAt = position.n;
  }

  #exclusive<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(run);
    this.#tail = result.catch(() => {});
    return result;
  }
}

function seconds(value: unknown, what: string): number {
  if (typeof value === "number" && value > 0 && value <= 86_400) return value;
  throw new Refused(`feed: ${what} must be a number of seconds above 0`);
}
