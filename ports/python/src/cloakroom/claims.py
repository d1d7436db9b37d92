"""The claims at the beginning of every plaintext."""

from __future__ import annotations

from typing import NamedTuple

from ._params import GENERATION_MAX, SESSION_ID_LEN, SUBJECT_MAX, TIME_MAX, U32_MAX
from .errors import Rejected, RequestError, Stage

__all__ = ["Claims", "decode_claims", "encode_claims"]

_U32 = (5, 0x0F)
_U64 = (10, 0x01)


class Claims(NamedTuple):
    """What a token says about its session. Times are Unix seconds, timeouts seconds."""

    session_id: bytes
    generation: int
    subject: bytes
    authenticated_at: int
    issued_at: int
    idle: int
    absolute: int
    major: int
    minor: int

    def __repr__(self) -> str:
        # Session id and subject do not belong in logs.
        return f"<Claims schema={self.major}.{self.minor}>"


def append_varint(out: bytearray, value: int) -> None:
    """Appends the shortest form."""
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)


def varint_length(value: int) -> int:
    return max(1, -(-value.bit_length() // 7))


def encode_claims(claims: Claims) -> bytes:
    """The bytes of the claims; claims that no reader would accept are refused."""
    offset = claims.issued_at - claims.authenticated_at
    if not (
        len(claims.session_id) == SESSION_ID_LEN
        and 0 <= claims.generation <= GENERATION_MAX
        and len(claims.subject) <= SUBJECT_MAX
        and 0 <= claims.authenticated_at <= TIME_MAX
        and 0 <= offset <= U32_MAX
        and 0 <= claims.idle <= U32_MAX
        and 1 <= claims.absolute <= U32_MAX
        and 0 <= claims.major <= U32_MAX
        and 0 <= claims.minor <= U32_MAX
    ):
        raise RequestError("the claims of the session are outside their limits")
    out = bytearray(claims.session_id)
    append_varint(out, claims.generation)
    append_varint(out, len(claims.subject))
    out += claims.subject
    append_varint(out, claims.authenticated_at)
    append_varint(out, offset)
    append_varint(out, claims.idle)
    append_varint(out, claims.absolute)
    append_varint(out, claims.major)
    append_varint(out, claims.minor)
    return bytes(out)


def _read(data: bytes, at: int, limits: tuple[int, int]) -> tuple[int, int]:
    """A varint in its shortest form, and the offset behind it."""
    most, greatest_last = limits
    value = 0
    shift = 0
    for position, byte in enumerate(data[at : at + most], 1):
        value |= (byte & 127) << shift
        if byte < 128:
            if position == most and byte > greatest_last or position > 1 and byte == 0:
                break
            return value, at + position
        shift += 7
    raise Rejected(Stage.CLAIMS)


def decode_claims(plaintext: bytes) -> tuple[Claims, bytes]:
    """The claims of a plaintext, and the payload behind them."""
    if len(plaintext) < SESSION_ID_LEN:
        raise Rejected(Stage.CLAIMS)
    generation, at = _read(plaintext, SESSION_ID_LEN, _U32)
    length, at = _read(plaintext, at, _U32)
    end = at + length
    if generation > GENERATION_MAX or length > SUBJECT_MAX or end > len(plaintext):
        raise Rejected(Stage.CLAIMS)
    subject = plaintext[at:end]
    authenticated_at, at = _read(plaintext, end, _U64)
    offset, at = _read(plaintext, at, _U32)
    idle, at = _read(plaintext, at, _U32)
    absolute, at = _read(plaintext, at, _U32)
    major, at = _read(plaintext, at, _U32)
    minor, at = _read(plaintext, at, _U32)
    if authenticated_at > TIME_MAX or absolute == 0:
        raise Rejected(Stage.CLAIMS)
    claims = Claims(
        plaintext[:SESSION_ID_LEN],
        generation,
        subject,
        authenticated_at,
        authenticated_at + offset,
        idle,
        absolute,
        major,
        minor,
    )
    return claims, plaintext[at:]
