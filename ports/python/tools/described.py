"""The kind description: a payload read by the description of its type."""

from __future__ import annotations

import struct
from typing import Any, Dict, List, Tuple as Pair

from cloakroom import ConfigurationError, Rejected, read_description
from cloakroom import _compounds as compounds, _scalars as scalars


def described(text: bytes, minor: int, payload: bytes) -> Pair[str, Dict[str, Any]]:
    try:
        shape = read_description(text)
    except ConfigurationError:
        return "refused", {}
    try:
        value, read_only = shape.read(minor, payload)
    except Rejected:
        return "schema", {}
    assert shape.type is not None
    return "ok", {"value": _shown(shape.type, value), "read_only": read_only}


def _shown(of: scalars.Type, value: Any) -> Any:
    """A value of this package in the notation of vectors."""
    type = compounds.core(of)
    if isinstance(type, scalars.Int):
        return str(value) if type.bits >= 64 else value
    if isinstance(type, scalars.Float):
        return struct.pack("<f" if type.bits == 32 else "<d", value).hex()
    if isinstance(type, scalars.Bytes):
        return value.hex()
    if isinstance(type, compounds.Option):
        return None if value is None else _shown(type.some, value)
    if isinstance(type, (compounds.Seq, compounds.Array)):
        return [_shown(type.element, item) for item in value]
    if isinstance(type, compounds.Map):
        if isinstance(value, dict):
            return {key: _shown(type.value, item) for key, item in value.items()}
        return [[_shown(type.key, key), _shown(type.value, item)] for key, item in value]
    if isinstance(type, compounds.Enum) and isinstance(value, dict):
        ((name, item),) = value.items()
        contents: List[Any] = [one.content for one in type.variants if one.name == name]
        return {name: _shown(contents[0], item)}
    if isinstance(type, compounds.Tuple):
        return [_shown(element, item) for element, item in zip(type.elements, value)]
    if isinstance(type, compounds.Struct):
        types = {field.name: field.type for field in type.fields}
        return {name: _shown(types[name], item) for name, item in value.items()}
    return value
