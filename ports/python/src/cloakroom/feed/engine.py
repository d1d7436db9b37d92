"""What a feed needs of the store that orders its bytes."""

from __future__ import annotations

from typing import List, Optional, Protocol, Tuple

from ..errors import CloakroomError
from .format import Position

__all__ = ["Engine", "EngineError"]


class EngineError(CloakroomError):
    """The engine did not answer, or not in a way that can be used. Whether a change took place is
    not known."""


class Engine(Protocol):
    """The store of one realm. Every call is one atomic step, may be made from any thread, ends in
    bounded time and raises `EngineError` if it failed."""

    def read(self, after: int, limit: int) -> Tuple[Optional[Position], List[bytes]]:
        """The head, and at most `limit` of the batches numbered above `after`, in order; all of one
        moment, not before the call."""

    def append(self, onto: Position, batch: bytes, becomes: Position) -> bool:
        """Adds a batch if the head is `onto`; False is a conflict, and nothing has changed."""

    def found(self, old: Optional[Position], first: Position) -> bool:
        """Drops everything and makes `first` the head, if the head is `old`."""

    def put(self, at: Position, snapshot: bytes, drop: int) -> bool:
        """Keeps a snapshot unless there is a newer one, and drops batches up to `drop`."""

    def snapshot(self) -> Optional[bytes]:
        """The snapshot, if there is one."""

    def wait(self, after: int, seconds: float) -> None:
        """Returns when there may be a batch above `after`, or when the time has passed."""
