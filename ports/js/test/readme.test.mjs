// The sample of the README runs as it is printed.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import test from "node:test";
import { fileURLToPath } from "node:url";

test("the sample for one server runs and says what its comments promise", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const samples = [...readme.matchAll(/^```js\n([^]*?)^```$/gm)];
  assert.equal(samples.length, 1);
  const out = execFileSync(process.execPath, ["--input-type=module", "-"], {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    input: samples[0][1],
    encoding: "utf8",
  });
  assert.deepEqual(out.trim().split("\n"), ["user-42 Ada", "session rejected revoked"]);
});
