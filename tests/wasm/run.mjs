// Runs the vectors in WebAssembly: node tests/wasm/run.mjs FILE.wasm
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../../vectors/", import.meta.url));
const module = new WebAssembly.Module(readFileSync(process.argv[2]));
const imports = WebAssembly.Module.imports(module);
if (imports.length) throw new Error(`the core asks its host for ${JSON.stringify(imports)}`);
const start = () => new WebAssembly.Instance(module).exports;
let wasm = start();

/** The verdict of one vector; a panic's text in an error, after which the module starts again. */
function run(vector) {
  const bytes = new TextEncoder().encode(JSON.stringify(vector));
  if (bytes.length > wasm.size()) throw new Error(`${vector.id} has ${bytes.length} bytes`);
  const view = () => new Uint8Array(wasm.memory.buffer, wasm.buffer(), wasm.size());
  view().set(bytes);
  let failed;
  try {
    wasm.run(bytes.length);
  } catch (trap) {
    failed = trap;
  }
  const text = new TextDecoder().decode(view().slice(0, wasm.written()));
  if (failed) {
    wasm = start();
    throw new Error(`${vector.id}: ${text || failed}`);
  }
  return text;
}

const counts = new Map();
const failures = [];
let tokens = 0;
let noticed = 0;
for (const file of readdirSync(folder).filter((name) => name.endsWith(".json") && name !== "vectors.schema.json")) {
  for (const vector of JSON.parse(readFileSync(folder + file, "utf8")).vectors) {
    try {
      const verdict = run(vector);
      counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
    } catch (error) {
      failures.push(error.message);
    }
    if (vector.kind !== "token") continue;
    tokens += 1;
    // It can fail: the same with a stage that is not the vector's.
    try {
      run({ ...vector, stage: vector.stage === "tag" ? "nonce" : "tag" });
    } catch {
      noticed += 1;
    }
  }
}
for (const [verdict, count] of [...counts].sort()) console.log(`${String(count).padStart(5)}  ${verdict}`);
for (const failure of failures) console.error(failure);
const ran = [...counts].filter(([verdict]) => verdict.startsWith("token")).reduce((sum, [, count]) => sum + count, 0);
console.log(`${tokens} tokens, ${ran} agree; of as many with a wrong stage ${noticed} are noticed`);
if (failures.length || ran !== tokens || noticed !== tokens || tokens < 150) process.exit(1);
