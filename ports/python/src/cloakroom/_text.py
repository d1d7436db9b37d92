"""base64url with exactly one spelling for every byte string."""

from __future__ import annotations

import binascii
from typing import Optional

from ._params import PREFIX, TOKEN_MAX, TOKEN_MIN
from .errors import Rejected, Stage

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_VALUE = {char: value for value, char in enumerate(_ALPHABET)}
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_TO_URL = bytes.maketrans(b"+/", b"-_")
# By the number of characters modulo 4: the bits of the last one that carry nothing.
_UNUSED_BITS = {0: 0, 2: 0b1111, 3: 0b11}


def encode(data: bytes) -> bytes:
    return binascii.b2a_base64(data, newline=False).rstrip(b"=").translate(_TO_URL)


def decode(text: bytes) -> Optional[bytes]:
    """The bytes, or None if the text is not their one spelling."""
    # The decoder of the standard library skips what it does not know, so it is kept from seeing it.
    if text.translate(None, _ALPHABET):
        return None
    if not text:
        return b""
    unused = _UNUSED_BITS.get(len(text) % 4)
    if unused is None or _VALUE[text[-1]] & unused:
        return None
    return binascii.a2b_base64(text.translate(_TO_STANDARD) + b"=" * (-len(text) % 4))


def token_body(token: object) -> bytes:
    """The binary token behind a text. Whatever is not a token is rejected, of any type."""
    # The methods are those of the base types, for what a subclass overrides may raise anything. The
    # length comes before all else, so that it bounds the work.
    if isinstance(token, str):
        if not TOKEN_MIN <= str.__len__(token) <= TOKEN_MAX or not str.isascii(token):
            raise Rejected(Stage.TEXT)
        text = str.encode(token, "ascii")
    elif isinstance(token, bytes):
        if not TOKEN_MIN <= bytes.__len__(token) <= TOKEN_MAX:
            raise Rejected(Stage.TEXT)
        text = b"".join((token,))
    else:
        raise Rejected(Stage.TEXT)
    if not text.startswith(PREFIX):
        raise Rejected(Stage.TEXT)
    body = decode(text[len(PREFIX) :])
    if body is None:
        raise Rejected(Stage.TEXT)
    return body


def token_text(body: bytes) -> str:
    return (PREFIX + encode(body)).decode("ascii")


def token_length(plaintext_length: int) -> int:
    """The number of characters of a token over a plaintext of that length."""
    return len(PREFIX) + -(-4 * (44 + plaintext_length) // 3)
