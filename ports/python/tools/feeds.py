"""The kinds of vectors about feeds."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Tuple

from cloakroom import ConfigurationError
from cloakroom.feed import FeedKey, Position
from cloakroom.feed.format import open_batch, open_snapshot, write_batch, write_feed_snapshot
from cloakroom.feed.keys import realm_name

Inputs = Mapping[str, Any]
Answer = Tuple[str, Dict[str, Any]]


def feed_key(inputs: Inputs) -> Answer:
    key = FeedKey.parse(inputs["text"])
    return "ok", {
        "fid": key.fid.hex(), "secret": key._secret.hex(), "mac_key": key._mac.hex()
    }


def _feed(inputs: Inputs) -> Tuple[List[FeedKey], bytes]:
    keys = [FeedKey.parse(text) for text in inputs["keys"]]
    if len({key.fid for key in keys}) != len(keys):
        raise ConfigurationError("the two feed keys have the same identifier")
    return keys, realm_name(inputs["realm"])


def feed_batch(inputs: Inputs) -> Answer:
    keys, realm = _feed(inputs)
    onto, data = Position.from_bytes(bytes.fromhex(inputs["onto"])), bytes.fromhex(inputs["batch"])
    batch = open_batch(keys, realm, onto, data)
    key = next(key for key in keys if key.fid == data[1:5])
    if write_batch(key, realm, onto, batch.time, batch.records) != data:
        raise AssertionError("writing the batch again gives other bytes")
    return "ok", {
        "time": batch.time,
        "records": [record.to_bytes().hex() for record in batch.records],
        "becomes": batch.becomes.to_bytes().hex(),
    }


def feed_snapshot(inputs: Inputs) -> Answer:
    keys, realm = _feed(inputs)
    data = bytes.fromhex(inputs["snapshot"])
    opened = open_snapshot(keys, realm, data)
    key = next(key for key in keys if key.fid == data[8:12])
    again = write_feed_snapshot(key, realm, opened.position, opened.life, opened.inner)
    if again != data:
        raise AssertionError("writing the snapshot again gives other bytes")
    return "ok", {
        "position": opened.position.to_bytes().hex(),
        "life": opened.life,
        "snapshot": opened.inner.hex(),
    }
