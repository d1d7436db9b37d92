// Logging in and out as a person does: cookies, countdown, devices, forced logout, restart.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before } from "node:test";
import { Server, device, live, login, openBrowser, sessionCookie, test } from "./harness.mjs";

let browser;
let server;
const pages = [];

before(async () => {
  browser = await openBrowser();
  server = await Server.start();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});
afterEach(async () => {
  const problems = pages.flatMap((page) => page.problems);
  await Promise.all(pages.splice(0).map((page) => page.context().close()));
  assert.deepEqual(problems, [], "errors in the console");
});

async function open(options) {
  const page = await device(browser, server, options);
  pages.push(page);
  return page;
}

const ended = (page) => page.getByRole("heading", { name: "You are logged out" });
const seconds = async (page, ring) => {
  const text = await page.locator(`[data-ring=${ring}] [data-left]`).textContent();
  const [minutes, rest] = text.split(":").map(Number);
  return minutes * 60 + rest;
};

test("a login shows the session, and the cookie has the attributes it should", async () => {
  const page = await open();
  await login(page, "ada");
  await page.getByRole("heading", { name: "Hello, ada" }).waitFor();
  const cookie = await sessionCookie(page);
  assert.equal(cookie.name, "__Host-session");
  assert.equal(cookie.httpOnly, true);
  assert.equal(cookie.secure, true);
  assert.equal(cookie.sameSite, "Lax");
  assert.equal(cookie.path, "/");
  assert.equal(cookie.domain, "localhost"); // no Domain attribute, or it would begin with a dot
  const left = cookie.expires - Date.now() / 1000;
  assert.ok(left > 150 && left <= 181, `Max-Age about 180: ${left}`);
  assert.equal(await page.evaluate(() => document.cookie), "");
});

test("a wrong password says so and logs nobody in", async () => {
  const page = await open();
  await page.goto("/login");
  await page.getByLabel("User name").fill("ada");
  await page.getByLabel("Password").fill("guess");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("alert").filter({ hasText: "wrong" }).waitFor();
  assert.equal(await sessionCookie(page), undefined);
});

test("the rings count down, and the idle one jumps back when the session is used", async () => {
  const page = await open();
  await login(page, "ada");
  await live(page);
  const [idle, absolute] = [await seconds(page, "idle"), await seconds(page, "absolute")];
  assert.ok(idle > 170 && idle <= 180, `${idle}`);
  assert.ok(absolute > 1_790 && absolute <= 1_800, `${absolute}`);
  await server.advance(100);
  await page.waitForFunction(
    (most) => {
      const text = document.querySelector("[data-ring=idle] [data-left]").textContent;
      const [minutes, rest] = text.split(":").map(Number);
      return minutes * 60 + rest <= most;
    },
    idle - 99,
  );
  const before = await sessionCookie(page);
  await page.getByRole("button", { name: "Use the session" }).click();
  await page.getByRole("status").filter({ hasText: "Renewed" }).waitFor();
  const after = await seconds(page, "idle");
  assert.ok(after > 170, `jumped back: ${after}`);
  assert.ok((await seconds(page, "absolute")) <= absolute - 99, "the absolute ring never jumps");
  assert.notEqual((await sessionCookie(page)).value, before.value);
});

test("a page that is left alone ends by itself at its idle deadline", async () => {
  const page = await open();
  await login(page, "ada");
  await live(page);
  await server.advance(181);
  await ended(page).waitFor();
  await page.getByText("not used for too long").waitFor();
});

