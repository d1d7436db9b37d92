import { SUBJECT_MAX, GENERATION_MAX, OVERHEAD, PLAINTEXT_MAX, PREFIX, TIME_MAX } from "./limits.js";
import { concatBytes, sameBytes, takeInteger } from "./bytes.js";
import { type Claims, decodeClaims, encodeClaims } from "./claims.js";
import { Refused, SessionRejected, SessionUnavailable } from "./errors.js";
import type { Content, PayloadType } from "./payload.js";
import { checkTime, effective, half, type Policy } from "./policy.js";
import { digest } from "./records.js";
import type { ViewState } from "./revocations.js";
import type { Keys } from "./ring.js";
import { type ContextKey, decodeToken } from "./seal.js";
import type { Facts } from "./state.js";
import { type Clock, readClock } from "./time.js";
import { varintLength } from "./varint.js";

/** What the procedures ask of a revocation view. */
export interface View {
  readonly highWater: number;
  viewState(): ViewState;
  isRevoked(facts: Facts, now: number): boolean;
  distrusts(kid: Uint8Array): boolean;
  latestCutoff(subject: Uint8Array, context: Uint8Array, now: number): number;
  cutoffBound(kind: 2 | 3, key: Uint8Array, now: number): number;
}

/** All that is settled before a token is processed. */
export interface Setting<T> {
  readonly keys: Keys;
  readonly context: Uint8Array;
  readonly policy: Policy;
  readonly payload: PayloadType<T>;
  readonly view: View;
  readonly clock: Clock;
  /** Longest token text the transport takes. */
  readonly maxToken: number;
}

/** A session as the procedures pass it on. */
export interface Verified<T> {
  readonly claims: Claims;
  readonly payload: Uint8Array;
  readonly value: T;
  readonly readOnly: boolean;
  readonly key: ContextKey;
  readonly nonce: Uint8Array;
  readonly context: Uint8Array;
  readonly binding: Uint8Array;
  readonly now: number;
}

/** Contents that are ready to be sealed. */
export interface Draft {
  readonly claims: Claims;
  readonly payload: Uint8Array;
  readonly key: ContextKey;
  readonly now: number;
}

/** The token of a draft, and the session as a verification of it would give it. */
export function seal<T>(
  setting: Setting<T>,
  draft: Draft,
  binding: Uint8Array,
): { token: string; verified: Verified<T> } {
  const { claims, payload, key, now } = draft;
  const { major, minor } = claims;
  const read = setting.payload.read({ payload, major, minor });
  if (read === undefined) throw new Refused("the payload cannot be read back by its own type");
  const { token, nonce } = key.seal(binding, plaintext(draft));
  const { context } = setting;
  return { token, verified: { claims, payload, ...read, key, nonce, context, binding, now } };
}

export function plaintext({ claims, payload }: Pick<Draft, "claims" | "payload">): Uint8Array {
  return concatBytes(encodeClaims(claims), payload);
}

export function timeNow<T>(setting: Setting<T>): number {
  return readClock(setting.clock, setting.view.highWater);
}

/** Section 8.3. Runs without a pause, so the view cannot change between its steps. */
export function verify<T>(
  setting: Setting<T>,
  token: unknown,
  binding: Uint8Array,
  sensitive: boolean,
): Verified<T> {
  const { policy, view, context } = setting;
  const now = timeNow(setting);
  const body = decodeToken(token);
  const found = setting.keys.find(body.kid, now);
  if (found === undefined || found.state === "retired" || found.state === "disabled") {
    throw new SessionRejected("key");
  }
  const { claims, payload } = decode(found.key.open(binding, body));
  const { major, minor } = claims;
  const read = setting.payload.read({ payload, major, minor });
  if (read === undefined) throw new SessionRejected("schema");
  refuseTime(claims, policy, now);
  const state = view.viewState();
  if (view.isRevoked({ claims, context, kid: found.key.kid }, now)) throw new SessionRejected("revoked");
  if (!suffices(state, policy, sensitive)) throw new SessionUnavailable("view-not-fresh");
  return { claims, payload, ...read, key: found.key, nonce: body.nonce, context, binding, now };
}

