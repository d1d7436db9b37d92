"""SPEC 18.1: Ed25519 of RFC 8032, plainly and slowly, with the standard library."""

import hashlib

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def recover_x(y, sign):
    """The x of a point with this y, or None."""
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    return P - x if x & 1 != sign else x


# A point is (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z.
BASE_Y = 4 * pow(5, -1, P) % P
BASE_X = recover_x(BASE_Y, 0)
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)
ZERO = (0, 1, 1, 0)


def add(left, right):
    """The sum of two points."""
    a = (left[1] - left[0]) * (right[1] - right[0]) % P
    b = (left[1] + left[0]) * (right[1] + right[0]) % P
    c = 2 * left[3] * right[3] * D % P
    d = 2 * left[2] * right[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number, point):
    """A multiple of a point."""
    out = ZERO
    while number:
        if number & 1:
            out = add(out, point)
        point = add(point, point)
        number >>= 1
    return out


def same(left, right):
    """Whether two points are one."""
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 == (left[1] * right[2] - right[1] * left[2]) % P


def encode(point):
    """32 bytes."""
    inverse = pow(point[2], -1, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def decode(data):
    """A point, or None."""
    number = int.from_bytes(data, "little")
    y, sign = number & (2**255 - 1), number >> 255
    if y >= P:
        return None
    x = recover_x(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


def is_small(point):
    """Whether the point is one of the eight of small order."""
    return same(times(8, point), ZERO)


def expanded(seed):
    """The scalar, and what nonces are made with."""
    digest = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(digest[:32], "little") & (2**254 - 8) | 2**254
    return scalar, digest[32:]


def public_key(seed):
    """The public key of a secret of 32 bytes."""
    return encode(times(expanded(seed)[0], BASE))


def hashed(*parts):
    """A scalar from a hash."""
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % ORDER


def sign(seed, message):
    """A signature of 64 bytes."""
    scalar, prefix = expanded(seed)
    key = encode(times(scalar, BASE))
    nonce = hashed(prefix, message)
    commitment = encode(times(nonce, BASE))
    response = (nonce + hashed(commitment, key, message) * scalar) % ORDER
    return commitment + response.to_bytes(32, "little")


def verify(key, message, signature):
    """Whether a signature fits: no point of small order, a canonical scalar, no cofactor."""
    public, commitment = decode(key), decode(signature[:32])
    response = int.from_bytes(signature[32:], "little")
    if public is None or commitment is None or response >= ORDER:
        return False
    if is_small(public) or is_small(commitment):
        return False
    challenge = hashed(signature[:32], key, message)
    return same(times(response, BASE), add(commitment, times(challenge, public)))
