import { takeInteger } from "./bytes.js";
import type { Claims } from "./claims.js";
import { Refused, type Reason } from "./errors.js";
import * as limits from "./limits.js";

/** How long sessions live; all times in seconds (Section 8.1). */
export interface PolicyOptions {
  /** Longest pause between two uses. "none" says that a session has no such limit. */
  readonly idle: number | "none";
  /** Longest life of a session, from login on. */
  readonly absolute: number;
  /** Added to deadlines, for clocks that differ. 0 to 300, default 0. */
  readonly leeway?: number;
  /** How far ahead of this server's clock a token may begin. 0 to 300, default 60. */
  readonly tolerance?: number;
  /** By how much the clocks of the servers may differ when a cut-off is made. Default 2. */
  readonly skew?: number;
  /** Part of the idle timeout after which a renewal is due: [p, q] for p/q below 1. Default 1/2. */
  readonly share?: readonly [number, number];
  /**
   * What ordinary verification does while the revocation view is stale: "closed" (the default), or
   * accept for so many seconds after the last proof of freshness. More than half the token lifetime
   * is refused unless `dangerouslyLong` is set beside it.
   */
  readonly stale?: "closed" | { readonly grace?: number; readonly dangerouslyLong?: boolean };
}

/** A checked policy. */
export interface Policy {
  /** 0 means none. */
  readonly idle: number;
  readonly absolute: number;
  readonly leeway: number;
  readonly tolerance: number;
  readonly skew: number;
  readonly share: readonly [number, number];
  /** Seconds, or undefined for "closed". */
  readonly grace: number | undefined;
  /** Token lifetime. */
  readonly ttl: number;
}

/** `issues` is false for a server that only verifies: the rule on skew and tolerance is not its. */
export function checkPolicy(options: PolicyOptions, issues: boolean): Policy {
  if (typeof options !== "object" || options === null) throw new Refused("policy: missing");
  const idle = options.idle === "none" ? 0 : takeInteger(options.idle, "policy.idle", 1, limits.U32_MAX);
  const absolute = takeInteger(options.absolute, "policy.absolute", 1, limits.U32_MAX);
  const leeway = takeInteger(options.leeway ?? 0, "policy.leeway", 0, limits.LEEWAY_MAX);
  const tolerance = takeInteger(
    options.tolerance ?? limits.TOLERANCE_DEFAULT,
    "policy.tolerance",
    0,
    limits.TOLERANCE_MAX,
  );
  const skew = takeInteger(options.skew ?? limits.SKEW_DEFAULT, "policy.skew", 0, limits.U32_MAX);
  if (issues && skew + 1 > half(tolerance)) {
    throw new Refused(
      `policy: skew + 1 is ${skew + 1} and exceeds half the tolerance, ${half(tolerance)}; ` +
        "such a server could never revoke anything now",
    );
  }
  const ttl = idle > 0 ? Math.min(idle, absolute) : absolute;
  return {
    idle,
    absolute,
    leeway,
    tolerance,
    skew,
    share: checkShare(options.share ?? [1, 2]),
    grace: checkGrace(options.stale ?? "closed", ttl),
    ttl,
  };
}

function checkShare(share: readonly [number, number]): readonly [number, number] {
  if (!Array.isArray(share) || share.length !== 2) throw new Refused("policy.share must be [p, q]");
  const q = takeInteger(share[1], "policy.share, q", 1, limits.U32_MAX);
  return [takeInteger(share[0], "policy.share, p", 0, q - 1), q];
}

function checkGrace(stale: NonNullable<PolicyOptions["stale"]>, ttl: number): number | undefined {
  if (stale === "closed") return undefined;
  if (typeof stale !== "object" || stale === null) {
    throw new Refused("policy.stale must be 'closed' or { grace }");
  }
  const usual = half(ttl);
  const grace = takeInteger(stale.grace ?? usual, "policy.stale.grace", 0, limits.U32_MAX);
  if (grace > usual && stale.dangerouslyLong !== true) {
    throw new Refused(
      `policy.stale.grace of ${grace} seconds exceeds half the token lifetime, ${usual}; ` +
        "revoked sessions would go on living, set dangerouslyLong if that is meant",
    );
  }
  return grace;
}

export function half(seconds: number): number {
  return Math.floor(seconds / 2);
}

/** The stricter of token and policy for each timeout. */
export function effective(claims: Claims, policy: Policy): { idle: number; absolute: number } {
  const idle =
    claims.idle === 0 || policy.idle === 0
      ? Math.max(claims.idle, policy.idle)
      : Math.min(claims.idle, policy.idle);
  return { idle, absolute: Math.min(claims.absolute, policy.absolute) };
}

/** CheckTime of Section 8.2: the reason to reject, or undefined. */
export function checkTime(claims: Claims, policy: Policy, now: number): TimeReason | undefined {
  const { idle, absolute } = effective(claims, policy);
  const latest = now + policy.tolerance;
  if (claims.authenticatedAt > latest || claims.issuedAt > latest) return "not-yet";
  if (now >= claims.authenticatedAt + absolute + policy.leeway) return "expired";
  if (idle > 0 && now >= claims.issuedAt + idle + policy.leeway) return "idle";
  return undefined;
}

export type TimeReason = Extract<Reason, "not-yet" | "expired" | "idle">;

/** Section 8.10: whether something of the age now - since is too old for a limit of d seconds. */
export function tooOld(since: number, now: number, d: number, leeway: number): boolean {
  return Math.max(0, now - since) >= d + leeway;
}
