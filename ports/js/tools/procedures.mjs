// The kinds of vectors that verify or seal tokens.
import { hchacha } from "@noble/ciphers/chacha.js";
import { ascii, concatBytes, hex, takeBytes } from "../dist/bytes.js";
import { LOGGED_OUT, SUBJECT_MAX } from "../dist/limits.js";
import { ContextKey, context, decodeToken, expand } from "../dist/seal.js";
import { deriveSecret, parseKeyText } from "../dist/keytext.js";
import * as engine from "../dist/engine.js";
import { Refused, SessionRejected, SessionUnavailable } from "../dist/errors.js";
import { checkPolicy } from "../dist/policy.js";
import { encodeRecord } from "../dist/records.js";
import { RevocationList } from "../dist/revocations.js";
import { KeyRing, useRing } from "../dist/ring.js";
import { parseRingFile } from "../dist/ringfile.js";
import { unhex } from "./hex.mjs";
import { payloadFor } from "./shapes.mjs";

export function verifyToken(inputs) {
  return outcome({ reason: null }, () => {
    const { setting, secrets } = settingFor(inputs, false);
    const verified = verify(setting, inputs);
    const { claims, payload, value, readOnly } = verified;
    return {
      reason: null,
      claims: claimsJson(claims),
      payload: hex(payload),
      value,
      read_only: readOnly,
      steps: steps(setting, verified, secrets, inputs),
    };
  });
}

export function issue(inputs) {
  const nothing = { token: null, claims: null };
  return outcome(nothing, () => {
    const { setting } = settingFor(
      { ...inputs, keys: [{ text: inputs.key, state: "sealing" }], reader: null },
      true,
    );
    const { payload, major, minor } = inputs;
    const content = { payload: unhex(payload), major, minor };
    const sessionId = () => unhex(inputs.session_id);
    const draft = engine.issue(setting, sessionId, unhex(inputs.subject), content);
    return { token: seal(draft, inputs), claims: claimsJson(draft.claims) };
  });
}

export function renew(inputs) {
  return outcome({ token: null }, () => {
    const { setting } = settingFor(inputs, true);
    const draft = engine.renew(setting, verify(setting, inputs));
    if (draft === undefined) return undefined;
    return { token: seal(draft, inputs) };
  });
}

export function update(inputs) {
  return outcome({ token: null }, () => {
    const { setting } = settingFor(inputs, true);
    const draft = engine.update(setting, verify(setting, inputs), contentOf(inputs.new));
    return { token: seal(draft, inputs) };
  });
}

export function rotate(inputs) {
  return outcome({ token: null, record: null }, () => {
    const { setting } = settingFor(inputs, true);
    const content = inputs.new === null ? undefined : contentOf(inputs.new);
    const draft = engine.rotate(setting, verify(setting, inputs), content);
    const { sessionId: key, generation } = draft.claims;
    const expires = BigInt(draft.now + inputs.entry_life);
    const record = encodeRecord({ kind: 1, key, value: BigInt(generation), expires, exempt: undefined });
    return { token: seal(draft, inputs), record: hex(record) };
  });
}

export function logout(inputs) {
  const nothing = { record: null };
  return outcome(nothing, () => {
    const { setting } = settingFor({ ...inputs, reader: null }, true);
    const { token, token_hex, binding, entry_life } = inputs;
    const now = engine.timeNow(setting);
    let key;
    try {
      key = engine.identify(setting, token ?? unhex(token_hex), unhex(binding), now);
    } catch (error) {
      // The stage of a token that logs nobody out is not part of the kind.
      if (error instanceof SessionRejected) throw new Refused("the token does not open");
      throw error;
    }
    const expires = BigInt(now + entry_life);
    return { record: hex(encodeRecord({ kind: 1, key, value: BigInt(LOGGED_OUT), expires, exempt: undefined })) };
  });
}

export function cutoff(inputs) {
  return outcome({ cutoff: null }, () => {
    const keys = [{ text: inputs.key, state: "sealing" }];
    const { setting } = settingFor({ ...inputs, keys, binding: "", reader: null }, true);
    const none = new Uint8Array(0);
    const subject = inputs.subject === null ? none : takeBytes(unhex(inputs.subject), "subject", 1, SUBJECT_MAX);
    return { cutoff: engine.cutoff(setting, subject, inputs.before ?? undefined, inputs.now) };
  });
}

function verify(setting, inputs) {
  const { token, token_hex } = inputs;
  const text = token === undefined ? unhex(token_hex) : token;
  return engine.verify(setting, text, unhex(inputs.binding), false);
}

function seal(draft, inputs) {
  return draft.key.seal(unhex(inputs.binding), engine.plaintext(draft)).token;
}

