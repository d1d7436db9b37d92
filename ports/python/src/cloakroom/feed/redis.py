"""A feed over Redis 7.0 or later. Needs the package `redis`.

The server must not evict: `maxmemory-policy noeviction`, or a volatile one. What it accepted it may
lose before an fsync (`appendfsync`) and at a failover; every follower then hands back what it knows.
"""

from __future__ import annotations

import math
from typing import Any, List, Optional, Tuple

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from .._params import U64_MAX
from ..errors import ConfigurationError
from .engine import EngineError
from .format import CHAIN_LEN, EPOCH_LEN, Position
from .keys import realm_name

__all__ = ["RedisEngine"]

_FORMAT = b"1"

_HEAD = """
local head = redis.call('HMGET', KEYS[1], 'epoch', 'n', 'chain', 'fmt')
if head[4] and head[4] ~= '1' then return redis.error_reply('ERR cloakroom: unknown fmt') end
"""

_READ = _HEAD + """
return {head, redis.call('XRANGE', KEYS[2], '(' .. ARGV[1] .. '-0', '+', 'COUNT', ARGV[2])}
"""

_APPEND = _HEAD + """
if head[1] ~= ARGV[1] or head[2] ~= ARGV[2] or head[3] ~= ARGV[3] then return 0 end
redis.call('XADD', KEYS[2], ARGV[4] .. '-0', 'b', ARGV[6])
redis.call('HSET', KEYS[1], 'n', ARGV[4], 'chain', ARGV[5])
return 1
"""

_FOUND = _HEAD + """
if #ARGV == 6 then
  if head[1] ~= ARGV[4] or head[2] ~= ARGV[5] or head[3] ~= ARGV[6] then return 0 end
elseif head[1] then return 0 end
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
redis.call('HSET', KEYS[1], 'fmt', '1', 'epoch', ARGV[1], 'n', ARGV[2], 'chain', ARGV[3])
return 1
"""

# Numbers of 64 bits do not fit into those of Lua; without leading zeros, decimals compare as texts.
_PUT = _HEAD + """
local function less(a, b) return #a < #b or (#a == #b and a < b) end
if head[1] ~= ARGV[1] or less(head[2], ARGV[2]) then return 0 end
if head[2] == ARGV[2] and head[3] ~= ARGV[5] then return 0 end
local snap = redis.call('HMGET', KEYS[3], 'epoch', 'n')
if snap[1] == ARGV[1] and not less(snap[2], ARGV[2]) then return 0 end
redis.call('HSET', KEYS[3], 'epoch', ARGV[1], 'n', ARGV[2], 'data', ARGV[3])
if ARGV[4] ~= '' then redis.call('XTRIM', KEYS[2], 'MINID', ARGV[4]) end
return 1
"""


class RedisEngine:
    """The engine of one realm on one Redis server.

    `timeout` bounds every request, in seconds. Requests are not repeated behind the caller's back:
    the feed reads first and then decides.
    """

    def __init__(self, url: str, realm: str, *, timeout: float = 1.0) -> None:
        realm_name(realm)
        if not 0 < timeout <= 60:
            raise ConfigurationError("the timeout of requests is more than 0 and at most 60 seconds")
        self._timeout = timeout
        self._keys = [f"{{cloakroom:{realm}}}:{name}" for name in ("head", "log", "snap")]
        client = None
        try:
            client = redis.Redis.from_url(
                url,
                socket_timeout=timeout,
                socket_connect_timeout=timeout,
                decode_responses=False,
                retry=Retry(NoBackoff(), 0),
            )
        except (ValueError, TypeError, AttributeError):
            pass  # The message would repeat the address, which may hold a password.
        if client is None:
            raise ConfigurationError("the address of the Redis server is not of the form redis://...")
        self._client: Any = client

    def __repr__(self) -> str:
        return "<RedisEngine>"

    def close(self) -> None:
        self._client.close()

    def _eval(self, script: str, *arguments: object) -> Any:
        failure = ""
        try:
            return self._client.eval(script, len(self._keys), *self._keys, *arguments)
        except (redis.RedisError, OSError) as error:
            failure = type(error).__name__
        raise EngineError(f"the Redis server failed: {failure}")

    def read(self, after: int, limit: int) -> Tuple[Optional[Position], List[bytes]]:
        answer = self._eval(_READ, after, limit)
        try:
            (epoch, n, chain, _), entries = answer
            if epoch is None:
                return None, []
            batches = []
            for number, (id, fields) in enumerate(entries, after + 1):
                # A gap ends what can be used; the reader sees that the head is further.
                if id != b"%d-0" % number or fields[0] != b"b":
                    break
                batches.append(bytes(fields[1]))
            head = Position(bytes(epoch), int(n), bytes(chain))
        except (TypeError, ValueError, IndexError):
            raise EngineError("the Redis server holds something else under the feed's keys") from None
        well_formed = len(head.epoch) == EPOCH_LEN and len(head.chain) == CHAIN_LEN
        if not well_formed or not 0 <= head.n <= U64_MAX:
            raise EngineError("the head of the feed is malformed")
        return head, batches

    def append(self, onto: Position, batch: bytes, becomes: Position) -> bool:
        return bool(
            self._eval(_APPEND, onto.epoch, onto.n, onto.chain, becomes.n, becomes.chain, batch)
        )

    def found(self, old: Optional[Position], first: Position) -> bool:
        return bool(self._eval(_FOUND, *first, *(old or ())))

    def put(self, at: Position, snapshot: bytes, drop: int) -> bool:
        first_kept = drop + 1 if drop > 0 else ""
        return bool(self._eval(_PUT, at.epoch, at.n, snapshot, first_kept, at.chain))

    def snapshot(self) -> Optional[bytes]:
        failure = ""
        try:
            data = self._client.hget(self._keys[2], "data")
            return None if data is None else bytes(data)
        except (redis.RedisError, OSError) as error:
            failure = type(error).__name__
        raise EngineError(f"the Redis server failed: {failure}")

    def wait(self, after: int, seconds: float) -> None:
        # Longer than the socket waits would be taken for a failure; 0 would wait for ever.
        block = max(1, math.floor(1000 * min(seconds, self._timeout / 2)))
        failure = ""
        try:
            self._client.xread({self._keys[1]: f"{after}-0"}, count=1, block=block)
            return
        except (redis.RedisError, OSError) as error:
            failure = type(error).__name__
        raise EngineError(f"the Redis server failed: {failure}")
