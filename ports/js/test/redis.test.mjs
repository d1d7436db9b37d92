// Feeds over a real Redis: two servers of this package, and the command `follow`.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import test, { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { Feed, generateFeedKey, KeyRing, RevocationList, Sessions } from "cloakroom";
import { RedisEngine } from "cloakroom/redis";
import { follow, startPosition, writeBatch } from "../dist/feedbatch.js";
import { FeedKey } from "../dist/feedkey.js";
import { connectRedis } from "../tools/redis-client.mjs";
import { missingRedis, RedisServer } from "./support/redis-server.mjs";
import { ada, policy, user, ringText, stamp } from "./support/world.mjs";

const skip = missingRedis();
if (skip !== undefined) console.log(skip);

let redis;
let realms = 0;
const open = [];

before(async () => {
  if (skip === undefined) redis = await RedisServer.start();
});
after(async () => {
  for (const close of open) await close();
  await redis?.stop();
});

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

async function until(what, condition, seconds = 12) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await pause(20)) {
    if (await condition()) return;
  }
  throw new Error(`in vain: ${what}`);
}

const file = ringText([`activate=${stamp(Math.floor(Date.now() / 1000) - 86_400)}`]);

/** One server with a connection of its own. */
async function makeServer({ realm, key, ...options }) {
  const list = new RevocationList({ feed: { bound: 2 } });
  const sessions = new Sessions({
    ring: KeyRing.parse(file), purpose: "session", audience: "api.example.com", policy, payload: user, revocations: list,
  });
  const client = await connectRedis(redis.url);
  const engine = new RedisEngine({ realm, ...client });
  const alarms = [];
  const feed = new Feed({ engine, realm, key, list, onAlarm: (alarm) => alarms.push(alarm.kind), ...options });
  feed.start();
  open.push(async () => {
    await feed.stop();
    client.close();
  });
  const server = { list, sessions, engine, feed, alarms, client };
  server.fresh = () => list.viewState().kind === "fresh";
  server.login = (subject = "user-42") => sessions.issue({ subject, value: ada });
  server.refuses = (token) => {
    try {
      sessions.verify(token);
      return false;
    } catch (error) {
      return error.reason === "revoked";
    }
  };
  return server;
}

async function makePair(options = {}) {
  const realm = `realm-${++realms}`;
  const key = generateFeedKey();
  const a = await makeServer({ realm, key, ...options });
  const b = await makeServer({ realm, key, ...options });
  await until("both are fresh", () => a.fresh() && b.fresh());
  return { realm, key, a, b };
}

test("the engine keeps its promises", { skip }, async () => {
  const realm = "engine.test_1";
  const client = await connectRedis(redis.url);
  open.push(() => client.close());
  const engine = new RedisEngine({ realm, ...client });
  await until("the connection", () => engine.read(0n, 1).then(() => true, () => false));
  assert.deepEqual(await engine.read(0n, 10), { head: undefined, batches: [] });
  assert.equal(await engine.snapshot(), undefined);
  const epoch = Uint8Array.from({ length: 16 }, (_, i) => 255 - i);
  const first = startPosition(realm, epoch);
  assert.equal(await engine.append(first, new Uint8Array(1), { ...first, n: 1n }), false);
  assert.equal(await engine.found(first, first), false);
  assert.equal(await engine.found(undefined, first), true);
  assert.equal(await engine.found(undefined, first), false);
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  let at = first;
  for (let n = 1n; n <= 12n; n++) {
    const next = follow(at, bytes);
    assert.equal(await engine.append({ ...at, chain: new Uint8Array(8) }, bytes, next), false);
    assert.equal(await engine.append({ ...at, n: at.n + 1n }, bytes, next), false);
    assert.equal(await engine.append({ ...at, epoch: new Uint8Array(16) }, bytes, next), false);
    assert.equal(await engine.append(at, bytes, next), true);
    at = next;
  }
  assert.deepEqual(await engine.read(9n, 2), { head: at, batches: [{ n: 10n, batch: bytes }, { n: 11n, batch: bytes }] });
  assert.deepEqual(await engine.read(12n, 2), { head: at, batches: [] });

  const early = { ...at, n: 9n };
  assert.equal(await engine.put({ ...at, n: 13n }, bytes, 0n), false);
  assert.equal(await engine.put({ ...at, epoch: new Uint8Array(16) }, bytes, 0n), false);
  assert.equal(await engine.put(early, bytes, 0n), true);
  assert.equal(await engine.put(early, bytes, 0n), false);
  assert.equal(await engine.put(at, bytes.subarray(1), 5n), true);
  assert.equal(await engine.put({ ...at, n: 10n }, bytes, 0n), false);
  assert.deepEqual(await engine.snapshot(), bytes.slice(1));
  assert.equal((await engine.read(0n, 100)).batches[0].n, 6n);

  const woken = engine.wait(12n, 5);
  await pause(50);
  const begun = Date.now();
  await engine.append(at, bytes, follow(at, bytes));
  await woken;
  assert.ok(Date.now() - begun < 2000);
  await engine.wait(13n, 0.05);

  const again = startPosition(realm, new Uint8Array(16).fill(9));
  assert.equal(await engine.found(at, again), false);
  assert.equal(await engine.found(follow(at, bytes), again), true);
  assert.deepEqual(await engine.read(0n, 10), { head: again, batches: [] });
  assert.equal(await engine.snapshot(), undefined);

  // The layout of Section 17.7.
  const text = async (...args) => `${await client.send(args)}`;
  assert.equal(await text("TYPE", `{cloakroom:${realm}}:head`), "hash");
  assert.equal(await text("HGET", `{cloakroom:${realm}}:head`, "fmt"), "1");
  assert.equal(await text("HGET", `{cloakroom:${realm}}:head`, "n"), "0");
  await engine.append(again, bytes, follow(again, bytes));
  const [[id, [field, batch]]] = await client.send(["XRANGE", `{cloakroom:${realm}}:log`, "-", "+"]);
  assert.deepEqual([`${id}`, `${field}`, batch], ["1-0", "b", Buffer.from(bytes)]);
  await client.send(["HSET", `{cloakroom:${realm}}:head`, "fmt", "2"]);
  await assert.rejects(engine.read(0n, 1), /layout/);
});

