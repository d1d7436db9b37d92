// Compiled, never run: what the declarations must infer, and what they must refuse.
import {
  Feed,
  KeyRing,
  RevocationList,
  type FeedEngine,
  type Sealed,
  type Session,
  SessionRejected,
  Sessions,
  structuredPayload,
  t,
  type ValueOf,
} from "cloakroom";
import { RedisEngine, type RedisSend } from "cloakroom/redis";

const Role = t.enum({ guest: null, member: t.u32, team: [t.u8, t.str], owner: { fields: { since: t.u64 } } });
const User = t.struct({
  id: t.u64,
  name: t.str,
  role: Role,
  tags: t.appended(t.seq(t.str), []),
  theme: t.option(t.str),
});
type User = ValueOf<typeof User>;

type Equal<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false;
export const inferred: [
  Equal<User["id"], bigint>,
  Equal<User["tags"], string[]>,
  Equal<User["theme"], string | null>,
] = [true, true, true];
export const roles: User["role"][] = [
  "guest",
  { member: 5 },
  { team: [1, "a"] },
  { owner: { since: 5n } },
  // @ts-expect-error no such variant
  "admin",
  // @ts-expect-error a u32 is a number
  { member: 5n },
];

export function carry(engine: FeedEngine, send: RedisSend, list: RevocationList): Feed {
  const redis: FeedEngine = new RedisEngine({ realm: "shop", send });
  const feed = new Feed({ engine: redis ?? engine, realm: "shop", key: "", list, onAlarm: ({ kind }) => kind });
  // @ts-expect-error not part of the public interface
  void feed.append;
  return feed;
}

const sessions = new Sessions({
  ring: KeyRing.parse(""),
  purpose: "session",
  policy: { idle: 1800, absolute: 28_800 },
  payload: structuredPayload({ major: 1, minor: 1, type: User }),
  revocations: new RevocationList(),
});

export async function use(token: unknown, user: User): Promise<bigint> {
  const session: Session<User> = sessions.verify(token);
  const sealed: Sealed<User> | null = sessions.renew(session);
  await sessions.rotate(session, { value: user });
  // @ts-expect-error the value has another type
  sessions.update(session, { id: 5 });
  // @ts-expect-error no idle timeout has to be said
  new Sessions({ ...({} as ConstructorParameters<typeof Sessions>[0]), policy: { absolute: 5 } });
  // @ts-expect-error a session cannot be changed in place
  if (sealed !== null) sealed.session.value = user;
  try {
    return session.value.id;
  } catch (error) {
    if (error instanceof SessionRejected && error.reason === "expired") return 0n;
    throw error;
  }
}
