import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { equalBytes } from "@noble/ciphers/utils.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { decodeBase64url, encodeBase64url } from "./base64url.js";
import { ascii, be64, concatBytes } from "./bytes.js";
import { pauseTraces, Refused, SessionRejected } from "./errors.js";
import * as limits from "./limits.js";

const PREFIX_BYTES = ascii(limits.PREFIX);

/** HKDF-Expand with SHA-256 for one block: HMAC(key, label 00 parts 01), cut to `length`. */
export function expand(key: Uint8Array, label: string, parts: Uint8Array, length: number): Uint8Array {
  const info = concatBytes(ascii(label), Uint8Array.of(0), parts, Uint8Array.of(1));
  return hmac(sha256, key, info).slice(0, length);
}

export function context(purpose: Uint8Array, audience: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(purpose.length), purpose, Uint8Array.of(audience.length), audience);
}

/** The keys of one kid for one purpose and audience. */
export class ContextKey {
  readonly kid: Uint8Array;
  readonly #secret: Uint8Array;
  readonly #encryption: Uint8Array;
  readonly #nonce: ReturnType<typeof hmac.create>;

  /** `secret` is S, the key derived for the context. */
  constructor(kid: Uint8Array, secret: Uint8Array) {
    this.kid = kid;
    this.#secret = secret;
    const none = new Uint8Array(0);
    this.#encryption = expand(secret, "clk1 enc", none, limits.KEY_LEN);
    const nonceKey = expand(secret, "clk1 siv", none, limits.KEY_LEN);
    this.#nonce = hmac.create(sha256, nonceKey);
    nonceKey.fill(0);
  }

  /** Section 6.5: the token and its N. */
  seal(binding: Uint8Array, plain: Uint8Array): { token: string; nonce: Uint8Array } {
    if (plain.length < 1 || plain.length > limits.PLAINTEXT_MAX) {
      throw new Refused(
        `the content has ${plain.length} bytes; 1 to ${limits.PLAINTEXT_MAX} fit into a token`,
      );
    }
    const aad = concatBytes(PREFIX_BYTES, this.kid, binding);
    const nonce = this.#syntheticNonce(aad, plain);
    const sealed = xchacha20poly1305(this.#encryption, nonce, aad).encrypt(plain);
    const token = limits.PREFIX + encodeBase64url(concatBytes(this.kid, nonce, sealed));
    return { token, nonce };
  }

  /** Steps 3 to 5 of Section 6.6. */
  open(binding: Uint8Array, body: Body): Uint8Array {
    const aad = concatBytes(PREFIX_BYTES, this.kid, binding);
    const plain = this.#decrypt(aad, body);
    if (plain === undefined) throw new SessionRejected("tag");
    if (!equalBytes(this.#syntheticNonce(aad, plain), body.nonce)) {
      plain.fill(0);
      throw new SessionRejected("nonce");
    }
    return plain;
  }

  /** Section 6.7. */
  logId(sessionId: Uint8Array): Uint8Array {
    return expand(this.#secret, "clk1 log", sessionId, 8);
  }

  #decrypt(aad: Uint8Array, body: Body): Uint8Array | undefined {
    const restore = pauseTraces();
    try {
      return xchacha20poly1305(this.#encryption, body.nonce, aad).decrypt(body.sealed);
    } catch {
      return undefined;
    } finally {
      restore();
    }
  }

  #syntheticNonce(aad: Uint8Array, plain: Uint8Array): Uint8Array {
    return this.#nonce
      .clone()
      .update(be64(BigInt(aad.length)))
      .update(aad)
      .update(plain)
      .digest()
      .slice(0, limits.NONCE_LEN);
  }
}

/** The fields of a decoded token; `sealed` is C with T behind it. */
export interface Body {
  readonly kid: Uint8Array;
  readonly nonce: Uint8Array;
  readonly sealed: Uint8Array;
}

/** Section 5.1. Takes anything: what is not a token text of the right length is rejected first. */
export function decodeToken(token: unknown): Body {
  const text = token instanceof Uint8Array ? textOfBytes(token) : token;
  if (
    typeof text !== "string" ||
    text.length < limits.TOKEN_MIN ||
    text.length > limits.TOKEN_MAX ||
    !text.startsWith(limits.PREFIX)
  ) {
    throw new SessionRejected("text");
  }
  const body = decodeBase64url(text, limits.PREFIX.length);
  if (body === undefined) throw new SessionRejected("text");
  const nonceEnd = limits.KID_LEN + limits.NONCE_LEN;
  return {
    kid: body.subarray(0, limits.KID_LEN),
    nonce: body.subarray(limits.KID_LEN, nonceEnd),
    sealed: body.subarray(nonceEnd),
  };
}

/** Each byte as one character, so that the length limits and the alphabet apply to bytes. */
function textOfBytes(bytes: Uint8Array): string | undefined {
  return bytes.length > limits.TOKEN_MAX ? undefined : String.fromCharCode(...bytes);
}
