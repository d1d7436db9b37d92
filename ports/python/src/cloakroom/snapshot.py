"""Snapshots: a revocation view in one file."""

from __future__ import annotations

import hashlib
from typing import Iterable, List, NamedTuple

from ._input import as_int
from ._params import TIME_MAX, U32_MAX
from .errors import ConfigurationError
from .records import Record, record_length

__all__ = ["Snapshot", "read_snapshot", "write_snapshot"]

_MAGIC = b"clkrevs1"
_HEADER = 28
_DIGEST = 32


class Snapshot(NamedTuple):
    """What a snapshot says. `made_at` is informative."""

    made_at: int
    high_water: int
    records: List[Record]


def write_snapshot(made_at: int, high_water: int, records: Iterable[Record]) -> bytes:
    """A snapshot of these records, in the one order a reader accepts."""
    as_int("made_at", made_at, 0, TIME_MAX, ConfigurationError)
    as_int("the high-water mark", high_water, 0, TIME_MAX, ConfigurationError)
    encoded = sorted({record.to_bytes() for record in records})
    if len(encoded) > U32_MAX:
        raise ConfigurationError("too many records for one snapshot")
    body = b"".join(
        (
            _MAGIC,
            made_at.to_bytes(8, "big"),
            high_water.to_bytes(8, "big"),
            len(encoded).to_bytes(4, "big"),
            *encoded,
        )
    )
    return body + hashlib.sha256(body).digest()


def read_snapshot(data: bytes) -> Snapshot:
    """The content of a snapshot; the whole of it is refused for any fault."""
    if not isinstance(data, bytes) or len(data) < _HEADER + _DIGEST:
        raise ConfigurationError("a snapshot has at least 60 bytes")
    if data[:8] != _MAGIC:
        raise ConfigurationError("not a snapshot of this version")
    end = len(data) - _DIGEST
    if hashlib.sha256(memoryview(data)[:end]).digest() != data[end:]:
        raise ConfigurationError("the snapshot is damaged: its digest differs")
    made_at = int.from_bytes(data[8:16], "big")
    high_water = int.from_bytes(data[16:24], "big")
    count = int.from_bytes(data[24:28], "big")
    if made_at > TIME_MAX or high_water > TIME_MAX:
        raise ConfigurationError("a time of the snapshot is out of range")
    records: List[Record] = []
    before = b""
    at = _HEADER
    while at < end:
        length = record_length(data[at])
        if length is None or length > end - at:
            raise ConfigurationError("the snapshot contains a malformed record")
        encoded = data[at : at + length]
        if encoded <= before:
            raise ConfigurationError("the records of the snapshot are out of order")
        records.append(Record.from_bytes(encoded))
        before = encoded
        at += length
    if len(records) != count:
        raise ConfigurationError(
            f"the snapshot announces {count} records and has {len(records)}"
        )
    return Snapshot(made_at, high_water, records)
