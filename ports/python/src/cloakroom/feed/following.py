"""Following a feed: what other servers have revoked comes into the view of this one."""

from __future__ import annotations

import hashlib
import logging
import math
import threading
from collections import Counter
from typing import Dict, List, Optional, Sequence, Tuple

from .._params import U64_MAX
from ..errors import CloakroomError, ConfigurationError, Unavailable
from ..records import KEY, Record
from ..revocation import RevocationList
from .engine import Engine
from .format import (
    MILLISECONDS_MAX, Batch, Fault, FeedFault, FeedSnapshot, Position, open_batch, open_snapshot,
)
from .keys import FeedKey, realm_name

__all__ = ["FeedError", "Follower"]

_READ_LIMIT = 256
_AGAIN = 3
# Records in a batch behind which there may be more of the same.
FULL = 512

log = logging.getLogger("cloakroom.feed")

_Scope = Tuple[int, bytes, Optional[bytes]]


class FeedError(CloakroomError):
    """The feed cannot be followed to its end, or not be written to."""


def outlive(record: Record, expires: int) -> Record:
    """The record with an expiry that is at least this. Key entries never expire."""
    if record.kind == KEY or record.expires >= expires:
        return record
    return record._replace(expires=min(expires, U64_MAX))


class Follower:
    """Reads the batches of a feed in their order and proves how fresh the view is.

    Nothing the engine says is believed without a tag under a feed key, and nothing known is ever
    cleared.
    """

    def __init__(
        self, view: RevocationList, engine: Engine, realm: str, keys: Sequence[FeedKey], skew: float
    ) -> None:
        self._realm = realm_name(realm)
        self._view = view
        self._engine = engine
        self._skew = skew
        self._lock = threading.RLock()
        self._monotonic = view.monotonic
        self._position: Optional[Position] = None
        # What the engine gave since it was last read from the beginning, to hand back the rest.
        self._seen: Optional[Dict[_Scope, int]] = None
        self._batch_moment: Optional[float] = None
        # The last batch that says to everybody whose clock is right that somebody writes.
        self._beat: Optional[float] = None
        # The latest time in a batch of another server, and when it and the last one were read.
        self._others: Optional[Tuple[float, float]] = None
        self._others_heard = 0.0
        self._young_until: Optional[float] = None
        self._settling = view.bound + skew
        self._snapshot_n = 0
        self._newest_snapshot: Optional[Position] = None
        self._reported: Dict[str, object] = {}
        self.faults: Counter[Fault] = Counter()
        view.forget_until(0)
        self._accept(keys)

    def _accept(self, keys: Sequence[FeedKey]) -> None:
        if not 1 <= len(keys) <= 2 or not all(isinstance(key, FeedKey) for key in keys):
            raise ConfigurationError("a server accepts one or two feed keys")
        if len({key.fid for key in keys}) != len(keys):
            raise ConfigurationError("the two feed keys have the same identifier")
        self._keys = tuple(keys)

    @property
    def position(self) -> Optional[Position]:
        """How far the view has followed the feed."""
        return self._position

    def _milliseconds(self) -> int:
        """The clock in milliseconds."""
        value: object = None
        try:
            value = self._view.clock()
        except Exception:  # A clock is foreign code; whatever it raises, there is no time.
            pass
        if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
            time = math.floor(value * 1000)
            if 0 <= time <= MILLISECONDS_MAX:
                return time
        raise Unavailable("the clock failed or is far off")

    def _found(self, old: Optional[Position]) -> None:
        raise NotImplementedError

    # Reading.

    def _to_end(self) -> None:
        if self._position is None or not self._next():
            self._again()

    def _next(self) -> bool:
        """Reads on to the end. False if that is not a continuation of what was read before."""
        while self._position is not None:
            sent = self._monotonic()
            head, batches = self._engine.read(self._position.n, _READ_LIMIT)
            at = self._position
            if head is None or head.epoch != at.epoch or head.n < at.n:
                return False
            for data in batches:
                if not self._take_batch(data):
                    return False
            if self._position.n >= head.n:
                if self._position != head:
                    return False
                self._prove(sent)
                return True
            if not batches:
                return False
        return False

    def _again(self) -> None:
        """Reads everything again, and merges it."""
        for _ in range(_AGAIN):
            self._seen = {}
            head, _ = self._engine.read(0, 1)
            if head is None:
                self._found(None)
                continue
            start = Position.first(self._realm, head.epoch)
            self._batch_moment = self._beat = self._young_until = None
            data = self._engine.snapshot()
            snapshot = None if data is None else self._open_snapshot(data)
            if snapshot is not None:
                self._merge_snapshot(snapshot)
                position = snapshot.position
                if position.epoch == head.epoch and position.n <= head.n:
                    start = position
            self._snapshot_n = start.n
            self._position = start
            if self._next():
                return
        self._report(("broken", self._position), "the batches do not reach to the head")
        raise FeedError("the feed is broken: its batches do not reach to its head")

    def _take_batch(self, data: bytes) -> bool:
        """Merges the next batch. False if it belongs elsewhere."""
        assert self._position is not None
        try:
            batch = open_batch(self._keys, self._realm, self._position, data)
        except FeedFault as refused:
            self._count(refused.fault, self._position)
            if refused.fault is not Fault.OUT_OF_PLACE:
                raise
            return False
        self._accepted(batch)
        return True

    def _accepted(self, batch: Batch, own: bool = False) -> None:
        now = self._view.now()
        time = self._milliseconds()
        life = batch.time // 1000 + self._view.entry_life
        for record in batch.records:
            self._view.take(outlive(record, life), now)
            self._see(record)
        self._position = batch.becomes
        self._time_of_batch(batch, time, own)

    def _see(self, record: Record) -> None:
        if self._seen is not None:
            scope = (record.kind, record.key, record.exempt)
            self._seen[scope] = max(self._seen.get(scope, 0), record.value)

    # Snapshots.

    def _open_snapshot(self, data: bytes) -> Optional[FeedSnapshot]:
        try:
            opened = open_snapshot(self._keys, self._realm, data)
        except FeedFault as refused:
            self._count(refused.fault, hashlib.sha256(data).digest())
            return None
        # Its maker's clock was fast. With that mark every token would look expired; without it, one
        # would live again whose revocation was forgotten.
        if opened.snapshot.high_water > self._view.now() + self._view.tolerance + self._skew:
            self._report(opened.position, "the high-water mark of the snapshot lies far ahead")
            return None
        return opened

    def _merge_snapshot(self, opened: FeedSnapshot) -> None:
        at, newest = opened.position, self._newest_snapshot
        if newest is not None and newest.epoch == at.epoch and at.n < newest.n:
            self._report(at, "an older snapshot has replaced a newer one")
        else:
            self._newest_snapshot = at
        raised = max(0, self._view.entry_life - opened.life)
        now = self._view.now()
        for record in opened.snapshot.records:
            self._view.take(outlive(record, record.expires + raised), now)
            self._see(record)
        self._view.loaded(opened.snapshot.high_water)

    def _uncovered(self, records: Sequence[Record]) -> List[Record]:
        """Those that the feed lacks."""
        seen = self._seen or {}
        now = self._view.now()
        return [
            record
            for record in records
            if record.expires > now
            and seen.get((record.kind, record.key, record.exempt), -1) < record.value
        ]

    # Freshness.

    def _time_of_batch(self, batch: Batch, time: int, own: bool) -> None:
        moment = self._monotonic()
        age = (time - batch.time) / 1000
        if age < -self._skew:
            self._report(batch.becomes, "the last batch comes from the future; it proves nothing")
        else:
            # The youngest proves: a server whose clock is behind takes nothing away.
            proof = moment - age - self._skew
            if self._batch_moment is None or proof > self._batch_moment:
                self._batch_moment = proof
        if own or abs(age) <= self._skew:
            self._beat = moment
        if not own and age >= -self._skew:
            self._hear(batch.time / 1000, moment)
        others = self._time_of_others(moment)
        self._view.forget_until(time / 1000 if others is None else min(others, time / 1000))
        if batch.becomes.n == 1:
            # Others may not have handed back yet what only they know.
            self._young_until = moment + min(self._settling, self._settling - age)
        elif self._young_until is not None and len(batch.records) >= FULL:
            # One that fills its batches has more.
            if moment < self._young_until:
                self._young_until = moment + self._settling
            elif moment - age <= self._young_until + self._skew:
                until = moment + min(self._settling, self._settling - age)
                self._young_until = max(self._young_until, until)

    def _hear(self, time: float, moment: float) -> None:
        known = self._time_of_others(moment)
        self._others_heard = moment
        if known is None or time >= known:
            self._others = time, moment

    def _time_of_others(self, moment: float) -> Optional[float]:
        """What time it is by the servers that wrote lately."""
        if self._others is None or moment - self._others_heard > self._view.bound:
            return None
        time, read = self._others
        return time + moment - read

    def _settles(self) -> bool:
        return self._young_until is not None and self._monotonic() < self._young_until

    def _prove(self, sent: float) -> None:
        """The view is at the end that a request showed which was sent at this moment."""
        if self._batch_moment is None:
            return
        if self._settles():
            return
        self._view.proved_fresh(min(sent, self._batch_moment))

    # Telling.

    def _count(self, fault: Fault, where: object) -> None:
        if self._report(where, f"bytes of the feed are refused: {fault.value}"):
            self.faults[fault] += 1

    def _report(self, what: object, message: str) -> bool:
        """Tells what has not just been told."""
        if self._reported.get(message) == what:
            return False
        self._reported[message] = what
        log.warning("%s (batch %d)", message, self._position.n if self._position else 0)
        return True
