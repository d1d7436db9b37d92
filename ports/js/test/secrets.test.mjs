// Keys, tokens, subjects and payloads show in nothing that ends up in a log.
import assert from "node:assert/strict";
import test from "node:test";
import { inspect } from "node:util";
import { KeyRing, RevocationList, Sessions } from "cloakroom";
import { errorOf, makeWorld, policy, ringText, stamp, START, user } from "./support/world.mjs";

const world = makeWorld();
const keyText = world.ringText.match(/clkkey1\.\S+/)[0];
const secret = Buffer.from(keyText.slice(8), "base64url").subarray(0, 32);
const value = { id: 8_675_309n, name: "payload-secret", admin: true };
const { token, session } = world.main.issue({ subject: "subject-secret", value, binding: "binding-secret" });

/** Everything that would betray a secret, in every spelling a careless log could use. */
const BETRAYALS = [
  keyText, keyText.slice(8), token, token.slice(5), "payload-secret", "subject-secret",
  "binding-secret", "8675309", Buffer.from(session.id).toString("hex"),
  secret.toString("hex"), secret.toString("base64"), secret.toString("latin1"),
  [...secret].join(","), [...secret].join(", "), [...session.id].join(", "),
];

function shown(object) {
  return [
    String(object), `${object}`, object.toString(), JSON.stringify(object),
    JSON.stringify({ ...object }), JSON.stringify(Object.entries(object)),
    inspect(object, { depth: Infinity, showHidden: true, getters: false, maxArrayLength: null }),
    inspect(structuredCloneOrNothing(object), { depth: Infinity }),
  ].join("\n");
}

function structuredCloneOrNothing(object) {
  try {
    return structuredClone(object);
  } catch {
    return undefined;
  }
}

test("objects show no secret", () => {
  for (const object of [world.ring, world.list, world.main, session]) {
    const text = shown(object);
    for (const betrayal of BETRAYALS) assert.ok(!text.includes(betrayal), `${object.constructor.name}: ${betrayal}`);
  }
  // The check would see a secret if there was one.
  assert.ok(shown({ keyText }).includes(keyText));
  assert.ok(shown({ a: new Map([[1, secret.toString("hex")]]) }).includes(secret.toString("hex")));
  assert.deepEqual(JSON.parse(JSON.stringify(session)), { kid: session.kid, logId: session.logId });
});

test("what the ring describes is public", () => {
  const text = inspect(world.ring.describe(), { depth: Infinity, showHidden: true });
  for (const betrayal of BETRAYALS) assert.ok(!text.includes(betrayal));
  assert.ok(text.includes(session.kid));
});

test("errors show no secret", () => {
  const clock = () => START;
  const text = world.ringText;
  const flip = (s) => s.slice(0, -1) + (s.endsWith("A") ? "B" : "A");
  const foreign = world.sessions({ audience: "other" });
  const unit = world.main.unitKeyText(session.kid);
  const unitRing = KeyRing.parse(`${text.split("\nkey")[0]}\nkey ${unit} activate=${stamp(START)}`, { clock });
  const list = new RevocationList({ clock });
  const errors = [
    () => KeyRing.parse(text.replace(keyText, flip(keyText)), { clock }),
    () => KeyRing.parse(text.replace(keyText, `${keyText}A`), { clock }),
    () => KeyRing.parse(text.replace(keyText, `${keyText} oops`), { clock }),
    () => KeyRing.parse(`${text}\nkey ${keyText} activate=${stamp(START)}`, { clock }),
    () => KeyRing.parse(keyText, { clock }),
    () => KeyRing.parse(ringText([`activate=${stamp(START + 9)}`], { keys: [keyText] }), { clock }),
    () => world.ring.replace(ringText([`activate=${stamp(START - 9)}`])),
    () => new Sessions({ ring: unitRing, purpose: "x", policy, payload: user, revocations: list }),
    () => world.main.verify(token),
    () => world.main.verify(flip(token), { binding: "binding-secret" }),
    () => foreign.renew(session),
    () => foreign.verify(token, { binding: "binding-secret" }),
    () => world.main.update(session, { ...value, id: "8675309" }),
    () => world.main.update(session, { ...value, name: "payload-secret".repeat(300) }),
    () => world.main.issue({ subject: "subject-secret".repeat(30), value }),
    () => world.main.issue({ subject: "s", value, binding: "binding-secret".repeat(100) }),
    () => world.sessions({ clock: () => NaN }).verify(token),
  ].map(errorOf);
  for (const error of errors) {
    const seen = `${shown(error)}\n${error.stack}\n${inspect(error.cause)}`;
    for (const betrayal of [...BETRAYALS, unit, unit.slice(8)]) {
      assert.ok(!seen.includes(betrayal), `${error.message}: ${betrayal}`);
    }
  }
  assert.equal(errors.length, 17);
});

test("the caller's bytes are copied in and out", () => {
  const subject = new TextEncoder().encode("user-42");
  const sealed = world.main.issue({ subject, value });
  subject.fill(0);
  sealed.session.subjectBytes.fill(0);
  sealed.session.id.fill(0);
  assert.equal(sealed.session.subject, "user-42");
  assert.equal(world.main.verify(sealed.token).subject, "user-42");
  assert.ok(sealed.session.id.some((byte) => byte !== 0));
});
