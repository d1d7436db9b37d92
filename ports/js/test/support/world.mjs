// A small deployment with a clock that tests move by hand.
import {
  KeyRing, RevocationList, Sessions, generateRootKey, rawPayload, structuredPayload, t,
} from "cloakroom";

export const START = 1_800_000_000;

export const user = structuredPayload({
  major: 1,
  minor: 0,
  type: t.struct({ id: t.u64, name: t.str, admin: t.bool }),
});
export const ada = { id: 42n, name: "Ada", admin: false };

export function stamp(seconds) {
  return new Date(seconds * 1000).toISOString().replace(".000", "");
}

/** `lines` are the ends of key lines: `activate=...`. */
export function ringText(lines, { maxLifetime = 28_800, rollout = 3600, keys = [] } = {}) {
  const text = lines.map((line, i) => `key ${keys[i] ?? generateRootKey()} ${line}`);
  return [`cloakroom-ring 1`, `max-lifetime ${maxLifetime}`, `rollout ${rollout}`, ...text].join("\n");
}

export const policy = { idle: 1800, absolute: 28_800 };

/** Sessions over one ring and one list, with `world.now` as the time. */
export function makeWorld(options = {}) {
  const world = { now: START, mono: 0 };
  const clock = () => world.now;
  const monotonic = () => world.mono;
  world.ringText = options.ringText ?? ringText([`activate=${stamp(START - 86_400)}`]);
  world.ring = KeyRing.parse(world.ringText, { clock });
  world.list = options.list === "none"
    ? "none"
    : new RevocationList({ clock, monotonic, ...options.list });
  world.sessions = (more = {}) =>
    new Sessions({
      ring: world.ring,
      purpose: "session",
      audience: "api.example.com",
      policy,
      payload: user,
      revocations: world.list,
      clock,
      ...more,
    });
  world.main = world.sessions(options.sessions);
  world.login = (more = {}) => world.main.issue({ subject: "user-42", value: ada, ...more });
  return world;
}

export const raw = rawPayload(1);

/** Milliseconds of processor time so far: other work on the machine does not count. */
export function cpuTime() {
  const { user: own, system } = process.cpuUsage();
  return (own + system) / 1000;
}

/** Runs and returns the error; no error is a failure. */
export function errorOf(run) {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

export async function errorOfAsync(run) {
  try {
    await run();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
