// What the vector files are and how their notation maps to this package.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { stringify } from "./json.mjs";

export const KINDS = [
  "token", "issue", "renew", "update", "rotate", "logout", "cutoff", "key-text", "ring", "ring-replace",
  "record", "merge", "snapshot", "feed-key", "feed-batch", "feed-snapshot", "digest", "age",
  "description",
];

export function vectorFolder() {
  const folder =
    process.env.CLOAKROOM_VECTORS ?? fileURLToPath(new URL("../../../vectors", import.meta.url));
  if (!existsSync(join(folder, "vectors.schema.json"))) {
    throw new Error(`no vectors in ${folder}; set CLOAKROOM_VECTORS to their folder`);
  }
  return folder;
}

/** Every vector file as { name, text, data }; an unexpected file or head is an error. */
export function vectorFiles(folder = vectorFolder()) {
  const names = readdirSync(folder).filter((name) => name.endsWith(".json")).sort();
  return names.filter((name) => name !== "vectors.schema.json").map((name) => {
    const text = readFileSync(join(folder, name), "utf8");
    const data = JSON.parse(text);
    exactMembers(name, data, ["format", "version", "spec", "count", "vectors"]);
    if (data.format !== "cloakroom-vectors" || data.version !== 1 || data.spec !== "1.0") {
      throw new Error(`${name}: unknown format, version or specification`);
    }
    if (data.count !== data.vectors.length || data.count === 0) throw new Error(`${name}: wrong count`);
    for (const vector of data.vectors) {
      exactMembers(name, vector, ["id", "comment", "flags", "kind", "stage", "inputs", "expected"]);
      if (!KINDS.includes(vector.kind)) throw new Error(`${vector.id}: unknown kind ${vector.kind}`);
    }
    return { name, path: join(folder, name), text, data };
  });
}

/** The text of a vector file: one space of indent for each level. */
export function formatFile(data) {
  return `${stringify(data, 1)}\n`;
}

export function exactMembers(where, object, members) {
  const names = typeof object === "object" && object !== null ? Object.keys(object) : [];
  const unknown = names.filter((name) => !members.includes(name));
  const missing = members.filter((name) => !names.includes(name));
  if (unknown.length + missing.length > 0) {
    throw new Error(`${where}: unknown members [${unknown}], missing members [${missing}]`);
  }
}