/** For a logout: the session id of a token, whatever its times, schema and payload (Section 8.9). */
export function identify<T>(
  setting: Setting<T>,
  token: unknown,
  binding: Uint8Array,
  now: number,
): Uint8Array {
  const body = decodeToken(token);
  const found = setting.keys.find(body.kid, now);
  if (found === undefined || found.state === "disabled") throw new SessionRejected("key");
  return decode(found.key.open(binding, body)).claims.sessionId;
}

/** Section 8.4 up to the seal. */
export function issue<T>(
  setting: Setting<T>,
  sessionId: () => Uint8Array,
  subject: Uint8Array,
  content: Content,
): Draft {
  const { policy, view, context } = setting;
  const now = timeNow(setting);
  const key = sealingKey(setting, now);
  requireFresh(view);
  if (subject.length > SUBJECT_MAX) {
    throw new Refused(`the subject has ${subject.length} bytes; ${SUBJECT_MAX} are allowed`);
  }
  const start = Math.max(now, view.latestCutoff(subject, context, now));
  if (start > now + half(policy.tolerance) || start > TIME_MAX) {
    throw new Refused(`a cut-off lies ${start - now} seconds ahead; no session can start before it`);
  }
  const claims: Claims = {
    sessionId: sessionId(),
    generation: 0,
    subject,
    authenticatedAt: start,
    issuedAt: start,
    idle: policy.idle,
    absolute: policy.absolute,
    major: content.major,
    minor: content.minor,
  };
  checkSize(setting, claims, content.payload);
  if (view.isRevoked({ claims, context, kid: key.kid }, now)) {
    throw new Refused("the session would be revoked at once: is the sealing key distrusted?");
  }
  return { claims, payload: content.payload, key, now };
}

/** Section 8.5; undefined means that no renewal is due or possible. */
export function renew<T>(setting: Setting<T>, session: Verified<T>): Draft | undefined {
  const { policy } = setting;
  const { claims } = session;
  const now = recheck(setting, session);
  const { idle, absolute } = effective(claims, policy);
  const [p, q] = policy.share;
  // The product may exceed 2^63, the quotient is below 2^32.
  const due = Number((BigInt(idle) * BigInt(p)) / BigInt(q));
  if (idle === 0 || Math.max(0, now - claims.issuedAt) < due) return undefined;
  if (claims.authenticatedAt > now) return undefined;
  const issuedAt = Math.max(now, claims.issuedAt);
  if (issuedAt >= claims.authenticatedAt + absolute) return undefined;
  const key = sealingKey(setting, now);
  const draft = { claims: { ...claims, issuedAt, idle, absolute }, payload: session.payload, key, now };
  // With a limit that was lowered since, the token at hand stays good.
  const length = plaintext(draft).length;
  if (length > PLAINTEXT_MAX || tokenLength(length) > setting.maxToken) return undefined;
  // So it does until the ring has followed; the new one would be rejected.
  return setting.view.distrusts(key.kid) ? undefined : draft;
}

/** Section 8.6. */
export function update<T>(setting: Setting<T>, session: Verified<T>, content: Content): Draft {
  refuseReadOnly(session);
  const advanced = advance(setting, session);
  const { payload, major, minor } = content;
  const claims = { ...advanced.claims, major, minor };
  checkSize(setting, claims, payload);
  refuseDistrusted(setting, advanced.key);
  return { ...advanced, claims, payload };
}

/** Section 8.7 up to the publication; without content the payload stays. */
export function rotate<T>(setting: Setting<T>, session: Verified<T>, content?: Content): Draft {
  if (content !== undefined) refuseReadOnly(session);
  const advanced = advance(setting, session);
  if (session.claims.generation >= GENERATION_MAX) throw new Refused("the session has no generation left");
  const { payload, major, minor } = content ?? { ...session.claims, payload: session.payload };
  const claims = { ...advanced.claims, generation: session.claims.generation + 1, major, minor };
  checkSize(setting, claims, payload);
  refuseDistrusted(setting, advanced.key);
  return { ...advanced, claims, payload };
}

/**
 * C of Section 9.6 for a cut-off of a subject, empty for one of the audience; `before` is a time that
 * was asked for, undefined for now.
 */
export function cutoff<T>(
  { context, policy, view }: Setting<T>,
  subject: Uint8Array,
  before: number | undefined,
  now: number,
): number {
  const latest = now + half(policy.tolerance);
  if (before !== undefined) return takeInteger(before, "the time of a cut-off", 0, latest);
  const bound =
    subject.length > 0
      ? view.cutoffBound(2, digest(2, subject), now)
      : view.cutoffBound(3, digest(3, context), now);
  return Math.max(now + policy.skew + 1, Math.min(bound + 1, latest));
}

