// Payload types that another program described: reading and writing without the type at hand.
import assert from "node:assert/strict";
import test from "node:test";
import { Refused, describedPayload, describePayload, structuredPayload, t } from "cloakroom";
import { types } from "../tools/shapes.mjs";
import { vectorFiles } from "../tools/vectors.mjs";
import { ada, errorOf, makeWorld, user } from "./support/world.mjs";

const hex = (bytes) => Buffer.from(bytes).toString("hex");
const unhex = (text) => new Uint8Array(Buffer.from(text, "hex"));
const of = (payload, minor = 0) => describedPayload({ schema: [1, minor], payload });
const read = (payload, text, minor = 0, own = 0) =>
  of(payload, own).read({ payload: unhex(text), major: 1, minor });
const struct = (...fields) => ({
  kind: "struct", name: "S", fields: fields.map(([name, type]) => ({ name, type })),
});
const ref = (name, nth = 1) => ({ kind: "ref", name, nth });

// [TYPE, value, bytes]: each kind of Section 7.7.
const TABLE = [
  ["bool", true, "01"], ["u128", 300n, "ac02"], ["i16", -1, "01"], ["f64", -2, "00000000000000c0"],
  ["char", "é", "02c3a9"], ["bytes", unhex("00ff"), "0200ff"], ["unit", null, ""],
  [{ kind: "option", of: "u8" }, 7, "0107"], [{ kind: "option", of: "u8" }, null, "00"],
  [{ kind: "seq", of: "u16" }, [1, 300], "0201ac02"],
  [{ kind: "map", key: "str", value: "u8" }, { a: 1, b: 2 }, "02016101016202"],
  [{ kind: "map", key: "u8", value: "str" }, [[2, "a"], [1, "b"]], "02020161010162"],
  [{ kind: "array", of: "u8", len: 2 }, [1, 2], "0102"], [{ kind: "array", of: "u8", len: 0 }, [], ""],
  [{ kind: "tuple", of: ["u8", "u16"] }, [1, 300], "01ac02"], [{ kind: "tuple", of: [] }, [], ""],
  [{ kind: "unit-struct", name: "U" }, null, ""],
  [{ kind: "newtype", name: "N", of: "u64" }, 5n, "05"],
  [{ kind: "tuple-struct", name: "T", of: ["u8", "str"] }, [1, "a"], "010161"],
  [struct(["id", "u64"], ["1", "str"], ["__proto__", "u8"]), JSON.parse('{"1":"a","__proto__":3}'), "05016103"],
];
TABLE.at(-1)[1].id = 5n;

const Choice = {
  kind: "enum", name: "Choice", variants: [
    { index: 0, name: "a" }, { index: 7, name: "b", newtype: "u32" },
    { index: 300, name: "c", tuple: ["u8", "u16"] }, { index: 3, name: "d", fields: [{ name: "x", type: "bool" }] },
  ],
};
TABLE.push([Choice, "a", "00"], [Choice, { b: 300 }, "07ac02"], [Choice, { c: [1, 300] }, "ac0201ac02"], [Choice, { d: { x: true } }, "0301"]);

test("every kind of type is read and written", () => {
  for (const [type, value, text] of TABLE) {
    assert.deepEqual(read(type, text), { value, readOnly: false }, JSON.stringify(type));
    assert.equal(hex(of(type).write(value).payload), text);
    assert.equal(read(type, `${text}00`), undefined);
  }
  assert.equal(read(Choice, "01"), undefined);
  assert.deepEqual(describedPayload(JSON.stringify({ schema: [1, 0], payload: Choice })).read({ payload: unhex("00"), major: 1, minor: 0 }).value, "a");
});

test("a ref is the enclosing type of that name, counted from the innermost", () => {
  const chain = { kind: "struct", name: "Chain", fields: [{ name: "next", type: { kind: "option", of: ref("Chain") } }] };
  assert.deepEqual(read(chain, "010100").value, { next: { next: { next: null } } });
  assert.equal(read(chain, "01".repeat(32) + "00"), undefined);
  const outer = (nth) => ({
    kind: "struct", name: "A", fields: [
      { name: "n", type: "u8" },
      { name: "in", type: { kind: "enum", name: "A", variants: [
        { index: 0, name: "end" }, { index: 1, name: "more", newtype: { kind: "option", of: ref("A", nth) } },
      ] } },
    ],
  });
  assert.deepEqual(read(outer(1), "05010100").value, { n: 5, in: { more: "end" } });
  assert.deepEqual(read(outer(2), "0501010600").value, { n: 5, in: { more: { n: 6, in: "end" } } });
  assert.ok(errorOf(() => of(outer(3))) instanceof Refused);
});

