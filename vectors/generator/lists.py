"""Vectors of the kinds record, merge and snapshot."""

from reference.cipher import sha256
from reference.claims import TIME_MAX
from reference.revocation import CUTOFF_MAX, FOREVER, LOGGED_OUT, Record, digest
from reference.snapshot import write_snapshot

from .common import OTHER_ID, SESSION_ID, START, fill

EXPIRES = START + 2922
SUBJECT = digest(2, b"user-42")
SUBJECT_2 = digest(2, b"user-43")
CONTEXT = digest(3, bytes.fromhex("0773657373696f6e0f6170692e6578616d706c652e636f6d"))
KEY = digest(4, bytes.fromhex("00000007"))
IDS = sorted(fill(f"exempt {i}", 16) for i in range(4))


def record(kind, key, value, expires=EXPIRES, exempt=None):
    """An encoded record."""
    return Record(kind, key, value, expires, exempt).encode()


def raw_record(first, key, value, expires, tail=b""):
    """33 bytes or more that need not be a valid record."""
    return bytes([first]) + key + value.to_bytes(8, "big") + expires.to_bytes(8, "big") + tail


def add_good_records(book):
    """SPEC 9.3."""
    cases = (
        ("session", "A session entry.", record(1, SESSION_ID, 2)),
        ("session-1", "The least value of a session entry.", record(1, SESSION_ID, 1)),
        ("session-logged-out", "LOGGED_OUT.", record(1, SESSION_ID, LOGGED_OUT)),
        ("subject", "A cut-off of a subject.", record(2, SUBJECT, START)),
        ("subject-0", "A cut-off of 0.", record(2, SUBJECT, 0)),
        ("subject-max", "The greatest cut-off of a subject.", record(2, SUBJECT, CUTOFF_MAX)),
        ("exempt", "A cut-off with an exemption.", record(2, SUBJECT, START, exempt=OTHER_ID)),
        ("exempt-zero-id", "An exempt session id of zero bytes.", record(2, SUBJECT, START, exempt=bytes(16))),
        ("audience", "A cut-off of an audience.", record(3, CONTEXT, START)),
        ("audience-max", "The greatest cut-off of an audience.", record(3, CONTEXT, CUTOFF_MAX)),
        ("key", "A key entry.", record(4, KEY, FOREVER, FOREVER)),
        ("expires-0", "expires of 0 is allowed.", record(1, SESSION_ID, 2, 0)),
        ("expires-max", "The greatest expires is allowed.", record(3, CONTEXT, START, FOREVER)),
        ("zero-key", "A key of zero bytes.", record(1, bytes(16), 2)),
    )
    for name, comment, data in cases:
        book.good("record", "record-ok-" + name, comment, ["record"], "record", {"record": data.hex()})


def add_bad_records(book):
    """SPEC 9.3: malformed records."""
    session, subject = record(1, SESSION_ID, 2), record(2, SUBJECT, START)
    audience, exempt = record(3, CONTEXT, START), record(2, SUBJECT, START, exempt=OTHER_ID)
    key = record(4, KEY, FOREVER, FOREVER)
    cases = (
        ("empty", "No bytes.", session, b""),
        ("kind-only", "The kind alone.", session, session[:1]),
        ("kind-00", "Kind 00.", session, b"\x00" + session[1:]),
        ("kind-05", "Kind 05.", session, b"\x05" + session[1:]),
        ("kind-81", "Kind 81 in 49 bytes.", exempt, b"\x81" + exempt[1:]),
        ("kind-83", "Kind 83 in 49 bytes.", exempt, b"\x83" + exempt[1:]),
        ("kind-84", "Kind 84 in 49 bytes.", exempt, b"\x84" + exempt[1:]),
        ("kind-ff", "Kind ff.", session, b"\xff" + session[1:]),
        ("session-short", "32 bytes of kind 01.", session, session[:-1]),
        ("session-long", "34 bytes of kind 01.", session, session + b"\0"),
        ("subject-49", "49 bytes of kind 02.", subject, subject + OTHER_ID),
        ("exempt-33", "33 bytes of kind 82.", exempt, exempt[:33]),
        ("exempt-48", "48 bytes of kind 82.", exempt, exempt[:-1]),
        ("exempt-50", "50 bytes of kind 82.", exempt, exempt + b"\0"),
        ("session-0", "A session entry of value 0.", session, raw_record(1, SESSION_ID, 0, EXPIRES)),
        ("session-beyond", "A session entry of value 2^32.", session, raw_record(1, SESSION_ID, 2**32, EXPIRES)),
        ("subject-beyond", "A cut-off of a subject above the greatest.", subject,
         raw_record(2, SUBJECT, CUTOFF_MAX + 1, EXPIRES)),
        ("subject-forever", "A cut-off of a subject of 2^64 - 1.", subject, raw_record(2, SUBJECT, FOREVER, EXPIRES)),
        ("exempt-beyond", "A cut-off with an exemption above the greatest.", exempt,
         raw_record(0x82, SUBJECT, CUTOFF_MAX + 1, EXPIRES, OTHER_ID)),
        ("audience-beyond", "A cut-off of an audience above the greatest.", audience,
         raw_record(3, CONTEXT, CUTOFF_MAX + 1, EXPIRES)),
        ("key-value", "A key entry of value 1.", key, raw_record(4, KEY, 1, FOREVER)),
        ("key-value-less", "A key entry of value 2^64 - 2.", key, raw_record(4, KEY, FOREVER - 1, FOREVER)),
        ("key-expires", "A key entry that expires.", key, raw_record(4, KEY, FOREVER, EXPIRES)),
        ("key-expires-less", "A key entry that expires at 2^64 - 2.", key, raw_record(4, KEY, FOREVER, FOREVER - 1)),
    )
    for name, comment, good, bad in cases:
        book.bad("record", "record-refused-" + name, comment, ["record"], "record", "refused",
                 {"record": bad.hex()}, {"record": good.hex()})


