"""The bytes of a feed: positions, batches and authenticated snapshots."""

from __future__ import annotations

import hashlib
import hmac
from enum import Enum
from typing import Final, List, NamedTuple, Sequence

from .._params import TIME_MAX, U32_MAX, U64_MAX
from ..errors import CloakroomError, ConfigurationError
from ..records import Record, record_length
from ..snapshot import Snapshot, read_snapshot
from .keys import FID_LEN, TAG_LEN, FeedKey

__all__ = [
    "Batch", "Fault", "FeedFault", "FeedSnapshot", "Position", "open_batch", "open_snapshot",
    "write_batch", "write_feed_snapshot",
]

EPOCH_LEN: Final = 16
CHAIN_LEN: Final = 8
POSITION_LEN: Final = EPOCH_LEN + 8 + CHAIN_LEN
RECORDS_MAX: Final = 65535
MILLISECONDS_MAX: Final = TIME_MAX * 1000 + 999

_VERSION = b"\x01"
_MAGIC = b"clkfsnp1"
_BATCH = b"clkfeed1 batch\x00"
_SNAPSHOT = b"clkfeed1 snapshot\x00"
_BATCH_HEADER = 47
_SNAPSHOT_HEADER = 48


class Fault(str, Enum):
    """What is wrong with bytes of a feed."""

    VERSION = "version"
    FORMAT = "format"
    UNKNOWN_KEY = "unknown-key"
    FORGED = "forged"
    OUT_OF_PLACE = "out-of-place"
    MALFORMED = "malformed"


class FeedFault(CloakroomError):
    """A batch or snapshot is not used."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(f"bytes of the feed are refused: {fault.value}")
        self.fault = fault


class Position(NamedTuple):
    """A place in the history of a feed. The chain tells histories of equal length apart."""

    epoch: bytes
    n: int
    chain: bytes

    @classmethod
    def first(cls, realm: bytes, epoch: bytes) -> Position:
        """Before the first batch of an epoch. `realm` has its length before it."""
        start = hashlib.sha256(b"clkfeed1 chain\x00" + realm + epoch).digest()
        return cls(epoch, 0, start[:CHAIN_LEN])

    def after(self, batch: bytes) -> Position:
        chain = hashlib.sha256(self.chain + batch).digest()[:CHAIN_LEN]
        return Position(self.epoch, self.n + 1, chain)

    def to_bytes(self) -> bytes:
        return self.epoch + self.n.to_bytes(8, "big") + self.chain

    @classmethod
    def from_bytes(cls, data: bytes) -> Position:
        if len(data) != POSITION_LEN:
            raise ConfigurationError(f"a position is {POSITION_LEN} bytes")
        return cls(data[:EPOCH_LEN], int.from_bytes(data[16:24], "big"), data[24:])


class Batch(NamedTuple):
    """A batch in its place. `time` is the writer's clock in milliseconds."""

    time: int
    records: List[Record]
    becomes: Position


class FeedSnapshot(NamedTuple):
    """Every record up to `position` is in the snapshot; `life` is the writer's L."""

    position: Position
    life: int
    snapshot: Snapshot
    inner: bytes


def _authentic(
    keys: Sequence[FeedKey], realm: bytes, label: bytes, data: bytes, fid_at: int, least: int
) -> None:
    fid = data[fid_at : fid_at + FID_LEN]
    key = next((key for key in keys if key.fid == fid), None)
    if key is None:
        raise FeedFault(Fault.UNKNOWN_KEY)
    if len(data) < least:
        raise FeedFault(Fault.FORGED)
    tag = key.tag(label, realm, data[:-TAG_LEN])
    if not hmac.compare_digest(tag, data[-TAG_LEN:]):
        raise FeedFault(Fault.FORGED)


def write_batch(
    key: FeedKey, realm: bytes, onto: Position, time: int, records: Sequence[Record]
) -> bytes:
    """The batch that follows a position. Without records it is a heartbeat."""
    if len(records) > RECORDS_MAX or not 0 <= time <= MILLISECONDS_MAX or onto.n >= U64_MAX:
        raise ConfigurationError("a batch is outside its limits")
    body = b"".join(
        (
            _VERSION,
            key.fid,
            onto.epoch,
            (onto.n + 1).to_bytes(8, "big"),
            onto.chain,
            time.to_bytes(8, "big"),
            len(records).to_bytes(2, "big"),
            *(record.to_bytes() for record in records),
        )
    )
    return body + key.tag(_BATCH, realm, body)


def open_batch(keys: Sequence[FeedKey], realm: bytes, onto: Position, data: bytes) -> Batch:
    """The batch, if it is authentic and follows the position. Raises `FeedFault`."""
    if data and data[:1] != _VERSION:
        raise FeedFault(Fault.VERSION)
    if len(data) < 1 + FID_LEN:
        raise FeedFault(Fault.FORGED)
    _authentic(keys, realm, _BATCH, data, 1, _BATCH_HEADER + TAG_LEN)
    n = int.from_bytes(data[21:29], "big")
    if data[5:21] != onto.epoch or n != onto.n + 1 or data[29:37] != onto.chain:
        raise FeedFault(Fault.OUT_OF_PLACE)
    time = int.from_bytes(data[37:45], "big")
    if time > MILLISECONDS_MAX:
        raise FeedFault(Fault.MALFORMED)
    records = _records(data[_BATCH_HEADER:-TAG_LEN])
    if len(records) != int.from_bytes(data[45:47], "big"):
        raise FeedFault(Fault.MALFORMED)
    return Batch(time, records, onto.after(data))


def _records(data: bytes) -> List[Record]:
    records: List[Record] = []
    at = 0
    well_formed = True
    while well_formed and at < len(data):
        length = record_length(data[at])
        if length is None or length > len(data) - at:
            well_formed = False
            break
        try:
            records.append(Record.from_bytes(data[at : at + length]))
        except ConfigurationError:
            well_formed = False
        at += length
    if not well_formed:
        raise FeedFault(Fault.MALFORMED)
    return records


def write_feed_snapshot(
    key: FeedKey, realm: bytes, position: Position, life: int, inner: bytes
) -> bytes:
    """A snapshot of a view, authenticated for the feed."""
    body = b"".join(
        (_MAGIC, key.fid, position.to_bytes(), min(life, U32_MAX).to_bytes(4, "big"), inner)
    )
    return body + key.tag(_SNAPSHOT, realm, body)


def open_snapshot(keys: Sequence[FeedKey], realm: bytes, data: bytes) -> FeedSnapshot:
    """The snapshot, if it is authentic. Raises `FeedFault`."""
    if data[:8] != _MAGIC or len(data) < 8 + FID_LEN:
        raise FeedFault(Fault.FORMAT)
    _authentic(keys, realm, _SNAPSHOT, data, 8, 8 + FID_LEN + TAG_LEN)
    inner = data[_SNAPSHOT_HEADER:-TAG_LEN]
    snapshot = None
    try:
        snapshot = read_snapshot(inner)
    except ConfigurationError:
        pass
    if snapshot is None:
        raise FeedFault(Fault.MALFORMED)
    position = Position.from_bytes(data[12:44])
    return FeedSnapshot(position, int.from_bytes(data[44:48], "big"), snapshot, inner)
