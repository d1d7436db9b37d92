"""Issuing, verifying and renewing sessions.

The order of the steps in every procedure is part of the specification (its Section 8).
"""

from __future__ import annotations

import os
import time
from typing import Any, Final, Optional, Tuple, Union

from . import _crypto, _text
from ._input import as_bytes, as_int
from ._keyset import KeySet
from ._params import (
    BINDING_MAX,
    GENERATION_MAX,
    KID_LEN,
    NONCE_LEN,
    PLAINTEXT_MAX,
    SESSION_ID_LEN,
    SUBJECT_MAX,
    TOKEN_MAX,
    TOKEN_MIN,
)
from .claims import Claims, decode_claims, encode_claims, varint_length
from .errors import ConfigurationError, Reason, Rejected, RequestError, Stage, Unavailable
from .keys import audience_bytes, purpose_bytes
from .policy import Clock, Policy, read_clock
from .records import AUDIENCE, session_entry
from .revocation import Freshness, RevocationList
from .revoking import Revoking
from .ring import KeyRing
from .session import IssuedSession, RotatedSession, Session
from .shapes import EncodedPayload, Payloads, Shape

__all__ = ["Sessions"]

UNCHANGED: Final = object()


class Sessions(Revoking):
    """The sessions of one purpose and audience.

    `verify_only` permits policies under which nothing can be revoked "now", and refuses everything
    that seals a token or publishes a revocation.
    """

    def __init__(
        self,
        ring: KeyRing,
        purpose: Union[str, bytes],
        audience: Union[str, bytes] = b"",
        *,
        policy: Policy,
        payload: Union[Shape, Payloads],
        revocations: RevocationList,
        clock: Clock = time.time,
        max_token_length: int = TOKEN_MAX,
        verify_only: bool = False,
    ) -> None:
        self._purpose = purpose_bytes(purpose)
        self._audience = audience_bytes(audience)
        self._context = _crypto.context(self._purpose, self._audience)
        self._audience_digest = _crypto.digest(AUDIENCE, self._context)
        if not isinstance(policy, Policy):
            raise ConfigurationError("policy must be a Policy")
        if not isinstance(revocations, RevocationList):
            raise ConfigurationError("revocations must be a RevocationList, if only .none()")
        if not verify_only:
            policy.check_can_revoke()
        self._policy = policy
        self._payloads = payload if isinstance(payload, Payloads) else Payloads(payload)
        self._max_token_length = as_int(
            "max_token_length", max_token_length, TOKEN_MIN, TOKEN_MAX, ConfigurationError
        )
        self._verify_only = verify_only
        self._clock = clock
        self._keys = self._key_set(ring)
        self._view = revocations
        revocations.adopt(policy)

    def __repr__(self) -> str:
        return f"<Sessions over {self._keys.ring!r}>"

    @property
    def ring(self) -> KeyRing:
        return self._keys.ring

    def replace_ring(self, ring: KeyRing, *, force: bool = False) -> None:
        """Puts a new ring in force. On any fault the old one stays.

        `force` permits a ring in which tokens that were already sealed die early.
        """
        now = self._now()
        keys = self._key_set(ring)
        if not force:
            self._keys.ring.check_replacement(ring, now)
        self._keys = keys

    def _key_set(self, ring: KeyRing) -> KeySet:
        if not isinstance(ring, KeyRing):
            raise ConfigurationError("ring must be a KeyRing")
        ring.check_configuration(self._purpose, self._audience, self._policy.ttl)
        return KeySet(ring, self._context)

    def _now(self) -> int:
        return max(read_clock(self._clock), self._view.high_water)

    # Verifying.

    def verify(
        self, token: Union[str, bytes], *, binding: Union[str, bytes] = b"", sensitive: bool = False
    ) -> Session:
        """The session of a token. Raises `Rejected` or `Unavailable`.

        For a `sensitive` operation, a stale view of the revocations is never good enough.
        """
        bound = self._binding(binding)
        now = self._now()
        body = _text.token_body(token)
        cipher = self._keys.opening(body, now)
        nonce, plaintext = cipher.open(bound, body)
        claims, payload = decode_claims(plaintext)
        value, read_only = self._payloads.read(claims.major, claims.minor, payload)
        self._policy.check_time(claims, now)
        # Before the entries, so that a view that catches up in between lends them no freshness.
        suffices = self._view.suffices(self._policy, sensitive)
        if self._is_revoked(claims, cipher, now):
            raise Rejected(Stage.REVOKED)
        if not suffices:
            raise Unavailable("the view of the revocations is not fresh enough")
        # The entry for this token may have been forgotten while it was looked for.
        if self._view.high_water > now:
            self._policy.check_time(claims, self._view.high_water)
        return self._session(claims, payload, value, read_only, nonce, cipher, bound, now)

    def _binding(self, binding: Union[str, bytes]) -> bytes:
        if type(binding) is bytes and len(binding) <= BINDING_MAX:
            return binding
        return as_bytes("the binding", binding, 0, BINDING_MAX, RequestError)

    def _session(
        self, claims: Claims, payload: bytes, value: Any, read_only: bool, nonce: bytes,
        cipher: _crypto.Cipher, binding: bytes, now: int,
    ) -> Session:
        return Session(
            claims=claims, payload=payload, value=value, read_only=read_only, nonce=nonce,
            cipher=cipher, context=self._context, binding=binding, policy=self._policy, now=now,
        )

    # Issuing.

    def issue(
        self, subject: Union[str, bytes], value: Any, *, binding: Union[str, bytes] = b""
    ) -> IssuedSession:
        """A new session, after credentials were checked.

        `value` is of the own shape, or an `EncodedPayload` that another shape wrote. If the request
        came with a valid session, that has to end: `reauthenticate`, or `log_out_token`.
        """
        self._require_issuer()
        bound = self._binding(binding)
        now = self._now()
        cipher = self._keys.sealing(now)
        if cipher is None:
            raise Unavailable("no key of the ring may seal at this time")
        self._require_fresh_view()
        who = as_bytes("the subject", subject, 0, SUBJECT_MAX, RequestError)
        encoded = self._payloads.encode(value)
        start = self._start(who, now)
        policy = self._policy
        claims = Claims(
            self._new_session_id(), 0, who, start, start, policy.idle or 0, policy.absolute,
            encoded.major, encoded.minor,
        )
        plaintext = self._plaintext(claims, encoded.data)
        for _ in range(4):
            if not self._is_revoked(claims, cipher, now):
                break
            # A logout from everywhere may have come since the start was taken.
            start = self._start(who, now)
            if start <= claims.authenticated_at:
                raise RequestError("the sealing key is distrusted; the session would end at once")
            claims = claims._replace(authenticated_at=start, issued_at=start)
            plaintext = self._plaintext(claims, encoded.data)
        else:
            raise RequestError("cut-offs come faster than a session can start behind them")
        read = self._read_back(value, encoded)
        return IssuedSession(
            *self._seal(plaintext, claims, encoded.data, *read, cipher, bound, now)
        )

    def reauthenticate(
        self, old: Session, subject: Union[str, bytes], value: Any,
        *, binding: Union[str, bytes] = b"",
    ) -> RotatedSession:
        """A new session in place of `old`, after credentials were checked again."""
        self._require_revocation()
        self._require_session(old)
        issued = self.issue(subject, value, binding=binding)
        published = self._log_out(old.id, issued.session._now)
        return RotatedSession(issued.token, issued.session, published)

    def _new_session_id(self) -> bytes:
        try:
            return os.urandom(SESSION_ID_LEN)
        except (NotImplementedError, OSError):
            raise Unavailable("the random source of the operating system failed") from None

    def _require_fresh_view(self) -> None:
        if self._view.freshness() is not Freshness.FRESH:
            raise Unavailable("the view of the revocations is not fresh")

    def _plaintext(self, claims: Claims, payload: bytes) -> bytes:
        """Claims and payload, if they fit.

        The size counts with the longest issued_at, so that what fits at login fits at every
        renewal.
        """
        plaintext = encode_claims(claims) + payload
        offset = varint_length(claims.issued_at - claims.authenticated_at)
        size = len(plaintext) + max(0, varint_length(claims.absolute - 1) - offset)
        if size > PLAINTEXT_MAX:
            raise RequestError(
                f"claims and payload have {size} bytes at their longest; the limit is"
                f" {PLAINTEXT_MAX}"
            )
        length = _text.token_length(size)
        if length > self._max_token_length:
            raise RequestError(
                f"the token has {length} characters at its longest; the limit is"
                f" {self._max_token_length}"
            )
        return plaintext

    def _read_back(self, value: Any, encoded: EncodedPayload) -> Tuple[Any, bool]:
        """The value of a payload that is about to be sealed, and whether it is read-only."""
        if not isinstance(value, EncodedPayload):
            return value, False
        try:
            return self._payloads.read(encoded.major, encoded.minor, encoded.data)
        except Rejected:
            # Written for other readers; this configuration cannot replace what it cannot read.
            return None, True

    def _seal(
        self, plaintext: bytes, claims: Claims, payload: bytes, value: Any, read_only: bool,
        cipher: _crypto.Cipher, binding: bytes, now: int,
    ) -> Tuple[str, Session]:
        body = cipher.seal(binding, plaintext)
        session = self._session(
            claims, payload, value, read_only, body[KID_LEN : KID_LEN + NONCE_LEN], cipher,
            binding, now,
        )
        return _text.token_text(body), session

    # Moving a session to a new token.

    def _recheck(self, session: Session) -> int:
        self._require_issuer()
        _require_type(session)
        now = self._now()
        self._require_session(session)
        self._require_fresh_view()
        if not self._keys.opens(session.kid, now):
            raise Rejected(Stage.KEY)
        self._policy.check_time(session._claims, now)
        if self._is_revoked(session._claims, session._cipher, now):
            raise Rejected(Stage.REVOKED)
        return now

    def _require_session(self, session: Session) -> None:
        _require_type(session)
        # As if its token had been presented here: it is sealed for another purpose or audience.
        if session._context != self._context:
            raise Rejected(Stage.TAG)

    def _advance(self, session: Session) -> Tuple[int, int, _crypto.Cipher]:
        now = self._recheck(session)
        claims = session._claims
        cipher = self._keys.sealing(now)
        if cipher is None:
            raise Unavailable("no key of the ring may seal at this time")
        # Else a thief of a key would start a session as far ahead as the tolerance allows, have it
        # sealed under the next key, and stand above the cut-offs that follow when the key is disabled.
        if claims.authenticated_at > now and cipher.kid != session.kid:
            raise Unavailable("the session starts in the future, under another key")
        moment = max(now, claims.issued_at)
        if moment >= claims.authenticated_at + self._policy.effective_absolute(claims):
            raise Rejected(Stage.TIME, Reason.EXPIRED)
        return now, moment, cipher

    def _moved(self, claims: Claims, moment: int) -> Claims:
        return claims._replace(
            issued_at=moment,
            idle=self._policy.effective_idle(claims),
            absolute=self._policy.effective_absolute(claims),
        )

    def renew(self, session: Session) -> Optional[IssuedSession]:
        """A later token for the session, or None if none is due."""
        now = self._recheck(session)
        claims = session._claims
        if not self._policy.renewal_due(claims, now) or claims.authenticated_at > now:
            return None
        moment = max(now, claims.issued_at)
        if moment >= claims.authenticated_at + self._policy.effective_absolute(claims):
            return None
        cipher = self._keys.sealing(now)
        if cipher is None:
            raise Unavailable("no key of the ring may seal at this time")
        moved = self._moved(claims, moment)
        payload = session._payload
        plaintext = encode_claims(moved) + payload
        # The token at hand stays good, so there is no reason to fail. Under a key that is distrusted
        # and still in the ring, the next one would be rejected.
        too_long = _text.token_length(len(plaintext)) > self._max_token_length
        if too_long or self._view.distrusts(cipher.key_digest):
            return None
        self._require_accepted(moved, cipher, now)
        return IssuedSession(
            *self._seal(
                plaintext, moved, payload, session.value, session.read_only, cipher,
                session._binding, now,
            )
        )

    def update(self, session: Session, value: Any) -> IssuedSession:
        """A token with a new payload. Earlier tokens of the session remain valid; to take a right
        away, use `rotate`."""
        self._require_writable(session)
        now, moment, cipher = self._advance(session)
        encoded = self._payloads.encode(value)
        claims = self._moved(session._claims, moment)._replace(
            major=encoded.major, minor=encoded.minor
        )
        plaintext = self._plaintext(claims, encoded.data)
        self._require_accepted(claims, cipher, now)
        read = self._read_back(value, encoded)
        return IssuedSession(
            *self._seal(plaintext, claims, encoded.data, *read, cipher, session._binding, now)
        )

    def rotate(self, session: Session, value: Any = UNCHANGED) -> RotatedSession:
        """A token that ends all earlier tokens of the session, with a new payload if one is given.
        To be used when privileges change."""
        self._require_revocation()
        if value is not UNCHANGED:
            self._require_writable(session)
        now, moment, cipher = self._advance(session)
        old = session._claims
        if old.generation == GENERATION_MAX:
            raise RequestError("the session has been rotated as often as it can be")
        if value is UNCHANGED:
            encoded = EncodedPayload(session._payload, old.major, old.minor)
            read = session.value, session.read_only
        else:
            encoded = self._payloads.encode(value)
            read = self._read_back(value, encoded)
        claims = self._moved(old, moment)._replace(
            generation=old.generation + 1, major=encoded.major, minor=encoded.minor
        )
        plaintext = self._plaintext(claims, encoded.data)
        self._require_accepted(claims, cipher, now)
        record = session_entry(
            old.session_id, claims.generation, now + self._view.entry_life
        )
        # Published before the token exists: otherwise both tokens would live for a while.
        published = self._view.publish_rotation(record, now)
        token, moved = self._seal(
            plaintext, claims, encoded.data, *read, cipher, session._binding, now
        )
        return RotatedSession(token, moved, published)

    def _require_writable(self, session: Session) -> None:
        self._require_issuer()
        _require_type(session)
        if session.read_only:
            raise RequestError(
                "the session was written by a newer program and its payload must not be replaced"
            )

    def _require_revocation(self) -> None:
        if not self._view.revoking:
            raise ConfigurationError("without revocation no earlier token of a session can be ended")


def _require_type(session: object) -> None:
    if not isinstance(session, Session):
        raise RequestError(f"a session is needed, not {type(session).__name__}")
