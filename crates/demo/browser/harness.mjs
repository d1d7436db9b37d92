// Starts the built server on a free port with a directory of its own, and browsers against it.

import { spawn } from "node:child_process";
import { mkdtemp, rm, mkdir } from "node:fs/promises";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Browser } from "./hang.mjs";

export { test } from "./hang.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const target = process.env.CARGO_TARGET_DIR ?? join(here, "../../../target");
const program = process.env.DEMO ?? join(target, "debug/demo");
const browserPath = process.env.CHROMIUM ?? "/usr/bin/chromium";

// What waits for the server has a limit of its own: a server that hangs fails its test, and is not taken
// for a browser that does (hang.mjs).
function answered(what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not come within 30 seconds`)), 30_000);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

export const COOKIE = "__Host-session";

export class Server {
  // Seconds between its clock and this machine's; a restart does not turn the clock back.
  ahead = 0;

  static async start(options = {}) {
    const server = new Server();
    server.directory = options.directory ?? (await mkdtemp(join(tmpdir(), "cloakroom-demo-")));
    await server.#run(options.port ?? 0, options.env ?? {});
    return server;
  }

  async #run(port, env) {
    this.env = env;
    const { REDIS_URL, DEBUG, DEBUG_FILE, ...around } = process.env;
    this.child = spawn(program, {
      env: {
        ...around,
        PORT: String(port),
        CLOAKROOM_DIR: this.directory,
        CLOAKROOM_TEST_CLOCK: "1",
        CLOAKROOM_TEST_AHEAD: String(this.ahead),
        ...env,
      },
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
    const line = await this.#line((line) => line.startsWith("listening on http://"));
    this.port = Number(line.split(":").pop());
    this.origin = `http://localhost:${this.port}`;
  }

  async #line(wanted) {
    for (;;) {
      const { value, done } = await answered("the server's next line", this.lines.next());
      if (done) throw new Error("the server ended");
      if (wanted(value)) return value;
    }
  }

  // The server's clock jumps; nobody sleeps.
  async advance(seconds) {
    this.child.stdin.write(`${seconds}\n`);
    await this.#line((line) => line.startsWith("ahead: "));
    this.ahead += seconds;
  }

  // As `kill -9` does: no handler runs.
  async kill() {
    const gone = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill("SIGKILL");
    await answered("the server's end", gone);
  }

  async restart() {
    await this.kill();
    await this.#run(this.port, this.env);
  }

  async stop() {
    await this.kill();
    await rm(this.directory, { recursive: true, force: true });
  }
}

export async function openBrowser() {
  if (!existsSync(browserPath)) throw new Error(`no browser at ${browserPath}; set CHROMIUM`);
  return Browser.launch({
    executablePath: browserPath,
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  });
}

// A device: cookies of its own.
export async function device(browser, server, options = {}) {
  const context = await browser.newContext({ baseURL: server.origin, ...options });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(String(error)));
  page.on("console", (message) => {
    // What a browser reports of refused requests is wanted here; everything else is a mistake.
    if (message.type() === "error" && !/Failed to load resource|ERR_/.test(message.text())) {
      page.problems.push(message.text());
    }
  });
  return page;
}

export async function login(page, name) {
  await page.goto("/login");
  await page.getByLabel("User name").fill(name);
  await page.getByLabel("Password").fill(`demo-${name}`);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.waitForURL((url) => url.pathname === "/");
}

export async function sessionCookie(page) {
  const cookies = await page.context().cookies();
  return cookies.find((cookie) => cookie.name === COOKIE);
}

export async function screenshots() {
  const folder = join(here, "screenshots");
  await mkdir(folder, { recursive: true });
  return folder;
}

export const live = (page) => page.getByText("live", { exact: true }).waitFor();
