// Feeds over an engine in memory, with clocks that are moved by hand.
import assert from "node:assert/strict";
import test from "node:test";
import { inspect } from "node:util";
import { Feed, generateFeedKey, Refused, SessionRejected, SessionUnavailable } from "cloakroom";
import { startPosition } from "../dist/feedbatch.js";
import { FeedKey } from "../dist/feedkey.js";
import { writeFeedSnapshot } from "../dist/feedsnapshot.js";
import { readSnapshot, writeSnapshot } from "../dist/snapshot.js";
import { KEY, makeRealm, REALM, refuses } from "./support/feeds.mjs";
import { MemoryEngine } from "./support/memory-engine.mjs";
import { errorOf, errorOfAsync, makeWorld, START } from "./support/world.mjs";

test("what one server ends is refused by all, and each is fresh when the feed is old enough", async () => {
  const realm = makeRealm();
  const [a, b] = [realm.server(), realm.server()];
  await realm.pass(2.5);
  assert.deepEqual([a.fresh(), b.fresh()], [false, false], "founded a moment ago");
  await realm.pass(1);
  assert.deepEqual([a.fresh(), b.fresh()], [true, true]);
  const { token, session } = a.login();
  b.main.verify(token);
  assert.equal(await a.main.logout(session), "accepted");
  assert.ok(refuses(a, token));
  b.main.verify(token);
  await b.feed.poll();
  assert.ok(refuses(b, token));
  assert.equal(await b.main.logoutEverywhere("user-42"), "accepted");
  await realm.pass(0.25);
  assert.equal(a.list.counts.entries, 2);
  assert.deepEqual([a.alarms, b.alarms], [[], []]);
});

test("only whoever may write founds a feed and keeps it alive", async () => {
  const realm = makeRealm();
  const reader = realm.server({ writes: false });
  await realm.pass(5);
  assert.equal(realm.engine.head, undefined);
  const writer = realm.server();
  await realm.pass(4);
  assert.ok(reader.fresh() && writer.fresh());
  const n = realm.engine.head.n;
  await realm.pass(0.25, [reader]);
  assert.equal(realm.engine.head.n, n);
  assert.ok(reader.fresh());
  // The engine answers, but nobody who writes is there: a copy that was cut off looks like this.
  await realm.pass(1.5, [reader]);
  assert.ok(!reader.fresh());
  assert.ok(reader.feed.status.atEnd);
  const error = await errorOfAsync(() => reader.main.logoutAll());
  assert.ok(error instanceof SessionUnavailable && error.reason === "store");
});

test("heartbeats come after half a second and at most an eighth more", async () => {
  const realm = makeRealm();
  realm.server();
  await realm.pass(20);
  // Steps of a quarter second: every second or third one brings a batch.
  assert.ok(realm.engine.head.n >= 26n && realm.engine.head.n <= 40n, `${realm.engine.head.n}`);
});

test("freshness ends at B after the last proof, the skew included", async () => {
  const realm = makeRealm();
  const [a, b] = [realm.server(), realm.server({ writes: false })];
  await realm.pass(4);
  // The last batch is at most 0.75 s old here: with the skew of 0.75 s the proof has 0.5 s left at least.
  realm.engine.failing = "down";
  await realm.pass(0.25, [a, b]);
  assert.ok(b.fresh());
  await realm.pass(1.25, [a, b]);
  assert.ok(!b.fresh() && !a.fresh());
  assert.deepEqual(b.alarms, ["engine"], "a fault that lasts is reported once");
  realm.engine.failing = undefined;
  await realm.pass(0.5);
  assert.ok(b.fresh() && a.fresh());
});