test("a forced logout is seen by the open page within a second, without a reload", async () => {
  const [victim, other, admin] = [await open(), await open(), await open()];
  await login(victim, "ada");
  await login(other, "grace");
  await login(admin, "admin");
  await Promise.all([live(victim), live(other)]);
  await victim.evaluate(() => (window.stillTheSamePage = true));
  await admin.goto("/admin");
  // When the victim's page changes is told by the page itself.
  const seen = victim.evaluate(
    () =>
      new Promise((resolve, reject) => {
        // Or a page that never hears of it would look like a browser that hangs.
        setTimeout(() => reject(new Error("not seen within 15 seconds")), 15_000);
        const watch = new MutationObserver(() => {
          if (document.getElementById("ended")) resolve(Date.now());
        });
        watch.observe(document.body, { childList: true, subtree: true });
      }),
  );
  const asked = await admin.evaluate(() => Date.now());
  await admin.getByRole("button", { name: "Force out ada" }).click();
  const took = (await seen) - asked;
  assert.ok(took < 1_000, `${took} ms`);
  console.log(`forced logout seen after ${took} ms`);
  await ended(victim).waitFor();
  assert.equal(await victim.evaluate(() => window.stillTheSamePage), true);
  assert.equal(await victim.getByText("ada").count(), 0, "nothing of the user is left");
  await victim.reload();
  await victim.getByRole("heading", { name: "Log in" }).waitFor();
  await other.getByText("live", { exact: true }).waitFor();
  assert.equal(await ended(other).count(), 0);
});

