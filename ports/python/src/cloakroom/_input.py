"""Checks of what an application or operator passes in."""

from __future__ import annotations

from typing import Type, Union

from .errors import ConfigurationError, RequestError

_Refusal = Union[Type[ConfigurationError], Type[RequestError]]


def as_bytes(what: str, value: object, low: int, high: int, error: _Refusal) -> bytes:
    """Bytes, or text as its UTF-8, within limits."""
    data = None
    if isinstance(value, (bytes, bytearray)):
        data = bytes(value)
    elif isinstance(value, str):
        # The encoder's own error would carry the text with it.
        try:
            data = value.encode("utf-8")
        except UnicodeEncodeError:
            pass
        if data is None:
            raise error(f"{what} contains a lone surrogate and has no UTF-8 form")
    if data is None:
        raise error(f"{what} must be bytes or str, not {type(value).__name__}")
    if not low <= len(data) <= high:
        raise error(f"{what} has {len(data)} bytes; allowed are {low} to {high}")
    return data


def as_int(what: str, value: object, low: int, high: int, error: _Refusal) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise error(f"{what} must be an int, not {type(value).__name__}")
    if not low <= value <= high:
        raise error(f"{what} is outside {low} to {high}")
    return int(value)
