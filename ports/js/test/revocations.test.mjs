// The revocation list: stores, freshness, quarantine, the life of entries, snapshots.
import assert from "node:assert/strict";
import test from "node:test";
import { Refused, RevocationList, SessionRejected, SessionUnavailable } from "cloakroom";
import { decodeRecord, digest, encodeRecord } from "../dist/records.js";
import { readSnapshot, writeSnapshot } from "../dist/snapshot.js";
import { ada, errorOf, errorOfAsync, makeWorld, policy, START } from "./support/world.mjs";

const text = (s) => new TextEncoder().encode(s);

function cutoff(value, { expires = START + 9999, subject = "user-42", exempt } = {}) {
  return encodeRecord({
    kind: 2, key: digest(2, text(subject)), value: BigInt(value), expires: BigInt(expires), exempt,
  });
}

/** A store that keeps what it accepts and fails when told to. */
function makeStore() {
  const store = { records: [], failing: false, mark: 0, order: [] };
  store.append = async (record) => {
    await null;
    if (store.failing) throw new Error("store failed");
    store.records.push(decodeRecord(record));
  };
  store.setHighWater = async (time) => {
    await null;
    if (store.failing) throw new Error("store failed");
    store.mark = time;
  };
  return store;
}

const isRevoked = (run) => {
  const error = errorOf(run);
  assert.ok(error instanceof SessionRejected && error.stage === "revoked", String(error));
};
const isUnavailable = (run) => {
  const error = errorOf(run);
  assert.ok(error instanceof SessionUnavailable && error.reason === "view-not-fresh", String(error));
};

test("the result of a publication says how far it got", async () => {
  const publish = async (list, fail = []) => {
    const world = makeWorld({ list });
    for (const store of fail) store.failing = true;
    if (list.feed) world.list.proven(0);
    const { token, session } = world.login();
    const result = await world.main.logout(session).catch((error) => error);
    isRevoked(() => world.main.verify(token));
    return result instanceof Error ? [result.name, result.reason] : result;
  };
  const [local, shared, feed] = [makeStore, makeStore, () => ({ bound: 2 })];
  assert.equal(await publish({}), "in-memory");
  assert.equal(await publish({ local: local() }), "durable");
  assert.equal(await publish({ local: local(), shared: shared(), feed: feed() }), "accepted");
  assert.equal(await publish({ shared: shared(), feed: feed() }), "accepted");
  assert.equal(await publish({ local: local(), feed: feed() }), "pending");
  const [a, b, c, d, e] = [1, 2, 3, 4, 5].map(makeStore);
  assert.equal(await publish({ local: local(), shared: a, feed: feed() }, [a]), "pending");
  assert.equal(await publish({ local: b, shared: shared(), feed: feed() }, [b]), "accepted");
  assert.deepEqual(await publish({ local: c }, [c]), ["SessionUnavailable", "store"]);
  assert.deepEqual(await publish({ shared: d, feed: feed() }, [d]), ["SessionUnavailable", "store"]);
  assert.deepEqual(await publish({ local: c, shared: e, feed: feed() }, [c, e]), ["SessionUnavailable", "store"]);
});

test("a shared store without a feed is refused", () => {
  assert.ok(errorOf(() => new RevocationList({ shared: makeStore() })) instanceof Refused);
  for (const bound of [-1, NaN, "2", 4_294_967_296]) {
    assert.ok(errorOf(() => new RevocationList({ feed: { bound } })) instanceof Refused);
  }
});

test("a pending record is tried again, and its life counts from its acceptance", async () => {
  const shared = makeStore();
  const world = makeWorld({ list: { local: makeStore(), shared, feed: { bound: 2 } } });
  world.list.proven(0);
  shared.failing = true;
  assert.equal(await world.main.logout(world.login().session), "pending");
  assert.equal(world.list.counts.pending, 1);
  assert.equal(await world.list.retry(), 1);
  shared.failing = false;
  world.now += 500;
  assert.equal(await world.list.retry(), 0);
  assert.deepEqual(shared.records.map((record) => record.expires), [BigInt(START + 500 + 1922)]);
  assert.equal(readSnapshot(world.list.snapshot()).records[0].expires, BigInt(START + 500 + 1922));
});

