"""Key rings and ring files, beyond what the vectors test."""

from __future__ import annotations

import random
import time
import unittest
from typing import Any

from cloakroom import (
    ConfigurationError, KeyEntry, KeyRing, KeyState, RootKey, Unavailable, parse_ring, ring_to_text,
)
from cloakroom._params import TIME_MAX

from .support import ADA, NOW, OTHER, ROOT, Clock, ring, sessions

THIRD = RootKey(bytes(range(2, 34)))


class Rings(unittest.TestCase):
    def test_a_ring_file_says_what_its_ring_says(self) -> None:
        entries = [
            KeyEntry(ROOT, 0, retire=NOW, forced=True, note="  é, # and spaces  "),
            KeyEntry(OTHER, NOW - 7, disabled=True, retire=5, note="#first"),
            KeyEntry(THIRD, NOW - 1),
            KeyEntry(RootKey(bytes(range(3, 35))), TIME_MAX, note="x" * 80),
        ]
        one = KeyRing(entries, max_lifetime=2**32 - 1, rollout=0, now=NOW)
        text = ring_to_text(one)
        two = parse_ring(text, now=NOW)
        self.assertEqual(ring_to_text(two), text)
        self.assertEqual([e.note for e in two.entries],
                         ["é, # and spaces", "#first", "", "x" * 80])
        for now in (0, NOW - 2, NOW - 1, NOW, TIME_MAX - 1, TIME_MAX):
            self.assertEqual(one.states(now), two.states(now))
        for a, b in zip(one.entries, two.entries):
            self.assertEqual(a[1:], b[1:])
        crlf = parse_ring(text.replace("\n", "\r\n").encode(), now=NOW)
        self.assertEqual(ring_to_text(crlf), text)

    def test_a_wrapped_ring_file_is_refused_by_name(self) -> None:
        for text in ("clkwrap1.AABMAAAAAAIAAAAB", b"clkwrap1.", "clkwrap1.x\n"):
            with self.assertRaisesRegex(ConfigurationError, "wrapped with a password"):
                parse_ring(text)

    def test_no_time(self) -> None:
        text = ring_to_text(ring())
        for now in (-1, TIME_MAX + 1):
            with self.assertRaises(Unavailable):
                parse_ring(text, now=now)
            clock = Clock()
            service = sessions(clock=clock)
            clock.now = now
            for force in (False, True):
                with self.assertRaises(Unavailable):
                    service.replace_ring(ring(), force=force)

    def test_entries(self) -> None:
        for change in (
            {"activate": -1}, {"activate": TIME_MAX + 1}, {"activate": 1.5}, {"activate": None},
            {"retire": -1}, {"forced": True}, {"note": "x" * 81}, {"note": "a\nb"},
            {"note": "\x85"}, {"note": 5}, {"key": ROOT.to_text()}, {"note": "\ud800"},
        ):
            given: dict[str, Any] = {"key": ROOT, "activate": NOW - 5, **change}
            with self.subTest(change), self.assertRaises(ConfigurationError):
                KeyRing([KeyEntry(**given)], max_lifetime=5, now=NOW)
        for options in ({"max_lifetime": 0}, {"max_lifetime": 2**32}, {"rollout": -1},
                        {"rollout": 2**32}, {"rollout": None}):
            with self.subTest(options), self.assertRaises(ConfigurationError):
                ring(**options)
        for entries in ([], [None], [(ROOT, 5)]):
            with self.assertRaises(ConfigurationError):
                KeyRing(entries, max_lifetime=5, now=NOW)  # type: ignore[arg-type]

    def test_faults_are_named_and_keys_are_not(self) -> None:
        text = ring_to_text(ring(ROOT, OTHER))
        secret = ROOT.to_text()
        for old, new, hint in (
            ("activate=", "activated=", "line 4"),
            (" activate", " " + secret + " activate", "line 4"),
            ("Z\n", "Z " + secret + "\n", "line 4"),
            ("key ", "kex ", "line 4"),
            (secret[20:24], "AAAA", "line 4"),
            ("max-lifetime", "max-lifetimes", "line 2"),
            ("cloakroom-ring 1", "cloakroom-ring 2", "line 1"),
            ("rollout 3600\n", "rollout 3600\nrollout 3600\n", "twice"),
            ("\nrollout", "\n\trollout", "U+0009"),
        ):
            with self.subTest(old), self.assertRaises(ConfigurationError) as caught:
                parse_ring(text.replace(old, new), now=NOW)
            self.assertIn(hint, str(caught.exception))
            self.assertNotIn(secret[10:30], str(caught.exception))

    def test_every_single_change_of_a_file_is_parsed_or_refused(self) -> None:
        text = ring_to_text(ring(ROOT, OTHER)).encode()
        draw = random.Random(2)
        refused = 0
        for _ in range(3000):
            changed = bytearray(text)
            for _ in range(draw.choice((1, 1, 2, 5))):
                changed[draw.randrange(len(changed))] = draw.randrange(256)
            try:
                parse_ring(bytes(changed), now=NOW)
            except ConfigurationError:
                refused += 1
        self.assertGreater(refused, 2000)

    def test_work_is_bounded(self) -> None:
        head = "cloakroom-ring 1\nmax-lifetime 5\n"
        for filler in (" ", "#", "key ", " #", "\n", "0", "key " + ROOT.to_text() + " ", "é", "\r"):
            for text in (head + filler * (65000 // len(filler.encode())), filler * 10**6,
                         head + "key" + filler * (65000 // len(filler.encode()))):
                before = time.thread_time()
                with self.assertRaises(ConfigurationError):
                    parse_ring(text, now=NOW)
                self.assertLess(time.thread_time() - before, 0.5)

    def test_plan(self) -> None:
        both = KeyRing(
            [KeyEntry(ROOT, NOW), KeyEntry(OTHER, NOW + 100), KeyEntry(THIRD, 5, disabled=True)],
            max_lifetime=10, rollout=1, now=NOW,
        )
        self.assertEqual(both.plan(), [NOW, NOW + 100, NOW + 111])
        before = both.states(NOW)
        for moment in both.plan()[1:]:
            self.assertEqual(both.states(moment - 1), before)
            self.assertNotEqual(both.states(moment), before)
            before = both.states(moment)
        self.assertEqual(both.retirement(ROOT.kid), NOW + 111)
        self.assertIsNone(both.state(b"none", NOW))
        self.assertEqual(both.states(NOW)[THIRD.kid], KeyState.DISABLED)

    def test_default_time_of_loading_is_the_clock(self) -> None:
        parse_ring(ring_to_text(ring(now=1_700_000_000)))
        future = KeyRing([KeyEntry(ROOT, TIME_MAX)], max_lifetime=5, now=TIME_MAX)
        with self.assertRaises(ConfigurationError):
            parse_ring(ring_to_text(future))


class Replacement(unittest.TestCase):
    def test_on_a_fault_the_old_ring_stays(self) -> None:
        clock = Clock()
        service = sessions(clock, keys=ring(ROOT))
        token = service.issue("user-42", ADA).token
        other = ring(OTHER)
        for bad in (other, None, ring(ROOT, max_lifetime=1799),
                    KeyRing([KeyEntry(ROOT.derive("x"), 0)], max_lifetime=28800, now=NOW)):
            with self.assertRaises(ConfigurationError):
                service.replace_ring(bad)  # type: ignore[arg-type]
            service.verify(token)
        with self.assertRaises(ConfigurationError):
            service.replace_ring(ring(ROOT, max_lifetime=1799), force=True)
        service.replace_ring(other, force=True)
        self.assertIs(service.ring, other)
        self.assertEqual(service.verify(service.issue("user-42", ADA).token).kid, OTHER.kid)


if __name__ == "__main__":
    unittest.main()