function contentOf({ payload, major, minor }) {
  return { payload: unhex(payload), major, minor };
}

/**
 * Runs a procedure; `nothing` is the expected output if it gives none, undefined from it means "none".
 * Stages for which the kind has no vector come with the same output (Section 16.1).
 */
function outcome(nothing, run) {
  try {
    const expected = run();
    return expected === undefined
      ? { stage: "none", expected: nothing }
      : { stage: "ok", expected };
  } catch (error) {
    if (error instanceof SessionRejected) {
      const reason = error.stage === "time" ? error.reason : null;
      return { stage: error.stage, expected: "reason" in nothing ? { reason } : nothing };
    }
    if (error instanceof Refused) return { stage: "refused", expected: nothing };
    if (error instanceof SessionUnavailable) return { stage: "unavailable", expected: nothing };
    throw error;
  }
}

/** @throws Refused for a configuration that cannot be built. */
function settingFor(inputs, seals) {
  const { purpose, audience, policy: given, now, reader, revocations, share } = inputs;
  const [p, a, b] = [unhex(purpose), unhex(audience), unhex(inputs.binding)];
  if (p.length < 1 || p.length > 255 || a.length > 255) throw new Refused("purpose or audience");
  if (b.length > 1024) throw new Refused("binding");
  const ctx = context(p, a);
  const policy = checkPolicy({ ...given, idle: given.idle || "none", share: share ?? [1, 2] }, seals);
  const clock = () => now;
  const view = new RevocationList({ clock });
  view.serve(policy);
  const { keys, secrets } = keysFor(inputs, ctx, policy);
  const payload = reader && payloadFor(reader);
  // A moment that no clock gives is unavailable here.
  view.receive(revocations.map(unhex));
  return { setting: { keys, context: ctx, policy, payload, view, clock, maxToken: 4096 }, secrets };
}

/** Keys with the states that the inputs state, or those of a ring file at now. */
function keysFor({ keys: given, ring, now }, ctx, policy) {
  const texts = given?.map(({ text }) => parseKeyText(text)) ?? parseRingFile(ring).entries.map((e) => e.key);
  const secrets = new Map(texts.map((key) => [hex(key.kid), key]));
  if (given === undefined) {
    return { keys: useRing(KeyRing.parse(ring, { clock: () => now }), ctx, policy.ttl), secrets };
  }
  if (secrets.size !== given.length) throw new Refused("two keys with one kid");
  const fixed = texts.map((key, i) => ({
    state: given[i].state,
    key: new ContextKey(key.kid, deriveSecret(key, ctx)),
  }));
  const sealing = fixed.filter(({ state }) => state === "sealing");
  if (sealing.length > 1) throw new Refused("two sealing keys");
  return {
    secrets,
    keys: {
      find: (kid) => fixed.find(({ key }) => hex(key.kid) === hex(kid)),
      sealing: () => sealing[0]?.key,
    },
  };
}

function claimsJson(claims) {
  return {
    session_id: hex(claims.sessionId),
    generation: claims.generation,
    subject: hex(claims.subject),
    authenticated_at: claims.authenticatedAt,
    issued_at: claims.issuedAt,
    idle: claims.idle,
    absolute: claims.absolute,
    major: claims.major,
    minor: claims.minor,
  };
}

/** Every intermediate value; sealing the plaintext again must give the same token. */
function steps(setting, verified, secrets, inputs) {
  const kid = hex(verified.key.kid);
  const secret = deriveSecret(secrets.get(kid), setting.context);
  const none = new Uint8Array(0);
  const encryption = expand(secret, "clk1 enc", none, 32);
  const binding = unhex(inputs.binding);
  const plain = engine.plaintext(verified);
  const again = verified.key.seal(binding, plain).token;
  if (again !== inputs.token) throw new Error("sealing the plaintext again gives another token");
  const { sealed } = decodeToken(again);
  return {
    kid,
    ctx: hex(setting.context),
    S: hex(secret),
    Ke: hex(encryption),
    Kn: hex(expand(secret, "clk1 siv", none, 32)),
    AAD: hex(concatBytes(ascii("clk1."), verified.key.kid, binding)),
    P: hex(plain),
    N: hex(verified.nonce),
    subkey: hex(hchachaSubkey(encryption, verified.nonce)),
    C: hex(sealed.subarray(0, -16)),
    T: hex(sealed.subarray(-16)),
    log_id: hex(verified.key.logId(verified.claims.sessionId)),
  };
}

function hchachaSubkey(key, nonce) {
  const words = (bytes) => new Uint32Array(Uint8Array.from(bytes).buffer);
  const out = new Uint32Array(8);
  hchacha(words(ascii("expand 32-byte k")), words(key), words(nonce.subarray(0, 16)), out);
  return new Uint8Array(out.buffer);
}
