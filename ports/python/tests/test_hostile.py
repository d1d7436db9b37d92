"""What a network may send, and what an application may get wrong."""

from __future__ import annotations

import time
import unittest
from typing import Any, List, Tuple

from cloakroom import (
    CloakroomError, ConfigurationError, KeyEntry, KeyRing, Payloads, Policy, Reason, Rejected,
    RequestError, RevocationList, RootKey, Sessions, Shape, Stage, UnitKey, parse_key, parse_ring,
)

from .support import ADA, NOW, OTHER, POLICY, ROOT, ring, sessions


class Odd(str):
    """A str that lies about itself."""

    def __len__(self) -> int:
        raise RuntimeError

    def startswith(self, *args: Any) -> bool:
        raise RuntimeError

    def encode(self, *args: Any, **kwargs: Any) -> bytes:
        raise RuntimeError


class Tokens(unittest.TestCase):
    def setUp(self) -> None:
        self.sessions = sessions()
        self.token = self.sessions.issue("user-42", ADA).token

    def rejected(self, token: Any, stage: Stage) -> None:
        with self.assertRaises(Rejected) as caught:
            self.sessions.verify(token)
        self.assertIs(caught.exception.stage, stage)
        self.assertEqual(str(caught.exception), "session rejected")
        self.assertIsNone(caught.exception.__context__)
        self.assertIsNone(caught.exception.__cause__)

    def test_whatever_is_not_a_token(self) -> None:
        token = self.token
        table: List[Any] = [
            None, True, 0, -1, 1.5, float("nan"), 10**100, object(), [], {}, (), set(), [token],
            {"token": token}, lambda: token, type, Exception(token), bytearray(token.encode()),
            memoryview(token.encode()), range(100), "", " ", "clk1.", "clk1." + "A" * 59,
            "clk1." + "A" * 4092, "clk1." + "A" * 10**7, "x" * 10**7, b"\x00" * 100, b"",
            token + "=", token + "\n", " " + token, "\ufeff" + token,
            token.upper(), token.replace("clk1", "clk2"), token.replace("clk1.", "clk1"),
            token[:40] + "\x00" + token[41:], token[:40] + "é" + token[41:],
            token[:40] + "\ud800" + token[41:], token[:40] + "+" + token[41:],
            token[:40] + "/" + token[41:], token[:40] + "\uff21" + token[41:], token.encode("utf-16"),
            token.encode() + b"\xff", "٣" * 100, "clk1." + "٣" * 100,
        ]
        for bad in table:
            with self.subTest(type=type(bad), start=repr(bad)[:40]):
                self.rejected(bad, Stage.TEXT)

    def test_a_str_with_methods_of_its_own_is_a_str(self) -> None:
        self.assertEqual(self.sessions.verify(Odd(self.token)).value, ADA)
        self.rejected(Odd("x" * 100), Stage.TEXT)
        self.rejected(Odd(""), Stage.TEXT)

    def test_bytes_of_a_token_are_a_token(self) -> None:
        self.assertEqual(self.sessions.verify(self.token.encode()).value, ADA)

    def test_every_bit(self) -> None:
        data = self.token.encode()
        stages = set()
        for bit in range(8 * len(data)):
            changed = bytearray(data)
            changed[bit // 8] ^= 1 << bit % 8
            with self.assertRaises(Rejected) as caught:
                self.sessions.verify(bytes(changed))
            self.assertIs(caught.exception.reason, Reason.INVALID)
            stages.add(caught.exception.stage)
        self.assertEqual(stages, {Stage.TEXT, Stage.KEY, Stage.TAG})

    def test_every_length(self) -> None:
        for text in [self.token[:end] for end in range(len(self.token))] + [
            self.token + "A" * count for count in range(1, 9)
        ]:
            with self.assertRaises(Rejected) as caught:
                self.sessions.verify(text)
            self.assertIs(caught.exception.reason, Reason.INVALID)

    def test_every_character_at_every_place(self) -> None:
        for place in range(0, len(self.token), 7):
            for code in range(256):
                changed = self.token[:place] + chr(code) + self.token[place + 1 :]
                if changed != self.token:
                    with self.assertRaises(Rejected):
                        self.sessions.verify(changed)

    def test_size_bounds_the_work(self) -> None:
        for bad in ("clk1." + "A" * 10**8, "é" * 10**8):
            before = time.thread_time()
            self.rejected(bad, Stage.TEXT)
            self.assertLess(time.thread_time() - before, 0.01)

    def test_tokens_of_others(self) -> None:
        for name, other in (
            ("key", sessions(keys=ring(OTHER))),
            ("purpose", sessions(purpose="sessions")),
            ("audience", sessions(audience="api.example.org")),
            ("border", sessions(purpose="sessiona", audience="pi.example.com")),
        ):
            stage = Stage.KEY if name == "key" else Stage.TAG
            with self.subTest(name):
                self.rejected(other.issue("user-42", ADA).token, stage)
        bound = self.sessions.issue("user-42", ADA, binding=b"device-7").token
        self.rejected(bound, Stage.TAG)
        self.assertEqual(self.sessions.verify(bound, binding="device-7").value, ADA)


class Arguments(unittest.TestCase):
    JUNK: Tuple[Any, ...] = (None, True, 1, 1.5, object(), [], {})

    def test_texts(self) -> None:
        service = sessions()
        session = service.issue("user-42", ADA).session
        lone = "\ud800"
        for junk in self.JUNK:
            with self.subTest(repr(junk)):
                with self.assertRaises(ConfigurationError):
                    sessions(purpose=junk)
                with self.assertRaises(ConfigurationError):
                    sessions(audience=junk)
                with self.assertRaises(RequestError):
                    service.issue(junk, ADA)
                with self.assertRaises(RequestError):
                    service.issue("user-42", ADA, binding=junk)
                with self.assertRaises(RequestError):
                    service.verify("x", binding=junk)
                with self.assertRaises(RequestError):
                    service.log_out_everywhere(junk)
                for operation in (service.renew, service.rotate, service.log_out,
                                  service.log_out_others):
                    with self.assertRaises(RequestError):
                        operation(junk)
                with self.assertRaises(RequestError):
                    service.update(junk, ADA)
                with self.assertRaises(RequestError):
                    service.reauthenticate(junk, "user-42", ADA)
                self.assertIsNone(service.log_out_token(junk))
                with self.assertRaises(ConfigurationError):
                    parse_key(junk)
                with self.assertRaises(ConfigurationError):
                    parse_ring(junk, now=NOW)
                if junk is not True and junk != 1:
                    with self.assertRaises(CloakroomError):
                        session.max_age(junk)
        for text in (lone, "x" * 256, b"x" * 256):
            with self.assertRaises(ConfigurationError):
                sessions(purpose=text)
            with self.assertRaises(RequestError) as caught:
                service.issue(text, ADA)
            self.assertIsNone(caught.exception.__context__)
        for text in ("x" * 1025, lone):
            with self.assertRaises(RequestError):
                service.verify("x", binding=text)
        with self.assertRaises(ConfigurationError):
            sessions(purpose="")
        self.assertEqual(sessions(audience="").issue("", ADA).session.subject, b"")

    def test_configuration(self) -> None:
        view = RevocationList()
        shape = Shape.raw(1)
        for junk in self.JUNK:
            for change in (
                {"ring": junk}, {"policy": junk}, {"payload": junk}, {"revocations": junk},
                {"max_token_length": junk},
            ):
                given = {
                    "ring": ring(), "policy": POLICY, "payload": shape, "revocations": view,
                    **change,
                }
                if given.get("max_token_length") == 1:
                    continue
                with self.subTest(repr(change)), self.assertRaises(ConfigurationError):
                    Sessions(given.pop("ring"), "session", **given)
        with self.assertRaises(ConfigurationError):
            sessions(max_token_length=64)
        with self.assertRaises(ConfigurationError):
            sessions(max_token_length=4097)

    def test_policies(self) -> None:
        good = {"absolute": 28800, "idle": 1800}
        for change in (
            {"absolute": 0}, {"absolute": 2**32}, {"absolute": None}, {"absolute": 1.0},
            {"absolute": True}, {"idle": 0}, {"idle": -1}, {"idle": 2**32}, {"idle": "1800"},
            {"idle": True}, {"idle": False}, {"leeway": -1}, {"leeway": 301}, {"tolerance": 301},
            {"tolerance": -1}, {"skew": -1}, {"share": (1, 1)}, {"share": (2, 1)},
            {"share": (0, 0)}, {"share": (-1, 2)}, {"share": (1, 2**32)}, {"share": [1, 2]},
            {"share": (1,)}, {"share": 0.5}, {"grace": 1}, {"share": (True, 2)},
        ):
            with self.subTest(repr(change)), self.assertRaises(ConfigurationError):
                Policy(**{**good, **change})  # type: ignore[arg-type]
        self.assertEqual(Policy(absolute=2**32 - 1, idle=None, share=(0, 1)).ttl, 2**32 - 1)

    def test_issuers_need_room_to_revoke(self) -> None:
        tight = Policy(absolute=28800, idle=None, tolerance=5)
        with self.assertRaises(ConfigurationError):
            sessions(policy=tight)
        verifier = sessions(policy=tight, verify_only=True)
        token = sessions().issue("user-42", ADA).token
        session = verifier.verify(token)
        for refused in (
            lambda: verifier.issue("user-42", ADA), lambda: verifier.renew(session),
            lambda: verifier.rotate(session), lambda: verifier.update(session, ADA),
            lambda: verifier.log_out(session), lambda: verifier.log_out_token(token),
            lambda: verifier.log_out_everywhere("user-42"), verifier.end_all,
            lambda: verifier.distrust_key(ROOT.kid), lambda: verifier.log_out_others(session),
        ):
            with self.assertRaises(ConfigurationError):
                refused()
        sessions(policy=Policy(absolute=28800, idle=None, tolerance=6))

    def test_lifetime_of_the_ring(self) -> None:
        sessions(keys=ring(max_lifetime=1800))
        with self.assertRaises(ConfigurationError):
            sessions(keys=ring(max_lifetime=1799))

    def test_keys(self) -> None:
        for bad in (bytes(32), b"\x07" * 32, b"short", bytes(range(33)), "x" * 32, None):
            with self.assertRaises(ConfigurationError):
                RootKey(bad)  # type: ignore[arg-type]
        with self.assertRaises(ConfigurationError):
            UnitKey(b"\x00" * 4, b"\x01" * 32, b"\x00" * 6)
        unit = ROOT.derive("session", "api.example.com")
        entry = KeyEntry(unit, NOW)
        keys = KeyRing([entry], max_lifetime=28800, now=NOW)
        self.assertTrue(sessions(keys=keys).issue("user-42", ADA).token)
        with self.assertRaises(ConfigurationError):
            sessions(keys=keys, audience="other")
        with self.assertRaises(ConfigurationError):
            KeyRing([entry, KeyEntry(OTHER, NOW - 1)], max_lifetime=28800, now=NOW)
        for good in (ROOT.to_text(), unit.to_text(), ROOT.to_text().encode()):
            self.assertEqual(parse_key(good).kid, ROOT.kid)

    def test_shapes(self) -> None:
        for bad in ({"major": -1}, {"major": 2**32}, {"major": 1, "minor": 1}, {"major": "1"},
                    {"major": 1, "type": str}):
            with self.assertRaises(ConfigurationError):
                Shape(**bad)
        with self.assertRaises(ConfigurationError):
            Payloads(Shape.raw(1), Shape.raw(1))


if __name__ == "__main__":
    unittest.main()
