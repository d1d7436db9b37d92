"""How long sessions live, and what the clocks of servers may differ by."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Callable, Optional, Tuple, Union

from ._input import as_int
from ._params import (
    LEEWAY_MAX,
    SKEW_DEFAULT,
    TIME_MAX,
    TOLERANCE_DEFAULT,
    TOLERANCE_MAX,
    U32_MAX,
)
from .claims import Claims
from .errors import ConfigurationError, Reason, Rejected, Stage, Unavailable

__all__ = ["Clock", "Grace", "Policy"]

Clock = Callable[[], Union[int, float]]


@dataclass(frozen=True)
class Grace:
    """Ordinary verification goes on for a while when no proof of freshness arrives.

    `seconds` is half the token lifetime by default, and more only together with
    `logouts_may_take_longer_than_half_a_token_life`.
    """

    seconds: Optional[int] = None
    logouts_may_take_longer_than_half_a_token_life: bool = False


@dataclass(frozen=True)
class Policy:
    """The timeouts an issuer writes into tokens, and the greatest a verifier accepts.

    `idle` is None for no idle timeout. `share` is the part of the idle timeout after which a
    renewal is due. Without a `grace`, verification ends when the view of revocations is stale.
    """

    absolute: int
    idle: Optional[int]
    leeway: int = 0
    tolerance: int = TOLERANCE_DEFAULT
    skew: int = SKEW_DEFAULT
    share: Tuple[int, int] = (1, 2)
    grace: Optional[Grace] = None

    def __post_init__(self) -> None:
        as_int("absolute", self.absolute, 1, U32_MAX, ConfigurationError)
        if self.idle is not None:
            if self.idle == 0 and not isinstance(self.idle, bool):
                raise ConfigurationError("an idle timeout of 0 is ambiguous; write None for none")
            as_int("idle", self.idle, 1, U32_MAX, ConfigurationError)
        as_int("leeway", self.leeway, 0, LEEWAY_MAX, ConfigurationError)
        as_int("tolerance", self.tolerance, 0, TOLERANCE_MAX, ConfigurationError)
        as_int("skew", self.skew, 0, U32_MAX, ConfigurationError)
        if not isinstance(self.share, tuple) or len(self.share) != 2:
            raise ConfigurationError("share is a pair (p, q)")
        part, whole = self.share
        as_int("the denominator of share", whole, 1, U32_MAX, ConfigurationError)
        as_int("the numerator of share", part, 0, whole - 1, ConfigurationError)
        if self.grace is not None:
            self._check_grace(self.grace)

    def _check_grace(self, grace: Grace) -> None:
        if not isinstance(grace, Grace):
            raise ConfigurationError("grace must be a Grace or None")
        if grace.seconds is None:
            return
        as_int("the grace", grace.seconds, 0, U32_MAX, ConfigurationError)
        allowed = grace.logouts_may_take_longer_than_half_a_token_life
        if grace.seconds > self.ttl // 2 and not allowed:
            raise ConfigurationError(
                f"a grace of {grace.seconds} seconds is more than half the token lifetime of"
                f" {self.ttl}; it has to be allowed by name"
            )

    @property
    def ttl(self) -> int:
        """The longest a token lives without being renewed."""
        return self.absolute if self.idle is None else min(self.idle, self.absolute)

    @property
    def grace_seconds(self) -> Optional[int]:
        if self.grace is None:
            return None
        return self.ttl // 2 if self.grace.seconds is None else self.grace.seconds

    @property
    def start_margin(self) -> int:
        """How far ahead of now a session may start, and a cut-off lie."""
        return self.tolerance // 2

    def check_can_revoke(self) -> None:
        if self.skew + 1 > self.start_margin:
            raise ConfigurationError(
                f"with a skew of {self.skew} and a tolerance of {self.tolerance} seconds nothing"
                " could be revoked now; tolerance must be at least twice skew + 1"
            )

    def effective_absolute(self, claims: Claims) -> int:
        return min(claims.absolute, self.absolute)

    def effective_idle(self, claims: Claims) -> int:
        """0 if neither the token nor the policy has an idle timeout."""
        own = self.idle or 0
        if claims.idle and own:
            return min(claims.idle, own)
        return claims.idle or own

    def check_time(self, claims: Claims, now: int) -> None:
        latest = now + self.tolerance
        if claims.authenticated_at > latest or claims.issued_at > latest:
            raise Rejected(Stage.TIME, Reason.NOT_YET)
        if now >= claims.authenticated_at + self.effective_absolute(claims) + self.leeway:
            raise Rejected(Stage.TIME, Reason.EXPIRED)
        idle = self.effective_idle(claims)
        if idle and now >= claims.issued_at + idle + self.leeway:
            raise Rejected(Stage.TIME, Reason.IDLE)

    def deadline(self, claims: Claims) -> int:
        """The second from which the token is dead, leeway not counted."""
        end = claims.authenticated_at + self.effective_absolute(claims)
        idle = self.effective_idle(claims)
        return min(end, claims.issued_at + idle) if idle else end

    def renewal_due(self, claims: Claims, now: int) -> bool:
        idle = self.effective_idle(claims)
        part, whole = self.share
        return idle > 0 and max(0, now - claims.issued_at) >= idle * part // whole


def younger_than(moment: int, now: int, seconds: int, leeway: int) -> bool:
    """Whether less than so many seconds have passed since a moment."""
    return max(0, now - moment) < seconds + leeway


def read_clock(clock: Clock) -> int:
    """The time in whole seconds, or unavailable if the clock gives nothing usable."""
    seconds: Optional[int] = None
    try:
        value = clock()
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            seconds = math.floor(value)
    except Exception:  # A clock is foreign code; whatever it raises, there is no time.
        pass
    if seconds is None or not 0 <= seconds <= TIME_MAX:
        raise Unavailable("the clock failed or is far off")
    return seconds
