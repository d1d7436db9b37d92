"""SPEC 4.6 to 4.8: key ring, ring file, replacement."""

import calendar
import re
from dataclasses import dataclass

from .errors import Refuse
from .keys import Key, read_key_text

DEFAULT_ROLLOUT = 3600
MAX_FILE = 65536
MAX_NOTE = 80
MAX_U32 = 4294967295
KEY_LINE = re.compile(
    r" *key +(?P<text>[^ ]+) +activate=(?P<activate>[^ ]+)"
    r"(?: +retire=(?P<retire>[^ ]+)(?P<forced> +forced)?)?"
    r"(?P<disabled> +disabled)?(?: *| +#(?P<note>.*))"
)
TIMESTAMP = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z")


@dataclass(frozen=True)
class RingKey:
    """SPEC 4.6: one key of a ring. retire is the explicit retirement or None."""

    key: Key
    activate: int
    retire: int | None
    forced: bool
    disabled: bool


@dataclass(frozen=True)
class Ring:
    """SPEC 4.6: keys, max-lifetime and rollout."""

    keys: tuple
    max_lifetime: int
    rollout: int

    def successor(self, entry):
        """SPEC 4.6: the next key that is not disabled."""
        later = [k for k in self.keys if not k.disabled and k.activate > entry.activate]
        return min(later, key=lambda k: k.activate, default=None)

    def computed_retirement(self, entry):
        """SPEC 4.6: None for a key without successor."""
        successor = self.successor(entry)
        return None if successor is None else successor.activate + self.max_lifetime + self.rollout

    def retirement(self, entry):
        """SPEC 4.6: the explicit retirement, else the computed one; None for a disabled key."""
        if entry.disabled:
            return None
        return self.computed_retirement(entry) if entry.retire is None else entry.retire

    def retired(self, entry, now):
        """SPEC 4.6: whether a retirement exists and has come."""
        retirement = self.retirement(entry)
        return retirement is not None and now >= retirement

    def sealing_key(self, now):
        """SPEC 4.6: the key that seals at now, or None."""
        able = [k for k in self.keys
                if not k.disabled and k.activate <= now and not self.retired(k, now)]
        return max(able, key=lambda k: k.activate, default=None)

    def state(self, entry, now):
        """SPEC 4.6: the first state that applies."""
        if entry.disabled:
            return "disabled"
        if now < entry.activate:
            return "announced"
        if self.retired(entry, now):
            return "retired"
        return "sealing" if entry is self.sealing_key(now) else "open-only"

    def states(self, now):
        """The (key, state) pairs which Open and the sealing procedures use."""
        return [(entry.key, self.state(entry, now)) for entry in self.keys]

    def find(self, kid):
        """The entry with this kid, or None."""
        return next((k for k in self.keys if k.key.kid == kid), None)


def parse_timestamp(text):
    """SPEC 4.7: Unix seconds of a timestamp."""
    match = TIMESTAMP.fullmatch(text)
    if match is None:
        raise Refuse("malformed timestamp")
    year, month, day, hour, minute, second = map(int, match.groups())
    if year < 1970 or not 1 <= month <= 12:
        raise Refuse("year or month of a timestamp out of range")
    if not 1 <= day <= calendar.monthrange(year, month)[1]:
        raise Refuse("day of a timestamp does not exist")
    if hour > 23 or minute > 59 or second > 59:
        raise Refuse("time of day of a timestamp out of range")
    return calendar.timegm((year, month, day, hour, minute, second))


def decode_file(data):
    """SPEC 4.7: size, encoding and control characters; returns the lines."""
    if len(data) > MAX_FILE:
        raise Refuse("ring file has more than 65,536 bytes")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refuse("ring file is not valid UTF-8") from None
    if text.startswith("\ufeff"):
        raise Refuse("ring file starts with a byte order mark")
    text = text.replace("\r\n", "\n")
    for character in text:
        if character != "\n" and (character < " " or "\x7f" <= character <= "\x9f"):
            raise Refuse("ring file contains a control character")
    return text.split("\n")


def note_of(text):
    """SPEC 4.7: the note of a key, from what follows the first # of its line."""
    return text.lstrip("#").strip(" ")


