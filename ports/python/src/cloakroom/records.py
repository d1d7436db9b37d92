"""Revocation records, and the state they merge into."""

from __future__ import annotations

from typing import Dict, List, NamedTuple, NoReturn, Optional, Set, Tuple

from ._params import CUTOFF_MAX, FOREVER, LOGGED_OUT, SESSION_ID_LEN, U64_MAX
from .claims import Claims
from .errors import ConfigurationError

__all__ = ["Record", "RevocationState"]

SESSION, SUBJECT, AUDIENCE, KEY = 1, 2, 3, 4
_EXEMPTING = 0x82
_VALUES = {
    SESSION: (1, LOGGED_OUT),
    SUBJECT: (0, CUTOFF_MAX),
    AUDIENCE: (0, CUTOFF_MAX),
    KEY: (FOREVER, FOREVER),
}
_LENGTHS = {SESSION: 33, SUBJECT: 33, AUDIENCE: 33, KEY: 33, _EXEMPTING: 49}


def record_length(first_byte: int) -> Optional[int]:
    """The length of a record that begins with this byte, or None if none does."""
    return _LENGTHS.get(first_byte)


class Record(NamedTuple):
    """One revocation. `kind` is 1 session, 2 subject, 3 purpose and audience, 4 key."""

    kind: int
    key: bytes
    value: int
    expires: int
    exempt: Optional[bytes] = None

    def __repr__(self) -> str:
        # The key of a session entry is a session id.
        return f"<Record kind={self.kind}>"

    @property
    def is_cutoff(self) -> bool:
        return self.kind in (SUBJECT, AUDIENCE)

    def to_bytes(self) -> bytes:
        first = self.kind if self.exempt is None else _EXEMPTING
        return b"".join(
            (
                bytes((first,)),
                self.key,
                self.value.to_bytes(8, "big"),
                self.expires.to_bytes(8, "big"),
                self.exempt or b"",
            )
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Record:
        """The record, or ConfigurationError if it is malformed."""
        if not isinstance(data, bytes) or not data or _LENGTHS.get(data[0]) != len(data):
            raise ConfigurationError("a revocation record has an unknown kind or a wrong length")
        kind = SUBJECT if data[0] == _EXEMPTING else data[0]
        value = int.from_bytes(data[17:25], "big")
        expires = int.from_bytes(data[25:33], "big")
        low, high = _VALUES[kind]
        if not low <= value <= high or kind == KEY and expires != FOREVER:
            raise ConfigurationError(f"a revocation record of kind {kind} has a value out of range")
        return cls(kind, data[1:17], value, expires, data[33:] if len(data) == 49 else None)


class _Pair(NamedTuple):
    """A cut-off of a subject, and the session it spares."""

    cutoff: int
    exempt: Optional[bytes]

    def order(self) -> Tuple[int, bool, bytes]:
        return (-self.cutoff, self.exempt is not None, self.exempt or b"")


class RevocationState:
    """What records merge into: commutative, associative, idempotent. Nothing is ever shortened."""

    def __init__(self) -> None:
        self._sessions: Dict[bytes, Tuple[int, int]] = {}
        self._audiences: Dict[bytes, Tuple[int, int]] = {}
        self._subjects: Dict[bytes, Tuple[Tuple[_Pair, ...], int]] = {}
        self._keys: Set[bytes] = set()

    def __repr__(self) -> str:
        return f"<RevocationState of {len(self)} entries>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a revocation state is handed on as a snapshot")

    def __len__(self) -> int:
        return (
            len(self._sessions) + len(self._audiences) + len(self._subjects) + len(self._keys)
        )

    def merge(self, record: Record) -> None:
        if record.kind == KEY:
            self._keys.add(record.key)
        elif record.kind == SUBJECT:
            self._merge_subject(record)
        else:
            table = self._sessions if record.kind == SESSION else self._audiences
            value, expires = table.get(record.key, (0, 0))
            table[record.key] = (max(value, record.value), max(expires, record.expires))

    def _merge_subject(self, record: Record) -> None:
        pairs, expires = self._subjects.get(record.key, ((), 0))
        greatest = {pair.exempt: pair for pair in pairs}
        known = greatest.get(record.exempt)
        if known is None or known.cutoff < record.value:
            greatest[record.exempt] = _Pair(record.value, record.exempt)
        # Two suffice: if the greatest cut-off spares a session, the second has another exemption
        # and decides for that one.
        kept = tuple(sorted(greatest.values(), key=_Pair.order)[:2])
        self._subjects[record.key] = (kept, max(expires, record.expires))

    def records(self) -> List[Record]:
        """The state as records, in no particular order."""
        out = [Record(SESSION, key, *entry) for key, entry in self._sessions.items()]
        out += [Record(AUDIENCE, key, *entry) for key, entry in self._audiences.items()]
        out += [Record(KEY, key, FOREVER, FOREVER) for key in self._keys]
        for key, (pairs, expires) in self._subjects.items():
            out += [Record(SUBJECT, key, pair.cutoff, expires, pair.exempt) for pair in pairs]
        return out

    def generation_floor(self, session_id: bytes) -> int:
        """The lowest live generation of a session, 0 if there is no entry."""
        return self._sessions.get(session_id, (0, 0))[0]

    def revokes(
        self, claims: Claims, subject_digest: bytes, audience_digest: bytes, key_digest: bytes
    ) -> bool:
        entry = self._sessions.get(claims.session_id)
        if entry is not None and claims.generation < entry[0]:
            return True
        if claims.subject:
            pairs, _ = self._subjects.get(subject_digest, ((), 0))
            for pair in pairs:
                if claims.authenticated_at < pair.cutoff and pair.exempt != claims.session_id:
                    return True
        entry = self._audiences.get(audience_digest)
        if entry is not None and claims.authenticated_at < entry[0]:
            return True
        return self.distrusts(key_digest)

    def distrusts(self, key_digest: bytes) -> bool:
        return key_digest in self._keys

    def latest_cutoff(self, subject_digest: Optional[bytes], audience_digest: bytes) -> int:
        """The greatest cut-off of a subject and a purpose and audience, 0 if there is none.

        No digest stands for the empty subject.
        """
        latest = self._audiences.get(audience_digest, (0, 0))[0]
        if subject_digest is not None:
            pairs, _ = self._subjects.get(subject_digest, ((), 0))
            for pair in pairs:
                latest = max(latest, pair.cutoff)
        return latest

    def cutoff_bound(self, kind: int, key: bytes) -> int:
        """What a cut-off has to lie behind, 0 if there is nothing.

        That of a subject concerns the sessions of all audiences, that of an audience those of all
        subjects.
        """
        bounds = [
            value
            for name, (value, _) in self._audiences.items()
            if kind == SUBJECT or name == key
        ]
        for name, (pairs, _) in self._subjects.items():
            if kind == AUDIENCE or name == key:
                bounds += [pair.cutoff for pair in pairs]
        return max(bounds, default=0)

    def extend(self, seconds: int) -> None:
        """Lets every entry that may be forgotten live longer."""
        for table in (self._sessions, self._audiences):
            for key, (value, expires) in table.items():
                table[key] = (value, min(U64_MAX, expires + seconds))
        for key, (pairs, expires) in self._subjects.items():
            self._subjects[key] = (pairs, min(U64_MAX, expires + seconds))

    def forget(self, now: int) -> int:
        """Drops the entries that have expired; returns how many."""
        before = len(self)
        for table in (self._sessions, self._audiences):
            for key in [key for key, entry in table.items() if now >= entry[1]]:
                del table[key]
        for key in [key for key, entry in self._subjects.items() if now >= entry[1]]:
            del self._subjects[key]
        return before - len(self)


def session_entry(session_id: bytes, value: int, expires: int) -> Record:
    assert len(session_id) == SESSION_ID_LEN
    return Record(SESSION, session_id, value, min(expires, U64_MAX))


def cutoff(
    kind: int, key: bytes, value: int, expires: int, exempt: Optional[bytes] = None
) -> Record:
    return Record(kind, key, value, min(expires, U64_MAX), exempt)


def key_entry(key_digest: bytes) -> Record:
    return Record(KEY, key_digest, FOREVER, FOREVER)
