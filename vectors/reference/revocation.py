"""SPEC 9.1 to 9.9: records, state, merging, verdict, quarantine, start bound, entry life."""

from dataclasses import dataclass, field

from .cipher import sha256
from .claims import TIME_MAX
from .errors import Refuse

CUTOFF_MAX = TIME_MAX + 2**32
LOGGED_OUT = 2**32 - 1
FOREVER = 2**64 - 1
SESSION, SUBJECT, AUDIENCE, KEY = 1, 2, 3, 4


def digest(kind, data):
    """SPEC 9.2: D(kind, x)."""
    return sha256(b"rvk1" + bytes([kind]) + data)[:16]


@dataclass(frozen=True)
class Record:
    """SPEC 9.3. exempt is the exempt session id of a record 82, otherwise None."""

    kind: int
    key: bytes
    value: int
    expires: int
    exempt: bytes | None = None

    def encode(self):
        """SPEC 9.3: 33 or 49 bytes."""
        first = self.kind if self.exempt is None else 0x82
        body = self.key + self.value.to_bytes(8, "big") + self.expires.to_bytes(8, "big")
        return bytes([first]) + body + (self.exempt or b"")


def record_length(first):
    """SPEC 9.3: the length that the first byte demands."""
    if first in (1, 2, 3, 4):
        return 33
    if first == 0x82:
        return 49
    raise Refuse("unknown kind of record")


def check_value(record):
    """SPEC 9.1, 9.3: the range of the value."""
    if record.kind == SESSION and not 1 <= record.value <= LOGGED_OUT:
        raise Refuse("value of a session entry out of range")
    if record.kind in (SUBJECT, AUDIENCE) and record.value > CUTOFF_MAX:
        raise Refuse("cut-off out of range")
    if record.kind == KEY and (record.value, record.expires) != (FOREVER, FOREVER):
        raise Refuse("key entry that is not forever")


def decode_record(data):
    """SPEC 9.3: reads one record, or refuses a malformed one."""
    if not data or len(data) != record_length(data[0]):
        raise Refuse("record has a wrong length")
    kind = SUBJECT if data[0] == 0x82 else data[0]
    exempt = data[33:] if data[0] == 0x82 else None
    value, expires = int.from_bytes(data[17:25], "big"), int.from_bytes(data[25:33], "big")
    record = Record(kind, data[1:17], value, expires, exempt)
    check_value(record)
    return record


def pair_order(pair):
    """SPEC 9.4: C descending, then none first, then e ascending."""
    cutoff, exempt = pair
    return (-cutoff, exempt is not None, exempt or b"")


def merge_pairs(left, right):
    """SPEC 9.4, kind 2: for each e the greatest C, of these the first two."""
    best = {}
    for cutoff, exempt in [*left, *right]:
        best[exempt] = max(cutoff, best.get(exempt, cutoff))
    return sorted(((cutoff, exempt) for exempt, cutoff in best.items()), key=pair_order)[:2]


