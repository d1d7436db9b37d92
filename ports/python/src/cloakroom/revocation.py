"""The revocation view of one server: its entries, how fresh they are, and publishing."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from enum import Enum
from typing import Callable, Deque, List, Optional, Protocol, Set

from ._input import as_int
from ._params import TIME_MAX, TOLERANCE_DEFAULT, U32_MAX
from .claims import Claims
from .errors import ConfigurationError, PublicationError, Rejected, Stage
from .policy import Clock, Policy, read_clock
from .records import Record, RevocationState
from .snapshot import Snapshot, read_snapshot, write_snapshot

__all__ = ["Freshness", "Published", "RevocationList", "Store", "Upstream"]


class Store(Protocol):
    """The durable store of one server. Both calls return when the data would survive a loss of
    power, and raise if that cannot be promised."""

    def append(self, record: bytes) -> None:
        """Keeps a record."""

    def mark(self, high_water: int) -> None:
        """Keeps the high-water mark; called before entries are forgotten."""


class Upstream(Protocol):
    """The store that several servers share."""

    def publish(self, record: bytes) -> None:
        """Returns when the record is accepted, and raises if that is not certain."""


class ComparingUpstream(Upstream, Protocol):
    """A shared store that can decide between servers."""

    def publish_if(self, record: bytes, allowed: Callable[[], bool]) -> bool:
        """As `publish`, if `allowed` says so of a view that is complete at that moment."""


class Published(Enum):
    """How far a revocation has got."""

    UPSTREAM = "accepted upstream: every server refuses within the bound"
    DURABLE = "durable here, and there is no other server"
    PENDING = "durable here, not yet accepted upstream"
    IN_MEMORY = "in memory: forgotten when this process ends"
    NOWHERE = "there is no revocation in this configuration"


class Freshness(Enum):
    FRESH = "fresh"
    STALE = "stale"
    BLIND = "blind"


class RevocationList:
    """The revocation view of one server, shared by all its session configurations.

    Without arguments it lives in memory and is the only one. With a `store` it is durable. Where
    other servers revoke as well, pass `fed=True` or an `upstream`: then the view is fresh only for
    `bound` seconds after each proof that it is complete, see `proved_fresh`.
    """

    revoking = True

    def __init__(
        self,
        *,
        store: Optional[Store] = None,
        upstream: Optional[Upstream] = None,
        fed: bool = False,
        bound: Optional[int] = None,
        clock: Clock = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fed = fed or upstream is not None
        if bound is None:
            bound = 2 if self._fed else 0
        self.bound = as_int("the bound of freshness", bound, 0, U32_MAX, ConfigurationError)
        self._store = store
        self._upstream = upstream
        self._feed: Optional[ComparingUpstream] = None
        self.clock = clock
        self.monotonic = monotonic
        self._lock = threading.RLock()
        self._publishing = threading.Lock()
        self._retrying = threading.Lock()
        self._state = RevocationState()
        self._quarantine: Set[Record] = set()
        self._first_release = 0
        self._proof: Optional[float] = None
        self._loaded = False
        self._store_works = True
        self._pending: Deque[Record] = deque()
        self._tolerance: Optional[int] = None
        self._leeway = self._ttl = self._greatest_tolerance = 0
        self.high_water = 0
        self._forget_until = math.inf
        self.malformed = 0

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.freshness().value}>"

    # What a policy needs of the view.

    def adopt(self, policy: Policy) -> None:
        """Takes a policy into account that issues or verifies against this view."""
        with self._lock:
            before = self.entry_life
            first = self._tolerance is None
            self._ttl = max(self._ttl, policy.ttl)
            self._leeway = max(self._leeway, policy.leeway)
            self._greatest_tolerance = max(self._greatest_tolerance, policy.tolerance)
            self._tolerance = policy.tolerance if first else min(self.tolerance, policy.tolerance)
            if not first and self.entry_life > before:
                self._state.extend(self.entry_life - before)

    @property
    def tolerance(self) -> int:
        """How far ahead a cut-off may lie without waiting in quarantine: what the strictest policy
        says, because the verdict has to be one for all."""
        return TOLERANCE_DEFAULT if self._tolerance is None else self._tolerance

    @property
    def entry_life(self) -> int:
        """How long after its publication an entry must be kept."""
        greatest = self.tolerance if self._tolerance is None else self._greatest_tolerance
        return self.bound + self._ttl + self._leeway + 2 * greatest

    # Freshness.

    def proved_fresh(self, at: float) -> None:
        """Everything accepted upstream before `at`, on the monotonic clock, is in this view."""
        with self._lock:
            if at > self.monotonic():
                raise ConfigurationError("a proof of freshness cannot lie in the future")
            self._proof = at if self._proof is None else max(at, self._proof)

    def proof_age(self) -> Optional[float]:
        return None if self._proof is None else self.monotonic() - self._proof

    def freshness(self) -> Freshness:
        if not self._fed:
            return Freshness.FRESH if self._store_works else Freshness.STALE
        age = self.proof_age()
        if age is not None:
            return Freshness.FRESH if age <= self.bound else Freshness.STALE
        return Freshness.STALE if self._loaded else Freshness.BLIND

    def suffices(self, policy: Policy, sensitive: bool) -> bool:
        """Whether the absence of an entry may be relied on to verify."""
        freshness = self.freshness()
        if freshness is Freshness.FRESH:
            return True
        if freshness is Freshness.BLIND or sensitive or policy.grace_seconds is None:
            return False
        age = self.proof_age()
        return age is not None and age <= policy.grace_seconds

    # Receiving. Where a time can be given, it is the time of the clock by default.

    def now(self, given: Optional[int] = None) -> int:
        if given is None:
            return max(read_clock(self.clock), self.high_water)
        return as_int("now", given, 0, TIME_MAX, ConfigurationError)

    def raise_mark(self, high_water: int) -> None:
        """Takes over the mark that a store has kept: times before it no longer come."""
        as_int("the high-water mark", high_water, 0, TIME_MAX, ConfigurationError)
        with self._lock:
            self.high_water = max(self.high_water, high_water)

    def receive(self, data: bytes, now: Optional[int] = None) -> None:
        """Takes in a record from a feed or store."""
        try:
            record = Record.from_bytes(data)
        except ConfigurationError:
            self.malformed += 1
            raise
        self.take(record, self.now(now))

    def load_snapshot(self, data: bytes, now: Optional[int] = None) -> Snapshot:
        """Merges a snapshot into the view, or changes nothing if it has a fault."""
        snapshot = read_snapshot(data)
        moment = self.now(now)
        with self._lock:
            for record in snapshot.records:
                self.take(record, moment)
            self.loaded(snapshot.high_water)
        return snapshot

    def loaded(self, high_water: int) -> None:
        """A snapshot has been merged whose mark is this."""
        with self._lock:
            self.raise_mark(high_water)
            self._loaded = True

    def snapshot(self, now: Optional[int] = None) -> bytes:
        """The view as a snapshot, quarantined records included."""
        moment = self.now(now)
        with self._lock:
            self._release(moment)
            return write_snapshot(moment, self.high_water, self.entries())

    def entries(self) -> List[Record]:
        """Everything that is known, quarantined records included."""
        with self._lock:
            return self._state.records() + list(self._quarantine)

    def take(self, record: Record, now: int) -> None:
        with self._lock:
            if record.is_cutoff and record.value > now + self.tolerance:
                if not self._quarantine or record.value < self._first_release:
                    self._first_release = record.value
                self._quarantine.add(record)
            else:
                self._state.merge(record)

    def _release(self, now: int) -> None:
        reached = now + self.tolerance
        if not self._quarantine or self._first_release > reached:
            return
        due = {record for record in self._quarantine if record.value <= reached}
        self._quarantine -= due
        self._first_release = min((record.value for record in self._quarantine), default=0)
        for record in due:
            expires = max(record.expires, now + self.entry_life)
            self._state.merge(record._replace(expires=expires))

    @property
    def quarantined(self) -> int:
        """Cut-offs too far ahead to apply. More than 0 deserves an alarm."""
        return len(self._quarantine)

    def discard_quarantined(self) -> None:
        with self._lock:
            self._quarantine.clear()

    # Questions.

    def revokes(
        self, claims: Claims, subject_digest: bytes, audience_digest: bytes, key_digest: bytes,
        now: int,
    ) -> bool:
        with self._lock:
            self._release(now)
            return self._state.revokes(claims, subject_digest, audience_digest, key_digest)

    def latest_cutoff(
        self, subject_digest: Optional[bytes], audience_digest: bytes, now: int
    ) -> int:
        with self._lock:
            self._release(now)
            return self._state.latest_cutoff(subject_digest, audience_digest)

    def cutoff_bound(self, kind: int, key: bytes, now: int) -> int:
        with self._lock:
            self._release(now)
            return self._state.cutoff_bound(kind, key)

    def distrusts(self, key_digest: bytes) -> bool:
        with self._lock:
            return self._state.distrusts(key_digest)

    def forget_until(self, time: float) -> None:
        """For a feed: nothing is forgotten by a later time, whatever the clock says."""
        self._forget_until = time

    def forget_expired(self, now: Optional[int] = None) -> int:
        """Drops entries that no token needs any more. To be called now and then.

        Nothing is forgotten if the store cannot keep the mark; what it raises is passed on.
        """
        moment = int(min(self.now(now), self._forget_until))
        with self._lock:
            mark = max(self.high_water, moment)
            if self._store is not None:
                try:
                    self._store.mark(mark)
                except Exception:
                    self._store_works = False
                    raise
            self.high_water = mark
            self._release(mark)
            return self._state.forget(mark)

    # Publishing.

    def publish(self, record: Record, now: int) -> Published:
        """Durable first, then applied here, then sent upstream."""
        with self._publishing:
            durable = self._store_and_apply(record, now)
        return self._send(record, durable)

    def publish_rotation(self, record: Record, now: int) -> Published:
        """Publishes a session entry unless another rotation of the session came first: one on this
        server, and over a feed one on any server."""

        def first() -> bool:
            return self._state.generation_floor(record.key) < record.value

        with self._publishing:
            accepted = None
            allowed = first()
            if allowed and self._feed is not None:
                try:
                    accepted = allowed = self._feed.publish_if(record.to_bytes(), first)
                except Exception:  # As below; what is not accepted is retried.
                    accepted = False
            if not allowed:
                raise Rejected(Stage.REVOKED)
            durable = self._store_and_apply(record, now)
        return self._send(record, durable, accepted)

    def _store_and_apply(self, record: Record, now: int) -> bool:
        durable = False
        # A store that failed does not count until it was opened again.
        if self._store is not None and self._store_works:
            try:
                self._store.append(record.to_bytes())
                durable = True
            except Exception:  # Foreign code; the record is applied whatever happened.
                self._store_works = False
        self.take(record, now)
        return durable

    def _send(self, record: Record, durable: bool, accepted: Optional[bool] = None) -> Published:
        if self._upstream is not None:
            if accepted is None:
                try:
                    self._upstream.publish(record.to_bytes())
                    accepted = True
                except Exception:  # As above.
                    accepted = False
            if accepted:
                return Published.UPSTREAM
            self._pending.append(record)
            if durable:
                return Published.PENDING
        elif durable:
            return Published.DURABLE
        elif self._store is None:
            return Published.IN_MEMORY
        raise PublicationError(
            "the revocation is neither durable nor accepted upstream; only this process knows it"
        )

    def reopened(self, store: Store) -> None:
        """Puts a store in the place of one that failed. What the view knows is kept there first."""
        with self._publishing, self._lock:
            store.mark(self.high_water)
            for record in self.entries():
                store.append(record.to_bytes())
            self._store, self._store_works = store, True

    def connect(self, feed: Optional[ComparingUpstream]) -> None:
        """Called by a feed that proves the freshness of this view and, unless None, takes what is
        published."""
        if not self._fed or self._upstream is not None:
            raise ConfigurationError("a view for a feed is built with fed=True and no upstream")
        self._upstream = self._feed = feed

    @property
    def pending(self) -> int:
        """Records not yet accepted upstream. More than 0 deserves an alarm."""
        return len(self._pending)

    def retry_pending(self) -> int:
        """Sends pending records again; returns how many remain."""
        with self._retrying:
            while self._pending and self._upstream is not None:
                try:
                    self._upstream.publish(self._pending[0].to_bytes())
                except Exception:  # As above.
                    break
                self._pending.popleft()
        return len(self._pending)

    @classmethod
    def none(cls) -> RevocationList:
        """No revocation at all: a copy of a token works until its deadline, whatever is done."""
        return _NoRevocation()


class _NoRevocation(RevocationList):
    revoking = False

    def take(self, record: Record, now: int) -> None:
        pass

    def _send(self, record: Record, durable: bool, accepted: Optional[bool] = None) -> Published:
        return Published.NOWHERE
