"""Feeds that were trimmed, damaged or forged, and the change of keys."""

from __future__ import annotations

import logging
import unittest
from typing import Callable

from cloakroom import (
    ConfigurationError, Freshness, Policy, PublicationError, Published, Record, Rejected,
    Unavailable,
)
from cloakroom.feed import Fault, FeedError, FeedFault, FeedKey, Position
from cloakroom.feed.format import open_batch, open_snapshot, write_batch
from cloakroom.feed.keys import realm_name
from cloakroom.records import SESSION

from .engines import MemoryEngine
from .feed_support import FEED_KEY, LP, OTHER_KEY, FeedCase, Server
from .support import ADA, NOW


class Snapshots(FeedCase):
    def filled(self) -> Server:
        writer = self.server()
        writer.feed._snapshot_every, writer.feed._kept_behind_snapshot = 20, 5
        self.passes(4, writer)
        self.issued = writer.service.issue("user-42", ADA)
        writer.service.log_out(self.issued.session)
        self.passes(20, writer)
        return writer

    def test_trimmed_log(self) -> None:
        behind = self.server()
        behind.feed.turn()
        writer = self.filled()
        self.assertGreater(min(self.engine.batches), 10)
        newcomer = self.server()
        for server in (behind, newcomer):
            server.feed.turn()
            server.feed.turn()
            self.assertEqual(server.feed.position, self.engine.head)
            with self.assertRaises(Rejected):
                server.service.verify(self.issued.token)
        self.passes(1, writer, behind, newcomer)
        self.assertIs(newcomer.view.freshness(), Freshness.FRESH)
        # Nobody had anything to hand back.
        opened = [open_snapshot([FEED_KEY], LP, self.engine.kept[1])] if self.engine.kept else []
        self.assertEqual(opened[0].life, writer.view.entry_life)

    def test_the_high_water_mark_of_a_snapshot(self) -> None:
        writer = self.server()
        writer.feed._snapshot_every = 20
        writer.view.raise_mark(NOW + 5)
        self.passes(25, writer)
        newcomer = self.server()
        newcomer.feed.turn()
        self.assertEqual(newcomer.view.high_water, NOW + 5)

    def test_own_life_raises_what_is_in_a_snapshot(self) -> None:
        self.filled()
        longer = self.server(policy=Policy(absolute=28800, idle=3600))
        shorter = self.server()
        longer.feed.turn()
        shorter.feed.turn()
        self.assertEqual(
            longer.view.entries()[0].expires, shorter.view.entries()[0].expires + 1800
        )

    def test_replaced_by_an_older_one(self) -> None:
        one = self.filled()
        old = self.engine.kept
        self.passes(15, one)
        self.assertNotEqual(self.engine.kept, old)
        reader = self.server()
        reader.feed.turn()
        assert old is not None
        self.engine.kept = old
        reader.feed._position = None
        logging.getLogger("cloakroom.feed").setLevel(logging.NOTSET)
        with self.assertLogs("cloakroom.feed", "WARNING") as logs:
            with self.assertRaises(FeedError):
                reader.feed.turn()
        self.assertIn("older snapshot", "".join(logs.output))

    def test_forged_snapshot(self) -> None:
        self.filled()
        assert self.engine.kept is not None
        at, data = self.engine.kept
        for bit in range(0, 8 * len(data), 7):
            changed = bytearray(data)
            changed[bit // 8] ^= 1 << bit % 8
            with self.assertRaises(FeedFault):
                open_snapshot([FEED_KEY], LP, bytes(changed))
        self.engine.kept = at, data[:-1] + bytes([data[-1] ^ 1])
        newcomer = self.server()
        with self.assertRaises(FeedError):
            newcomer.feed.turn()
        self.assertEqual((newcomer.feed.faults[Fault.FORGED], newcomer.view.entries()), (1, []))


class Hostile(FeedCase):
    def inject(self, batch: Callable[[Position], bytes]) -> None:
        assert self.engine.head is not None
        data = batch(self.engine.head)
        becomes = self.engine.head.after(data)
        assert self.engine.append(self.engine.head, data, becomes)

    def test_foreign_batches_stop_everybody_until_founded_anew(self) -> None:
        stranger = FeedKey(bytes(range(99, 131)))
        victim = Record(SESSION, b"v" * 16, 1, 2**40)

        def forged(at: Position) -> bytes:
            data = write_batch(FEED_KEY, LP, at, NOW * 1000, [victim])
            return data[:-1] + bytes([data[-1] ^ 1])

        for fault, batch in (
            (Fault.UNKNOWN_KEY, lambda at: write_batch(stranger, LP, at, NOW * 1000, [victim])),
            (Fault.FORGED, forged),
            (Fault.VERSION, lambda at: b"\x02" + bytes(99)),
            (Fault.FORGED, lambda at: b""),
            (Fault.OUT_OF_PLACE, lambda at: write_batch(
                FEED_KEY, LP, at._replace(n=at.n + 1), NOW * 1000, [victim])),
        ):
            with self.subTest(fault):
                self.engine = MemoryEngine()
                one, two = self.two()
                issued = one.service.issue("user-42", ADA)
                at = one.feed.position
                self.inject(batch)
                for _ in range(3):
                    self.clock.now += 1
                    self.mono.now += 1
                    for server in (one, two):
                        with self.assertRaises((FeedFault, FeedError)):
                            server.feed.turn()
                self.assertEqual((one.feed.position, one.feed.faults[fault]), (at, 1))
                self.assertEqual(one.view.entries(), [])
                with self.assertRaises(Unavailable):
                    one.service.verify(issued.token)
                with self.assertRaises(PublicationError):
                    one.service.log_out(issued.session)
                two.feed.found_anew()
                self.passes(4, two, one)
                for server in (one, two):
                    with self.assertRaises(Rejected):
                        server.service.verify(issued.token)

    def test_replayed_batch_from_another_realm(self) -> None:
        at = Position.first(LP, b"e" * 16)
        data = write_batch(FEED_KEY, LP, at, 0, [])
        self.assertEqual(open_batch([FEED_KEY], LP, at, data).becomes, at.after(data))
        with self.assertRaises(FeedFault):
            open_batch([FEED_KEY], realm_name("shop"), at, data)
        for bit in range(8 * len(data)):
            changed = bytearray(data)
            changed[bit // 8] ^= 1 << bit % 8
            with self.assertRaises(FeedFault):
                open_batch([FEED_KEY], LP, at, bytes(changed))

    def test_change_of_keys(self) -> None:
        one, two = self.two()
        for server in (one, two):
            server.feed.change_keys(FEED_KEY, OTHER_KEY)
        one.feed.change_keys(OTHER_KEY, FEED_KEY)
        issued = [one.service.issue("user-42", ADA) for _ in range(3)]
        for server, other, session in ((one, two, issued[0]), (two, one, issued[1])):
            self.assertIs(server.service.log_out(session.session), Published.UPSTREAM)
            other.feed.turn()
            with self.assertRaises(Rejected):
                other.service.verify(session.token)
        # A server that was forgotten stops at the new key, and goes on when it gets it.
        late = self.server()
        with self.assertRaises(FeedFault):
            late.feed.turn()
        self.assertEqual(late.feed.faults[Fault.UNKNOWN_KEY], 1)
        late.feed.change_keys(OTHER_KEY, FEED_KEY)
        late.feed.turn()
        self.assertEqual(late.feed.position, self.engine.head)
        with self.assertRaises(ConfigurationError):
            one.feed.change_keys(OTHER_KEY, OTHER_KEY)


if __name__ == "__main__":
    unittest.main()
