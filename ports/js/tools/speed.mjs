// For machines that are busy with others, --bound=1.3 allows a rejection 1.3 times the time of an
// acceptance, and --late=2 twice the time to tokens that are opened before they are rejected, which takes
// as long as accepting.
// Seal and verify against a JWT library, accepting against rejecting; interleaved, medians.
import { createSecretKey } from "node:crypto";
import { createRequire } from "node:module";
import {
  generateRootKey, KeyRing, rawPayload, RevocationList, Sessions, structuredPayload, t,
} from "../dist/index.js";

const jwt = createRequire(import.meta.url)("jsonwebtoken");
const ROUNDS = Number(process.env.ROUNDS ?? 2000);
// Small, so that a pause of the machine spoils few samples.
const BATCH = 10;
const WARM_UP = 300;

const User = t.struct({ id: t.u64, name: t.str, mail: t.str, roles: t.seq(t.str), theme: t.option(t.str) });
const value = {
  id: 8_675_309n, name: "Ada Lovelace", mail: "ada@example.com",
  roles: ["reader", "writer", "auditor"], theme: "dark-contrast",
};
const payload = structuredPayload({ major: 1, minor: 0, type: User });
const size = payload.write(value).payload.length;

const option = (name) => process.argv.find((word) => word.startsWith(`--${name}=`))?.split("=")[1];
const bound = Number(option("bound") ?? 1.15);
const late = Number(option("late") ?? bound);
// Opened first: nobody without a key makes them, and all but a lookup is the way of an accepted one.
const LATE = ["another schema", "idle", "expired", "revoked"].map((name) => `reject: ${name}`);
const ring = () =>
  KeyRing.parse(`cloakroom-ring 1
max-lifetime 28800
key ${generateRootKey()} activate=2020-01-01T00:00:00Z
`);
const makeSessions = (settings = {}) =>
  new Sessions({
    ring: ring(),
    purpose: "session",
    audience: "api.example.com",
    policy: { idle: 1800, absolute: 28_800 },
    payload,
    revocations: new RevocationList(),
    ...settings,
  });

const own = ring();
const sessions = makeSessions({ ring: own });
// The same keys at other times and for other payloads: what they seal is rejected here, late.
const ago = (seconds, settings) =>
  makeSessions({ ring: own, revocations: new RevocationList({ clock: () => Date.now() / 1000 - seconds }), ...settings });
const idle = ago(2000).issue({ subject: "user-42", value }).token;
const expired = ago(29_000, { policy: { idle: "none", absolute: 28_800 } }).issue({ subject: "user-42", value }).token;
const schema = makeSessions({ ring: own, payload: structuredPayload({ major: 2, minor: 0, type: User }) })
  .issue({ subject: "user-42", value }).token;
const gone = sessions.issue({ subject: "user-42", value });
await sessions.logout(gone.session);
const long = makeSessions({ ring: own, payload: rawPayload(1) });
const longest = long.issue({ subject: "user-42", value: new Uint8Array(2968) }).token;
const longForged = longest.slice(0, 100) + (longest[100] === "A" ? "B" : "A") + longest.slice(101);
const subject = "user-42";
const { token } = sessions.issue({ subject, value });
const foreign = makeSessions().issue({ subject, value }).token;
const flipped = (at) => token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
// A key object: from plain bytes the library would try to parse a private key at every call.
const secret = createSecretKey(globalThis.crypto.getRandomValues(Buffer.alloc(32)));
const claims = {
  sub: subject, aud: "api.example.com", jti: "4c0486292972129088dac75727b44b97", gen: 0,
  id: "8675309", name: value.name, mail: value.mail, roles: value.roles, theme: value.theme,
};
const sign = () => jwt.sign(claims, secret, { algorithm: "HS256", expiresIn: 1800 });
const jwtToken = sign();
const verifyOptions = { algorithms: ["HS256"], audience: "api.example.com" };

function rejected(run) {
  return () => {
    try {
      run();
    } catch {
      return;
    }
    throw new Error("accepted what has to be rejected");
  };
}

const HUGE = "A".repeat(1_000_000);

const runs = {
  "seal (issue)": () => sessions.issue({ subject, value }),
  "jsonwebtoken sign": sign,
  "verify (accept)": () => sessions.verify(token),
  "jsonwebtoken verify": () => jwt.verify(jwtToken, secret, verifyOptions),
  "reject: garbage": rejected(() => sessions.verify("clk1.".padEnd(token.length, "*"))),
  "reject: 1 MB": rejected(() => sessions.verify(HUGE)),
  "reject: wrong last character": rejected(() => sessions.verify(`${token.slice(0, -1)}.`)),
  "reject: unknown key": rejected(() => sessions.verify(foreign)),
  "reject: forged nonce": rejected(() => sessions.verify(flipped(20))),
  "reject: forged content": rejected(() => sessions.verify(flipped(60))),
  "reject: forged tag": rejected(() => sessions.verify(flipped(token.length - 5))),
  "reject: another schema": rejected(() => sessions.verify(schema)),
  "reject: idle": rejected(() => sessions.verify(idle)),
  "reject: expired": rejected(() => sessions.verify(expired)),
  "reject: revoked": rejected(() => sessions.verify(gone.token)),
  "longest (accept)": () => long.verify(longest),
  "reject: longest, forged": rejected(() => long.verify(longForged)),
  "jsonwebtoken reject": rejected(() => jwt.verify(`${jwtToken.slice(0, -5)}AAAAA`, secret, verifyOptions)),
};

const samples = Object.fromEntries(Object.keys(runs).map((name) => [name, []]));
for (let round = 0; round < ROUNDS + WARM_UP; round++) {
  for (const [name, run] of Object.entries(runs)) {
    const began = performance.now();
    for (let i = 0; i < BATCH; i++) run();
    if (round >= WARM_UP) samples[name].push(((performance.now() - began) * 1000) / BATCH);
  }
}
const median = (list) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)];
const result = Object.fromEntries(Object.entries(samples).map(([name, list]) => [name, median(list)]));

console.log(`subject of 7 bytes, payload of ${size} bytes, token of ${token.length} characters, JWT of ${jwtToken.length}`);
console.log(`node ${process.version}, ${ROUNDS} rounds of ${BATCH}, medians in microseconds\n`);
const print = (name, to, against) =>
  console.log(`${name.padEnd(30)} ${result[name].toFixed(1).padStart(8)}   ${(result[name] / result[to]).toFixed(2)} x ${against}`);
print("seal (issue)", "jsonwebtoken sign", "jsonwebtoken sign");
print("jsonwebtoken sign", "jsonwebtoken sign", "itself");
print("verify (accept)", "jsonwebtoken verify", "jsonwebtoken verify");
print("jsonwebtoken verify", "jsonwebtoken verify", "itself");
let dear = false;
for (const name of Object.keys(runs).filter((name) => name.startsWith("reject"))) {
  const accept = name.includes("longest") ? "longest (accept)" : "verify (accept)";
  print(name, accept, accept);
  dear ||= result[name] > (LATE.includes(name) ? late : bound) * result[accept];
}
print("jsonwebtoken reject", "jsonwebtoken verify", "jsonwebtoken verify");
console.log(dear ? "\nA REJECTION IS DEARER THAN ACCEPTING" : "\nno rejection is dearer than accepting");
process.exitCode = dear ? 1 : 0;
