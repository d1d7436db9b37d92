// Structured payloads: the encoding of Section 7.5, its bounds, and schema versions.
import assert from "node:assert/strict";
import test from "node:test";
import { Refused, rawPayload, structuredPayload, t } from "cloakroom";
import { cpuTime, errorOf } from "./support/world.mjs";

const hex = (bytes) => Buffer.from(bytes).toString("hex");
const unhex = (text) => new Uint8Array(Buffer.from(text, "hex"));
const of = (type, minor = 0) => structuredPayload({ major: 1, minor, type });
const write = (type, value) => hex(of(type).write(value).payload);
const read = (type, text, minor = 0) => of(type).read({ payload: unhex(text), major: 1, minor });

const choice = t.enum({ a: null, b: t.u32, c: [t.u8, t.u16], d: { fields: { x: t.bool } } });

// The table of Section 7.5, and values at the edges of every type.
const TABLE = [
  [t.bool, true, "01"], [t.bool, false, "00"],
  [t.u8, 255, "ff"], [t.i8, -1, "ff"], [t.i8, -128, "80"], [t.i8, 127, "7f"],
  [t.u16, 300, "ac02"], [t.u16, 65535, "ffff03"], [t.u32, 4294967295, "ffffffff0f"],
  [t.u64, 18446744073709551615n, "ffffffffffffffffff01"], [t.u64, 2n ** 53n + 1n, "8180808080808010"],
  [t.u128, 2n ** 128n - 1n, "ffffffffffffffffffffffffffffffffffff03"],
  [t.i16, -1, "01"], [t.i16, 1, "02"], [t.i16, -32768, "ffff03"], [t.i16, 32767, "feff03"],
  [t.i32, -300, "d704"], [t.i32, -2147483648, "ffffffff0f"],
  [t.i64, -9223372036854775808n, "ffffffffffffffffff01"], [t.i64, 9223372036854775807n, "feffffffffffffffff01"],
  [t.i128, -(2n ** 127n), "ffffffffffffffffffffffffffffffffffff03"], [t.i128, -1n, "01"],
  [t.f32, 1.5, "0000c03f"], [t.f64, -2, "00000000000000c0"], [t.f64, -0, "0000000000000080"],
  [t.f64, Infinity, "000000000000f07f"], [t.f64, NaN, "000000000000f87f"],
  [t.str, "Ada", "03416461"], [t.str, "\ufeffé", "05efbbbfc3a9"], [t.char, "é", "02c3a9"], [t.char, "\u{1f600}", "04f09f9880"],
  [t.bytes, unhex("00ff"), "0200ff"], [t.unit, null, ""],
  [t.option(t.u8), null, "00"], [t.option(t.u8), 7, "0107"],
  [t.option(t.option(t.u8)), null, "00"], [t.option(t.option(t.u8)), { some: null }, "0100"],
  [t.option(t.option(t.u8)), { some: 7 }, "010107"], [t.option(t.unit), { some: null }, "01"],
  [t.seq(t.u16), [1, 300], "0201ac02"], [t.map(t.str, t.u8), { a: 1, b: 2 }, "02016101016202"],
  [t.map(t.str, t.u8), JSON.parse('{"1":3,"__proto__":2}'), "02013103095f5f70726f746f5f5f02"],
  [t.map(t.u8, t.str), [[2, "a"], [1, "b"]], "020201610101" + "62"], [t.map(t.newtype(t.str), t.unit), { a: null }, "010161"],
  [t.tuple(t.u8, t.u16), [1, 300], "01ac02"], [t.array(t.u8, 3), [1, 2, 3], "010203"],
  [t.newtype(t.str), "a", "0161"],
  [choice, "a", "00"], [choice, { b: 300 }, "01ac02"], [choice, { c: [1, 300] }, "0201ac02"],
  [choice, { d: { x: true } }, "0301"],
  [t.struct({ id: t.u64, name: t.str, admin: t.bool }), { id: 42n, name: "Ada", admin: false }, "2a0341646100"],
];

test("every type is written and read as the specification says", () => {
  for (const [type, value, text] of TABLE) {
    assert.equal(write(type, value), text);
    assert.deepEqual(read(type, text), { value, readOnly: false });
    for (let end = 0; end < text.length; end += 2) assert.equal(read(type, text.slice(0, end)), undefined, text);
    assert.equal(read(type, `${text}00`), undefined, `${text} and a byte more`);
  }
});

