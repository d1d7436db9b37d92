"""Feeds over an engine in memory: following, publishing, founding, freshness."""

from __future__ import annotations

import copy
import unittest
from unittest import mock

from cloakroom import (
    ConfigurationError, Freshness, Policy, PublicationError, Published, Rejected, RevocationList,
    Unavailable,
)
from cloakroom.feed import Feed, FeedError, FeedKey
from cloakroom.records import KEY, Record

from .feed_support import FEED_KEY, REALM, FeedCase, Server
from .support import ADA, NOW, Clock, MemoryStore


class Following(FeedCase):
    def test_what_one_revokes_the_other_refuses(self) -> None:
        one, two = self.two()
        first, second = one.service.issue("user-42", ADA), one.service.issue("user-42", ADA)
        self.assertIs(one.service.log_out(first.session), Published.UPSTREAM)
        two.feed.turn()
        with self.assertRaises(Rejected):
            two.service.verify(first.token)
        session = two.service.verify(second.token)
        self.assertIs(two.service.log_out_everywhere("user-42"), Published.UPSTREAM)
        one.feed.turn()
        with self.assertRaises(Rejected):
            one.service.verify(second.token)
        with self.assertRaises(Rejected):
            one.service.rotate(session)
        self.assertEqual(one.feed.position, two.feed.position)

    def test_of_two_rotations_on_two_servers_one_wins(self) -> None:
        one, two = self.two()
        issued = one.service.issue("user-42", ADA)
        mine, theirs = one.service.verify(issued.token), two.service.verify(issued.token)
        rotated = one.service.rotate(mine)
        # The other has not read it yet: the conflict makes it look again.
        before = self.engine.head
        with self.assertRaises(Rejected):
            two.service.rotate(theirs)
        self.assertEqual(self.engine.head, before)
        two.service.verify(rotated.token)

    def test_rotation_when_the_engine_is_away(self) -> None:
        store = MemoryStore()
        one = self.server(store=store)
        self.passes(4, one)
        session = one.service.issue("user-42", ADA).session
        self.engine.fails = True
        self.assertIs(one.service.rotate(session).published, Published.PENDING)
        self.engine.fails = False
        one.feed.turn()
        self.assertEqual(one.view.pending, 0)

    def test_pending_and_lost_answers(self) -> None:
        one, two = Server(self.engine, self.clock, self.mono, store=MemoryStore()), self.server()
        self.passes(4, one, two)
        issued = one.service.issue("user-42", ADA)
        self.engine.fails = True
        self.assertIs(one.service.log_out(issued.session), Published.PENDING)
        with self.assertRaises(PublicationError):
            two.service.log_out_everywhere("user-43")
        self.engine.fails = False
        two.feed.turn()
        one.feed.turn()
        two.feed.turn()
        with self.assertRaises(Rejected):
            two.service.verify(issued.token)
        self.assertEqual((one.view.pending, two.view.pending), (0, 0))
        # The batch was added, but the server was not told.
        again = one.service.issue("user-42", ADA)
        self.engine.loses_answer = True
        self.assertIs(one.service.log_out(again.session), Published.PENDING)
        one.feed.turn()
        two.feed.turn()
        with self.assertRaises(Rejected):
            two.service.verify(again.token)

    def test_expires_counts_from_the_append(self) -> None:
        one, two = self.two()
        session = one.service.issue("user-42", ADA).session
        self.engine.fails = True
        with self.assertRaises(PublicationError):
            one.service.log_out(session)
        self.clock.now += 500
        self.mono.now += 500
        self.engine.fails = False
        one.feed.turn()
        two.feed.turn()
        (record,) = two.view.entries()
        expires = int(self.clock.now) + 2 + 1800 + 120
        self.assertEqual(record.expires, expires)
        # It also stands so in the batch, for readers whose own entries live less long.
        written = [data for data in self.engine.batches.values() if len(data) > 63]
        self.assertEqual(
            [int.from_bytes(data[47 + 25 : 47 + 33], "big") for data in written], [expires]
        )

    def test_a_longer_life_of_its_own(self) -> None:
        one = self.server()
        longer = self.server(policy=Policy(absolute=28800, idle=3600))
        self.passes(4, one, longer)
        one.service.log_out(one.service.issue("user-42", ADA).session)
        longer.feed.turn()
        (record,) = longer.view.entries()
        self.assertEqual(record.expires, int(self.clock.now) + 2 + 3600 + 120)


