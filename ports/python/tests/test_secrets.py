"""Keys, tokens, subjects and payloads stay out of everything that ends up in logs."""

from __future__ import annotations

import copy
import logging
import pickle
import traceback
import unittest
from typing import Any, Callable, Dict, List

from cloakroom import (
    CloakroomError, KeyEntry, KeyRing, RevocationList, RootKey, Sessions, parse_key, parse_ring,
    ring_to_text,
)

from .support import ADA, NOW, ring, sessions

SECRET = bytes.fromhex("c0ffee5ec4e7" * 5 + "0102")
KEY = RootKey(SECRET)
UNIT = KEY.derive("session", "api.example.com")
NAME = "Mallory-Doe-77"
SUBJECT = "subject-5511"


def shown(value: Any) -> str:
    record = logging.LogRecord("x", 10, "x", 1, "%s %r", (value, value), None)
    return f"{value} {value!r} {value:} {[value]} {{{value!r}}} {record.getMessage()}"


class Secrets(unittest.TestCase):
    def setUp(self) -> None:
        self.view = RevocationList()
        self.ring: KeyRing = ring(KEY)
        self.service: Sessions = sessions(keys=self.ring, revocations=self.view)
        payload = {**ADA, "name": NAME}
        self.issued = self.service.issue(SUBJECT, payload, binding="device-9931")
        self.session = self.service.verify(self.issued.token, binding="device-9931")
        self.service.log_out_everywhere(SUBJECT)

    def needles(self) -> List[str]:
        cipher = self.session._cipher
        secrets = [SECRET, UNIT._secret, cipher._unit, cipher._enc, cipher._siv,
                   self.session.id, self.session.payload]
        out = [KEY.to_text()[8:], UNIT.to_text()[14:], self.issued.token[5:], NAME, SUBJECT,
               "device-9931"]
        for secret in secrets:
            out += [secret.hex(), repr(secret)[2:-1], str(list(secret))[1:-1], secret.hex().upper()]
        return out

    def clean(self, text: str) -> None:
        for needle in self.needles():
            self.assertNotIn(needle[:24], text)

    def test_objects(self) -> None:
        things: Dict[str, Any] = {
            "key": KEY, "unit": UNIT, "entry": KeyEntry(KEY, NOW), "ring": self.ring,
            "sessions": self.service, "issued": self.issued, "session": self.session,
            "claims": self.session._claims, "cipher": self.session._cipher, "view": self.view,
            "keys": self.service._keys, "state": self.view._state,
            "record": self.view._state.records()[0],
            "encoded": self.service._payloads.encode({**ADA, "name": NAME}),
            "payloads": self.service._payloads, "own": self.service._payloads.own,
        }
        for name, thing in things.items():
            with self.subTest(name):
                self.clean(shown(thing))

    def test_nothing_secret_is_pickled(self) -> None:
        for thing in (KEY, UNIT, self.session, self.view._state, self.ring, KeyEntry(KEY, NOW)):
            for act in (pickle.dumps, copy.deepcopy):
                with self.subTest(f"{act} {thing!r}"), self.assertRaises(TypeError):
                    act(thing)

    def test_errors(self) -> None:
        token = self.issued.token
        text = ring_to_text(self.ring)
        unit_ring = KeyRing([KeyEntry(UNIT, NOW)], max_lifetime=28800, now=NOW)
        acts: List[Callable[[], object]] = [
            lambda: self.service.verify(token),
            lambda: self.service.verify(token, binding="device-9931"),
            lambda: self.service.verify(token[:-4] + "AAAA", binding="device-9931"),
            lambda: self.service.verify("x" + token),
            lambda: self.service.issue(SUBJECT, {**ADA, "name": NAME + "\ud800"}),
            lambda: self.service.issue(SUBJECT, {**ADA, "id": NAME}),
            lambda: self.service.issue(SUBJECT, {**ADA, NAME: 1}),
            lambda: self.service.issue(SUBJECT, {**ADA, "name": NAME * 300}),
            lambda: self.service.issue(SUBJECT * 50, ADA),
            lambda: self.service.issue(SUBJECT + "\ud800", ADA),
            lambda: self.service.issue(SUBJECT, ADA, binding="device-9931" * 500),
            lambda: self.service.rotate(self.session),
            lambda: sessions(keys=unit_ring, audience="other"),
            lambda: parse_key(KEY.to_text() + "x"),
            lambda: parse_key(KEY.to_text()[:-1] + "!"),
            lambda: parse_key(KEY.to_text()[:-1] + "\ud800"),
            lambda: parse_key(UNIT.to_text()[:-1]),
            lambda: RootKey(SECRET + b"x"),
            lambda: parse_ring(text + text.splitlines()[-1], now=NOW),
            lambda: parse_ring(text.replace("activate", KEY.to_text()), now=NOW),
            lambda: parse_ring(text + "\n" + KEY.to_text(), now=NOW),
            lambda: parse_ring(text + "\udc00", now=NOW),
            lambda: parse_ring(text.encode() + b"\xff", now=NOW),
        ]
        for number, act in enumerate(acts):
            with self.subTest(number):
                try:
                    act()
                except CloakroomError as error:
                    chain: List[BaseException] = [error]
                    while chain[-1].__context__ is not None:
                        chain.append(chain[-1].__context__)
                    for one in chain:
                        self.clean(shown(one) + shown(one.args) + shown(vars(one)))
                    lines = traceback.TracebackException.from_exception(error, lookup_lines=False)
                    self.clean("".join(lines.format_exception_only()))
                else:
                    self.fail("nothing was refused")


if __name__ == "__main__":
    unittest.main()
