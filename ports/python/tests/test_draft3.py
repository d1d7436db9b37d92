"""What draft 3 of the specification settled."""

from __future__ import annotations

import unittest

from cloakroom import (
    Freshness, Policy, PublicationError, Published, Record, Rejected, RequestError, RevocationList,
    Stage, Unavailable,
)
from cloakroom import _crypto
from cloakroom.records import SUBJECT

from .support import ADA, NOW, Case, Clock, MemoryStore, sessions

STRICT = Policy(absolute=28800, idle=1800, tolerance=20)
LAX = Policy(absolute=28800, idle=1800, tolerance=200)


class Tolerance(unittest.TestCase):
    def test_the_smallest_decides_about_quarantine_and_the_greatest_about_life(self) -> None:
        for order in ((STRICT, LAX), (LAX, STRICT)):
            view = RevocationList(clock=Clock())
            for number, policy in enumerate(order):
                sessions(audience=str(number), policy=policy, revocations=view)
            self.assertEqual((view.tolerance, view.entry_life), (20, 1800 + 400))
            key = _crypto.digest(SUBJECT, b"user-42")
            view.receive(Record(SUBJECT, key, NOW + 20, 0).to_bytes())
            self.assertEqual(view.quarantined, 0)
            view.receive(Record(SUBJECT, key, NOW + 21, 0).to_bytes())
            self.assertEqual(view.quarantined, 1)
        self.assertEqual(RevocationList().tolerance, 60)


class Stores(unittest.TestCase):
    def test_a_store_that_failed_counts_again_when_it_was_opened_again(self) -> None:
        store = MemoryStore()
        view = RevocationList(store=store, clock=Clock())
        service = sessions(revocations=view)
        issued = service.issue("user-42", ADA)
        store.fails = True
        with self.assertRaises(PublicationError):
            service.log_out(issued.session)
        store.fails = False
        self.assertIs(view.freshness(), Freshness.STALE)
        with self.assertRaises(PublicationError):
            service.end_all()
        self.assertEqual(store.records, [])
        with self.assertRaises(Unavailable):
            service.issue("user-42", ADA)
        opened = MemoryStore()
        view.reopened(opened)
        self.assertEqual(len(opened.records), 2)
        self.assertIs(view.freshness(), Freshness.FRESH)
        self.assertIs(service.end_all(), Published.DURABLE)
        opened.fails = True
        with self.assertRaises(OSError):
            view.forget_expired()
        self.assertIs(view.freshness(), Freshness.STALE)


class Moving(Case):
    def test_a_session_of_another_configuration(self) -> None:
        other = sessions(self.clock, audience="other", revocations=self.view)
        session = other.issue("user-42", ADA).session
        for act in (
            lambda: self.service.renew(session), lambda: self.service.update(session, ADA),
            lambda: self.service.rotate(session), lambda: self.service.rotate(session, ADA),
            lambda: self.service.log_out(session), lambda: self.service.log_out_others(session),
            lambda: self.service.reauthenticate(session, "user-42", ADA),
        ):
            with self.assertRaises(Rejected) as caught:
                act()
            self.assertIs(caught.exception.stage, Stage.TAG)
        # The step before asks the clock, the one after for a fresh view.
        self.clock.now = -1
        self.raises(Unavailable, lambda: self.service.renew(session))
        self.clock.now = NOW
        stale = sessions(self.clock, revocations=RevocationList(fed=True))
        self.raises(Rejected, lambda: stale.renew(session))

    def test_no_renewal_where_it_would_not_fit(self) -> None:
        issued = self.service.issue("user-42", ADA)
        self.clock.now += 1000
        self.assertIsNotNone(self.service.renew(issued.session))
        lower = sessions(
            self.clock, revocations=self.view, max_token_length=len(issued.token) - 1
        )
        session = lower.verify(issued.token)
        self.assertIsNone(lower.renew(session))
        self.raises(RequestError, lambda: lower.update(session, ADA))


if __name__ == "__main__":
    unittest.main()
