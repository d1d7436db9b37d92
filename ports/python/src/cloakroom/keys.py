"""Root keys, keys of one purpose and audience, and their text forms."""

from __future__ import annotations

import os
from typing import NoReturn, Union

from . import _crypto, _text
from ._input import as_bytes
from ._params import AUDIENCE_MAX, KEY_LEN, PURPOSE_MAX, PURPOSE_MIN
from .errors import ConfigurationError, Unavailable

__all__ = ["Key", "RootKey", "UnitKey", "parse_key"]

_ROOT_PREFIX = b"clkkey1."
_UNIT_PREFIX = b"clksub1."
_ROOT_LENGTH = 56
_UNIT_LENGTH = 64


def purpose_bytes(purpose: Union[str, bytes]) -> bytes:
    return as_bytes("the purpose", purpose, PURPOSE_MIN, PURPOSE_MAX, ConfigurationError)


def audience_bytes(audience: Union[str, bytes]) -> bytes:
    return as_bytes("the audience", audience, 0, AUDIENCE_MAX, ConfigurationError)


def _refuse_equal_bytes(secret: bytes) -> None:
    if secret == secret[:1] * KEY_LEN:
        raise ConfigurationError("the bytes of the key are all equal; it was not drawn at random")


class _Secret:
    """What keeps key bytes out of `repr`, pickles and copies."""

    __slots__ = ("_secret", "kid")

    def __init__(self, secret: bytes, kid: bytes) -> None:
        self._secret = secret
        self.kid = kid

    def __repr__(self) -> str:
        return f"<{type(self).__name__} kid={self.kid.hex()}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("keys are not pickled or copied; use to_text() where a key is to be stored")


class RootKey(_Secret):
    """A root key. It derives the keys of every purpose and audience."""

    __slots__ = ()

    def __init__(self, secret: bytes) -> None:
        if not isinstance(secret, bytes) or len(secret) != KEY_LEN:
            raise ConfigurationError(f"a root key is {KEY_LEN} bytes")
        _refuse_equal_bytes(secret)
        super().__init__(secret, _crypto.root_kid(secret))

    @classmethod
    def generate(cls) -> RootKey:
        """A new key from the random source of the operating system."""
        try:
            secret = os.urandom(KEY_LEN)
        except (NotImplementedError, OSError):
            raise Unavailable("the random source of the operating system failed") from None
        return cls(secret)

    def derive(self, purpose: Union[str, bytes], audience: Union[str, bytes] = b"") -> UnitKey:
        """The key of one purpose and audience, for a service that is to hold no other."""
        ctx = _crypto.context(purpose_bytes(purpose), audience_bytes(audience))
        unit = _crypto.unit_secret(self._secret, ctx)
        return UnitKey(self.kid, unit, _crypto.unit_check(unit, self.kid, ctx))

    def to_text(self) -> str:
        """The secret text form."""
        return (_ROOT_PREFIX + _text.encode(self._secret + self.kid)).decode("ascii")

    def _unit(self, ctx: bytes) -> bytes:
        return _crypto.unit_secret(self._secret, ctx)


class UnitKey(_Secret):
    """The key of one purpose and audience. It knows which only by a check value."""

    __slots__ = ("_check",)

    def __init__(self, kid: bytes, secret: bytes, check: bytes) -> None:
        _refuse_equal_bytes(secret)
        super().__init__(secret, kid)
        self._check = check

    def serves(self, purpose: Union[str, bytes], audience: Union[str, bytes] = b"") -> bool:
        """Whether this is the key of that purpose and audience."""
        return self._serves(_crypto.context(purpose_bytes(purpose), audience_bytes(audience)))

    def to_text(self) -> str:
        """The secret text form."""
        data = self.kid + self._secret + self._check
        return (_UNIT_PREFIX + _text.encode(data)).decode("ascii")

    def _serves(self, ctx: bytes) -> bool:
        return _crypto.unit_check(self._secret, self.kid, ctx) == self._check

    def _unit(self, ctx: bytes) -> bytes:
        # A ring checks that it serves a purpose and audience before it is used for them.
        return self._secret


Key = Union[RootKey, UnitKey]


def parse_key(text: Union[str, bytes]) -> Key:
    """The key of a text form.

    Whether a derived key is for a certain purpose and audience shows only when a ring is used for
    them, or by asking `UnitKey.serves`.
    """
    data = as_bytes("a key text", text, 0, _UNIT_LENGTH, ConfigurationError)
    if data.startswith(_ROOT_PREFIX):
        prefix, length = _ROOT_PREFIX, _ROOT_LENGTH
    elif data.startswith(_UNIT_PREFIX):
        prefix, length = _UNIT_PREFIX, _UNIT_LENGTH
    else:
        raise ConfigurationError("a key text begins with clkkey1. or clksub1.")
    if len(data) != length:
        raise ConfigurationError(
            f"a key text {prefix.decode()} has {length} characters, not {len(data)}"
        )
    body = _text.decode(data[len(prefix) :])
    if body is None:
        raise ConfigurationError("a key text contains a character that is not base64url")
    if prefix == _UNIT_PREFIX:
        kid, secret, check = body[:4], body[4:36], body[36:]
        return UnitKey(kid, secret, check)
    key = RootKey(body[:KEY_LEN])
    if key.kid != body[KEY_LEN:]:
        raise ConfigurationError("the key identifier in a key text is wrong; is it complete?")
    return key
