"""Feeds over a real Redis server, with real clocks."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import time
import unittest
from typing import Any, Callable, Dict, List

from cloakroom import (
    ConfigurationError, Freshness, KeyEntry, KeyRing, PublicationError, Published, Rejected,
    RevocationList, Unavailable,
)
from cloakroom.feed import EngineError, Fault, Feed, FeedKey, Position
from cloakroom.feed.format import write_batch
from cloakroom.feed.keys import realm_name
from tools import ROOT

from .engines import MemoryEngine, RedisServer, require_redis
from .support import ADA, ROOT as ROOT_KEY, sessions

FEED_KEY = FeedKey(bytes(range(7, 39)))
OTHER_KEY = FeedKey(bytes(range(8, 40)))
REALM = "shop"
LP = realm_name(REALM)


def until(holds: Callable[[], bool], seconds: float = 15.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise AssertionError("it did not come to hold in time")
        time.sleep(0.02)


class RedisCase(unittest.TestCase):
    server: RedisServer

    @classmethod
    def setUpClass(cls) -> None:
        require_redis()
        cls.server = RedisServer()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.server.close()

    def setUp(self) -> None:
        logging.getLogger("cloakroom.feed").setLevel(logging.CRITICAL)
        self._client().flushall()

    def tearDown(self) -> None:
        logging.getLogger("cloakroom.feed").setLevel(logging.NOTSET)

    def _client(self) -> Any:
        import redis

        client = redis.Redis.from_url(self.server.url)
        self.addCleanup(client.close)
        return client

    def engine(self, realm: str = REALM) -> Any:
        from cloakroom.feed.redis import RedisEngine

        engine = RedisEngine(self.server.url, realm)
        self.addCleanup(engine.close)
        return engine


class Engines(RedisCase):
    """What the specification asks of an engine, of the one in memory too."""

    def test_contract(self) -> None:
        for engine in (MemoryEngine(), self.engine()):
            with self.subTest(type(engine).__name__):
                self._contract(engine)

    def _contract(self, engine: Any) -> None:
        start = Position.first(LP, b"e" * 16)
        other = Position.first(LP, b"\x00\xff\r\n" * 4)
        self.assertEqual(engine.read(0, 9), (None, []))
        self.assertIsNone(engine.snapshot())
        self.assertFalse(engine.append(start, b"x", start.after(b"x")))
        self.assertFalse(engine.put(start, b"s", 0))
        self.assertFalse(engine.found(other, start))
        self.assertTrue(engine.found(None, start))
        self.assertFalse(engine.found(None, other))
        self.assertEqual(engine.read(0, 9), (start, []))
        batches = [bytes([i]) * i + b"\x00\xff\r\n" for i in range(1, 13)]
        at = start
        for batch in batches:
            becomes = at.after(batch)
            for wrong in (at._replace(epoch=b"f" * 16), at._replace(n=at.n + 1),
                          at._replace(chain=b"c" * 8)):
                self.assertFalse(engine.append(wrong, batch, becomes))
            self.assertTrue(engine.append(at, batch, becomes))
            self.assertFalse(engine.append(at, batch, becomes))
            at = becomes
        self.assertEqual(engine.read(0, 5), (at, batches[:5]))
        self.assertEqual(engine.read(9, 99), (at, batches[9:]))
        self.assertEqual(engine.read(12, 99), (at, []))
        nine, eleven = at._replace(n=9), at._replace(n=11)
        self.assertFalse(engine.put(at._replace(n=13), b"s", 0))
        self.assertFalse(engine.put(at._replace(epoch=b"f" * 16), b"s", 0))
        self.assertFalse(engine.put(at._replace(chain=b"c" * 8), b"s", 0))
        self.assertTrue(engine.put(nine, b"nine", 0))
        self.assertEqual(engine.read(0, 1)[1], batches[:1])
        self.assertFalse(engine.put(nine, b"other", 0))
        # 11 is more than 9, though not as text.
        self.assertTrue(engine.put(eleven, b"eleven\x00\xff", 4))
        self.assertFalse(engine.put(nine, b"nine", 8))
        self.assertEqual(engine.snapshot(), b"eleven\x00\xff")
        self.assertEqual(engine.read(4, 99)[1], batches[4:])
        began = time.monotonic()
        engine.wait(11, 5)
        self.assertLess(time.monotonic() - began, 1)
        engine.wait(12, 0.05)
        self.assertGreater(time.monotonic() - began, 0.04)
        self.assertFalse(engine.found(start, other))
        self.assertTrue(engine.found(at, other))
        self.assertEqual((engine.read(0, 9), engine.snapshot()), ((other, []), None))

    def test_layout(self) -> None:
        engine, client = self.engine(), self._client()
        start = Position(b"e" * 16, 0, b"\xffchain00"[:8])
        engine.found(None, start)
        engine.append(start, b"batch", Position(b"e" * 16, 1, b"chain001"))
        engine.put(Position(b"e" * 16, 1, b"chain001"), b"snapshot", 0)
        self.assertEqual(client.hgetall("{cloakroom:shop}:head"), {
            b"fmt": b"1", b"epoch": b"e" * 16, b"n": b"1", b"chain": b"chain001"})
        self.assertEqual(client.xrange("{cloakroom:shop}:log"), [(b"1-0", {b"b": b"batch"})])
        self.assertEqual(client.hgetall("{cloakroom:shop}:snap"), {
            b"n": b"1", b"epoch": b"e" * 16, b"data": b"snapshot"})
        self.assertEqual(self.engine("other").read(0, 9), (None, []))

    def test_what_is_no_feed(self) -> None:
        client = self._client()
        spoils: List[Callable[[], object]] = [
            lambda: client.set("{cloakroom:shop}:head", "x"),
            lambda: client.hset("{cloakroom:shop}:head", mapping={"fmt": "2", "epoch": b"e" * 16}),
            lambda: client.hset("{cloakroom:shop}:head", mapping={"fmt": "1", "epoch": b"e"}),
            lambda: client.hset("{cloakroom:shop}:head", mapping={
                "fmt": "1", "epoch": b"e" * 16, "n": "-1", "chain": b"c" * 8}),
        ]
        for spoil in spoils:
            client.flushall()
            spoil()
            with self.assertRaises(EngineError):
                self.engine().read(0, 9)
        from cloakroom.feed.redis import RedisEngine

        for url in ("", "http://user:passw0rd@x", None, "redis://:passw0rd@h:port"):
            with self.assertRaises(ConfigurationError) as caught:
                RedisEngine(url, REALM)  # type: ignore[arg-type]
            self.assertNotIn("passw0rd", repr(caught.exception))


class Fleet(RedisCase):
    def server_process(self, **options: Any) -> Any:
        view = RevocationList(fed=True)
        feed = Feed(view, self.engine(), REALM, options.pop("key", FEED_KEY), **options)
        now = int(time.time())
        ring = KeyRing([KeyEntry(ROOT_KEY, now - 60)], max_lifetime=28800, now=now)
        service = sessions(time.time, keys=ring, revocations=view)
        return view, feed, service

    def fleet(self, count: int = 2) -> List[Any]:
        servers = [self.server_process() for _ in range(count)]
        for _, feed, _ in servers:
            feed.start()
            self.addCleanup(feed.stop)
        until(lambda: all(view.freshness() is Freshness.FRESH for view, _, _ in servers))
        return servers

    def refused(self, service: Any, token: str) -> bool:
        try:
            service.verify(token)
        except (Rejected, Unavailable) as outcome:
            return isinstance(outcome, Rejected)
        return False

    def test_fleet_kill_and_restart_without_data(self) -> None:
        (view, feed, one), (other_view, other_feed, two) = self.fleet()
        first, second, third = (one.issue("user-42", ADA) for _ in range(3))
        # From one to the other, and back.
        self.assertIs(one.log_out(first.session), Published.UPSTREAM)
        until(lambda: self.refused(two, first.token), 2)
        self.assertIs(two.log_out(two.verify(second.token)), Published.UPSTREAM)
        until(lambda: self.refused(one, second.token), 2)
        one.verify(third.token)
        # They stay fresh for longer than the bound.
        end = time.monotonic() + 3
        while time.monotonic() < end:
            self.assertIs(view.freshness(), Freshness.FRESH)
            self.assertIs(other_view.freshness(), Freshness.FRESH)
            time.sleep(0.05)
        epoch = feed.position.epoch
        self.server.kill()
        until(lambda: view.freshness() is other_view.freshness() is Freshness.STALE)
        with self.assertRaises(Unavailable):
            one.verify(third.token)
        self.assertTrue(self.refused(two, first.token))
        with self.assertRaises(PublicationError):
            one.log_out(third.session)
        self.server.start()
        # The pending logout arrives, and what the server has forgotten is handed back: a server
        # that starts now knows all of it.
        until(lambda: view.pending == 0)
        ((newcomer_view, _, newcomer),) = self.fleet(1)
        for token in (first.token, second.token, third.token):
            self.assertTrue(self.refused(newcomer, token))
        until(lambda: view.freshness() is other_view.freshness() is Freshness.FRESH)
        until(lambda: self.refused(two, third.token), 2)
        self.assertNotEqual(feed.position.epoch, epoch)
        self.assertEqual(feed.position.epoch, other_feed.position.epoch)

    def test_rotations_on_two_servers_at_once(self) -> None:
        (_, _, one), (_, _, two) = self.fleet()
        for _ in range(10):
            issued = one.issue("user-42", ADA)
            mine, theirs = one.verify(issued.token), two.verify(issued.token)
            one.rotate(mine)
            with self.assertRaises(Rejected):
                two.rotate(theirs)

    def test_trimmed_log(self) -> None:
        view, feed, one = self.server_process()
        behind_view, behind, two = self.server_process()
        feed._snapshot_every, feed._kept_behind_snapshot = 50, 10
        feed.turn()
        # As if it had settled.
        feed._young_until = None
        behind.turn()
        issued = []
        for number in range(120):
            view.publish(self.entry(number), int(time.time()))
            issued.append(number)
            feed.turn()
        first = self._client().xrange("{cloakroom:shop}:log", count=1)[0][0]
        self.assertGreater(int(first.split(b"-")[0]), 50)
        late_view, late, _ = self.server_process()
        for lagging, known in ((behind, behind_view), (late, late_view)):
            lagging.turn()
            self.assertEqual(len(known.entries()), 120)
            self.assertEqual(sum(lagging.faults.values()), 0)

    def entry(self, number: int) -> Any:
        from cloakroom.records import session_entry

        return session_entry(number.to_bytes(16, "big"), 1, int(time.time()) + 1000)

    def test_foreign_batch(self) -> None:
        (view, feed, one), (_, _, two) = self.fleet()
        issued = one.issue("user-42", ADA)
        engine = self.engine()
        stranger = FeedKey.generate()
        until(lambda: self.inject(engine, stranger))
        until(lambda: feed.faults[Fault.UNKNOWN_KEY] == 1)
        until(lambda: view.freshness() is Freshness.STALE)
        with self.assertRaises(Unavailable):
            one.verify(issued.token)
        feed.found_anew()
        until(lambda: view.freshness() is Freshness.FRESH)
        one.verify(issued.token)
        self.assertEqual(feed.faults[Fault.UNKNOWN_KEY], 1)

    def inject(self, engine: Any, key: FeedKey) -> bool:
        head, _ = engine.read(0, 1)
        data = write_batch(key, LP, head, int(time.time() * 1000), [])
        return bool(engine.append(head, data, head.after(data)))

    def test_change_of_keys(self) -> None:
        (view, feed, one), (other_view, other, two) = self.fleet()
        feed.change_keys(FEED_KEY, OTHER_KEY)
        other.change_keys(FEED_KEY, OTHER_KEY)
        feed.change_keys(OTHER_KEY, FEED_KEY)
        other.change_keys(OTHER_KEY, FEED_KEY)
        issued = one.issue("user-42", ADA)
        one.log_out(issued.session)
        until(lambda: self.refused(two, issued.token), 2)
        # Without the old key: those who are at the end go on, for nobody writes under it any more.
        feed.change_keys(OTHER_KEY)
        other.change_keys(OTHER_KEY)
        issued = two.issue("user-42", ADA)
        two.log_out(issued.session)
        until(lambda: self.refused(one, issued.token), 2)
        self.assertEqual(sum(feed.faults.values()) + sum(other.faults.values()), 0)


class Command(RedisCase):
    def ask(self, process: Any, request: Any) -> Dict[str, Any]:
        line = request if isinstance(request, bytes) else json.dumps(request).encode()
        process.stdin.write(line + b"\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
        assert isinstance(answer, dict)
        return answer

    def test_two_processes(self) -> None:
        processes = [
            subprocess.Popen(
                [sys.executable, "-m", "tools", "follow", *arguments],
                cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                env={**os.environ, "REDIS_URL": self.server.url, "CLOAKROOM_REALM": REALM,
                     "CLOAKROOM_FEED_KEY": FEED_KEY.to_text()},
            )
            for arguments in ([], [self.server.url, REALM])
        ]
        try:
            one, two = processes
            for process in processes:
                until(lambda: self.ask(process, {"status": True})["fresh"])
            now = int(time.time())
            facts = {"session": "ab" * 16, "generation": 0, "subject": "zoë",
                     "authenticated_at": now}
            self.assertEqual(
                self.ask(two, {"is_revoked": facts}), {"revoked": False, "fresh": True})
            accepted = {"result": "accepted"}
            self.assertEqual(self.ask(one, {"revoke_session": "ab" * 16}), accepted)
            until(lambda: self.ask(two, {"is_revoked": facts})["revoked"], 2)
            facts["session"] = "cd" * 16
            self.assertFalse(self.ask(one, {"is_revoked": facts})["revoked"])
            self.assertEqual(self.ask(two, {"revoke_subject": "zoë", "now": now}), accepted)
            until(lambda: self.ask(one, {"is_revoked": facts})["revoked"], 2)
            self.assertGreater(self.ask(one, {"status": True})["n"], 2)
            for bad in (b"", b"{", b"[]", b"\xff", b'{"status": 1}', b'{"revoke_session": "ab"}',
                        b'{"revoke_subject": ""}', b'{"is_revoked": {}}', b"[" * 99999,
                        b'{"revoke_subject": "x", "now": 1.5}'):
                self.assertEqual(self.ask(one, bad), {"error": "bad request"}, bad[:40])
            self.server.kill()
            self.assertEqual(self.ask(one, {"revoke_session": "ef" * 16}), {"result": "pending"})
            facts["session"] = "ef" * 16
            facts["subject"] = ""
            self.assertTrue(self.ask(one, {"is_revoked": facts})["revoked"])
            until(lambda: not self.ask(two, {"status": True})["fresh"])
            self.server.start()
            until(lambda: self.ask(two, {"is_revoked": facts}) == {"revoked": True, "fresh": True})
        finally:
            for process in processes:
                assert process.stdin and process.stdout
                process.stdin.close()
                self.assertEqual(process.wait(10), 0)
                process.stdout.close()


if __name__ == "__main__":
    unittest.main()
