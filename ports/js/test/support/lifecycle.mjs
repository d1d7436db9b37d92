// One life of a session with nothing but the package and the language; returns what happened.
export async function lifecycle({ KeyRing, RevocationList, Sessions, generateRootKey, structuredPayload, t }) {
  const ring = KeyRing.parse(
    `cloakroom-ring 1\nmax-lifetime 28800\nkey ${generateRootKey()} activate=2020-01-01T00:00:00Z\n`,
  );
  const revocations = new RevocationList();
  const sessions = new Sessions({
    ring,
    purpose: "session",
    audience: "api.example.com",
    policy: { idle: 1800, absolute: 28_800, share: [0, 1] },
    payload: structuredPayload({ major: 1, minor: 0, type: t.struct({ id: t.u64, name: t.str }) }),
    revocations,
  });
  const steps = [];
  const { token } = sessions.issue({ subject: "zoë", value: { id: 2n ** 64n - 1n, name: "Ada" } });
  const session = sessions.verify(token);
  steps.push(session.subject, session.value.name, String(session.value.id));
  const renewed = sessions.renew(session);
  const rotated = await sessions.rotate(renewed.session, { value: { id: 1n, name: "Bob" } });
  steps.push(sessions.verify(rotated.token).value.name);
  steps.push(await sessions.logout(rotated.session));
  for (const [dead, reason] of [[token, "reason"], [rotated.token, "reason"], ["garbage", "stage"]]) {
    try {
      sessions.verify(dead);
      steps.push("accepted");
    } catch (error) {
      steps.push(`${error.name} ${error[reason]}`);
    }
  }
  revocations.load(revocations.snapshot());
  steps.push(revocations.counts.entries);
  return steps;
}

export const EXPECTED = [
  "zoë", "Ada", "18446744073709551615", "Bob", "in-memory",
  "SessionRejected revoked", "SessionRejected revoked", "SessionRejected text", 1,
];
