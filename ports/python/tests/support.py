"""What the tests share."""

from __future__ import annotations

import unittest
from typing import Any, Callable, List, Optional, Type, Union

from cloakroom import (
    KeyEntry, KeyRing, Payloads, Policy, Reason, Rejected, RevocationList, RootKey, Sessions, Shape,
)
from cloakroom.payload import Bool, Field, Int, Str, Struct

NOW = 1_800_000_000
ROOT = RootKey(bytes(range(32)))
OTHER = RootKey(bytes(range(1, 33)))
USER = Struct(Field("id", Int(64)), Field("name", Str()), Field("admin", Bool()))
ADA = {"id": 42, "name": "Ada", "admin": False}
EVE = {"id": 7, "name": "Eve", "admin": True}
POLICY = Policy(absolute=28800, idle=1800)


class Clock:
    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def ring(*keys: RootKey, now: int = NOW, **options: Any) -> KeyRing:
    """The last key seals; each was activated an hour after the one before."""
    given = keys or (ROOT,)
    start = now - 3600 * len(given)
    entries = [KeyEntry(key, start + 3600 * i) for i, key in enumerate(given)]
    return KeyRing(entries, max_lifetime=options.pop("max_lifetime", 28800), now=now, **options)


def sessions(
    clock: Optional[Callable[[], float]] = None,
    *,
    keys: Optional[KeyRing] = None,
    purpose: Union[str, bytes] = "session",
    audience: Union[str, bytes] = "api.example.com",
    policy: Policy = POLICY,
    payload: Union[Shape, Payloads, None] = None,
    revocations: Optional[RevocationList] = None,
    **options: Any,
) -> Sessions:
    return Sessions(
        ring() if keys is None else keys,
        purpose,
        audience,
        policy=policy,
        payload=Shape(1, 0, USER) if payload is None else payload,
        revocations=RevocationList() if revocations is None else revocations,
        clock=Clock() if clock is None else clock,
        **options,
    )


class MemoryStore:
    """A store and upstream that can be told to fail."""

    def __init__(self, log: Optional[List[str]] = None, name: str = "store") -> None:
        self.records: List[bytes] = []
        self.marks: List[int] = []
        self.fails = False
        self._log = [] if log is None else log
        self._name = name

    def append(self, record: bytes) -> None:
        self._log.append(self._name)
        if self.fails:
            raise OSError("no space left")
        self.records.append(record)

    publish = append

    def mark(self, high_water: int) -> None:
        if self.fails:
            raise OSError("no space left")
        self.marks.append(high_water)


class Case(unittest.TestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.view = RevocationList()
        self.service = sessions(self.clock, revocations=self.view)

    def rejects(self, reason: Reason, act: Callable[[], Any]) -> Rejected:
        with self.assertRaises(Rejected) as caught:
            act()
        self.assertIs(caught.exception.reason, reason)
        return caught.exception

    def raises(self, error: Type[Exception], act: Callable[[], Any]) -> None:
        with self.assertRaises(error):
            act()
