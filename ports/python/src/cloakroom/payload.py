"""Types of structured payloads.

Their encoding is the postcard wire format. It carries no names, so reader and writer have to agree
on the type; a `Shape` ties a type to the schema version in the token.

| type | Python value |
|---|---|
| `Bool`, `Int`, `Float`, `Str`, `Char`, `Bytes` | bool, int, float, str, str, bytes |
| `Unit` | None |
| `Option` | the value, or None |
| `Seq`, `Tuple`, `Array` | list, tuple, tuple; any of them is written |
| `Map` | dict if the keys are str, else a list of pairs; of equal keys the last is kept |
| `Struct` | dict from field name to value |
| `Enum` | the variant's name, or a dict with the name as its one member and its content as value |
| `Newtype`, `Lazy` | what they stand for |
"""

from __future__ import annotations

from ._compounds import (
    ABSENT, Array, Enum, Field, Lazy, Map, Newtype, Option, Seq, Struct, Tuple, Variant,
)
from ._scalars import Bool, Bytes, Char, Float, Int, Str, Type, Unit

__all__ = [
    "ABSENT", "Array", "Bool", "Bytes", "Char", "Enum", "Field", "Float", "Int", "Lazy", "Map",
    "Newtype", "Option", "Seq", "Str", "Struct", "Tuple", "Type", "Unit", "Variant",
]
