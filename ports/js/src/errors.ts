/** Where the check of a token ended. For logs and counters only, never for the client. */
export type Stage = "text" | "key" | "tag" | "nonce" | "claims" | "schema" | "time" | "revoked";

/** What a rejected token means to the application (Section 8.11). */
export type Reason = "invalid" | "wrong-schema" | "not-yet" | "expired" | "idle" | "revoked";

/** Why the server could not decide. */
export type UnavailableCause =
  | "clock"
  | "no-sealing-key"
  | "view-not-fresh"
  | "random"
  | "store";

/**
 * The token is not accepted. One type and one message for every cause, so that an answer built from
 * the error tells the client nothing. Answer with 401.
 *
 * `reason` and `stage` are getters of the prototype: they do not appear in JSON, in a spread copy or
 * in an inspection of the error. There is no stack trace.
 */
export class SessionRejected extends Error {
  readonly #stage: Stage;
  readonly #reason: Reason;

  /** @internal */
  constructor(stage: Stage, reason: Reason = reasonOf(stage)) {
    const restore = pauseTraces();
    super("session rejected");
    restore();
    this.#stage = stage;
    this.#reason = reason;
  }

  /** For the application's decisions. */
  get reason(): Reason {
    return this.#reason;
  }

  /** For logs and counters. It MUST NOT reach the client. */
  get stage(): Stage {
    return this.#stage;
  }

  override get name(): string {
    return "SessionRejected";
  }
}

/**
 * The server lacks what it needs to decide: neither acceptance nor rejection. Answer with 503; a 401
 * would make the client throw its session away.
 */
export class SessionUnavailable extends Error {
  readonly reason: UnavailableCause;

  /** @internal */
  constructor(reason: UnavailableCause, options?: ErrorOptions) {
    super(`sessions unavailable: ${reason}`, options);
    this.reason = reason;
  }

  override get name(): string {
    return "SessionUnavailable";
  }
}

/**
 * Input of the operator or the application is refused: a key, a ring file, a policy, a login. The
 * message says what is wrong and holds no key bytes, tokens, subjects or payloads.
 */
export class Refused extends Error {
  override get name(): string {
    return "Refused";
  }
}

function reasonOf(stage: Stage): Reason {
  if (stage === "schema") return "wrong-schema";
  if (stage === "revoked") return "revoked";
  return "invalid";
}

/**
 * Stops the recording of stack traces until the returned function is called, within one synchronous
 * step. Rejections are everyday outcomes; recording where they came from would make a forged token
 * cost more than a genuine one.
 */
export function pauseTraces(): () => void {
  const limit: unknown = Reflect.get(Error, "stackTraceLimit");
  // Absent in some engines, and not writable in hardened ones.
  if (typeof limit !== "number" || !Reflect.set(Error, "stackTraceLimit", 0)) return doNothing;
  return () => void Reflect.set(Error, "stackTraceLimit", limit);
}

function doNothing(): void {}
