"""The end of sessions."""

from __future__ import annotations

import unittest

from cloakroom import ConfigurationError, KeyEntry, KeyRing, Published, Reason, RequestError, RevocationList

from .support import ADA, EVE, NOW, OTHER, ROOT, Case, sessions


class Ending(Case):
    def test_log_out(self) -> None:
        one, two = (self.service.issue("user-42", ADA) for _ in range(2))
        self.service.log_out(one.session)
        self.rejects(Reason.REVOKED, lambda: self.service.verify(one.token))
        self.service.verify(two.token)

    def test_log_out_by_an_expired_token(self) -> None:
        issued = self.service.issue("user-42", ADA)
        self.clock.now = NOW + 1000
        renewed = self.service.renew(issued.session)
        assert renewed is not None
        self.clock.now = NOW + 1800
        self.rejects(Reason.IDLE, lambda: self.service.verify(issued.token))
        self.assertIsNone(self.service.log_out_token(issued.token, binding="other"))
        self.service.verify(renewed.token)
        self.assertIs(self.service.log_out_token(issued.token), Published.IN_MEMORY)
        self.rejects(Reason.REVOKED, lambda: self.service.verify(renewed.token))

    def test_log_out_by_a_token_of_a_retired_key(self) -> None:
        token = self.service.issue("user-42", ADA).token
        later = KeyRing(
            [KeyEntry(ROOT, NOW - 9, retire=NOW, forced=True), KeyEntry(OTHER, NOW)],
            max_lifetime=28800, now=NOW,
        )
        self.service.replace_ring(later, force=True)
        self.rejects(Reason.INVALID, lambda: self.service.verify(token))
        self.assertIsNotNone(self.service.log_out_token(token))
        disabled = KeyRing(
            [KeyEntry(ROOT, NOW - 9, disabled=True), KeyEntry(OTHER, NOW)],
            max_lifetime=28800, now=NOW,
        )
        self.service.replace_ring(disabled)
        self.assertIsNone(self.service.log_out_token(token))

    def test_log_out_everywhere_and_in_again(self) -> None:
        old = self.service.issue("user-42", ADA)
        other = self.service.issue("user-43", ADA)
        for _ in range(3):
            self.service.log_out_everywhere("user-42")
            self.rejects(Reason.REVOKED, lambda: self.service.verify(old.token))
            old = self.service.issue("user-42", ADA)
            # The start bound puts it after the cut-off.
            self.assertGreater(old.session.authenticated_at, NOW)
            self.service.verify(old.token)
        self.service.verify(other.token)
        self.raises(RequestError, lambda: self.service.log_out_everywhere(""))
        # Whoever is back can do something at once.
        self.service.verify(self.service.rotate(old.session).token)

    def test_log_out_others(self) -> None:
        stays, ends = (self.service.issue("user-42", ADA) for _ in range(2))
        self.service.log_out_others(stays.session)
        self.service.verify(stays.token)
        self.rejects(Reason.REVOKED, lambda: self.service.verify(ends.token))
        nobody = self.service.issue("", ADA).session
        self.raises(RequestError, lambda: self.service.log_out_others(nobody))

    def test_end_all(self) -> None:
        token = self.service.issue("", ADA).token
        elsewhere = sessions(self.clock, audience="other", revocations=self.view)
        spared = elsewhere.issue("", ADA).token
        self.service.end_all()
        self.rejects(Reason.REVOKED, lambda: self.service.verify(token))
        elsewhere.verify(spared)

    def test_cut_off_at_a_time(self) -> None:
        early = self.service.issue("user-42", ADA)
        self.clock.now += 10
        late = self.service.issue("user-42", ADA)
        self.service.log_out_everywhere("user-42", before=NOW + 10)
        self.rejects(Reason.REVOKED, lambda: self.service.verify(early.token))
        self.service.verify(late.token)
        self.service.end_all(before=NOW + 40)
        for bad in (NOW + 41, -1, "now", 1.5):
            self.raises(RequestError, lambda: self.service.end_all(before=bad))  # type: ignore[arg-type]

    def test_cut_off_now(self) -> None:
        # SPEC 9.6: max(now + skew + 1, min(bound + 1, now + floor(tolerance / 2))).
        for bound, expected in ((0, 3), (2, 3), (3, 4), (29, 30), (30, 30)):
            view = RevocationList()
            service = sessions(self.clock, revocations=view)
            if bound:
                service.log_out_everywhere("user-42", before=NOW + bound)
            service.log_out_everywhere("user-42")
            self.assertEqual(
                service.issue("user-42", ADA).session.authenticated_at, NOW + expected, bound
            )

    def test_distrust(self) -> None:
        token = self.service.issue("user-42", ADA).token
        self.service.distrust_key(ROOT.kid)
        self.rejects(Reason.REVOKED, lambda: self.service.verify(token))
        self.raises(RequestError, lambda: self.service.issue("user-42", ADA))
        for bad in (b"", b"12345", "abcd", None):
            self.raises(RequestError, lambda: self.service.distrust_key(bad))  # type: ignore[arg-type]

    def test_reauthenticate(self) -> None:
        old = self.service.issue("user-42", ADA)
        new = self.service.reauthenticate(old.session, "user-42", EVE)
        self.assertNotEqual(new.session.id, old.session.id)
        self.service.verify(new.token)
        self.rejects(Reason.REVOKED, lambda: self.service.verify(old.token))

    def test_without_revocation(self) -> None:
        service = sessions(self.clock, revocations=RevocationList.none())
        issued = service.issue("user-42", ADA)
        self.assertIs(service.log_out(issued.session), Published.NOWHERE)
        service.verify(issued.token)
        for act in (
            lambda: service.rotate(issued.session),
            lambda: service.reauthenticate(issued.session, "user-42", ADA),
        ):
            self.raises(ConfigurationError, act)


if __name__ == "__main__":
    unittest.main()
