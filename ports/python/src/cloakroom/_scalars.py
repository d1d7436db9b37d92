"""What all payload types have in common, and those whose values have no parts."""

from __future__ import annotations

import struct
from typing import Any, Optional

from ._params import DEPTH_MAX
from ._wire import DecodeError, Reader, Writer
from .claims import append_varint
from .errors import RequestError


def wrong(expected: str, value: object) -> RequestError:
    # The value itself is part of a payload and stays out of the message.
    return RequestError(f"the payload needs {expected}, not {type(value).__name__}")


def level_down(level: int) -> int:
    if level > DEPTH_MAX:
        raise DecodeError
    return level + 1


def write_level_down(level: int) -> int:
    if level > DEPTH_MAX:
        raise RequestError(f"the payload is nested deeper than {DEPTH_MAX} levels")
    return level + 1


class Type:
    """A type of payload values. `level` is the level of the value, should it count as one."""

    def read(self, reader: Reader, level: int) -> Any:
        raise NotImplementedError

    def write(self, writer: Writer, value: Any, level: int) -> None:
        raise NotImplementedError


class Bool(Type):
    def read(self, reader: Reader, level: int) -> Any:
        byte = reader.byte()
        if byte > 1:
            raise DecodeError
        return byte == 1

    def write(self, writer: Writer, value: Any, level: int) -> None:
        if not isinstance(value, bool):
            raise wrong("a bool", value)
        writer.out.append(value)


class Int(Type):
    """An integer of 8, 16, 32, 64 or 128 bits."""

    def __init__(self, bits: int, signed: bool = False) -> None:
        if bits not in (8, 16, 32, 64, 128):
            raise ValueError("an Int has 8, 16, 32, 64 or 128 bits")
        self.bits = bits
        self.signed = signed
        self.low = -(1 << bits - 1) if signed else 0
        self.high = (1 << bits - 1) - 1 if signed else (1 << bits) - 1

    def read(self, reader: Reader, level: int) -> Any:
        if self.bits == 8:
            value = reader.byte()
            return value - 256 if self.signed and value > 127 else value
        value = reader.varint(self.bits)
        return value >> 1 ^ -(value & 1) if self.signed else value

    def write(self, writer: Writer, value: Any, level: int) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            raise wrong("an int", value)
        if not self.low <= value <= self.high:
            raise RequestError(f"an integer of the payload is outside {self.low} to {self.high}")
        if self.bits == 8:
            writer.out.append(value & 255)
        elif self.signed:
            append_varint(writer.out, 2 * value if value >= 0 else -2 * value - 1)
        else:
            append_varint(writer.out, value)


class Float(Type):
    """binary32 or binary64."""

    def __init__(self, bits: int) -> None:
        if bits not in (32, 64):
            raise ValueError("a Float has 32 or 64 bits")
        self.bits = bits
        self._format = struct.Struct("<f" if bits == 32 else "<d")

    def read(self, reader: Reader, level: int) -> Any:
        return self._format.unpack(reader.take(self._format.size))[0]

    def write(self, writer: Writer, value: Any, level: int) -> None:
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            raise wrong("a float", value)
        packed: Optional[bytes] = None
        try:
            packed = self._format.pack(value)
        except (OverflowError, struct.error):
            pass
        if packed is None:
            raise RequestError("a float of the payload does not fit its type")
        writer.out += packed


class Str(Type):
    def read(self, reader: Reader, level: int) -> Any:
        data = reader.take(reader.varint(64))
        text: Optional[str] = None
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            pass
        if text is None:
            raise DecodeError
        return text

    def write(self, writer: Writer, value: Any, level: int) -> None:
        if not isinstance(value, str):
            raise wrong("a str", value)
        data: Optional[bytes] = None
        try:
            data = value.encode("utf-8")
        except UnicodeEncodeError:
            pass
        if data is None:
            raise RequestError("a str of the payload contains a lone surrogate")
        append_varint(writer.out, len(data))
        writer.out += data


class Char(Str):
    """A str of exactly one code point."""

    def read(self, reader: Reader, level: int) -> Any:
        text = super().read(reader, level)
        if len(text) != 1:
            raise DecodeError
        return text

    def write(self, writer: Writer, value: Any, level: int) -> None:
        if not isinstance(value, str) or len(value) != 1:
            raise wrong("a str of one code point", value)
        super().write(writer, value, level)


class Bytes(Type):
    def read(self, reader: Reader, level: int) -> Any:
        return reader.take(reader.varint(64))

    def write(self, writer: Writer, value: Any, level: int) -> None:
        if not isinstance(value, (bytes, bytearray)):
            raise wrong("bytes", value)
        append_varint(writer.out, len(value))
        writer.out += value


class Unit(Type):
    """A unit, or a unit struct if it has a name."""

    def __init__(self, name: Optional[str] = None) -> None:
        self.name = name

    def read(self, reader: Reader, level: int) -> Any:
        return None

    def write(self, writer: Writer, value: Any, level: int) -> None:
        if value is not None:
            raise wrong("None", value)
