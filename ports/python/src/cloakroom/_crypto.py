"""Derivation, sealing and opening. Everything here is a pure function of its arguments."""

from __future__ import annotations

import hashlib
import hmac

from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_decrypt as _aead_decrypt,
    crypto_aead_xchacha20poly1305_ietf_encrypt as _aead_encrypt,
)
from nacl.exceptions import CryptoError

from ._params import KEY_LEN, KID_LEN, NONCE_LEN, PLAINTEXT_MAX, PLAINTEXT_MIN, PREFIX
from .errors import Rejected, RequestError, Stage

_BODY_N = KID_LEN + NONCE_LEN


def expand(key: bytes, info: bytes, length: int) -> bytes:
    """HKDF-Expand with SHA-256 for up to 32 bytes, which is a single HMAC."""
    return hmac.digest(key, info + b"\x01", "sha256")[:length]


def root_kid(root: bytes) -> bytes:
    return expand(root, b"clk1 kid\x00", KID_LEN)


def context(purpose: bytes, audience: bytes) -> bytes:
    """Purpose and audience with their lengths, so that no two pairs give the same bytes."""
    return bytes((len(purpose),)) + purpose + bytes((len(audience),)) + audience


def unit_secret(root: bytes, ctx: bytes) -> bytes:
    return expand(root, b"clk1 sub\x00" + ctx, KEY_LEN)


def unit_check(unit: bytes, kid: bytes, ctx: bytes) -> bytes:
    return expand(unit, b"clk1 chk\x00" + kid + ctx, 6)


def digest(kind: int, data: bytes) -> bytes:
    """The 16 bytes by which revocation records name a subject, a context or a key."""
    return hashlib.sha256(b"rvk1" + bytes((kind,)) + data).digest()[:16]


class Cipher:
    """One key, ready to seal and open for one purpose and audience."""

    __slots__ = ("_aad_prefix", "_enc", "_siv", "_unit", "key_digest", "kid")

    def __init__(self, kid: bytes, unit: bytes) -> None:
        self.kid = kid
        self.key_digest = digest(4, kid)
        self._unit = unit
        self._enc = expand(unit, b"clk1 enc\x00", KEY_LEN)
        self._siv = expand(unit, b"clk1 siv\x00", KEY_LEN)
        self._aad_prefix = PREFIX + kid

    def __repr__(self) -> str:
        return f"<Cipher kid={self.kid.hex()}>"

    def associated_data(self, binding: bytes) -> bytes:
        return self._aad_prefix + binding

    def nonce(self, aad: bytes, plaintext: bytes) -> bytes:
        message = len(aad).to_bytes(8, "big") + aad + plaintext
        return hmac.digest(self._siv, message, "sha256")[:NONCE_LEN]

    def seal(self, binding: bytes, plaintext: bytes) -> bytes:
        """The binary token."""
        if not PLAINTEXT_MIN <= len(plaintext) <= PLAINTEXT_MAX:
            raise RequestError(
                f"a plaintext of {len(plaintext)} bytes does not fit; the limit is {PLAINTEXT_MAX}"
            )
        aad = self.associated_data(binding)
        nonce = self.nonce(aad, plaintext)
        return self.kid + nonce + _aead_encrypt(plaintext, aad, nonce, self._enc)

    def open(self, binding: bytes, body: bytes) -> tuple[bytes, bytes]:
        """N and the plaintext of a binary token that carries the kid of this key."""
        nonce = body[KID_LEN:_BODY_N]
        aad = self._aad_prefix + binding
        # Rejections are raised outside the handler: a context attached to them would carry the
        # frames, and with them the keys, of the cipher library.
        authentic = True
        plaintext = b""
        try:
            plaintext = _aead_decrypt(body[_BODY_N:], aad, nonce, self._enc)
        except CryptoError:
            authentic = False
        if not authentic:
            raise Rejected(Stage.TAG)
        # XChaCha20-Poly1305 alone does not commit to its key; this comparison does.
        if not hmac.compare_digest(self.nonce(aad, plaintext), nonce):
            raise Rejected(Stage.NONCE)
        return nonce, plaintext

    def log_id(self, session_id: bytes) -> str:
        return expand(self._unit, b"clk1 log\x00" + session_id, 8).hex()
