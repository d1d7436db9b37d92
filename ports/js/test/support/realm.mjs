// Started with --experimental-vm-modules: loads the package into a realm that has the language and the
// four web interfaces it needs, and nothing of Node. Prints what happened as JSON.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import vm from "node:vm";

const require = createRequire(import.meta.url);
const context = vm.createContext({ TextEncoder, TextDecoder, crypto, performance });
const loaded = new Map();

function resolve(specifier, from) {
  if (specifier.startsWith(".")) return fileURLToPath(new URL(specifier, pathToFileURL(from)));
  if (specifier === "cloakroom") return fileURLToPath(new URL("../../dist/index.js", import.meta.url));
  if (specifier.startsWith("@noble/")) return require.resolve(specifier);
  throw new Error(`${from} imports ${specifier}`);
}

function load(path) {
  if (!loaded.has(path)) {
    loaded.set(path, new vm.SourceTextModule(readFileSync(path, "utf8"), { identifier: path, context }));
  }
  return loaded.get(path);
}

const root = load(fileURLToPath(new URL("./lifecycle.mjs", import.meta.url)));
const library = load(resolve("cloakroom", ""));
for (const module of [root, library]) {
  await module.link((specifier, from) => load(resolve(specifier, from.identifier)));
  await module.evaluate();
}
const names = vm.runInContext("[typeof Buffer, typeof process, typeof require, typeof global]", context);
const steps = await root.namespace.lifecycle(library.namespace);
console.log(JSON.stringify({ steps, expected: root.namespace.EXPECTED, names: [...names], files: loaded.size }));