test("an entry lives as long as any policy over the list needs, also one that comes later", async () => {
  const world = makeWorld({ list: { feed: { bound: 2 }, local: makeStore() } });
  world.list.proven(0);
  await world.main.logout(world.login().session);
  const life = () => readSnapshot(world.list.snapshot()).records[0].expires - BigInt(START);
  assert.equal(life(), 1922n);
  world.sessions({ policy: { idle: 600, absolute: 700 } });
  assert.equal(life(), 1922n);
  world.sessions({ purpose: "long", policy: { idle: "none", absolute: 7200, leeway: 10, tolerance: 100 } });
  assert.equal(life(), 2n + 7200n + 10n + 200n);
});

test("an entry that never expires is not extended beyond the greatest time", () => {
  const world = makeWorld();
  world.list.receive([cutoff(START, { expires: 2n ** 64n - 1n }), cutoff(START, { expires: 2n ** 64n - 5n, subject: "b" })]);
  world.sessions({ purpose: "long", policy: { idle: "none", absolute: 28_800 } });
  const expires = readSnapshot(world.list.snapshot()).records.map((record) => record.expires);
  assert.deepEqual(expires, [2n ** 64n - 1n, 2n ** 64n - 1n]);
});

test("a local store that fails makes the view stale until it was opened again", async () => {
  const local = makeStore();
  const world = makeWorld({ list: { local } });
  const [one, two] = [world.login(), world.login()];
  local.failing = true;
  await errorOfAsync(() => world.main.logout(one.session));
  isUnavailable(() => world.login());
  isUnavailable(() => world.main.renew(two.session));
  assert.equal((await errorOfAsync(() => world.list.reopened())).reason, "store");
  local.failing = false;
  await world.main.logout(two.session);
  isUnavailable(() => world.login());
  local.records.length = 0;
  await world.list.reopened();
  assert.equal(local.records.length, 2);
  world.login();
});

test("the quarantine goes by the smallest tolerance of all policies, and by the default before there is one", () => {
  const world = makeWorld();
  world.sessions({ purpose: "other", policy: { ...policy, tolerance: 20 } });
  world.sessions({ purpose: "third", policy: { ...policy, tolerance: 100 } });
  world.list.receive([cutoff(START + 20), cutoff(START + 21, { subject: "b" })]);
  assert.deepEqual([world.list.counts.entries, world.list.counts.quarantined], [1, 1]);
  const early = new RevocationList({ clock: () => START });
  early.receive([cutoff(START + 60), cutoff(START + 61, { subject: "b" })]);
  assert.deepEqual([early.counts.entries, early.counts.quarantined], [1, 1]);
});

test("the first policy raises no expiry; a snapshot is quarantined by the time before its mark", () => {
  const clock = () => START;
  const first = new RevocationList({ clock });
  first.receive([cutoff(START, { expires: START + 5 })]);
  first.serve({ ttl: 1800, leeway: 0, tolerance: 60 });
  assert.equal(readSnapshot(first.snapshot()).records[0].expires, BigInt(START + 5));
  first.serve({ ttl: 1900, leeway: 0, tolerance: 60 });
  assert.equal(readSnapshot(first.snapshot()).records[0].expires, BigInt(START + 105));

  const ahead = writeSnapshot({
    madeAt: START, highWater: START + 1000, records: [decodeRecord(cutoff(START + 500))],
  });
  const reader = new RevocationList({ clock });
  reader.load(ahead);
  assert.deepEqual([reader.counts.quarantined, reader.highWater], [1, START + 1000]);
});

