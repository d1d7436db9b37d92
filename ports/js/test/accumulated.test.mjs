// Agreement in bulk: the accumulated hashes of Section 16.4 of the specification.
import assert from "node:assert/strict";
import test from "node:test";
import { sha256 } from "@noble/hashes/sha2.js";
import { ascii, hex } from "../dist/bytes.js";
import { decodeClaims } from "../dist/claims.js";
import { decodeToken } from "../dist/seal.js";
import { accumulate, bulkCase } from "../tools/accumulate.mjs";

test("case 0 is the one that the specification describes", () => {
  const bulk = bulkCase(0);
  assert.equal(hex(bulk.rootKey), "a72f402e7e2d18e24a92fcd93861a5dc9e7a05c8127ca036b2e53f1a9d607e9d");
  const { purpose, audience, binding, plain } = bulk;
  assert.deepEqual([purpose, audience, binding, plain].map((bytes) => bytes.length), [93, 146, 554, 76]);
  const { token } = bulk.key.seal(binding, plain);
  assert.equal(token.length, 165);
  assert.equal(
    hex(sha256(ascii(token))),
    "a5d3cc0f5092158133345def204badec95ec920a619aa1c06d7379051e7d694d",
  );
});

test("the hashes over 10 and 1,000 seals agree", () => {
  assert.equal(accumulate(10), "93c175cfce3138097dfa31ca39443d0a968625c036104fe8738493c5975f2135");
  assert.equal(accumulate(1000), "ec5852955f61da8cec2d585dddd944083468f4e430513ecb6aedf58c698cac7f");
});

test("the hash over 10,000 seals agrees, and every token opens to what was sealed", () => {
  const hash = accumulate(10_000, ({ key, binding, plain, claims, payload }, token) => {
    const opened = key.open(binding, decodeToken(token));
    assert.equal(hex(opened), hex(plain));
    assert.deepEqual(decodeClaims(opened), { claims, payload });
  });
  assert.equal(hash, "72c0ac15155c18ff3bb55af91ce3cf60b2f10bf98747872b03068af88cff82b9");
});

test(
  "the hash over 1,000,000 seals agrees",
  { skip: process.env.CLOAKROOM_MILLION ? false : "takes minutes: npm run test:million" },
  () => {
    assert.equal(
      accumulate(1_000_000),
      "6156491992d9e6254a30fb944dc8911e2cb574455e236b9d0bf58396e5cf2e0a",
    );
  },
);
