// More tabs than a browser opens connections to one server.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { Server, device, live, login, openBrowser, test } from "./harness.mjs";

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

test("ten tabs load, one of them logs out, and each of the others says so when it is seen", async () => {
  const first = await device(browser, server);
  const context = first.context();
  // Tabs of a browser without a screen are all seen, so it is said here which one is.
  await context.addInitScript(() => {
    let seen = true;
    const state = { get: () => (seen ? "visible" : "hidden") };
    Object.defineProperty(document, "visibilityState", state);
    globalThis.show = (on) => {
      seen = on;
      document.dispatchEvent(new Event("visibilitychange"));
    };
  });
  await login(first, "ada");
  await live(first);
  const tabs = [first];
  while (tabs.length < 10) {
    await tabs.at(-1).evaluate(() => globalThis.show(false));
    const tab = await context.newPage();
    await tab.goto("/");
    await live(tab);
    tabs.push(tab);
  }
  // Back to one that was not seen for a while: it goes on where it stopped.
  await tabs.at(-1).evaluate(() => globalThis.show(false));
  await first.evaluate(() => globalThis.show(true));
  await live(first);
  await first.evaluate(() => globalThis.show(false));

  const last = tabs.pop();
  await last.evaluate(() => globalThis.show(true));
  await last.getByRole("button", { name: "Log out ada" }).click();
  await last.waitForURL((url) => url.pathname === "/login");
  for (const tab of tabs) {
    await tab.evaluate(() => globalThis.show(true));
    await tab.getByRole("heading", { name: "You are logged out" }).waitFor();
  }
  assert.equal(tabs.length, 9);
  await context.close();
});
