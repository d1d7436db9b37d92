"""SPEC 7.1 and 7.2: varints and claims."""

from dataclasses import dataclass, replace

from .errors import Refuse, Reject

TIME_MAX = 253402300799
GENERATION_MAX = 4294967294
U32_MAX = 4294967295
MOST_BYTES = {16: 3, 32: 5, 64: 10, 128: 19}
GREATEST_LAST = {16: 0x03, 32: 0x0F, 64: 0x01, 128: 0x03}


class VarintError(Exception):
    """A varint that cannot be read under the rules of SPEC 7.1."""


def write_varint(value):
    """SPEC 7.1: the shortest form."""
    out = bytearray()
    while value > 127:
        out.append(value % 128 + 128)
        value //= 128
    out.append(value)
    return bytes(out)


def read_varint(data, offset, width, shortest=True):
    """SPEC 7.1: value and next offset. width is 16, 32, 64 or 128."""
    most, value = MOST_BYTES[width], 0
    for i in range(most):
        if offset + i >= len(data):
            raise VarintError("input ends inside a varint")
        byte = data[offset + i]
        value += (byte % 128) << (7 * i)
        if byte < 128:
            if i == most - 1 and byte > GREATEST_LAST[width]:
                raise VarintError("overflow")
            if shortest and i > 0 and byte == 0:
                raise VarintError("not the shortest form")
            return value, offset + i + 1
    raise VarintError("too many bytes")


@dataclass(frozen=True)
class Claims:
    """SPEC 7.2. offset is the encoded issued_at; the property issued_at is the moment."""

    session_id: bytes
    generation: int
    subject: bytes
    authenticated_at: int
    offset: int
    idle: int
    absolute: int
    major: int
    minor: int

    @property
    def issued_at(self):
        """SPEC 7.2: the moment, not the offset."""
        return self.authenticated_at + self.offset

    def at(self, **changes):
        """A copy with other values."""
        return replace(self, **changes)


def encode_claims(claims):
    """SPEC 7.2: the encoding of the fields in order."""
    return b"".join((
        claims.session_id,
        write_varint(claims.generation),
        write_varint(len(claims.subject)),
        claims.subject,
        write_varint(claims.authenticated_at),
        write_varint(claims.offset),
        write_varint(claims.idle),
        write_varint(claims.absolute),
        write_varint(claims.major),
        write_varint(claims.minor),
    ))


def check_limits(claims):
    """SPEC 7.2: the limits column, as a writer meets it."""
    if len(claims.session_id) != 16 or len(claims.subject) > 255:
        raise Refuse("session id or subject has a wrong length")
    if not 0 <= claims.generation <= GENERATION_MAX:
        raise Refuse("generation out of range")
    if not 0 <= claims.authenticated_at <= TIME_MAX:
        raise Refuse("authenticated_at out of range")
    if not 1 <= claims.absolute <= U32_MAX:
        raise Refuse("absolute timeout out of range")
    if any(not 0 <= v <= U32_MAX for v in (claims.offset, claims.idle, claims.major, claims.minor)):
        raise Refuse("a field of 32 bits is out of range")


def decode_claims(plaintext):
    """SPEC 7.2: claims and payload bytes, or reject (claims)."""
    try:
        return read_claims(plaintext)
    except VarintError as error:
        raise Reject("claims") from error


def read_claims(plaintext):
    """SPEC 7.2: the fields in order."""
    if len(plaintext) < 16:
        raise Reject("claims")
    generation, offset = read_varint(plaintext, 16, 32)
    length, offset = read_varint(plaintext, offset, 32)
    if generation > GENERATION_MAX or length > 255 or length > len(plaintext) - offset:
        raise Reject("claims")
    subject = plaintext[offset : offset + length]
    authenticated_at, offset = read_varint(plaintext, offset + length, 64)
    issued, offset = read_varint(plaintext, offset, 32)
    idle, offset = read_varint(plaintext, offset, 32)
    absolute, offset = read_varint(plaintext, offset, 32)
    major, offset = read_varint(plaintext, offset, 32)
    minor, offset = read_varint(plaintext, offset, 32)
    if authenticated_at > TIME_MAX or absolute == 0:
        raise Reject("claims")
    claims = Claims(plaintext[:16], generation, subject, authenticated_at, issued, idle,
                    absolute, major, minor)
    return claims, plaintext[offset:]
