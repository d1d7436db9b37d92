import { hex, takeInteger } from "./bytes.js";
import { Refused } from "./errors.js";
import { deriveSecret, type KeyMaterial, unitText as deriveUnitText } from "./keytext.js";
import { KEYS_MAX } from "./limits.js";
import { parseRingFile, type RingEntry, type RingFile } from "./ringfile.js";
import { ContextKey } from "./seal.js";
import { type Clock, readClock, systemClock } from "./time.js";

export type KeyState = "disabled" | "announced" | "retired" | "sealing" | "open-only";

/** What is public about a key of a ring. */
export interface KeyInfo {
  /** Hexadecimal. */
  readonly kid: string;
  readonly state: KeyState;
  /** Unix seconds. */
  readonly activate: number;
  /** Unix seconds; undefined for a key that never retires and for a disabled one. */
  readonly retirement: number | undefined;
  readonly note: string;
}

/** One consistent set of keys. Replaced as a whole, never changed. */
interface RingKeys {
  readonly entries: ReadonlyMap<string, RingEntry>;
  readonly maxLifetime: number;
  /** By kid; without an entry a key has no retirement. */
  readonly retirements: ReadonlyMap<string, number>;
}

/** What a session configuration built over a ring needs of it, also after a replacement. */
export interface RingUse {
  /** Purpose and audience in their encoded form. */
  readonly context: Uint8Array | undefined;
  /** Token lifetime of the policy, seconds. */
  readonly ttl: number | undefined;
}

/** Not exported by the package: refuses a use that the ring cannot serve. */
export let checkRing: (ring: KeyRing, use: RingUse) => void;
/** Not exported by the package: the same, and then the keys for it, also after a replacement. */
export let useRing: (ring: KeyRing, context: Uint8Array, ttl: number) => Keys;
/** Not exported by the package: S of a root key, in its text form. */
export let deriveUnit: (ring: KeyRing, kid: string, context: Uint8Array) => string;

/**
 * A set of keys with the times at which they start to seal and stop to open (Section 4.6), read from
 * a ring file. Several `Sessions` may share one; `replace` then changes the keys of all of them.
 */
export class KeyRing {
  #keys: RingKeys;
  readonly #uses = new Map<string, RingUse>();
  readonly #now: Clock;

  private constructor(keys: RingKeys, now: Clock) {
    this.#keys = keys;
    this.#now = now;
  }

  /**
   * Reads a ring file (Section 4.7), text or bytes. `clock` gives Unix seconds.
   *
   * @throws Refused if the file breaks a rule, or no key is sealing now.
   */
  static parse(file: string | Uint8Array, options?: { clock?: Clock }): KeyRing {
    const clock = options?.clock ?? systemClock;
    return new KeyRing(load(parseRingFile(file), readClock(clock, 0)), clock);
  }

