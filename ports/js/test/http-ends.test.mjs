// What ends a session in the examples for Express and Hono: a login in its place, and a logout.
import assert from "node:assert/strict";
import test from "node:test";
import { presentedToken, removalCookie } from "cloakroom";
import { bearer, cookie, frameworks, send, withServer } from "./support/http.mjs";
import { ada, makeWorld, START } from "./support/world.mjs";

const check = ({ name }) => ({ subject: name, value: ada });

for (const [name, listen] of Object.entries(frameworks)) {
  const withApp = (run, options) => withServer(listen, makeWorld(options), check, run);
  const me = async (server, fields) => (await send(server, "/me", { fields })).text;
  const post = (server, path, fields, body) => send(server, path, { method: "POST", fields, body });
  /** Logs in with a request that has these fields, and gives the answer and the new token. */
  const login = async (server, who, fields = []) => {
    const answer = await post(server, "/login", fields, JSON.stringify({ name: who }));
    const [line] = answer.headers["set-cookie"] ?? [""];
    return { ...answer, token: presentedToken({ cookie: [line.split(";")[0]] }).token };
  };

  test(`${name}: a login ends the session that the request presents`, async () => {
    await withApp(async (world, server) => {
      for (const present of [cookie, bearer]) {
        const mallory = await login(server, "mallory");
        const ada = await login(server, "ada", present(mallory.token));
        assert.equal(ada.status, 204);
        assert.equal(await me(server, cookie(ada.token)), '{"subject":"ada"}');
        assert.equal(await me(server, cookie(mallory.token)), "unauthorized\n");
      }
    });
  });

  test(`${name}: a login ends what the presented session was renewed to`, async () => {
    await withApp(async (world, server) => {
      const mallory = world.login({ subject: "mallory" });
      world.now += 900;
      const copy = world.main.renew(mallory.session).token;
      world.now = START + 1800;
      assert.equal(await me(server, cookie(copy)), '{"subject":"mallory"}');
      assert.equal((await login(server, "ada", cookie(mallory.token))).status, 204);
      assert.equal(await me(server, cookie(copy)), "unauthorized\n");
    });
  });

  test(`${name}: a login succeeds whatever else the request presents`, async () => {
    await withApp(async (world, server) => {
      const gone = world.login();
      await world.main.logout(gone.session);
      const twice = [...cookie(gone.token), ...cookie(gone.token)];
      for (const fields of [cookie("x"), cookie(""), cookie(gone.token), twice, bearer("x"), [["authorization", ""]]]) {
        const { status, token } = await login(server, "ada", fields);
        assert.deepEqual([status, await me(server, cookie(token))], [204, '{"subject":"ada"}']);
      }
    });
  });

  test(`${name}: a login that cannot end the presented session gives no token`, async () => {
    const store = { fails: false, append: async () => { if (store.fails) throw new Error("disk full"); }, setHighWater() {} };
    await withApp(async (world, server) => {
      const mallory = await login(server, "mallory");
      store.fails = true;
      const ada = await login(server, "ada", cookie(mallory.token));
      assert.deepEqual([ada.status, ada.token], [503, ""]);
      assert.equal(await me(server, cookie(mallory.token)), "unauthorized\n");
    }, { list: { local: store } });
  });

  test(`${name}: an idle token logs its session out, and the cookie goes`, async () => {
    await withApp(async (world, server) => {
      const { token, session } = world.login();
      world.now += 900;
      const copy = world.main.renew(session).token;
      world.now = START + 1800;
      assert.equal(await me(server, cookie(token)), "unauthorized\n");
      assert.equal(await me(server, cookie(copy)), '{"subject":"user-42"}');
      const logout = await post(server, "/logout", cookie(token));
      assert.deepEqual([logout.status, logout.headers["set-cookie"]], [204, [removalCookie()]]);
      assert.equal(await me(server, cookie(copy)), "unauthorized\n");
    });
  });

  test(`${name}: a client is not told whether a token logged somebody out`, async () => {
    await withApp(async (world, server) => {
      const { token } = world.login();
      const answers = [];
      for (const fields of [cookie(token), cookie(token), cookie("x"), [], bearer(token), bearer("x")]) {
        const { status, headers, text } = await post(server, "/logout", fields);
        answers.push(JSON.stringify([status, headers["set-cookie"], headers["cache-control"], text]));
      }
      assert.deepEqual([...new Set(answers)], [JSON.stringify([204, [removalCookie()], "no-store", ""])]);
    });
  });

  test(`${name}: without a clock nobody is told that a session ended`, async () => {
    await withApp(async (world, server) => {
      const { token } = world.login();
      world.now = NaN;
      for (const fields of [cookie(token), cookie("x")]) {
        const { status, headers } = await post(server, "/logout", fields);
        assert.deepEqual([status, headers["set-cookie"]], [503, undefined]);
      }
      assert.equal((await login(server, "ada", cookie(token))).status, 503);
    });
  });
}