class Founding(FeedCase):
    def test_young_feeds_are_fresh_for_nobody(self) -> None:
        one = self.server()
        self.assertIs(one.view.freshness(), Freshness.BLIND)
        one.feed.turn()
        self.passes(2.5, one)
        self.assertIs(one.view.freshness(), Freshness.BLIND)
        late = self.server()
        late.feed.turn()
        self.assertIs(late.view.freshness(), Freshness.BLIND)
        self.passes(0.25, one, late)
        self.assertIs(one.view.freshness(), Freshness.FRESH)
        self.assertIs(late.view.freshness(), Freshness.FRESH)

    def test_one_that_fills_its_batches_is_waited_for(self) -> None:
        one = self.server()
        one.feed.turn()
        late = self.server()
        for number in range(20):
            # One who hands back very much, slowly.
            for record in range(512):
                body = number.to_bytes(2, "big") + record.to_bytes(2, "big")
                one.view.take(Record(1, body + bytes(12), 1, int(self.clock.now) + 4000), NOW)
            chunk = one.view.entries()[-512:]
            self.assertTrue(one.feed._append(list(chunk)))
            self.passes(0.5, one, late)
            self.assertIs(late.view.freshness(), Freshness.BLIND, number)
        newcomer = self.server()
        newcomer.feed.turn()
        self.assertIs(newcomer.view.freshness(), Freshness.BLIND)
        self.passes(3, one, late, newcomer)
        for server in (one, late, newcomer):
            self.assertIs(server.view.freshness(), Freshness.FRESH)

    def test_small_batches_prolong_nothing(self) -> None:
        one, late = self.server(), self.server()
        one.feed.turn()
        for number in range(12):
            one.service.log_out_everywhere(f"user-{number}")
            self.passes(0.25, one, late)
        self.assertIs(late.view.freshness(), Freshness.FRESH)

    def test_a_settling_time_of_ones_own(self) -> None:
        for wrong in (0, 2.74, 3601):
            with self.assertRaises(ConfigurationError):
                self.server(settling=wrong)
        one = self.server(settling=6)
        self.passes(6, one)
        self.assertIs(one.view.freshness(), Freshness.BLIND)
        self.passes(0.5, one)
        self.assertIs(one.view.freshness(), Freshness.FRESH)

    def test_no_snapshot_before_the_feed_has_settled(self) -> None:
        one = self.server()
        one.feed._snapshot_every = 2
        self.passes(2.5, one)
        self.assertIsNone(self.engine.kept)
        self.passes(2, one)
        self.assertIsNotNone(self.engine.kept)

    def test_loss_of_everything(self) -> None:
        one, two = self.two()
        tokens = [server.service.issue("user-42", ADA) for server in (one, two)]
        for server, issued in zip((one, two), tokens):
            server.service.log_out(issued.session)
        one.service.log_out_everywhere("user-43")
        epoch = one.feed.position and one.feed.position.epoch
        self.engine.head, self.engine.batches, self.engine.kept = None, {}, None
        one.feed.turn()
        newcomer = self.server()
        newcomer.feed.turn()
        self.assertNotEqual(newcomer.feed.position and newcomer.feed.position.epoch, epoch)
        # Nobody is cleared, and the newcomer learns what was lost.
        self.passes(3, two, one, newcomer)
        for server in (one, two, newcomer):
            self.assertIs(server.view.freshness(), Freshness.FRESH)
            for issued in tokens:
                with self.assertRaises(Rejected):
                    server.service.verify(issued.token)
        self.assertGreaterEqual(len(newcomer.view.entries()), 3)
        for server in (one, two, newcomer):
            self.assertEqual(sum(server.feed.faults.values()), 0)

    def test_a_longer_new_epoch_is_no_fault(self) -> None:
        one, two = self.two()
        self.engine.head, self.engine.batches = None, {}
        self.passes(10, one)
        self.assertGreater(self.engine.head and self.engine.head.n, two.feed.position.n)  # type: ignore
        two.feed.turn()
        self.assertEqual(two.feed.position, self.engine.head)
        self.assertEqual(sum(two.feed.faults.values()), 0)

    def test_what_the_feed_has_with_a_smaller_value_is_handed_back(self) -> None:
        one, two = self.two()
        session = one.service.issue("user-42", ADA).session
        rotated = one.service.rotate(session)
        before = self.engine.head, dict(self.engine.batches)
        one.service.rotate(rotated.session)
        # The engine comes back without the second rotation, and goes on.
        self.engine.head, self.engine.batches = before
        one.feed.turn()
        two.feed.turn()
        self.assertEqual([entry.value for entry in two.view.entries()], [2])

    def test_another_history_of_the_same_length(self) -> None:
        one, two = self.two()
        saved = copy.copy(self.engine.head), dict(self.engine.batches)
        issued = one.service.issue("user-42", ADA)
        one.service.log_out(issued.session)
        # A failover to a copy that lacks the logout and goes on counting with something else.
        self.engine.head, self.engine.batches = saved
        stranger = self.server()
        stranger.feed.turn()
        stranger.service.log_out_everywhere("user-9")
        self.assertEqual(self.engine.head and self.engine.head.n, one.feed.position and one.feed.position.n)
        one.feed.turn()
        two.feed.turn()
        for server in (one, two):
            with self.assertRaises(Rejected):
                server.service.verify(issued.token)
        self.assertEqual(one.feed.position, two.feed.position)

    def test_readers_do_not_write(self) -> None:
        reader = self.server(write=False)
        with self.assertRaises(FeedError):
            reader.feed.turn()
        with self.assertRaises(ConfigurationError):
            reader.feed.found_anew()
        writer = self.server()
        self.passes(4, writer, reader)
        self.assertIs(reader.view.freshness(), Freshness.FRESH)
        head = self.engine.head
        self.passes(5, reader)
        self.assertEqual(self.engine.head, head)
        self.assertIs(reader.view.freshness(), Freshness.STALE)


