"""The subkey of XChaCha20, which the vectors print among the steps of sealing.

The library has no use for it: libsodium derives it inside, and its Python binding does not show it.
The result is therefore never taken on trust; `subkey` proves it by decrypting with the plain AEAD
of RFC 8439.
"""

from __future__ import annotations

import struct
from typing import List

from nacl.bindings import crypto_aead_chacha20poly1305_ietf_decrypt as _decrypt

_MASK = 0xFFFFFFFF
_ROUNDS = (
    (0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
    (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14),
)


def _quarter(x: List[int], a: int, b: int, c: int, d: int) -> None:
    for p, q, r, bits in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        x[p] = (x[p] + x[q]) & _MASK
        mixed = x[r] ^ x[p]
        x[r] = (mixed << bits | mixed >> (32 - bits)) & _MASK


def hchacha20(key: bytes, nonce: bytes) -> bytes:
    x = list(struct.unpack("<16I", b"expand 32-byte k" + key + nonce))
    for _ in range(10):
        for indices in _ROUNDS:
            _quarter(x, *indices)
    return struct.pack("<8I", *x[:4], *x[12:])


def subkey(key: bytes, nonce: bytes, aad: bytes, plaintext: bytes, sealed: bytes) -> bytes:
    """The subkey of a message, proven by opening the message with it."""
    found = hchacha20(key, nonce[:16])
    if _decrypt(sealed, aad, bytes(4) + nonce[16:], found) != plaintext:
        raise AssertionError("the subkey does not open the message")
    return found
