// The life of sessions through the public interface: issue, verify, renew, update, rotate, log out.
import assert from "node:assert/strict";
import test from "node:test";
import { Refused, SessionRejected, SessionUnavailable, generateRootKey } from "cloakroom";
import {
  ada, errorOf, errorOfAsync, makeWorld, policy, raw, ringText, stamp, START,
} from "./support/world.mjs";

function rejection(run, stage, reason) {
  const error = errorOf(run);
  assert.ok(error instanceof SessionRejected, String(error));
  assert.deepEqual([error.stage, error.reason], [stage, reason ?? error.reason]);
  assert.equal(error.message, "session rejected");
}

async function rejectionAsync(run, stage, reason) {
  const error = await errorOfAsync(run);
  rejection(() => { throw error; }, stage, reason);
}

test("a session comes back as it was issued", () => {
  const world = makeWorld();
  const { token, session } = world.login();
  const back = world.main.verify(token);
  for (const s of [session, back]) {
    assert.deepEqual(s.value, ada);
    assert.equal(s.subject, "user-42");
    assert.equal(s.generation, 0);
    assert.equal(s.authenticatedAt, START);
    assert.equal(s.issuedAt, START);
    assert.deepEqual([s.idle, s.absolute, s.deadline], [1800, 28_800, START + 1800]);
    assert.deepEqual(s.schema, { major: 1, minor: 0 });
    assert.equal(s.readOnly, false);
    assert.match(s.kid, /^[0-9a-f]{8}$/);
    assert.match(s.logId, /^[0-9a-f]{16}$/);
    assert.match(s.tokenRef, /^[0-9a-f]{48}$/);
    assert.equal(s.id.length, 16);
  }
  assert.deepEqual(back.id, session.id);
  assert.notEqual(world.login().token, token, "a session id was drawn twice");
});

test("nobody's session has no subject", () => {
  const world = makeWorld();
  const { token } = world.main.issue({ value: ada });
  assert.equal(world.main.verify(token).subject, "");
});

test("purpose, audience and binding separate", () => {
  const world = makeWorld();
  const { token, session } = world.login({ binding: "a" });
  rejection(() => world.main.verify(token), "tag", "invalid");
  rejection(() => world.main.verify(token, { binding: "b" }), "tag");
  for (const other of [{ purpose: "reset" }, { audience: "" }, { purpose: "sessiona", audience: "pi.example.com" }]) {
    const foreign = world.sessions(other);
    rejection(() => foreign.verify(token, { binding: "a" }), "tag");
    rejection(() => foreign.renew(session), "tag");
    rejection(() => foreign.update(session, ada), "tag");
  }
  assert.equal(world.sessions().verify(token, { binding: new Uint8Array([97]) }).value.id, 42n);
});

test("the idle deadline ends a session in its second, and leeway moves it", () => {
  const world = makeWorld();
  const lenient = world.sessions({ policy: { ...policy, leeway: 5 } });
  const { token } = world.login();
  world.now = START + 1799;
  world.main.verify(token);
  world.now = START + 1800;
  rejection(() => world.main.verify(token), "time", "idle");
  lenient.verify(token);
  world.now = START + 1805;
  rejection(() => lenient.verify(token), "time", "idle");
});

test("the absolute deadline ends a session however active it is", () => {
  const world = makeWorld({ sessions: { policy: { idle: 1800, absolute: 5000 } } });
  let { token, session } = world.login();
  for (const at of [1700, 3400, 4900]) {
    world.now = START + at;
    ({ token, session } = world.main.renew(world.main.verify(token)));
  }
  assert.equal(session.deadline, START + 5000);
  world.now = START + 4999;
  world.main.verify(token);
  world.now = START + 5000;
  rejection(() => world.main.verify(token), "time", "expired");
  rejection(() => world.main.renew(session), "time", "expired");
});

test("a token may begin as far ahead as the tolerance", () => {
  const world = makeWorld();
  const { token } = world.login();
  world.now = START - 60;
  world.main.verify(token);
  world.now = START - 61;
  rejection(() => world.main.verify(token), "time", "not-yet");
});

test("a verifier can be stricter than the token and never laxer", () => {
  const world = makeWorld();
  const { token } = world.login();
  const strict = world.sessions({ policy: { idle: 100, absolute: 200 } });
  const lax = world.sessions({ policy: { idle: "none", absolute: 28_800 } });
  world.now = START + 100;
  rejection(() => strict.verify(token), "time", "idle");
  world.now = START + 1800;
  rejection(() => lax.verify(token), "time", "idle");
});

