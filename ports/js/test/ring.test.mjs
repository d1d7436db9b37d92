// Key rings in use: states by time, replacement, derived keys.
import assert from "node:assert/strict";
import test from "node:test";
import { KeyRing, Refused, SessionRejected, SessionUnavailable, generateRootKey } from "cloakroom";
import { unitText } from "../dist/keytext.js";
import { context } from "../dist/seal.js";
import { ada, errorOf, makeWorld, policy, ringText, stamp, START } from "./support/world.mjs";

const keys = [generateRootKey(), generateRootKey(), generateRootKey()];
const at = (seconds) => `activate=${stamp(START + seconds)}`;
const LIFE = 28_800 + 3600;

test("keys take over at their time, announced ones open, retired ones do not", () => {
  const world = makeWorld({ ringText: ringText([at(-10), at(1000)], { keys }) });
  const ahead = makeWorld({ ringText: world.ringText });
  ahead.now = START + 1000;
  const early = ahead.login();
  world.now = START + 999;
  const late = world.login();
  assert.notEqual(early.session.kid, late.session.kid);
  world.main.verify(early.token);
  world.now = START + 1000;
  assert.equal(world.login().session.kid, early.session.kid);
  assert.deepEqual(world.ring.describe().map((key) => key.state), ["open-only", "sealing"]);
  assert.deepEqual(world.ring.describe(START - 11).map((key) => key.state), ["announced", "announced"]);
  const [first, second] = world.ring.describe(START + 1000 + LIFE);
  assert.deepEqual([first.state, first.retirement], ["retired", START + 1000 + LIFE]);
  assert.deepEqual([second.state, second.retirement], ["sealing", undefined]);
});

test("a ring file behind a password is refused by name", () => {
  for (const text of ["clkwrap1.AABMAAAAAAIAAAAB", "clkwrap1.", "clkwrap1.x\n"]) {
    assert.match(errorOf(() => KeyRing.parse(text)).message, /wrapped with a password/);
  }
});

test("a renewal moves a session to the sealing key", () => {
  const world = makeWorld({ ringText: ringText([at(-10), at(1000)], { keys }) });
  const { session } = world.login();
  world.now = START + 1000;
  const renewed = world.main.renew(session).session;
  assert.notEqual(renewed.kid, session.kid);
  assert.notEqual(renewed.logId, session.logId);
  assert.deepEqual(renewed.id, session.id);
});

test("sealing is unavailable before the first activation, opening is not", () => {
  const world = makeWorld({ ringText: ringText([at(0)], { keys }) });
  const { token } = world.login();
  world.now = START - 1;
  assert.equal(errorOf(() => world.login()).reason, "no-sealing-key");
  world.main.verify(token);
});

test("a new file takes effect at once for everything over the ring, or not at all", () => {
  const world = makeWorld({ ringText: ringText([at(-10)], { keys }) });
  const other = world.sessions({ audience: "other" });
  const { token, session } = world.login();
  const next = ringText([at(-10), at(-5)], { keys });
  assert.ok(errorOf(() => world.ring.replace(`${next}\noops`)) instanceof Refused);
  assert.equal(world.login().session.kid, session.kid);
  world.ring.replace(next);
  assert.notEqual(world.login().session.kid, session.kid);
  assert.notEqual(other.issue({ value: ada }).session.kid, session.kid);
  world.main.verify(token);
});

test("a replacement keeps keys whose tokens may live, unless it is forced", () => {
  const world = makeWorld({ ringText: ringText([at(-10)], { keys }) });
  const { token } = world.login();
  const without = ringText([at(-5)], { keys: [keys[1]] });
  assert.match(errorOf(() => world.ring.replace(without)).message, /lacks the key/);
  const early = ringText([`${at(-10)} retire=${stamp(START + 28_799)} forced`, at(-5)], { keys });
  assert.match(errorOf(() => world.ring.replace(early)).message, /1 seconds before/);
  world.ring.replace(early.replace(stamp(START + 28_799), stamp(START + 28_800)));
  world.main.verify(token);
  world.ring.replace(without, { force: true });
  assert.equal(errorOf(() => world.main.verify(token)).stage, "key");
});

