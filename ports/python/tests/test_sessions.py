"""The life of sessions: issuing and moving them."""

from __future__ import annotations

import unittest
from unittest import mock

from cloakroom import (
    EncodedPayload, KeyEntry, KeyRing, Payloads, Policy, Published, Reason, RequestError, Sessions,
    Shape, Stage, Unavailable,
)
from cloakroom._params import GENERATION_MAX, TIME_MAX
from cloakroom.payload import Field, Option, Str, Struct

from .support import ADA, EVE, NOW, OTHER, ROOT, USER, Case, ring, sessions


class Life(Case):
    def test_round_trip(self) -> None:
        issued = self.service.issue("user-42", ADA, binding=b"device-7")
        session = self.service.verify(issued.token, binding=b"device-7")
        for one in (issued.session, session):
            self.assertEqual(one.value, ADA)
            self.assertEqual(one.subject, b"user-42")
            self.assertEqual((one.generation, one.read_only, one.schema), (0, False, (1, 0)))
            self.assertEqual((one.authenticated_at, one.issued_at), (NOW, NOW))
            self.assertEqual((one.idle, one.absolute, one.expires_at), (1800, 28800, NOW + 1800))
            self.assertEqual((one.kid, one.payload.hex()), (ROOT.kid, "2a0341646100"))
        self.assertEqual(session.id, issued.session.id)
        self.assertEqual(session.nonce, issued.session.nonce)
        self.assertEqual(session.log_id, issued.session.log_id)

    def test_every_login_has_its_own_id(self) -> None:
        self.assertEqual(len({self.service.issue("u", ADA).session.id for _ in range(100)}), 100)

    def test_end_of_time(self) -> None:
        self.service.end_all()
        self.clock.now = TIME_MAX
        self.service.issue("user-42", ADA)
        self.service.end_all()
        with self.assertRaisesRegex(RequestError, "9999"):
            self.service.issue("user-42", ADA)

    def test_random_source_fails(self) -> None:
        with mock.patch("os.urandom", side_effect=OSError):
            self.raises(Unavailable, lambda: self.service.issue("user-42", ADA))

    def test_idle_deadline(self) -> None:
        token = self.service.issue("user-42", ADA).token
        self.clock.now = NOW + 1799.999
        self.service.verify(token)
        self.clock.now = NOW + 1800
        self.rejects(Reason.IDLE, lambda: self.service.verify(token))
        self.clock.now = NOW + 28800
        self.rejects(Reason.EXPIRED, lambda: self.service.verify(token))
        self.clock.now = NOW - 60
        self.service.verify(token)
        self.clock.now = NOW - 60.001
        self.rejects(Reason.NOT_YET, lambda: self.service.verify(token))

    def test_table_of_times(self) -> None:
        # SPEC 8.2: issued_at, idle, absolute, policy idle, policy absolute, leeway, now, result.
        many = 2**32 - 1
        for issued, idle, absolute, own_idle, own_absolute, leeway, now, result in (
            (900, 1800, 28800, None, many, 0, 2699, None),
            (900, 1800, 28800, None, many, 0, 2700, Reason.IDLE),
            (900, 1800, 28800, None, many, 1, 2700, None),
            (900, 1800, 28800, None, many, 1, 2701, Reason.IDLE),
            (28000, 1800, 28800, None, many, 0, 28799, None),
            (28000, 1800, 28800, None, many, 0, 28800, Reason.EXPIRED),
            (900, 1800, 28800, None, many, 0, 28800, Reason.EXPIRED),
            (0, 1800, 28800, None, many, 0, -60, None),
            (0, 1800, 28800, None, many, 0, -61, Reason.NOT_YET),
            (900, 1800, 28800, None, many, 0, 840, None),
            (900, 1800, 28800, None, many, 0, 839, Reason.NOT_YET),
            (900, 0, 28800, None, many, 0, 28799, None),
            (900, 1800, 28800, 600, many, 0, 1500, Reason.IDLE),
            (900, 0, 28800, 600, many, 0, 1500, Reason.IDLE),
            (900, 1800, 28800, None, 1000, 0, 1000, Reason.EXPIRED),
            (30000, 1800, 28800, None, many, 0, 29000, Reason.NOT_YET),
            (30000, 1800, 28800, None, many, 0, 29940, Reason.EXPIRED),
        ):
            claims = self.service.issue("u", ADA).session._claims._replace(
                issued_at=NOW + issued, idle=idle, absolute=absolute
            )
            policy = Policy(absolute=own_absolute, idle=own_idle, leeway=leeway)
            if result is None:
                policy.check_time(claims, NOW + now)
            else:
                self.rejects(result, lambda: policy.check_time(claims, NOW + now))

    def test_clocks(self) -> None:
        token = self.service.issue("user-42", ADA).token
        for bad in (-0.5, -1, TIME_MAX + 1, float("nan"), float("inf"), None, "now", True, 10**400):
            self.clock.now = bad  # type: ignore[assignment]
            with self.subTest(repr(bad)):
                self.raises(Unavailable, lambda: self.service.verify(token))
                self.raises(Unavailable, lambda: self.service.issue("user-42", ADA))
                self.raises(Unavailable, lambda: self.service.log_out_everywhere("user-42"))
        with mock.patch.object(self.service, "_clock", side_effect=OSError):
            self.raises(Unavailable, lambda: self.service.verify(token))

    def test_size(self) -> None:
        service = sessions(self.clock, payload=Shape.raw(1), max_token_length=200)
        service.issue("u", bytes(66))
        with self.assertRaises(RequestError) as caught:
            service.issue("u", bytes(100))
        self.assertIn("200", str(caught.exception))
        largest = sessions(self.clock, payload=Shape.raw(1))
        fits = max(n for n in range(2900, 3025) if self._fits(largest, n))
        issued = largest.issue("u", bytes(fits))
        self.clock.now = NOW + 1799
        renewed = largest.renew(largest.verify(issued.token))
        assert renewed is not None
        while self.clock.now < NOW + 28000:
            self.clock.now += 1799
            renewed = largest.renew(largest.verify(renewed.token)) or self.fail()
        self.assertLessEqual(len(renewed.token), 4096)

    @staticmethod
    def _fits(service: Sessions, length: int) -> bool:
        try:
            service.issue("u", bytes(length))
            return True
        except RequestError:
            return False

    def test_ages(self) -> None:
        session = self.service.issue("user-42", ADA).session
        self.assertTrue(session.max_age(1))
        self.assertFalse(session.max_age(0))
        self.clock.now = NOW + 100
        later = self.service.verify(self.service.update(session, ADA).token)
        self.assertTrue(later.max_age(1))
        self.assertFalse(later.require_fresh(100))
        self.assertTrue(later.require_fresh(101))