@dataclass
class View:
    """SPEC 9.4: the state, with the quarantined records beside it and the high-water mark.

    entries maps (kind, key) to (content, expires); content is a value, or the list of pairs.
    """

    entries: dict = field(default_factory=dict)
    quarantine: set = field(default_factory=set)
    high_water: int = 0

    def merge(self, record):
        """SPEC 9.4: merges a record, which is a state of one entry."""
        place = (record.kind, record.key)
        subject = record.kind == SUBJECT
        content = [(record.value, record.exempt)] if subject else record.value
        expires = record.expires
        if place in self.entries:
            known, known_expires = self.entries[place]
            content = merge_pairs(known, content) if subject else max(known, content)
            expires = max(known_expires, expires)
        self.entries[place] = (content, expires)

    def receive(self, record, now, tolerance):
        """SPEC 9.6: merges a record or holds it in quarantine."""
        if record.kind in (SUBJECT, AUDIENCE) and record.value > now + tolerance:
            self.quarantine.add(record)
        else:
            self.merge(record)

    def release(self, now, tolerance, life):
        """SPEC 9.6: applies quarantined records whose time has come."""
        for record in [r for r in self.quarantine if r.value <= now + tolerance]:
            self.quarantine.remove(record)
            expires = max(record.expires, now + life)
            self.merge(Record(record.kind, record.key, record.value, expires, record.exempt))

    def forget(self, now):
        """SPEC 9.8: forgets entries, with the mark stored first."""
        self.high_water = max(self.high_water, now)
        self.entries = {k: v for k, v in self.entries.items() if v[0] == FOREVER or now < v[1]}

    def pairs(self, subject):
        """SPEC 9.5: the kind 2 pairs of a subject; none for the empty subject."""
        if not subject:
            return []
        return self.entries.get((SUBJECT, digest(SUBJECT, subject)), ([], 0))[0]

    def value(self, kind, key):
        """The value of an entry of kind 1, 3 or 4, or None."""
        entry = self.entries.get((kind, key))
        return None if entry is None else entry[0]

    def revoked(self, claims, ctx, kid):
        """SPEC 9.5: the verdict."""
        lowest = self.value(SESSION, claims.session_id)
        if lowest is not None and claims.generation < lowest:
            return True
        for cutoff, exempt in self.pairs(claims.subject):
            if claims.authenticated_at < cutoff and exempt != claims.session_id:
                return True
        cutoff = self.value(AUDIENCE, digest(AUDIENCE, ctx))
        if cutoff is not None and claims.authenticated_at < cutoff:
            return True
        return self.distrusts(kid)

    def distrusts(self, kid):
        """SPEC 9.5: whether there is a kind 4 entry."""
        return self.value(KEY, digest(KEY, kid)) is not None

    def start_bound(self, subject, ctx, now, tolerance):
        """SPEC 9.7: the start of a new session, or refused."""
        cutoffs = [cutoff for cutoff, _ in self.pairs(subject)]
        start = max(now, self.value(AUDIENCE, digest(AUDIENCE, ctx)) or 0, *cutoffs)
        if start > now + tolerance // 2:
            raise Refuse("start bound too far ahead")
        return start

    def cutoff_bound(self, kind, key):
        """SPEC 9.6: what a cut-off of this kind and key has to lie behind."""
        def counts(other, name):
            return other in (SUBJECT, AUDIENCE) and (other != kind or name == key)
        contents = [v[0] for (other, name), v in self.entries.items() if counts(other, name)]
        cutoffs = [c for v in contents for c in ([c for c, _ in v] if isinstance(v, list) else [v])]
        return max(cutoffs, default=0)

    def records(self):
        """SPEC 9.12: the state and the quarantine as ascending records."""
        out = set(record.encode() for record in self.quarantine)
        for (kind, key), (content, expires) in self.entries.items():
            pairs = content if kind == SUBJECT else [(content, None)]
            out.update(Record(kind, key, value, expires, e).encode() for value, e in pairs)
        return sorted(out)


def cutoff_now(now, skew, bound=0, tolerance=60):
    """SPEC 9.6: C for a cut-off that is to take effect now."""
    return max(now + skew + 1, min(bound + 1, now + tolerance // 2))


def check_cutoff(cutoff, now, tolerance):
    """SPEC 9.6: what a revoker refuses to publish."""
    if cutoff > now + tolerance // 2:
        raise Refuse("cut-off too far ahead")
    return cutoff


def cut_off(view, subject, ctx, now, tolerance, skew, before):
    """SPEC 8.9, 9.6: C of a cut-off of a subject, or of the audience for None; before None is now."""
    if subject is not None and not 1 <= len(subject) <= 255:
        raise Refuse("the subject of a cut-off has 1 to 255 bytes")
    if before is not None:
        return check_cutoff(before, now, tolerance)
    kind, name = (AUDIENCE, ctx) if subject is None else (SUBJECT, subject)
    return cutoff_now(now, skew, view.cutoff_bound(kind, digest(kind, name)), tolerance)


def entry_life(b, ttl, leeway, tolerance):
    """SPEC 9.8: L."""
    return b + ttl + leeway + 2 * tolerance


def view_suffices(state, sensitive, grace, proof_age):
    """SPEC 9.9: whether an operation that found no entry may go on. grace is None for closed;
    proof_age is None if there never was a proof."""
    if state == "fresh":
        return True
    if state == "blind" or sensitive or grace is None or proof_age is None:
        return False
    return proof_age <= grace


def max_grace(ttl):
    """SPEC 9.9: the default for a grace."""
    return ttl // 2