  /**
   * Reads a new file and puts it into force at once for everything that uses this ring
   * (Section 4.8). On any fault the old keys stay in force. `force` lifts the protection of tokens
   * that are still alive under a key which the new file drops or retires early, and no other rule.
   *
   * @throws Refused if the new file breaks a rule, here or in a `Sessions` built over this ring.
   */
  replace(file: string | Uint8Array, options?: { force?: boolean }): void {
    const now = readClock(this.#now, 0);
    const keys = load(parseRingFile(file), now);
    if (options?.force !== true) refuseLoss(this.#keys, keys, now);
    for (const use of this.#uses.values()) checkUse(keys, use);
    this.#keys = keys;
  }

  /**
   * The keys in the order of the file, with their states now or at another moment (Unix seconds), to
   * see what a ring is going to do. Holds no secret.
   */
  describe(at?: number): KeyInfo[] {
    const now =
      at === undefined
        ? readClock(this.#now, 0)
        : takeInteger(at, "the time of a description", 0, Number.MAX_SAFE_INTEGER);
    return [...this.#keys.entries].map(([kid, entry]) => ({
      kid,
      state: stateAt(this.#keys, kid, now),
      activate: entry.activate,
      retirement: this.#keys.retirements.get(kid),
      note: entry.note,
    }));
  }

  /** Longest token lifetime a policy over this ring may have, seconds. */
  get maxLifetime(): number {
    return this.#keys.maxLifetime;
  }

  toString(): string {
    return `KeyRing(${[...this.#keys.entries.keys()].join(" ")})`;
  }

  toJSON(): object {
    return { kids: [...this.#keys.entries.keys()] };
  }

  /** Not part of the public interface: the keys of a ring for one purpose and audience. */
  static {
    checkRing = (ring, use) => checkUse(ring.#keys, use);
    useRing = (ring, context, ttl) => {
      const use = { context, ttl };
      checkUse(ring.#keys, use);
      ring.#uses.set(`${ttl} ${hex(context)}`, use);
      return new ContextRing(() => ring.#keys, context);
    };
    deriveUnit = (ring, kid, context) => {
      const entry = ring.#keys.entries.get(kid);
      if (entry === undefined) throw new Refused("the ring has no key with this kid");
      return deriveUnitText(entry.key, context);
    };
  }
}

/** The keys of one purpose and audience, as the procedures of Section 8 see them. */
export interface Keys {
  find(kid: Uint8Array, now: number): { key: ContextKey; state: KeyState } | undefined;
  sealing(now: number): ContextKey | undefined;
}

class ContextRing implements Keys {
  readonly #current: () => RingKeys;
  readonly #context: Uint8Array;
  #derivedFrom: RingKeys | undefined;
  #derived = new Map<string, ContextKey>();

  constructor(current: () => RingKeys, context: Uint8Array) {
    this.#current = current;
    this.#context = context;
  }

  find(kid: Uint8Array, now: number): { key: ContextKey; state: KeyState } | undefined {
    const keys = this.#current();
    const id = hex(kid);
    const entry = keys.entries.get(id);
    if (entry === undefined) return undefined;
    return { key: this.#derive(keys, id, entry.key), state: stateAt(keys, id, now) };
  }

  sealing(now: number): ContextKey | undefined {
    const keys = this.#current();
    const id = sealingAt(keys, now);
    return id === undefined
      ? undefined
      : this.#derive(keys, id, (keys.entries.get(id) as RingEntry).key);
  }

  #derive(keys: RingKeys, id: string, material: KeyMaterial): ContextKey {
    if (this.#derivedFrom !== keys) {
      this.#derived = new Map();
      this.#derivedFrom = keys;
    }
    let key = this.#derived.get(id);
    if (key === undefined) {
      key = new ContextKey(material.kid, deriveSecret(material, this.#context));
      this.#derived.set(id, key);
    }
    return key;
  }
}

/** The rules of loading of Section 4.6 and those for `retire` of Section 4.7. */
function load(file: RingFile, now: number): RingKeys {
  if (file.entries.length === 0) throw new Refused("the ring has no key");
  if (file.entries.length > KEYS_MAX) throw new Refused(`the ring has more than ${KEYS_MAX} keys`);
  const entries = new Map<string, RingEntry>();
  for (const entry of file.entries) {
    const kid = hex(entry.key.kid);
    if (entries.has(kid)) throw new Refused(`two keys of the ring have the kid ${kid}`);
    if (entry.key.form !== file.entries[0]?.key.form) {
      throw new Refused("the ring mixes root keys and derived keys");
    }
    entries.set(kid, entry);
  }

  const retirements = new Map<string, number>();
  const active = [...entries].filter(([, entry]) => !entry.disabled);
  active.sort(([, a], [, b]) => a.activate - b.activate);
  active.forEach(([kid, entry], index) => {
    const successor = active[index + 1]?.[1];
    if (successor?.activate === entry.activate) {
      throw new Refused(`the key ${kid} and another one activate at the same time`);
    }
    const retirement = retirementOf(kid, entry, successor, file);
    if (retirement !== undefined) retirements.set(kid, retirement);
  });

  const keys = { entries, maxLifetime: file.maxLifetime, retirements };
  if (sealingAt(keys, now) === undefined) throw new Refused("no key of the ring is sealing now");
  return keys;
}

function retirementOf(
  kid: string,
  entry: RingEntry,
  successor: RingEntry | undefined,
  file: RingFile,
): number | undefined {
  if (successor === undefined) {
    if (entry.retire === undefined) return undefined;
    throw new Refused(`the key ${kid} has no successor and may not retire`);
  }
  const computed = successor.activate + file.maxLifetime + file.rollout;
  if (entry.retire === undefined) return computed;
  if (entry.retire < successor.activate) {
    throw new Refused(`the key ${kid} retires before its successor activates`);
  }
  if (entry.retire < computed && !entry.forced) {
    throw new Refused(
      `the key ${kid} retires ${computed - entry.retire} seconds before its last token can be dead; ` +
        "write 'forced' behind the time if that is meant",
    );
  }
  return entry.retire;
}

function stateAt(keys: RingKeys, kid: string, now: number): KeyState {
  const entry = keys.entries.get(kid) as RingEntry;
  if (entry.disabled) return "disabled";
  if (now < entry.activate) return "announced";
  if (now >= (keys.retirements.get(kid) ?? Infinity)) return "retired";
  return sealingAt(keys, now) === kid ? "sealing" : "open-only";
}

function sealingAt(keys: RingKeys, now: number): string | undefined {
  let found: string | undefined;
  let latest = -1;
  for (const [kid, entry] of keys.entries) {
    if (entry.disabled || entry.activate > now || entry.activate <= latest) continue;
    if (now >= (keys.retirements.get(kid) ?? Infinity)) continue;
    found = kid;
    latest = entry.activate;
  }
  return found;
}

/** Section 4.8: no key goes away while tokens under it may live. */
function refuseLoss(before: RingKeys, after: RingKeys, now: number): void {
  for (const [kid] of before.entries) {
    const state = stateAt(before, kid, now);
    if (state !== "sealing" && state !== "open-only") continue;
    const entry = after.entries.get(kid);
    if (entry === undefined) throw new Refused(`the new ring lacks the key ${kid}, which is in use`);
    if (entry.disabled) continue;
    const bound =
      state === "sealing" ? now + before.maxLifetime : (before.retirements.get(kid) ?? Infinity);
    const retirement = after.retirements.get(kid) ?? Infinity;
    if (retirement < bound) {
      throw new Refused(
        `the new ring retires the key ${kid} ${bound - retirement} seconds before its tokens are dead`,
      );
    }
  }
}

function checkUse(keys: RingKeys, use: RingUse): void {
  if (use.ttl !== undefined && use.ttl > keys.maxLifetime) {
    throw new Refused(
      `a token lifetime of ${use.ttl} seconds exceeds the max-lifetime ${keys.maxLifetime} of the ring`,
    );
  }
  for (const entry of keys.entries.values()) {
    if (entry.key.form === "unit" && use.context !== undefined) deriveSecret(entry.key, use.context);
  }
}