class Moving(Case):
    def test_renew(self) -> None:
        issued = self.service.issue("user-42", ADA, binding="b")
        self.clock.now = NOW + 899
        self.assertIsNone(self.service.renew(self.service.verify(issued.token, binding="b")))
        self.clock.now = NOW + 900
        renewed = self.service.renew(self.service.verify(issued.token, binding="b"))
        assert renewed is not None
        session = self.service.verify(renewed.token, binding="b")
        self.assertEqual((session.issued_at, session.authenticated_at), (NOW + 900, NOW))
        self.assertEqual((session.id, session.value), (issued.session.id, ADA))
        self.assertEqual((renewed.session.value, renewed.session.nonce), (ADA, session.nonce))

    def test_renewal_moves_to_the_next_key(self) -> None:
        old = ring(ROOT)
        both = KeyRing(
            [KeyEntry(ROOT, NOW - 3600), KeyEntry(OTHER, NOW + 1000)], max_lifetime=28800, now=NOW
        )
        service = sessions(self.clock, keys=old)
        token = service.issue("user-42", ADA).token
        service.replace_ring(both)
        self.clock.now = NOW + 1000
        renewed = service.renew(service.verify(token))
        assert renewed is not None
        self.assertEqual(service.verify(renewed.token).kid, OTHER.kid)
        self.assertEqual(service.verify(token).kid, ROOT.kid)

    def test_a_session_of_another_configuration(self) -> None:
        session = self.service.issue("user-42", ADA).session
        other = sessions(self.clock, audience="other", revocations=self.view)
        for act in (
            lambda: other.renew(session), lambda: other.rotate(session),
            lambda: other.update(session, ADA), lambda: other.log_out(session),
            lambda: other.reauthenticate(session, "user-42", ADA),
            lambda: other.log_out_others(session),
        ):
            self.rejects(Reason.INVALID, act)
        self.assertEqual(self.service.verify(self.service.rotate(session).token).generation, 1)

    def test_the_binding_of_the_verification_stays(self) -> None:
        for act in (lambda one: self.service.update(one, EVE), self.service.rotate):
            token = act(self.service.issue("user-42", ADA, binding="b").session).token
            self.rejects(Reason.INVALID, lambda: self.service.verify(token))
            self.service.verify(token, binding="b")

    def test_update_retracts_nothing(self) -> None:
        issued = self.service.issue("user-42", ADA)
        self.clock.now = NOW + 5
        updated = self.service.update(issued.session, EVE)
        self.assertEqual(self.service.verify(updated.token).value, EVE)
        self.assertEqual(self.service.verify(updated.token).issued_at, NOW + 5)
        self.assertEqual(self.service.verify(issued.token).value, ADA)

    def test_rotate_retracts(self) -> None:
        issued = self.service.issue("user-42", ADA)
        rotated = self.service.rotate(issued.session, EVE)
        self.assertIs(rotated.published, Published.IN_MEMORY)
        session = self.service.verify(rotated.token)
        self.assertEqual((session.value, session.generation), (EVE, 1))
        self.rejects(Reason.REVOKED, lambda: self.service.verify(issued.token))
        again = self.service.rotate(session)
        self.assertEqual(self.service.verify(again.token).value, EVE)
        for act in (
            lambda: self.service.rotate(issued.session), lambda: self.service.renew(session),
            lambda: self.service.update(session, EVE),
        ):
            self.rejects(Reason.REVOKED, act)

    def test_of_two_rotations_at_once_one_wins(self) -> None:
        session = self.service.issue("user-42", ADA).session
        # Both have passed the recheck before either publishes.
        with mock.patch.object(self.service, "_is_revoked", return_value=False):
            self.service.rotate(session)
            self.rejects(Reason.REVOKED, lambda: self.service.rotate(session))

    def test_last_generation(self) -> None:
        session = self.service.issue("user-42", ADA).session
        session._claims = session._claims._replace(generation=GENERATION_MAX - 1)
        last = self.service.rotate(session).session
        self.assertEqual(last.generation, GENERATION_MAX)
        self.raises(RequestError, lambda: self.service.rotate(last))
        self.service.log_out(last)
        self.rejects(Reason.REVOKED, lambda: self.service.update(last, ADA))

    def test_recheck_sees_time_and_keys(self) -> None:
        session = self.service.issue("user-42", ADA).session
        self.clock.now = NOW + 1800
        for act in (lambda: self.service.renew(session), lambda: self.service.rotate(session),
                    lambda: self.service.update(session, ADA)):
            self.rejects(Reason.IDLE, act)
        self.clock.now = NOW
        disabled = KeyRing(
            [KeyEntry(ROOT, NOW - 10, disabled=True), KeyEntry(OTHER, NOW - 5)],
            max_lifetime=28800, now=NOW,
        )
        self.service.replace_ring(disabled)
        self.assertIs(
            self.rejects(Reason.INVALID, lambda: self.service.renew(session)).stage, Stage.KEY
        )

    def test_no_sealing_key(self) -> None:
        token = self.service.issue("user-42", ADA).token
        self.clock.now = NOW - 3601
        late = sessions(self.clock, policy=Policy(absolute=28800, idle=1800, tolerance=300))
        self.raises(Unavailable, lambda: late.issue("user-42", ADA))
        self.rejects(Reason.NOT_YET, lambda: late.verify(token))

    def test_newer_minor_is_read_only(self) -> None:
        newer = Struct(*USER.fields, Field("theme", Option(Str()), None))
        ahead = sessions(self.clock, payload=Shape(1, 1, newer), revocations=self.view)
        token = ahead.issue("user-42", {**ADA, "theme": "dark"}).token
        session = self.service.verify(token)
        self.assertEqual((session.read_only, session.value), (True, ADA))
        self.raises(RequestError, lambda: self.service.update(session, ADA))
        self.raises(RequestError, lambda: self.service.rotate(session, ADA))
        rotated = self.service.rotate(session)
        self.assertTrue(rotated.session.read_only)
        self.assertEqual(ahead.verify(rotated.token).value, {**ADA, "theme": "dark"})
        older = ahead.verify(self.service.issue("user-42", ADA).token)
        self.assertEqual((older.read_only, older.value), (False, {**ADA, "theme": None}))

    def test_other_majors(self) -> None:
        raw = Shape.raw(2)
        service = sessions(self.clock, payload=Payloads(Shape(1, 0, USER), raw))
        issued = service.issue("user-42", raw.encode(b"bytes"))
        self.assertEqual(service.verify(issued.token).value, b"bytes")
        self.assertEqual(issued.session.value, b"bytes")
        error = self.rejects(Reason.WRONG_SCHEMA, lambda: self.service.verify(issued.token))
        self.assertIs(error.stage, Stage.SCHEMA)
        foreign = self.service.issue("user-42", EncodedPayload(b"", 9, 0))
        self.assertEqual((foreign.session.value, foreign.session.read_only), (None, True))
        for bad in (EncodedPayload(b"", -1, 0), EncodedPayload(bytes(3025), 1, 0),
                    EncodedPayload("", 1, 0)):  # type: ignore[arg-type]
            self.raises(RequestError, lambda: service.issue("user-42", bad))


if __name__ == "__main__":
    unittest.main()