test("an answer proves nothing about what came after its request was sent", async () => {
  const realm = makeRealm();
  const [reader, writer] = [realm.server({ writes: false }), realm.server()];
  await realm.pass(4);
  const sent = realm.ms;
  const { read } = realm.engine;
  realm.engine.read = async (...args) => {
    realm.engine.read = read;
    realm.ms += 1000;
    for (const server of realm.servers) server.tick();
    await writer.main.logoutEverywhere("somebody");
    return realm.engine.read(...args);
  };
  await reader.feed.poll();
  assert.equal(reader.list.counts.entries, 1);
  for (const [later, expected] of [[2000, true], [2001, false]]) {
    realm.ms = sent + later;
    reader.tick();
    assert.equal(reader.fresh(), expected);
  }
});

test("entries live as long as the longest policies of a follower need", async () => {
  const realm = makeRealm();
  const [a, b] = [realm.server(), realm.server()];
  b.sessions({ purpose: "long", policy: { idle: 3600, absolute: 7200 } });
  await realm.pass(4);
  await a.main.logout(a.login().session);
  await realm.pass(0.25);
  const [ofA, ofB] = [a, b].map(({ list }) => Number(readSnapshot(list.snapshot()).records[0].expires) - START);
  assert.deepEqual([ofA, ofB], [1926, 3726]);
});

test("a writer whose clock is ahead by more than the skew proves nothing", async () => {
  const realm = makeRealm();
  const honest = realm.server({ writes: false });
  realm.server({ off: 10 });
  await realm.pass(6);
  assert.ok(!honest.fresh());
  assert.ok(honest.alarms.every((kind) => kind === "clock") && honest.alarms.length > 0);
  const behind = makeRealm();
  const other = behind.server({ writes: false });
  behind.server({ off: -10 });
  await behind.pass(6);
  assert.ok(!other.fresh());
});

test("while the engine is away a publication is pending or fails, and arrives later", async () => {
  const realm = makeRealm();
  const records = [];
  const local = { append: async (record) => void records.push(record), setHighWater: async () => {} };
  const kept = realm.server({ worldOptions: { list: { local } } });
  const bare = realm.server();
  const third = realm.server();
  await realm.pass(4);
  const [one, two] = [kept.login(), bare.login()];
  realm.engine.failing = "down";
  assert.equal(await kept.main.logout(one.session), "pending");
  assert.equal((await errorOfAsync(() => bare.main.logout(two.session))).reason, "store");
  assert.ok(refuses(kept, one.token) && refuses(bare, two.token));
  assert.equal(records.length, 1);
  realm.engine.failing = undefined;
  await realm.pass(0.5);
  assert.ok(refuses(third, one.token) && refuses(third, two.token));
  assert.deepEqual([kept.list.counts.pending, bare.list.counts.pending], [0, 0]);
});

test("an append whose answer is lost is counted as not accepted, and does no harm", async () => {
  const realm = makeRealm();
  const [a, b] = [realm.server(), realm.server()];
  await realm.pass(4);
  const { token, session } = a.login();
  realm.engine.failing = "lost";
  assert.equal((await errorOfAsync(() => a.main.logout(session))).reason, "store");
  realm.engine.failing = undefined;
  await realm.pass(0.5);
  assert.ok(refuses(b, token));
  assert.equal(a.list.counts.pending, 0);
});

