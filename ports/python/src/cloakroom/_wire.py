"""Reading and writing payload bytes, within the bounds that no payload may exceed."""

from __future__ import annotations

from ._params import ELEMENTS_MAX, VALUES_MAX
from .claims import append_varint
from .errors import RequestError


class DecodeError(Exception):
    """The bytes are not a value of the type. Carries nothing of them."""


class Reader:
    """A payload being read."""

    __slots__ = ("at", "data", "elements", "values")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.elements = 0
        self.values = 0

    @property
    def at_end(self) -> bool:
        return self.at == len(self.data)

    def take(self, count: int) -> bytes:
        end = self.at + count
        if end > len(self.data):
            raise DecodeError
        taken = self.data[self.at : end]
        self.at = end
        return taken

    def byte(self) -> int:
        if self.at == len(self.data):
            raise DecodeError
        self.at += 1
        return self.data[self.at - 1]

    def varint(self, bits: int) -> int:
        most = -(-bits // 7)
        value = 0
        for position in range(most):
            byte = self.byte()
            value |= (byte & 127) << (7 * position)
            if byte < 128:
                if value >> bits:
                    raise DecodeError
                return value
        raise DecodeError

    def count(self) -> int:
        """The number of elements of a sequence or entries of a map."""
        count = self.varint(64)
        self.elements += count
        if self.elements > ELEMENTS_MAX:
            raise DecodeError
        return count

    def parts(self, count: int) -> None:
        """Before so many values are made: those without bytes cost the writer nothing."""
        self.values += count
        if self.values > VALUES_MAX:
            raise DecodeError


class Writer:
    """A payload being written, under the bounds of its readers."""

    __slots__ = ("elements", "out", "values")

    def __init__(self) -> None:
        self.out = bytearray()
        self.elements = 0
        self.values = 0

    def count(self, count: int) -> None:
        self.elements += count
        if self.elements > ELEMENTS_MAX:
            raise RequestError(f"the payload has more than {ELEMENTS_MAX} elements")
        append_varint(self.out, count)

    def parts(self, count: int) -> None:
        self.values += count
        if self.values > VALUES_MAX:
            raise RequestError(f"the payload has more than {VALUES_MAX} values")
