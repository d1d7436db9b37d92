"""SPEC 18: edge exports."""

from dataclasses import dataclass

from . import ed25519
from .cipher import expand, sha256
from .claims import TIME_MAX
from .errors import Refuse
from .feed import Fault, Position, decode_position, lp
from .keys import ALPHABET, base64url, unbase64url
from .revocation import LOGGED_OUT, SESSION, decode_record, record_length

PREFIX = b"clkedge1."
MAGIC = b"clkedge1"
LEN_MAX = 2**28


def edge_seed(feed_key):
    """SPEC 18.1: the secret of the signing key."""
    return expand(feed_key.secret, b"clkfeed1 edge\0", 32)


def edge_id(key):
    """SPEC 18.1: eid."""
    return sha256(b"clkedge1 id\0" + key)[:4]


def edge_text(key):
    """SPEC 18.1: the text form of a public key."""
    return (PREFIX + base64url(key + edge_id(key))).decode()


def read_edge_key(text):
    """SPEC 18.1: the public key of a text."""
    if not text.startswith(PREFIX):
        raise Refuse("prefix of an edge key")
    encoded = text[len(PREFIX):]
    if len(encoded) != 48:
        raise Refuse("length of an edge key")
    if any(character not in ALPHABET for character in encoded):
        raise Refuse("alphabet of an edge key")
    data = unbase64url(encoded)
    point = ed25519.decode(data[:32])
    if point is None or ed25519.is_small(point):
        raise Refuse("no point of an edge key")
    if edge_id(data[:32]) != data[32:]:
        raise Refuse("checksum of an edge key")
    return data[:32]


def filter_value(salt, places, session):
    """SPEC 18.3: the value of a session."""
    x = int.from_bytes(sha256(b"clkedge1 filter\0" + salt + session)[:8], "big")
    return x * places * 2**16 >> 64


def write_filter(salt, sessions):
    """SPEC 18.3: places, count and bytes."""
    places = len(sessions)
    values = sorted({filter_value(salt, places, session) for session in sessions})
    bits = []
    for place in range(places):
        bits += [1] * sum(value >> 16 == place for value in values) + [0]
    lows = b"".join((value & 0xFFFF).to_bytes(2, "big") for value in values)
    return places, len(values), write_bits(bits) + lows


def write_bits(bits):
    """SPEC 18.3: bits to bytes, the first in the least significant place."""
    out = bytearray((len(bits) + 7) // 8)
    for index, bit in enumerate(bits):
        out[index // 8] |= bit << index % 8
    return bytes(out)


def read_filter(places, count, data):
    """SPEC 18.3: the set of values."""
    size = (places + count + 7) // 8
    if count > places or (count == 0) != (places == 0) or len(data) != size + 2 * count:
        raise Fault("malformed")
    bits = [data[index // 8] >> index % 8 & 1 for index in range(8 * size)]
    if sum(bits) != count or sum(bits[:places + count]) != count or (bits and places and bits[places + count - 1]):
        raise Fault("malformed")
    values, place, lows = [], 0, iter(range(size, len(data), 2))
    for bit in bits[:places + count]:
        if bit:
            at = next(lows)
            values.append(place << 16 | int.from_bytes(data[at:at + 2], "big"))
        else:
            place += 1
    if any(a >= b for a, b in zip(values, values[1:])):
        raise Fault("malformed")
    return set(values)


@dataclass(frozen=True)
class Head:
    """SPEC 18.2: what stands before the entries."""

    position: Position
    made_at: int
    valid_until: int
    high_water: int
    life: int
    salt: bytes

    def check(self):
        """SPEC 18.2: the ranges."""
        fits = self.made_at < self.valid_until <= TIME_MAX * 1000 + 999
        if not fits or self.valid_until - self.made_at > 86400000 or self.high_water > TIME_MAX:
            raise Fault("malformed")


def write_export(feed_key, realm, head, records, sessions):
    """SPEC 18.2: an export of encoded records and logged-out sessions."""
    seed, records, sessions = edge_seed(feed_key), sorted(set(records)), sorted(set(sessions))
    places, count, data = write_filter(head.salt, sessions)
    return signed(seed, write_head(seed, realm, head, len(records), places, count) + b"".join(records) + data)


def write_head(seed, realm, head, exact, places, count):
    """SPEC 18.2: everything before the records."""
    numbers = ((head.made_at, 8), (head.valid_until, 8), (head.high_water, 8), (head.life, 4))
    out = MAGIC + edge_id(ed25519.public_key(seed)) + head.position.encode()
    out += b"".join(number.to_bytes(size, "big") for number, size in numbers) + head.salt
    return out + b"".join(number.to_bytes(4, "big") for number in (exact, places, count)) + lp(realm)


def signed(seed, data):
    """SPEC 18.2: the data with its signature."""
    return data + ed25519.sign(seed, data)


def open_export(keys, realm, data):
    """SPEC 18.4: head, encoded records, places and values; or a fault."""
    if len(data) > LEN_MAX:
        raise Fault("too-long")
    if data[:8] != MAGIC or len(data) < 12:
        raise Fault("format")
    key = next((key for key in keys if edge_id(key) == data[8:12]), None)
    if key is None:
        raise Fault("unknown-key")
    if len(data) < 76 or not ed25519.verify(key, data[:-64], data[-64:]):
        raise Fault("forged")
    body = data[:-64]
    if len(body) < 101 or len(body) < 101 + body[100]:
        raise Fault("malformed")
    if body[100:101 + body[100]] != lp(realm):
        raise Fault("other-realm")
    def number(at, size):
        return int.from_bytes(body[at:at + size], "big")
    head = Head(decode_position(body[12:44]), number(44, 8), number(52, 8), number(60, 8), number(68, 4), body[72:88])
    head.check()
    records, rest = exact_entries(number(88, 4), body[101 + body[100]:])
    return head, records, number(92, 4), read_filter(number(92, 4), number(96, 4), rest)


def exact_entries(count, data):
    """SPEC 18.2: the encoded records, and what follows them."""
    records = []
    try:
        while len(records) < count:
            if not data:
                raise Fault("malformed")
            encoded = data[:record_length(data[0])]
            record = decode_record(encoded)
            if record.kind == SESSION and record.value == LOGGED_OUT or records and encoded <= records[-1]:
                raise Fault("malformed")
            records.append(encoded)
            data = data[len(encoded):]
    except Refuse:
        raise Fault("malformed") from None
    return records, data


def accept_export(keys, realm, seen, now, skew, data):
    """SPEC 18.4, 18.5: what open_export gives, and the age in milliseconds. seen is None or (position, made_at)."""
    opened = open_export(keys, realm, data)
    head = opened[0]
    if seen is not None:
        before, made_at = seen
        place, known = (head.position.n, head.position.chain), (before.n, before.chain)
        behind = head.position.epoch == before.epoch and head.position.n <= before.n and place != known
        if head.made_at < made_at or behind:
            raise Fault("older")
    age = now + skew - head.made_at
    if age < 0:
        raise Fault("ahead")
    if age > head.valid_until - head.made_at:
        raise Fault("expired")
    return opened, age