test("fields that an older token lacks are absent, a newer tail is ignored", () => {
  const type = struct(["a", "u8"], ["b", "u8"], ["c", "unit"]);
  assert.deepEqual(read(type, "01", 0, 2), { value: { a: 1 }, readOnly: false });
  assert.deepEqual(read(type, "", 1, 2), { value: {}, readOnly: false });
  assert.deepEqual(read(type, "0102", 2, 2), { value: { a: 1, b: 2, c: null }, readOnly: false });
  assert.equal(read(type, "01", 2, 2), undefined);
  assert.deepEqual(read(type, "0102ffff", 3, 2), { value: { a: 1, b: 2, c: null }, readOnly: true });
  assert.ok(errorOf(() => of(type, 2).write({ a: 1 })) instanceof Refused);
});

test("of a key that is there twice readers keep the last, and writers write none", () => {
  assert.deepEqual(read({ kind: "map", key: "str", value: "u8" }, "02016101016102").value, { a: 2 });
  const pairs = { kind: "map", key: { kind: "tuple", of: ["u8", "str"] }, value: "u8" };
  assert.deepEqual(read(pairs, "0305016101" + "05016202" + "05016103").value, [[[5, "a"], 3], [[5, "b"], 2]]);
  assert.ok(errorOf(() => of(pairs).write([[[5, "a"], 1], [[5, "a"], 2]])) instanceof Refused);
  // A longer spelling of a key is the same key.
  assert.deepEqual(read({ kind: "map", key: "u16", value: "u8" }, "02" + "0501" + "850002").value, [[5, 2]]);
});

test("a description with anything unknown, missing or impossible is refused", () => {
  const bad = [
    undefined, null, 5, "", "{", "null", "[]", {}, { schema: [1, 0] }, { payload: "u8" },
    { schema: [1, 0], payload: "u8", more: 1 }, { schema: [1], payload: "u8" }, { schema: [1, 0, 0], payload: "u8" },
    { schema: ["1", 0], payload: "u8" }, { schema: [-1, 0], payload: "u8" }, { schema: [2 ** 32, 0], payload: "u8" },
    { schema: [1, 1], payload: "u8" }, { schema: "10", payload: "u8" },
    ...[
      "U8", "u256", "usize", "", null, 5, [], {}, { kind: "list", of: "u8" }, { kind: "__proto__" }, { kind: "toString" },
      { kind: "u8" }, { kind: "option" }, { kind: "option", of: "x" }, { kind: "option", of: "u8", name: "x" },
      { kind: "map", key: "u8" }, { kind: "array", of: "u8" }, { kind: "array", of: "u8", len: -1 },
      { kind: "array", of: "u8", len: 1.5 }, { kind: "array", of: "unit", len: 1e9 }, { kind: "tuple", of: "u8" },
      { kind: "unit-struct" }, { kind: "newtype", of: "u8" }, { kind: "newtype", name: 5, of: "u8" },
      { kind: "struct", name: "S", fields: [{ name: "a" }] }, { kind: "struct", name: "S", fields: [{ name: "a", type: "u8", default: 0 }] },
      struct(["a", "u8"], ["a", "u8"]), { kind: "struct", name: "S", fields: {} }, ref("S"), ref("S", 0),
      { kind: "newtype", name: "N", of: ref("N") },
      { kind: "newtype", name: "N", of: { kind: "newtype", name: "M", of: ref("N") } },
      { kind: "newtype", name: "N", of: { kind: "newtype", name: "N", of: ref("N", 2) } },
      ...[
        [{ index: 0 }], [{ name: "a" }], [{ index: 0, name: "a", tuple: [], fields: [] }], [{ index: 0, name: "a", x: 1 }],
        [{ index: 0, name: "a" }, { index: 0, name: "b" }], [{ index: 0, name: "a" }, { index: 1, name: "a" }],
        [{ index: -1, name: "a" }], [{ index: 2 ** 32, name: "a" }], "a", [null],
      ].map((variants) => ({ kind: "enum", name: "E", variants })),
    ].map((payload) => ({ schema: [1, 0], payload })),
  ];
  for (const description of bad) {
    const error = errorOf(() => describedPayload(description));
    assert.ok(error instanceof Refused, `${JSON.stringify(description)}: ${error}`);
  }
  const deep = Array.from({ length: 100_000 }).reduce((inner) => `{"kind":"option","of":${inner}}`, '"u8"');
  assert.ok(errorOf(() => describedPayload(`{"schema":[1,0],"payload":${deep}}`)) instanceof Refused);
  assert.ok(errorOf(() => describedPayload()) instanceof Refused);
  const one = { schema: [1, 0], payload: "u8" };
  assert.ok(errorOf(() => describedPayload(one, one)) instanceof Refused);
  assert.equal(describedPayload(one, { schema: [2, 0], payload: "str" }).read({ payload: unhex("0161"), major: 2, minor: 0 }).value, "a");
});

