// Recomputes every vector file from its inputs and writes it anew. With --check it writes nothing and
// ends with 1 if a file differs.
import { writeFileSync } from "node:fs";
import { compute } from "./compute.mjs";
import { formatFile, vectorFiles } from "./vectors.mjs";

const check = process.argv.includes("--check");
let differing = 0;

export function regenerated(file) {
  const vectors = file.data.vectors.map((vector) => ({
    ...vector,
    ...compute(vector.kind, vector.inputs, vector.expected),
  }));
  return formatFile({ ...file.data, vectors });
}

if (process.argv[1]?.endsWith("regenerate.mjs")) {
  for (const file of vectorFiles()) {
    const text = regenerated(file);
    const same = text === file.text;
    if (!same) differing++;
    if (!check) writeFileSync(file.path, text);
    console.log(`${file.name}: ${file.data.vectors.length} vectors, ${same ? "unchanged" : "DIFFERENT"}`);
  }
  process.exitCode = check && differing > 0 ? 1 : 0;
}
