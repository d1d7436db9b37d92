"""Feed keys, realms, and the tags made of both."""

from __future__ import annotations

import hmac
import os
import re
from typing import Final, NoReturn, Union

from .. import _text
from .._crypto import expand
from .._input import as_bytes
from .._params import KEY_LEN
from ..errors import ConfigurationError, Unavailable

__all__ = ["FeedKey"]

FID_LEN: Final = 4
TAG_LEN: Final = 16
_PREFIX = b"clkfeed1."
_LENGTH = 57
_REALM = re.compile(r"[a-z0-9._-]{1,64}")


def realm_name(realm: object) -> bytes:
    """A realm as it goes into a tag: with its length before it."""
    if not isinstance(realm, str) or _REALM.fullmatch(realm) is None:
        raise ConfigurationError("a realm is 1 to 64 characters of a to z, 0 to 9, '.', '_', '-'")
    return bytes((len(realm),)) + realm.encode("ascii")


class FeedKey:
    """The key that the servers of a realm share. It is no key of a ring and derives from none."""

    __slots__ = ("_mac", "_secret", "fid")

    def __init__(self, secret: bytes) -> None:
        if not isinstance(secret, bytes) or len(secret) != KEY_LEN:
            raise ConfigurationError(f"a feed key is {KEY_LEN} bytes")
        if secret == secret[:1] * KEY_LEN:
            raise ConfigurationError("the bytes of the feed key are all equal")
        self._secret = secret
        self._mac = expand(secret, b"clkfeed1 mac\x00", KEY_LEN)
        self.fid = expand(secret, b"clkfeed1 id\x00", FID_LEN)

    def __repr__(self) -> str:
        return f"<FeedKey fid={self.fid.hex()}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("keys are not pickled or copied; use to_text() where a key is to be stored")

    @classmethod
    def generate(cls) -> FeedKey:
        """A new key from the random source of the operating system."""
        try:
            secret = os.urandom(KEY_LEN)
        except (NotImplementedError, OSError):
            raise Unavailable("the random source of the operating system failed") from None
        return cls(secret)

    @classmethod
    def parse(cls, text: Union[str, bytes]) -> FeedKey:
        """The key of a text form."""
        data = as_bytes("a feed key text", text, 0, _LENGTH, ConfigurationError)
        if not data.startswith(_PREFIX):
            raise ConfigurationError("a feed key text begins with clkfeed1.")
        if len(data) != _LENGTH:
            raise ConfigurationError(f"a feed key text has {_LENGTH} characters, not {len(data)}")
        body = _text.decode(data[len(_PREFIX) :])
        if body is None:
            raise ConfigurationError("a feed key text contains a character that is not base64url")
        key = cls(body[:KEY_LEN])
        if key.fid != body[KEY_LEN:]:
            raise ConfigurationError("the identifier in a feed key text is wrong; is it complete?")
        return key

    def to_text(self) -> str:
        """The secret text form."""
        return (_PREFIX + _text.encode(self._secret + self.fid)).decode("ascii")

    def tag(self, label: bytes, realm: bytes, data: bytes) -> bytes:
        return hmac.digest(self._mac, label + realm + data, "sha256")[:TAG_LEN]
