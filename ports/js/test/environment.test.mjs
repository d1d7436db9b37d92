// The library runs wherever the language and four web interfaces are: browsers, workers, Node.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import * as library from "cloakroom";
import { EXPECTED, lifecycle } from "./support/lifecycle.mjs";

const folder = (path) => new URL(`../${path}`, import.meta.url);

test("the life of a session in Node", async () => {
  assert.deepEqual(await lifecycle(library), EXPECTED);
});

test("the same in a worker without Node's globals", async () => {
  const worker = new Worker(folder("test/support/worker.mjs"));
  const { steps, expected, left } = await new Promise((done, failed) => {
    worker.once("message", done).once("error", failed);
  });
  await worker.terminate();
  assert.deepEqual(left, ["undefined", "undefined"]);
  assert.deepEqual(steps, expected);
  assert.deepEqual(expected, EXPECTED);
});

test("the same in a realm that never had any of Node", () => {
  const script = fileURLToPath(folder("test/support/realm.mjs"));
  const out = execFileSync(process.execPath, ["--no-warnings", "--experimental-vm-modules", script]);
  const { steps, names, files } = JSON.parse(out);
  assert.deepEqual(names, ["undefined", "undefined", "undefined", "undefined"]);
  assert.ok(files > 15);
  assert.deepEqual(steps, EXPECTED);
});

test("the built library imports its own files and the two libraries of primitives alone", () => {
  const files = readdirSync(folder("dist")).filter((name) => name.endsWith(".js"));
  const sources = readdirSync(folder("src")).map((name) => name.replace(/\.ts$/, ".js"));
  assert.deepEqual(files.sort(), sources.sort());
  for (const name of files) {
    const code = readFileSync(folder(`dist/${name}`), "utf8").replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, "");
    for (const [, specifier] of code.matchAll(/(?:from|import)\s*\(?\s*["']([^"']+)["']/g)) {
      assert.match(specifier, /^(\.\/[a-z0-9]+\.js|@noble\/(ciphers|hashes)\/[a-z0-9]+\.js)$/, name);
      assert.ok(!builtinModules.includes(specifier.replace(/^node:/, "")));
    }
    assert.doesNotMatch(code, /\b(Buffer|process|require|__dirname|setImmediate|eval|Function)\b\s*[.([]/, name);
    assert.doesNotMatch(code, /Math\.random|console\.|localStorage/, name);
  }
});

test("no file is longer than 400 lines", () => {
  for (const part of ["src", "tools", "test", "test/support", "test/types"]) {
    for (const entry of readdirSync(folder(part), { withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const lines = readFileSync(folder(`${part}/${entry.name}`), "utf8").split("\n").length;
      assert.ok(lines <= 401, `${part}/${entry.name} has ${lines} lines`);
    }
  }
});

test("the package pins what it uses and no address of a mirror", () => {
  const manifest = JSON.parse(readFileSync(folder("package.json"), "utf8"));
  assert.deepEqual(Object.keys(manifest.dependencies).sort(), ["@noble/ciphers", "@noble/hashes"]);
  assert.equal(manifest.license, "MIT OR Apache-2.0");
  const lock = JSON.parse(readFileSync(folder("package-lock.json"), "utf8"));
  for (const [name, entry] of Object.entries(lock.packages)) {
    assert.equal(entry.resolved, undefined, name);
    if (name !== "") assert.match(entry.integrity, /^sha512-/, name);
  }
});
