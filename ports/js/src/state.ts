import { compareBytes, hex } from "./bytes.js";
import type { Claims } from "./claims.js";
import { FOREVER } from "./limits.js";
import { digest, encodeRecord, type Kind, type RevocationRecord } from "./records.js";

/** What a verdict needs to know about a token (Section 9.1). */
export interface Facts {
  readonly claims: Claims;
  readonly context: Uint8Array;
  readonly kid: Uint8Array;
}

/** A cut-off and the session it spares. */
interface Pair {
  readonly cutoff: bigint;
  readonly exempt: Uint8Array | undefined;
}

interface Entry {
  readonly kind: Kind;
  readonly key: Uint8Array;
  /** One pair; up to two for a subject. The cut-off of a session entry is its generation. */
  readonly pairs: readonly Pair[];
  readonly expires: bigint;
}

/** The applied revocation entries (Sections 9.4 and 9.5). */
export class RevocationState {
  /** By kind, then by key in hexadecimal. */
  readonly #entries: Readonly<Record<Kind, Map<string, Entry>>> = {
    1: new Map(),
    2: new Map(),
    3: new Map(),
    4: new Map(),
  };

  merge(record: RevocationRecord): void {
    const { kind, key, expires } = record;
    const pair = { cutoff: record.value, exempt: record.exempt };
    const entries = this.#entries[kind];
    const old = entries.get(hex(key));
    entries.set(hex(key), {
      kind,
      key,
      pairs: old === undefined ? [pair] : mergePairs(kind, [...old.pairs, pair]),
      expires: old !== undefined && old.expires > expires ? old.expires : expires,
    });
  }

  /** Section 9.5. */
  isRevoked({ claims, context, kid }: Facts): boolean {
    if (claims.generation < this.sessionValue(claims.sessionId)) return true;
    const start = BigInt(claims.authenticatedAt);
    for (const pair of this.#subjectPairs(claims.subject)) {
      const spared = pair.exempt !== undefined && compareBytes(pair.exempt, claims.sessionId) === 0;
      if (start < pair.cutoff && !spared) return true;
    }
    if (this.#audiencePairs(context).some((pair) => start < pair.cutoff)) return true;
    return this.distrusts(kid);
  }

  /** Whether everything under a key is refused. */
  distrusts(kid: Uint8Array): boolean {
    return this.#pairs(4, () => digest(4, kid)).length > 0;
  }

  /**
   * What a cut-off has to lie behind, or 0 (Section 9.6): that of a subject concerns the sessions of
   * all audiences, that of an audience those of all subjects.
   */
  cutoffBound(kind: 2 | 3, key: Uint8Array): number {
    const own = this.#entries[kind].get(hex(key));
    const others = this.#entries[kind === 2 ? 3 : 2].values();
    const pairs = [...(own === undefined ? [] : [own]), ...others].flatMap((entry) => entry.pairs);
    return pairs.reduce((latest, pair) => Math.max(latest, Number(pair.cutoff)), 0);
  }

  /** The latest cut-off that a new session of the subject has to begin at, or 0 (Section 9.7). */
  latestCutoff(subject: Uint8Array, context: Uint8Array): number {
    const pairs = [...this.#subjectPairs(subject), ...this.#audiencePairs(context)];
    return pairs.reduce((latest, pair) => Math.max(latest, Number(pair.cutoff)), 0);
  }

  /** The value of a session's entry, or 0. */
  sessionValue(sessionId: Uint8Array): number {
    return Number(this.#pairs(1, () => sessionId)[0]?.cutoff ?? 0n);
  }

  /** Whether merging the value of a record would change nothing; its expiry does not count. */
  covers({ kind, key, value, exempt }: RevocationRecord): boolean {
    const same = (pair: Pair): boolean => sameExemption(pair, { cutoff: value, exempt });
    return this.#pairs(kind, () => key).some((pair) => same(pair) && pair.cutoff >= value);
  }

  /** Raises every expiry, for entries that have to outlive a policy of longer terms. */
  extend(seconds: bigint): void {
    for (const entries of this.#kinds()) {
      for (const [key, entry] of entries) {
        const raised = entry.expires + seconds;
        entries.set(key, { ...entry, expires: raised > FOREVER ? FOREVER : raised });
      }
    }
  }

  /** Drops entries with now >= expires and counts them. Needs a stored high-water mark. */
  forget(now: bigint): number {
    let count = 0;
    for (const entries of this.#kinds()) {
      for (const [key, entry] of entries) {
        if (now >= entry.expires && entries.delete(key)) count++;
      }
    }
    return count;
  }

  /** One record for each entry, for a subject one for each pair. */
  records(): RevocationRecord[] {
    return this.#kinds()
      .flatMap((entries) => [...entries.values()])
      .flatMap(({ kind, key, pairs, expires }) =>
        pairs.map(({ cutoff, exempt }) => ({ kind, key, value: cutoff, expires, exempt })),
      );
  }

  get size(): number {
    return this.#kinds().reduce((sum, entries) => sum + entries.size, 0);
  }

  #kinds(): Map<string, Entry>[] {
    return Object.values(this.#entries);
  }

  /** The key is a function, so that nothing is hashed while no entry of the kind exists. */
  #pairs(kind: Kind, key: () => Uint8Array): readonly Pair[] {
    const entries = this.#entries[kind];
    return entries.size === 0 ? [] : (entries.get(hex(key()))?.pairs ?? []);
  }

  #subjectPairs(subject: Uint8Array): readonly Pair[] {
    return subject.length === 0 ? [] : this.#pairs(2, () => digest(2, subject));
  }

  #audiencePairs(context: Uint8Array): readonly Pair[] {
    return this.#pairs(3, () => digest(3, context));
  }
}

/** The encoded records in ascending order, each once. */
export function sortedRecords(records: Iterable<RevocationRecord>): Uint8Array[] {
  const encoded = [...records].map(encodeRecord).sort(compareBytes);
  return encoded.filter((record, i) => i === 0 || compareBytes(record, encoded[i - 1] as Uint8Array) !== 0);
}

/**
 * For a subject, the two greatest cut-offs with different exemptions: if the greatest spares the
 * session at hand, the second decides. For the other kinds the greater value.
 */
function mergePairs(kind: Kind, pairs: Pair[]): Pair[] {
  pairs.sort(comparePairs);
  const kept = pairs.filter((pair, i) => pairs.findIndex((other) => sameExemption(other, pair)) === i);
  return kept.slice(0, kind === 2 ? 2 : 1);
}

function comparePairs(a: Pair, b: Pair): number {
  if (a.cutoff !== b.cutoff) return a.cutoff > b.cutoff ? -1 : 1;
  return compareBytes(a.exempt ?? NO_SESSION, b.exempt ?? NO_SESSION);
}

function sameExemption(a: Pair, b: Pair): boolean {
  return compareBytes(a.exempt ?? NO_SESSION, b.exempt ?? NO_SESSION) === 0;
}

/** Sorts before every session id, the one of zero bytes included, and equals none. */
const NO_SESSION = new Uint8Array(0);
