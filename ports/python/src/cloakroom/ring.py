"""The key ring: which key seals, which keys open, at any time."""

from __future__ import annotations

from enum import Enum
from typing import Dict, Iterable, List, NamedTuple, Optional, Tuple

from ._input import as_bytes, as_int
from ._params import (
    KEYS_MAX,
    NOTE_MAX,
    ROLLOUT_DEFAULT,
    TIME_MAX,
    U32_MAX,
)
from .errors import ConfigurationError
from .keys import Key, RootKey, UnitKey

__all__ = ["KeyEntry", "KeyRing", "KeyState"]


class KeyState(str, Enum):
    """What a key may do at a time."""

    DISABLED = "disabled"
    ANNOUNCED = "announced"
    RETIRED = "retired"
    SEALING = "sealing"
    OPEN_ONLY = "open-only"

    @property
    def opens(self) -> bool:
        return self not in (KeyState.DISABLED, KeyState.RETIRED)


class KeyEntry(NamedTuple):
    """A key with its times, in Unix seconds."""

    key: Key
    activate: int
    retire: Optional[int] = None
    forced: bool = False
    disabled: bool = False
    note: str = ""

    @property
    def kid(self) -> bytes:
        return self.key.kid


class KeyRing:
    """An immutable set of keys. `now` is the time of loading: a ring without a sealing key at that
    time is refused, like one that breaks any other rule."""

    def __init__(
        self,
        entries: Iterable[KeyEntry],
        *,
        max_lifetime: int,
        rollout: int = ROLLOUT_DEFAULT,
        now: int,
    ) -> None:
        self.max_lifetime = as_int("max-lifetime", max_lifetime, 1, U32_MAX, ConfigurationError)
        self.rollout = as_int("rollout", rollout, 0, U32_MAX, ConfigurationError)
        self.entries: Tuple[KeyEntry, ...] = tuple(map(_checked_entry, entries))
        if not 1 <= len(self.entries) <= KEYS_MAX:
            raise ConfigurationError(
                f"a ring has 1 to {KEYS_MAX} keys; this one has {len(self.entries)}"
            )
        if len({type(entry.key) for entry in self.entries}) > 1:
            raise ConfigurationError("a ring holds root keys or derived keys, not both")
        self._by_kid: Dict[bytes, KeyEntry] = {}
        for entry in self.entries:
            if entry.kid in self._by_kid:
                raise ConfigurationError(f"two keys have the identifier {entry.kid.hex()}")
            self._by_kid[entry.kid] = entry
        # The latest first, which is the order in which the sealing key is looked for.
        self._live: List[KeyEntry] = sorted(
            (entry for entry in self.entries if not entry.disabled),
            key=lambda entry: entry.activate,
            reverse=True,
        )
        self._retirement: Dict[bytes, int] = {}
        for successor, entry in zip(self._live, self._live[1:]):
            self._retirement[entry.kid] = self._checked_retirement(entry, successor)
        if self._live and self._live[0].retire is not None:
            raise ConfigurationError(
                f"key {self._live[0].kid.hex()} has no successor and must not have a retirement"
            )
        if self.sealing_key(now) is None:
            raise ConfigurationError("no key of the ring may seal at the time of loading")

    def _checked_retirement(self, entry: KeyEntry, successor: KeyEntry) -> int:
        if successor.activate == entry.activate:
            raise ConfigurationError(
                f"keys {entry.kid.hex()} and {successor.kid.hex()} have one activation time"
            )
        computed = successor.activate + self.max_lifetime + self.rollout
        if entry.retire is None:
            return computed
        if entry.retire < computed and not entry.forced:
            raise ConfigurationError(
                f"key {entry.kid.hex()} would retire {computed - entry.retire} seconds before"
                " its last tokens may have ended; write forced if that is meant"
            )
        if entry.retire < successor.activate:
            raise ConfigurationError(
                f"key {entry.kid.hex()} would retire before its successor is active"
            )
        return entry.retire

    def __repr__(self) -> str:
        return f"<KeyRing of {len(self.entries)} keys>"

    def __len__(self) -> int:
        return len(self.entries)

    def find(self, kid: bytes) -> Optional[KeyEntry]:
        return self._by_kid.get(kid)

    def retirement(self, kid: bytes) -> Optional[int]:
        """When the key retires; None for a key that never does, and for a disabled one."""
        return self._retirement.get(kid)

    def state(self, kid: bytes, now: int) -> Optional[KeyState]:
        """The state of the key, or None if the ring does not have it."""
        entry = self._by_kid.get(kid)
        if entry is None:
            return None
        if entry.disabled:
            return KeyState.DISABLED
        if now < entry.activate:
            return KeyState.ANNOUNCED
        retirement = self._retirement.get(kid)
        if retirement is not None and now >= retirement:
            return KeyState.RETIRED
        return KeyState.SEALING if self.sealing_key(now) is entry else KeyState.OPEN_ONLY

    def states(self, now: int) -> Dict[bytes, KeyState]:
        found = {}
        for entry in self.entries:
            state = self.state(entry.kid, now)
            assert state is not None
            found[entry.kid] = state
        return found

    def sealing_key(self, now: int) -> Optional[KeyEntry]:
        """The one key that seals at this time, if any."""
        for entry in self._live:
            if entry.activate <= now:
                retirement = self._retirement.get(entry.kid)
                if retirement is None or now < retirement:
                    return entry
        return None

    def plan(self) -> List[int]:
        """The moments at which the state of some key changes, ascending."""
        moments = {entry.activate for entry in self._live}
        moments.update(self._retirement.values())
        return sorted(moments)

    def check_configuration(self, purpose: bytes, audience: bytes, ttl: Optional[int]) -> None:
        """Refuses a purpose and audience, or a token lifetime, that this ring does not serve."""
        if ttl is not None and ttl > self.max_lifetime:
            raise ConfigurationError(
                f"the policy lets a token live {ttl} seconds, the ring {self.max_lifetime};"
                " raise max-lifetime on all servers first"
            )
        for entry in self.entries:
            if isinstance(entry.key, UnitKey) and not entry.key.serves(purpose, audience):
                raise ConfigurationError(
                    f"the derived key {entry.kid.hex()} is for another purpose or audience"
                )

    def check_replacement(self, new: KeyRing, now: int) -> None:
        """Refuses a new ring in which tokens sealed under this one would die early.

        An operator who means it replaces the ring without this check.
        """
        for entry in self.entries:
            state = self.state(entry.kid, now)
            if state is KeyState.SEALING:
                bound = now + self.max_lifetime
            elif state is KeyState.OPEN_ONLY:
                bound = self._retirement[entry.kid]
            else:
                continue
            there = new.find(entry.kid)
            if there is None:
                raise ConfigurationError(
                    f"key {entry.kid.hex()} is {state.value} and absent from the new ring"
                )
            retirement = new.retirement(entry.kid)
            if not there.disabled and retirement is not None and retirement < bound:
                raise ConfigurationError(
                    f"key {entry.kid.hex()} is {state.value} and would retire"
                    f" {bound - retirement} seconds too early in the new ring"
                )


def _checked_entry(entry: KeyEntry) -> KeyEntry:
    if not isinstance(entry, KeyEntry) or not isinstance(entry.key, (RootKey, UnitKey)):
        raise ConfigurationError("a ring is made of KeyEntry objects")
    kid = entry.kid.hex()
    as_int(f"the activation of key {kid}", entry.activate, 0, TIME_MAX, ConfigurationError)
    if entry.retire is not None:
        as_int(f"the retirement of key {kid}", entry.retire, 0, TIME_MAX, ConfigurationError)
    elif entry.forced:
        raise ConfigurationError(f"key {kid} is forced without a retirement")
    what = f"the note of key {kid}"
    if not isinstance(entry.note, str):
        raise ConfigurationError(f"{what} must be str")
    note = entry.note.strip(" ")
    as_bytes(what, note, 0, NOTE_MAX, ConfigurationError)
    if any(ord(char) < 0x20 or 0x7F <= ord(char) <= 0x9F for char in note):
        raise ConfigurationError(f"{what} contains a control character")
    return entry._replace(note=note)
