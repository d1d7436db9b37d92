"""Ring files: the text form of a key ring."""

from __future__ import annotations

import calendar
import datetime
import re
import time
from typing import List, Optional, Union

from ._params import RING_FILE_MAX, ROLLOUT_DEFAULT, TIME_MAX, U32_MAX
from .errors import ConfigurationError, Unavailable
from .keys import parse_key
from .ring import KeyEntry, KeyRing

__all__ = ["parse_ring", "ring_to_text"]

# A CR directly before an LF is taken away before this is applied.
_FORBIDDEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,9}")
_TIMESTAMP = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z",
)


class _Fault(Exception):
    """What is wrong with a line; its number is added by the reader of lines."""


def parse_ring(text: Union[bytes, str], *, now: Optional[int] = None) -> KeyRing:
    """The ring of a ring file. `now` is the time of loading, by default that of the clock.

    Raises `ConfigurationError` for what is no ring, `Unavailable` for a time before 1970 or after 9999.
    """
    lifetime: Optional[int] = None
    rollout: Optional[int] = None
    entries: List[KeyEntry] = []
    header = False
    if now is None:
        now = int(time.time())
    if not 0 <= now <= TIME_MAX:
        raise Unavailable("the clock failed or is far off")
    for number, line in enumerate(_lines(text), 1):
        content = line.lstrip(" ")
        if not content or content.startswith("#"):
            continue
        try:
            if not header:
                if _fields(content) != ["cloakroom-ring", "1"]:
                    raise _Fault("the first line must be: cloakroom-ring 1")
                header = True
                continue
            name = content.split(" ", 1)[0]
            if name == "key":
                entries.append(_key_line(content))
            elif name == "max-lifetime":
                if lifetime is not None:
                    raise _Fault("max-lifetime is given twice")
                lifetime = _number_line(content, 1)
            elif name == "rollout":
                if rollout is not None:
                    raise _Fault("rollout is given twice")
                rollout = _number_line(content, 0)
            else:
                raise _Fault("a line begins with key, max-lifetime, rollout or #")
        except (_Fault, ConfigurationError) as fault:
            raise ConfigurationError(f"ring file, line {number}: {fault}") from None
    if not header:
        raise ConfigurationError("ring file: the header line is missing")
    if lifetime is None:
        raise ConfigurationError("ring file: max-lifetime is missing")
    return KeyRing(
        entries,
        max_lifetime=lifetime,
        rollout=ROLLOUT_DEFAULT if rollout is None else rollout,
        now=now,
    )


def _lines(text: Union[bytes, str]) -> List[str]:
    if not isinstance(text, (bytes, str)):
        raise ConfigurationError("a ring file is bytes or str")
    # Code points are never more than bytes, so this bounds the work for both types.
    size = len(text)
    decoded: Optional[str] = None
    if size <= RING_FILE_MAX:
        try:
            if isinstance(text, str):
                size = len(text.encode("utf-8"))
                decoded = text
            else:
                decoded = text.decode("utf-8")
        except UnicodeError:
            pass
        else:
            if size > RING_FILE_MAX:
                decoded = None
        if decoded is None and size <= RING_FILE_MAX:
            raise ConfigurationError("ring file: not valid UTF-8")
    if decoded is None:
        raise ConfigurationError(f"ring file: more than {RING_FILE_MAX} bytes")
    if decoded.startswith("clkwrap1."):
        raise ConfigurationError(
            "ring file: wrapped with a password (SPEC 4.9), which this package does not read"
        )
    if decoded.startswith("\ufeff"):
        raise ConfigurationError("ring file: a byte order mark is not allowed")
    decoded = decoded.replace("\r\n", "\n")
    forbidden = _FORBIDDEN.search(decoded)
    if forbidden is not None:
        line = decoded.count("\n", 0, forbidden.start()) + 1
        raise ConfigurationError(
            f"ring file, line {line}: control character U+{ord(forbidden.group()):04X}"
        )
    return decoded.split("\n")


def _fields(content: str) -> List[str]:
    return [field for field in content.split(" ") if field]


def _number_line(content: str, low: int) -> int:
    fields = _fields(content)
    if len(fields) != 2 or _NUMBER.fullmatch(fields[1]) is None:
        raise _Fault(f"{fields[0]} takes one decimal number and nothing else")
    value = int(fields[1])
    if not low <= value <= U32_MAX:
        raise _Fault(f"{fields[0]} must be {low} to {U32_MAX}")
    return value


def _key_line(content: str) -> KeyEntry:
    body, sign, comment = content.partition("#")
    if sign and not body.endswith(" "):
        raise _Fault("a space must stand before the # of a note")
    fields = _fields(body)[1:]
    if not fields:
        raise _Fault("the key text is missing")
    key = parse_key(fields.pop(0))
    if not fields or not fields[0].startswith("activate="):
        raise _Fault("activate= must follow the key text")
    activate = _timestamp(fields.pop(0)[len("activate=") :])
    retire = None
    forced = disabled = False
    if fields and fields[0].startswith("retire="):
        retire = _timestamp(fields.pop(0)[len("retire=") :])
        if fields and fields[0] == "forced":
            forced = True
            fields.pop(0)
    if fields and fields[0] == "disabled":
        disabled = True
        fields.pop(0)
    if fields:
        # The field itself is not quoted: it may be a key text in the wrong place.
        raise _Fault("a field is unknown, repeated or out of order")
    return KeyEntry(key, activate, retire, forced, disabled, comment.lstrip("#").strip(" "))


def _timestamp(text: str) -> int:
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        raise _Fault("a time has the form 2026-09-01T00:00:00Z")
    year, month, day, hour, minute, second = map(int, match.groups())
    moment: Optional[datetime.datetime] = None
    try:
        moment = datetime.datetime(year, month, day, hour, minute, second)
    except ValueError:
        pass
    if moment is None:
        raise _Fault("a time does not exist")
    return calendar.timegm(moment.timetuple())


def _time_text(moment: int) -> str:
    # fromtimestamp() is limited to what the platform's time_t and localtime can do.
    point = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=moment)
    return point.strftime("%Y-%m-%dT%H:%M:%SZ")


def ring_to_text(ring: KeyRing) -> str:
    """The ring as a ring file. It contains the secret keys."""
    lines = [
        "cloakroom-ring 1",
        f"max-lifetime {ring.max_lifetime}",
        f"rollout {ring.rollout}",
    ]
    for entry in ring.entries:
        line = f"key {entry.key.to_text()} activate={_time_text(entry.activate)}"
        if entry.retire is not None:
            line += f" retire={_time_text(entry.retire)}"
            if entry.forced:
                line += " forced"
        if entry.disabled:
            line += " disabled"
        if entry.note:
            line += f" # {entry.note}"
        lines.append(line)
    return "\n".join(lines) + "\n"