test("two servers refuse what either ends, within a moment", { skip }, async () => {
  const { a, b } = await makePair();
  const [one, two] = [a.login(), b.login("user-43")];
  b.sessions.verify(one.token);
  assert.equal(await a.sessions.logout(one.session), "accepted");
  await until("b refuses", () => b.refuses(one.token), 2);
  assert.equal(await b.sessions.logoutEverywhere("user-43"), "accepted");
  await until("a refuses", () => a.refuses(two.token), 2);

  const login = a.login();
  const both = [a, b].map((server) => server.sessions.verify(login.token));
  const results = await Promise.allSettled([a.sessions.rotate(both[0]), b.sessions.rotate(both[1])]);
  assert.deepEqual(results.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
});

test("a server that was killed and lost everything gets it back", { skip }, async () => {
  const { realm, key, a, b } = await makePair();
  const { token, session } = a.login();
  await a.sessions.logout(session);
  await until("b refuses", () => b.refuses(token), 2);
  await redis.kill();
  const later = a.login();
  await until("the views grow stale", () => !a.fresh() && !b.fresh());
  await assert.rejects(a.sessions.logout(later.session), { reason: "store" });
  assert.ok(a.refuses(later.token) && a.refuses(token) && b.refuses(token));
  await redis.restart();
  await until("both are fresh again", () => a.fresh() && b.fresh());
  const late = await makeServer({ realm, key });
  await until("a newcomer is fresh", () => late.fresh());
  assert.ok(late.refuses(token) && late.refuses(later.token) && b.refuses(later.token));
});

test("a trimmed log is no loss for whoever has the records, and reported by whoever has not", { skip }, async () => {
  const { realm, key, a } = await makePair();
  const { token, session } = a.login();
  await a.sessions.logout(session);
  const { head } = await a.engine.read(0n, 1);
  // A copy of a newcomer's view of batch 1 on: all gone, no snapshot.
  await a.client.send(["XTRIM", `{cloakroom:${realm}}:log`, "MINID", "=", `${head.n}-0`]);
  await pause(700);
  assert.ok(a.fresh());
  const late = await makeServer({ realm, key });
  await until("the newcomer reports it", () => late.alarms.includes("broken"));
  assert.ok(!late.fresh());
  await a.feed.refound();
  await until("all are fresh", () => a.fresh() && late.fresh());
  assert.ok(late.refuses(token));
});

test("a foreign batch stops everybody and logs nobody out", { skip }, async () => {
  const { realm, a, b } = await makePair();
  const { token } = a.login();
  const record = { kind: 3, key: new Uint8Array(16), value: 1n, expires: 1n, exempt: undefined };
  const foreign = FeedKey.parse(generateFeedKey());
  await until("the foreign batch is in", async () => {
    const { head } = await a.engine.read(0n, 1);
    const batch = writeBatch(foreign, realm, head, { time: Date.now(), records: [record] });
    return a.engine.append(head, batch, follow(head, batch));
  });
  await until("both are stale", () => !a.fresh() && !b.fresh());
  assert.ok(a.alarms.includes("unknown-key") && b.alarms.includes("unknown-key"));
  assert.ok(!a.refuses(token));
  await a.feed.refound();
  await until("both are fresh", () => a.fresh() && b.fresh());
  b.sessions.verify(token);
});

test("the feed key is changed without a pause", { skip }, async () => {
  const realm = `realm-${++realms}`;
  const [old, next] = [generateFeedKey(), generateFeedKey()];
  const before = await makeServer({ realm, key: old, alsoAccept: next });
  const behind = await makeServer({ realm, key: next, alsoAccept: old });
  await until("both are fresh", () => before.fresh() && behind.fresh());
  const [one, two] = [before.login(), behind.login("user-43")];
  await before.sessions.logout(one.session);
  await behind.sessions.logout(two.session);
  await until("each refuses", () => behind.refuses(one.token) && before.refuses(two.token), 2);
  assert.deepEqual([before.alarms, behind.alarms].map((kinds) => kinds.filter((kind) => kind !== "engine")), [[], []]);
});

test("the sample of the README for several servers carries revocations", { skip }, async () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const [, sample] = /^```\n(import \{ createClient[^]*?)^```$/m.exec(readme);
  const key = generateFeedKey();
  const input = `const url = process.env.REDIS_URL;\n${sample}
    for (let i = 0; i < 400 && revocations.viewState().kind !== "fresh"; i++) await new Promise((done) => setTimeout(done, 25));
    console.log(revocations.viewState().kind);
    await feed.stop();
    client.destroy();`;
  const child = spawn(process.execPath, ["--input-type=module", "-"], {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    env: { ...process.env, REDIS_URL: redis.url, CLOAKROOM_FEED_KEY: key },
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(input);
  let out = "";
  for await (const chunk of child.stdout) out += chunk;
  assert.equal(out, "fresh\n");
  const other = await makeServer({ realm: "shop", key });
  await until("a second server follows it", () => other.feed.status.atEnd);
  assert.deepEqual(other.alarms.filter((kind) => kind !== "engine"), []);
});

test("the command follow, two of them", { skip }, async () => {
  const env = { ...process.env, REDIS_URL: redis.url, CLOAKROOM_FEED_KEY: generateFeedKey() };
  const script = fileURLToPath(new URL("../tools/follow.mjs", import.meta.url));
  const start = () => {
    const child = spawn(process.execPath, [script, "command"], { env, stdio: ["pipe", "pipe", "ignore"] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const ask = async (request) => {
      child.stdin.write(`${typeof request === "string" ? request : JSON.stringify(request)}\n`);
      return JSON.parse((await lines.next()).value);
    };
    return { child, ask };
  };
  const [a, b] = [start(), start()];
  for (const { ask } of [a, b]) await until("fresh", async () => (await ask({ status: true })).fresh);
  const session = "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf";
  const now = Math.floor(Date.now() / 1000);
  const facts = { session, generation: 0, subject: "user-42", authenticated_at: now };
  assert.deepEqual(await b.ask({ is_revoked: facts }), { revoked: false, fresh: true });
  assert.deepEqual(await a.ask({ revoke_session: session }), { result: "accepted" });
  await until("b refuses", async () => (await b.ask({ is_revoked: facts })).revoked, 2);
  assert.deepEqual(await b.ask({ revoke_subject: "user-43", now }), { result: "accepted" });
  const other = { ...facts, session: "00".repeat(16), subject: "user-43" };
  await until("a refuses", async () => (await a.ask({ is_revoked: other })).revoked, 2);
  assert.equal((await a.ask({ is_revoked: { ...other, authenticated_at: now + 3 } })).revoked, false);
  const broken = ["", "x", "null", "5", "[]", "{}", '{"revoke_session":"00"}', '{"revoke_subject":""}', '{"is_revoked":null}', '{"constructor":1}'];
  for (const line of broken) assert.deepEqual(await a.ask(line), { error: "bad request" }, line);

  await redis.kill();
  assert.deepEqual(await a.ask({ revoke_session: "11".repeat(16) }), { result: "pending" });
  assert.equal((await a.ask({ is_revoked: { ...facts, session: "11".repeat(16) } })).revoked, true);
  await redis.restart();
  await until("b has it", async () => (await b.ask({ is_revoked: { ...facts, session: "11".repeat(16), subject: "" } })).revoked);
  for (const { child } of [a, b]) {
    child.stdin.end();
    assert.deepEqual(await once(child, "exit"), [0, null]);
  }
});