function recheck<T>(setting: Setting<T>, session: Verified<T>): number {
  const { view, context } = setting;
  const { claims } = session;
  const { kid } = session.key;
  const now = timeNow(setting);
  // A session of another purpose or audience is rejected as its token would be.
  if (!sameBytes(session.context, context)) throw new SessionRejected("tag");
  requireFresh(view);
  const found = setting.keys.find(kid, now);
  if (found === undefined || found.state === "retired" || found.state === "disabled") {
    throw new SessionRejected("key");
  }
  refuseTime(claims, setting.policy, now);
  if (view.isRevoked({ claims, context, kid }, now)) throw new SessionRejected("revoked");
  return now;
}

/** Advance of Section 8.6, and the claims that update and rotation have in common. */
function advance<T>(setting: Setting<T>, session: Verified<T>): Draft {
  const { claims, payload } = session;
  const now = recheck(setting, session);
  const key = sealingKey(setting, now);
  // Else a thief of a key would start a session as far ahead as the tolerance allows, have it sealed
  // under the next key, and stand above the cut-offs that follow when the key is disabled.
  if (claims.authenticatedAt > now && !sameBytes(key.kid, session.key.kid)) {
    throw new SessionUnavailable("no-sealing-key");
  }
  const { idle, absolute } = effective(claims, setting.policy);
  const issuedAt = Math.max(now, claims.issuedAt);
  if (issuedAt >= claims.authenticatedAt + absolute) throw new SessionRejected("time", "expired");
  return { claims: { ...claims, issuedAt, idle, absolute }, payload, key, now };
}

function decode(plain: Uint8Array): { claims: Claims; payload: Uint8Array } {
  const decoded = decodeClaims(plain);
  if (decoded === undefined) throw new SessionRejected("claims");
  return decoded;
}

function refuseTime(claims: Claims, policy: Policy, now: number): void {
  const reason = checkTime(claims, policy, now);
  if (reason !== undefined) throw new SessionRejected("time", reason);
}

/** A token that takes the place of a live one must not be rejected itself. */
function refuseDistrusted<T>({ view }: Setting<T>, key: ContextKey): void {
  if (view.distrusts(key.kid)) {
    throw new Refused("the sealing key is distrusted; the new token would be rejected");
  }
}

function refuseReadOnly<T>(session: Verified<T>): void {
  if (session.readOnly) {
    throw new Refused("the payload was written by a newer version and cannot be replaced by this one");
  }
}

function sealingKey<T>(setting: Setting<T>, now: number): ContextKey {
  const key = setting.keys.sealing(now);
  if (key === undefined) throw new SessionUnavailable("no-sealing-key");
  return key;
}

function requireFresh(view: View): void {
  if (view.viewState().kind !== "fresh") throw new SessionUnavailable("view-not-fresh");
}

/** The table of Section 9.9 for a token that no entry refuses. */
function suffices(state: ViewState, policy: Policy, sensitive: boolean): boolean {
  if (state.kind !== "stale") return state.kind === "fresh";
  if (sensitive || policy.grace === undefined || state.age === undefined) return false;
  return state.age <= policy.grace;
}

/** Section 8.12: a session that fits now has to fit at every later renewal. */
function checkSize<T>(setting: Setting<T>, claims: Claims, payload: Uint8Array): void {
  const offset = varintLength(claims.issuedAt - claims.authenticatedAt);
  const longest = Math.max(offset, varintLength(claims.absolute - 1));
  const n = encodeClaims(claims).length - offset + longest + payload.length;
  if (n > PLAINTEXT_MAX) {
    throw new Refused(`the session needs ${n} bytes; ${PLAINTEXT_MAX} fit into a token`);
  }
  const characters = tokenLength(n);
  if (characters > setting.maxToken) {
    throw new Refused(`the token needs ${characters} characters; ${setting.maxToken} are allowed`);
  }
}

/** The number of characters of a token over so many bytes of plaintext. */
function tokenLength(n: number): number {
  return PREFIX.length + Math.ceil((4 * (OVERHEAD + n)) / 3);
}
