import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { encodeBase64url } from "./base64url.js";
import { ascii, concatBytes, hex, sameBytes } from "./bytes.js";
import { Refused } from "./errors.js";
import { KEY_LEN } from "./limits.js";
import { decodeKey, fillRandom, refuseEqualBytes } from "./keytext.js";
import { expand } from "./seal.js";

export const FID_LEN = 4;
export const TAG_LEN = 16;

const PREFIX = "clkfeed1.";
const TEXT_LENGTH = 57;
const NONE = new Uint8Array(0);

/** A feed key (Section 17.2). What is secret about it shows nowhere. */
export class FeedKey {
  /** Public: names the key in batches and snapshots. */
  readonly fid: Uint8Array;
  readonly #secret: Uint8Array;
  readonly #mac: Uint8Array;

  /** @internal */
  constructor(secret: Uint8Array) {
    refuseEqualBytes(secret);
    this.#secret = secret;
    this.fid = feedId(secret);
    this.#mac = expand(secret, "clkfeed1 mac", NONE, KEY_LEN);
  }

  /** @throws Refused if the text is not that of a feed key. */
  static parse(text: unknown): FeedKey {
    if (typeof text !== "string" || !text.startsWith(PREFIX)) {
      throw new Refused(`a feed key starts with ${PREFIX}`);
    }
    const bytes = decodeKey(text, TEXT_LENGTH, PREFIX.length);
    const key = new FeedKey(bytes.slice(0, KEY_LEN));
    if (!sameBytes(bytes.subarray(KEY_LEN), key.fid)) {
      throw new Refused("the feed key is damaged: its checksum differs");
    }
    return key;
  }

  /** Authenticates what belongs to a realm. */
  tag(label: string, realm: string, content: Uint8Array): Uint8Array {
    const head = concatBytes(ascii(label), Uint8Array.of(0), lengthPrefixed(realm));
    return hmac(sha256, this.#mac, concatBytes(head, content)).slice(0, TAG_LEN);
  }

  toString(): string {
    return `FeedKey(${hex(this.fid)})`;
  }

  toJSON(): object {
    return { fid: hex(this.fid) };
  }

  /** @internal For the vectors, which print them. */
  get secrets(): { readonly secret: Uint8Array; readonly mac: Uint8Array } {
    return { secret: this.#secret, mac: this.#mac };
  }
}

/** The text of a fresh feed key, from the system's random source. It is the secret. */
export function generateFeedKey(): string {
  const secret = new Uint8Array(KEY_LEN);
  fillRandom(secret);
  refuseEqualBytes(secret);
  return PREFIX + encodeBase64url(concatBytes(secret, feedId(secret)));
}

/** The name of a feed, or a refusal (Section 17.1). */
export function takeRealm(realm: unknown): string {
  if (typeof realm !== "string" || !/^[a-z0-9._-]{1,64}$/.test(realm)) {
    throw new Refused("a realm has 1 to 64 characters of a to z, 0 to 9, '.', '_' and '-'");
  }
  return realm;
}

export function lengthPrefixed(realm: string): Uint8Array {
  return concatBytes(Uint8Array.of(realm.length), ascii(realm));
}

function feedId(secret: Uint8Array): Uint8Array {
  return expand(secret, "clkfeed1 id", NONE, FID_LEN);
}