class Fresh(FeedCase):
    def test_the_older_of_request_and_batch_counts(self) -> None:
        one, two = self.two()
        head, batches = self.engine.head, dict(self.engine.batches)
        self.passes(1, one)
        # A replica that has stopped answers as ever.
        self.engine.head, self.engine.batches = head, batches
        reader = self.server(write=False)
        for _ in range(8):
            self.clock.now += 0.25
            self.mono.now += 0.25
            reader.feed.turn()
        self.assertIsNot(reader.view.freshness(), Freshness.FRESH)

    def test_batches_from_the_future_prove_nothing(self) -> None:
        one, two = self.two()
        fast = Server(self.engine, Clock(self.clock.now + 0.75), self.mono)
        fast.feed.turn()
        fast.feed._append([])
        reader = self.server(write=False)
        reader.feed.turn()
        self.assertIs(reader.view.freshness(), Freshness.FRESH)
        # What the others wrote is too old by now.
        self.clock.now += 3
        self.mono.now += 3
        fast.feed._view.clock = Clock(self.clock.now + 0.76)
        fast.feed._append([])
        late = self.server(write=False)
        late.feed.turn()
        self.assertIsNot(late.view.freshness(), Freshness.FRESH)

    def test_one_wrong_clock_makes_no_other_server_stale(self) -> None:
        for off in (10.0, -10.0, 3600.0):
            with self.subTest(off):
                self.setUp()
                one, two = self.two()
                wrong = Clock(0)
                first = Server(self.engine, wrong, self.mono, heartbeat=0.3)
                before = two.feed.position
                for _ in range(40):
                    wrong.now = self.clock.now + off
                    first.feed.turn()
                    self.passes(0.25, one, two)
                    for server in (one, two):
                        self.assertIs(server.view.freshness(), Freshness.FRESH)
                assert before is not None and two.feed.position is not None
                self.assertLess(two.feed.position.n - before.n, 80)
                # Nor does it forget by that clock.
                first.view.forget_expired()
                self.assertLessEqual(first.view.high_water, self.clock.now)

    def test_a_snapshot_with_a_mark_far_ahead_is_refused(self) -> None:
        one, two = self.two()
        for ahead, refused in ((200, True), (30, False)):
            with mock.patch.object(two.view, "high_water", int(self.clock.now) + ahead):
                two.feed._snapshot_n, two.feed._snapshot_every = 0, 1
                two.feed._append([])
                two.feed._keep_snapshot()
            late = self.server()
            late.feed.turn()
            self.assertEqual(late.view.high_water == 0, refused)

    def test_the_skew_counts(self) -> None:
        one, two = self.two()
        one.feed._append([])
        two.feed.turn()
        for server in (one, two):
            self.assertAlmostEqual(server.view.proof_age() or 0.0, 0.75)

    def test_heartbeats(self) -> None:
        one, two = self.two()
        before = self.engine.head.n if self.engine.head else 0
        self.passes(30, one, two)
        after = self.engine.head.n if self.engine.head else 0
        # At least every interval and a quarter, within the steps of this test; not twice.
        self.assertTrue(30 / 0.875 <= after - before <= 30 / 0.5, after - before)

    def test_a_clock_that_fails(self) -> None:
        (one, two) = self.two()
        one.view.clock = mock.Mock(side_effect=OSError)
        with self.assertRaises(Unavailable):
            self.passes(2, one)