test("a renewal is due after its share of the idle timeout and only then", () => {
  const world = makeWorld({ sessions: { policy: { ...policy, share: [1, 3] } } });
  const { token, session } = world.login();
  world.now = START + 599;
  assert.equal(world.main.renew(session), null);
  world.now = START + 600;
  const renewed = world.main.renew(session);
  assert.notEqual(renewed.token, token);
  const back = world.main.verify(renewed.token);
  assert.equal(back.issuedAt, START + 600);
  assert.equal(back.authenticatedAt, START);
  assert.deepEqual([back.id, back.value, back.generation], [session.id, ada, 0]);
  const endless = world.sessions({ policy: { idle: "none", absolute: 28_800, share: [1, 3] } });
  assert.equal(endless.renew(session).session.idle, 1800);
});

test("an update changes the payload and leaves older tokens alive", () => {
  const world = makeWorld();
  const { token, session } = world.login();
  world.now += 10;
  const updated = world.main.update(session, { ...ada, admin: true });
  assert.equal(world.main.verify(updated.token).value.admin, true);
  assert.equal(world.main.verify(token).value.admin, false);
  assert.equal(updated.session.generation, 0);
});

test("a rotation ends every earlier token", async () => {
  const world = makeWorld();
  const { token, session } = world.login();
  const first = await world.main.rotate(session, { value: { ...ada, admin: true } });
  rejection(() => world.main.verify(token), "revoked", "revoked");
  assert.deepEqual([first.session.generation, first.session.value.admin], [1, true]);
  const second = await world.main.rotate(world.main.verify(first.token));
  rejection(() => world.main.verify(first.token), "revoked");
  assert.equal(world.main.verify(second.token).value.admin, true);
  await rejectionAsync(() => world.main.rotate(session), "revoked");
  rejection(() => world.main.renew(session), "revoked");
  rejection(() => world.main.update(session, ada), "revoked");
});

test("of two rotations at once one is rejected", async () => {
  const slow = { append: () => new Promise((done) => setTimeout(done, 5)), setHighWater() {} };
  const world = makeWorld({ list: { local: slow } });
  const { session } = world.login();
  const results = await Promise.allSettled([world.main.rotate(session), world.main.rotate(session)]);
  assert.deepEqual(results.map((r) => r.status), ["fulfilled", "rejected"]);
  assert.equal(results[1].reason.stage, "revoked");
});

test("a rotation without a durable entry gives no token, and the old one is refused", async () => {
  const failing = { append: () => Promise.reject(new Error("disk full")), setHighWater() {} };
  const world = makeWorld({ list: { local: failing } });
  const { token, session } = world.login();
  const error = await errorOfAsync(() => world.main.rotate(session));
  assert.ok(error instanceof SessionUnavailable);
  assert.equal(error.reason, "store");
  rejection(() => world.main.verify(token), "revoked");
});

test("a reauthentication is a new session and ends the old one", async () => {
  const world = makeWorld();
  const { token, session } = world.login();
  world.now += 100;
  const fresh = await world.main.reauthenticate(session, { subject: "user-42", value: ada });
  assert.notDeepEqual(fresh.session.id, session.id);
  assert.equal(fresh.session.authenticatedAt, START + 100);
  rejection(() => world.main.verify(token), "revoked");
  world.main.verify(fresh.token);
});

test("logging out ends a session and its copies, by session or by token", async () => {
  const world = makeWorld();
  const one = world.login();
  const two = world.login({ binding: "b" });
  world.now += 900;
  const renewed = world.main.renew(one.session);
  assert.equal(await world.main.logout(one.session), "in-memory");
  rejection(() => world.main.verify(one.token), "revoked");
  rejection(() => world.main.verify(renewed.token), "revoked");
  world.main.verify(two.token, { binding: "b" });
  await rejectionAsync(() => world.main.logout(two.token), "tag");
  const copy = world.main.renew(two.session);
  world.now = START + 1800;
  rejection(() => world.main.verify(two.token, { binding: "b" }), "time", "idle");
  await world.main.logout(two.token, { binding: "b" });
  rejection(() => world.main.verify(copy.token, { binding: "b" }), "revoked");
});

