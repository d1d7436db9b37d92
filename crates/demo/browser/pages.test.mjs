// How the pages look and whether everybody can use them: axe-core, widths, light and dark, keyboard.
// The screenshots are in screenshots/.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before } from "node:test";
import { Server, device, live, login, openBrowser, screenshots, test } from "./harness.mjs";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const LAPTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };

let browser;
let server;
let folder;

before(async () => {
  browser = await openBrowser();
  server = await Server.start();
  folder = await screenshots();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

// All pages, each in the state in which there is most to see.
const states = {
  async login(page) {
    await page.goto("/login");
  },
  async refused(page) {
    await page.goto("/login");
    await page.getByLabel("User name").fill("ada");
    await page.getByLabel("Password").fill("guess");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("alert").waitFor();
  },
  async session(page) {
    await login(page, "ada");
    await live(page);
    await page.getByRole("button", { name: "Make a token" }).click();
    for (const name of ["Present it", "Flip one bit"]) {
      await page.getByRole("button", { name }).click();
    }
    await page.getByText("one bit flipped").waitFor();
    // Some time on, so that there is something to see.
    await server.advance(70);
    await page.waitForFunction(() => document.querySelector("[data-left]").textContent < "2:00");
  },
  async admin(page) {
    await login(page, "admin");
    await page.goto("/admin");
    await live(page);
  },
  async "too-long"(page) {
    await login(page, "ada");
    await page.getByLabel("A note in your session").fill("x".repeat(4_000));
    await page.getByRole("button", { name: "Put it into the session" }).click();
    await page.getByText("does not fit into a cookie").waitFor();
  },
  async "keys-unchanged"(page) {
    await login(page, "admin");
    await page.goto("/admin");
    // The only key can't be taken away.
    await page.locator("#keyring").getByRole("button", { name: /^Disable/ }).last().click();
    await page.getByText("Keys unchanged").first().waitFor();
  },
  async ended(page) {
    await login(page, "grace");
    await live(page);
    const other = await device(browser, server);
    await login(other, "grace");
    await other.getByRole("button", { name: "Sign out the others" }).click();
    await page.getByRole("heading", { name: "You are logged out" }).waitFor();
    await other.context().close();
  },
};

for (const colorScheme of ["light", "dark"]) {
  for (const [name, viewport] of Object.entries({ laptop: LAPTOP, phone: PHONE })) {
    test(`no page has a violation that axe-core finds: ${colorScheme}, ${name}`, async () => {
      for (const [state, reach] of Object.entries(states)) {
        // Scripts of a test's own: the pages forbid all but their own.
        const page = await device(browser, server, { viewport, colorScheme, bypassCSP: true });
        await reach(page);
        await page.evaluate(() => scrollTo(0, 0));
        await page.screenshot({
          path: join(folder, `${state}-${name}-${colorScheme}.png`),
          fullPage: true,
          animations: "disabled",
        });
        await page.addScriptTag({ content: axe });
        const { violations, passes } = await page.evaluate(() => axe.run());
        assert.ok(passes.length > 10, "axe-core looked");
        const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html).join()}`);
        assert.deepEqual(found, [], state);
        await page.context().close();
      }
    });
  }
}

for (const width of [320, 360, 768]) {
  test(`nothing is wider than a screen of ${width} pixels`, async () => {
    for (const [state, reach] of Object.entries(states)) {
      const page = await device(browser, server, { viewport: { width, height: 740 } });
      await reach(page);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= width, `${state}: ${wide} pixels wide`);
      await page.context().close();
    }
  });
}

test("the pages work by keyboard alone, and the focus is seen", async () => {
  const page = await device(browser, server);
  await page.goto("/login");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the content");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.type("ada");
  await page.keyboard.press("Tab");
  await page.keyboard.type("demo-ada");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Hello, ada" }).waitFor();
  await live(page);
  // Every control is reached, in the order of the page, and shows that it is.
  const reached = [];
  for (let i = 0; i < 40; i++) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const active = document.activeElement;
      if (active === document.body) return null;
      const { outlineStyle, outlineWidth } = getComputedStyle(active);
      const name = (active.labels?.[0] ?? active).textContent.trim().replaceAll(/\s+/g, " ");
      return { name, seen: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 };
    });
    if (at === null) break;
    assert.ok(at.seen, `the focus on "${at.name}" is not seen`);
    reached.push(at.name);
  }
  for (const name of [
    "Log out ada",
    "Use the session",
    "Sign out the others",
    "Make a token",
    "A note in your session",
    "Put it into the session",
  ]) {
    assert.ok(reached.includes(name), `${name} is not reached: ${reached}`);
  }
  await page.getByRole("button", { name: "Make a token" }).focus();
  await page.keyboard.press("Enter");
  await page.locator("#token-text").waitFor();
  await page.getByRole("button", { name: "Log it out" }).focus();
  await page.keyboard.press("Space");
  await page.getByText("Accepted: log this token out").waitFor();
  // The focus goes where the next step is, not to the top of the page.
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Replay it");
  await page.keyboard.press("Enter");
  await page.getByText("Refused: the old cookie after its logout").waitFor();
  await page.context().close();
});

// The two that stand in docs/, to be copied there by hand when the pages have changed.
test("pictures for the README", async () => {
  const others = [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0",
  ];
  const first = await device(browser, server);
  await login(first, "ada");
  await first.getByRole("button", { name: "Sign out everywhere" }).click();
  for (const userAgent of others) {
    const page = await device(browser, server, { userAgent });
    await login(page, "ada");
    await page.context().close();
  }
  for (const [name, state, viewport, colorScheme] of [
    ["readme-session", "session", { width: 1120, height: 1320 }, "light"],
    ["readme-phone", "admin", { width: 390, height: 840 }, "dark"],
  ]) {
    const page = await device(browser, server, { viewport, colorScheme });
    await states[state](page);
    await page.evaluate(() => scrollTo(0, 0));
    await page.screenshot({ path: join(folder, `${name}.png`), animations: "disabled" });
    await page.context().close();
  }
});
