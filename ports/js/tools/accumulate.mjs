// The bulk cases of Section 16.4 of the specification.
import { sha256 } from "@noble/hashes/sha2.js";
import { ascii, be64, concatBytes, hex } from "../dist/bytes.js";
import { encodeClaims } from "../dist/claims.js";
import { ContextKey, context, expand } from "../dist/seal.js";

const LABEL = ascii("cloakroom 1 bulk");

function stream(i) {
  let block = new Uint8Array(0);
  let at = 0;
  let j = 0n;
  const take = (n) => {
    const out = new Uint8Array(n);
    for (let filled = 0; filled < n; ) {
      if (at === block.length) {
        block = sha256(concatBytes(LABEL, be64(BigInt(i)), be64(j++)));
        at = 0;
      }
      const part = block.subarray(at, at + n - filled);
      out.set(part, filled);
      filled += part.length;
      at += part.length;
    }
    return out;
  };
  const small = (m) => {
    const [high, low] = take(2);
    return (high * 256 + low) % m;
  };
  const wide = (m) => {
    const a = new DataView(take(8).buffer).getBigUint64(0);
    const s = BigInt(take(1)[0] % 64);
    return Number((a >> s) % BigInt(m));
  };
  return { take, small, wide };
}

/** One case: the inputs of a seal. */
export function bulkCase(i) {
  const { take, small, wide } = stream(i);
  const rootKey = take(32);
  const purpose = take(1 + small(255));
  const audience = take(small(256));
  const binding = take(small(1025));
  const sessionId = take(16);
  const generation = wide(4294967295);
  const subject = take(small(256));
  const authenticatedAt = wide(253402300800);
  const issuedAt = authenticatedAt + wide(4294967296);
  const idle = wide(4294967296);
  const absolute = 1 + wide(4294967295);
  const major = wide(4294967296);
  const minor = wide(4294967296);
  const payload = take(small(16) === 0 ? small(2716) : small(64));
  const claims = {
    sessionId, generation, subject, authenticatedAt, issuedAt, idle, absolute, major, minor,
  };
  const none = new Uint8Array(0);
  const ctx = context(purpose, audience);
  const key = new ContextKey(
    expand(rootKey, "clk1 kid", none, 4),
    expand(rootKey, "clk1 sub", ctx, 32),
  );
  return { rootKey, purpose, audience, binding, key, claims, payload, plain: concatBytes(encodeClaims(claims), payload) };
}

/** The accumulated hash over `count` cases; `each` sees every case and its token. */
export function accumulate(count, each = () => {}) {
  const hash = sha256.create();
  for (let i = 0; i < count; i++) {
    const bulk = bulkCase(i);
    const { token } = bulk.key.seal(bulk.binding, bulk.plain);
    hash.update(ascii(`${token}\n`));
    each(bulk, token);
  }
  return hex(hash.digest());
}