test("bytes that no value has are rejected", () => {
  const cases = [
    [t.bool, "02"], [t.option(t.u8), "0207"], [choice, "04"], [choice, "ffffffff0f"],
    [t.u16, "ffff04"], [t.u16, "80808000"], [t.u32, "ffffffff10"], [t.u64, "ffffffffffffffffff02"],
    [t.u128, "ffffffffffffffffffffffffffffffffffff04"], [t.str, "02c328"], [t.str, "03eda080"],
    [t.char, "00"], [t.char, "026162"], [t.char, "04c3a9c3a9"], [t.str, "ffffffffffffffffff01"],
    [t.bytes, "05000000"], [t.seq(t.unit), "8120"], [t.map(t.unit, t.unit), "8120"],
  ];
  for (const [type, text] of cases) assert.equal(read(type, text), undefined, text);
});

test("work is bounded by depth, elements and what the input can hold", () => {
  const chain = t.struct({ next: t.option(t.lazy(() => chain)) });
  assert.ok(read(chain, "01".repeat(31) + "00"));
  assert.equal(read(chain, "01".repeat(32) + "00"), undefined);
  assert.equal(read(chain, "01".repeat(3000)), undefined);
  const nested = Array.from({ length: 31 }).reduce((next) => ({ next }), { next: null });
  assert.equal(write(chain, nested), "01".repeat(31) + "00");
  assert.ok(errorOf(() => write(chain, { next: nested })) instanceof Refused);

  const pairs = t.tuple(t.seq(t.unit), t.seq(t.u8));
  assert.equal(read(pairs, "ff1f0100").value[0].length, 4095);
  assert.equal(read(pairs, "ff1f020000"), undefined);
  assert.ok(read(t.seq(t.unit), "8020"));
  assert.ok(errorOf(() => write(t.seq(t.unit), Array(4097).fill(null))) instanceof Refused);
  const began = cpuTime();
  for (let i = 0; i < 1000; i++) assert.equal(read(t.seq(t.u64), "ffffffffffffffffff01"), undefined);
  assert.ok(cpuTime() - began < 1000);
});

test("a value that does not fit its type is refused without showing it", () => {
  const cases = [
    [t.bool, 1], [t.bool, "true"], [t.u8, 256], [t.u8, -1], [t.u8, 1.5], [t.u8, "1"], [t.u8, 1n], [t.u8, NaN],
    [t.i8, 128], [t.i8, -129], [t.u16, 65536], [t.i16, 32768], [t.u32, 2 ** 32], [t.i32, 2 ** 31],
    [t.u64, 42], [t.u64, -1n], [t.u64, 2n ** 64n], [t.u128, 2n ** 128n], [t.i64, 2n ** 63n], [t.i128, 2n ** 127n],
    [t.f64, "1"], [t.str, 5], [t.str, "\ud800"], [t.char, ""], [t.char, "ab"], [t.char, "\ud800"],
    [t.bytes, "00"], [t.bytes, [0]], [t.unit, undefined], [t.unit, 0], [t.option(t.u8), undefined],
    [t.option(t.unit), 1], [t.seq(t.u8), "ab"], [t.seq(t.u8), [1, "b"]], [t.map(t.str, t.u8), new Map([["a", 1]])], [t.map(t.str, t.u8), [["a", 1]]], [t.map(t.u8, t.u8), { 1: 1 }],
    [t.map(t.u8, t.u8), [[1, 1], [1, 2]]], [t.map(t.u8, t.u8), [[1]]], [t.map(t.u8, t.u8), [1]], [t.array(t.u8, 1), "a"],
    [t.tuple(t.u8), [1, 2]], [t.tuple(t.u8), []], [t.array(t.u8, 2), [1]], [choice, "b"], [choice, {}], [choice, { a: null }], [choice, null], [choice, 0],
    [choice, { a: null, b: 1 }], [choice, { z: 1 }], [choice, { toString: null }],
    [t.struct({ a: t.u8 }), null], [t.struct({ a: t.u8 }), {}], [t.struct({ toString: t.str }), {}],
  ];
  for (const [type, value] of cases) {
    const error = errorOf(() => write(type, value));
    assert.ok(error instanceof Refused, `${error}`);
  }
  assert.ok(!errorOf(() => write(t.u64, "hunter2")).message.includes("hunter2"));
});

const v0 = { limits: t.struct({ read: t.bool }), admin: t.bool };
const v1 = { ...v0, note: t.appended(t.str, "-") };
const v2 = { ...v1, list: t.appended(t.seq(t.u8), [7]), end: t.appended(t.unit, null) };
const at = (fields, minor) => structuredPayload({ major: 3, minor, type: t.struct(fields) });
const token = (text, minor) => ({ payload: unhex(text), major: 3, minor });

