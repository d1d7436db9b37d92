// Sessions at the limit of their cookie, in the examples for Express and Hono (Sections 8.12 and 10.1).
import assert from "node:assert/strict";
import test from "node:test";
import { COOKIE_TOKEN_MAX, presentedToken, Refused, sessionCookie } from "cloakroom";
import { cookie, frameworks, send, withServer } from "./support/http.mjs";
import { errorOf, makeWorld, raw, START } from "./support/world.mjs";

const carol = (size) => ({ subject: "carol", value: new Uint8Array(size) });
const check = ({ size }) => carol(size);
const worldWith = (options) => makeWorld({ sessions: { payload: raw, ...options } });

/** The greatest payload that a login takes. */
function greatest(sessions) {
  for (let size = 3024; ; size--) {
    try {
      sessions.issue(carol(size));
      return size;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
    }
  }
}

test("the room in a cookie is what name and attributes leave", () => {
  for (const age of [1, 2 ** 32]) {
    const session = { deadline: START + age, seenAt: START };
    const line = sessionCookie({ token: "x".repeat(COOKIE_TOKEN_MAX), session });
    assert.equal(line.length, 4096 - 10 + String(age).length);
  }
  assert.equal(COOKIE_TOKEN_MAX, 4021);
});

for (const [name, listen] of Object.entries(frameworks)) {
  test(`${name}: what fits at login fits at every renewal`, async () => {
    const world = worldWith({ maxToken: COOKIE_TOKEN_MAX });
    const size = greatest(world.main);
    await withServer(listen, world, check, async (_, server) => {
      const login = (bytes) => send(server, "/login", { method: "POST", body: JSON.stringify({ size: bytes }) });
      let { status, headers } = await login(size);
      assert.equal(status, 204);
      for (world.now = START + 901; world.now < START + 28_800; world.now += 901) {
        const { token } = presentedToken({ cookie: [headers["set-cookie"][0].split(";")[0]] });
        ({ status, headers } = await send(server, "/me", { fields: cookie(token) }));
        assert.equal(status, 200);
        assert.ok(headers["set-cookie"]?.[0].length <= 4096, `after ${world.now - START} seconds`);
      }
      const refused = await login(size + 1);
      assert.deepEqual([refused.status, refused.headers["set-cookie"]], [500, undefined]);
      assert.match(errorOf(() => world.main.issue(carol(size + 1))).message, /needs 40\d\d characters; 4021 are allowed/);
    });
  });

  test(`${name}: without room for a renewal the response is whole, and the token at hand stays`, async () => {
    const world = worldWith({});
    let [tried, size] = [0, 2937];
    await withServer(listen, world, check, async (_, server) => {
      // From a login that just fits its line down to one that is renewed.
      for (let renewed = false; !renewed; size--) {
        world.now = START;
        const { headers } = await send(server, "/login", { method: "POST", body: JSON.stringify({ size }) });
        if (headers["set-cookie"] === undefined) continue;
        const { token } = presentedToken({ cookie: [headers["set-cookie"][0].split(";")[0]] });
        world.now = START + 901;
        const answer = await send(server, "/me", { fields: cookie(token) });
        assert.deepEqual([answer.status, answer.text], [200, '{"subject":"carol"}']);
        renewed = answer.headers["set-cookie"] !== undefined;
        if (!renewed) tried++;
      }
    });
    assert.ok(tried > 0, "each was renewed");
  });
}
