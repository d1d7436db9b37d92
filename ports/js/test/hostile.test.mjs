// Whatever the network hands in: one rejection, of one appearance, in bounded time.
import assert from "node:assert/strict";
import test from "node:test";
import { inspect } from "node:util";
import { KeyRing, Refused, SessionRejected } from "cloakroom";
import { cpuTime, errorOf, errorOfAsync, makeWorld, ringText, stamp, START } from "./support/world.mjs";

const world = makeWorld();
const { token, session } = world.login({ binding: "device-7" });
const check = (input) => world.main.verify(input, { binding: "device-7" });

/** What of an error could reach a client through a careless handler. */
function appearance(error) {
  const own = Object.getOwnPropertyNames(error).filter((name) => name !== "stack").sort();
  return [
    error.constructor, error.name, error.message, String(error), JSON.stringify(error),
    JSON.stringify({ ...error }), own.join(), inspect(error).split("\n")[0],
  ];
}
const REJECTION = appearance(errorOf(() => check("")));

function assertRejected(input, what = inspect(input).slice(0, 60)) {
  const error = errorOf(() => check(input));
  assert.ok(error instanceof SessionRejected, `${what}: ${error}`);
  assert.deepEqual(appearance(error), REJECTION, what);
  return error;
}

const WRONG_TYPES = [
  undefined, null, true, false, 0, -1, NaN, Infinity, 1n, "", " ", [], [token], {}, { token },
  Symbol("token"), () => token, new Date(), /clk1/, new Map(), new String(token), new ArrayBuffer(80),
  new DataView(new ArrayBuffer(80)), new Uint16Array(80), Object.create(null),
  { toString: () => token }, { length: 100, startsWith: () => true }, Promise.resolve(token),
];

test("the token itself is accepted, as text and as bytes", () => {
  assert.equal(check(token).value.name, "Ada");
  assert.equal(check(Buffer.from(token)).value.name, "Ada");
  assert.equal(check(new TextEncoder().encode(token)).value.name, "Ada");
});

test("what is not a token text is rejected like any other token", () => {
  for (const input of WRONG_TYPES) assert.equal(assertRejected(input).stage, "text");
});

test("every single bit that flips in the text or in the bytes behind it is rejected", () => {
  for (let i = 0; i < token.length; i++) {
    for (let bit = 0; bit < 8; bit++) {
      const bytes = Buffer.from(token);
      bytes[i] ^= 1 << bit;
      assertRejected(bytes);
      assertRejected(bytes.toString("latin1"));
    }
  }
  const body = Buffer.from(token.slice(5), "base64url");
  for (let i = 0; i < body.length; i++) {
    for (let bit = 0; bit < 8; bit++) {
      const changed = Buffer.from(body);
      changed[i] ^= 1 << bit;
      const stage = i < 4 ? "key" : "tag";
      assert.equal(assertRejected(`clk1.${changed.toString("base64url")}`).stage, stage);
    }
  }
});

test("every truncation, extension and insertion is rejected", () => {
  for (let i = 0; i < token.length; i++) assertRejected(token.slice(0, i));
  for (const more of ["A", "AA", "AAAA", "=", "\n", "\r\n", " ", "\0", ".", "é", "\ud800"]) {
    assertRejected(token + more);
    assertRejected(more + token);
    for (let i = 0; i <= token.length; i += 7) assertRejected(token.slice(0, i) + more + token.slice(i));
  }
  for (let code = 0; code < 256; code++) {
    if (/[A-Za-z0-9_-]/.test(String.fromCharCode(code))) continue;
    const text = token.slice(0, 40) + String.fromCharCode(code) + token.slice(41);
    assert.equal(assertRejected(text).stage, "text");
  }
});

test("huge inputs are rejected before any work is done on them", () => {
  const began = cpuTime();
  for (const unit of ["A", "clk1.", "\u{1f600}", "\0"]) {
    assert.equal(assertRejected(unit.repeat(10_000_000)).stage, "text");
    assert.equal(assertRejected("clk1." + unit.repeat(10_000_000)).stage, "text");
  }
  const huge = new Uint8Array(100_000_000);
  const built = cpuTime();
  for (let i = 0; i < 1000; i++) assertRejected(huge, "huge");
  const took = cpuTime() - built;
  assert.ok(took < 1000, `a thousand huge inputs took ${took} ms after ${built - began} ms`);
});

