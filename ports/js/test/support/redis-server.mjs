// A redis-server of a test's own, on a free port.
import { spawn, spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What to say if there is no server to test against; undefined if there is one. */
export function missingRedis() {
  const found = spawnSync("redis-server", ["--version"]).status === 0;
  if (found) return undefined;
  if (process.env.CI === "true") throw new Error("redis-server is missing, and CI must not skip it");
  return "SKIPPED: redis-server is not installed";
}

/** Below those of outgoing connections: one of them could take it while the server is down. */
async function freePort() {
  for (;;) {
    const port = 20_000 + randomInt(12_000);
    const server = createServer();
    const isFree = await new Promise((done) => {
      server.once("error", () => done(false)).listen(port, "127.0.0.1", () => done(true));
    });
    if (!isFree) continue;
    await new Promise((done) => server.close(done));
    return port;
  }
}

async function untilAnswers(port) {
  for (let i = 0; i < 200; i++) {
    const up = await new Promise((done) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("connect", () => done(true)).once("error", () => done(false));
      socket.once("connect", () => socket.destroy());
    });
    if (up) return;
    await new Promise((done) => setTimeout(done, 25));
  }
  throw new Error("redis-server does not start");
}

export class RedisServer {
  #child;
  #folder = mkdtempSync(join(tmpdir(), "cloakroom-redis-"));
  port;

  static async start() {
    const server = new RedisServer();
    server.port = await freePort();
    await server.restart();
    return server;
  }

  get url() {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Without data: nothing was kept. */
  async restart() {
    const settings = ["--port", `${this.port}`, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
    this.#child = spawn("redis-server", [...settings, "--dir", this.#folder], { stdio: "ignore" });
    await untilAnswers(this.port);
  }

  async kill() {
    const child = this.#child;
    const gone = new Promise((done) => child.once("exit", done));
    child.kill("SIGKILL");
    await gone;
  }

  async stop() {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
