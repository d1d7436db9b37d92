"""The revocation view: merging, quarantine, freshness, snapshots."""

from __future__ import annotations

import itertools
import random
import unittest
from typing import Any, Callable, List

from cloakroom import (
    ConfigurationError, Freshness, Grace, Policy, Record, Rejected,
    RevocationList, RevocationState, Unavailable, read_snapshot, write_snapshot,
)
from cloakroom import _crypto
from cloakroom._params import CUTOFF_MAX, FOREVER, LOGGED_OUT, TIME_MAX, U64_MAX
from cloakroom.records import AUDIENCE, KEY, SESSION, SUBJECT

from .support import ADA, NOW, OTHER, POLICY, Clock, MemoryStore, sessions

L = 1800 + 2 * 60


def some_record(draw: random.Random) -> Record:
    key = bytes([draw.randrange(2)]) * 16
    kind = draw.choice((SESSION, SUBJECT, AUDIENCE, KEY))
    if kind == KEY:
        return Record(KEY, key, FOREVER, FOREVER)
    exempt = bytes([draw.randrange(4)]) * 16 if kind == SUBJECT and draw.randrange(4) else None
    return Record(kind, key, 1 + draw.randrange(5), draw.randrange(5), exempt)


def states(records: List[Record]) -> List[bytes]:
    state = RevocationState()
    for record in records:
        state.merge(record)
    return sorted(record.to_bytes() for record in state.records())


class Merging(unittest.TestCase):
    def test_order_repetition_and_grouping_do_not_matter(self) -> None:
        draw = random.Random(3)
        for _ in range(300):
            records = [some_record(draw) for _ in range(draw.randrange(1, 9))]
            expected = states(records)
            for _ in range(4):
                draw.shuffle(records)
                again = records + [draw.choice(records) for _ in range(3)]
                self.assertEqual(states(again), expected)
                cut = draw.randrange(len(records) + 1)
                parts = states(records[:cut]) + states(records[cut:])
                self.assertEqual(states([Record.from_bytes(p) for p in parts]), expected)

    def test_two_pairs_decide_as_all_pairs_do(self) -> None:
        ids = [bytes([i]) * 16 for i in range(4)]
        claims = sessions().issue("u", ADA).session._claims
        key = _crypto.digest(SUBJECT, b"u")
        for pairs in itertools.product([(c, e) for c in (1, 2) for e in (None, *ids[:3])], repeat=3):
            state = RevocationState()
            for cutoff, exempt in pairs:
                state.merge(Record(SUBJECT, key, NOW + cutoff, 0, exempt))
            for start, one in itertools.product((NOW, NOW + 1, NOW + 2), ids):
                token = claims._replace(authenticated_at=start, session_id=one)
                expected = any(start < NOW + c and e != one for c, e in pairs)
                self.assertEqual(state.revokes(token, key, b"", b""), expected)

    def test_records(self) -> None:
        good = Record(SUBJECT, b"k" * 16, 5, 6, b"e" * 16).to_bytes()
        for length in range(60):
            data = (good + bytes(20))[:length]
            if length != 49:
                with self.assertRaises(ConfigurationError):
                    Record.from_bytes(data)
        for bad in (None, "", bytearray(good), good.hex()):
            with self.assertRaises(ConfigurationError):
                Record.from_bytes(bad)  # type: ignore[arg-type]
        for kind, value in ((SESSION, 0), (SESSION, LOGGED_OUT + 1), (SUBJECT, CUTOFF_MAX + 1)):
            with self.assertRaises(ConfigurationError):
                Record.from_bytes(Record(kind, b"k" * 16, value, 0).to_bytes())


