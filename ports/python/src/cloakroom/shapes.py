"""Schema versions: which payload a token of a certain schema carries."""

from __future__ import annotations

import copy
from typing import Any, Dict, NamedTuple, Optional, Tuple

from ._compounds import ABSENT, NO_DEFAULT, Struct, unwrapped
from ._input import as_int
from ._params import PLAINTEXT_MAX, U32_MAX
from ._scalars import Type
from ._wire import DecodeError, Reader, Writer
from .errors import ConfigurationError, Rejected, RequestError, Stage

__all__ = ["EncodedPayload", "Payloads", "Shape"]


class EncodedPayload(NamedTuple):
    """Payload bytes, and the schema they were written in."""

    data: bytes
    major: int
    minor: int

    def __repr__(self) -> str:
        return f"<EncodedPayload of {len(self.data)} bytes, schema {self.major}.{self.minor}>"


class Shape:
    """A schema version and the type of its payloads. Without a type the payload is raw bytes."""

    def __init__(self, major: int, minor: int = 0, type: Optional[Type] = None) -> None:
        self.major = as_int("schema major", major, 0, U32_MAX, ConfigurationError)
        self.minor = as_int("schema minor", minor, 0, U32_MAX, ConfigurationError)
        if type is not None and not isinstance(type, Type):
            raise ConfigurationError("the type of a shape is a payload type, or None for raw bytes")
        self.type = type
        self._outermost, self._newtypes = _outermost_struct(type)
        if self._outermost is None and self.minor != 0:
            raise ConfigurationError("only a struct with named fields has a minor other than 0")

    @classmethod
    def raw(cls, major: int) -> Shape:
        """Bytes of the application's choosing."""
        return cls(major)

    def __repr__(self) -> str:
        return f"<Shape {self.major}.{self.minor}>"

    def encode(self, value: Any) -> EncodedPayload:
        """Writes a value; what is not of the type is refused."""
        if self.type is None:
            if not isinstance(value, (bytes, bytearray)):
                raise RequestError(f"a raw payload is bytes, not {type(value).__name__}")
            return EncodedPayload(bytes(value), self.major, self.minor)
        writer = Writer()
        writer.parts(1)
        self.type.write(writer, value, 1)
        return EncodedPayload(bytes(writer.out), self.major, self.minor)

    def read(self, minor: int, payload: bytes) -> Tuple[Any, bool]:
        """The value of a payload of this major, and whether it is read-only."""
        outcome: Optional[Tuple[Any, bool]] = None
        try:
            outcome = self._read(minor, payload)
        except DecodeError:
            pass
        if outcome is None:
            raise Rejected(Stage.SCHEMA)
        return outcome

    def _read(self, minor: int, payload: bytes) -> Tuple[Any, bool]:
        if self._outermost is None:
            if minor != 0:
                raise DecodeError
            if self.type is None:
                return payload, False
            reader = Reader(payload)
            reader.parts(1)
            value = self.type.read(reader, 1)
            if not reader.at_end:
                raise DecodeError
            return value, False
        reader = Reader(payload)
        reader.parts(self._newtypes + 1)
        out: Dict[str, Any] = {}
        missing = False
        for field in self._outermost.fields:
            missing = missing or reader.at_end and minor < self.minor
            if not missing:
                reader.parts(1)
                out[field.name] = field.type.read(reader, 2)
            elif field.default is NO_DEFAULT:
                raise DecodeError
            elif field.default is not ABSENT:
                out[field.name] = copy.deepcopy(field.default)
        if not reader.at_end and minor <= self.minor:
            raise DecodeError
        return out, minor > self.minor


def _outermost_struct(type: Optional[Type]) -> Tuple[Optional[Struct], int]:
    if type is None:
        return None, 0
    outermost, newtypes = unwrapped(type)
    return (outermost if isinstance(outermost, Struct) else None), newtypes


class Payloads:
    """The shapes of one purpose and audience: the one that is written, and others still read."""

    def __init__(self, own: Shape, *others: Shape) -> None:
        self.own = own
        self._by_major: Dict[int, Shape] = {}
        for shape in (own, *others):
            if not isinstance(shape, Shape):
                raise ConfigurationError("payloads are described by Shape objects")
            if shape.major in self._by_major:
                raise ConfigurationError(f"two shapes have the schema major {shape.major}")
            self._by_major[shape.major] = shape

    def read(self, major: int, minor: int, payload: bytes) -> Tuple[Any, bool]:
        shape = self._by_major.get(major)
        if shape is None:
            raise Rejected(Stage.SCHEMA)
        return shape.read(minor, payload)

    def encode(self, value: Any) -> EncodedPayload:
        """Takes a value of the own shape, or what another shape has encoded."""
        if not isinstance(value, EncodedPayload):
            return self.own.encode(value)
        data, major, minor = value
        if not isinstance(data, bytes):
            raise RequestError("an encoded payload is bytes")
        if len(data) > PLAINTEXT_MAX:
            raise RequestError(
                f"a payload of {len(data)} bytes does not fit; a plaintext has {PLAINTEXT_MAX}"
            )
        as_int("schema major", major, 0, U32_MAX, RequestError)
        as_int("schema minor", minor, 0, U32_MAX, RequestError)
        return value
