"""Sessions at the limit of their cookie, in the example for FastAPI: SPEC 8.12 and 10.1."""

from __future__ import annotations

import unittest
from typing import Any

from cloakroom import ConfigurationError, RequestError, Sessions, cookie_token_length

from .test_web import MISSING, WebCase

if not MISSING:
    from examples.fastapi_app import TOKEN_MAX

ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Lax"


def greatest(sessions: Sessions, subject: str) -> int:
    """The greatest payload that a login takes."""
    for size in range(3024, 0, -1):
        try:
            sessions.issue(subject, bytes(size))
        except RequestError:
            continue
        return size
    raise AssertionError("nothing fits")


class Room(unittest.TestCase):
    def test_the_room_in_a_cookie_is_what_name_and_attributes_leave(self) -> None:
        room = cookie_token_length("__Host-session", ATTRIBUTES)
        line = f"__Host-session={'x' * room}; Max-Age=4294967295; {ATTRIBUTES}"
        self.assertEqual((room, len(line)), (4021, 4096))
        self.assertEqual(cookie_token_length("\u00e9", ATTRIBUTES), cookie_token_length("ee", ATTRIBUTES))
        self.assertEqual(cookie_token_length("a", "Path=/", 10000), 4096)
        self.assertEqual(cookie_token_length("a", "", 88 + 1), 65)
        bad: Any
        for bad in (88, 0, -1, 4096.0, None):
            with self.assertRaises(ConfigurationError):
                cookie_token_length("a", "", bad)


class Sizes(WebCase):
    def test_what_fits_at_login_fits_at_every_renewal(self) -> None:
        sessions = self.start(max_token_length=TOKEN_MAX)
        size = greatest(sessions, "carol")
        line = "__Host-session=" + sessions.issue("carol", bytes(size)).token
        for moment in range(901, 28800, 901):
            self.now += 901
            reply = self.ask("GET", "/me", ("Cookie", line.partition(";")[0]))
            self.assertEqual(reply.status, 200)
            line = reply.headers["set-cookie"]
            self.assertLessEqual(len(line), 4096, moment)
        with self.assertRaisesRegex(RequestError, r"has 40\d\d characters at its longest; the limit is 4021"):
            sessions.issue("carol", bytes(size + 1))

    def test_a_login_that_does_not_fit_is_refused(self) -> None:
        self.start(max_token_length=200)
        fits = max(n for n in range(1, 256) if self.ask("POST", "/login/" + "u" * n).status == 200)
        self.assertGreater(fits, 10)
        line = self.ask("POST", "/login/" + "u" * fits).headers["set-cookie"]
        self.assertEqual(self.ask("POST", "/login/" + "u" * (fits + 1)).status, 400)
        self.now += 901
        self.assertIn("set-cookie", self.ask("GET", "/me", ("Cookie", line.partition(";")[0])).headers)

    def test_without_room_for_a_renewal_the_response_is_whole(self) -> None:
        sessions = self.start()
        start, tried, renewed, size = self.now, 0, False, 2937
        while not renewed:
            self.now = start
            token = sessions.issue("carol", bytes(size)).token
            self.now += 901
            reply = self.ask("GET", "/me", ("Cookie", f"__Host-session={token}"))
            self.assertEqual((reply.status, reply.body[:11]), (200, b'{"subject":'))
            renewed = reply.cookies == 1
            tried += not renewed
            size -= 1
        self.assertGreater(tried, 0)


if __name__ == "__main__":
    unittest.main()
