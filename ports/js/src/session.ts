import { hex, takeInteger } from "./bytes.js";
import type { Verified } from "./engine.js";
import { tooOld } from "./policy.js";

/** Not exported by the package. */
export let wrap: <T>(inner: Verified<T>, leeway: number) => Session<T>;
/** Not exported by the package: undefined for everything that is not a session of this package. */
export let unwrap: (value: unknown) => Verified<unknown> | undefined;

/**
 * A session that was verified or sealed here. Only this package makes them. What is secret about it
 * shows neither in JSON nor in an inspection.
 */
export class Session<T> {
  readonly #inner: Verified<T>;
  readonly #leeway: number;

  private constructor(inner: Verified<T>, leeway: number) {
    this.#inner = inner;
    this.#leeway = leeway;
  }

  /** The payload. */
  get value(): T {
    return this.#inner.value;
  }

  /** A copy of the subject's bytes; empty for nobody's session. */
  get subjectBytes(): Uint8Array {
    return this.#inner.claims.subject.slice();
  }

  /** The subject as text. Bytes that are not UTF-8 come out as U+FFFD. */
  get subject(): string {
    return new TextDecoder().decode(this.#inner.claims.subject);
  }

  /** A copy of the 16 bytes that name the session. Not for logs: use `logId`. */
  get id(): Uint8Array {
    return this.#inner.claims.sessionId.slice();
  }

  /** 0 at login, one more at each rotation. */
  get generation(): number {
    return this.#inner.claims.generation;
  }

  /** Start of the session, Unix seconds. */
  get authenticatedAt(): number {
    return this.#inner.claims.authenticatedAt;
  }

  /** When this token was sealed, Unix seconds. */
  get issuedAt(): number {
    return this.#inner.claims.issuedAt;
  }

  /** The idle timeout in the token, seconds; 0 means none. */
  get idle(): number {
    return this.#inner.claims.idle;
  }

  /** The absolute timeout in the token, seconds. */
  get absolute(): number {
    return this.#inner.claims.absolute;
  }

  /** Schema of the payload. */
  get schema(): { readonly major: number; readonly minor: number } {
    const { major, minor } = this.#inner.claims;
    return { major, minor };
  }

  /** Whether a newer version wrote the payload, which then cannot be updated by this one. */
  get readOnly(): boolean {
    return this.#inner.readOnly;
  }

  /** The first second in which the token is dead by its own timeouts, Unix seconds. */
  get deadline(): number {
    const { authenticatedAt, issuedAt, idle, absolute } = this.#inner.claims;
    const end = authenticatedAt + absolute;
    return idle > 0 ? Math.min(end, issuedAt + idle) : end;
  }

  /** When it was verified or sealed here, Unix seconds. */
  get seenAt(): number {
    return this.#inner.now;
  }

  /** Names the session in logs, beside `kid`. */
  get logId(): string {
    return hex(this.#inner.key.logId(this.#inner.claims.sessionId));
  }

  /** The key the token is sealed under, hexadecimal. */
  get kid(): string {
    return hex(this.#inner.key.kid);
  }

  /** Names the token in logs, hexadecimal. */
  get tokenRef(): string {
    return hex(this.#inner.nonce);
  }

  /** Whether the token was sealed less than so many seconds ago (Section 8.10). */
  isActiveWithin(seconds: number): boolean {
    return !tooOld(this.issuedAt, this.#inner.now, takeAge(seconds), this.#leeway);
  }

  /** Whether the user logged in less than so many seconds ago (Section 8.10). */
  isFreshWithin(seconds: number): boolean {
    return !tooOld(this.authenticatedAt, this.#inner.now, takeAge(seconds), this.#leeway);
  }

  toString(): string {
    return `Session(${this.kid}/${this.logId})`;
  }

  toJSON(): object {
    return { kid: this.kid, logId: this.logId };
  }

  static {
    wrap = (inner, leeway) => new Session(inner, leeway);
    unwrap = (value) =>
      typeof value === "object" && value !== null && #inner in value
        ? (value as Session<unknown>).#inner
        : undefined;
  }
}

/** NaN would compare as "young enough". */
function takeAge(seconds: unknown): number {
  return takeInteger(seconds, "an age", 0, Number.MAX_SAFE_INTEGER);
}