def add_merge(book):
    """SPEC 9.4."""
    def cut(value, exempt=None, expires=EXPIRES, key=SUBJECT):
        return record(2, key, value, expires, exempt)
    a, b, c, d = IDS
    forever = record(4, KEY, FOREVER, FOREVER)
    cases = (
        ("none", "No records.", []),
        ("one", "One record.", [record(1, SESSION_ID, 2)]),
        ("session-greater", "The greater value of a session.", [record(1, SESSION_ID, 5), record(1, SESSION_ID, 3)]),
        ("separate-expires", "Value and expires are merged separately.",
         [record(1, SESSION_ID, 5, EXPIRES), record(1, SESSION_ID, 3, EXPIRES + 9)]),
        ("logged-out", "LOGGED_OUT stays.", [record(1, SESSION_ID, LOGGED_OUT), record(1, SESSION_ID, 7, EXPIRES + 1)]),
        ("audience", "Cut-offs of an audience.", [record(3, CONTEXT, START, EXPIRES + 5), record(3, CONTEXT, START + 1)]),
        ("key-twice", "A key entry twice.", [forever, forever]),
        ("kinds-apart", "One key under kinds 1, 2 and 3.", [record(k, SUBJECT, 9) for k in (3, 2, 1)]),
        ("keys-apart", "Two subjects.", [cut(START, key=SUBJECT_2), cut(START + 1)]),
        ("subject-greater", "Two cut-offs without exemption.", [cut(START), cut(START + 5)]),
        ("same-exempt", "Two cut-offs with one exemption.", [cut(START, a), cut(START + 5, a, EXPIRES - 5)]),
        ("plain-and-exempt", "A pair without and a pair with exemption; expires is shared.",
         [cut(START, None, EXPIRES + 7), cut(START + 5, a)]),
        ("two-exempt", "Two exemptions.", [cut(START, a), cut(START + 5, b)]),
        ("three-exempt", "Three exemptions: the lowest cut-off is dropped.",
         [cut(START + 1, c), cut(START + 2, a), cut(START + 3, b)]),
        ("three-dropped-expires", "The dropped pair has the greatest expires.",
         [cut(START + 1, c, EXPIRES + 99), cut(START + 2, a), cut(START + 3, b)]),
        ("three-equal", "Three equal cut-offs: exemptions in ascending order.", [cut(START, c), cut(START, a), cut(START, b)]),
        ("equal-none-first", "Equal cut-offs: none comes first.", [cut(START, a), cut(START, b), cut(START)]),
        ("equal-none-twice", "Equal cut-offs: none and one of three.", [cut(START, d), cut(START), cut(START, c), cut(START, b)]),
        ("zero-exempt", "Exempting the id of zero bytes is not the same as no exemption.",
         [cut(START, bytes(16)), cut(START), cut(START, a)]),
        ("raised-later", "A cut-off that would be dropped is raised by a later record.",
         [cut(START + 2, a), cut(START + 3, b), cut(START + 1, c), cut(START + 4, c)]),
        ("unexempt-low", "A low cut-off without exemption is dropped under two exemptions.",
         [cut(START), cut(START + 2, a), cut(START + 3, b)]),
        ("mixed", "All kinds.", [forever, record(3, CONTEXT, START), cut(START + 3, SESSION_ID), cut(START + 9),
                                 record(1, SESSION_ID, 2), record(1, OTHER_ID, LOGGED_OUT)]),
        ("forever-expires", "expires of 2^64 - 1 wins.", [cut(START, None, FOREVER), cut(START + 1, None, 0)]),
    )
    for name, comment, records in cases:
        book.good("merge", "merge-" + name, comment, ["merge"], "merge", {"records": [r.hex() for r in records]})


