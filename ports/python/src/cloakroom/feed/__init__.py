"""Feeds: revocations for all servers of a realm."""

from __future__ import annotations

from .engine import Engine, EngineError
from .feed import Feed
from .following import FeedError
from .format import Fault, FeedFault, Position
from .keys import FeedKey

__all__ = ["Engine", "EngineError", "Fault", "Feed", "FeedError", "FeedFault", "FeedKey", "Position"]
