"""SPEC 6.1 and 4.2: the primitives. hashlib and hmac come from the standard library."""

import hashlib
import hmac

MASK = 0xFFFFFFFF
CONSTANTS = (0x61707865, 0x3320646E, 0x79622D32, 0x6B206574)
POLY_P = 2**130 - 5
POLY_CLAMP = 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF


def expand(key, info, length):
    """SPEC 4.2: HKDF-Expand with SHA-256 for at most 32 bytes, which is one HMAC."""
    assert 1 <= length <= 32
    return hmac_sha256(key, info + b"\x01")[:length]


def hmac_sha256(key, data):
    """SPEC 6.1: HMAC-SHA256."""
    return hmac.digest(key, data, "sha256")


def sha256(data):
    """SPEC 6.1: SHA-256."""
    return hashlib.sha256(data).digest()


def quarter_round(a, b, c, d):
    """SPEC 6.1, RFC 8439 2.1."""
    a = (a + b) & MASK
    d ^= a
    d = ((d << 16) | (d >> 16)) & MASK
    c = (c + d) & MASK
    b ^= c
    b = ((b << 12) | (b >> 20)) & MASK
    a = (a + b) & MASK
    d ^= a
    d = ((d << 8) | (d >> 24)) & MASK
    c = (c + d) & MASK
    b ^= c
    b = ((b << 7) | (b >> 25)) & MASK
    return a, b, c, d


def twenty_rounds(state):
    """SPEC 6.1, RFC 8439 2.3: ten double rounds, without the final addition."""
    x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13, x14, x15 = state
    for _ in range(10):
        x0, x4, x8, x12 = quarter_round(x0, x4, x8, x12)
        x1, x5, x9, x13 = quarter_round(x1, x5, x9, x13)
        x2, x6, x10, x14 = quarter_round(x2, x6, x10, x14)
        x3, x7, x11, x15 = quarter_round(x3, x7, x11, x15)
        x0, x5, x10, x15 = quarter_round(x0, x5, x10, x15)
        x1, x6, x11, x12 = quarter_round(x1, x6, x11, x12)
        x2, x7, x8, x13 = quarter_round(x2, x7, x8, x13)
        x3, x4, x9, x14 = quarter_round(x3, x4, x9, x14)
    return [x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13, x14, x15]


def words(data):
    """RFC 8439 2.3: little-endian 32-bit words."""
    return [int.from_bytes(data[i : i + 4], "little") for i in range(0, len(data), 4)]


def unwords(values):
    """RFC 8439 2.3: words back to little-endian bytes."""
    return b"".join(v.to_bytes(4, "little") for v in values)


def chacha20_block(key, counter, nonce):
    """RFC 8439 2.3: one block of 64 bytes; nonce has 12 bytes."""
    state = [*CONSTANTS, *words(key), counter, *words(nonce)]
    mixed = twenty_rounds(state)
    return unwords([(a + b) & MASK for a, b in zip(state, mixed)])


def hchacha20(key, nonce):
    """SPEC 6.1: HChaCha20; nonce has 16 bytes, the result has 32."""
    mixed = twenty_rounds([*CONSTANTS, *words(key), *words(nonce)])
    return unwords(mixed[0:4] + mixed[12:16])


def xor(a, b):
    """The bytewise exclusive or of two strings of one length."""
    return (int.from_bytes(a, "little") ^ int.from_bytes(b, "little")).to_bytes(len(a), "little")


def chacha20(key, counter, nonce, data):
    """RFC 8439 2.4: encryption and decryption."""
    blocks = (len(data) + 63) // 64
    stream = b"".join(chacha20_block(key, counter + i, nonce) for i in range(blocks))
    return xor(data, stream[: len(data)])


def poly1305(key, message):
    """RFC 8439 2.5: the one-time authenticator."""
    r = int.from_bytes(key[:16], "little") & POLY_CLAMP
    s = int.from_bytes(key[16:], "little")
    h = 0
    for i in range(0, len(message), 16):
        block = message[i : i + 16] + b"\x01"
        h = (h + int.from_bytes(block, "little")) * r % POLY_P
    return ((h + s) % 2**128).to_bytes(16, "little")


def pad16(data):
    """RFC 8439 2.8.1: zero bytes up to a multiple of 16."""
    return data + bytes(-len(data) % 16)


def mac_data(aad, ciphertext):
    """RFC 8439 2.8: what the authenticator of the AEAD construction covers."""
    lengths = len(aad).to_bytes(8, "little") + len(ciphertext).to_bytes(8, "little")
    return pad16(aad) + pad16(ciphertext) + lengths


def poly1305_key(key, nonce):
    """RFC 8439 2.6: the one-time key."""
    return chacha20_block(key, 0, nonce)[:32]


def aead_encrypt(key, nonce, aad, plaintext):
    """RFC 8439 2.8: AEAD_CHACHA20_POLY1305; returns ciphertext and tag."""
    ciphertext = chacha20(key, 1, nonce, plaintext)
    return ciphertext, poly1305(poly1305_key(key, nonce), mac_data(aad, ciphertext))


def aead_decrypt(key, nonce, aad, ciphertext, tag):
    """RFC 8439 2.8: the plaintext, or None if the tag differs."""
    wanted = poly1305(poly1305_key(key, nonce), mac_data(aad, ciphertext))
    if not hmac.compare_digest(wanted, tag):
        return None
    return chacha20(key, 1, nonce, ciphertext)


def xchacha_parts(key, nonce):
    """SPEC 6.1: subkey and 12-byte nonce for a nonce of 24 bytes."""
    return hchacha20(key, nonce[:16]), bytes(4) + nonce[16:24]


def xchacha_encrypt(key, nonce, aad, plaintext):
    """SPEC 6.1: XChaCha20-Poly1305; returns ciphertext and tag."""
    subkey, short = xchacha_parts(key, nonce)
    return aead_encrypt(subkey, short, aad, plaintext)


def xchacha_decrypt(key, nonce, aad, ciphertext, tag):
    """SPEC 6.1: XChaCha20-Poly1305; the plaintext, or None if the tag differs."""
    subkey, short = xchacha_parts(key, nonce)
    return aead_decrypt(subkey, short, aad, ciphertext, tag)
