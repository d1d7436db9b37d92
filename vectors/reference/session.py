"""SPEC 8: policy, time, Verify, Issue, Renew, Update, Rotate, questions about age."""

from dataclasses import dataclass

from .claims import (
    GENERATION_MAX, TIME_MAX, U32_MAX, Claims, decode_claims, encode_claims, write_varint,
)
from .errors import Refuse, Reject, Unavailable
from .keys import context
from .payload import read_payload
from .revocation import LOGGED_OUT, SESSION, Record
from .token import PLAINTEXT_MAX, Steps, open_token, seal


@dataclass(frozen=True)
class Policy:
    """SPEC 8.1. share is the pair (p, q)."""

    idle: int
    absolute: int
    leeway: int = 0
    tolerance: int = 60
    share: tuple = (1, 2)

    def check(self):
        """SPEC 3, 8.1: limits."""
        if not 0 <= self.idle <= U32_MAX or not 1 <= self.absolute <= U32_MAX:
            raise Refuse("timeout out of range")
        if not 0 <= self.leeway <= 300 or not 0 <= self.tolerance <= 300:
            raise Refuse("leeway or tolerance out of range")
        if not 0 <= self.share[0] < self.share[1] <= U32_MAX:
            raise Refuse("share out of range")

    def check_skew(self, skew):
        """SPEC 3: an issuer or revoker must be able to revoke now."""
        if skew + 1 > self.tolerance // 2:
            raise Refuse("skew too large for the tolerance")

    @property
    def ttl(self):
        """SPEC 8.1: token lifetime."""
        return min(self.idle, self.absolute) if self.idle else self.absolute

    def effective(self, claims):
        """SPEC 8.1: absolute' and idle'."""
        idles = [idle for idle in (claims.idle, self.idle) if idle]
        return min(claims.absolute, self.absolute), min(idles, default=0)


@dataclass(frozen=True)
class Site:
    """What issuer and verifier share: (key, state) pairs, purpose, audience, binding, policy."""

    keys: list
    purpose: bytes
    audience: bytes
    binding: bytes
    policy: Policy

    @property
    def ctx(self):
        """SPEC 4.3."""
        return context(self.purpose, self.audience)

    def sealing_key(self):
        """SPEC 4.6: the key that seals, or unavailable."""
        for key, state in self.keys:
            if state == "sealing":
                return key
        raise Unavailable("no key is sealing")

    def seal(self, claims, payload):
        """SPEC 6.5 over claims and payload: token text and steps."""
        steps = seal(self.sealing_key(), self.purpose, self.audience, self.binding,
                     encode_claims(claims) + payload)
        return steps.token()


@dataclass(frozen=True)
class Session:
    """SPEC 8.3: what Verify returns."""

    claims: Claims
    payload: bytes
    value: object
    read_only: bool
    steps: Steps


def read_now(clock, high_water):
    """SPEC 8.2: now; clock is None if it failed."""
    if clock is None or not 0 <= clock <= TIME_MAX:
        raise Unavailable("clock")
    return max(clock, high_water)


def check_time(claims, policy, now):
    """SPEC 8.2, CheckTime."""
    absolute, idle = policy.effective(claims)
    latest = now + policy.tolerance
    if claims.authenticated_at > latest or claims.issued_at > latest:
        raise Reject("time", "not-yet")
    if now >= claims.authenticated_at + absolute + policy.leeway:
        raise Reject("time", "expired")
    if idle and now >= claims.issued_at + idle + policy.leeway:
        raise Reject("time", "idle")


def verify(site, reader, view, clock, text):
    """SPEC 8.3 for a fresh view."""
    now = read_now(clock, view.high_water)
    steps = open_token(site.keys, site.purpose, site.audience, site.binding, text)
    claims, payload = decode_claims(steps.plaintext)
    value, read_only = read_payload(claims.major, claims.minor, payload, reader)
    check_time(claims, site.policy, now)
    if view.revoked(claims, site.ctx, steps.kid):
        raise Reject("revoked")
    return Session(claims, payload, value, read_only, steps)


def check_size(claims, payload):
    """SPEC 8.12: the plaintext length with the longest issued_at must not exceed the maximum."""
    longest = len(write_varint(claims.absolute - 1))
    extra = max(0, longest - len(write_varint(claims.offset)))
    size = len(encode_claims(claims)) + extra + len(payload)
    if size > PLAINTEXT_MAX:
        raise Refuse(f"plaintext of {size} bytes exceeds {PLAINTEXT_MAX}")


