// Servers over one engine in memory, with clocks that are moved by hand.
import assert from "node:assert/strict";
import { Feed, generateFeedKey, SessionRejected } from "cloakroom";
import { MemoryEngine } from "./memory-engine.mjs";
import { errorOf, makeWorld, START } from "./world.mjs";

export const REALM = "test";
export const KEY = generateFeedKey();

/** Servers over one engine, with one time for all and a clock error for each. */
export function makeRealm({ key = KEY, engine = new MemoryEngine() } = {}) {
  const realm = { engine, ms: 0, servers: [] };
  let ringText;
  realm.server = ({ off = 0, worldOptions = {}, ...options } = {}) => {
    const world = makeWorld({ ringText, list: { feed: { bound: 2 }, ...worldOptions.list } });
    ringText ??= world.ringText;
    const server = { ...world, alarms: [], off };
    const clock = () => START * 1000 + realm.ms + server.off * 1000;
    server.tick = () => {
      world.now = Math.floor(clock() / 1000);
      world.mono = realm.ms / 1000;
    };
    server.tick();
    server.feed = new Feed({
      engine, realm: REALM, key, list: world.list, clock, onAlarm: (alarm) => server.alarms.push(alarm.kind), ...options,
    });
    server.fresh = () => world.list.viewState().kind === "fresh";
    realm.servers.push(server);
    return server;
  };
  /** Time passes in steps; every given server polls in each. */
  realm.pass = async (seconds, servers = realm.servers) => {
    for (const end = realm.ms + seconds * 1000; realm.ms < end; ) {
      realm.ms += 250;
      for (const server of realm.servers) server.tick();
      for (const server of servers) await server.feed.poll();
    }
  };
  return realm;
}

export const stageOf = (run) => {
  const error = errorOf(run);
  return error instanceof SessionRejected ? error.stage : error.reason;
};
/** False if the token is accepted; everything else is a failure of the test. */
export const refuses = (server, token) => {
  try {
    server.main.verify(token);
    return false;
  } catch (error) {
    assert.equal(error.reason, "revoked");
    return true;
  }
};
