"""Ending sessions."""

from __future__ import annotations

from typing import Optional, Tuple, Union

from . import _crypto, _text
from ._input import as_bytes, as_int
from ._keyset import KeySet
from ._params import CUTOFF_MAX, KID_LEN, LOGGED_OUT, SUBJECT_MAX, TIME_MAX
from .claims import Claims, decode_claims
from .errors import ConfigurationError, Rejected, RequestError, Stage
from .policy import Policy
from .records import AUDIENCE, SUBJECT, cutoff, key_entry, session_entry
from .revocation import Published, RevocationList
from .session import Session


class Revoking:
    """The part of `Sessions` that publishes revocations. None of it needs a fresh view."""

    _audience_digest: bytes
    _keys: KeySet
    _policy: Policy
    _verify_only: bool
    _view: RevocationList

    def _now(self) -> int:
        raise NotImplementedError

    def _binding(self, binding: Union[str, bytes]) -> bytes:
        raise NotImplementedError

    def _require_session(self, session: Session) -> None:
        raise NotImplementedError

    def _require_issuer(self) -> None:
        if self._verify_only:
            raise ConfigurationError("this configuration was built to verify only")

    def log_out(self, session: Session) -> Published:
        """Ends one session, with all its tokens."""
        self._require_issuer()
        self._require_session(session)
        return self._log_out(session.id, self._now())

    def log_out_token(
        self, token: Union[str, bytes], *, binding: Union[str, bytes] = b""
    ) -> Optional[Published]:
        """Ends the session of a token, also if the token itself has expired: a copy may have been
        renewed. None if it is not a token of these sessions; then nobody is logged out."""
        self._require_issuer()
        bound = self._binding(binding)
        now = self._now()
        try:
            body = _text.token_body(token)
            cipher = self._keys.opening_for_logout(body)
            claims, _ = decode_claims(cipher.open(bound, body)[1])
        except Rejected:
            return None
        return self._log_out(claims.session_id, now)

    def _log_out(self, session_id: bytes, now: int) -> Published:
        record = session_entry(session_id, LOGGED_OUT, now + self._view.entry_life)
        return self._view.publish(record, now)

    def log_out_everywhere(
        self, subject: Union[str, bytes], *, before: Optional[int] = None
    ) -> Published:
        """Ends all sessions of a subject that have started by now, or before a time."""
        return self._cut_off_subject(subject, None, before)

    def log_out_others(self, session: Session, *, before: Optional[int] = None) -> Published:
        """Ends all sessions of a subject except this one."""
        self._require_session(session)
        return self._cut_off_subject(session.subject, session.id, before)

    def _cut_off_subject(
        self, subject: Union[str, bytes], exempt: Optional[bytes], before: Optional[int]
    ) -> Published:
        self._require_issuer()
        who = as_bytes("the subject", subject, 0, SUBJECT_MAX, RequestError)
        if not who:
            raise RequestError("the empty subject is nobody's; its sessions end one by one")
        now = self._now()
        key = _crypto.digest(SUBJECT, who)
        value, expires = self._cutoff(who, before, now)
        return self._view.publish(cutoff(SUBJECT, key, value, expires, exempt), now)

    def end_all(self, *, before: Optional[int] = None) -> Published:
        """Ends all sessions of this purpose and audience that have started by now, or before a
        time."""
        self._require_issuer()
        return self._end_all(before, self._now())

    def _end_all(self, before: Optional[int], now: int) -> Published:
        value, expires = self._cutoff(b"", before, now)
        return self._view.publish(cutoff(AUDIENCE, self._audience_digest, value, expires), now)

    def distrust_key(self, kid: bytes) -> Tuple[Published, Published]:
        """Refuses every token of a key that leaked, and ends all sessions of this purpose and
        audience, for a forged token may already have been renewed under another key.

        First mark the key disabled in the ring file of all servers. Call `end_all` on every other
        configuration that the key served, and on each of them again when the bound has passed.
        """
        self._require_issuer()
        if not isinstance(kid, bytes) or len(kid) != KID_LEN:
            raise RequestError(f"a key identifier is {KID_LEN} bytes")
        now = self._now()
        published = self._view.publish(key_entry(_crypto.digest(4, kid)), now)
        return published, self._end_all(None, now)

    def _is_revoked(self, claims: Claims, cipher: _crypto.Cipher, now: int) -> bool:
        return self._view.revokes(
            claims,
            _crypto.digest(SUBJECT, claims.subject),
            self._audience_digest,
            cipher.key_digest,
            now,
        )

    def _require_accepted(self, claims: Claims, cipher: _crypto.Cipher, now: int) -> None:
        """A token that takes the place of a live one must not be rejected itself."""
        if self._view.distrusts(cipher.key_digest):
            raise RequestError("the sealing key is distrusted; the new token would be rejected")
        if self._is_revoked(claims, cipher, now):
            raise Rejected(Stage.REVOKED)

    def _latest_cutoff(self, subject: bytes, now: int) -> int:
        subject_digest = _crypto.digest(SUBJECT, subject) if subject else None
        return self._view.latest_cutoff(subject_digest, self._audience_digest, now)

    def _start(self, subject: bytes, now: int) -> int:
        """When a new session starts: behind every cut-off."""
        start = max(now, self._latest_cutoff(subject, now))
        if start > now + self._policy.start_margin:
            raise RequestError(
                f"a cut-off forbids sessions that start within the next {start - now} seconds;"
                f" a session may start at most {self._policy.start_margin} seconds ahead"
            )
        if start > TIME_MAX:
            raise RequestError("the session would start after the year 9999")
        return start

    def _cutoff(self, subject: bytes, before: Optional[int], now: int) -> Tuple[int, int]:
        """The value of a cut-off and the time its entry expires."""
        greatest = now + self._policy.start_margin
        expires = now + self._view.entry_life
        if before is not None:
            as_int("the time of a cut-off", before, 0, CUTOFF_MAX, RequestError)
            if before > greatest:
                raise RequestError(
                    f"a cut-off may lie at most {self._policy.start_margin} seconds ahead"
                )
            return before, expires
        # Past sessions that a clock ahead by the skew has started in this second, and past one
        # that started at the bound of an earlier cut-off.
        if subject:
            bound = self._view.cutoff_bound(SUBJECT, _crypto.digest(SUBJECT, subject), now)
        else:
            bound = self._view.cutoff_bound(AUDIENCE, self._audience_digest, now)
        return max(now + self._policy.skew + 1, min(bound + 1, greatest)), expires
