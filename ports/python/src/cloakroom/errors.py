"""What can go wrong, by whose fault it is.

* `Rejected`: the party that presented a token gets no session. Constant text.
* `ConfigurationError`, `RequestError`: the operator or the application asked for something that
  cannot be done. They say precisely what, and never contain keys, tokens or payloads.
* `Unavailable`: this server cannot decide at present. Answer 503, never 401.
* `PublicationError`: a revocation could not be recorded anywhere but in memory.
"""

from __future__ import annotations

from enum import Enum
from typing import NoReturn, Optional

__all__ = [
    "CloakroomError",
    "ConfigurationError",
    "PublicationError",
    "Reason",
    "Rejected",
    "RequestError",
    "Stage",
    "Unavailable",
]


class Stage(str, Enum):
    """Where a token failed. For logs and counters; never for the client."""

    TEXT = "text"
    KEY = "key"
    TAG = "tag"
    NONCE = "nonce"
    CLAIMS = "claims"
    SCHEMA = "schema"
    TIME = "time"
    REVOKED = "revoked"


class Reason(str, Enum):
    """What an application is told about a rejected token."""

    INVALID = "invalid"
    WRONG_SCHEMA = "wrong-schema"
    NOT_YET = "not-yet"
    EXPIRED = "expired"
    IDLE = "idle"
    REVOKED = "revoked"


_REASON_OF_STAGE = {
    Stage.SCHEMA: Reason.WRONG_SCHEMA,
    Stage.REVOKED: Reason.REVOKED,
}


class CloakroomError(Exception):
    """The base of every error of this package."""


class Rejected(CloakroomError):
    """The token gives its bearer no session.

    The text is the same whatever happened. `reason` is for the application, `stage` for logs.
    """

    def __init__(self, stage: Stage, reason: Optional[Reason] = None) -> None:
        super().__init__("session rejected")
        self.stage = stage
        self.reason = reason or _REASON_OF_STAGE.get(stage, Reason.INVALID)

    def __repr__(self) -> str:
        return "Rejected()"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a rejection is answered where it happens, not pickled")


class ConfigurationError(CloakroomError, ValueError):
    """A key, ring file, policy or other setting is refused; nothing took effect."""


class RequestError(CloakroomError, ValueError):
    """A request of the application is refused; nothing took effect."""


class Unavailable(CloakroomError):
    """This server lacks what it needs to decide: a clock, a sealing key, a fresh view."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


class PublicationError(CloakroomError):
    """A revocation is applied in this process, but neither durable nor accepted elsewhere."""
