import { SessionUnavailable } from "./errors.js";
import { TIME_MAX } from "./limits.js";

/** Gives Unix seconds; fractions are rounded down. */
export type Clock = () => number;

/** Gives seconds since any fixed moment; never goes back. For ages, not for dates. */
export type MonotonicClock = () => number;

export const systemClock: Clock = () => Math.floor(Date.now() / 1000);

export const systemMonotonic: MonotonicClock = () => globalThis.performance.now() / 1000;

/** Section 8.2: the time of the clock, not before the high-water mark. */
export function readClock(clock: Clock, highWater: number): number {
  let seconds: unknown;
  try {
    seconds = clock();
  } catch (cause) {
    throw new SessionUnavailable("clock", { cause });
  }
  const whole = typeof seconds === "number" ? Math.floor(seconds) : NaN;
  if (!(whole >= 0 && whole <= TIME_MAX)) throw new SessionUnavailable("clock");
  return Math.max(whole, highWater);
}

/** Seconds; undefined where the clock fails: null and NaN would count as less than every bound. */
export function readMonotonic(clock: MonotonicClock): number | undefined {
  let moment: unknown;
  try {
    moment = clock();
  } catch {
    return undefined;
  }
  return typeof moment === "number" && Number.isFinite(moment) ? moment : undefined;
}
