// The examples for Express and Hono, over HTTP.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { KeyRing, presentedToken, Refused, removalCookie, sessionCookie, Sessions } from "cloakroom";
import { bearer, cookie, frameworks, NAME, send, withServer } from "./support/http.mjs";
import { ada, cpuTime, errorOf, makeWorld, policy, START } from "./support/world.mjs";

const UNAUTHORIZED = [401, "unauthorized\n"];

const check = (body) => (body?.password === "right" ? { subject: "user-42", value: ada } : undefined);

for (const [name, listen] of Object.entries(frameworks)) {
  const withApp = (options, run) => withServer(listen, makeWorld(options), check, run);
  const status = async (server, fields, path = "/me") => {
    const { status: code, text } = await send(server, path, { fields });
    return [code, text];
  };

  test(`${name}: login, use, logout`, async () => {
    await withApp({}, async (world, server) => {
      assert.equal((await send(server, "/login", { method: "POST", body: '{"password":"wrong"}' })).status, 403);
      const login = await send(server, "/login", { method: "POST", body: '{"password":"right"}' });
      assert.equal(login.status, 204);
      const [line] = login.headers["set-cookie"];
      const [, token, attributes] = /^__Host-session=([^;]*); (.*)$/.exec(line);
      assert.equal(attributes, "Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=1800");
      assert.equal(login.headers["cache-control"], "no-store");
      assert.deepEqual(await status(server, cookie(token)), [200, '{"subject":"user-42"}']);
      const logout = await send(server, "/logout", { method: "POST", fields: cookie(token) });
      assert.equal(logout.status, 204);
      assert.deepEqual(logout.headers["set-cookie"], [removalCookie()]);
      const late = await send(server, "/me", { fields: cookie(token) });
      assert.deepEqual([late.status, late.text], UNAUTHORIZED);
      assert.equal(late.headers["set-cookie"], undefined, "it would delete the cookie of a new login");
      assert.equal(late.headers["cache-control"], "no-store");
    });
  });

  test(`${name}: where a request carries its session`, async () => {
    await withApp({}, async (world, server) => {
      const { token } = world.login();
      const other = world.login({ subject: "user-43" }).token;
      const ok = [200, '{"subject":"user-42"}'];
      const forged = token.slice(0, -1) + (token.endsWith("A") ? "B" : "A");
      for (const fields of [
        cookie(token), bearer(token), [["authorization", `bEaReR  ${token}`]],
        [["cookie", `a=1; ${NAME}=${token};b="2"`]], [["cookie", `${NAME} \t=\t ${token} `]],
        [["cookie", "a=1"], ["cookie", `${NAME}=${token}`]],
        [...cookie(other), ...bearer(token)],
        [["cookie", `${NAME.toLowerCase()}=${other}; ${NAME}=${token}; ${NAME}; ${NAME}x=${other}`]],
        [["authorization", "Basic eDp5"], ...cookie(token)],
      ]) assert.deepEqual(await status(server, fields), ok, JSON.stringify(fields));
      for (const fields of [
        [], cookie(""), cookie(forged), bearer(forged), bearer(""), cookie(`"${token}"`), [["cookie", token]],
        [...cookie(token), ...cookie(token)], [["cookie", `${NAME}=${token}; ${NAME}=${token}`]],
        [["cookie", `${NAME}=; ${NAME}=${token}`]],
        [...cookie(token), ...bearer(forged)], [["authorization", "Bearer"], ...cookie(token)],
        [...bearer(token), ...bearer(token)], [...bearer(token), ["authorization", "Basic eDp5"]],
        [["authorization", `Bearer${token}`]], [["authorization", `Bearer ${token}, Bearer ${token}`]],
      ]) assert.deepEqual(await status(server, fields), UNAUTHORIZED, JSON.stringify(fields));
      const rejected = async (fields) => (await send(server, "/me", { fields })).headers["www-authenticate"];
      assert.equal(await rejected(bearer(forged)), 'Bearer error="invalid_token"');
      assert.equal(await rejected(cookie(forged)), undefined);
    });
  });

  test(`${name}: another site's form does nothing`, async () => {
    await withApp({}, async (world, server) => {
      const { token } = world.login();
      const body = '{"password":"right"}';
      const foreign = [
        [["origin", "https://evil.example"]], [["origin", "null"]], [["origin", "http://localhost:1"]],
        [["origin", "http://localhost/"]], [["origin", "http://x@localhost"]], [["origin", "localhost"]],
        [["sec-fetch-site", "cross-site"]], [["sec-fetch-site", "same-site"]],
        [["sec-fetch-site", "cross-site"], ["origin", "http://localhost"]],
      ];
      for (const fields of foreign) {
        for (const path of ["/pay", "/logout"]) {
          const { status: code } = await send(server, path, { method: "POST", fields: [...cookie(token), ...fields] });
          assert.equal(code, 403, `${path} ${fields}`);
        }
        const login = await send(server, "/login", { method: "POST", fields, body });
        assert.equal(login.status, 403);
        assert.equal(login.headers["set-cookie"], undefined);
        assert.equal((await send(server, "/pay", { method: "POST", fields: [...bearer(token), ...fields] })).status, 204);
        assert.equal((await status(server, [...cookie(token), ...fields]))[0], 200);
      }
      for (const fields of [
        [["origin", "http://localhost"]], [["sec-fetch-site", "none"]],
        [["sec-fetch-site", "same-origin"], ["origin", "https://behind-a-proxy"]],
      ]) {
        assert.equal((await send(server, "/pay", { method: "POST", fields: [...cookie(token), ...fields] })).status, 204, `${fields}`);
        assert.equal((await send(server, "/login", { method: "POST", fields, body })).status, 204);
      }
      assert.equal((await status(server, cookie(token)))[0], 200, "the logouts of others did nothing");
    });
  });

  test(`${name}: a body that is no JSON is the client's mistake`, async () => {
    await withApp({}, async (world, server) => {
      for (const body of ["{", '{"password"', "\0"]) {
        assert.equal((await send(server, "/login", { method: "POST", body })).status, 400, body);
      }
    });
  });

  test(`${name}: a server that cannot tell answers 503 to everything that needs to know`, async () => {
    const list = { feed: { bound: 2 } };
    await withApp({ list }, async (world, server) => {
      world.list.proven(0);
      const { token, session } = world.login();
      const gone = world.login();
      await world.main.logout(gone.session).catch(() => {});
      world.mono = 3;
      for (const [path, method] of [["/me", "GET"], ["/pay", "POST"]]) {
        const answer = await send(server, path, { method, fields: cookie(token) });
        assert.deepEqual([answer.status, answer.text], [503, "unavailable\n"]);
        assert.equal(answer.headers["set-cookie"], undefined);
      }
      assert.equal((await send(server, "/login", { method: "POST", body: '{"password":"right"}' })).status, 503);
      assert.deepEqual(await status(server, cookie(gone.token)), UNAUTHORIZED);
      assert.deepEqual(await status(server, cookie("x")), UNAUTHORIZED);
      assert.ok(session);
    });
  });

  test(`${name}: sensitive requests refuse what a grace allows`, async () => {
    const options = { list: { feed: { bound: 2 } }, sessions: { policy: { ...policy, stale: { grace: 100 } } } };
    await withApp(options, async (world, server) => {
      world.list.proven(0);
      const { token } = world.login();
      world.mono = 50;
      assert.equal((await send(server, "/me", { fields: cookie(token) })).status, 200);
      assert.equal((await send(server, "/pay", { method: "POST", fields: cookie(token) })).status, 503);
    });
  });

  test(`${name}: a renewed token comes with answers other than 5xx, to cookies alone`, async () => {
    await withApp({}, async (world, server) => {
      const { token } = world.login();
      const renewed = async (path, fields, method = "GET") => (await send(server, path, { method, fields })).headers["set-cookie"];
      assert.equal(await renewed("/me", cookie(token)), undefined);
      world.now += 1000;
      const [line] = await renewed("/me", cookie(token));
      const next = presentedToken({ cookie: [line.split(";")[0]] }).token;
      assert.equal(world.main.verify(next).issuedAt, world.now);
      assert.equal(await renewed("/broken", cookie(token)), undefined);
      assert.equal(await renewed("/me", bearer(token)), undefined);
      assert.deepEqual(await renewed("/logout", cookie(token), "POST"), [removalCookie()]);
    });
  });

  test(`${name}: a token that another implementation sealed`, {
    skip: !process.env.CLOAKROOM_TOKEN && process.env.CI !== "true" && "CLOAKROOM_TOKEN is not given",
  }, async () => {
    assert.ok(process.env.CLOAKROOM_TOKEN, "CLOAKROOM_TOKEN is not given");
    const given = (suffix, fallback) => process.env[`CLOAKROOM_${suffix}`] ?? fallback;
    const text = given("RING").startsWith("cloakroom-ring") || given("RING").includes("\n")
      ? given("RING")
      : readFileSync(given("RING"), "utf8");
    const ring = KeyRing.parse(text);
    const sessions = new Sessions({
      ring,
      purpose: given("PURPOSE", "session"),
      audience: given("AUDIENCE", ""),
      policy: { idle: "none", absolute: ring.maxLifetime },
      // Any payload: its type is the business of the caller.
      payload: { read: ({ payload }) => ({ value: payload, readOnly: true }), write: () => { throw new Error("not here"); } },
      revocations: "none",
      verifyOnly: true,
    });
    const server = await listen(sessions, check);
    try {
      const foreign = process.env.CLOAKROOM_TOKEN;
      for (const fields of [cookie(foreign), bearer(foreign)]) {
        const [code, body] = await status(server, fields);
        assert.equal(code, 200);
        if (given("SUBJECT") !== undefined) assert.deepEqual(JSON.parse(body), { subject: given("SUBJECT") });
      }
      assert.deepEqual(await status(server, cookie(foreign.slice(0, -2))), UNAUTHORIZED);
    } finally {
      server.close();
      server.closeAllConnections?.();
    }
  });
}

test("a cookie that is too long is refused, and the nearest deadline is its age", () => {
  const sealed = (length, age) => ({ token: "a".repeat(length), session: { deadline: START + age, seenAt: START } });
  const fixed = sessionCookie(sealed(0, 1800)).length;
  assert.equal(sessionCookie(sealed(4096 - fixed, 1800)).length, 4096);
  assert.ok(errorOf(() => sessionCookie(sealed(4097 - fixed, 1800))) instanceof Refused);
  assert.match(sessionCookie(sealed(9, -5)), /Max-Age=1$/);
});

test("hostile fields cost work in proportion to their length", () => {
  const begun = cpuTime();
  for (const text of [" ".repeat(200_000) + "x", ";".repeat(200_000), "=".repeat(200_000), `bearer ${" ".repeat(200_000)}x`]) {
    presentedToken({ cookie: [text, `${NAME}=${text}`], authorization: [] });
    presentedToken({ authorization: [text] });
  }
  assert.ok(cpuTime() - begun < 1000);
});