def issue(site, view, clock, session_id, subject, payload, schema):
    """SPEC 8.4 for a fresh view: token text and claims."""
    now = read_now(clock, view.high_water)
    site.sealing_key()
    if len(subject) > 255:
        raise Refuse("subject has more than 255 bytes")
    start = view.start_bound(subject, site.ctx, now, site.policy.tolerance)
    if start > TIME_MAX:
        raise Refuse("start beyond the greatest time")
    claims = Claims(session_id, 0, subject, start, 0, site.policy.idle, site.policy.absolute,
                    *schema)
    check_size(claims, payload)
    if view.revoked(claims, site.ctx, site.sealing_key().kid):
        raise Refuse("the token would be revoked at once")
    return site.seal(claims, payload), claims


def recheck(site, view, clock, session):
    """SPEC 8.5, Recheck for a fresh view."""
    now = read_now(clock, view.high_water)
    states = {key.kid: state for key, state in site.keys}
    if states.get(session.steps.kid, "retired") in ("retired", "disabled"):
        raise Reject("key")
    check_time(session.claims, site.policy, now)
    if view.revoked(session.claims, site.ctx, session.steps.kid):
        raise Reject("revoked")
    return now


def renew(site, view, clock, session):
    """SPEC 8.5, Renew: token text, or None."""
    now = recheck(site, view, clock, session)
    claims = session.claims
    absolute, idle = site.policy.effective(claims)
    p, q = site.policy.share
    if idle == 0 or max(0, now - claims.issued_at) < idle * p // q:
        return None
    if claims.authenticated_at > now:
        return None
    t = max(now, claims.issued_at)
    if t >= claims.authenticated_at + absolute:
        return None
    if view.distrusts(site.sealing_key().kid):
        return None
    try:
        return site.seal(moved(site, claims, t), session.payload)
    except Refuse:
        return None


def moved(site, claims, t):
    """SPEC 8.5 to 8.7: issued_at = t, idle timeout = idle', absolute timeout = absolute'."""
    absolute, idle = site.policy.effective(claims)
    return claims.at(offset=t - claims.authenticated_at, idle=idle, absolute=absolute)


def advance(site, view, clock, session):
    """SPEC 8.6, Advance: now and t."""
    now = recheck(site, view, clock, session)
    claims = session.claims
    if claims.authenticated_at > now and site.sealing_key().kid != session.steps.kid:
        raise Unavailable("the session starts in the future, under another key")
    site.sealing_key()
    t = max(now, claims.issued_at)
    absolute, _ = site.policy.effective(claims)
    if t >= claims.authenticated_at + absolute:
        raise Reject("time", "expired")
    return now, t


def require_trusted(site, view):
    """SPEC 8.6, 8.7: the new token must not be refused at once."""
    if view.distrusts(site.sealing_key().kid):
        raise Refuse("the sealing key is distrusted")


def update(site, view, clock, session, payload, schema):
    """SPEC 8.6, Update: token text."""
    if session.read_only:
        raise Refuse("the session is read-only")
    _, t = advance(site, view, clock, session)
    claims = moved(site, session.claims, t).at(major=schema[0], minor=schema[1])
    check_size(claims, payload)
    require_trusted(site, view)
    return site.seal(claims, payload)


def rotate(site, view, clock, session, new, life):
    """SPEC 8.7, Rotate: token text and the published record. new is None or (payload, schema)."""
    if new is not None and session.read_only:
        raise Refuse("the session is read-only")
    now, t = advance(site, view, clock, session)
    if session.claims.generation == GENERATION_MAX:
        raise Refuse("no generation is left")
    claims = moved(site, session.claims, t).at(generation=session.claims.generation + 1)
    payload = session.payload
    if new is not None:
        payload, (major, minor) = new
        claims = claims.at(major=major, minor=minor)
    check_size(claims, payload)
    require_trusted(site, view)
    record = Record(SESSION, claims.session_id, claims.generation, now + life)
    view.merge(record)
    return site.seal(claims, payload), record


def reauthenticate(site, view, clock, old, session_id, subject, payload, schema, life):
    """SPEC 8.8: token text, claims and the record that ends the old session."""
    text, claims = issue(site, view, clock, session_id, subject, payload, schema)
    now = read_now(clock, view.high_water)
    record = Record(SESSION, old.claims.session_id, LOGGED_OUT, now + life)
    view.merge(record)
    return text, claims, record


def log_out(site, now, text, life):
    """SPEC 8.9, a logout that is given a token: the published record, or None."""
    keys = [(key, "open-only" if state == "retired" else state) for key, state in site.keys]
    try:
        steps = open_token(keys, site.purpose, site.audience, site.binding, text)
        claims, _ = decode_claims(steps.plaintext)
    except Reject:
        return None
    return Record(SESSION, claims.session_id, LOGGED_OUT, now + life)


def max_age(claims, now, d, leeway):
    """SPEC 8.10: whether the question is answered with yes."""
    return max(0, now - claims.issued_at) < d + leeway


def require_fresh(claims, now, d, leeway):
    """SPEC 8.10: whether the question is answered with yes."""
    return max(0, now - claims.authenticated_at) < d + leeway
