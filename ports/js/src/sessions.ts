import { type Bytes, sameBytes, takeBytes, takeInteger } from "./bytes.js";
import * as engine from "./engine.js";
import { Refused, SessionRejected } from "./errors.js";
import { fillRandom } from "./keytext.js";
import * as limits from "./limits.js";
import type { PayloadType } from "./payload.js";
import { checkPolicy, type PolicyOptions } from "./policy.js";
import { digest, type RevocationRecord } from "./records.js";
import { type Published, RevocationList } from "./revocations.js";
import { deriveUnit, KeyRing, useRing } from "./ring.js";
import { context } from "./seal.js";
import { Session, unwrap, wrap } from "./session.js";
import { type Clock, systemClock } from "./time.js";

export interface SessionsOptions<T> {
  readonly ring: KeyRing;
  /** What the tokens are for: 1 to 255 bytes, compared as bytes. */
  readonly purpose: Bytes;
  /** For which service: 0 to 255 bytes, compared as bytes. Default empty. */
  readonly audience?: Bytes;
  readonly policy: PolicyOptions;
  readonly payload: PayloadType<T>;
  /** "none" says explicitly that nothing can be revoked before its deadline. */
  readonly revocations: RevocationList | "none";
  /** Unix seconds. Default: the clock of the revocation list, else the system's. */
  readonly clock?: Clock;
  /** For a server that never seals and never revokes: only `verify` works. */
  readonly verifyOnly?: boolean;
  /**
   * Longest token text where there is less room than 4096 characters: `COOKIE_TOKEN_MAX` in a cookie,
   * or a session may fit at login and not at its renewal.
   */
  readonly maxToken?: number;
}

export interface BindingOptions {
  /**
   * Up to 1024 bytes that both sides know and the token does not carry, as a device id. The token
   * opens only with the same.
   */
  readonly binding?: Bytes;
}

export interface IssueOptions<T> extends BindingOptions {
  /** Whose session it is: up to 255 bytes; empty or absent for nobody's. */
  readonly subject?: Bytes;
  readonly value: T;
}

/** A new token and what is in it. */
export interface Sealed<T> {
  readonly token: string;
  readonly session: Session<T>;
}

/** Issues, verifies and ends the sessions of one purpose and audience (Section 8). */
export class Sessions<T> {
  readonly #setting: engine.Setting<T>;
  readonly #list: RevocationList | undefined;
  readonly #ring: KeyRing;
  readonly #verifyOnly: boolean;

  /** @throws Refused if a setting is outside its limits or does not fit the ring. */
  constructor(options: SessionsOptions<T>) {
    if (typeof options !== "object" || options === null) throw new Refused("sessions: no options");
    if (!(options.ring instanceof KeyRing)) throw new Refused("sessions: ring must be a KeyRing");
    const list = options.revocations;
    if (list !== "none" && !(list instanceof RevocationList)) {
      throw new Refused("sessions: revocations must be a RevocationList, or 'none' explicitly");
    }
    if (typeof options.payload?.read !== "function") throw new Refused("sessions: no payload type");
    const purpose = takeBytes(options.purpose, "purpose", 1, limits.PURPOSE_MAX);
    const audience = takeBytes(options.audience ?? "", "audience", 0, limits.AUDIENCE_MAX);
    this.#verifyOnly = options.verifyOnly === true;
    const policy = checkPolicy(options.policy, !this.#verifyOnly);
    const ctx = context(purpose, audience);
    this.#ring = options.ring;
    this.#list = list === "none" ? undefined : list;
    this.#setting = {
      keys: useRing(options.ring, ctx, policy.ttl),
      context: ctx,
      policy,
      payload: options.payload,
      view: this.#list ?? NO_REVOCATIONS,
      clock: options.clock ?? this.#list?.clock ?? systemClock,
      maxToken: takeInteger(
        options.maxToken ?? limits.TOKEN_MAX,
        "maxToken",
        limits.TOKEN_MIN,
        limits.TOKEN_MAX,
      ),
    };
    this.#list?.serve(policy);
  }

