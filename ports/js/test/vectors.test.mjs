// All vectors of the specification, each with the same stage and the same output as printed there.
import assert from "node:assert/strict";
import test from "node:test";
import { compute } from "../tools/compute.mjs";
import { plain } from "../tools/json.mjs";
import { regenerated } from "../tools/regenerate.mjs";
import { KINDS, vectorFiles } from "../tools/vectors.mjs";

const EXPECTED_FILES = [
  "age", "cutoff", "description", "digest", "feed-batch", "feed-key", "feed-snapshot", "issue", "key-text", "logout", "merge", "record", "renew", "ring-replace", "ring", "rotate",
  "snapshot", "token-claims", "token-key", "token-nonce", "token-ok", "token-revoked",
  "token-schema", "token-tag", "token-text", "token-time", "update",
].map((name) => `${name}.json`);

const files = vectorFiles();

test("the folder holds the files that this runner knows and no other", () => {
  assert.deepEqual(files.map((file) => file.name), EXPECTED_FILES);
});

const seen = new Set();
const kinds = new Set();
let total = 0;

for (const file of files) {
  test(`${file.name}: every vector agrees`, (t) => {
    for (const { id, kind, stage, inputs, expected } of file.data.vectors) {
      const given = structuredClone(inputs);
      assert.deepEqual(plain(compute(kind, given, expected)), { stage, expected }, id);
      assert.deepEqual(given, inputs, `${id}: the inputs were changed`);
      assert.ok(!seen.has(id), `${id}: a second time`);
      seen.add(id);
      kinds.add(kind);
      total++;
    }
    t.diagnostic(`${file.name}: ${file.data.vectors.length} vectors`);
  });

  test(`${file.name}: computed anew, the file is the same to the byte`, () => {
    assert.equal(regenerated(file), file.text);
  });
}

test("vectors of every kind ran, and as many as the files announce", (t) => {
  assert.deepEqual([...kinds].sort(), [...KINDS].sort());
  assert.equal(total, files.reduce((sum, file) => sum + file.data.count, 0));
  assert.ok(total >= 150);
  t.diagnostic(`${total} vectors in ${files.length} files`);
});
