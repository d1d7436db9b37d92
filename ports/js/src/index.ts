/**
 * Login sessions in encrypted tokens, with revocation and without a session store: format clk1.
 *
 * @packageDocumentation
 */
export type { Bytes } from "./bytes.js";
export {
  type Reason,
  Refused,
  SessionRejected,
  SessionUnavailable,
  type Stage,
  type UnavailableCause,
} from "./errors.js";
export { Feed, type FeedOptions, type FeedStatus } from "./feed.js";
export type { FeedFault, Position } from "./feedbatch.js";
export type { FeedEngine, FeedRead } from "./feedengine.js";
export { generateFeedKey } from "./feedkey.js";
export type { FeedAlarm } from "./follower.js";
export { generateRootKey } from "./keytext.js";
export {
  type Content,
  type Described,
  describedPayload,
  describePayload,
  type FormerShape,
  type PayloadType,
  rawPayload,
  type Shape,
  structuredPayload,
} from "./payload.js";
export type { PolicyOptions } from "./policy.js";
export { type Published, RevocationList, type RevocationListOptions } from "./revocations.js";
export { type KeyInfo, KeyRing, type KeyState } from "./ring.js";
export type { Session } from "./session.js";
export {
  type BindingOptions,
  type IssueOptions,
  type Sealed,
  Sessions,
  type SessionsOptions,
} from "./sessions.js";
export type { LocalStore, RevocationStore } from "./stores.js";
export type { Clock, MonotonicClock } from "./time.js";
export { type Appended, t, type Type, type ValueOf, type VariantContent } from "./types.js";
export {
  COOKIE_TOKEN_MAX,
  isSessionCookie,
  type Presented,
  presentedToken,
  rejection,
  removalCookie,
  sameOrigin,
  type RequestFields,
  type SealedToken,
  sessionCookie,
  unavailability,
} from "./transport.js";