test("a token under a retired key still logs its session out, under a disabled key it does not", async () => {
  const keys = [generateRootKey(), generateRootKey()];
  const next = START + 100;
  const lines = (old) => [`activate=${stamp(START - 9)}${old}`, `activate=${stamp(next)}`];
  const world = makeWorld({ ringText: ringText(lines(` retire=${stamp(next)} forced`), { keys }) });
  const { token, session } = world.login();
  world.now = next;
  rejection(() => world.main.verify(token), "key", "invalid");
  rejection(() => world.main.renew(session), "key");
  await world.main.logout(token);
  assert.equal(world.list.counts.entries, 1);
  world.ring.replace(ringText(lines(" disabled"), { keys }), { force: true });
  await rejectionAsync(() => world.main.logout(token), "key");
});

test("logging out everywhere spares the login that follows, twice in a row too", async () => {
  const world = makeWorld();
  const before = world.login();
  const other = world.login({ subject: "user-43" });
  await world.main.logoutEverywhere("user-42");
  rejection(() => world.main.verify(before.token), "revoked");
  const after = world.login();
  assert.equal(after.session.authenticatedAt, START + 3);
  world.main.verify(after.token);
  world.main.verify(other.token);
  await world.main.logoutEverywhere("user-42");
  rejection(() => world.main.verify(after.token), "revoked");
  world.main.verify(world.login().token);
});

test("logging out the other sessions spares the one that asks", async () => {
  const world = makeWorld();
  const [here, there] = [world.login(), world.login()];
  await world.main.logoutOthers(here.session);
  world.main.verify(here.token);
  rejection(() => world.main.verify(there.token), "revoked");
  await world.main.logoutOthers(world.login().session);
  rejection(() => world.main.verify(here.token), "revoked");
  const nobody = world.main.issue({ value: ada }).session;
  assert.ok((await errorOfAsync(() => world.main.logoutOthers(nobody))) instanceof Refused);
});

test("a cut-off may lie in the past and not far in the future", async () => {
  const world = makeWorld();
  const early = world.login();
  world.now += 100;
  const late = world.login();
  await world.main.logoutEverywhere("user-42", { before: START + 50 });
  rejection(() => world.main.verify(early.token), "revoked");
  world.main.verify(late.token);
  const refusal = await errorOfAsync(() => world.main.logoutAll({ before: world.now + 31 }));
  assert.ok(refusal instanceof Refused);
  await world.main.logoutAll({ before: world.now + 30 });
  rejection(() => world.main.verify(late.token), "revoked");
});

test("ending everything concerns one purpose and audience", async () => {
  const world = makeWorld();
  const other = world.sessions({ audience: "other" });
  const [here, there] = [world.login(), other.issue({ value: ada })];
  await world.main.logoutAll();
  rejection(() => world.main.verify(here.token), "revoked");
  other.verify(there.token);
});

test("nothing is sealed under a distrusted key", async () => {
  const world = makeWorld();
  const { token, session } = world.login();
  await world.main.distrustKey(session.kid);
  rejection(() => world.main.verify(token), "revoked");
  world.now += 10;
  assert.match(errorOf(() => world.login()).message, /distrusted/);
  world.ring.replace(ringText([`activate=${stamp(START)}`]), { force: true });
  const later = world.login();
  world.now += 10;
  // The forger may have exchanged his token, so every session of the audience has to log in again.
  await world.main.distrustKey(session.kid);
  rejection(() => world.main.verify(later.token), "revoked");
  world.main.verify(world.login().token);
  for (const kid of ["", "0", "ABCDEF01", 5, null, "0011223g"]) {
    assert.ok((await errorOfAsync(() => world.main.distrustKey(kid))) instanceof Refused);
  }
});

test("a session that starts ahead of the clock can be verified and changed, and is not renewed", async () => {
  const world = makeWorld({ sessions: { policy: { ...policy, share: [0, 1] } } });
  await world.main.logoutEverywhere("user-42");
  const { session } = world.login();
  assert.equal(world.main.renew(session), null);
  const changed = world.main.verify(world.main.update(session, ada).token);
  assert.equal(changed.issuedAt, session.issuedAt);
  world.now += 3;
  assert.notEqual(world.main.renew(session), null);
});

test("a clock that fails is no rejection", () => {
  const world = makeWorld();
  const { token } = world.login();
  for (const time of [NaN, -1, Infinity, 253_402_300_800, undefined, null, "1800000000", 1n]) {
    world.now = time;
    const error = errorOf(() => world.main.verify(token));
    assert.ok(error instanceof SessionUnavailable, String(time));
    assert.equal(error.reason, "clock");
    assert.ok(errorOf(() => world.login()) instanceof SessionUnavailable);
  }
  world.now = START + 0.999;
  assert.equal(world.login().session.issuedAt, START);
  const broken = world.sessions({ clock: () => { throw new Error("no clock"); } });
  assert.ok(errorOf(() => broken.verify(token)) instanceof SessionUnavailable);
});

