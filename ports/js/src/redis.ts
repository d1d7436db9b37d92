/**
 * The feed engine for Redis 7.0 or later (Section 17.7). It brings no client along: hand over a
 * function that sends one command and gives back strings as bytes.
 *
 * @packageDocumentation
 */
import { decodeUtf8 } from "./bytes.js";
import { CHAIN_LEN, EPOCH_LEN, type Position } from "./feedbatch.js";
import type { FeedEngine, FeedRead } from "./feedengine.js";
import { takeRealm } from "./feedkey.js";

/** Sends one command; strings of the answer come as bytes (in Node: Buffers). */
export type RedisSend = (args: (string | Uint8Array)[]) => Promise<unknown>;

export interface RedisEngineOptions {
  readonly realm: string;
  /** Should fail, not wait, while there is no connection. */
  readonly send: RedisSend;
  /** The same over a connection of its own, on which waiting for news blocks nobody. */
  readonly sendBlocking?: RedisSend;
}

const HEAD = `local h = redis.call('HMGET', KEYS[1], 'fmt', 'epoch', 'n', 'chain')
if h[1] ~= '1' and redis.call('EXISTS', KEYS[1]) == 1 then
  return redis.error_reply('cloakroom: unknown layout of the feed')
end
`;

const READ = `${HEAD}
return {h, redis.call('XRANGE', KEYS[2], '(' .. ARGV[1] .. '-0', '+', 'COUNT', ARGV[2])}`;

const APPEND = `${HEAD}
if h[2] ~= ARGV[1] or h[3] ~= ARGV[2] or h[4] ~= ARGV[3] then return 0 end
redis.call('XADD', KEYS[2], ARGV[4] .. '-0', 'b', ARGV[6])
redis.call('HSET', KEYS[1], 'n', ARGV[4], 'chain', ARGV[5])
return 1`;

const FOUND = `${HEAD}
if ARGV[4] == '' then
  if h[1] then return 0 end
elseif h[2] ~= ARGV[4] or h[3] ~= ARGV[5] or h[4] ~= ARGV[6] then
  return 0
end
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
redis.call('HSET', KEYS[1], 'fmt', '1', 'epoch', ARGV[1], 'n', ARGV[2], 'chain', ARGV[3])
return 1`;

/** Decimal numbers are compared as such; a double would lose the difference above 2^53. */
const PUT = `${HEAD}
local function before(a, b) return #a < #b or (#a == #b and a < b) end
if h[2] ~= ARGV[1] or before(h[3], ARGV[2]) then return 0 end
if h[3] == ARGV[2] and h[4] ~= ARGV[5] then return 0 end
local s = redis.call('HMGET', KEYS[3], 'epoch', 'n')
if s[1] == ARGV[1] and not before(s[2], ARGV[2]) then return 0 end
redis.call('HSET', KEYS[3], 'n', ARGV[2], 'epoch', ARGV[1], 'data', ARGV[3])
if ARGV[4] ~= '' then redis.call('XTRIM', KEYS[2], 'MINID', '=', ARGV[4]) end
return 1`;

export class RedisEngine implements FeedEngine {
  readonly #send: RedisSend;
  readonly #sendBlocking: RedisSend | undefined;
  readonly #keys: readonly [head: string, log: string, snapshot: string];

  constructor({ realm, send, sendBlocking }: RedisEngineOptions) {
    // One hash tag, so that a cluster keeps the three in one slot.
    const tag = `{cloakroom:${takeRealm(realm)}}`;
    this.#keys = [`${tag}:head`, `${tag}:log`, `${tag}:snap`];
    this.#send = send;
    this.#sendBlocking = sendBlocking;
  }

  async read(after: bigint, limit: number): Promise<FeedRead> {
    const [head, entries] = (await this.#run(READ, `${after}`, `${limit}`)) as [unknown[], unknown[]];
    const batches = (entries ?? []).map((entry) => {
      const [id, fields] = entry as [Uint8Array, unknown[]];
      const n = numberOf(text(id).replace(/-0$/, ""));
      return { n, batch: takeBytes(fields[1]) };
    });
    return { head: positionOf(head), batches };
  }

  append(onto: Position, batch: Uint8Array, becomes: Position): Promise<boolean> {
    return this.#change(APPEND, ...fields(onto), `${becomes.n}`, becomes.chain, batch);
  }

  found(old: Position | undefined, first: Position): Promise<boolean> {
    return this.#change(FOUND, ...fields(first), ...(old === undefined ? ["", "", ""] : fields(old)));
  }

  put(at: Position, snapshot: Uint8Array, drop: bigint): Promise<boolean> {
    return this.#change(PUT, at.epoch, `${at.n}`, snapshot, drop > 0n ? `${drop + 1n}-0` : "", at.chain);
  }

  async snapshot(): Promise<Uint8Array | undefined> {
    const data = await this.#send(["HGET", this.#keys[2], "data"]);
    return data === null || data === undefined ? undefined : takeBytes(data);
  }

  async wait(after: bigint, seconds: number): Promise<void> {
    const send = this.#sendBlocking;
    if (send === undefined) return new Promise((done) => setTimeout(done, seconds * 1000));
    const milliseconds = Math.max(1, Math.round(seconds * 1000));
    await send(["XREAD", "COUNT", "1", "BLOCK", `${milliseconds}`, "STREAMS", this.#keys[1], `${after}-0`]);
  }

  #run(script: string, ...args: (string | Uint8Array)[]): Promise<unknown> {
    return this.#send(["EVAL", script, `${this.#keys.length}`, ...this.#keys, ...args]);
  }

  async #change(script: string, ...args: (string | Uint8Array)[]): Promise<boolean> {
    return Number(await this.#run(script, ...args)) === 1;
  }
}

function fields({ epoch, n, chain }: Position): [Uint8Array, string, Uint8Array] {
  return [epoch, `${n}`, chain];
}

function positionOf(head: readonly unknown[]): Position | undefined {
  if (head[0] === null || head[0] === undefined) return undefined;
  const [epoch, chain] = [takeBytes(head[1]), takeBytes(head[3])];
  if (epoch.length !== EPOCH_LEN || chain.length !== CHAIN_LEN) throw new Error("the head of the feed is damaged");
  return { epoch, n: numberOf(text(head[2])), chain };
}

function numberOf(decimal: string): bigint {
  if (!/^(0|[1-9][0-9]{0,19})$/.test(decimal)) throw new Error("a number of the feed is damaged");
  return BigInt(decimal);
}

function text(value: unknown): string {
  return decodeUtf8(takeBytes(value)) ?? "";
}

/** A copy without the class of the client's buffers. */
function takeBytes(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new Error("redis: answers must come as bytes");
  return new Uint8Array(value);
}
