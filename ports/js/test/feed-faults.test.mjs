// What stops a follower of a feed, and the change of keys that must not.
import assert from "node:assert/strict";
import test from "node:test";
import { generateFeedKey } from "cloakroom";
import { follow, writeBatch } from "../dist/feedbatch.js";
import { FeedKey } from "../dist/feedkey.js";
import { KEY, makeRealm, REALM, refuses, stageOf } from "./support/feeds.mjs";
import { MemoryEngine } from "./support/memory-engine.mjs";
import { errorOfAsync, START } from "./support/world.mjs";

for (const [name, damage, alarm] of [
  ["under a foreign key", ({ onto }) => writeBatch(FeedKey.parse(generateFeedKey()), REALM, onto, { time: 1, records: [] }), "unknown-key"],
  ["of another realm", ({ key, onto }) => writeBatch(key, "other", onto, { time: 1, records: [] }), "forged"],
  ["of another version", () => Uint8Array.of(2, 0, 0, 0, 0), "version"],
  ["of nothing", () => new Uint8Array(0), "forged"],
]) {
  test(`a batch ${name} stops the follower until the feed is founded anew`, async () => {
    const realm = makeRealm();
    const [a, b] = [realm.server(), realm.server()];
    await realm.pass(4);
    const onto = realm.engine.head;
    const batch = damage({ key: FeedKey.parse(KEY), onto });
    assert.ok(await realm.engine.append(onto, batch, follow(onto, batch)));
    const { token, session } = a.login();
    assert.equal((await errorOfAsync(() => a.main.logout(session))).reason, "store");
    await realm.pass(3);
    assert.ok(!a.fresh() && !b.fresh());
    assert.deepEqual([a.alarms, b.alarms], [[alarm], [alarm]]);
    assert.equal(a.feed.status.fault.kind, alarm);
    assert.equal(b.feed.status.n, onto.n);
    assert.equal(stageOf(() => b.main.verify(token)), "view-not-fresh");
    await b.feed.refound();
    await realm.pass(4);
    assert.ok(a.fresh() && b.fresh() && refuses(b, token));
    assert.equal(a.feed.status.fault, undefined);
  });
}

test("a batch that is out of place makes the follower read everything, and a broken feed is reported", async () => {
  const realm = makeRealm();
  const [a] = [realm.server(), realm.server()];
  await realm.pass(4);
  const onto = realm.engine.head;
  const stray = { ...onto, chain: new Uint8Array(8) };
  const batch = writeBatch(FeedKey.parse(KEY), REALM, stray, { time: START * 1000, records: [] });
  await realm.engine.append(onto, batch, follow(onto, batch));
  await realm.pass(3);
  assert.deepEqual(a.alarms, ["broken"]);
  assert.ok(!a.fresh());
});

test("keys change while both are accepted", async () => {
  const engine = new MemoryEngine();
  const next = generateFeedKey();
  const realm = makeRealm({ engine });
  const a = realm.server({ alsoAccept: next });
  const b = realm.server({ key: next, alsoAccept: KEY });
  const old = realm.server();
  await realm.pass(5);
  const { token, session } = a.login();
  await a.main.logout(session);
  await realm.pass(1, [a, b]);
  assert.ok(a.fresh() && b.fresh() && refuses(b, token));
  await b.main.logoutEverywhere("somebody");
  await realm.pass(1, [a, b]);
  assert.ok(a.fresh() && b.fresh());
  await realm.pass(1, [old]);
  assert.ok(!old.fresh() && old.alarms.includes("unknown-key"));
});
