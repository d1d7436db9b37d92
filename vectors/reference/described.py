"""SPEC 7.7: reading a payload by the description of its type."""

import json
import re

from .errors import Refuse, Reject
from .payload import DEPTH_MAX, Decoder

VALUES_MAX = 131072
NESTING_MAX = 64
U32_MAX = 2**32 - 1

WIDTHS = (8, 16, 32, 64, 128)
SCALARS = {
    **{f"u{width}": ("unsigned", width) for width in WIDTHS},
    **{f"i{width}": ("signed", width) for width in WIDTHS},
    **{name: (name,) for name in ("bool", "str", "bytes", "unit")},
    "f32": ("float", 4), "f64": ("float", 8), "char": ("char",),
}
MEMBERS = {
    "option": {"of"}, "seq": {"of"}, "map": {"key", "value"}, "array": {"of", "len"}, "tuple": {"of"},
    "unit-struct": {"name"}, "newtype": {"name", "of"}, "tuple-struct": {"name", "of"},
    "struct": {"name", "fields"}, "enum": {"name", "variants"}, "ref": {"name", "nth"},
}
NAMED = ("newtype", "tuple-struct", "struct", "enum")


def only_once(pairs):
    """SPEC 7.7: a member that is there twice is refused."""
    if len(dict(pairs)) != len(pairs):
        raise Refuse("a member twice")
    return dict(pairs)


def natural(text):
    """SPEC 7.7: numbers are digits."""
    if not re.fullmatch("[0-9]{1,10}", text):
        raise Refuse("a number that is not one of these")
    return int(text)


def parse(text):
    """The JSON value of a description."""
    try:
        return json.loads(text.decode("utf-8"), object_pairs_hook=only_once, parse_int=natural,
                          parse_float=natural, parse_constant=natural)
    except (ValueError, RecursionError) as error:
        raise Refuse("not JSON") from error


def require(condition):
    """Refuses what SPEC 7.7 refuses."""
    if not condition:
        raise Refuse("not a description")


def members(value, names):
    """An object with these members and no others."""
    require(isinstance(value, dict) and value.keys() == set(names))


def name(value):
    """SPEC 7.7: a name is a string of Unicode scalar values, not empty."""
    require(isinstance(value, str) and value)
    require(not any("\ud800" <= character <= "\udfff" for character in value))
    return value


def number(value, most=U32_MAX):
    """A number up to a greatest one; a bool is none."""
    require(type(value) is int and 0 <= value <= most)
    return value


def items(value):
    """An array."""
    require(isinstance(value, list))
    return value


def target(kind, around):
    """SPEC 7.7: what a ref means among the types around it, and which types are between."""
    same = [place for place, outer in enumerate(around) if outer.get("name") == kind["name"]
            and outer["kind"] in NAMED]
    require(1 <= number(kind["nth"]) <= len(same))
    return same[-kind["nth"]]


def check(kind, around=()):
    """Refuses a TYPE that is none. around are the types that it is within, the outermost first."""
    if isinstance(kind, str):
        require(kind in SCALARS)
        return
    require(isinstance(kind, dict) and isinstance(kind.get("kind"), str) and kind["kind"] in MEMBERS)
    members(kind, MEMBERS[kind["kind"]] | {"kind"})
    require(len(around) < NESTING_MAX)
    if "name" in kind:
        name(kind["name"])
    if kind["kind"] == "array":
        number(kind["len"], VALUES_MAX)
    if kind["kind"] == "ref":
        between = around[target(kind, around):]
        require(not all(outer["kind"] == "newtype" for outer in between))
    for inner in parts(kind):
        check(inner, (*around, kind))


def parts(kind):
    """The types directly within one."""
    if kind["kind"] in ("tuple", "tuple-struct"):
        return items(kind["of"])
    if kind["kind"] == "struct":
        return fields(kind["fields"])
    if kind["kind"] == "enum":
        return variants(kind["variants"])
    return [kind[member] for member in ("of", "key", "value") if member in kind]


def fields(value):
    """The types of fields, whose names differ."""
    for field in items(value):
        members(field, {"name", "type"})
    names = [name(field["name"]) for field in value]
    require(len(set(names)) == len(names))
    return [field["type"] for field in value]