test("what a view may answer depends on its freshness", () => {
  const world = makeWorld({ list: { feed: { bound: 2 } } });
  const graced = world.sessions({ policy: { ...policy, stale: { grace: 100 } } });
  const verify = (sessions, token, sensitive = false) => sessions.verify(token, { sensitive });

  // Blind: nothing was ever loaded.
  isUnavailable(() => world.login());
  const maker = makeWorld({ ringText: world.ringText });
  const { token, session } = maker.login();
  isUnavailable(() => verify(world.main, token));
  isUnavailable(() => verify(graced, token));

  // Stale without a proof: a snapshot proves nothing.
  world.list.load(maker.list.snapshot());
  isUnavailable(() => verify(graced, token));
  isUnavailable(() => graced.renew(session));

  // Fresh up to B.
  world.mono = 50;
  world.list.proven(world.list.moment());
  world.mono = 52;
  verify(world.main, token, true);
  world.login();

  // Stale: by the grace, never for sensitive operations nor for sealing.
  world.mono = 52.5;
  isUnavailable(() => verify(world.main, token));
  isUnavailable(() => verify(graced, token, true));
  isUnavailable(() => world.login());
  isUnavailable(() => graced.update(session, ada));
  verify(graced, token);
  world.mono = 150;
  verify(graced, token);
  world.mono = 150.5;
  isUnavailable(() => verify(graced, token));

  // A known revocation holds on any view.
  world.list.receive([cutoff(START + 1)]);
  isRevoked(() => verify(graced, token, true));
});

test("an older proof does not make a view older, and none lies in the future", () => {
  const world = makeWorld({ list: { feed: {} } });
  world.mono = 10;
  world.list.proven(10);
  world.list.proven(5);
  world.login();
  for (const moment of [10.1, NaN, undefined, "5", null]) {
    assert.ok(errorOf(() => world.list.proven(moment)) instanceof Refused);
  }
});

test("malformed records are counted and skipped", () => {
  const world = makeWorld();
  const { token } = world.login();
  const good = cutoff(START + 1);
  world.list.receive([
    new Uint8Array(0), good.subarray(1), good.subarray(0, 32), Uint8Array.of(...good, 0),
    Uint8Array.of(5, ...good.subarray(1)), null, undefined, "02", [2], good,
  ]);
  assert.equal(world.list.counts.malformed, 9);
  for (const input of [null, undefined, 5, {}, true]) {
    assert.ok(errorOf(() => world.list.receive(input)) instanceof Refused);
  }
  isRevoked(() => world.main.verify(token));
});

test("a cut-off too far ahead waits until it is due", () => {
  const world = makeWorld();
  const { token } = world.login();
  const far = cutoff(START + 61, { expires: 5 });
  world.list.receive([far, far, cutoff(START + 62)]);
  assert.deepEqual([world.list.counts.quarantined, world.list.counts.entries], [2, 0]);
  world.main.verify(token);
  assert.equal(world.login().session.authenticatedAt, START);
  assert.equal(readSnapshot(world.list.snapshot()).records.length, 2);

  world.now = START + 1;
  isRevoked(() => world.main.verify(token));
  assert.equal(world.list.counts.quarantined, 1);
  // Without a feed L is 1800 + 2 * 60; the record's own time was long past.
  const applied = readSnapshot(world.list.snapshot()).records.map((r) => [r.value, r.expires]);
  assert.deepEqual(applied[0], [BigInt(START + 61), BigInt(START + 1 + 1920)]);
  assert.equal(world.list.discardQuarantine(), 1);
});

test("a quarantined cut-off does not displace the one that applies today", () => {
  const world = makeWorld();
  const { token } = world.login();
  world.list.receive([cutoff(START + 1), cutoff(START + 10_000)]);
  isRevoked(() => world.main.verify(token));
  assert.equal(world.login().session.authenticatedAt, START + 1);
});