test("of two rotations on two servers the second is rejected, whoever is ahead", async () => {
  const realm = makeRealm();
  const [a, b] = [realm.server(), realm.server()];
  await realm.pass(4);
  const { token } = a.login();
  const [onA, onB] = [a.main.verify(token), b.main.verify(token)];
  const results = await Promise.allSettled([a.main.rotate(onA), b.main.rotate(onB)]);
  assert.deepEqual(results.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  const error = results.find(({ reason }) => reason).reason;
  assert.ok(error instanceof SessionRejected && error.reason === "revoked");
  const [winner] = results.filter(({ value }) => value);
  await realm.pass(0.25);
  for (const server of [a, b]) {
    server.main.verify(winner.value.token);
    assert.ok(refuses(server, token));
  }
  // A logout elsewhere, not yet read here, wins as well.
  const last = a.main.verify(winner.value.token);
  await b.main.logout(b.main.verify(winner.value.token));
  assert.equal((await errorOfAsync(() => a.main.rotate(last))).reason, "revoked");
});

test("conflicts are tried again, up to a limit of time", async () => {
  const realm = makeRealm();
  const [a, b] = [realm.server(), realm.server()];
  await realm.pass(4);
  let conflicts = 3;
  const { session } = a.login();
  realm.engine.beforeAppend = async () => {
    if (conflicts-- <= 0) return;
    realm.engine.beforeAppend = () => {};
    await b.main.logoutEverywhere("somebody");
    if (conflicts > 0) realm.engine.beforeAppend = again;
  };
  const again = realm.engine.beforeAppend;
  assert.equal(await a.main.logout(session), "accepted");
  // Somebody is always faster: time passes, and the publication fails.
  const { session: next } = a.login();
  realm.engine.beforeAppend = () => {
    realm.ms += 900;
    a.tick();
    realm.engine.head = { ...realm.engine.head, n: realm.engine.head.n + 1n };
  };
  assert.equal((await errorOfAsync(() => a.main.logout(next))).reason, "store");
});

test("an engine that lost everything gets all back from the servers", async () => {
  const realm = makeRealm();
  const [a, b] = [realm.server(), realm.server()];
  await realm.pass(4);
  const [one, two] = [a.login(), b.login()];
  await a.main.logout(one.session);
  await b.main.logoutOthers(two.session);
  await a.main.distrustKey("00000007");
  await realm.pass(0.25);
  realm.engine.restore({ head: undefined, log: [], snap: undefined });
  await realm.pass(0.25, [b]);
  assert.ok(realm.engine.head.n >= 1n);
  await realm.pass(1.75);
  assert.ok(!a.fresh() && !b.fresh(), "the others have to hand back first");
  await realm.pass(2);
  const late = realm.server();
  await realm.pass(0.5);
  assert.ok(a.fresh() && b.fresh() && late.fresh());
  for (const server of [a, b, late]) {
    assert.ok(refuses(server, one.token));
    assert.equal(server.list.counts.entries, 4);
  }
});

test("after a failover that lost acknowledged writes, whoever has read them hands them back", async () => {
  const realm = makeRealm();
  const [a, b] = [realm.server(), realm.server()];
  await realm.pass(4);
  const old = realm.engine.backup();
  const { token, session } = a.login();
  await a.main.logout(session);
  realm.engine.restore(old);
  // The new primary counts on: the numbers alone would hide the loss.
  await realm.pass(1, [b]);
  assert.ok(!refuses(b, token));
  assert.ok(realm.engine.head.n >= a.feed.status.n);
  await realm.pass(0.5);
  assert.ok(refuses(b, token));
  assert.ok(a.fresh() && b.fresh());
});

test("a snapshot is put, batches are dropped, and a newcomer starts from it", async () => {
  const realm = makeRealm();
  const a = realm.server();
  await realm.pass(4);
  const { token, session } = a.login();
  await a.main.logout(session);
  const { token: longer, session: other } = a.login();
  const before = realm.engine.head.n;
  for (let i = 0; i < 4200; i++) await a.feed.append({ kind: 4, key: new Uint8Array(16).fill(i), value: 2n ** 64n - 1n, expires: 2n ** 64n - 1n, exempt: undefined });
  await a.feed.poll();
  assert.equal(realm.engine.puts, 1);
  assert.ok(realm.engine.log[0].n > before, "the logout is in the snapshot alone");
  const b = realm.server();
  // This server keeps sessions longer than the writer of the snapshot: entries have to last longer.
  b.sessions({ purpose: "long", policy: { idle: 3600, absolute: 7200 } });
  await realm.pass(1);
  assert.ok(b.fresh());
  assert.ok(refuses(b, token));
  b.main.verify(longer);
  const life = readSnapshot(b.list.snapshot()).records.find((r) => r.kind === 1).expires - BigInt(START);
  assert.ok(life >= 3722n && life <= 3730n, `${life}`);

  // The old snapshot in place of a newer one is merged and reported.
  const old = realm.engine.snap;
  await a.main.logout(other);
  const forged = writeFeedSnapshot(FeedKey.parse(KEY), REALM, { position: realm.engine.head, life: 1922, bytes: a.list.snapshot() });
  await realm.engine.put(realm.engine.head, forged, 0n);
  realm.engine.log = realm.engine.log.slice(-1);
  const late = realm.server();
  await late.feed.poll();
  realm.engine.snap = old;
  await a.main.logoutEverywhere("one");
  await a.main.logoutEverywhere("two");
  realm.engine.log = realm.engine.log.slice(-1);
  await realm.pass(5, [late]);
  assert.ok(late.alarms.includes("snapshot-replaced"));
  assert.ok(late.alarms.includes("broken"), "the batches behind the old one are gone");
  assert.ok(!late.fresh() && refuses(late, longer));
});

test("a follower that missed batches which were dropped reads everything again", async () => {
  const realm = makeRealm();
  const [a, b] = [realm.server(), realm.server()];
  await realm.pass(4);
  const { token, session } = a.login();
  await a.main.logout(session);
  await a.main.logoutEverywhere("somebody");
  const at = realm.engine.head;
  const bytes = writeFeedSnapshot(FeedKey.parse(KEY), REALM, { position: at, life: 1922, bytes: a.list.snapshot() });
  await realm.engine.put(at, bytes, at.n);
  await realm.pass(1);
  assert.ok(refuses(b, token));
  assert.ok(b.fresh());
  assert.deepEqual(b.alarms, []);
});

test("settings of a feed and its keys are refused when they are out of their limits", async () => {
  const { list } = makeWorld({ list: { feed: { bound: 2 } } });
  const good = { engine: new MemoryEngine(), realm: REALM, key: KEY, list };
  const bad = [
    { engine: undefined }, { engine: {} }, { list: undefined }, { list: makeWorld().list },
    { realm: "" }, { realm: "A" }, { realm: "a".repeat(65) }, { realm: "é" }, { realm: undefined },
    { key: "" }, { key: undefined }, { key: KEY + "A" }, { alsoAccept: "x" }, { heartbeat: 0 }, { heartbeat: 2 },
    { skew: -1 }, { skew: NaN }, { wait: "1" }, { wait: 0.4 },
  ];
  for (const options of bad) assert.ok(errorOf(() => new Feed({ ...good, ...options })) instanceof Refused, inspect(options));
  const feed = new Feed(good);
  assert.ok(errorOf(() => new Feed(good)) instanceof Refused, "a second feed over one list");
  const shared = makeWorld({ list: { feed: {}, shared: { append() {} } } }).list;
  assert.ok(errorOf(() => new Feed({ ...good, list: shared })) instanceof Refused);
  const texts = [inspect(feed, { depth: 9, showHidden: true }), JSON.stringify(feed), String(feed), inspect(FeedKey.parse(KEY)), JSON.stringify(FeedKey.parse(KEY))];
  const secrets = FeedKey.parse(KEY).secrets;
  for (const text of texts) {
    assert.ok(!text.includes(KEY.slice(9, 40)));
    for (const bytes of [secrets.secret, secrets.mac]) {
      assert.ok(!text.includes(Buffer.from(bytes).toString("hex").slice(0, 12)));
      assert.ok(!text.includes([...bytes.subarray(0, 6)].join(", ")));
    }
  }
});

test("an alarm that throws does not stop the feed", async () => {
  const realm = makeRealm();
  const a = realm.server({ onAlarm: () => { throw new Error("of the application"); } });
  realm.engine.failing = "down";
  await realm.pass(1);
  realm.engine.failing = undefined;
  await realm.pass(4);
  assert.ok(a.fresh());
  assert.equal(a.feed.status.alarms, 1);
});

test("the head of a new feed is what its realm and epoch say", () => {
  const epoch = new Uint8Array(16).fill(7);
  assert.notDeepEqual(startPosition("a", epoch).chain, startPosition("b", epoch).chain);
  assert.equal(writeSnapshot({ madeAt: 0, highWater: 0, records: [] }).length, 60);
});
