"""SPEC 17: feed keys, batches and snapshots of feeds."""

import hmac
from dataclasses import dataclass

from .cipher import expand, hmac_sha256, sha256
from .claims import TIME_MAX
from .errors import Refuse
from .keys import ALPHABET, base64url, unbase64url
from .revocation import decode_record, record_length
from .snapshot import read_snapshot

PREFIX = b"clkfeed1."
REALM = b"abcdefghijklmnopqrstuvwxyz0123456789._-"


class Fault(Exception):
    """SPEC 17.4, 17.5: why a batch or a snapshot is not used."""


@dataclass(frozen=True)
class FeedKey:
    """SPEC 17.2."""

    secret: bytes

    @property
    def fid(self):
        """The public name."""
        return expand(self.secret, b"clkfeed1 id\0", 4)

    @property
    def mac_key(self):
        """Km."""
        return expand(self.secret, b"clkfeed1 mac\0", 32)

    def tag(self, label, realm, data):
        """SPEC 17.2, tag."""
        return hmac_sha256(self.mac_key, label + lp(realm) + data)[:16]

    def text(self):
        """The text form."""
        return (PREFIX + base64url(self.secret + self.fid)).decode()


def read_feed_key(text):
    """SPEC 17.2: the key of a text."""
    if not text.startswith(PREFIX):
        raise Refuse("prefix of a feed key")
    encoded = text[len(PREFIX):]
    if len(encoded) != 48:
        raise Refuse("length of a feed key")
    if any(character not in ALPHABET for character in encoded):
        raise Refuse("alphabet of a feed key")
    data = unbase64url(encoded)
    key = FeedKey(data[:32])
    if key.secret == key.secret[:1] * 32:
        raise Refuse("a feed key of equal bytes")
    if key.fid != data[32:]:
        raise Refuse("checksum of a feed key")
    return key


def lp(realm):
    """SPEC 17.1: a realm with its length."""
    if not 1 <= len(realm) <= 64 or any(character not in REALM for character in realm):
        raise Refuse("realm")
    return bytes([len(realm)]) + realm


@dataclass(frozen=True)
class Position:
    """SPEC 17.1."""

    epoch: bytes
    n: int
    chain: bytes

    def encode(self):
        """32 bytes."""
        return self.epoch + self.n.to_bytes(8, "big") + self.chain

    def after(self, batch):
        """SPEC 17.3: the position after one more batch."""
        return Position(self.epoch, self.n + 1, sha256(self.chain + batch)[:8])


def decode_position(data):
    """SPEC 17.1."""
    return Position(data[:16], int.from_bytes(data[16:24], "big"), data[24:32])


def start(realm, epoch):
    """SPEC 17.3: before the first batch."""
    return Position(epoch, 0, sha256(b"clkfeed1 chain\0" + lp(realm) + epoch)[:8])


def write_batch(key, realm, onto, time, records):
    """SPEC 17.4: the batch of encoded records that follows a position."""
    body = b"\x01" + key.fid + onto.epoch + (onto.n + 1).to_bytes(8, "big") + onto.chain
    body += time.to_bytes(8, "big") + len(records).to_bytes(2, "big") + b"".join(records)
    return body + key.tag(b"clkfeed1 batch\0", realm, body)


def authentic(keys, fid, label, realm, data):
    """SPEC 17.4, 17.5: what stands before the tag."""
    for key in keys:
        if key.fid == fid:
            if not hmac.compare_digest(key.tag(label, realm, data[:-16]), data[-16:]):
                raise Fault("forged")
            return data[:-16]
    raise Fault("unknown-key")


def open_batch(keys, realm, onto, data):
    """SPEC 17.4: time, encoded records and the position afterwards."""
    if len(data) < 5:
        raise Fault("forged" if data[:1] in (b"", b"\x01") else "version")
    if data[0] != 1:
        raise Fault("version")
    if not any(key.fid == data[1:5] for key in keys):
        raise Fault("unknown-key")
    if len(data) < 63:
        raise Fault("forged")
    body = authentic(keys, data[1:5], b"clkfeed1 batch\0", realm, data)
    number = int.from_bytes(body[21:29], "big")
    if body[5:21] != onto.epoch or number != onto.n + 1 or body[29:37] != onto.chain:
        raise Fault("out-of-place")
    time, count = int.from_bytes(body[37:45], "big"), int.from_bytes(body[45:47], "big")
    if time > TIME_MAX * 1000 + 999:
        raise Fault("malformed")
    records, offset = [], 47
    try:
        while offset < len(body):
            end = offset + record_length(body[offset])
            decode_record(body[offset:end])
            records.append(body[offset:end])
            offset = end
    except Refuse:
        raise Fault("malformed") from None
    if len(records) != count:
        raise Fault("malformed")
    return time, records, onto.after(data)


def write_feed_snapshot(key, realm, position, life, snapshot):
    """SPEC 17.5: the authenticated form of a snapshot."""
    body = b"clkfsnp1" + key.fid + position.encode() + life.to_bytes(4, "big") + snapshot
    return body + key.tag(b"clkfeed1 snapshot\0", realm, body)


def open_feed_snapshot(keys, realm, data):
    """SPEC 17.5: position, L of the writer, and the snapshot within."""
    if data[:8] != b"clkfsnp1" or len(data) < 12:
        raise Fault("format")
    body = authentic(keys, data[8:12], b"clkfeed1 snapshot\0", realm, data)
    if len(body) < 48:
        raise Fault("malformed")
    try:
        read_snapshot(body[48:])
    except Refuse:
        raise Fault("malformed") from None
    return decode_position(body[12:44]), int.from_bytes(body[44:48], "big"), body[48:]
