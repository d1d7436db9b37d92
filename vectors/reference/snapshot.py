"""SPEC 9.12: snapshots."""

from .cipher import sha256
from .claims import TIME_MAX
from .errors import Refuse
from .revocation import decode_record, record_length

MAGIC = b"clkrevs1"


def write_snapshot(made_at, high_water, records):
    """SPEC 9.12: the bytes of a snapshot of encoded records."""
    head = MAGIC + made_at.to_bytes(8, "big") + high_water.to_bytes(8, "big")
    body = head + len(records).to_bytes(4, "big") + b"".join(records)
    return body + sha256(body)


def split_records(data):
    """SPEC 9.12: the encoded records, each checked."""
    records, offset = [], 0
    while offset < len(data):
        end = offset + record_length(data[offset])
        record = data[offset:end]
        decode_record(record)
        records.append(record)
        offset = end
    return records


def read_snapshot(data):
    """SPEC 9.12: made_at, high_water and the encoded records, or refused as a whole."""
    if len(data) < 60:
        raise Refuse("snapshot has fewer than 60 bytes")
    if data[:8] != MAGIC:
        raise Refuse("not a snapshot")
    if sha256(data[:-32]) != data[-32:]:
        raise Refuse("digest of the snapshot differs")
    made_at, high_water = int.from_bytes(data[8:16], "big"), int.from_bytes(data[16:24], "big")
    if made_at > TIME_MAX or high_water > TIME_MAX:
        raise Refuse("time of the snapshot out of range")
    records = split_records(data[28:-32])
    if len(records) != int.from_bytes(data[24:28], "big"):
        raise Refuse("count of the snapshot differs")
    if any(a >= b for a, b in zip(records, records[1:])):
        raise Refuse("records are not strictly ascending")
    return made_at, high_water, records


def load_snapshot(view, data, now, tolerance):
    """SPEC 9.12: merges or quarantines each record and raises the high-water mark."""
    _, high_water, records = read_snapshot(data)
    for record in records:
        view.receive(decode_record(record), now, tolerance)
    view.high_water = max(view.high_water, high_water)
