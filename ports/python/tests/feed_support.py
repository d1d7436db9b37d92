"""What the tests of feeds share: servers over an engine in memory, with clocks the test turns."""

from __future__ import annotations

import logging
import unittest
from typing import Any, List, Optional

from cloakroom import Policy, RevocationList
from cloakroom.feed import Feed, FeedKey
from cloakroom.feed.keys import realm_name

from .engines import MemoryEngine
from .support import NOW, POLICY, Clock, MemoryStore, sessions

FEED_KEY = FeedKey(bytes(range(7, 39)))
OTHER_KEY = FeedKey(bytes(range(8, 40)))
REALM = "shop.example-1"
LP = realm_name(REALM)


class Server:
    """One server: a view, its feed and its sessions."""

    def __init__(
        self, engine: Any, clock: Clock, mono: Clock, *, store: Optional[MemoryStore] = None,
        policy: Policy = POLICY, key: FeedKey = FEED_KEY, **options: Any,
    ) -> None:
        self.view = RevocationList(fed=True, store=store, clock=clock, monotonic=mono)
        self.service = sessions(clock, revocations=self.view, policy=policy)
        self.feed = Feed(self.view, engine, REALM, key, **options)


class FeedCase(unittest.TestCase):
    def setUp(self) -> None:
        logging.getLogger("cloakroom.feed").setLevel(logging.CRITICAL)
        self.clock, self.mono = Clock(NOW), Clock(1000.0)
        self.engine = MemoryEngine()

    def tearDown(self) -> None:
        logging.getLogger("cloakroom.feed").setLevel(logging.NOTSET)

    def server(self, **options: Any) -> Server:
        return Server(self.engine, self.clock, self.mono, **options)

    def passes(self, seconds: float, *servers: Server) -> None:
        """Time passes, in steps in which all servers have a turn."""
        for _ in range(round(seconds * 4)):
            self.clock.now += 0.25
            self.mono.now += 0.25
            for server in servers:
                server.feed.turn()

    def two(self, **options: Any) -> List[Server]:
        servers = [self.server(**options), self.server(**options)]
        self.passes(4, *servers)
        return servers