test("the description of a type is as the specification shows it", () => {
  const Node = t.struct({ items: t.seq(t.lazy(() => Node)), role: t.enum({ a: null, b: t.u32, c: [t.u8, t.u8], d: { fields: { x: t.bool } } }, "Role") }, "Node");
  assert.equal(
    describePayload({ major: 1, minor: 2, type: t.tuple(Node, t.map(t.str, t.option(t.array(t.u8, 4))), t.newtype(t.char, "Letter")) }),
    '{"schema":[1,2],"payload":{"kind":"tuple","of":[' +
      '{"kind":"struct","name":"Node","fields":[' +
      '{"name":"items","type":{"kind":"seq","of":{"kind":"ref","name":"Node","nth":1}}},' +
      '{"name":"role","type":{"kind":"enum","name":"Role","variants":[{"index":0,"name":"a"},' +
      '{"index":1,"name":"b","newtype":"u32"},{"index":2,"name":"c","tuple":["u8","u8"]},' +
      '{"index":3,"name":"d","fields":[{"name":"x","type":"bool"}]}]}}]},' +
      '{"kind":"map","key":"str","value":{"kind":"option","of":{"kind":"array","of":"u8","len":4}}},' +
      '{"kind":"newtype","name":"Letter","of":"char"}]}}',
  );
  const endless = t.tuple(t.lazy(() => endless));
  assert.ok(errorOf(() => describePayload({ major: 1, minor: 0, type: endless })) instanceof Refused);
});

test("a short token makes no million values", () => {
  // 4096 elements without bytes, each an array of 1024 units: bytes that cost their writer nothing.
  const many = { kind: "seq", of: { kind: "array", of: "unit", len: 1024 } };
  assert.equal(read(many, "8020"), undefined);
  const most = { kind: "array", of: "unit", len: 131071 };
  const { value } = read(most, "");
  assert.equal(value.length, 131071);
  assert.equal(of(most).write(value).payload.length, 0);
  const more = of({ ...most, len: 131072 });
  assert.ok(errorOf(() => more.write([...value, null])) instanceof Refused);
  assert.equal(read({ ...most, len: 131072 }, ""), undefined);
});

test("a finite number is not written as infinity", () => {
  for (const value of [1e300, -1e300, Number.MAX_VALUE]) {
    assert.ok(errorOf(() => of("f32").write(value)) instanceof Refused, `${value}`);
    assert.equal(of("f64").write(value).payload.length, 8);
  }
  assert.equal(hex(of("f32").write(Infinity).payload), "0000807f");
});

test("a type that is nothing but itself is refused and does not hang", () => {
  const endless = t.newtype(t.lazy(() => endless), "N");
  for (const type of [endless, t.option(endless), t.struct({ a: endless })]) {
    assert.ok(errorOf(() => structuredPayload({ major: 1, minor: 0, type })) instanceof Refused);
  }
});

test("a described type reads every accepted vector as the type itself does", () => {
  let count = 0;
  for (const { id, inputs, expected } of vectorFiles().find((file) => file.name === "token-ok.json").data.vectors) {
    const { shape, major, minor } = inputs.reader;
    if (shape === "raw") continue;
    const own = { major, minor, type: types[shape] };
    const described = describedPayload(describePayload(own));
    const { claims, payload, read_only } = expected;
    const content = { payload: unhex(payload), major: claims.major, minor: claims.minor };
    const full = structuredPayload(own).read(content);
    const open = described.read(content);
    assert.equal(open.readOnly, read_only);
    // Only defaults are missing, and with them the value is the same.
    assert.deepEqual(typeof full.value === "object" && !Array.isArray(full.value) ? { ...full.value, ...open.value } : open.value, full.value);
    if (claims.minor === minor) {
      assert.deepEqual(open.value, full.value);
      // A number has no place for the bits of a signalling NaN.
      if (id !== "token-ok-float-signalling") assert.equal(hex(described.write(open.value).payload), payload);
    }
    count++;
  }
  assert.ok(count > 50, `${count} vectors`);
});

test("sessions of a described type are the sessions of the type", () => {
  const world = makeWorld();
  const description = describePayload({ major: 1, minor: 0, type: t.struct({ id: t.u64, name: t.str, admin: t.bool }, "User") });
  const other = world.sessions({ payload: describedPayload(description) });
  assert.deepEqual(other.verify(world.login().token).value, ada);
  const { token } = other.issue({ value: ada });
  assert.deepEqual(world.sessions({ payload: user }).verify(token).value, ada);
});
