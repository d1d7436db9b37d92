"""A verified session."""

from __future__ import annotations

from typing import Any, NoReturn, Optional

from ._crypto import Cipher
from ._input import as_int
from ._params import U64_MAX
from .claims import Claims
from .errors import RequestError
from .policy import Policy, younger_than
from .revocation import Published

__all__ = ["IssuedSession", "RotatedSession", "Session"]


class Session:
    """What a token said when it was verified. Objects of this class come from `Sessions` alone."""

    __slots__ = (
        "_binding", "_cipher", "_claims", "_context", "_now", "_payload", "_policy", "nonce",
        "read_only", "value",
    )

    def __init__(
        self,
        *,
        claims: Claims,
        payload: bytes,
        value: Any,
        read_only: bool,
        nonce: bytes,
        cipher: Cipher,
        context: bytes,
        binding: bytes,
        policy: Policy,
        now: int,
    ) -> None:
        self.value = value
        self.read_only = read_only
        self.nonce = nonce
        self._claims = claims
        self._payload = payload
        self._cipher = cipher
        self._context = context
        self._binding = binding
        self._policy = policy
        self._now = now

    def __repr__(self) -> str:
        return f"<Session kid={self.kid.hex()} log_id={self.log_id}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a session is kept as its token, not pickled")

    @property
    def id(self) -> bytes:
        """Constant over renewals, updates and rotations. Not for logs; see `log_id`."""
        return self._claims.session_id

    @property
    def subject(self) -> bytes:
        """Whose session it is; empty means nobody's."""
        return self._claims.subject

    @property
    def generation(self) -> int:
        return self._claims.generation

    @property
    def authenticated_at(self) -> int:
        return self._claims.authenticated_at

    @property
    def issued_at(self) -> int:
        return self._claims.issued_at

    @property
    def idle(self) -> Optional[int]:
        """The idle timeout in the token, None if it has none."""
        return self._claims.idle or None

    @property
    def absolute(self) -> int:
        """The absolute timeout in the token."""
        return self._claims.absolute

    @property
    def schema(self) -> tuple[int, int]:
        return self._claims.major, self._claims.minor

    @property
    def payload(self) -> bytes:
        """The payload as it stands in the token."""
        return self._payload

    @property
    def expires_at(self) -> int:
        """The nearest deadline of the token under the policy it was verified with."""
        return self._policy.deadline(self._claims)

    @property
    def kid(self) -> bytes:
        """The public identifier of the key the token is sealed under."""
        return self._cipher.kid

    @property
    def log_id(self) -> str:
        """The name of the session for logs; it changes with the key."""
        return self._cipher.log_id(self._claims.session_id)

    def max_age(self, seconds: int) -> bool:
        """Whether the token was sealed less than so many seconds before it was verified."""
        return self._younger(self._claims.issued_at, seconds)

    def require_fresh(self, seconds: int) -> bool:
        """Whether the session started less than so many seconds before it was verified."""
        return self._younger(self._claims.authenticated_at, seconds)

    def _younger(self, moment: int, seconds: int) -> bool:
        as_int("an age", seconds, 0, U64_MAX, RequestError)
        return younger_than(moment, self._now, seconds, self._policy.leeway)


class IssuedSession:
    """A new token, and the session it stands for."""

    __slots__ = ("session", "token")

    def __init__(self, token: str, session: Session) -> None:
        self.token = token
        self.session = session

    def __repr__(self) -> str:
        return f"<IssuedSession {self.session!r}>"


class RotatedSession(IssuedSession):
    """A new token that takes the place of another session's, and how far that has got."""

    __slots__ = ("published",)

    def __init__(self, token: str, session: Session, published: Published) -> None:
        super().__init__(token, session)
        self.published = published