  /**
   * The session of a token, whatever is handed in. `sensitive` refuses to rely on a stale revocation
   * view, whatever grace the policy gives.
   *
   * @throws SessionRejected if it is not the token of a live session; SessionUnavailable if the
   * server cannot tell.
   */
  verify(token: unknown, options: BindingOptions & { sensitive?: boolean } = {}): Session<T> {
    const binding = takeBinding(options);
    const verified = engine.verify(this.#setting, token, binding, options?.sensitive === true);
    return wrap(verified, this.#setting.policy.leeway);
  }

  /**
   * Begins a session, right after the user's credentials were checked. If the request presents one
   * already, that has to end: with `reauthenticate`, or `logout` of its token.
   */
  issue(options: IssueOptions<T>): Sealed<T> {
    return this.#issue(options).sealed;
  }

  /** A token with a later idle deadline, or null while none is due. */
  renew(session: Session<T>): Sealed<T> | null {
    const verified = this.#known(session);
    const draft = engine.renew(this.#setting, verified);
    return draft === undefined ? null : this.#seal(draft, verified.binding);
  }

  /** A token with a new payload. Tokens sealed earlier for the session stay acceptable. */
  update(session: Session<T>, value: T): Sealed<T> {
    const verified = this.#known(session);
    const content = this.#setting.payload.write(value);
    return this.#seal(engine.update(this.#setting, verified, content), verified.binding);
  }

  /**
   * A token of the next generation, after which every earlier token of the session is refused; for a
   * change of privilege. Without a value the payload stays.
   */
  async rotate(session: Session<T>, change?: { value: T }): Promise<Sealed<T>> {
    const verified = this.#known(session);
    const list = this.#publisher();
    const content = change == null ? undefined : this.#setting.payload.write(change.value);
    const draft = engine.rotate(this.#setting, verified, content);
    await list.publishRotation(draft.claims.sessionId, draft.claims.generation, draft.now);
    return this.#seal(draft, verified.binding);
  }

  /** A new login in place of a session, after the credentials were checked again. */
  async reauthenticate(session: Session<T>, options: IssueOptions<T>): Promise<Sealed<T>> {
    const verified = this.#own(session);
    const list = this.#publisher();
    const { sealed, now } = this.#issue(options);
    await list.publish(loggedOut(verified.claims.sessionId), now);
    return sealed;
  }

  /**
   * Ends one session. Given a token, also an expired one, it ends the session the token belongs to; a
   * token that does not open is rejected.
   */
  async logout(of: Session<T> | string, options: BindingOptions = {}): Promise<Published> {
    const list = this.#publisher();
    const binding = takeBinding(options);
    const now = engine.timeNow(this.#setting);
    const id = unwrap(of)?.claims.sessionId ?? engine.identify(this.#setting, of, binding, now);
    return list.publish(loggedOut(id), now);
  }

  /** Ends all sessions of a subject that started before now, or before a given time. */
  async logoutEverywhere(subject: Bytes, options: { before?: number } = {}): Promise<Published> {
    const bytes = takeBytes(subject, "subject", 1, limits.SUBJECT_MAX);
    return this.#cutOff(2, bytes, undefined, options?.before);
  }

  /** Ends all other sessions of the subject of a session. */
  async logoutOthers(session: Session<T>): Promise<Published> {
    const { claims } = this.#own(session);
    if (claims.subject.length === 0) throw new Refused("a session without subject has no others");
    return this.#cutOff(2, claims.subject, claims.sessionId, undefined);
  }

  /** Ends all sessions of this purpose and audience that started before now or a given time. */
  async logoutAll(options: { before?: number } = {}): Promise<Published> {
    return this.#cutOff(3, new Uint8Array(0), undefined, options?.before);
  }

  /**
   * Refuses everything under a key for ever, and all sessions of this purpose and audience, because a
   * forged token may have been renewed under another key. Disable the key in the ring file as well,
   * and call this again when B has passed (Section 9.11).
   */
  async distrustKey(kid: string): Promise<Published> {
    if (typeof kid !== "string" || !/^[0-9a-f]{8}$/.test(kid)) {
      throw new Refused("a kid has 8 lower-case hexadecimal digits");
    }
    const bytes = Uint8Array.from(kid.match(/../g) as string[], (pair) => parseInt(pair, 16));
    const now = engine.timeNow(this.#setting);
    const entry = { kind: 4, key: digest(4, bytes), value: limits.FOREVER, exempt: undefined } as const;
    const results = [
      await this.#publisher().publish(entry, now),
      await this.#cutOff(3, new Uint8Array(0), undefined, undefined, now),
    ];
    return results.find((result) => result === "pending") ?? (results[0] as Published);
  }

  /** The text of the key derived from a root key of the ring for this purpose and audience alone. */
  unitKeyText(kid: string): string {
    return deriveUnit(this.#ring, kid, this.#setting.context);
  }

  async #cutOff(
    kind: 2 | 3,
    subject: Uint8Array,
    exempt: Uint8Array | undefined,
    before: number | undefined,
    at?: number,
  ): Promise<Published> {
    const list = this.#publisher();
    const now = at ?? engine.timeNow(this.#setting);
    const cutoff = engine.cutoff(this.#setting, subject, before, now);
    const key = kind === 2 ? digest(2, subject) : digest(3, this.#setting.context);
    return list.publish({ kind, key, value: BigInt(cutoff), exempt }, now);
  }

  #issue(options: IssueOptions<T>): { sealed: Sealed<T>; now: number } {
    this.#mayIssue();
    if (typeof options !== "object" || options === null) throw new Refused("issue: no options");
    const binding = takeBinding(options);
    const subject = takeBytes(options.subject ?? "", "subject", 0, limits.SUBJECT_MAX);
    const content = this.#setting.payload.write(options.value);
    const draft = engine.issue(this.#setting, randomSessionId, subject, content);
    return { sealed: this.#seal(draft, binding), now: draft.now };
  }

  #mayIssue(): void {
    if (this.#verifyOnly) throw new Refused("sessions: built with verifyOnly");
  }

  #publisher(): RevocationList {
    this.#mayIssue();
    if (this.#list === undefined) throw new Refused("sessions: built without a revocation list");
    return this.#list;
  }

  /** Whether it is one of this purpose and audience shows in Recheck. */
  #known(session: unknown): engine.Verified<T> {
    this.#mayIssue();
    const verified = unwrap(session);
    if (verified === undefined) throw new SessionRejected("tag");
    return verified as engine.Verified<T>;
  }

  /** A session of another purpose, audience or package version is rejected like a foreign token. */
  #own(session: unknown): engine.Verified<T> {
    const verified = this.#known(session);
    if (!sameBytes(verified.context, this.#setting.context)) throw new SessionRejected("tag");
    return verified;
  }

  #seal(draft: engine.Draft, binding: Uint8Array): Sealed<T> {
    const { token, verified } = engine.seal(this.#setting, draft, binding);
    return { token, session: wrap(verified, this.#setting.policy.leeway) };
  }
}

const NO_REVOCATIONS: engine.View = {
  highWater: 0,
  viewState: () => ({ kind: "fresh" }),
  isRevoked: () => false,
  distrusts: () => false,
  latestCutoff: () => 0,
  cutoffBound: () => 0,
};

function loggedOut(sessionId: Uint8Array): Omit<RevocationRecord, "expires"> {
  return { kind: 1, key: sessionId, value: BigInt(limits.LOGGED_OUT), exempt: undefined };
}

function randomSessionId(): Uint8Array {
  const id = new Uint8Array(limits.SESSION_ID_LEN);
  fillRandom(id);
  return id;
}

function takeBinding(options: BindingOptions | null | undefined): Uint8Array {
  return takeBytes(options?.binding ?? "", "binding", 0, limits.BINDING_MAX);
}
