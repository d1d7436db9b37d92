// The vectors that verify or seal, once more through the public interface alone: an application meets
// these classes, and the layers between them and the procedures must not change an outcome.
import assert from "node:assert/strict";
import test from "node:test";
import { KeyRing, Refused, RevocationList, SessionRejected, SessionUnavailable, Sessions, structuredPayload, rawPayload } from "cloakroom";
import { outermost } from "../dist/types.js";
import { types } from "../tools/shapes.mjs";
import { vectorFiles } from "../tools/vectors.mjs";

const unhex = (text) => new Uint8Array(Buffer.from(text, "hex"));
const hex = (bytes) => Buffer.from(bytes).toString("hex");

const files = vectorFiles();
const of = (...kinds) => files.flatMap((file) => file.data.vectors).filter((vector) => kinds.includes(vector.kind));

function payloadType({ shape, major, minor }) {
  if (shape === "raw") return rawPayload(major);
  const isStruct = outermost(types[shape].node).kind === "struct";
  return structuredPayload({ major, minor: isStruct ? minor : 0, type: types[shape] });
}

/** Undefined for keys with states that no ring file with one sealing key and no other gives. */
function ringFor({ keys, ring, now }) {
  const clock = () => now;
  if (ring !== undefined) return KeyRing.parse(ring, { clock });
  if (keys.length !== 1 || keys[0].state !== "sealing") return undefined;
  const file = `cloakroom-ring 1\nmax-lifetime 4294967295\nkey ${keys[0].text} activate=1970-01-01T00:00:00Z`;
  return KeyRing.parse(file, { clock });
}

function worldFor(inputs, more = {}) {
  const ring = ringFor(inputs);
  if (ring === undefined) return undefined;
  const { idle, absolute, leeway, tolerance } = inputs.policy;
  const clock = () => inputs.now;
  const records = [];
  const list = new RevocationList({ clock, local: { append: (record) => void records.push(record), setHighWater() {} } });
  const sessions = new Sessions({
    ring,
    purpose: unhex(inputs.purpose),
    audience: unhex(inputs.audience),
    policy: { idle: idle || "none", absolute, leeway, tolerance, share: inputs.share ?? [1, 2] },
    payload: payloadType(inputs.reader),
    revocations: list,
    ...more,
  });
  list.receive(inputs.revocations.map(unhex));
  const options = { binding: unhex(inputs.binding) };
  const token = inputs.token ?? unhex(inputs.token_hex);
  return { sessions, records, verify: () => sessions.verify(token, options) };
}

const REASONS = { schema: "wrong-schema", revoked: "revoked" };

test("tokens are accepted with their claims, or rejected with their reason", (t) => {
  let ran = 0;
  let left = 0;
  for (const { id, stage, inputs, expected } of of("token")) {
    const world = worldFor(inputs, { verifyOnly: true });
    if (world === undefined) {
      left++;
      continue;
    }
    ran++;
    if (stage === "ok") {
      const s = world.verify();
      const { claims, steps } = expected;
      assert.equal(hex(s.id), claims.session_id, id);
      assert.equal(hex(s.subjectBytes), claims.subject, id);
      assert.deepEqual(
        [s.generation, s.authenticatedAt, s.issuedAt, s.idle, s.absolute, s.schema.major, s.schema.minor],
        [claims.generation, claims.authenticated_at, claims.issued_at, claims.idle, claims.absolute, claims.major, claims.minor],
        id,
      );
      assert.deepEqual([s.readOnly, s.kid, s.logId, s.tokenRef], [expected.read_only, steps.kid, steps.log_id, steps.N], id);
    } else {
      assert.throws(world.verify, (error) => {
        assert.ok(error instanceof SessionRejected, `${id}: ${error}`);
        const reason = expected.reason ?? REASONS[stage] ?? "invalid";
        assert.deepEqual([error.stage, error.reason, error.message], [stage, reason, "session rejected"], id);
        return true;
      });
    }
  }
  t.diagnostic(`${ran} tokens, ${left} with states of keys that only the vectors can state`);
  assert.ok(ran > 450 && left < 50);
});

test("renewals, updates and rotations give the tokens of the vectors", async (t) => {
  let ran = 0;
  for (const { id, kind, stage, inputs, expected } of of("renew", "update", "rotate")) {
    const next = inputs.new && { payload: unhex(inputs.new.payload), major: inputs.new.major, minor: inputs.new.minor };
    const own = payloadType(inputs.reader);
    // Vectors give a new payload as bytes, which need not fit the shape of the reader.
    const payload = {
      read: (content) =>
        next && hex(content.payload) === hex(next.payload) ? { value: next, readOnly: false } : own.read(content),
      write: (value) => value,
    };
    const probe = worldFor(inputs);
    if (probe === undefined) continue;
    const session = probe.verify();
    const world = worldFor(inputs, { payload });
    const run = {
      renew: () => world.sessions.renew(session),
      update: () => world.sessions.update(session, next),
      rotate: () => world.sessions.rotate(session, next ? { value: next } : undefined),
    }[kind];
    ran++;
    if (stage !== "ok" && stage !== "none") {
      const thrown = { refused: Refused, time: SessionRejected, unavailable: SessionUnavailable }[stage];
      await assert.rejects(async () => run(), thrown, id);
      assert.equal(world.records.length, 0, id);
      continue;
    }
    const sealed = await run();
    assert.equal(sealed?.token ?? null, expected.token, id);
    // The life of the entry comes from the policy here, from the vector there.
    if (kind === "rotate") assert.deepEqual(world.records.map((r) => hex(r.subarray(0, 25))), [expected.record.slice(0, 50)], id);
  }
  t.diagnostic(`${ran} procedures`);
  assert.ok(ran > 50);
});
