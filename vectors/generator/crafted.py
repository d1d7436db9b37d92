"""Messages that are valid for XChaCha20-Poly1305 alone and that Open has to reject.

Poly1305 is a polynomial over the blocks of its input. Whoever knows two one-time keys can choose
one block such that both give one tag; this is what the check of N defends against (SPEC 12.3).
"""

from reference import cipher
from reference.keys import context, derive_pair, derive_s, kid_of
from reference.token import associated_data, encode_text

from .common import fill

# SHA-256("cloakroom vectors kid collision" || be64(i)) for these two i are root keys with the kid
# 46800a95. They are the first pair that a search over i = 0, 1, 2, ... meets; to find it again,
# compute kid_of for each i and stop at the first kid that came up before.
COLLISION = (40202, 100996)
COLLISION_KID = bytes.fromhex("46800a95")
FREE_BLOCK = 48


def colliding_roots():
    """Two root keys with one kid."""
    prefix = b"cloakroom vectors kid collision"
    roots = [cipher.sha256(prefix + i.to_bytes(8, "big")) for i in COLLISION]
    assert roots[0] != roots[1] and all(kid_of(root) == COLLISION_KID for root in roots)
    return roots


def keys_for(root, purpose, audience):
    """Ke and Kn."""
    return derive_pair(derive_s(root, context(purpose, audience)))


def one_time(ke, nonce):
    """r and s of Poly1305, and the keystream function, for one key and N."""
    subkey, short = cipher.xchacha_parts(ke, nonce)
    key = cipher.poly1305_key(subkey, short)
    r = int.from_bytes(key[:16], "little") & cipher.POLY_CLAMP
    return r, int.from_bytes(key[16:], "little")


def hash_without_free(r, message, free):
    """The polynomial of Poly1305 at r, with the block at the offset free taken as zero bytes and
    its added 2^128 kept; and the factor by which the free block counts."""
    total, blocks = 0, len(message) // 16
    for i in range(blocks):
        block = bytes(16) if 16 * i == free else message[16 * i : 16 * i + 16]
        total += (int.from_bytes(block, "little") + 2**128) * pow(r, blocks - i, cipher.POLY_P)
    return total % cipher.POLY_P, pow(r, blocks - free // 16, cipher.POLY_P)


def solve_block(sides, ciphertext):
    """A value for 16 bytes of the ciphertext with which two (r, s, aad) give one tag, or None."""
    p, parts = cipher.POLY_P, []
    for r, s, aad in sides:
        free = len(cipher.pad16(aad)) + FREE_BLOCK
        parts.append((*hash_without_free(r, cipher.mac_data(aad, ciphertext), free), s))
    (h1, f1, s1), (h2, f2, s2) = parts
    # The tags are equal if (h1 + f1 x) + s1 and (h2 + f2 x) + s2, each reduced modulo p before s
    # is added, differ by a multiple k of 2^128. Not every k gives a block of 128 bits.
    for k in range(-4, 5):
        x = (h2 - h1 + s2 - s1 + k * 2**128) * pow(f1 - f2, -1, p) % p
        sums = [(h + f * x) % p + s for h, f, s in parts]
        if x < 2**128 and (sums[0] - sums[1]) % 2**128 == 0:
            return x.to_bytes(16, "little")
    return None


def two_readings(label, kid, sides, plaintext):
    """A token whose AEAD is valid under two (Ke, AAD). The first reads the given plaintext, apart
    from the 16 bytes at FREE_BLOCK. Returns the token and both plaintexts."""
    (ke1, aad1), (ke2, aad2) = sides
    for attempt in range(1000):
        nonce = fill(f"{label} {attempt}", 24)
        ciphertext, _ = cipher.xchacha_encrypt(ke1, nonce, aad1, plaintext)
        polys = [(*one_time(ke, nonce), aad) for ke, aad in sides]
        block = solve_block(polys, ciphertext)
        if block is None:
            continue
        ciphertext = ciphertext[:FREE_BLOCK] + block + ciphertext[FREE_BLOCK + 16 :]
        subkey, short = cipher.xchacha_parts(ke1, nonce)
        tag = cipher.poly1305(cipher.poly1305_key(subkey, short), cipher.mac_data(aad1, ciphertext))
        first = cipher.xchacha_decrypt(ke1, nonce, aad1, ciphertext, tag)
        second = cipher.xchacha_decrypt(ke2, nonce, aad2, ciphertext, tag)
        assert first is not None and second is not None and first != second
        return encode_text(kid + nonce + ciphertext + tag), first, second
    raise AssertionError("no message found")


def second_binding(steps, binding):
    """A binding with which the AEAD of a sealed token is valid too. Key, N and ciphertext are the
    same, so the two associated data have to be equal as polynomials at r."""
    p = cipher.POLY_P
    assert len(steps.aad) == 32 and binding == steps.aad[9:]
    r, _ = one_time(steps.ke, steps.nonce)
    first, second = (int.from_bytes(steps.aad[i : i + 16], "little") for i in (0, 16))
    for attempt in range(1000):
        head = steps.aad[:9] + fill(f"second binding {attempt}", 7)
        x = (second + (first - int.from_bytes(head, "little")) * r) % p
        if x < 2**128:
            other = head[9:] + x.to_bytes(16, "little")
            aad = associated_data(steps.kid, other)
            opened = cipher.xchacha_decrypt(steps.ke, steps.nonce, aad, steps.ciphertext, steps.tag)
            assert opened == steps.plaintext and other != binding
            return other
    raise AssertionError("no binding found")


def with_nonce(ke, aad, kid, nonce, plaintext):
    """A token that is a valid AEAD message with any N."""
    ciphertext, tag = cipher.xchacha_encrypt(ke, nonce, aad, plaintext)
    assert cipher.xchacha_decrypt(ke, nonce, aad, ciphertext, tag) == plaintext
    return encode_text(kid + nonce + ciphertext + tag)
