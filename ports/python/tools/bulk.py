"""The accumulated tests: one hash over many seals of pseudorandom inputs."""

from __future__ import annotations

import hashlib
from typing import Iterator, NamedTuple

from cloakroom import _crypto, _text
from cloakroom.claims import Claims, encode_claims


class Case(NamedTuple):
    root: bytes
    purpose: bytes
    audience: bytes
    binding: bytes
    plaintext: bytes

    @property
    def cipher(self) -> _crypto.Cipher:
        context = _crypto.context(self.purpose, self.audience)
        return _crypto.Cipher(
            _crypto.root_kid(self.root), _crypto.unit_secret(self.root, context)
        )

    def seal(self) -> str:
        return _text.token_text(self.cipher.seal(self.binding, self.plaintext))


class _Stream:
    def __init__(self, case: int) -> None:
        self._prefix = b"cloakroom 1 bulk" + case.to_bytes(8, "big")
        self._block = 0
        self._rest = b""

    def take(self, count: int) -> bytes:
        while len(self._rest) < count:
            message = self._prefix + self._block.to_bytes(8, "big")
            self._rest += hashlib.sha256(message).digest()
            self._block += 1
        taken, self._rest = self._rest[:count], self._rest[count:]
        return taken

    def small(self, modulus: int) -> int:
        return int.from_bytes(self.take(2), "big") % modulus

    def wide(self, modulus: int) -> int:
        value = int.from_bytes(self.take(8), "big")
        shift = self.take(1)[0] % 64
        return (value >> shift) % modulus


def case(number: int) -> Case:
    draw = _Stream(number)
    root = draw.take(32)
    purpose = draw.take(1 + draw.small(255))
    audience = draw.take(draw.small(256))
    binding = draw.take(draw.small(1025))
    session_id = draw.take(16)
    generation = draw.wide(4294967295)
    subject = draw.take(draw.small(256))
    start = draw.wide(253402300800)
    offset = draw.wide(4294967296)
    idle = draw.wide(4294967296)
    absolute = 1 + draw.wide(4294967295)
    major = draw.wide(4294967296)
    minor = draw.wide(4294967296)
    length = draw.small(2716) if draw.small(16) == 0 else draw.small(64)
    payload = draw.take(length)
    claims = Claims(
        session_id, generation, subject, start, start + offset, idle, absolute, major, minor
    )
    return Case(root, purpose, audience, binding, encode_claims(claims) + payload)


def cases(count: int) -> Iterator[Case]:
    return map(case, range(count))


def accumulated(count: int) -> str:
    total = hashlib.sha256()
    for one in cases(count):
        total.update(one.seal().encode("ascii") + b"\n")
    return total.hexdigest()