def snapshot(records, made_at=START + 1000, high_water=START + 960, count=None, magic=b"clkrevs1"):
    """A snapshot of any parts, with a correct digest."""
    body = magic + made_at.to_bytes(8, "big") + high_water.to_bytes(8, "big")
    body += (len(records) if count is None else count).to_bytes(4, "big") + b"".join(records)
    return body + sha256(body)


def add_snapshot(book):
    """SPEC 9.12."""
    session = record(1, bytes(range(0xA0, 0xB0)), 2)
    key = record(4, KEY, FOREVER, FOREVER)
    exempt = record(2, SUBJECT, START + 1003, exempt=bytes(range(0xA0, 0xB0)))
    plain, three = record(2, SUBJECT, START + 900), [session, key, exempt]
    whole = write_snapshot(START + 1000, START + 960, three)
    assert whole == snapshot(three)
    good_cases = (
        ("example", "The example of SPEC 9.12.", whole),
        ("empty", "The empty snapshot.", snapshot([], 0, 0)),
        ("time-max", "Both times at their greatest value.", snapshot([], TIME_MAX, TIME_MAX)),
        ("mark-ahead", "The high-water mark is later than made_at.", snapshot([], 5, 6)),
        ("two-pairs", "Two pairs of one subject.", snapshot(sorted([plain, exempt]))),
        ("one-key-twice", "Two records of one session, which a reader merges.",
         snapshot([record(1, SESSION_ID, 2), record(1, SESSION_ID, 3)])),
        ("quarantined", "A cut-off far in the future.", snapshot([record(2, SUBJECT, CUTOFF_MAX)])),
        ("hundred", "A hundred records.", snapshot(sorted(record(1, fill(f"id {i}", 16), 1 + i) for i in range(100)))),
    )
    for name, comment, data in good_cases:
        book.good("snapshot", "snapshot-ok-" + name, comment, ["snapshot"], "snapshot", {"snapshot": data.hex()})
    swapped, cut = [key, session, exempt], CUTOFF_MAX + 1
    cases = (
        ("empty-file", "No bytes.", b""),
        ("59-bytes", "59 bytes.", snapshot([], 0, 0)[:59]),
        ("magic", "Another version.", snapshot(three, magic=b"clkrevs2")),
        ("magic-case", "Upper-case magic.", snapshot(three, magic=b"CLKREVS1")),
        ("made-at", "made_at above its greatest value.", snapshot(three, made_at=TIME_MAX + 1)),
        ("made-at-huge", "made_at of 2^64 - 1.", snapshot(three, made_at=2**64 - 1)),
        ("high-water", "high_water above its greatest value.", snapshot(three, high_water=TIME_MAX + 1)),
        ("count-less", "The count is one too small.", snapshot(three, count=2)),
        ("count-more", "The count is one too great.", snapshot(three, count=4)),
        ("count-huge", "The count is 2^32 - 1.", snapshot(three, count=2**32 - 1)),
        ("count-zero", "The count is 0 and there are records.", snapshot(three, count=0)),
        ("order", "Two records are exchanged.", snapshot(swapped)),
        ("order-value", "Two records that differ in the value are exchanged.",
         snapshot([record(1, SESSION_ID, 3), record(1, SESSION_ID, 2)])),
        ("duplicate", "A record twice.", snapshot([session, session, key])),
        ("kind", "A record of an unknown kind.", snapshot([session, b"\x05" + key[1:]])),
        ("value", "A record whose value is out of range.", snapshot([session, raw_record(3, CONTEXT, cut, EXPIRES)])),
        ("session-0", "A session entry of value 0.", snapshot([raw_record(1, SESSION_ID, 0, EXPIRES)])),
        ("key-expires", "A key entry that expires.", snapshot([session, raw_record(4, KEY, FOREVER, EXPIRES)])),
        ("record-cut", "The last record lacks its last byte.", snapshot([session, key, exempt[:-1]])),
        ("record-tail", "A byte follows the last record.", snapshot([session, key, exempt, b"\x01"], count=3)),
        ("exempt-33", "A record 82 of 33 bytes.", snapshot([session, exempt[:33]])),
        ("digest", "One bit of the digest is flipped.", whole[:-1] + bytes([whole[-1] ^ 1])),
        ("body-bit", "One bit of made_at is flipped without a new digest.", whole[:15] + bytes([whole[15] ^ 1]) + whole[16:]),
        ("truncated", "The last byte is missing.", whole[:-1]),
        ("extended", "A zero byte at the end.", whole + b"\0"),
        ("no-digest", "The digest is missing.", whole[:-32]),
        ("digest-zero", "The digest is all zero.", whole[:-32] + bytes(32)),
    )
    for name, comment, data in cases:
        book.bad("snapshot", "snapshot-refused-" + name, comment, ["snapshot"], "snapshot", "refused",
                 {"snapshot": data.hex()}, {"snapshot": whole.hex()})


def add(book):
    """All vectors of this module."""
    for part in (add_good_records, add_bad_records, add_merge, add_snapshot):
        part(book)
