"""SPEC 7.3 to 7.6 and 16.5: shapes, structured payloads, ReadPayload.

A type is a tuple whose first item names it. Decoded values are in the JSON form of SPEC 16.5.
"""

import json
from dataclasses import dataclass

from .claims import VarintError, read_varint, write_varint
from .errors import Reject

DEPTH_MAX = 64
ELEMENTS_MAX = 4096

UNIT, BOOL, STR, BYTES = ("unit",), ("bool",), ("str",), ("bytes",)
U8, U16, U32, U64 = (("unsigned", width) for width in (8, 16, 32, 64))
I8, I16, I32, I64 = (("signed", width) for width in (8, 16, 32, 64))
F32, F64 = ("float", 4), ("float", 8)


def struct(*fields):
    """SPEC 16.5: fields are (name, type) pairs."""
    return ("struct", fields)


def option(inner):
    """SPEC 7.5."""
    return ("option", inner)


def seq(inner):
    """SPEC 7.5."""
    return ("seq", inner)


CHOICE = ("enum", (
    ("a", None),
    ("b", U32),
    ("c", ("content-tuple", (U8, U16))),
    ("d", ("content-struct", (("x", BOOL),))),
))
USER = struct(("id", U64), ("name", STR), ("admin", BOOL))
USER_1 = struct(*USER[1], ("theme", option(STR)))
USER_2 = struct(*USER_1[1], ("scopes", seq(U16)))
LIMITS = struct(("limits", struct(("read", BOOL))), ("admin", BOOL))
LIMITS_1 = struct(*LIMITS[1], ("note", STR))
LIMITS_2 = struct(*LIMITS_1[1], ("extra", struct(("a", U8), ("b", U8))))
TREE = ("enum", (
    ("leaf", U8),
    ("one", ("tree",)),
    ("both", ("content-tuple", (U8, ("tree",)))),
    ("node", ("content-struct", (("next", ("tree",)),))),
))
CHAIN = struct(("next", option(("chain",))))
KINDS = struct(
    ("flag", BOOL), ("a", U8), ("b", I8), ("c", U16), ("d", I16), ("e", U32), ("f", I32),
    ("g", U64), ("h", I64), ("x", F32), ("y", F64), ("text", STR), ("blob", BYTES),
    ("opt", option(U8)), ("list", seq(U16)), ("map", ("map", STR, U8)),
    ("pair", ("tuple", (U8, U16))), ("choice", CHOICE), ("nothing", UNIT),
)
NEST = ("enum", (
    ("end", None),
    ("one", ("nest",)),
    ("list", seq(("nest",))),
    ("map", ("map", STR, ("nest",))),
    ("pair", ("content-struct", (("next", ("tuple", (U8, ("nest",)))),))),
))
BOUNDS = struct(("items", seq(UNIT)), ("more", seq(UNIT)), ("map", ("map", STR, U8)), ("nest", ("nest",)))
# A type that contains itself names itself.
RECURSIVE = {"chain": CHAIN, "tree": TREE, "nest": NEST}


@dataclass(frozen=True)
class Shape:
    """SPEC 7.4: a type, the defaults of its outermost struct, and the minor used with major 1."""

    type: tuple | None
    defaults: dict
    minor: int


SHAPES = {
    "raw": Shape(None, {}, 0),
    "user": Shape(USER, {}, 0),
    "user-1": Shape(USER_1, {"theme": None}, 1),
    "user-2": Shape(USER_2, {"theme": None, "scopes": []}, 2),
    "limits": Shape(LIMITS, {}, 0),
    "limits-1": Shape(LIMITS_1, {"note": ""}, 1),
    "limits-2": Shape(LIMITS_2, {"note": "", "extra": {"a": 0, "b": 0}}, 2),
    "units": Shape(struct(("items", seq(UNIT))), {}, 0),
    "chain": Shape(CHAIN, {}, 0),
    "tree": Shape(TREE, {}, 0),
    "choice": Shape(CHOICE, {}, 0),
    "kinds": Shape(KINDS, {}, 0),
    "bounds": Shape(BOUNDS, {}, 0),
}