test("a disabled key ends its sessions at once", () => {
  const world = makeWorld({ ringText: ringText([at(-10)], { keys }) });
  const { token, session } = world.login();
  world.ring.replace(ringText([`${at(-10)} disabled`, at(-5)], { keys }));
  for (const run of [() => world.main.verify(token), () => world.main.renew(session)]) {
    const error = errorOf(run);
    assert.ok(error instanceof SessionRejected && error.stage === "key");
  }
});

test("a new file must serve the configurations over the ring", () => {
  const world = makeWorld({ ringText: ringText([at(-10)], { keys }) });
  const short = (maxLifetime) => ringText([at(-10)], { keys, maxLifetime });
  assert.match(errorOf(() => world.ring.replace(short(1799))).message, /max-lifetime/);
  world.ring.replace(short(1800));
  assert.ok(errorOf(() => world.sessions({ policy: { ...policy, idle: 1801 } })) instanceof Refused);
});

test("a derived key seals and opens for its purpose and audience alone", () => {
  const world = makeWorld({ ringText: ringText([at(-10)], { keys }) });
  const { token, session } = world.login();
  const unit = world.main.unitKeyText(session.kid);
  assert.match(unit, /^clksub1\.[A-Za-z0-9_-]{56}$/);
  const service = makeWorld({ ringText: ringText([at(-10)], { keys: [unit] }) });
  assert.equal(service.main.verify(token).subject, "user-42");
  world.main.verify(service.login().token);
  assert.ok(errorOf(() => service.sessions({ audience: "other" })) instanceof Refused);
  assert.ok(errorOf(() => service.sessions({ purpose: "other" })) instanceof Refused);
  assert.ok(errorOf(() => service.main.unitKeyText(session.kid)) instanceof Refused);
  assert.ok(errorOf(() => world.main.unitKeyText("00000000")) instanceof Refused);
  const foreign = world.sessions({ audience: "other" }).unitKeyText(session.kid);
  const both = ringText([at(-10), at(-5)], { keys: [unit, foreign] });
  assert.ok(errorOf(() => service.ring.replace(both)) instanceof Refused);
});

test("a new key with the kid of an old one is the new key", () => {
  // Made for one audience, so that their kids can be written as one likes.
  const ctx = context(...["session", "api.example.com"].map((s) => new TextEncoder().encode(s)));
  const unit = (fill) =>
    unitText({ form: "root", kid: Uint8Array.of(1, 2, 3, 4), secret: Uint8Array.from({ length: 32 }, (_, i) => i + fill) }, ctx);
  const world = makeWorld({ ringText: ringText([at(-10)], { keys: [unit(0)] }) });
  const { token } = world.login();
  world.ring.replace(ringText([at(-10)], { keys: [unit(1)] }));
  assert.equal(errorOf(() => world.main.verify(token)).stage, "tag");
  assert.equal(world.login().session.kid, "01020304");
});

test("a fresh root key is read back, and no two are equal", () => {
  const many = Array.from({ length: 100 }, () => generateRootKey());
  assert.equal(new Set(many).size, 100);
  const ring = KeyRing.parse(ringText(many.map((_, i) => at(i - 200)), { keys: many }), { clock: () => START });
  assert.equal(ring.describe().length, 100);
  assert.equal(ring.describe().filter((key) => key.state === "sealing").length, 1);
});

test("a ring is not loaded by a broken clock", () => {
  for (const time of [NaN, -1, undefined]) {
    const error = errorOf(() => KeyRing.parse(ringText([at(-10)]), { clock: () => time }));
    assert.ok(error instanceof SessionUnavailable);
  }
});
