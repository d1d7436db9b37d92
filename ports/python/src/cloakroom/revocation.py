"""The revocation view of one server: its entries, how fresh they are, and publishing."""

from __future__ import annotations

import threading
import time
from collections import deque
from enum import Enum
from typing import Callable, Deque, Optional, Protocol, Set

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
        self._clock = clock
        self._monotonic = monotonic
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
        self._leeway = self._ttl = 0
        self.high_water = 0
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
            self._tolerance = max(self._tolerance or 0, policy.tolerance)
            if not first and self.entry_life > before:
                self._state.extend(self.entry_life - before)

    @property
    def tolerance(self) -> int:
        return TOLERANCE_DEFAULT if self._tolerance is None else self._tolerance

    @property
    def entry_life(self) -> int:
        """How long after its publication an entry must be kept."""
        return self.bound + self._ttl + self._leeway + 2 * self.tolerance

    # Freshness.

    def proved_fresh(self, at: float) -> None:
        """Everything accepted upstream before `at`, on the monotonic clock, is in this view."""
        with self._lock:
            if at > self._monotonic():
                raise ConfigurationError("a proof of freshness cannot lie in the future")
            self._proof = at if self._proof is None else max(at, self._proof)

    def proof_age(self) -> Optional[float]:
        return None if self._proof is None else self._monotonic() - self._proof

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

    def _now(self, given: Optional[int]) -> int:
        if given is None:
            return max(read_clock(self._clock), self.high_water)
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
        self._take(record, self._now(now))

    def load_snapshot(self, data: bytes, now: Optional[int] = None) -> Snapshot:
        """Merges a snapshot into the view, or changes nothing if it has a fault."""
        snapshot = read_snapshot(data)
        moment = self._now(now)
        with self._lock:
            for record in snapshot.records:
                self._take(record, moment)
            self.raise_mark(snapshot.high_water)
            self._loaded = True
        return snapshot

    def snapshot(self, now: Optional[int] = None) -> bytes:
        """The view as a snapshot, quarantined records included."""
        moment = self._now(now)
        with self._lock:
            self._release(moment)
            records = self._state.records() + list(self._quarantine)
            return write_snapshot(moment, self.high_water, records)

    def _take(self, record: Record, now: int) -> None:
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

    def forget_expired(self, now: Optional[int] = None) -> int:
        """Drops entries that no token needs any more. To be called now and then.

        Nothing is forgotten if the store cannot keep the mark; what it raises is passed on.
        """
        moment = self._now(now)
        with self._lock:
            mark = max(self.high_water, moment)
            if self._store is not None:
                self._store.mark(mark)
            self.high_water = mark
            self._release(moment)
            return self._state.forget(moment)

    # Publishing.

    def publish(self, record: Record, now: int) -> Published:
        """Durable first, then applied here, then sent upstream."""
        with self._publishing:
            durable = self._store_and_apply(record, now)
        return self._send(record, durable)

    def publish_rotation(self, record: Record, now: int) -> Published:
        """Publishes a session entry unless another rotation of the session came first."""
        with self._publishing:
            if self._state.generation_floor(record.key) >= record.value:
                raise Rejected(Stage.REVOKED)
            durable = self._store_and_apply(record, now)
        return self._send(record, durable)

    def _store_and_apply(self, record: Record, now: int) -> bool:
        durable = False
        if self._store is not None:
            try:
                self._store.append(record.to_bytes())
                durable = True
            except Exception:  # Foreign code; the record is applied whatever happened.
                pass
            self._store_works = durable
        self._take(record, now)
        return durable

    def _send(self, record: Record, durable: bool) -> Published:
        if self._upstream is not None:
            try:
                self._upstream.publish(record.to_bytes())
                return Published.UPSTREAM
            except Exception:  # As above.
                pass
            if durable:
                self._pending.append(record)
                return Published.PENDING
        elif durable:
            return Published.DURABLE
        elif self._store is None:
            return Published.IN_MEMORY
        raise PublicationError(
            "the revocation is neither durable nor accepted upstream; only this process knows it"
        )

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
    def _take(self, record: Record, now: int) -> None:
        pass

    def _send(self, record: Record, durable: bool) -> Published:
        return Published.NOWHERE
