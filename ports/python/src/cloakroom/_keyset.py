"""A key ring put to use for one purpose and audience."""

from __future__ import annotations

from typing import Dict, Optional

from . import _crypto
from ._params import KID_LEN
from .errors import Rejected, Stage
from .ring import KeyRing


class KeySet:
    """The ciphers of a ring. Derivation is done once, when the configuration is built."""

    __slots__ = ("_ciphers", "ring")

    def __init__(self, ring: KeyRing, context: bytes) -> None:
        self.ring = ring
        self._ciphers: Dict[bytes, _crypto.Cipher] = {
            entry.kid: _crypto.Cipher(entry.kid, entry.key._unit(context)) for entry in ring.entries
        }

    def opening(self, body: bytes, now: int) -> _crypto.Cipher:
        """The cipher for a binary token, if its key opens at this time."""
        kid = body[:KID_LEN]
        if not self.opens(kid, now):
            raise Rejected(Stage.KEY)
        return self._ciphers[kid]

    def opens(self, kid: bytes, now: int) -> bool:
        state = self.ring.state(kid, now)
        return state is not None and state.opens

    def opening_for_logout(self, body: bytes) -> _crypto.Cipher:
        """As `opening`, but a retired key serves as well: a copy may have moved to the next."""
        kid = body[:KID_LEN]
        entry = self.ring.find(kid)
        if entry is None or entry.disabled:
            raise Rejected(Stage.KEY)
        return self._ciphers[kid]

    def sealing(self, now: int) -> Optional[_crypto.Cipher]:
        entry = self.ring.sealing_key(now)
        return None if entry is None else self._ciphers[entry.kid]
