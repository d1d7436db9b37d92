// What Authorization fields mean beside a cookie (Section 10.2), by the table of all implementations.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { presentedToken } from "cloakroom";
import { makeApp } from "../examples/hono.mjs";
import { cookie, frameworks, send, withServer } from "./support/http.mjs";
import { makeWorld } from "./support/world.mjs";

const { cases } = JSON.parse(readFileSync(new URL("../../headers.json", import.meta.url), "utf8"));
assert.ok(cases.length > 50);

test("presentedToken reads them as every implementation does", () => {
  for (const { fields, outcome } of cases) {
    const { by, token } = presentedToken({ authorization: fields, cookie: ["__Host-session=cookie"] });
    const seen = { bearer: { TOKEN: "bearer" }[token] ?? "rejected", cookie: { cookie: "cookie" }[token] }[by];
    assert.equal(seen, outcome, JSON.stringify(fields));
  }
});

for (const [name, listen] of Object.entries(frameworks)) {
  test(`${name} reads them so over HTTP`, async () => {
    const world = makeWorld();
    const [cookies, bearer] = ["of-cookie", "of-bearer"].map((subject) => world.login({ subject }).token);
    await withServer(listen, world, () => undefined, async (_, server) => {
      // What HTTP itself refuses does not come this far.
      for (const { fields, outcome } of cases.filter((one) => !/[^\t\x20-\x7e\x80-\xff]/.test(one.fields.join()))) {
        const values = fields.map((value) => ["authorization", value.replaceAll("TOKEN", bearer)]);
        const { status, text, headers } = await send(server, "/me", { fields: [...cookie(cookies), ...values] });
        const expected = outcome === "rejected" ? [401, "unauthorized\n"] : [200, `{"subject":"of-${outcome}"}`];
        assert.deepEqual([status, text], expected, JSON.stringify(fields));
        const challenge = outcome === "rejected" ? 'Bearer error="invalid_token"' : undefined;
        assert.equal(headers["www-authenticate"], challenge, JSON.stringify(fields));
      }
    });
  });
}

test("hono elsewhere: fields that were joined are no chance for a second one", async () => {
  const world = makeWorld();
  const { token } = world.login();
  const { fetch } = makeApp(world.main);
  const status = async (...authorization) => {
    const headers = new Headers([["cookie", `__Host-session=${token}`]]);
    for (const value of authorization) headers.append("authorization", value);
    return (await fetch(new Request("http://localhost/me", { headers }))).status;
  };
  assert.equal(await status(), 200);
  assert.equal(await status("Basic eDp5"), 200);
  assert.equal(await status(`Bearer ${token}`), 200);
  for (const two of [[`Bearer ${token}`, "Basic eDp5"], ["Basic eDp5", `Bearer ${token}`], ["Basic eDp5", "Basic eDp5"]]) {
    assert.equal(await status(...two), 401, two[0].slice(0, 6));
  }
});