test("devices are listed, one can be signed out from another, and all others at once", async () => {
  const [laptop, phone, tablet] = [
    await open(),
    await open({ userAgent: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1" }),
    await open({ userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0" }),
  ];
  await login(laptop, "grace");
  await live(laptop);
  await laptop.evaluate(() => (window.stillTheSamePage = true));
  const item = (name) => laptop.getByRole("listitem").filter({ hasText: name });
  assert.equal(await item("Firefox on Linux").count(), 0);
  // Whoever is about to press a button keeps it while the list around it changes.
  const here = laptop.getByRole("button", { name: "Log out here" });
  await here.focus();
  for (const page of [phone, tablet]) await login(page, "grace");
  await Promise.all([live(phone), live(tablet)]);
  await item("Firefox on Linux").waitFor();
  await item("Safari on iPhone").waitFor();
  await laptop.getByRole("status").filter({ hasText: "logged in" }).waitFor();
  assert.ok(await here.evaluate((button) => button === document.activeElement));
  // A device that goes by itself leaves the list of the others.
  await tablet.getByRole("button", { name: "Log out grace" }).click();
  await item("Firefox on Linux").waitFor({ state: "detached" });
  assert.equal(await laptop.evaluate(() => window.stillTheSamePage), true, "nothing was reloaded");
  await login(tablet, "grace");
  await live(tablet);
  await item("Firefox on Linux").waitFor();
  await laptop.getByRole("button", { name: "Sign out Safari on iPhone" }).click();
  await ended(phone).waitFor();
  await item("Safari on iPhone").waitFor({ state: "detached" });
  assert.equal(await ended(tablet).count(), 0);
  await laptop.getByRole("button", { name: "Sign out the others" }).click();
  await ended(tablet).waitFor();
  await laptop.getByText("This device").waitFor();
  assert.equal(await ended(laptop).count(), 0);
});

test("after a logout the back button shows nothing, and the old cookie is refused", async () => {
  const page = await open();
  await login(page, "ada");
  const old = await sessionCookie(page);
  await page.getByRole("button", { name: "Log out ada" }).click();
  await page.waitForURL((url) => url.pathname === "/login");
  assert.equal(await sessionCookie(page), undefined);
  await page.goBack();
  await page.getByRole("heading", { name: "Log in" }).waitFor();
  assert.equal(await page.getByText("Hello").count(), 0);
  await page.context().addCookies([old]);
  const answer = await page.goto("/");
  assert.equal(answer.status(), 401);
  await page.getByRole("heading", { name: "Log in" }).waitFor();
});

test("a restart keeps who is logged in, and who is logged out", async () => {
  const [stays, left] = [await open(), await open()];
  await login(stays, "ada");
  await login(left, "grace");
  const old = await sessionCookie(left);
  await left.getByRole("button", { name: "Log out grace" }).click();
  await left.waitForURL((url) => url.pathname === "/login");
  await live(stays);
  await server.restart();
  // The open page finds its server again by itself.
  await stays.getByText("live", { exact: true }).waitFor();
  const again = await stays.goto("/");
  assert.equal(again.status(), 200);
  await left.context().addCookies([old]);
  assert.equal((await left.goto("/")).status(), 401);
});

test("rotating the key logs nobody out, disabling the old one logs out everybody", async () => {
  const [ada, admin] = [await open(), await open()];
  await login(ada, "ada");
  await login(admin, "admin");
  await live(ada);
  await admin.goto("/admin");
  await live(admin);
  const rows = admin.locator("#keyring li");
  const first = await rows.count();
  const old = (await rows.nth(first - 1).locator("code").textContent()).trim();
  await admin.getByRole("button", { name: "Rotate keys now" }).click();
  await admin.waitForURL((url) => url.hash === "#keys");
  assert.equal(await rows.count(), first + 1);
  await server.advance(6);
  await admin.locator(`[data-key="${old}"]`).filter({ hasText: "open-only" }).waitFor();
  assert.equal((await ada.goto("/")).status(), 200);
  await live(ada);
  await admin.getByRole("button", { name: `Disable ${old}` }).click();
  await ended(ada).waitFor();
  await admin.waitForURL((url) => url.pathname === "/login");
  await login(ada, "ada");
});

test("an operator who edits the ring file rotates and disables keys without a restart", async () => {
  const [ada, admin] = [await open(), await open()];
  await login(ada, "ada");
  await login(admin, "admin");
  await live(ada);
  await admin.goto("/admin");
  await admin.getByRole("button", { name: "Rotate keys now" }).click();
  await admin.waitForURL((url) => url.hash === "#keys");
  await server.advance(6);
  await live(admin);
  const old = (await ada.locator("dl code").first().textContent()).trim();
  await admin.locator(`[data-key="${old}"]`).filter({ hasText: "open-only" }).waitFor();
  const file = join(server.directory, "keys");
  const ring = await readFile(file, "utf8");
  // The key that sealed before the one that was just announced.
  const line = ring.split("\n").filter((line) => line.startsWith("key ")).at(-2);
  // A line that is damaged keeps the old ring in force, for everybody.
  await writeFile(file, ring.replace(line, line.slice(0, -3)), { mode: 0o600 });
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  assert.equal((await ada.goto("/")).status(), 200);
  await live(ada);
  await writeFile(file, ring.replace(line, `${line} disabled`), { mode: 0o600 });
  await ended(ada).waitFor();
  await ada.getByText("taken out of service").waitFor();
  await login(ada, "ada");
});

test("a stream of news that is refused once is opened again", async () => {
  const page = await open();
  let asked = 0;
  await page.route("**/api/events", async (route) => {
    asked += 1;
    if (asked === 1) await route.fulfill({ status: 503, body: "" });
    else await route.continue();
  });
  await login(page, "ada");
  await live(page);
  assert.ok(asked >= 2, `${asked} requests`);
  assert.equal(await ended(page).count(), 0);
});

test("the counters count", async () => {
  const page = await open();
  await login(page, "ada");
  await live(page);
  const count = async (name) => {
    const text = await page.locator(`[data-count=${name}]`).textContent();
    return Number(text.replaceAll(",", ""));
  };
  // Entries go when nothing can need them any more, so they are counted before the clock moves.
  const grown = async (names, act) => {
    const before = await Promise.all(names.map(count));
    await act();
    await page.waitForFunction(
      ([names, before]) => {
        const count = (name) =>
          Number(document.querySelector(`[data-count=${name}]`).textContent.replaceAll(",", ""));
        return names.every((name, at) => count(name) > before[at]);
      },
      [names, before],
    );
  };
  await grown(["verified", "revoked", "entries"], async () => {
    const other = await open();
    await login(other, "ada");
    await other.getByRole("button", { name: "Log out ada" }).click();
    await other.waitForURL((url) => url.pathname === "/login");
  });
  assert.ok((await count("bytes")) > 0);
  await grown(["renewed"], async () => {
    await server.advance(100);
    await page.getByRole("button", { name: "Use the session" }).click();
    await page.getByRole("status").filter({ hasText: "Renewed" }).waitFor();
  });
});
