"""Every procedure reads the clock once, and says "unavailable" before it looks at a token: SPEC 8.2."""

from __future__ import annotations

import unittest
from typing import Any, Callable, Dict

from cloakroom import IssuedSession, Policy, RevocationList, Sessions, Unavailable

from .support import ADA, NOW, ROOT, sessions


class Counter:
    """A clock that counts how often it is read, and fails from a number of readings on."""

    def __init__(self) -> None:
        self.readings = 0
        self.most = 99

    def __call__(self) -> float:
        self.readings += 1
        return NOW if self.readings <= self.most else -1


PROCEDURES: Dict[str, Callable[[Sessions, IssuedSession], Any]] = {
    "verify": lambda service, one: service.verify(one.token),
    "issue": lambda service, one: service.issue("user-42", ADA),
    "renew": lambda service, one: service.renew(one.session),
    "update": lambda service, one: service.update(one.session, ADA),
    "rotate": lambda service, one: service.rotate(one.session),
    "reauthenticate": lambda service, one: service.reauthenticate(one.session, "user-42", ADA),
    "log_out": lambda service, one: service.log_out(one.session),
    "log_out_token": lambda service, one: service.log_out_token(one.token),
    "log_out_everywhere": lambda service, one: service.log_out_everywhere("user-42"),
    "log_out_others": lambda service, one: service.log_out_others(one.session),
    "end_all": lambda service, one: service.end_all(),
    "distrust_key": lambda service, one: service.distrust_key(ROOT.kid),
    "replace_ring": lambda service, one: service.replace_ring(service.ring),
}


class Now(unittest.TestCase):
    def setUp(self) -> None:
        self.clock = Counter()
        self.service = sessions(
            self.clock, policy=Policy(absolute=28800, idle=1800, share=(0, 1)),
            revocations=RevocationList(clock=self.clock),
        )
        self.one = self.service.issue("user-42", ADA)
        self.clock.readings = 0

    def test_every_procedure_reads_the_clock_once(self) -> None:
        for name, run in PROCEDURES.items():
            with self.subTest(name):
                self.setUp()
                run(self.service, self.one)
                self.assertEqual(self.clock.readings, 1)

    def test_every_procedure_is_unavailable_without_a_clock(self) -> None:
        for name, run in PROCEDURES.items():
            with self.subTest(name):
                self.setUp()
                self.clock.most = 0
                self.assertRaises(Unavailable, run, self.service, self.one)
                self.assertEqual(self.clock.readings, 1)

    def test_garbage_without_a_clock_is_no_rejection(self) -> None:
        self.clock.most = 0
        for text in ("", "clk1.", "x" * 5000, b"\xff", None):
            self.assertRaises(Unavailable, self.service.verify, text)
            self.assertRaises(Unavailable, self.service.log_out_token, text)


if __name__ == "__main__":
    unittest.main()
