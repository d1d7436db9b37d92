// The command for differential testing answers every line, in order, and survives all of them.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { vectorFiles } from "../tools/vectors.mjs";

const script = fileURLToPath(new URL("../tools/answer.mjs", import.meta.url));
const BAD = { error: "bad request" };

async function ask(input) {
  const child = spawn(process.execPath, [script], { stdio: ["pipe", "pipe", "inherit"] });
  const chunks = [];
  child.stdout.on("data", (chunk) => chunks.push(chunk));
  child.stdin.end(input);
  const [code] = await once(child, "close");
  assert.equal(code, 0);
  return Buffer.concat(chunks).toString().trimEnd().split("\n").map((line) => JSON.parse(line));
}

const vectors = vectorFiles().flatMap((file) => file.data.vectors);
const line = ({ kind, inputs, expected }) => JSON.stringify({ kind, inputs, expected });

test("vectors as requests give the answers of the vectors", async () => {
  const answers = await ask(vectors.map(line).join("\n"));
  assert.deepEqual(answers, vectors.map(({ stage, expected }) => ({ stage, expected })));
});

test("every broken line has its own answer", async () => {
  const good = { kind: "digest", inputs: { kind: 2, data: "" } };
  const token = vectors.find((vector) => vector.kind === "token").inputs;
  const broken = [
    "", " ", "null", "5", "[]", "{}", "{", "\u2028", '"x"', "[".repeat(100_000), '{"kind":"token"}',
    ...["constructor", "__proto__", "toString", "", 5, null].map((kind) => JSON.stringify({ kind, inputs: {} })),
    ...[null, [], 5, "x", {}].flatMap((inputs) => ["token", "ring", "age", "merge"].map((kind) => JSON.stringify({ kind, inputs }))),
    JSON.stringify({ kind: "digest", inputs: { kind: 2, data: "", more: 1 } }),
    JSON.stringify({ kind: "digest", inputs: { kind: 5, data: "" } }),
    JSON.stringify({ kind: "digest", inputs: { kind: 2, data: "A0" } }),
    JSON.stringify({ kind: "merge", inputs: { records: ["0"] } }),
    '{"kind":"key-text","inputs":{"text":"\\ud800","purpose":null,"audience":null}}',
    ...Object.keys(token).map((name) => JSON.stringify({ kind: "token", inputs: { ...token, [name]: undefined } })),
    ...Object.keys(token).map((name) => JSON.stringify({ kind: "token", inputs: { ...token, [name]: { x: [1.5] } } })),
    JSON.stringify({ kind: "token", inputs: { ...token, now: 2 ** 53 } }),
  ];
  const input = broken.flatMap((text) => [text, JSON.stringify(good)]).join("\n");
  const answers = await ask(input);
  assert.equal(answers.length, 2 * broken.length);
  broken.forEach((text, i) => assert.deepEqual(answers[2 * i], BAD, text.slice(0, 100)));
  for (let i = 1; i < answers.length; i += 2) assert.deepEqual(answers[i].stage, "ok");
});

test("what has no vector is answered by its stage, with the members of expected null", async () => {
  const inputsOf = (id) => structuredClone(vectors.find((vector) => vector.id === id).inputs);
  const first = (kind, stage) => vectors.find((v) => v.kind === kind && v.stage === stage).inputs;
  const token = vectors.find((v) => v.kind === "token" && v.stage === "ok" && v.inputs.keys).inputs;
  const renew = first("renew", "ok");
  const ring = first("ring", "ok");
  const batch = inputsOf("feed-batch-ok-one-key");
  const late = 253_402_300_800;
  const asked = [
    ["token", { ...token, purpose: "" }, "refused", { reason: null }],
    ["token", { ...token, keys: [{ text: "", state: "sealing" }] }, "refused", { reason: null }],
    ["token", { ...token, keys: [token.keys[0], token.keys[0]] }, "refused", { reason: null }],
    ["token", { ...token, reader: { shape: "choice", major: 1, minor: 1 } }, "refused", { reason: null }],
    ["token", { ...token, reader: { shape: "raw", major: 1, minor: 1 } }, "refused", { reason: null }],
    ["token", { ...token, now: late }, "unavailable", { reason: null }],
    ["renew", { ...renew, token: "" }, "text", { token: null }],
    ["renew", { ...renew, now: 0 }, "time", { token: null }],
    ["rotate", { ...first("rotate", "ok"), token: "" }, "text", { token: null, record: null }],
    ["ring", { ...ring, now: late }, "unavailable", {}],
    ["ring-replace", { ...first("ring-replace", "ok"), old: "" }, "refused", {}],
    ["feed-batch", { ...batch, keys: [] }, "refused", { fault: null }],
    ["feed-batch", { ...batch, keys: ["clkfeed1."] }, "refused", { fault: null }],
    ["feed-snapshot", { ...inputsOf("feed-snapshot-ok-two"), realm: "" }, "refused", { fault: null }],
  ];
  const answers = await ask(asked.map(([kind, inputs]) => JSON.stringify({ kind, inputs })).join("\n"));
  asked.forEach(([kind, , stage, expected], i) => assert.deepEqual(answers[i], { stage, expected }, `${kind} ${i}`));
});

test("bytes that are not UTF-8 spoil their own line only", async () => {
  const good = line(vectors.find((vector) => vector.kind === "digest"));
  const answers = await ask(Buffer.concat([Buffer.from([0xff, 10]), Buffer.from(`${good}\n`), Buffer.from([0xc3])]));
  assert.deepEqual(answers.map((a) => a.stage ?? a.error), ["bad request", "ok", "bad request"]);
});

test("an answer comes before the next request is there", async () => {
  const child = spawn(process.execPath, [script], { stdio: ["pipe", "pipe", "inherit"] });
  for (let i = 0; i < 3; i++) {
    child.stdin.write(`${line(vectors[0])}\n`);
    const [chunk] = await once(child.stdout, "data");
    assert.equal(JSON.parse(chunk).stage, vectors[0].stage);
  }
  child.stdin.end();
  await once(child, "close");
});
