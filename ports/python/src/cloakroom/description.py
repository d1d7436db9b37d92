"""Descriptions of payload types in JSON, for programs that do not have the type."""

from __future__ import annotations

import json
from typing import Any, Callable, Dict, List, Mapping, NoReturn, Optional, Tuple as Pair, Union

from ._compounds import (
    ABSENT, NO_DEFAULT, Array, Enum, Field, Lazy, Map, Newtype, Option, Seq, Struct, Tuple, Variant,
    core,
)
from ._params import U32_MAX, VALUES_MAX
from ._scalars import Bool, Bytes, Char, Float, Int, Str, Type, Unit
from .errors import ConfigurationError
from .shapes import Shape

__all__ = ["read_description", "write_description"]

_NESTING_MAX = 64

_SCALARS: Dict[str, Type] = {
    "bool": Bool(), "f32": Float(32), "f64": Float(64), "char": Char(), "str": Str(),
    "bytes": Bytes(), "unit": Unit(),
    **{f"u{bits}": Int(bits) for bits in (8, 16, 32, 64, 128)},
    **{f"i{bits}": Int(bits, signed=True) for bits in (8, 16, 32, 64, 128)},
}


def _fail(what: str) -> NoReturn:
    raise ConfigurationError(f"payload description: {what}")


def _members(value: object, *names: str) -> List[Any]:
    """The values of these members, which must be all that there are."""
    if not isinstance(value, dict) or value.keys() != set(names):
        _fail(f"an object with exactly the members {', '.join(names)} is expected")
    return [value[name] for name in names]


def _name(value: object) -> str:
    if not isinstance(value, str) or not value:
        _fail("a name must be a string that is not empty")
    if any("\ud800" <= character <= "\udfff" for character in value):
        _fail("a name is not valid Unicode")
    return value


def _list(value: object) -> List[Any]:
    if not isinstance(value, list):
        _fail("an array is expected")
    return value


def _u32(value: object) -> int:
    if type(value) is not int or not 0 <= value <= U32_MAX:
        _fail(f"a number must be an integer from 0 to {U32_MAX}")
    return value


class _Single(Newtype):
    """The content of a variant of one value, where that is a tuple or struct."""

    counts = 0