test("an older minor takes defaults for what is missing, and nothing else", () => {
  const reader = at(v2, 2);
  const base = { limits: { read: true }, admin: false };
  assert.deepEqual(reader.read(token("0100", 0)), {
    value: { ...base, note: "-", list: [7], end: null }, readOnly: false,
  });
  assert.deepEqual(reader.read(token("01000161", 1)).value.note, "a");
  assert.deepEqual(reader.read(token("010001610105", 0)).value.list, [5]);
  for (const [text, minor] of [["0100", 2], ["01000161", 2], ["01", 0], ["", 0], ["010002", 0], ["01000161010500", 1]]) {
    assert.equal(reader.read(token(text, minor)), undefined, `${text} of minor ${minor}`);
  }
  // Each reading has a default of its own.
  reader.read(token("0100", 0)).value.list.push(1);
  assert.deepEqual(reader.read(token("0100", 0)).value.list, [7]);
});

test("a newer minor is read without what this reader does not know, and is read-only", () => {
  const reader = at(v0, 0);
  for (const text of ["0100", "01000161", "0100ffffffff"]) {
    assert.deepEqual(reader.read(token(text, 1)), {
      value: { limits: { read: true }, admin: false }, readOnly: true,
    });
  }
  assert.equal(reader.read(token("01", 1)), undefined);
  assert.equal(reader.read(token("01000161", 0)), undefined);
});

test("other majors are converted, unknown ones rejected", () => {
  const both = structuredPayload(
    { major: 4, minor: 0, type: t.struct({ name: t.str }) },
    { major: 3, minor: 0, type: t.str, convert: (name) => ({ name }) },
  );
  assert.deepEqual(both.read(token("0161", 0)), { value: { name: "a" }, readOnly: false });
  assert.equal(both.read(token("0161", 1)), undefined);
  assert.deepEqual(both.write({ name: "a" }), { payload: unhex("0161"), major: 4, minor: 0 });
  assert.equal(both.read({ ...token("0161", 0), major: 5 }), undefined);
});

test("payload types that break the rules of versions are refused", () => {
  const bad = [
    () => structuredPayload({ major: 1, minor: 1, type: t.str }),
    () => structuredPayload({ major: -1, minor: 0, type: t.str }),
    () => structuredPayload({ major: 2 ** 32, minor: 0, type: t.str }),
    () => structuredPayload({ major: 1, minor: 0, type: t.str }, { major: 1, minor: 0, type: t.str, convert: String }),
    () => structuredPayload({ major: 1, minor: 1, type: t.struct({ a: t.appended(t.u8, "x") }) }),
    () => t.struct({ 1: t.u8 }),
    () => t.struct({ ["__proto__"]: t.u8 }),
    () => rawPayload(-1),
  ];
  for (const run of bad) assert.ok(errorOf(run) instanceof Refused, String(run));
  structuredPayload({ major: 1, minor: 1, type: t.newtype(t.struct({ a: t.u8 })) });
});

test("raw payloads are bytes of one major", () => {
  const raw = rawPayload(2);
  const content = raw.write(unhex("0102"));
  assert.deepEqual(content, { payload: unhex("0102"), major: 2, minor: 0 });
  assert.deepEqual(raw.read(content), { value: unhex("0102"), readOnly: false });
  assert.equal(raw.read({ ...content, minor: 1 }), undefined);
  assert.equal(raw.read({ ...content, major: 3 }), undefined);
  assert.ok(errorOf(() => raw.write({})) instanceof Refused);
});

test("random bytes give a value that is written back to bytes of the same value, or nothing", () => {
  const types = TABLE.map(([type]) => type).concat(t.struct({ a: t.seq(choice), b: t.option(t.f64), c: t.map(t.u8, t.str) }));
  let accepted = 0;
  let seed = 1;
  const random = () => (seed = (seed * 48271) % 2147483647);
  for (let i = 0; i < 20_000; i++) {
    const type = types[i % types.length];
    const payload = Uint8Array.from({ length: random() % 12 }, () => (random() % 3 ? random() % 4 : random() % 256));
    const first = of(type).read({ payload, major: 1, minor: 0 });
    if (first === undefined) continue;
    accepted++;
    const again = of(type).read(of(type).write(first.value));
    assert.deepEqual(again, first);
  }
  assert.ok(accepted > 500, `${accepted} accepted`);
});

test("an old value that the application can't convert is rejected like any other", () => {
  const type = structuredPayload(
    { major: 2, minor: 0, type: t.struct({ id: t.u64 }) },
    { major: 1, minor: 0, type: t.u8, convert: (old) => ({ id: BigInt(old.missing) }) },
  );
  assert.equal(type.read({ payload: new Uint8Array([5]), major: 1, minor: 0 }), undefined);
  assert.deepEqual(type.read({ payload: new Uint8Array([5]), major: 2, minor: 0 }).value, { id: 5n });
});