class Decoder:
    """SPEC 7.5, 7.6: reads one value after the other from a payload."""

    def __init__(self, data):
        self.data = data
        self.offset = 0
        self.elements = 0

    def remaining(self):
        """How many bytes have not been read."""
        return len(self.data) - self.offset

    def take(self, length):
        """SPEC 7.6: a length beyond the remaining input is a failure at once."""
        if length > self.remaining():
            raise Reject("schema")
        self.offset += length
        return self.data[self.offset - length : self.offset]

    def varint(self, width):
        """SPEC 7.5: longer forms are tolerated in payloads."""
        try:
            value, self.offset = read_varint(self.data, self.offset, width, shortest=False)
        except VarintError as error:
            raise Reject("schema") from error
        return value

    def count(self):
        """SPEC 7.6: counts are added when they are read."""
        count = self.varint(64)
        self.elements += count
        if self.elements > ELEMENTS_MAX:
            raise Reject("schema")
        return count

    def flag(self):
        """SPEC 7.5: the byte of a bool and of an option."""
        byte = self.take(1)[0]
        if byte > 1:
            raise Reject("schema")
        return byte == 1

    def text(self):
        """SPEC 7.5: str."""
        try:
            return self.take(self.varint(64)).decode("utf-8")
        except UnicodeDecodeError as error:
            raise Reject("schema") from error

    def integer(self, kind, width):
        """SPEC 7.5: unsigned and zigzag integers; 64-bit values as decimal strings."""
        if width == 8:
            value = int.from_bytes(self.take(1), "big", signed=kind == "signed")
        else:
            value = self.varint(width)
            if kind == "signed":
                value = -(value + 1) // 2 if value % 2 else value // 2
        return str(value) if width >= 64 else value

    def fields(self, fields, depth):
        """SPEC 7.5: a struct, whose own level is depth."""
        return {name: self.value(inner, depth + 1) for name, inner in fields}

    def scalar(self, kind):
        """SPEC 7.5: types without parameters and without a level."""
        if kind[0] == "unit":
            return None
        if kind[0] == "bool":
            return self.flag()
        if kind[0] == "str":
            return self.text()
        if kind[0] == "bytes":
            return self.take(self.varint(64)).hex()
        if kind[0] == "float":
            return self.take(kind[1]).hex()
        return self.integer(kind[0], kind[1])

    def value(self, kind, depth):
        """SPEC 7.5, 7.6: one value, which is at level depth if it has a level."""
        kind = RECURSIVE.get(kind[0], kind)
        if kind[0] not in ("struct", "tuple", "seq", "map", "option", "enum"):
            return self.scalar(kind)
        if depth > DEPTH_MAX:
            raise Reject("schema")
        return self.compound(kind, depth)

    def compound(self, kind, depth):
        """SPEC 7.5: the types that have a level."""
        if kind[0] == "struct":
            return self.fields(kind[1], depth)
        if kind[0] == "tuple":
            return [self.value(inner, depth + 1) for inner in kind[1]]
        if kind[0] == "seq":
            return [self.value(kind[1], depth + 1) for _ in range(self.count())]
        if kind[0] == "option":
            return self.value(kind[1], depth + 1) if self.flag() else None
        if kind[0] == "enum":
            return self.variant(kind[1], depth)
        result = {}
        for _ in range(self.count()):
            key = self.value(kind[1], depth + 1)
            result[key] = self.value(kind[2], depth + 1)
        return result

    def variant(self, variants, depth):
        """SPEC 7.5, 7.6: the content of a variant has no level of its own."""
        index = self.varint(32)
        if index >= len(variants):
            raise Reject("schema")
        name, content = variants[index]
        if content is None:
            return {name: None}
        if content[0] == "content-struct":
            return {name: self.fields(content[1], depth)}
        if content[0] == "content-tuple":
            return {name: [self.value(inner, depth + 1) for inner in content[1]]}
        return {name: self.value(content, depth + 1)}


def encode_integer(kind, value):
    """SPEC 7.5: the reverse of Decoder.integer."""
    value, signed = int(value), kind[0] == "signed"
    if kind[1] == 8:
        return value.to_bytes(1, "big", signed=signed)
    if signed:
        value = 2 * value if value >= 0 else -2 * value - 1
    return write_varint(value)


def encode_blob(data):
    """SPEC 7.5: bytes and str."""
    return write_varint(len(data)) + data


def encode(kind, value):
    """SPEC 7.5: the encoding of a value in the JSON form of SPEC 16.5."""
    name = kind[0]
    if name in RECURSIVE:
        return encode(RECURSIVE[name], value)
    if name == "unit":
        return b""
    if name == "bool":
        return bytes([value])
    if name == "str":
        return encode_blob(value.encode())
    if name == "bytes":
        return encode_blob(bytes.fromhex(value))
    if name == "float":
        return bytes.fromhex(value)
    if name in ("unsigned", "signed"):
        return encode_integer(kind, value)
    return encode_compound(kind, value)


def encode_compound(kind, value):
    """SPEC 7.5: the reverse of Decoder.compound."""
    name = kind[0]
    if name in ("struct", "content-struct"):
        return b"".join(encode(inner, value[field]) for field, inner in kind[1])
    if name in ("tuple", "content-tuple"):
        return b"".join(encode(inner, item) for inner, item in zip(kind[1], value, strict=True))
    if name == "option":
        return b"\x00" if value is None else b"\x01" + encode(kind[1], value)
    if name == "seq":
        return write_varint(len(value)) + b"".join(encode(kind[1], item) for item in value)
    if name == "map":
        items = [encode(kind[1], k) + encode(kind[2], v) for k, v in value.items()]
        return write_varint(len(items)) + b"".join(items)
    (variant, content), = value.items()
    index = [known for known, _ in kind[1]].index(variant)
    inner = kind[1][index][1]
    return write_varint(index) + (b"" if inner is None else encode(inner, content))


def encode_shape(shape, value):
    """SPEC 16.5: the payload bytes of a value of a named shape."""
    kind = SHAPES[shape].type
    return bytes.fromhex(value) if kind is None else encode(kind, value)


def same_value(left, right):
    """Compares two values in JSON form; a bool never equals a number."""
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)


def read_struct(decoder, shape, minor, reader_minor):
    """SPEC 7.4, ReadPayload steps 4 and 5."""
    result = {}
    fields = shape.type[1]
    for position, (name, inner) in enumerate(fields):
        if decoder.remaining() == 0 and minor < reader_minor:
            for missing, _ in fields[position:]:
                if missing not in shape.defaults:
                    raise Reject("schema")
                result[missing] = shape.defaults[missing]
            return result
        result[name] = decoder.value(inner, 2)
    if decoder.remaining() and minor <= reader_minor:
        raise Reject("schema")
    return result


def read_payload(major, minor, data, reader):
    """SPEC 7.4, ReadPayload with one reader shape {shape, major, minor}: value and read_only."""
    shape = SHAPES[reader["shape"]]
    if major != reader["major"]:
        raise Reject("schema")
    if shape.type is not None and shape.type[0] == "struct":
        value = read_struct(Decoder(data), shape, minor, reader["minor"])
        return value, minor > reader["minor"]
    if minor != 0:
        raise Reject("schema")
    if shape.type is None:
        return data.hex(), False
    decoder = Decoder(data)
    value = decoder.value(shape.type, 1)
    if decoder.remaining():
        raise Reject("schema")
    return value, False
