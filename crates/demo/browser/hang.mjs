// A browser that stops answering is not the demo's failure, and must not be taken for its success.
//
// Each step that waits for the server has a limit of its own (`device` and `answered` of harness.mjs), so
// a server that hangs fails its test. What has none are the steps between this process and the browser: to open
// a window, to run an expression, to close. Chromium without a screen was seen to
// stop there for ever, on a busy machine. Then the last calls are printed, a new browser is started, and the
// test runs once more from its beginning; a second time is a failure.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test as run } from "node:test";

// More than the slowest test needs, and less than the limit that test.sh sets.
const LIMIT = 90_000;

// Where the library writes its calls; it reads both names when it is loaded.
const folder = mkdtempSync(join(tmpdir(), "cloakroom-browser-"));
const log = join(folder, "calls.log");
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
process.env.DEBUG_FILE ??= log;
process.env.DEBUG ??= "pw:api";
export const { chromium } = await import("playwright-core");

function lastCalls() {
  try {
    return readFileSync(process.env.DEBUG_FILE, "utf8").trimEnd().split("\n").slice(-15).join("\n");
  } catch (error) {
    return `no list of calls: ${error.message}`;
  }
}

// One browser, which can be started anew under those who hold it.
export class Browser {
  #server;
  #browser;

  static async launch(options) {
    const browser = new Browser();
    browser.options = options;
    await browser.#start();
    opened.add(browser);
    return browser;
  }

  async #start() {
    // A server, because that can be killed; one that was only launched can be asked to close.
    this.#server = await chromium.launchServer(this.options);
    this.#browser = await chromium.connect(this.#server.wsEndpoint());
  }

  newContext(options) {
    return this.#browser.newContext(options);
  }

  async startAnew() {
    await this.#server.kill();
    await this.#start();
  }

  async close() {
    opened.delete(this);
    await this.#server.kill();
  }
}

const opened = new Set();

function later(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds, HUNG).unref());
}

const HUNG = Symbol("hung");

// As node's own: the name, then what is tested.
export function test(name, body) {
  run(name, async () => {
    for (const last of [false, true]) {
      const running = body();
      // It fails when its browser goes, and nobody waits for it then.
      running.catch(() => {});
      if ((await Promise.race([running, later(LIMIT)])) !== HUNG) return;
      console.error(`*** the browser did not answer for ${LIMIT / 1_000} seconds in "${name}"; its last calls:`);
      console.error(lastCalls());
      if (last) throw new Error("the browser did not answer, twice");
      await Promise.all([...opened].map((browser) => browser.startAnew()));
      // What waits for a browser ends with it; what does not has waited for something else.
      const ended = running.then(() => {}, () => {});
      if ((await Promise.race([ended, later(10_000)])) === HUNG) {
        throw new Error("the test hung, and not on its browser");
      }
    }
  });
}