class Quarantine(unittest.TestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.view = RevocationList()
        self.service = sessions(self.clock, revocations=self.view)
        self.key = _crypto.digest(SUBJECT, b"user-42")

    def cutoff(self, value: int, expires: int = 0) -> bytes:
        return Record(SUBJECT, self.key, value, expires).to_bytes()

    def test_far_cut_off_waits(self) -> None:
        token = self.service.issue("user-42", ADA).token
        self.view.receive(self.cutoff(NOW + 61), NOW)
        self.view.receive(self.cutoff(NOW + 61), NOW)
        self.view.receive(self.cutoff(NOW + 70), NOW)
        self.assertEqual(self.view.quarantined, 2)
        self.service.verify(token)
        self.assertEqual(len(read_snapshot(self.view.snapshot(NOW)).records), 2)
        self.view.forget_expired(NOW)
        self.assertEqual(self.view.quarantined, 2)
        self.clock.now = NOW + 1
        with self.assertRaises(Rejected):
            self.service.verify(token)
        self.assertEqual(self.view.quarantined, 1)
        records = read_snapshot(self.view.snapshot(NOW + 1)).records
        self.assertIn(Record(SUBJECT, self.key, NOW + 61, NOW + 1 + L), records)
        self.view.discard_quarantined()
        self.assertEqual(self.view.quarantined, 0)

    def test_at_the_tolerance_it_applies(self) -> None:
        token = self.service.issue("user-42", ADA).token
        self.view.receive(self.cutoff(NOW + 60), NOW)
        self.assertEqual(self.view.quarantined, 0)
        with self.assertRaises(Rejected):
            self.service.verify(token)

    def test_snapshot_with_a_record_both_applied_and_quarantined(self) -> None:
        self.view.receive(self.cutoff(NOW + 60, U64_MAX), NOW)
        self.view.receive(self.cutoff(NOW + 60, U64_MAX), NOW - 1)
        data = self.view.snapshot(NOW - 1)
        self.assertEqual(len(read_snapshot(data).records), 1)

    def test_malformed_records_are_counted(self) -> None:
        for _ in range(2):
            with self.assertRaises(ConfigurationError):
                self.view.receive(b"\x01", NOW)
        self.assertEqual(self.view.malformed, 2)


class Memory(unittest.TestCase):
    def test_forgetting_and_the_mark(self) -> None:
        clock, store = Clock(), MemoryStore()
        view = RevocationList(store=store)
        service = sessions(clock, revocations=view)
        issued = service.issue("user-42", ADA)
        service.log_out(issued.session)
        service.log_out_everywhere("user-42")
        service.end_all()
        service.distrust_key(OTHER.kid)
        self.assertEqual(view.forget_expired(NOW + L - 1), 0)
        self.assertEqual(view.forget_expired(NOW + L), 3)
        self.assertEqual(store.marks, [NOW + L - 1, NOW + L])
        # The clock goes back; the token whose revocation is forgotten stays dead.
        clock.now = NOW
        with self.assertRaises(Rejected):
            service.verify(issued.token)
        late = service.issue("user-43", ADA).session
        self.assertEqual(late.authenticated_at, NOW + L)
        self.assertEqual(len(read_snapshot(view.snapshot(NOW)).records), 1)
        store.fails = True
        with self.assertRaises(OSError):
            view.forget_expired(NOW + 10 * L)
        self.assertEqual(view.high_water, NOW + L)

    def test_starting_again(self) -> None:
        store, clock = MemoryStore(), Clock()
        before = RevocationList(store=store, clock=clock)
        service = sessions(clock, revocations=before)
        one, two = (service.issue("user-42", ADA) for _ in range(2))
        service.log_out(one.session)
        before.forget_expired()
        service.log_out(two.session)
        clock.now = NOW - 30
        after = RevocationList(store=store, clock=clock)
        for record in store.records:
            after.receive(record)
        after.raise_mark(store.marks[-1])
        again = sessions(clock, revocations=after)
        for token in (one.token, two.token):
            with self.assertRaises(Rejected):
                again.verify(token)
        self.assertEqual(again.issue("user-43", ADA).session.authenticated_at, NOW)
        after.raise_mark(5)
        self.assertEqual(after.high_water, NOW)
        self.assertEqual(read_snapshot(after.snapshot()).made_at, NOW)
        after.load_snapshot(before.snapshot())
        for bad in (-1, TIME_MAX + 1, 0.5, "now"):
            with self.assertRaises(ConfigurationError):
                after.snapshot(bad)  # type: ignore[arg-type]
            with self.assertRaises(ConfigurationError):
                after.raise_mark(bad)  # type: ignore[arg-type]
        clock.now = -1
        with self.assertRaises(Unavailable):
            RevocationList(clock=clock).snapshot()

    def test_mark_that_moves_during_verification(self) -> None:
        view = RevocationList()
        service = sessions(revocations=view)
        token = service.issue("user-42", ADA).token

        class Moving(RevocationList):
            def revokes(self, *args: Any, **kwargs: Any) -> bool:
                self.high_water = NOW + 1800
                return False

        with self.assertRaises(Rejected):
            sessions(revocations=Moving()).verify(token)

    def test_longer_policies_extend_entries(self) -> None:
        view = RevocationList()
        service = sessions(revocations=view)
        service.log_out(service.issue("user-42", ADA).session)
        longer = Policy(absolute=28800, idle=2000, leeway=7, tolerance=100)
        sessions(audience="other", policy=longer, revocations=view)
        sessions(audience="third", policy=POLICY, revocations=view)
        (record,) = read_snapshot(view.snapshot(NOW)).records
        self.assertEqual(record.expires, NOW + 2000 + 7 + 200)


class Fresh(unittest.TestCase):
    def setUp(self) -> None:
        self.mono = Clock(1000.0)
        self.clock = Clock()
        self.token = sessions().issue("user-42", ADA).token

    def service(self, **options: Any) -> Any:
        self.view = RevocationList(fed=True, monotonic=self.mono)
        return sessions(self.clock, revocations=self.view, **options)

    def test_blind_stale_fresh(self) -> None:
        service = self.service()
        self.assertIs(self.view.freshness(), Freshness.BLIND)
        for _ in range(2):
            with self.assertRaises(Unavailable):
                service.verify(self.token)
            with self.assertRaises(Unavailable):
                service.issue("u", ADA)
            self.view.load_snapshot(write_snapshot(0, 0, []), NOW)
            self.assertIs(self.view.freshness(), Freshness.STALE)
        self.view.proved_fresh(1000.0)
        session = service.verify(self.token, sensitive=True)
        self.mono.now = 1002.0
        service.verify(self.token)
        self.mono.now = 1002.001
        acts: List[Callable[[], object]] = [
            lambda: service.verify(self.token), lambda: service.issue("u", ADA),
            lambda: service.renew(session), lambda: service.update(session, ADA),
            lambda: service.rotate(session),
            lambda: service.reauthenticate(session, "user-42", ADA),
        ]
        for act in acts:
            with self.assertRaises(Unavailable):
                act()
        service.log_out(session)
        with self.assertRaises(Rejected):
            service.verify(self.token)
        with self.assertRaises(ConfigurationError):
            self.view.proved_fresh(1002.1)
        self.view.proved_fresh(999.0)
        self.assertEqual(self.view.proof_age(), self.mono.now - 1000.0)

    def test_grace(self) -> None:
        policy = Policy(absolute=28800, idle=1800, grace=Grace())
        service = self.service(policy=policy)
        self.view.load_snapshot(write_snapshot(0, 0, []), NOW)
        with self.assertRaises(Unavailable):
            service.verify(self.token)
        self.view.proved_fresh(1000.0)
        self.mono.now = 1900.0
        service.verify(self.token)
        with self.assertRaises(Unavailable):
            service.verify(self.token, sensitive=True)
        with self.assertRaises(Unavailable):
            service.issue("u", ADA)
        self.mono.now = 1900.001
        with self.assertRaises(Unavailable):
            service.verify(self.token)

    def test_long_grace_needs_a_name(self) -> None:
        with self.assertRaises(ConfigurationError):
            Policy(absolute=28800, idle=1800, grace=Grace(901))
        allowed = Grace(901, logouts_may_take_longer_than_half_a_token_life=True)
        self.assertEqual(Policy(absolute=28800, idle=1800, grace=allowed).grace_seconds, 901)
        self.assertEqual(Policy(absolute=1801, idle=None, grace=Grace()).grace_seconds, 900)

    def test_freshness_is_read_before_the_entries(self) -> None:
        view = self.view = RevocationList(fed=True, monotonic=self.mono)

        class Catching(RevocationList):
            def revokes(self, *args: Any, **kwargs: Any) -> bool:
                self.proved_fresh(1000.0)
                return False

        view = Catching(fed=True, monotonic=self.mono)
        with self.assertRaises(Unavailable):
            sessions(self.clock, revocations=view).verify(self.token)


class Snapshots(unittest.TestCase):
    def test_every_bit(self) -> None:
        data = write_snapshot(NOW, NOW, [Record(SESSION, b"k" * 16, 5, NOW)])
        for bit in range(8 * len(data)):
            changed = bytearray(data)
            changed[bit // 8] ^= 1 << bit % 8
            with self.assertRaises(ConfigurationError):
                read_snapshot(bytes(changed))
        for end in range(len(data)):
            with self.assertRaises(ConfigurationError):
                read_snapshot(data[:end])
        for bad in (None, "x", bytearray(data)):
            with self.assertRaises(ConfigurationError):
                read_snapshot(bad)  # type: ignore[arg-type]

    def test_a_fault_changes_nothing_and_loading_clears_nothing(self) -> None:
        one, two = RevocationList(), RevocationList()
        service = sessions(revocations=one)
        issued = service.issue("user-42", ADA)
        service.log_out(issued.session)
        data = one.snapshot(NOW)
        with self.assertRaises(ConfigurationError):
            two.load_snapshot(data[:-1], NOW)
        self.assertEqual(len(two._state), 0)
        two.load_snapshot(data, NOW)
        two.load_snapshot(write_snapshot(NOW, NOW + 5, []), NOW)
        self.assertEqual((len(two._state), two.high_water), (1, NOW + 5))
        two.load_snapshot(write_snapshot(NOW, 0, []), NOW)
        self.assertEqual(two.high_water, NOW + 5)

    def test_values(self) -> None:
        for made_at, mark in ((-1, 0), (0, -1), (TIME_MAX + 1, 0), (0, TIME_MAX + 1), (0.5, 0)):
            with self.assertRaises(ConfigurationError):
                write_snapshot(made_at, mark, [])  # type: ignore[arg-type]


if __name__ == "__main__":
    unittest.main()
