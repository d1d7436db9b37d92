"""A server's part in a feed, driven by JSON lines: for tests of several implementations together."""

from __future__ import annotations

import json
import os
import re
from typing import Any, BinaryIO, Dict, Optional

from cloakroom import Freshness, Policy, PublicationError, Published, RevocationList
from cloakroom import _crypto
from cloakroom._params import CUTOFF_MAX, GENERATION_MAX, LOGGED_OUT, SUBJECT_MAX, TIME_MAX
from cloakroom.claims import Claims
from cloakroom.feed import Feed, FeedKey
from cloakroom.feed.redis import RedisEngine
from cloakroom.records import AUDIENCE, KEY, SUBJECT, Record, cutoff, session_entry

from .requests import BadRequest

POLICY = Policy(absolute=28800, idle=1800)
_NOBODY = bytes(16)


def _session_id(value: object) -> bytes:
    session = None
    if isinstance(value, str):
        try:
            session = bytes.fromhex(value)
        except ValueError:
            pass
    if session is None or len(session) != 16:
        raise BadRequest
    return session


def _kid(value: object) -> bytes:
    if not isinstance(value, str) or re.fullmatch("[0-9a-f]{8}", value) is None:
        raise BadRequest
    return bytes.fromhex(value)


def _subject(value: object) -> bytes:
    if not isinstance(value, str):
        raise BadRequest
    subject = value.encode("utf-8", "surrogatepass")
    if len(subject) > SUBJECT_MAX:
        raise BadRequest
    return subject


def _number(value: object, high: int) -> int:
    if type(value) is not int or not 0 <= value <= high:
        raise BadRequest
    return value


class Follow:
    """Answers requests about one view."""

    def __init__(self, view: RevocationList, feed: Feed) -> None:
        self._view = view
        self._feed = feed

    def respond(self, line: bytes) -> Dict[str, Any]:
        try:
            request = json.loads(line.decode("utf-8"))
            if not isinstance(request, dict):
                raise BadRequest
            if request.keys() == {"revoke_session"}:
                return self._revoke_session(_session_id(request["revoke_session"]))
            if "revoke_subject" in request and request.keys() <= {"revoke_subject", "now"}:
                now = None if request.get("now") is None else _number(request["now"], TIME_MAX)
                return self._revoke_subject(_subject(request["revoke_subject"]), now)
            if request.keys() == {"is_revoked"} and isinstance(request["is_revoked"], dict):
                return self._is_revoked(request["is_revoked"])
            if request.keys() == {"status"} and request["status"] is True:
                position = self._feed.position
                return {"n": position.n if position else 0, "fresh": self._fresh()}
            raise BadRequest
        except (BadRequest, ValueError, RecursionError):
            return {"error": "bad request"}
        except Exception as defect:  # The peer of the test must see it, not a broken pipe.
            return {"error": "internal", "type": type(defect).__name__}

    def _fresh(self) -> bool:
        return self._view.freshness() is Freshness.FRESH

    def _publish(self, record: Record, now: int) -> Dict[str, Any]:
        try:
            accepted = self._view.publish(record, now) is Published.UPSTREAM
        except PublicationError:
            # Without a durable store this is an error for an application. It is retried as long as
            # this process lives, which is all that a test asks.
            accepted = False
        return {"result": "accepted" if accepted else "pending"}

    def _revoke_session(self, session: bytes) -> Dict[str, Any]:
        now = self._view.now()
        expires = now + self._view.entry_life
        return self._publish(session_entry(session, LOGGED_OUT, expires), now)

    def _revoke_subject(self, subject: bytes, given: Optional[int]) -> Dict[str, Any]:
        if not subject:
            raise BadRequest
        now = self._view.now() if given is None else given
        digest = _crypto.digest(SUBJECT, subject)
        bound = self._view.latest_cutoff(digest, _NOBODY, now)
        value = max(now + POLICY.skew + 1, min(bound + 1, now + POLICY.start_margin))
        expires = now + self._view.entry_life
        return self._publish(cutoff(SUBJECT, digest, min(value, CUTOFF_MAX), expires), now)

    def _is_revoked(self, facts: Dict[str, Any]) -> Dict[str, Any]:
        # Of the purpose and the key of a session, if they are asked about.
        names = {"purpose", "audience", "kid"} if "kid" in facts else set()
        if facts.keys() != {"session", "generation", "subject", "authenticated_at"} | names:
            raise BadRequest
        context = key = _NOBODY
        if names:
            pair = _crypto.context(_subject(facts["purpose"]), _subject(facts["audience"]))
            context = _crypto.digest(AUDIENCE, pair)
            key = _crypto.digest(KEY, _kid(facts["kid"]))
        start = _number(facts["authenticated_at"], TIME_MAX)
        claims = Claims(
            _session_id(facts["session"]), _number(facts["generation"], GENERATION_MAX),
            _subject(facts["subject"]), start, start, 0, 1, 0, 0,
        )
        fresh = self._fresh()
        digest = _crypto.digest(SUBJECT, claims.subject)
        revoked = self._view.revokes(claims, digest, context, key, self._view.now())
        return {"revoked": revoked, "fresh": fresh}


def follow(url: str, realm: str, source: BinaryIO, sink: BinaryIO) -> None:
    """Follows until the source ends."""
    key = FeedKey.parse(os.environ.get("CLOAKROOM_FEED_KEY", "").strip())
    view = RevocationList(fed=True)
    view.adopt(POLICY)
    engine = RedisEngine(url, realm)
    try:
        with Feed(view, engine, realm, key) as feed:
            requests = Follow(view, feed)
            for line in source:
                sink.write(json.dumps(requests.respond(line)).encode("ascii") + b"\n")
                sink.flush()
    finally:
        engine.close()
