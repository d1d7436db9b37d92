// Checks the inputs of a vector or a request before anything is computed from them. Everything that
// the JSON Schema of the vectors would not allow is a BadRequest.

import { isWellFormed } from "../dist/bytes.js";

export class BadRequest extends Error {}

const U32 = 2 ** 32 - 1;
const SAFE = Number.MAX_SAFE_INTEGER;

const check = (ok, what) => {
  if (!ok) throw new BadRequest(what);
};

const integer = (min, max) => (value, name) =>
  check(Number.isSafeInteger(value) && value >= min && value <= max, name);
/** A lone surrogate has no UTF-8 form, so no bytes stand behind such a text. */
const text = (value, name) => check(typeof value === "string" && isWellFormed(value), name);
const boolean = (value, name) => check(typeof value === "boolean", name);
const oneOf = (...allowed) => (value, name) => check(allowed.includes(value), name);
const orNull = (inner) => (value, name) => value === null || inner(value, name);
const listOf = (inner) => (value, name) => {
  check(Array.isArray(value), name);
  for (const item of value) inner(item, name);
};
const hex = (length) => (value, name) => {
  check(typeof value === "string" && /^([0-9a-f]{2})*$/.test(value), name);
  check(length === undefined || value.length === 2 * length, name);
};
const object = (members) => (value, name) => {
  check(typeof value === "object" && value !== null && !Array.isArray(value), name);
  const names = Object.keys(value);
  check(names.length === Object.keys(members).length, name);
  for (const [member, inner] of Object.entries(members)) {
    check(Object.hasOwn(value, member), `${name}.${member}`);
    inner(value[member], `${name}.${member}`);
  }
};

const bytes = hex();
const u32 = integer(0, U32);
const time = integer(0, SAFE);
const policy = object({
  idle: u32,
  absolute: integer(1, U32),
  leeway: integer(0, 300),
  tolerance: integer(0, 300),
});
const content = object({ payload: bytes, major: u32, minor: u32 });
const reader = object({
  shape: oneOf(
    "raw", "user", "user-1", "user-2", "limits", "limits-1", "limits-2",
    "units", "chain", "tree", "choice", "kinds", "bounds",
  ),
  major: u32,
  minor: u32,
});
const state = oneOf("disabled", "announced", "retired", "sealing", "open-only");
const keys = listOf(object({ text, state }));
const presented = { purpose: bytes, audience: bytes, binding: bytes, policy, now: time, revocations: listOf(bytes) };
const token = { ...presented, reader };
const maybeContext = { purpose: orNull(bytes), audience: orNull(bytes) };
const ages = { now: time, leeway: integer(0, 300), authenticated_at: time, issued_at: time };

const inputs = {
  token,
  issue: {
    key: text, purpose: bytes, audience: bytes, binding: bytes, policy, now: time,
    session_id: hex(16), subject: bytes, payload: bytes, major: u32, minor: u32,
    revocations: listOf(bytes),
  },
  renew: { ...token, share: listOf(u32) },
  update: { ...token, new: content },
  rotate: { ...token, new: orNull(content), entry_life: u32 },
  logout: { ...presented, entry_life: time },
  cutoff: {
    key: text, purpose: bytes, audience: bytes, policy, now: time, revocations: listOf(bytes),
    subject: orNull(bytes), before: orNull(time),
  },
  "key-text": maybeContext,
  ring: { ...maybeContext, now: time, ttl: orNull(integer(1, U32)) },
  "ring-replace": { old: text, new: text, now: time, forced: boolean },
  record: { record: bytes },
  merge: { records: listOf(bytes) },
  snapshot: { snapshot: bytes },
  "feed-key": { text },
  "feed-batch": { keys: listOf(text), realm: text, onto: hex(32), batch: bytes },
  "feed-snapshot": { keys: listOf(text), realm: text, snapshot: bytes },
  digest: { kind: oneOf(2, 3, 4), data: bytes },
  age: ages,
  description: { minor: u32, payload: bytes },
};

/** Members of which exactly one is there, by kind. */
const choices = {
  token: [{ keys, ring: text }, { token: text, token_hex: bytes }],
  "key-text": [{ text, text_hex: bytes }],
  ring: [{ text, text_hex: bytes }],
  age: [{ max_age: time, require_fresh: time }],
  description: [{ description: text, description_hex: bytes }],
};
for (const kind of ["renew", "update", "rotate", "logout"]) choices[kind] = choices.token;

export function checkInputs(kind, value) {
  check(typeof value === "object" && value !== null && Object.hasOwn(inputs, kind), "kind");
  const members = { ...inputs[kind] };
  for (const choice of choices[kind] ?? []) {
    const given = Object.keys(choice).filter((name) => Object.hasOwn(value, name));
    check(given.length === 1, Object.keys(choice).join(" or "));
    members[given[0]] = choice[given[0]];
  }
  object(members)(value, kind);
  if (kind === "renew") check(value.share.length === 2 && value.share[0] < value.share[1], "share");
}
