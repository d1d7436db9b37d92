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

// What each kind may end in; a kind that is not here was looked at by nobody.
const VERDICTS = new Map(
  Object.entries({
    token: ["token", "token up to the claims"],
    ring: ["ring", "ring up to its use"],
    ...Object.fromEntries(
      ["age", "digest", "issue", "key-text", "logout", "record", "renew", "ring-replace", "rotate", "update"].map((kind) => [kind, [kind]]),
    ),
    ...Object.fromEntries(
      ["cutoff", "description", "edge-export", "edge-key", "edge-make", "edge-signer", "feed-batch", "feed-key", "feed-snapshot", "merge", "snapshot"].map(
        (kind) => [kind, ["not in the core"]],
      ),
    ),
  }),
);
const counts = new Map();
const failures = [];
let noticed = 0;
let tokens = 0;
const seen = new Set();
const files = [folder, folder + "edge/"].flatMap((place) =>
  readdirSync(place)
    .filter((name) => name.endsWith(".json") && name !== "vectors.schema.json")
    .map((name) => place + name),
);
let all = 0;
for (const file of files) {
  const { vectors, count } = JSON.parse(readFileSync(file, "utf8"));
  if (vectors.length !== count) failures.push(`${file} has ${vectors.length} vectors and says ${count}`);
  for (const vector of vectors) {
    all += 1;
    seen.add(vector.kind);
    let verdict;
    try {
      verdict = run(vector);
      if (!VERDICTS.get(vector.kind)?.includes(verdict)) failures.push(`${vector.id}: ${vector.kind} ended in ${verdict}`);
      counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
    } catch (error) {
      failures.push(error.message);
    }
    // A digest has no stage, and a ring that reads may still be refused where it is used.
    if (verdict === "not in the core" || ["digest", "ring"].includes(vector.kind)) continue;
    tokens += 1;
    // It can fail: the same with a stage that is not the vector's.
    const others = vector.kind === "token" ? ["tag", "nonce"] : ["ok", { renew: "none", age: "failed" }[vector.kind] ?? "refused"];
    try {
      run({ ...vector, stage: vector.stage === others[0] ? others[1] : others[0] });
    } catch {
      noticed += 1;
    }
  }
}
for (const [verdict, count] of [...counts].sort()) console.log(`${String(count).padStart(5)}  ${verdict}`);
const ran = [...counts.values()].reduce((sum, count) => sum + count, 0);
for (const kind of VERDICTS.keys()) if (!seen.has(kind)) failures.push(`there is no vector of the kind ${kind}`);
for (const failure of failures) console.error(failure);
console.log(`${ran} of ${all} vectors agree; of ${tokens} with a wrong stage ${noticed} are noticed`);
if (failures.length || ran !== all || noticed !== tokens || all < 900) process.exit(1);