test("age is asked in the time of the verification", () => {
  const world = makeWorld();
  const { token } = world.login();
  world.now += 100;
  const session = world.main.verify(token);
  assert.deepEqual([session.isFreshWithin(100), session.isFreshWithin(101)], [false, true]);
  assert.deepEqual([session.isActiveWithin(100), session.isActiveWithin(101)], [false, true]);
  assert.equal(session.isActiveWithin(0), false);
  for (const age of [NaN, undefined, null, "5", -1, Infinity, 1.5, 5n]) {
    assert.ok(errorOf(() => session.isActiveWithin(age)) instanceof Refused);
    assert.ok(errorOf(() => session.isFreshWithin(age)) instanceof Refused);
  }
});

test("settings outside their limits are refused when they are built", () => {
  const world = makeWorld();
  const refused = (more) => assert.ok(errorOf(() => world.sessions(more)) instanceof Refused, JSON.stringify(more));
  refused({ purpose: "" });
  refused({ purpose: "x".repeat(256) });
  refused({ audience: "é".repeat(128) });
  refused({ ring: {} });
  refused({ revocations: undefined });
  refused({ revocations: {} });
  refused({ payload: undefined });
  refused({ policy: undefined });
  for (const bad of [
    { idle: 0 }, { idle: undefined }, { idle: 4_294_967_296 }, { idle: 1.5 }, { idle: "1800" },
    { absolute: 0 }, { absolute: 4_294_967_296 }, { absolute: 28_801, idle: "none" }, { absolute: NaN },
    { leeway: 301 }, { leeway: -1 }, { tolerance: 301 }, { tolerance: 5 }, { skew: 30 }, { skew: -1 },
    { share: [1, 1] }, { share: [2, 1] }, { share: [0, 0] }, { share: [1, 4_294_967_296] }, { share: "1/2" },
    { stale: "open" }, { stale: { grace: 901 } }, { stale: { grace: -1 } }, { stale: null, idle: 0 },
  ]) {
    refused({ policy: { ...policy, ...bad } });
  }
  refused({ maxToken: 4097 });
  refused({ maxToken: 64 });
  world.sessions({ policy: { ...policy, stale: { grace: 901, dangerouslyLong: true } } });
  world.sessions({ policy: { ...policy, tolerance: 0 }, verifyOnly: true });
  world.sessions({ policy: { ...policy, tolerance: 6 } });
});

test("a verifier alone neither seals nor revokes", async () => {
  const world = makeWorld();
  const { token, session } = world.login();
  const verifier = world.sessions({ verifyOnly: true });
  assert.equal(verifier.verify(token).subject, "user-42");
  assert.ok(errorOf(() => verifier.issue({ value: ada })) instanceof Refused);
  assert.ok(errorOf(() => verifier.renew(session)) instanceof Refused);
  assert.ok((await errorOfAsync(() => verifier.logout(session))) instanceof Refused);
});

test("without a revocation list sessions live, and nothing pretends to revoke", async () => {
  const world = makeWorld({ list: "none" });
  const { token, session } = world.login();
  assert.equal(world.main.verify(token).subject, "user-42");
  for (const run of [() => world.main.logout(session), () => world.main.rotate(session), () => world.main.logoutAll()]) {
    assert.ok((await errorOfAsync(run)) instanceof Refused);
  }
});

test("a session has room for its longest issued_at, and the smaller limit of a transport counts", () => {
  const world = makeWorld({ sessions: { payload: raw, maxToken: 200 } });
  const sizes = [];
  for (let n = 0; n < 200; n++) {
    try {
      sizes.push(world.main.issue({ value: new Uint8Array(n) }).token.length);
    } catch (error) {
      assert.match(error.message, /200 are allowed/);
      break;
    }
  }
  // A session that a configuration with more room sealed stays as it is, and is not renewed.
  const roomy = world.sessions({ payload: raw });
  const { session } = roomy.issue({ value: new Uint8Array(90) });
  world.now += 1000;
  assert.equal(world.main.renew(session), null);
  assert.notEqual(roomy.renew(session), null);
  // Claims of 31 bytes at login, of 33 with the longest offset: 69 bytes of payload fit, not 71.
  assert.equal(sizes.at(-1), 197);
});
