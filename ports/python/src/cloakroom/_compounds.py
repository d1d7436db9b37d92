"""Payload types whose values have parts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Callable, Dict, NamedTuple, Optional, Sequence, Tuple as Pair, Union

from ._scalars import Char, Str, Type, level_down, write_level_down, wrong
from ._wire import DecodeError, Reader, Writer
from .claims import append_varint
from .errors import ConfigurationError, RequestError


class Option(Type):
    def __init__(self, some: Type) -> None:
        self.some = some

    def read(self, reader: Reader, level: int) -> Any:
        inner = level_down(level)
        tag = reader.byte()
        if tag > 1:
            raise DecodeError
        if not tag:
            return None
        reader.parts(1)
        return self.some.read(reader, inner)

    def write(self, writer: Writer, value: Any, level: int) -> None:
        inner = write_level_down(level)
        writer.out.append(value is not None)
        if value is not None:
            writer.parts(1)
            self.some.write(writer, value, inner)


class Seq(Type):
    """A list or set."""

    def __init__(self, element: Type) -> None:
        self.element = element

    def read(self, reader: Reader, level: int) -> Any:
        inner = level_down(level)
        count = reader.count()
        reader.parts(count)
        return [self.element.read(reader, inner) for _ in range(count)]

    def write(self, writer: Writer, value: Any, level: int) -> None:
        inner = write_level_down(level)
        if not isinstance(value, (list, tuple)):
            raise wrong("a list", value)
        writer.count(len(value))
        writer.parts(len(value))
        for element in value:
            self.element.write(writer, element, inner)


class Map(Type):
    """A dict if the keys are str, else a list of pairs, for a dict does not hold every key."""

    def __init__(self, key: Type, value: Type) -> None:
        self.key = key
        self.value = value

    def read(self, reader: Reader, level: int) -> Any:
        inner = level_down(level)
        by_text = isinstance(core(self.key), Str) and not isinstance(core(self.key), Char)
        out: Dict[Any, Any] = {}
        count = reader.count()
        reader.parts(2 * count)
        for _ in range(count):
            key = self.key.read(reader, inner)
            value = self.value.read(reader, inner)
            if by_text:
                out[key] = value
            else:
                # Two keys are one if they are written alike.
                writer = Writer()
                self.key.write(writer, key, inner)
                out[bytes(writer.out)] = (key, value)
        return out if by_text else list(out.values())

    def write(self, writer: Writer, value: Any, level: int) -> None:
        inner = write_level_down(level)
        by_text = isinstance(core(self.key), Str) and not isinstance(core(self.key), Char)
        if by_text and isinstance(value, dict):
            pairs = list(value.items())
        elif not by_text and isinstance(value, (list, tuple)):
            pairs = list(value)
        else:
            raise wrong("a dict" if by_text else "a list of pairs", value)
        writer.count(len(pairs))
        writer.parts(2 * len(pairs))
        keys = set()
        for pair in pairs:
            if not isinstance(pair, (list, tuple)) or len(pair) != 2:
                raise wrong("a pair of key and value", pair)
            start = len(writer.out)
            self.key.write(writer, pair[0], inner)
            keys.add(bytes(writer.out[start:]))
            self.value.write(writer, pair[1], inner)
        if len(keys) != len(pairs):
            raise RequestError("a map of the payload has a key twice")


class Tuple(Type):
    """A tuple, or a tuple struct if it has a name."""

    def __init__(self, *elements: Type, name: Optional[str] = None) -> None:
        self.elements: Sequence[Type] = elements
        self.name = name

    def read(self, reader: Reader, level: int) -> Any:
        inner = level_down(level)
        reader.parts(len(self.elements))
        return tuple([element.read(reader, inner) for element in self.elements])

    def write(self, writer: Writer, value: Any, level: int) -> None:
        inner = write_level_down(level)
        if not isinstance(value, (list, tuple)) or len(value) != len(self.elements):
            raise wrong(f"a tuple of {len(self.elements)}", value)
        writer.parts(len(self.elements))
        for element, content in zip(self.elements, value):
            element.write(writer, content, inner)


class Array(Type):
    """An array of fixed length."""

    def __init__(self, element: Type, length: int) -> None:
        if length < 0:
            raise ValueError("an array has no negative length")
        self.element = element
        self.length = length

    def read(self, reader: Reader, level: int) -> Any:
        inner = level_down(level)
        reader.parts(self.length)
        return tuple([self.element.read(reader, inner) for _ in range(self.length)])

    def write(self, writer: Writer, value: Any, level: int) -> None:
        inner = write_level_down(level)
        if not isinstance(value, (list, tuple)) or len(value) != self.length:
            raise wrong(f"an array of {self.length}", value)
        writer.parts(self.length)
        for content in value:
            self.element.write(writer, content, inner)


class Newtype(Type):
    """A struct that wraps one unnamed value; it is that value."""

    # Whether it is a value beside what it wraps, where values are counted.
    counts = 1

    def __init__(self, inner: Type, name: str = "") -> None:
        self.inner = inner
        self.name = name

    def read(self, reader: Reader, level: int) -> Any:
        return _within(self, reader).read(reader, level)

    def write(self, writer: Writer, value: Any, level: int) -> None:
        _within(self, writer).write(writer, value, level)


class Lazy(Type):
    """A type that is named before it is complete, for types that contain themselves."""

    def __init__(self, resolve: Callable[[], Type]) -> None:
        self._resolve = resolve

    @property
    def target(self) -> Type:
        return self._resolve()

    def read(self, reader: Reader, level: int) -> Any:
        return _within(self, reader).read(reader, level)

    def write(self, writer: Writer, value: Any, level: int) -> None:
        _within(self, writer).write(writer, value, level)


# More newtypes in a row than a description may have; a type that is nothing but itself has no end.
_IN_A_ROW_MAX = 256


def core(type: Type) -> Type:
    """The type under newtypes, without a frame for each."""
    return unwrapped(type)[0]


def unwrapped(type: Type) -> Pair[Type, int]:
    """The type under newtypes, and how many of them there are."""
    newtypes = 0
    for _ in range(_IN_A_ROW_MAX):
        if isinstance(type, Newtype):
            newtypes += type.counts
            type = type.inner
        elif isinstance(type, Lazy):
            type = type.target
        else:
            return type, newtypes
    raise ConfigurationError("a payload type is nothing but itself")


def _within(type: Type, by: Union[Reader, Writer]) -> Type:
    inner, newtypes = unwrapped(type)
    by.parts(newtypes)
    return inner


NO_DEFAULT = object()
ABSENT = object()


class Field(NamedTuple):
    """A field of a struct.

    The default is for tokens of an older minor, and matters in the outermost struct only. With
    `ABSENT` as default, the field is then left out of the value.
    """

    name: str
    type: Type
    default: Any = NO_DEFAULT


class Struct(Type):
    """A struct with named fields."""

    def __init__(self, *fields: Field, name: str = "") -> None:
        if len({field.name for field in fields}) != len(fields):
            raise ValueError("two fields of a struct have one name")
        self.fields: Sequence[Field] = fields
        self.name = name

    def read(self, reader: Reader, level: int) -> Any:
        inner = level_down(level)
        reader.parts(len(self.fields))
        return {field.name: field.type.read(reader, inner) for field in self.fields}

    def write(self, writer: Writer, value: Any, level: int) -> None:
        inner = write_level_down(level)
        if not isinstance(value, dict) or len(value) != len(self.fields):
            raise wrong(f"a dict of {len(self.fields)} fields", value)
        writer.parts(len(self.fields))
        for field in self.fields:
            if field.name not in value:
                raise RequestError(f"the payload lacks the field {field.name!r}")
            field.type.write(writer, value[field.name], inner)


@dataclass(frozen=True)
class Variant:
    """A variant of an enum.

    Its content is None for nothing, a `Tuple` for several values, a `Struct` for named fields, or
    any other type for one value. Where that one value is a tuple or struct, it is wrapped in
    `Newtype`.
    """

    name: str
    content: Optional[Type] = None
    index: Optional[int] = None


class Enum(Type):
    """A variant without content is its name, any other a dict with its name as the one member."""

    def __init__(self, *variants: Variant, name: str = "") -> None:
        self.name = name
        self.variants: Sequence[Variant] = [
            variant if variant.index is not None else replace(variant, index=number)
            for number, variant in enumerate(variants)
        ]
        self._by_index: Dict[Optional[int], Variant] = {v.index: v for v in self.variants}
        self._by_name: Dict[str, Variant] = {v.name: v for v in self.variants}
        if not len(self._by_index) == len(self._by_name) == len(variants):
            raise ValueError("two variants of an enum have one name or index")

    @staticmethod
    def _content_level(content: Type, level: int) -> int:
        # Tuple and struct content adds no level of its own: its elements are one below the enum.
        return level if isinstance(content, (Tuple, Struct)) else level + 1

    def read(self, reader: Reader, level: int) -> Any:
        level_down(level)
        variant = self._by_index.get(reader.varint(32))
        if variant is None:
            raise DecodeError
        content = variant.content
        if content is None:
            return variant.name
        if not isinstance(content, (Tuple, Struct)):
            reader.parts(1)
        return {variant.name: content.read(reader, self._content_level(content, level))}

    def write(self, writer: Writer, value: Any, level: int) -> None:
        write_level_down(level)
        name = value
        if isinstance(value, dict):
            name = next(iter(value)) if len(value) == 1 else None
        variant = self._by_name.get(name) if isinstance(name, str) else None
        if variant is None or (variant.content is None) == isinstance(value, dict):
            raise wrong("the name of a variant without content, or a dict with any other", value)
        assert variant.index is not None
        append_varint(writer.out, variant.index)
        if variant.content is not None:
            if not isinstance(variant.content, (Tuple, Struct)):
                writer.parts(1)
            level = self._content_level(variant.content, level)
            variant.content.write(writer, value[name], level)
