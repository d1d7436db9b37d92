"""What ends a session in the example for FastAPI: a login in its place, and a logout."""

from __future__ import annotations

import json
import unittest
from typing import Any, List, Tuple

from cloakroom import RevocationList

from .support import MemoryStore
from .test_web import Headers, Reply, WebCase

REMOVAL = "__Host-session=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax"


def cookie(token: str) -> Tuple[str, str]:
    return "Cookie", f"__Host-session={token}"


def bearer(token: str) -> Tuple[str, str]:
    return "Authorization", f"Bearer {token}"


def token_of(reply: Reply) -> str:
    return reply.headers["set-cookie"].partition(";")[0].partition("=")[2]


class Ends(WebCase):
    def me(self, token: str) -> Any:
        """The subject of a token, or the status of the refusal."""
        reply = self.ask("GET", "/me", cookie(token))
        return bytes.fromhex(json.loads(reply.body)["subject"]) if reply.status == 200 else reply.status

    def test_a_login_ends_the_session_that_the_request_presents(self) -> None:
        self.start()
        for present in (cookie, bearer):
            mallory = token_of(self.ask("POST", "/login/mallory"))
            ada = self.ask("POST", "/login/ada", present(mallory))
            self.assertEqual((ada.status, self.me(token_of(ada))), (200, b"ada"))
            self.assertEqual(self.me(mallory), 401)

    def test_a_login_ends_what_the_presented_session_was_renewed_to(self) -> None:
        sessions = self.start()
        mallory = sessions.issue("mallory", b"")
        self.now += 900
        copy = sessions.renew(mallory.session)
        assert copy is not None
        self.now += 900
        self.assertEqual((self.me(mallory.token), self.me(copy.token)), (401, b"mallory"))
        self.assertEqual(self.ask("POST", "/login/ada", cookie(mallory.token)).status, 200)
        self.assertEqual(self.me(copy.token), 401)

    def test_a_login_succeeds_whatever_else_the_request_presents(self) -> None:
        sessions = self.start()
        gone = sessions.issue("ada", b"")
        sessions.log_out(gone.session)
        presented: List[Headers] = [
            [cookie("x")], [cookie("")], [cookie(gone.token)], [cookie(gone.token)] * 2, [bearer("x")],
            [("Authorization", "")],
        ]
        for headers in presented:
            reply = self.ask("POST", "/login/ada", *headers)
            self.assertEqual((reply.status, self.me(token_of(reply))), (200, b"ada"))

    def test_a_login_that_cannot_end_the_presented_session_gives_no_token(self) -> None:
        store = MemoryStore()
        self.start(RevocationList(store=store))
        mallory = token_of(self.ask("POST", "/login/mallory"))
        store.fails = True
        ada = self.ask("POST", "/login/ada", cookie(mallory))
        self.assertEqual((ada.status, ada.cookies), (503, 0))
        self.assertEqual(self.me(mallory), 401)

    def test_an_idle_token_logs_its_session_out(self) -> None:
        sessions = self.start()
        issued = sessions.issue("ada", b"")
        self.now += 900
        copy = sessions.renew(issued.session)
        assert copy is not None
        self.now += 900
        self.assertEqual((self.me(issued.token), self.me(copy.token)), (401, b"ada"))
        reply = self.ask("POST", "/logout", cookie(issued.token))
        self.assertEqual((reply.status, reply.headers["set-cookie"]), (200, REMOVAL))
        self.assertEqual(self.me(copy.token), 401)

    def test_a_client_is_not_told_whether_a_token_logged_somebody_out(self) -> None:
        token = self.start().issue("ada", b"").token
        answers = set()
        presented: List[Headers] = [[cookie(token)], [cookie(token)], [cookie("x")], [], [bearer(token)], [bearer("x")]]
        for headers in presented:
            reply = self.ask("POST", "/logout", *headers)
            answers.add((reply.status, reply.headers["set-cookie"], reply.headers["cache-control"], reply.body))
        self.assertEqual(answers, {(200, REMOVAL, "no-store", b'{"result":"logged out"}')})

    def test_without_a_clock_nobody_is_told_that_a_session_ended(self) -> None:
        token = self.start().issue("ada", b"").token
        self.now = -1.0
        for presented in (token, "x"):
            reply = self.ask("POST", "/logout", cookie(presented))
            self.assertEqual((reply.status, reply.cookies), (503, 0))


if __name__ == "__main__":
    unittest.main()
