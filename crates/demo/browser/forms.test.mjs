// What must hold without a script, against other sites, and at the limits of a cookie.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before } from "node:test";
import { COOKIE, Server, device, live, login, openBrowser, sessionCookie, test } from "./harness.mjs";

let browser;
let server;

before(async () => {
  browser = await openBrowser();
  server = await Server.start();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

// A site of somebody else: 127.0.0.1 is another site than localhost.
async function site(answer) {
  const http = createServer(answer);
  await new Promise((resolve) => http.listen(0, "127.0.0.1", resolve));
  // A test that is cut short leaves it open.
  http.unref();
  const { port } = http.address();
  return { port, close: () => http.close() };
}

test("login and logout need no JavaScript", async () => {
  const page = await device(browser, server, { javaScriptEnabled: false });
  await login(page, "ada");
  await page.getByRole("heading", { name: "Hello, ada" }).waitFor();
  // What would not work is not there.
  assert.equal(await page.getByRole("button", { name: "Make a token" }).count(), 0);
  assert.equal(await page.getByRole("button", { name: "Use the session" }).count(), 0);
  await page.getByRole("button", { name: "Sign out the others" }).click();
  await page.getByRole("heading", { name: "Hello, ada" }).waitFor();
  await page.getByRole("button", { name: "Log out ada" }).click();
  await page.waitForURL((url) => url.pathname === "/login");
  assert.equal(await sessionCookie(page), undefined);
  assert.equal((await page.goto("/")).status(), 401);
  await page.context().close();
});

test("no script that does not come from a file of the server runs", async () => {
  const page = await device(browser, server);
  let asked = 0;
  const other = await site((request, answer) => {
    if (request.url === "/evil.js") asked += 1;
    answer.setHeader("Content-Type", "text/javascript");
    answer.end("window.hacked = 'elsewhere'");
  });
  await login(page, "ada");
  const answer = await page.reload();
  const policy = answer.headers()["content-security-policy"];
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe|\*|https?:|data:/);
  // As if somebody had got HTML into the page: the headers are the server's own.
  let reported = 0;
  page.on("console", (message) => {
    if (/Content Security Policy/.test(message.text())) reported += 1;
  });
  await page.route(server.origin + "/", async (route) => {
    const answer = await route.fetch();
    const evil = `<script>window.hacked = "inline"</script>
      <button onclick="window.hacked = 'handler'">Planted</button>
      <a href="javascript:window.hacked='link'">Linked</a>
      <script src="http://127.0.0.1:${other.port}/evil.js"></script>
      <style>h1 { display: none }</style>`;
    await route.fulfill({ response: answer, body: (await answer.text()).replace("</main>", evil + "</main>") });
  });
  await page.reload();
  await page.getByRole("button", { name: "Planted" }).click();
  await page.getByRole("link", { name: "Linked" }).click();
  await page.getByRole("heading", { name: "Hello, ada" }).waitFor();
  assert.ok(reported >= 5, `${reported} refused`);
  assert.equal(asked, 0, "nothing was loaded from elsewhere");
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  other.close();
  await page.context().close();
});

test("a text that a user chose is shown as text", async () => {
  const page = await device(browser, server);
  await login(page, "ada");
  const evil = `</textarea><script>window.hacked = true</script><img src=x onerror="window.hacked=1">`;
  await page.getByLabel("A note in your session").fill(evil);
  const [answer] = await Promise.all([
    page.waitForResponse((answer) => answer.url().endsWith("/note")),
    page.getByRole("button", { name: "Put it into the session" }).click(),
  ]);
  assert.equal(answer.status(), 303);
  await page.waitForURL((url) => url.hash === "#note", { waitUntil: "commit" });
  assert.equal(await page.getByLabel("A note in your session").inputValue(), evil);
  await live(page);
  await page.getByRole("button", { name: "Make a token" }).click();
  await page.locator("#token-inside").getByText("onerror").waitFor();
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  assert.equal(await page.locator("main img").count(), 0);
  await page.context().close();
});

test("a form on another site does nothing, with a session and without", async () => {
  const page = await device(browser, server);
  await login(page, "ada");
  const forms = [
    ["/logout", ""],
    ["/logout-others", ""],
    ["/note", `<input name="note" value="planted">`],
    ["/login", `<input name="name" value="grace"><input name="password" value="demo-grace">`],
  ];
  const other = await site((request, answer) => {
    const [path, fields] = forms[Number(new URL(request.url, "http://x").searchParams.get("form"))];
    answer.setHeader("Content-Type", "text/html");
    answer.end(`<form method="post" action="${server.origin}${path}">${fields}<button>Win</button></form>`);
  });
  for (const index of forms.keys()) {
    await page.goto(`http://127.0.0.1:${other.port}/?form=${index}`);
    const [answer] = await Promise.all([
      page.waitForResponse((answer) => answer.url().startsWith(server.origin)),
      page.getByRole("button", { name: "Win" }).click(),
    ]);
    assert.equal(answer.status(), 403, forms[index][0]);
    assert.equal(answer.headers()["set-cookie"], undefined);
  }
  other.close();
  // Still logged in, still ada, and the note is as it was.
  await page.goto(server.origin);
  await page.getByRole("heading", { name: "Hello, ada" }).waitFor();
  assert.equal(await page.getByLabel("A note in your session").inputValue(), "");
  await page.context().close();
});

test("a form without the field that ties it to the session does nothing", async () => {
  const page = await device(browser, server);
  await login(page, "ada");
  await page.evaluate(() => {
    for (const field of document.querySelectorAll("input[name=form]")) field.value = "forged";
  });
  const [answer] = await Promise.all([
    page.waitForResponse((answer) => answer.url().endsWith("/logout-others")),
    page.getByRole("button", { name: "Sign out the others" }).click(),
  ]);
  assert.equal(answer.status(), 403);
  await page.context().close();
});

test("a session up to the limit is kept by the browser, one byte more is an error that is seen", async () => {
  const page = await device(browser, server);
  await login(page, "ada");
  const put = async (length) => {
    await page.goto("/");
    await page.getByLabel("A note in your session").fill("x".repeat(length));
    const [answer] = await Promise.all([
      page.waitForResponse((answer) => answer.url().endsWith("/note")),
      page.getByRole("button", { name: "Put it into the session" }).click(),
    ]);
    await page.waitForLoadState();
    return answer;
  };
  let [fits, fails] = [0, 4_000];
  while (fails - fits > 1) {
    const middle = Math.floor((fits + fails) / 2);
    if ((await put(middle)).status() === 303) fits = middle;
    else fails = middle;
  }
  const answer = await put(fits);
  assert.equal(answer.status(), 303);
  const line = (await answer.headersArray()).find(({ name }) => name.toLowerCase() === "set-cookie");
  // Base64 makes four characters of three bytes, so the next byte may be two characters more.
  assert.ok(line.value.length <= 4_096 && line.value.length > 4_080, `${line.value.length}`);
  const kept = await sessionCookie(page);
  assert.equal(`${COOKIE}=${kept.value}`, line.value.split(";")[0]);
  await page.goto("/");
  assert.equal(
    await page.getByLabel("A note in your session").inputValue(),
    "x".repeat(fits),
  );

  const refused = await put(fits + 1);
  assert.equal(refused.status(), 413);
  await page.getByText("does not fit into a cookie").waitFor();
  assert.equal(refused.headers()["set-cookie"], undefined);
  // Nothing was dropped: the browser has the session that it had.
  assert.equal((await sessionCookie(page)).value, kept.value);
  assert.equal((await page.goto("/")).status(), 200);
  await page.context().close();
});

test("why the limit is there: the browser keeps 4096 bytes and drops 4097 without a word", async () => {
  const page = await device(browser, server);
  const other = await site((request, answer) => {
    const bytes = Number(new URL(request.url, "http://x").searchParams.get("bytes"));
    // The icon, which nobody asked for here.
    if (bytes === 0) return answer.end();
    answer.setHeader("Set-Cookie", `a=${"x".repeat(bytes - 1)}; Path=/`);
    answer.end("ok");
  });
  for (const [bytes, cookies] of [
    [4_096, 1],
    [4_097, 0],
  ]) {
    await page.context().clearCookies();
    await page.goto(`http://127.0.0.1:${other.port}/?bytes=${bytes}`);
    const kept = await page.context().cookies(`http://127.0.0.1:${other.port}`);
    assert.equal(kept.length, cookies, `${bytes} bytes of name and value`);
  }
  other.close();
  await page.context().close();
});

test("the token panel: every verdict is the server's", async () => {
  const page = await device(browser, server);
  await login(page, "ada");
  await live(page);
  const button = (name) => page.getByRole("button", { name });
  const [made] = await Promise.all([
    page.waitForResponse((answer) => answer.url().endsWith("/api/specimen/make")),
    button("Make a token").click(),
  ]);
  const { token, bytes, outside, inside } = await made.json();
  await page.locator("#token-text").waitFor();
  assert.equal(await page.locator("#token-text").textContent(), token);
  const sum = (fields) => fields.reduce((all, field) => all + field.bytes, 0);
  assert.equal(sum(outside.slice(1)), bytes);
  assert.equal(bytes, Buffer.from(token.slice(5), "base64url").length);
  // Each count is of its own making, so they add up only if all are right.
  assert.equal(sum(inside), outside.find((field) => field.name === "sealed").bytes);
  const payload = inside.find((field) => field.name === "payload");
  const { name, note } = JSON.parse(payload.value);
  assert.equal(payload.bytes, 1 + name.length + 1 + 1 + note.length, "name, admin, a short note");

  const asks = async (name, path, status) => {
    const [answer] = await Promise.all([
      page.waitForResponse((answer) => new URL(answer.url()).pathname === path),
      button(name).click(),
    ]);
    assert.equal(answer.status(), status, name);
    return answer.request().allHeaders();
  };
  const presented = await asks("Present it", "/api/specimen", 200);
  assert.equal(presented.authorization, `Bearer ${token}`);
  const { authorization: forged } = await asks("Flip one bit", "/api/specimen", 401);
  const [good, bad] = [token, forged.slice("Bearer ".length)];
  const bits = (text) =>
    [...Buffer.from(text.slice(5), "base64url")].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const differ = [...bits(good)].filter((bit, index) => bit !== bits(bad)[index]).length;
  assert.equal(differ, 1, "one bit, no more");
  // A token of another purpose is no login.
  await asks("Use it as a login", "/api/me", 401);
  await asks("Log it out", "/api/specimen/end", 204);
  const replayed = await asks("Replay it", "/api/specimen", 401);
  assert.equal(replayed.authorization, undefined);
  assert.ok(replayed.cookie.includes(`__Host-specimen=${token}`), replayed.cookie);
  await page.getByText("Refused: the old cookie").waitFor();
  await page.waitForFunction(() => document.cookie === "");
  // The session itself goes on.
  assert.equal((await page.reload()).status(), 200);
  await page.context().close();
});
