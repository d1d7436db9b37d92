"""The form of a vector's inputs. What deviates from it is a bad request, not an answer."""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, FrozenSet, List, Mapping, Optional

from .vector_shapes import TYPES

Check = Callable[[Any], bool]
NUMBER_MAX = 2**53 - 1
_HEX = re.compile(r"([0-9a-f]{2})*")


class BadRequest(Exception):
    """The request is not of the form of a vector."""


def _number(low: int = 0, high: int = NUMBER_MAX) -> Check:
    return lambda value: type(value) is int and low <= value <= high


def _hex(length: Optional[int] = None) -> Check:
    def check(value: Any) -> bool:
        return (
            isinstance(value, str)
            and _HEX.fullmatch(value) is not None
            and (length is None or len(value) == 2 * length)
        )

    return check


def _text(value: Any) -> bool:
    # A lone surrogate has no UTF-8 form, so there is no input it could stand for.
    return isinstance(value, str) and not any("\ud800" <= char <= "\udfff" for char in value)


def _or_null(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _list_of(check: Check) -> Check:
    return lambda value: isinstance(value, list) and all(map(check, value))


def _members(**checks: Check) -> Check:
    return lambda value: (
        isinstance(value, dict)
        and value.keys() == checks.keys()
        and all(check(value[name]) for name, check in checks.items())
    )


_U32 = _number(0, 2**32 - 1)
_STATES = frozenset(("disabled", "announced", "retired", "sealing", "open-only"))
_KEYS = _list_of(_members(text=_text, state=lambda s: isinstance(s, str) and s in _STATES))
_POLICY = _members(
    idle=_U32, absolute=_number(1, 2**32 - 1), leeway=_number(0, 300), tolerance=_number(0, 300)
)
_READER = _members(
    shape=lambda name: isinstance(name, str) and name in TYPES, major=_U32, minor=_U32
)
_NEW = _members(payload=_hex(), major=_U32, minor=_U32)
_CONTEXT: Dict[str, Check] = {"purpose": _hex(), "audience": _hex(), "binding": _hex()}
_TOKEN: Dict[str, Check] = {
    **_CONTEXT,
    "keys": _KEYS,
    "ring": _text,
    "policy": _POLICY,
    "now": _number(),
    "reader": _READER,
    "revocations": _list_of(_hex()),
    "token": _text,
    "token_hex": _hex(),
}
_OPTIONAL_CONTEXT = {"purpose": _or_null(_hex()), "audience": _or_null(_hex())}
_TEXT = {"text": _text, "text_hex": _hex()}
_FEED: Dict[str, Check] = {
    "keys": lambda v: _list_of(_text)(v) and 1 <= len(v) <= 2, "realm": _text
}
_AGE = {"max_age": _number(), "require_fresh": _number()}

_INPUTS: Dict[str, Dict[str, Check]] = {
    "token": _TOKEN,
    "renew": {**_TOKEN, "share": lambda v: _list_of(_U32)(v) and len(v) == 2},
    "update": {**_TOKEN, "new": _NEW},
    "rotate": {**_TOKEN, "new": _or_null(_NEW), "entry_life": _number()},
    "logout": {
        **{name: check for name, check in _TOKEN.items() if name != "reader"},
        "entry_life": _number(),
    },
    "issue": {
        **_CONTEXT,
        "key": _text,
        "policy": _POLICY,
        "now": _number(),
        "session_id": _hex(16),
        "subject": _hex(),
        "payload": _hex(),
        "major": _U32,
        "minor": _U32,
        "revocations": _list_of(_hex()),
    },
    "cutoff": {
        "key": _text, "purpose": _hex(), "audience": _hex(), "policy": _POLICY, "now": _number(),
        "revocations": _list_of(_hex()), "subject": _or_null(_hex()), "before": _or_null(_number()),
    },
    "key-text": {**_TEXT, **_OPTIONAL_CONTEXT},
    "ring": {
        **_TEXT, **_OPTIONAL_CONTEXT, "now": _number(), "ttl": _or_null(_number(1, 2**32 - 1))
    },
    "ring-replace": {
        "old": _text, "new": _text, "now": _number(), "forced": lambda v: isinstance(v, bool)
    },
    "record": {"record": _hex()},
    "merge": {"records": _list_of(_hex())},
    "snapshot": {"snapshot": _hex()},
    "digest": {"kind": _number(2, 4), "data": _hex()},
    "description": {
        "description": _text, "description_hex": _hex(), "minor": _U32, "payload": _hex()
    },
    "feed-key": {"text": _text},
    "feed-batch": {**_FEED, "onto": _hex(32), "batch": _hex()},
    "feed-snapshot": {**_FEED, "snapshot": _hex()},
    "age": {
        "now": _number(),
        "leeway": _number(0, 300),
        "authenticated_at": _number(),
        "issued_at": _number(),
        **_AGE,
    },
}

# Of each of these exactly one is given.
_ALTERNATIVES = (
    frozenset(("keys", "ring")),
    frozenset(("token", "token_hex")),
    frozenset(("text", "text_hex")),
    frozenset(("description", "description_hex")),
    frozenset(_AGE),
)

KINDS: FrozenSet[str] = frozenset(_INPUTS)


def check_inputs(kind: object, inputs: object) -> Mapping[str, Any]:
    """The inputs, if they are complete, well-formed and without unknown members."""
    if not isinstance(kind, str) or kind not in _INPUTS or not isinstance(inputs, dict):
        raise BadRequest
    checks = _INPUTS[kind]
    for name, value in inputs.items():
        if name not in checks or not checks[name](value):
            raise BadRequest
    missing = checks.keys() - inputs.keys()
    for pair in _ALTERNATIVES:
        if pair <= checks.keys():
            if len(pair & inputs.keys()) != 1:
                raise BadRequest
            missing -= pair
    if missing:
        raise BadRequest
    # Purpose and audience make up one configuration.
    if "purpose" in inputs and (inputs["purpose"] is None) != (inputs["audience"] is None):
        raise BadRequest
    return inputs


def check_moments(expected: object) -> Optional[List[int]]:
    """The moments of a ring vector stand in its expected output; no other part of it is read."""
    states = expected.get("states") if isinstance(expected, dict) else None
    if states is None:
        return None
    if not isinstance(states, list) or not all(
        isinstance(entry, dict) and _number()(entry.get("now")) for entry in states
    ):
        raise BadRequest
    return [entry["now"] for entry in states]