def variants(value):
    """The types in variants, whose names and indexes differ."""
    inner = []
    for variant in items(value):
        require(isinstance(variant, dict))
        content = variant.keys() - {"index", "name"}
        require(len(content) <= 1 and content <= {"newtype", "tuple", "fields"})
        members(variant, {"index", "name"} | content)
        inner += [variant["newtype"]] if "newtype" in content else []
        inner += items(variant["tuple"]) if "tuple" in content else []
        inner += fields(variant["fields"]) if "fields" in content else []
    for values in ([name(variant["name"]) for variant in value],
                   [number(variant["index"]) for variant in value]):
        require(len(set(values)) == len(values))
    return inner


class Described(Decoder):
    """SPEC 7.5 to 7.7: reads values as a description says."""

    def __init__(self, data):
        super().__init__(data)
        self.values = 0

    def charge(self):
        """SPEC 7.7: each value counts, newtypes included."""
        self.values += 1
        if self.values > VALUES_MAX:
            raise Reject("schema")

    def read(self, kind, depth, around=()):
        """One value."""
        self.charge()
        while isinstance(kind, dict) and kind["kind"] in ("newtype", "ref"):
            if kind["kind"] == "ref":
                place = target(kind, around)
                kind, around = around[place], around[:place]
            else:
                kind, around = kind["of"], (*around, kind)
                self.charge()
        if isinstance(kind, str):
            return self.simple(SCALARS[kind])
        if kind["kind"] == "unit-struct":
            return None
        if depth > DEPTH_MAX:
            raise Reject("schema")
        inner = (*around, kind)
        return self.container(kind, lambda part: self.read(part, depth + 1, inner))

    def simple(self, scalar):
        """A value without a level, in the form of SPEC 16.2."""
        if scalar[0] != "char":
            return self.scalar(scalar)
        text = self.text()
        if len(text) != 1:
            raise Reject("schema")
        return text

    def container(self, kind, part):
        """A value with a level; part reads what is in it."""
        name = kind["kind"]
        if name == "option":
            return part(kind["of"]) if self.flag() else None
        if name == "seq":
            return [part(kind["of"]) for _ in range(self.count())]
        if name == "array":
            return [part(kind["of"]) for _ in range(kind["len"])]
        if name in ("tuple", "tuple-struct"):
            return [part(inner) for inner in kind["of"]]
        if name == "struct":
            return {field["name"]: part(field["type"]) for field in kind["fields"]}
        if name == "map":
            return self.entries(kind, part)
        return self.content(kind, part)

    def entries(self, kind, part):
        """A map: of a key that is there twice, the last value stays, at the place of the first."""
        found = {}
        for _ in range(self.count()):
            key = part(kind["key"])
            found[json.dumps(key)] = [key, part(kind["value"])]
        inner = kind["key"]
        while isinstance(inner, dict) and inner["kind"] == "newtype":
            inner = inner["of"]
        return dict(found.values()) if inner == "str" else list(found.values())

    def content(self, kind, part):
        """An enum: the name of a variant without content, or its content by its name."""
        index = self.varint(32)
        for variant in kind["variants"]:
            if variant["index"] != index:
                continue
            if "newtype" in variant:
                return {variant["name"]: part(variant["newtype"])}
            if "tuple" in variant:
                return {variant["name"]: [part(inner) for inner in variant["tuple"]]}
            if "fields" in variant:
                inner = {field["name"]: part(field["type"]) for field in variant["fields"]}
                return {variant["name"]: inner}
            return variant["name"]
        raise Reject("schema")


def read_described(text, minor, data):
    """SPEC 7.7 and 7.4: value and read_only of a payload whose schema has this minor."""
    described = parse(text)
    members(described, {"schema", "payload"})
    require(len(items(described["schema"])) == 2)
    _, own = (number(part) for part in described["schema"])
    kind = described["payload"]
    check(kind)
    decoder, around, inner = Described(data), (), kind
    while isinstance(inner, dict) and inner["kind"] == "newtype":
        inner, around = inner["of"], (*around, inner)
    if not isinstance(inner, dict) or inner["kind"] != "struct":
        require(own == 0)
        if minor != 0:
            raise Reject("schema")
        value = decoder.read(kind, 1)
        if decoder.remaining():
            raise Reject("schema")
        return value, False
    for _ in range(len(around) + 1):
        decoder.charge()
    result = {}
    for field in inner["fields"]:
        if decoder.remaining() == 0 and minor < own:
            break
        result[field["name"]] = decoder.read(field["type"], 2, (*around, inner))
    if decoder.remaining() and minor <= own:
        raise Reject("schema")
    return result, minor > own
