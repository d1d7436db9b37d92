// A server of a feed, driven by JSON lines on the standard input: for tests with other implementations.
// Environment: REDIS_URL, CLOAKROOM_REALM (or the first argument), CLOAKROOM_FEED_KEY, and optionally
// CLOAKROOM_FEED_KEY_ALSO (a second accepted key) and CLOAKROOM_STORE (the file of the local store;
// without it one in a fresh folder, so that "pending" is true while this process and its disk live).
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Feed, RevocationList } from "cloakroom";
import { RedisEngine } from "cloakroom/redis";
import { digest } from "../dist/records.js";
import { context } from "../dist/seal.js";
import { FileStore } from "./filestore.mjs";
import { unhex } from "./hex.mjs";
import { connectRedis } from "./redis-client.mjs";

const SKEW = 2;
const TOLERANCE = 60;
const BAD = { error: "bad request" };

const environment = (name) => process.env[name] ?? fail(`${name} is not set`);
const url = process.env.REDIS_URL ?? process.argv[3] ?? fail("REDIS_URL is not set");
const realm = process.argv[2] ?? process.env.CLOAKROOM_REALM ?? fail("no realm");
const folder = process.env.CLOAKROOM_STORE === undefined
  ? await mkdtemp(join(tmpdir(), "cloakroom-"))
  : undefined;
const store = await FileStore.open(process.env.CLOAKROOM_STORE ?? join(folder, "records"));
const list = new RevocationList({ local: store, feed: { bound: 2 } });
// The policy of the sessions that this server would have.
list.serve({ ttl: 1800, leeway: 0, tolerance: TOLERANCE });
list.receive(store.records);
const redis = await connectRedis(url);
const feed = new Feed({
  engine: new RedisEngine({ realm, send: redis.send, sendBlocking: redis.sendBlocking }),
  realm,
  key: environment("CLOAKROOM_FEED_KEY"),
  alsoAccept: process.env.CLOAKROOM_FEED_KEY_ALSO,
  list,
  onAlarm: ({ kind, n, cause }) => console.error(`alarm: ${kind}${n === undefined ? "" : ` at ${n}`}${cause ? ` (${cause.message})` : ""}`),
});
feed.start();

const now = () => Math.floor(Date.now() / 1000);
const fresh = () => list.viewState().kind === "fresh";
const isId = (value) => typeof value === "string" && /^[0-9a-f]{32}$/.test(value);
const isTime = (value) => Number.isSafeInteger(value) && value >= 0 && value <= 253_402_300_799;
const NONE = new Uint8Array(0);

const requests = {
  async revoke_session(id) {
    if (!isId(id)) return BAD;
    return publish({ kind: 1, key: unhex(id), value: 0xffff_ffffn, exempt: undefined });
  },

  async revoke_subject(subject, { now: at = now() }) {
    if (typeof subject !== "string" || subject === "" || !isTime(at)) return BAD;
    const bytes = new TextEncoder().encode(subject);
    if (bytes.length > 255) return BAD;
    const bound = list.latestCutoff(bytes, NONE, at);
    const cutoff = Math.max(at + SKEW + 1, Math.min(bound + 1, at + TOLERANCE / 2));
    return publish({ kind: 2, key: digest(2, bytes), value: BigInt(cutoff), exempt: undefined });
  },

  async is_revoked(facts) {
    const { session, generation, subject, authenticated_at: start, ...more } = facts ?? {};
    const { purpose, audience, kid } = more;
    // Of the purpose and the key of a session, if they are asked about.
    const named = [purpose, audience, kid].every((text) => typeof text === "string" && text.length < 256);
    if (!named && Object.keys(more).length > 0) return BAD;
    if (!isId(session) || typeof subject !== "string" || !isTime(start)) return BAD;
    if (!Number.isSafeInteger(generation) || generation < 0 || generation > 0xffff_fffe) return BAD;
    const claims = {
      sessionId: unhex(session), generation, subject: new TextEncoder().encode(subject), authenticatedAt: start,
    };
    // The state of the view is read before its entries, as in a verification.
    const wasFresh = fresh();
    const bytes = (text) => new TextEncoder().encode(text);
    const names = named
      ? { context: context(bytes(purpose), bytes(audience)), kid: unhex(kid) }
      : { context: NONE, kid: NONE };
    return { revoked: list.isRevoked({ claims, ...names }, now()), fresh: wasFresh };
  },

  async status() {
    const { n = 0n } = feed.status;
    return { n: Number(n), fresh: fresh() };
  },
};

async function publish(content) {
  return { result: await list.publish(content, now()) };
}

async function answer(line) {
  let request;
  try {
    request = JSON.parse(line);
  } catch {
    return BAD;
  }
  if (typeof request !== "object" || request === null) return BAD;
  // Wherever it stands: the order of members means nothing.
  const name = Object.keys(request).find((member) => Object.hasOwn(requests, member));
  if (name === undefined) return BAD;
  try {
    return await requests[name](request[name], request);
  } catch (error) {
    return { error: error.message };
  }
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const result = await answer(line);
  await new Promise((done) => process.stdout.write(`${JSON.stringify(result)}\n`, done));
}
await feed.stop();
redis.close();
await store.close();
if (folder !== undefined) await rm(folder, { recursive: true });

function fail(what) {
  console.error(`follow: ${what}`);
  process.exit(2);
}
