"""The payload shapes of the vectors, whose values come out in the notation of the vectors."""

from __future__ import annotations

from typing import Any, Dict, Optional

from cloakroom._wire import Reader, Writer
from cloakroom.payload import (
    Bool, Bytes, Enum, Field, Float, Int, Lazy, Map, Option, Seq, Str, Struct, Tuple, Type, Unit,
    Variant,
)
from cloakroom.shapes import Shape


class _Decimal(Int):
    """An integer that JSON numbers cannot hold."""

    def read(self, reader: Reader, level: int) -> Any:
        return str(super().read(reader, level))

    def write(self, writer: Writer, value: Any, level: int) -> None:
        super().write(writer, int(value), level)


class _HexFloat(Float):
    """A float as the hex of its encoded bytes, which keeps every NaN apart."""

    def read(self, reader: Reader, level: int) -> Any:
        return reader.take(self._format.size).hex()

    def write(self, writer: Writer, value: Any, level: int) -> None:
        writer.out += bytes.fromhex(value)


class _HexBytes(Bytes):
    def read(self, reader: Reader, level: int) -> Any:
        return super().read(reader, level).hex()

    def write(self, writer: Writer, value: Any, level: int) -> None:
        super().write(writer, bytes.fromhex(value), level)


class _List(Tuple):
    def read(self, reader: Reader, level: int) -> Any:
        return list(super().read(reader, level))


class _Enum(Enum):
    """An enum whose variants without content are objects too."""

    def read(self, reader: Reader, level: int) -> Any:
        value = super().read(reader, level)
        return {value: None} if isinstance(value, str) else value


_U8, _U16, _U32 = Int(8), Int(16), Int(32)

_USER = (Field("id", _Decimal(64)), Field("name", Str()), Field("admin", Bool()))
_THEME = Field("theme", Option(Str()), None)
_SCOPES = Field("scopes", Seq(_U16), [])
_LIMITS = (Field("limits", Struct(Field("read", Bool()))), Field("admin", Bool()))
_NOTE = Field("note", Str(), "")
_EXTRA = Field("extra", Struct(Field("a", _U8), Field("b", _U8)), {"a": 0, "b": 0})

_chain: Type = Struct(Field("next", Option(Lazy(lambda: _chain))))
_tree: Type = _Enum(
    Variant("leaf", _U8),
    Variant("one", Lazy(lambda: _tree)),
    Variant("both", _List(_U8, Lazy(lambda: _tree))),
    Variant("node", Struct(Field("next", Lazy(lambda: _tree)))),
)
_nest: Type = _Enum(
    Variant("end"),
    Variant("one", Lazy(lambda: _nest)),
    Variant("list", Seq(Lazy(lambda: _nest))),
    Variant("map", Map(Str(), Lazy(lambda: _nest))),
    Variant("pair", Struct(Field("next", _List(_U8, Lazy(lambda: _nest))))),
)
_choice = _Enum(
    Variant("a"),
    Variant("b", _U32),
    Variant("c", _List(_U8, _U16)),
    Variant("d", Struct(Field("x", Bool()))),
)
_kinds = Struct(
    Field("flag", Bool()),
    Field("a", _U8),
    Field("b", Int(8, signed=True)),
    Field("c", _U16),
    Field("d", Int(16, signed=True)),
    Field("e", _U32),
    Field("f", Int(32, signed=True)),
    Field("g", _Decimal(64)),
    Field("h", _Decimal(64, signed=True)),
    Field("x", _HexFloat(32)),
    Field("y", _HexFloat(64)),
    Field("text", Str()),
    Field("blob", _HexBytes()),
    Field("opt", Option(_U8)),
    Field("list", Seq(_U16)),
    Field("map", Map(Str(), _U8)),
    Field("pair", _List(_U8, _U16)),
    Field("choice", _choice),
    Field("nothing", Unit()),
)

TYPES: Dict[str, Optional[Type]] = {
    "raw": None,
    "user": Struct(*_USER),
    "user-1": Struct(*_USER, _THEME),
    "user-2": Struct(*_USER, _THEME, _SCOPES),
    "limits": Struct(*_LIMITS),
    "limits-1": Struct(*_LIMITS, _NOTE),
    "limits-2": Struct(*_LIMITS, _NOTE, _EXTRA),
    "units": Struct(Field("items", Seq(Unit()))),
    "chain": _chain,
    "tree": _tree,
    "choice": _choice,
    "kinds": _kinds,
    "bounds": Struct(
        Field("items", Seq(Unit())), Field("more", Seq(Unit())), Field("map", Map(Str(), _U8)),
        Field("nest", _nest),
    ),
}


def shape(reader: Dict[str, Any]) -> Shape:
    return Shape(reader["major"], reader["minor"], TYPES[reader["shape"]])


def notation(value: Any) -> Any:
    """A raw payload is bytes; every other value is in the notation already."""
    return value.hex() if isinstance(value, bytes) else value