class _Scope:
    """A named type that is being built, for references from inside it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.type: Optional[Type] = None

    def resolve(self) -> Type:
        assert self.type is not None
        return self.type


class _Builder:
    def __init__(self) -> None:
        self._scopes: List[_Scope] = []
        self._depth = 0

    def type(self, value: object) -> Type:
        if isinstance(value, str):
            scalar = _SCALARS.get(value)
            if scalar is None:
                _fail("a type has an unknown name")
            return scalar
        if not isinstance(value, dict):
            _fail("a type is a string or an object")
        build = self._KINDS.get(value["kind"]) if isinstance(value.get("kind"), str) else None
        if build is None:
            _fail("a type has an unknown kind")
        self._depth += 1
        if self._depth > _NESTING_MAX:
            _fail(f"types are nested deeper than {_NESTING_MAX}")
        built = build(self, value)
        self._depth -= 1
        return built

    def _named(self, name: object, build: Callable[[str], Type]) -> Type:
        scope = _Scope(_name(name))
        self._scopes.append(scope)
        built = scope.type = build(scope.name)
        self._scopes.pop()
        return built

    def _types(self, values: object) -> List[Type]:
        return [self.type(value) for value in _list(values)]

    def _option(self, value: object) -> Type:
        return Option(self.type(_members(value, "kind", "of")[1]))

    def _seq(self, value: object) -> Type:
        return Seq(self.type(_members(value, "kind", "of")[1]))

    def _map(self, value: object) -> Type:
        _, key, content = _members(value, "kind", "key", "value")
        return Map(self.type(key), self.type(content))

    def _array(self, value: object) -> Type:
        _, element, number = _members(value, "kind", "of", "len")
        length = _u32(number)
        if length > VALUES_MAX:
            _fail(f"an array has at most {VALUES_MAX} elements")
        return Array(self.type(element), length)

    def _tuple(self, value: object) -> Type:
        return Tuple(*self._types(_members(value, "kind", "of")[1]))

    def _unit_struct(self, value: object) -> Type:
        return Unit(_name(_members(value, "kind", "name")[1]))

    def _newtype(self, value: object) -> Type:
        _, name, inner = _members(value, "kind", "name", "of")
        built = self._named(name, lambda known: Newtype(self.type(inner), known))
        # A newtype of nothing but itself would have no end, and no level to stop it.
        step: Type = built
        while isinstance(step, (Newtype, Lazy)):
            if isinstance(step, Newtype):
                step = step.inner
            elif any(step._resolve == scope.resolve for scope in self._scopes):
                break
            elif step.target is built:
                _fail("a newtype contains itself and nothing else")
            else:
                step = step.target
        return built

    def _tuple_struct(self, value: object) -> Type:
        _, name, elements = _members(value, "kind", "name", "of")
        return self._named(name, lambda known: Tuple(*self._types(elements), name=known))

    def _struct(self, value: object) -> Type:
        _, name, fields = _members(value, "kind", "name", "fields")
        return self._named(name, lambda known: Struct(*self._fields(fields), name=known))

    def _fields(self, values: object) -> List[Field]:
        fields = []
        for value in _list(values):
            name, inner = _members(value, "name", "type")
            fields.append(Field(_name(name), self.type(inner)))
        return fields

    def _enum(self, value: object) -> Type:
        _, name, variants = _members(value, "kind", "name", "variants")
        return self._named(
            name, lambda known: Enum(*map(self._variant, _list(variants)), name=known)
        )

    def _variant(self, value: object) -> Variant:
        more = set(value) - {"index", "name"} if isinstance(value, dict) else set()
        if len(more) > 1:
            _fail("a variant has at most one kind of content")
        index, name, *contents = _members(value, "index", "name", *more)
        content: Optional[Type] = None
        if more == {"newtype"}:
            content = self.type(contents[0])
            if isinstance(content, (Tuple, Struct)):
                content = _Single(content)
        elif more == {"tuple"}:
            content = Tuple(*self._types(contents[0]))
        elif more == {"fields"}:
            content = Struct(*self._fields(contents[0]))
        elif more:
            _fail("a variant has an unknown member")
        return Variant(_name(name), content, _u32(index))

    def _ref(self, value: object) -> Type:
        _, name, nth = _members(value, "kind", "name", "nth")
        called = [scope for scope in reversed(self._scopes) if scope.name == _name(name)]
        if not 1 <= _u32(nth) <= len(called):
            _fail("a ref to a type that does not enclose it")
        return Lazy(called[nth - 1].resolve)

    _KINDS: Dict[str, Callable[[_Builder, object], Type]] = {
        "option": _option, "seq": _seq, "map": _map, "array": _array, "tuple": _tuple,
        "unit-struct": _unit_struct, "newtype": _newtype, "tuple-struct": _tuple_struct,
        "struct": _struct, "enum": _enum, "ref": _ref,
    }


def _unique(pairs: List[Pair[str, Any]]) -> Dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        _fail("an object has a member twice")
    return found


def _digits(text: str) -> int:
    # A reader whose integers are doubles sees no -0, and one of 64 bits no greater ones.
    if text.startswith("-") or len(text) > 10:
        _no_number(text)
    return int(text)


def _no_number(text: str) -> NoReturn:
    _fail("a number is not an integer from 0 on, without fraction and exponent")


def read_description(
    text: Union[str, bytes], defaults: Optional[Mapping[str, Any]] = None
) -> Shape:
    """The shape that a description stands for.

    A description carries no defaults. Without `defaults`, fields that a token of an older minor
    lacks are left out of the value. With `defaults` they have to be there, by field name, and a
    token that lacks another field is rejected.
    """
    described: object = None
    try:
        if isinstance(text, (bytes, bytearray)):
            # json.loads would guess at UTF-16 and UTF-32 and skip a byte order mark.
            text = text.decode("utf-8")
        described = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_int=_digits,
            parse_float=_no_number,
            parse_constant=_no_number,
        )
    except ConfigurationError:
        raise
    except (TypeError, ValueError, RecursionError):
        pass
    schema, payload = _members(described, "schema", "payload")
    if len(_list(schema)) != 2:
        _fail("schema must be [major, minor]")
    try:
        type = _Builder().type(payload)
    except ConfigurationError:
        raise
    except ValueError as fault:
        _fail(str(fault))
    outermost = core(type)
    if isinstance(outermost, Struct):
        given = dict(defaults or {})
        missing = ABSENT if defaults is None else NO_DEFAULT
        outermost.fields = [
            field._replace(default=given.pop(field.name, missing)) for field in outermost.fields
        ]
        if given:
            _fail("a default is given for a field that is not there")
    return Shape(_u32(schema[0]), _u32(schema[1]), type)


class _Printer:
    def __init__(self) -> None:
        self._enclosing: List[Pair[str, Type]] = []

    def type(self, type: Type) -> Any:
        while isinstance(type, Lazy):
            target = type.target
            inner_first = self._enclosing[::-1]
            for position, (name, one) in enumerate(inner_first, 1):
                if one is target:
                    nth = [other for other, _ in inner_first[:position]].count(name)
                    return {"kind": "ref", "name": name, "nth": nth}
            type = target
        if isinstance(type, Unit) and type.name is not None:
            return {"kind": "unit-struct", "name": type.name}
        if isinstance(type, Int):
            return f"{'i' if type.signed else 'u'}{type.bits}"
        if isinstance(type, Float):
            return f"f{type.bits}"
        # Char before Str, of which it is a kind.
        for scalar in (Bool, Char, Str, Bytes, Unit):
            if isinstance(type, scalar):
                return scalar.__name__.lower()
        if isinstance(type, Option):
            return {"kind": "option", "of": self.type(type.some)}
        if isinstance(type, Seq):
            return {"kind": "seq", "of": self.type(type.element)}
        if isinstance(type, Map):
            return {"kind": "map", "key": self.type(type.key), "value": self.type(type.value)}
        if isinstance(type, Array):
            return {"kind": "array", "of": self.type(type.element), "len": type.length}
        if isinstance(type, Tuple) and type.name is None:
            return {"kind": "tuple", "of": [self.type(one) for one in type.elements]}
        return self._named(type)

    def _named(self, type: Type) -> Any:
        if not isinstance(type, (Newtype, Tuple, Struct, Enum)):
            _fail(f"there is no description of {type.__class__.__name__}")
        name = type.name or type.__class__.__name__
        self._enclosing.append((name, type))
        if isinstance(type, Newtype):
            out = {"kind": "newtype", "name": name, "of": self.type(type.inner)}
        elif isinstance(type, Tuple):
            elements = [self.type(one) for one in type.elements]
            out = {"kind": "tuple-struct", "name": name, "of": elements}
        elif isinstance(type, Struct):
            out = {"kind": "struct", "name": name, "fields": self._fields(type)}
        else:
            variants = [self._variant(variant) for variant in type.variants]
            out = {"kind": "enum", "name": name, "variants": variants}
        self._enclosing.pop()
        return out

    def _fields(self, type: Struct) -> List[Dict[str, Any]]:
        return [{"name": field.name, "type": self.type(field.type)} for field in type.fields]

    def _variant(self, variant: Variant) -> Dict[str, Any]:
        out: Dict[str, Any] = {"index": variant.index, "name": variant.name}
        content = variant.content
        if isinstance(content, Tuple):
            out["tuple"] = [self.type(one) for one in content.elements]
        elif isinstance(content, Struct):
            out["fields"] = self._fields(content)
        elif content is not None:
            single = content.inner if isinstance(content, _Single) else content
            out["newtype"] = self.type(single)
        return out


def write_description(shape: Shape) -> str:
    """The description of a shape, in one line. Defaults are not part of it."""
    if shape.type is None:
        _fail("raw bytes have no description")
    described = {"schema": [shape.major, shape.minor], "payload": _Printer().type(shape.type)}
    return json.dumps(described, separators=(",", ":"), ensure_ascii=False)