class Misuse(FeedCase):
    def test_configuration(self) -> None:
        view = RevocationList(fed=True)
        for options in (
            {"heartbeat": 0.8}, {"heartbeat": 0}, {"skew": -1}, {"wait": 0}, {"wait": 0.4},
            {"also": FEED_KEY},
        ):
            with self.subTest(options), self.assertRaises(ConfigurationError):
                Feed(view, self.engine, REALM, FEED_KEY, **options)
        for realm in ("", "a" * 65, "Shop", "a b", "a\n", "é", None, b"shop"):
            with self.subTest(realm), self.assertRaises(ConfigurationError):
                Feed(view, self.engine, realm, FEED_KEY)  # type: ignore[arg-type]
        for bad in (RevocationList(), RevocationList(upstream=MemoryStore()), None):
            with self.assertRaises(ConfigurationError):
                Feed(bad, self.engine, REALM, FEED_KEY)  # type: ignore[arg-type]

    def test_keys_stay_secret(self) -> None:
        key = FeedKey.generate()
        self.assertEqual(FeedKey.parse(key.to_text())._mac, key._mac)
        for shown in (repr(key), str([key]), repr(self.server(key=key).feed)):
            for secret in (key._secret, key._mac):
                self.assertNotIn(secret.hex()[:16], shown)
                self.assertNotIn(repr(secret)[2:20], shown)
        with self.assertRaises(TypeError):
            copy.deepcopy(key)

    def test_outlive_spares_key_entries(self) -> None:
        one, two = self.two()
        one.service.distrust_key(b"kidd")
        two.feed.turn()
        self.assertEqual({r.kind for r in two.view.entries()}, {KEY, 3})

    def test_thread(self) -> None:
        one = Server(self.engine, Clock(NOW), Clock(0.0))
        with one.feed:
            with self.assertRaises(ConfigurationError):
                one.feed.start()
        with one.feed:
            pass
        self.assertIsNone(one.feed._thread)


if __name__ == "__main__":
    unittest.main()
