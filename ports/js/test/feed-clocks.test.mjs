// Feeds that were founded a moment ago, and servers whose clocks are wrong.
import assert from "node:assert/strict";
import test from "node:test";
import { Feed, generateFeedKey, Refused } from "cloakroom";
import { FeedKey } from "../dist/feedkey.js";
import { writeFeedSnapshot } from "../dist/feedsnapshot.js";
import { writeSnapshot } from "../dist/snapshot.js";
import { KEY, makeRealm, REALM } from "./support/feeds.mjs";
import { START } from "./support/world.mjs";

const entry = (number) => {
  const key = new Uint8Array(16);
  new DataView(key.buffer).setUint32(0, number);
  return { kind: 1, key, value: 1n, exempt: undefined, expires: BigInt(START + 5_000) };
};

test("one that fills its batches is waited for, however long that takes", async () => {
  const realm = makeRealm();
  const [a, late] = [realm.server(), realm.server()];
  // A feed is there, and nothing else.
  await realm.pass(0.25);
  realm.engine.head = undefined;
  realm.engine.log = [];
  a.list.admit(Array.from({ length: 10_000 }, (_, n) => entry(n)));
  const append = realm.engine.append.bind(realm.engine);
  realm.engine.append = async (...all) => {
    // Slow: time passes for everybody, and the others look.
    realm.ms += 300;
    a.tick();
    late.tick();
    const done = await append(...all);
    await late.feed.poll();
    assert.ok(!late.fresh() || late.list.counts.entries === 10_000, `fresh with ${late.list.counts.entries}`);
    return done;
  };
  await realm.pass(0.25, [a]);
  realm.engine.append = append;
  const newcomer = realm.server();
  await realm.pass(0.25);
  assert.ok(!newcomer.fresh() && !late.fresh());
  await realm.pass(3);
  assert.ok(a.fresh() && late.fresh() && newcomer.fresh());
  assert.equal(newcomer.list.counts.entries, 10_000);
});

test("small batches prolong nothing", async () => {
  const realm = makeRealm();
  const [a, b] = [realm.server(), realm.server()];
  for (let number = 0; number < 13; number++) {
    await realm.pass(0.25);
    await a.main.logoutEverywhere(`user-${number}`).catch(() => {});
  }
  await realm.pass(0.25);
  assert.ok(a.fresh() && b.fresh());
});

test("the settling time can be longer, and is not shorter", async () => {
  const realm = makeRealm();
  const a = realm.server({ settling: 6 });
  await realm.pass(6);
  assert.ok(!a.fresh());
  await realm.pass(0.5);
  assert.ok(a.fresh());
  for (const settling of [0, 2.74, 3601, "3"]) {
    const make = () => new Feed({ engine: realm.engine, realm: REALM, key: generateFeedKey(), list: a.list, settling });
    assert.throws(make, Refused);
  }
});

for (const off of [10, -10, 3600, -3600]) {
  test(`a clock that is ${off} seconds off makes no other server stale, and is not forgotten by`, async () => {
    const realm = makeRealm();
    const [wrong, a, b] = [realm.server({ heartbeat: 0.3 }), realm.server(), realm.server()];
    await realm.pass(4);
    wrong.off = off;
    const before = realm.engine.head.n;
    for (let step = 0; step < 40; step++) {
      await realm.pass(0.25);
      assert.ok(a.fresh() && b.fresh(), `step ${step}`);
    }
    assert.ok(realm.engine.head.n - before <= 70n, `${realm.engine.head.n - before} batches`);
    await wrong.list.forget();
    assert.ok(wrong.list.highWater <= START + realm.ms / 1000);
  });
}

test("a snapshot with a mark far ahead is refused", async () => {
  for (const [ahead, refused] of [[200, true], [30, false]]) {
    const realm = makeRealm();
    const a = realm.server();
    await realm.pass(4);
    const bytes = writeSnapshot({ madeAt: START, highWater: START + ahead, records: [] });
    const position = realm.engine.head;
    const snapshot = writeFeedSnapshot(FeedKey.parse(KEY), REALM, { position, life: 1922, bytes });
    await realm.engine.put(position, snapshot, 0n);
    const late = realm.server();
    await realm.pass(1);
    assert.equal(late.alarms.includes("snapshot-ahead"), refused);
    assert.equal(late.list.highWater === 0, refused);
    assert.ok(a.fresh());
  }
});
