// Every procedure reads the clock once (Section 8.2), and says "unavailable" before it looks at a token.
import assert from "node:assert/strict";
import test from "node:test";
import { RevocationList, SessionUnavailable } from "cloakroom";
import { ada, errorOfAsync, makeWorld, START } from "./support/world.mjs";

/** Sessions over a clock that counts how often it is read and fails from a number of readings on. */
function counting() {
  const counter = { readings: 0, most: Infinity };
  const clock = () => (++counter.readings > counter.most ? NaN : START);
  const policy = { idle: 1800, absolute: 28_800, share: [0, 1] };
  const sessions = makeWorld().sessions({ clock, policy, revocations: new RevocationList({ clock }) });
  const { token, session } = sessions.issue({ subject: "user-42", value: ada });
  counter.readings = 0;
  return { sessions, counter, token, session };
}

const procedures = {
  verify: ({ sessions, token }) => sessions.verify(token),
  issue: ({ sessions }) => sessions.issue({ subject: "user-42", value: ada }),
  renew: ({ sessions, session }) => sessions.renew(session),
  update: ({ sessions, session }) => sessions.update(session, ada),
  rotate: ({ sessions, session }) => sessions.rotate(session),
  reauthenticate: ({ sessions, session }) => sessions.reauthenticate(session, { subject: "user-42", value: ada }),
  "logout with a session": ({ sessions, session }) => sessions.logout(session),
  "logout with a token": ({ sessions, token }) => sessions.logout(token),
  logoutEverywhere: ({ sessions }) => sessions.logoutEverywhere("user-42"),
  logoutOthers: ({ sessions, session }) => sessions.logoutOthers(session),
  logoutAll: ({ sessions }) => sessions.logoutAll(),
  distrustKey: ({ sessions, session }) => sessions.distrustKey(session.kid),
};

for (const [name, run] of Object.entries(procedures)) {
  test(`${name} reads the clock once`, async () => {
    const given = counting();
    await run(given);
    assert.equal(given.counter.readings, 1);
    const failing = counting();
    failing.counter.most = 0;
    const error = await errorOfAsync(async () => run(failing));
    assert.ok(error instanceof SessionUnavailable);
    assert.deepEqual([error.reason, failing.counter.readings], ["clock", 1]);
  });
}

test("without a clock garbage is no rejection, and logs nobody out", async () => {
  for (const text of ["", "clk1.", "x".repeat(5000), undefined, 5]) {
    const given = counting();
    given.counter.most = 0;
    for (const run of [() => given.sessions.verify(text), () => given.sessions.logout(text)]) {
      const error = await errorOfAsync(async () => run());
      assert.ok(error instanceof SessionUnavailable, String(error));
    }
  }
});
