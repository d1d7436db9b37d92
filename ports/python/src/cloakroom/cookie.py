"""How much of a cookie is left for a token."""

from __future__ import annotations

from ._input import as_int
from ._params import TOKEN_MAX, TOKEN_MIN, U32_MAX
from .errors import ConfigurationError

__all__ = ["cookie_token_length"]


def cookie_token_length(name: str, attributes: str, limit: int = 4096) -> int:
    """The longest token that fits into the line `name=token; Max-Age=age; attributes`, whatever the age.

    The `max_token_length` of sessions that cookies carry: then one that fits its cookie at login fits
    it at every renewal.
    """
    as_int("the limit of a cookie", limit, 1, U32_MAX, ConfigurationError)
    left = limit - len(f"{name}=; Max-Age={U32_MAX}; {attributes}".encode())
    if left < TOKEN_MIN:
        raise ConfigurationError(f"the cookie leaves {left} bytes; a token has {TOKEN_MIN} at least")
    return min(left, TOKEN_MAX)