test("no session starts behind a cut-off that lies too far ahead", () => {
  const world = makeWorld();
  world.list.receive([cutoff(START + 31)]);
  assert.match(errorOf(() => world.login()).message, /cut-off/);
  assert.equal(world.login({ subject: "user-43" }).session.authenticatedAt, START);
  world.now += 1;
  assert.equal(world.login().session.authenticatedAt, START + 31);
});

test("what is forgotten cannot live again under a clock that goes back", async () => {
  const local = makeStore();
  const world = makeWorld({ list: { local } });
  const { token, session } = world.login();
  await world.main.logout(session);
  world.now = START + 1919;
  assert.equal(await world.list.forget(), 0);
  world.now = START + 1920;
  assert.equal(await world.list.forget(), 1);
  assert.deepEqual([local.mark, world.list.highWater], [START + 1920, START + 1920]);
  world.now = START;
  const error = errorOf(() => world.main.verify(token));
  assert.equal(error.reason, "idle");
  assert.equal(world.login().session.issuedAt, START + 1920);
});

test("nothing is forgotten before the mark is stored", async () => {
  const local = makeStore();
  const world = makeWorld({ list: { local } });
  const { session } = world.login();
  await world.main.logout(session);
  world.now = START + 5000;
  local.failing = true;
  assert.equal((await errorOfAsync(() => world.list.forget())).reason, "store");
  assert.deepEqual([world.list.counts.entries, world.list.highWater], [1, 0]);
});

test("a snapshot carries entries, quarantine and mark to another list", async () => {
  const world = makeWorld();
  const { token, session } = world.login();
  const spared = world.login();
  await world.main.logout(session);
  await world.main.logoutOthers(spared.session);
  await world.main.distrustKey("00000007");
  world.list.receive([cutoff(START + 1000)]);
  await world.list.forget();
  const bytes = world.list.snapshot();

  const other = makeWorld({ ringText: world.ringText });
  other.list.load(bytes);
  other.list.load(bytes);
  assert.deepEqual(other.list.snapshot(), bytes);
  assert.equal(other.list.highWater, START);
  isRevoked(() => other.main.verify(token));

  for (let i = 0; i < bytes.length; i++) {
    const damaged = bytes.slice();
    damaged[i] ^= 1;
    assert.ok(errorOf(() => other.list.load(damaged)) instanceof Refused);
    assert.ok(errorOf(() => other.list.load(bytes.subarray(0, i))) instanceof Refused);
  }
  assert.deepEqual(other.list.snapshot(), bytes);
});

test("two cut-offs with different exemptions each count", () => {
  const world = makeWorld();
  const [a, b, c] = [world.login(), world.login(), world.login()];
  world.list.receive([
    cutoff(START + 5, { exempt: a.session.id }),
    cutoff(START + 4, { exempt: b.session.id }),
  ]);
  for (const { token } of [a, b, c]) isRevoked(() => world.main.verify(token));
  const alone = makeWorld({ ringText: world.ringText });
  alone.list.receive([cutoff(START + 5, { exempt: a.session.id })]);
  alone.main.verify(a.token);
  isRevoked(() => alone.main.verify(b.token));
});

test("a monotonic clock that fails keeps nothing fresh", () => {
  for (const broken of [null, NaN, undefined, "1", -Infinity, Infinity, 1n, () => { throw new Error("no clock"); }]) {
    let now = () => 100;
    const list = new RevocationList({ feed: { bound: 2 }, monotonic: () => now() });
    list.proven(list.moment());
    assert.equal(list.viewState().kind, "fresh");
    now = typeof broken === "function" ? broken : () => broken;
    assert.deepEqual(list.viewState(), { kind: "stale", age: undefined }, String(broken));
    assert.ok(errorOf(() => list.moment()) instanceof SessionUnavailable);
    assert.ok(errorOf(() => list.proven(0)) instanceof SessionUnavailable);
    // One that went back says nothing about what happened meanwhile.
    now = () => 99;
    assert.deepEqual(list.viewState(), { kind: "stale", age: undefined });
  }
});
