"""Encrypted login-session tokens with revocation, format clk1."""

from __future__ import annotations

from .claims import Claims
from .cookie import cookie_token_length
from .description import read_description, write_description
from .errors import (
    CloakroomError,
    ConfigurationError,
    PublicationError,
    Reason,
    Rejected,
    RequestError,
    Stage,
    Unavailable,
)
from .keys import Key, RootKey, UnitKey, parse_key
from .policy import Grace, Policy
from .records import Record, RevocationState
from .revocation import Freshness, Published, RevocationList, Store, Upstream
from .ring import KeyEntry, KeyRing, KeyState
from .ringfile import parse_ring, ring_to_text
from .session import IssuedSession, RotatedSession, Session
from .sessions import Sessions
from .shapes import EncodedPayload, Payloads, Shape
from .snapshot import Snapshot, read_snapshot, write_snapshot

__version__ = "0.1.0"

__all__ = [
    "Claims",
    "CloakroomError",
    "ConfigurationError",
    "EncodedPayload",
    "Freshness",
    "Grace",
    "IssuedSession",
    "Key",
    "KeyEntry",
    "KeyRing",
    "KeyState",
    "Payloads",
    "Policy",
    "PublicationError",
    "Published",
    "Reason",
    "Record",
    "Rejected",
    "RequestError",
    "RevocationList",
    "RevocationState",
    "RootKey",
    "RotatedSession",
    "Session",
    "Sessions",
    "Shape",
    "Snapshot",
    "Stage",
    "Store",
    "Unavailable",
    "UnitKey",
    "Upstream",
    "cookie_token_length",
    "parse_key",
    "parse_ring",
    "read_description",
    "read_snapshot",
    "ring_to_text",
    "write_description",
    "write_snapshot",
]
