"""A server's part in a feed: following, publishing, and what keeps the feed alive."""

from __future__ import annotations

import os
import random
import threading
from types import TracebackType
from typing import Callable, List, Optional, Type

from .._params import U64_MAX
from ..errors import ConfigurationError, Unavailable
from ..records import KEY, Record
from ..revocation import RevocationList
from .engine import Engine
from .following import FeedError, Follower, log
from .format import EPOCH_LEN, Batch, Position, write_batch, write_feed_snapshot
from .keys import FeedKey

__all__ = ["Feed"]

_HAND_BACK = 1000


class Feed(Follower):
    """Connects a view to a feed. Start it after the process has forked; use it as a context or
    call `start` and `stop`.

    The view must be built with `fed=True`. `also` is a second feed key that is accepted, for the
    time of a change of keys. With `write=False` this server follows and revokes nothing.

    `settling` is how many seconds a feed that was just founded is fresh for nobody, so that the
    others can hand back what an engine lost; the same on all servers. A server that holds something
    and reaches the engine later than that hands it back then, and the others were fresh without.
    """

    _snapshot_every = 4096
    _kept_behind_snapshot = 1024

    def __init__(
        self,
        view: RevocationList,
        engine: Engine,
        realm: str,
        key: FeedKey,
        *,
        also: Optional[FeedKey] = None,
        write: bool = True,
        heartbeat: float = 0.5,
        skew: float = 0.75,
        wait: Optional[float] = None,
        settling: Optional[float] = None,
    ) -> None:
        if not isinstance(view, RevocationList):
            raise ConfigurationError("a feed needs a RevocationList")
        self._wait = view.bound / 8 if wait is None else wait
        if heartbeat <= 0 or skew < 0 or self._wait <= 0:
            raise ConfigurationError("heartbeat and wait are more than 0 seconds, skew at least 0")
        least = heartbeat + skew + 2 * self._wait
        if view.bound < least:
            raise ConfigurationError(
                f"heartbeat, skew and twice the wait take {least} seconds; the bound of the view"
                f" is {view.bound}"
            )
        super().__init__(view, engine, realm, _both(key, also), skew)
        if settling is not None:
            if not view.bound + skew <= settling <= 3600:
                raise ConfigurationError(
                    "the settling time is at least the bound and skew together, at most 3600 seconds"
                )
            self._settling = settling
        self._key = key
        self._write = write
        self._heartbeat = heartbeat
        self._jitter = random.SystemRandom()
        self._due = self._next_due()
        self._stopping = threading.Event()
        self._thread: Optional[threading.Thread] = None
        view.connect(self if write else None)

    def __repr__(self) -> str:
        return f"<Feed at {self._position.n if self._position else 'no position'}>"

    def _next_due(self) -> float:
        # Not all servers at once.
        return self._heartbeat * (1 + self._jitter.random() / 4)

    # Running.

    def start(self) -> None:
        """Follows in a thread of its own until `stop`."""
        if self._thread is not None:
            raise ConfigurationError("the feed has been started already")
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="cloakroom-feed", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stops following; the view grows stale."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def __enter__(self) -> Feed:
        self.start()
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.stop()

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            try:
                self.turn()
                position = self._position
                self._engine.wait(position.n if position else 0, self._wait)
                if failures:
                    log.warning("the feed is followed again")
                failures = 0
            except Exception as error:  # The thread must outlive whatever an engine does.
                if not failures:
                    log.warning("the feed is not followed: %s", error)
                # Reading everything again is dear, and a broken feed may last.
                failures = min(failures + 1, 5)
                self._stopping.wait(self._wait * 2 ** (failures - 1) / 2)

    def turn(self) -> None:
        """One round: reads to the end and does what is due. For applications that want no thread,
        to be called at least every `wait` seconds."""
        with self._lock:
            self._to_end()
            if self._write:
                self._hand_back()
                self._keep_alive()
                self._keep_snapshot()
            else:
                self._seen = None
        # Without the lock: retrying takes locks of the view first, and then this one.
        self._view.retry_pending()

    # Keys and founding.

    def change_keys(self, key: FeedKey, also: Optional[FeedKey] = None) -> None:
        """Writes under `key` from now on and accepts `also`.

        First every server accepts the new key beside the old one, then every server writes under
        it, and after the next snapshot the old one is dropped.
        """
        with self._lock:
            self._accept(_both(key, also))
            self._key = key

    def found_anew(self) -> None:
        """Drops what the engine holds and begins a new epoch; all servers then hand back what they
        know. For operators, when a feed is broken."""
        if not self._write:
            raise ConfigurationError("this server only follows the feed")
        with self._lock:
            head, _ = self._engine.read(0, 1)
            self._found(head)
            self._position = None
        self.turn()

    def _found(self, old: Optional[Position]) -> None:
        if not self._write:
            raise FeedError("there is no feed, and this server may not found one")
        epoch = b""
        try:
            epoch = os.urandom(EPOCH_LEN)
        except (NotImplementedError, OSError):
            pass
        if not epoch:
            raise Unavailable("the random source of the operating system failed")
        if self._engine.found(old, Position.first(self._realm, epoch)):
            log.warning("a feed was founded")

    # Publishing.

    def publish(self, record: bytes) -> None:
        """Returns when the record is accepted; raises if that is not certain."""
        self._publish(Record.from_bytes(record), None)

    def publish_if(self, record: bytes, allowed: Callable[[], bool]) -> bool:
        """As `publish`, if the view at the head of the feed still allows it. For all servers,
        asking and publishing are one step."""
        return self._publish(Record.from_bytes(record), allowed)

    def _publish(self, record: Record, allowed: Optional[Callable[[], bool]]) -> bool:
        if not self._write:
            raise FeedError("this server only follows the feed")
        with self._lock:
            until = self._monotonic() + self._view.bound
            if self._position is None:
                self._to_end()
            while allowed is None or allowed():
                if self._append([record]):
                    return True
                if self._monotonic() > until:
                    raise FeedError("the feed is too busy")
                self._to_end()
            return False

    def _append(self, records: List[Record]) -> bool:
        """One batch onto the position; False if that is not the head."""
        onto = self._position
        assert onto is not None
        time = self._milliseconds()
        expires = max(time // 1000, self._view.high_water) + self._view.entry_life
        records = [
            one if one.kind == KEY else one._replace(expires=min(expires, U64_MAX))
            for one in records
        ]
        data = write_batch(self._key, self._realm, onto, time, records)
        becomes = onto.after(data)
        sent = self._monotonic()
        if not self._engine.append(onto, data, becomes):
            return False
        self._accepted(Batch(time, records, becomes), own=True)
        self._prove(sent)
        return True

    # What is due.

    def _hand_back(self) -> None:
        """After a loss of the engine, this server may know what no other does."""
        while self._seen is not None:
            seen = self._seen
            records = self._uncovered(self._view.entries())
            # Another server may hand back the same, and the feed may be founded once more.
            while records and self._seen is seen:
                chunk = self._uncovered(records[-_HAND_BACK:])
                if chunk and not self._append(chunk):
                    self._to_end()
                else:
                    del records[-_HAND_BACK:]
            if self._seen is seen:
                self._seen = None

    def _keep_alive(self) -> None:
        if self._beat is not None and self._monotonic() - self._beat <= self._due:
            return
        self._due = self._next_due()
        # A conflict means that somebody else has just written.
        self._append([])

    def _keep_snapshot(self) -> None:
        at = self._position
        if at is None or at.n - self._snapshot_n < self._snapshot_every:
            return
        if self._settles():
            # It would say that everybody has handed back.
            return
        life = self._view.entry_life
        inner = self._view.snapshot()
        data = write_feed_snapshot(self._key, self._realm, at, life, inner)
        self._engine.put(at, data, max(0, at.n - self._kept_behind_snapshot))
        self._snapshot_n = at.n


def _both(key: FeedKey, also: Optional[FeedKey]) -> List[FeedKey]:
    return [key] if also is None else [key, also]