def parse_key_line(line):
    """SPEC 4.7: key-line."""
    match = KEY_LINE.fullmatch(line)
    if match is None:
        raise Refuse("malformed key line")
    if len(note_of(match["note"] or "").encode()) > MAX_NOTE:
        raise Refuse("note of more than 80 bytes")
    retire = match["retire"]
    return RingKey(
        key=read_key_text(match["text"].encode()),
        activate=parse_timestamp(match["activate"]),
        retire=None if retire is None else parse_timestamp(retire),
        forced=match["forced"] is not None,
        disabled=match["disabled"] is not None,
    )


def parse_number(line, name, pattern):
    """SPEC 4.7: lifetime-line and rollout-line."""
    match = re.fullmatch(rf" *{name} +({pattern}) *", line)
    if match is None or int(match[1]) > MAX_U32:
        raise Refuse(f"malformed {name} line")
    return int(match[1])


def parse_lines(lines):
    """SPEC 4.7: the grammar; returns a ring whose rules are not yet checked."""
    lines = [line for line in lines if re.fullmatch(r" *(#.*)?", line) is None]
    if not lines or re.fullmatch(r" *cloakroom-ring +1 *", lines[0]) is None:
        raise Refuse("missing or unknown header")
    numbers, keys = {}, []
    for line in lines[1:]:
        word = line.lstrip(" ").split(" ")[0]
        if word == "key":
            keys.append(parse_key_line(line))
        elif word in ("max-lifetime", "rollout"):
            if word in numbers:
                raise Refuse(f"second {word} line")
            pattern = "[1-9][0-9]{0,9}" if word == "max-lifetime" else "0|[1-9][0-9]{0,9}"
            numbers[word] = parse_number(line, word, pattern)
        else:
            raise Refuse("unknown line")
    if "max-lifetime" not in numbers:
        raise Refuse("missing max-lifetime line")
    return Ring(tuple(keys), numbers["max-lifetime"], numbers.get("rollout", DEFAULT_ROLLOUT))


def check_retire(ring, entry):
    """SPEC 4.7: rules for an explicit retirement."""
    successor = ring.successor(entry)
    if successor is None:
        raise Refuse("explicit retirement of a key without successor")
    if entry.retire < ring.computed_retirement(entry) and not entry.forced:
        raise Refuse("explicit retirement before the computed one")
    if entry.retire < successor.activate:
        raise Refuse("explicit retirement before the activation of the successor")


def check_ring(ring, now):
    """SPEC 4.6: when a ring is refused at the time of loading."""
    if not 1 <= len(ring.keys) <= 256:
        raise Refuse("a ring has 1 to 256 keys")
    if len({k.key.form for k in ring.keys}) != 1:
        raise Refuse("root keys and derived keys in one ring")
    if len({k.key.kid for k in ring.keys}) != len(ring.keys):
        raise Refuse("two keys with one kid")
    active = [k for k in ring.keys if not k.disabled]
    if len({k.activate for k in active}) != len(active):
        raise Refuse("two keys with one activation time")
    for entry in active:
        if entry.retire is not None:
            check_retire(ring, entry)
    if ring.sealing_key(now) is None:
        raise Refuse("no key is sealing")


def load_ring(data, now):
    """SPEC 4.6, 4.7: reads a ring file at the time now."""
    ring = parse_lines(decode_file(data))
    check_ring(ring, now)
    return ring


def check_configuration(ring, ctx, ttl):
    """SPEC 4.6: building a session configuration over a ring. ctx or ttl may be None."""
    if ctx is not None:
        for entry in ring.keys:
            entry.key.require_context(ctx)
    if ttl is not None and ttl > ring.max_lifetime:
        raise Refuse("token lifetime exceeds max-lifetime")


def replace_ring(old, data, now, forced):
    """SPEC 4.8: reads the new ring and decides whether it may take effect at now."""
    new = load_ring(data, now)
    if forced:
        return new
    for entry in old.keys:
        state = old.state(entry, now)
        if state not in ("sealing", "open-only"):
            continue
        next_entry = new.find(entry.key.kid)
        if next_entry is None:
            raise Refuse("a live key is absent from the new ring")
        retirement = new.retirement(next_entry)
        bound = now + old.max_lifetime if state == "sealing" else old.retirement(entry)
        if retirement is not None and retirement < bound:
            raise Refuse("a live key would retire before its tokens are dead")
    return new
