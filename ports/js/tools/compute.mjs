// Computes stage and expected output of a vector from its inputs, with this package.
import { ascii, hex } from "../dist/bytes.js";
import { context } from "../dist/seal.js";
import { deriveSecret, parseKeyText } from "../dist/keytext.js";
import { KeyRing, checkRing } from "../dist/ring.js";
import { Refused, SessionUnavailable } from "../dist/errors.js";
import { decodeRecord, digest, encodeRecord } from "../dist/records.js";
import { RevocationState, sortedRecords } from "../dist/state.js";
import { readSnapshot, writeSnapshot } from "../dist/snapshot.js";
import { tooOld } from "../dist/policy.js";
import { BadRequest, checkInputs } from "./request.mjs";
import { described } from "./described.mjs";
import { feedBatch, feedKey, feedSnapshot } from "./feeds.mjs";
import { unhex } from "./hex.mjs";
import { cutoff, issue, logout, renew, rotate, update, verifyToken } from "./procedures.mjs";

/**
 * `expected` is that of the vector, if there is one: the moments of kind ring stand there.
 * Throws BadRequest where the inputs are not those of any vector.
 */
export function compute(kind, inputs, expected) {
  checkInputs(kind, inputs);
  return kinds[kind](inputs, expected);
}

const refused = { stage: "refused", expected: {} };

const kinds = {
  token: verifyToken,
  issue,
  renew,
  update,
  rotate,
  logout,
  cutoff,

  "key-text"({ text, text_hex, purpose, audience }) {
    return orRefused({ form: null, kid: null, secret: null }, () => {
      const key = parseKeyText(inputText(text, text_hex));
      if (purpose !== null) {
        const ctx = takeContext(purpose, audience);
        if (key.form === "unit") deriveSecret(key, ctx);
      }
      return { form: key.form, kid: hex(key.kid), secret: hex(key.secret) };
    });
  },

  ring({ text, text_hex, now, purpose, audience, ttl }, expected) {
    return orRefused({}, () => {
      const ring = KeyRing.parse(inputText(text, text_hex), { clock: () => now });
      const ctx = purpose === null ? undefined : takeContext(purpose, audience);
      checkRing(ring, { context: ctx, ttl: ttl ?? undefined });
      const moments = moments_(expected) ?? [now];
      return {
        states: moments.map((moment) => ({
          now: moment,
          states: byKid(ring, moment, (key) => key.state),
        })),
        retirements: byKid(ring, now, (key) => key.retirement ?? null),
      };
    });
  },

  "ring-replace"({ old, new: text, now, forced }) {
    return orRefused({}, () => {
      const ring = KeyRing.parse(old, { clock: () => now });
      ring.replace(text, { force: forced });
      return {};
    });
  },

  record({ record }) {
    const decoded = decodeRecord(unhex(record));
    if (decoded === undefined) return refused;
    const { kind, key, value, expires, exempt } = decoded;
    // A record of this package is written as it was read.
    if (hex(encodeRecord(decoded)) !== record) throw new Error("a record changed in being written");
    const expected = { kind, key: hex(key), value: `${value}`, expires: `${expires}` };
    return { stage: "ok", expected: { ...expected, exempt: exempt ? hex(exempt) : null } };
  },

  merge({ records }) {
    const decoded = records.map((record) => decodeRecord(unhex(record)));
    if (decoded.includes(undefined)) return refused;
    const merged = [decoded, [...decoded].reverse(), decoded.flatMap((record) => [record, record])].map(merge);
    if (new Set(merged.map((list) => list.join())).size !== 1) throw new Error("merging depends on order");
    return { stage: "ok", expected: { records: merged[0] } };
  },

  snapshot({ snapshot }) {
    return orRefused({}, () => {
      const read = readSnapshot(unhex(snapshot));
      const { madeAt, highWater, records } = read;
      if (hex(writeSnapshot(read)) !== snapshot) throw new Error("a snapshot changed in being written");
      return { made_at: madeAt, high_water: highWater, records: records.map((r) => hex(encodeRecord(r))) };
    });
  },

  description: described,
  "feed-key": feedKey,
  "feed-batch": feedBatch,
  "feed-snapshot": feedSnapshot,

  digest({ kind, data }) {
    return { stage: "ok", expected: { key: hex(digest(kind, unhex(data))) } };
  },

  age({ now, leeway, authenticated_at, issued_at, max_age, require_fresh }) {
    const failed =
      max_age === undefined
        ? tooOld(authenticated_at, now, require_fresh, leeway)
        : tooOld(issued_at, now, max_age, leeway);
    return { stage: failed ? "failed" : "ok", expected: {} };
  },
};

function merge(records) {
  const state = new RevocationState();
  for (const record of records) state.merge(record);
  return sortedRecords(state.records()).map(hex);
}

function orRefused(refusal, run) {
  try {
    return { stage: "ok", expected: run() };
  } catch (error) {
    if (error instanceof Refused) return { stage: "refused", expected: refusal };
    // A moment that no clock gives.
    if (error instanceof SessionUnavailable) return { stage: "unavailable", expected: refusal };
    throw error;
  }
}

function inputText(text, textHex) {
  return textHex === undefined ? ascii(text) : unhex(textHex);
}

function takeContext(purpose, audience) {
  if (audience === null) throw new BadRequest("audience");
  const [p, a] = [unhex(purpose), unhex(audience)];
  if (p.length < 1 || p.length > 255 || a.length > 255) throw new Refused("purpose or audience");
  return context(p, a);
}

function byKid(ring, moment, of) {
  return new Map(ring.describe(moment).map((key) => [key.kid, of(key)]));
}

function moments_(expected) {
  if (!Array.isArray(expected?.states)) return undefined;
  return expected.states.map((entry) => {
    if (!Number.isSafeInteger(entry?.now) || entry.now < 0) throw new BadRequest("moments");
    return entry.now;
  });
}
