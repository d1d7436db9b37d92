import { decodeBase64url, encodeBase64url } from "./base64url.js";
import { concatBytes, decodeUtf8, sameBytes } from "./bytes.js";
import { Refused, SessionUnavailable } from "./errors.js";
import { KEY_LEN, KID_LEN } from "./limits.js";
import { expand } from "./seal.js";

const ROOT_PREFIX = "clkkey1.";
const ROOT_LENGTH = 56;
const UNIT_PREFIX = "clksub1.";
const UNIT_LENGTH = 64;
const CHECK_LEN = 6;

/** A root key, or a key derived for one purpose and audience. */
export interface KeyMaterial {
  readonly form: "root" | "unit";
  readonly kid: Uint8Array;
  /** K of a root key, S of a unit key. */
  readonly secret: Uint8Array;
  /** Of a unit key: ties S and kid to a purpose and audience. */
  readonly check?: Uint8Array;
}

export function parseKeyText(input: unknown): KeyMaterial {
  const text = input instanceof Uint8Array ? boundedText(input) : input;
  if (typeof text !== "string") throw new Refused("a key text must be text");
  if (text.startsWith(ROOT_PREFIX)) {
    const bytes = decodeKey(text, ROOT_LENGTH, ROOT_PREFIX.length);
    const secret = bytes.slice(0, KEY_LEN);
    refuseEqualBytes(secret);
    const kid = bytes.slice(KEY_LEN);
    if (!sameBytes(kid, keyId(secret))) throw new Refused("the key text is damaged: its kid differs");
    return { form: "root", kid, secret };
  }
  if (text.startsWith(UNIT_PREFIX)) {
    const bytes = decodeKey(text, UNIT_LENGTH, UNIT_PREFIX.length);
    const secret = bytes.slice(KID_LEN, KID_LEN + KEY_LEN);
    refuseEqualBytes(secret);
    return { form: "unit", kid: bytes.slice(0, KID_LEN), secret, check: bytes.slice(KID_LEN + KEY_LEN) };
  }
  throw new Refused(`a key text starts with ${ROOT_PREFIX} or ${UNIT_PREFIX}`);
}

/** S of a key for a context; refuses a unit key that was made for another one. */
export function deriveSecret(key: KeyMaterial, context: Uint8Array): Uint8Array {
  if (key.form === "root") return expand(key.secret, "clk1 sub", context, KEY_LEN);
  if (!sameBytes(key.check as Uint8Array, unitCheck(key.kid, key.secret, context))) {
    throw new Refused("a derived key belongs to another purpose and audience, or its text is damaged");
  }
  return key.secret;
}

/**
 * The text of a fresh root key, from the system's random source. It is the secret: keep it in a ring
 * file with restricted permissions.
 */
export function generateRootKey(): string {
  const secret = new Uint8Array(KEY_LEN);
  fillRandom(secret);
  return rootText(secret);
}

/**
 * The text of the key derived from a root key for one purpose and audience, for a service that is to
 * seal and open only such tokens.
 */
export function unitText(root: KeyMaterial, context: Uint8Array): string {
  if (root.form !== "root") throw new Refused("keys are derived from root keys only");
  const secret = deriveSecret(root, context);
  const check = unitCheck(root.kid, secret, context);
  return UNIT_PREFIX + encodeBase64url(concatBytes(root.kid, secret, check));
}

export function fillRandom(bytes: Uint8Array): void {
  try {
    globalThis.crypto.getRandomValues(bytes);
  } catch (cause) {
    throw new SessionUnavailable("random", { cause });
  }
}

function rootText(secret: Uint8Array): string {
  refuseEqualBytes(secret);
  return ROOT_PREFIX + encodeBase64url(concatBytes(secret, keyId(secret)));
}

function keyId(secret: Uint8Array): Uint8Array {
  return expand(secret, "clk1 kid", new Uint8Array(0), KID_LEN);
}

function unitCheck(kid: Uint8Array, secret: Uint8Array, context: Uint8Array): Uint8Array {
  return expand(secret, "clk1 chk", concatBytes(kid, context), CHECK_LEN);
}

function boundedText(bytes: Uint8Array): string | undefined {
  return bytes.length > UNIT_LENGTH ? "" : decodeUtf8(bytes);
}

/** The bytes behind a prefix of `start` characters. */
export function decodeKey(text: string, length: number, start: number): Uint8Array {
  if (text.length !== length) {
    throw new Refused(`the key text has ${text.length} characters instead of ${length}`);
  }
  const bytes = decodeBase64url(text, start);
  if (bytes === undefined) throw new Refused("the key text has a character outside base64url");
  return bytes;
}

export function refuseEqualBytes(secret: Uint8Array): void {
  if (secret.every((byte) => byte === secret[0])) {
    throw new Refused("the key consists of equal bytes; draw it from a random source");
  }
}
