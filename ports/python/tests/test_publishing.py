"""How far a revocation gets."""

from __future__ import annotations

import threading
import unittest
from typing import Any, List

from cloakroom import PublicationError, Published, Rejected, RevocationList, Unavailable

from .support import ADA, Clock, MemoryStore, sessions


class Publishing(unittest.TestCase):
    def setUp(self) -> None:
        self.log: List[str] = []
        self.store = MemoryStore(self.log, "store")
        self.upstream = MemoryStore(self.log, "upstream")
        self.mono = Clock(0.0)

    def build(self, **options: Any) -> Any:
        self.view = RevocationList(monotonic=self.mono, **options)
        if options.get("upstream"):
            self.view.proved_fresh(0.0)
        service = sessions(revocations=self.view)
        self.issued = service.issue("user-42", ADA)
        return service

    def test_results(self) -> None:
        service = self.build()
        self.assertIs(service.log_out(self.issued.session), Published.IN_MEMORY)
        service = self.build(store=self.store)
        self.assertIs(service.log_out(self.issued.session), Published.DURABLE)
        service = self.build(store=self.store, upstream=self.upstream)
        self.log.clear()
        self.assertIs(service.log_out(self.issued.session), Published.UPSTREAM)
        self.assertEqual(self.log, ["store", "upstream"])
        service = self.build(upstream=self.upstream)
        self.assertIs(service.log_out(self.issued.session), Published.UPSTREAM)

    def test_pending(self) -> None:
        service = self.build(store=self.store, upstream=self.upstream)
        self.upstream.fails = True
        self.assertIs(service.log_out(self.issued.session), Published.PENDING)
        self.assertIs(service.log_out_everywhere("user-42"), Published.PENDING)
        self.assertEqual((self.view.pending, self.view.retry_pending()), (2, 2))
        self.upstream.fails = False
        self.assertEqual(self.view.retry_pending(), 0)
        self.assertEqual(self.upstream.records, self.store.records)

    def test_nowhere_durable(self) -> None:
        self.store.fails = self.upstream.fails = True
        for options in ({"store": self.store}, {"upstream": self.upstream},
                        {"store": self.store, "upstream": self.upstream}):
            service = self.build(**options)
            with self.assertRaises(PublicationError):
                service.rotate(self.issued.session)
            # Applied all the same.
            with self.assertRaises(Rejected):
                service.verify(self.issued.token)
        with self.assertRaises(PublicationError):
            service.reauthenticate(self.issued.session, "user-42", ADA)

    def test_a_store_that_fails_is_not_fresh(self) -> None:
        service = self.build(store=self.store)
        self.store.fails = True
        with self.assertRaises(PublicationError):
            service.end_all()
        with self.assertRaises(Unavailable):
            service.issue("user-42", ADA)

    def test_rotations_in_parallel(self) -> None:
        service = self.build(store=self.store)
        outcomes: List[str] = []
        barrier = threading.Barrier(8)

        def rotate() -> None:
            barrier.wait()
            try:
                outcomes.append(service.rotate(self.issued.session).token)
            except Rejected:
                outcomes.append("")

        threads = [threading.Thread(target=rotate) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(map(bool, outcomes)), [False] * 7 + [True])


if __name__ == "__main__":
    unittest.main()