test("a rejection records no stack trace, and other errors do again after it", () => {
  const limit = Error.stackTraceLimit;
  for (const input of ["", token.slice(0, -1), `${token.slice(0, 60)}${token[60] === "A" ? "B" : "A"}${token.slice(61)}`]) {
    assert.equal(errorOf(() => check(input)).stack, "SessionRejected: session rejected");
    assert.equal(Error.stackTraceLimit, limit);
    assert.match(new Error("x").stack, /hostile\.test/);
  }
});

test("the longest token opens and one character more does not", () => {
  const wide = makeWorld({ sessions: { policy: { idle: "none", absolute: 1 } } });
  const room = wide.login({ value: { id: 0n, name: "", admin: false } }).token.length;
  const name = "x".repeat(Math.floor(((4096 - room) * 3) / 4) - 2);
  const sealed = wide.login({ value: { id: 0n, name, admin: false } });
  assert.ok(sealed.token.length > 4090 && sealed.token.length <= 4096);
  assert.equal(wide.main.verify(sealed.token).value.name, name);
  assert.throws(() => wide.login({ value: { id: 0n, name: `${name}xxxxx`, admin: false } }), Refused);
});

test("what is not a session of this package is rejected, not misused", async () => {
  const like = { ...session, value: session.value, issuedAt: START, id: session.id };
  for (const input of [...WRONG_TYPES, token, like, Object.create(session), Object.create(Object.getPrototypeOf(session))]) {
    for (const run of [() => world.main.renew(input), () => world.main.update(input, session.value)]) {
      assert.deepEqual(appearance(errorOf(run)), REJECTION);
    }
    for (const run of [
      () => world.main.rotate(input),
      () => world.main.reauthenticate(input, { value: session.value }),
      () => world.main.logoutOthers(input),
    ]) {
      assert.deepEqual(appearance(await errorOfAsync(run)), REJECTION);
    }
    if (input !== token) {
      const error = await errorOfAsync(() => world.main.logout(input, { binding: "device-7" }));
      assert.deepEqual(appearance(error), REJECTION);
    }
  }
  assert.equal(world.list.counts.entries, 0);
});

test("missing and null options are no accident", async () => {
  const free = world.login();
  assert.equal(world.main.verify(free.token, null).value.name, "Ada");
  assert.equal(world.main.verify(free.token, undefined).value.name, "Ada");
  for (const options of [undefined, null, 5, "x", {}, { value: null }, { value: {} }, []]) {
    assert.ok(errorOf(() => world.main.issue(options)) instanceof Refused);
  }
  for (const binding of [5, {}, [], true, "x".repeat(1025), new Uint8Array(1025), "\ud800"]) {
    assert.ok(errorOf(() => world.main.verify(free.token, { binding })) instanceof Refused);
  }
  for (const subject of [5, {}, true, "x".repeat(256), "é".repeat(128), "\udc00"]) {
    assert.ok(errorOf(() => world.login({ subject })) instanceof Refused);
    assert.ok((await errorOfAsync(() => world.main.logoutEverywhere(subject))) instanceof Refused);
  }
  assert.ok((await errorOfAsync(() => world.main.logoutEverywhere(""))) instanceof Refused);
});

test("hostile ring files are refused in time linear in their size", () => {
  const good = ringText([`activate=${stamp(START - 86_400)}`]);
  const clock = () => START;
  const size = 65_000 - good.length;
  const key = good.split("\n")[3];
  const files = [
    ...[" ", "#", "\n", "\r\n", "0", "key ", "a", "=", "\ufffe", "# "].map((unit) =>
      good + unit.repeat(Math.floor(size / Buffer.byteLength(unit)))),
    ...["", " ", "#", "x"].map((end) => good.replace(key, key + " ".repeat(size) + end)),
    good.replace(key, `${key} #${"#".repeat(size / 2)}${" ".repeat(size / 2)}x`),
    good.replace("key ", `key${" ".repeat(size)}`),
    good.replace("max-lifetime ", `max-lifetime${" ".repeat(size)}`),
  ];
  const began = cpuTime();
  for (const file of files) {
    try {
      KeyRing.parse(file, { clock });
    } catch (error) {
      assert.ok(error instanceof Refused, String(error));
    }
  }
  const took = cpuTime() - began;
  assert.ok(took < 1000, `${files.length} files took ${took} ms`);
  for (const input of WRONG_TYPES) {
    assert.ok(errorOf(() => KeyRing.parse(input, { clock })) instanceof Refused);
    assert.ok(errorOf(() => world.ring.replace(input)) instanceof Refused);
    assert.ok(errorOf(() => world.list.load(input)) instanceof Refused);
  }
});
