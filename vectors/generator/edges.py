"""Vectors of the kinds edge-key, edge-signer, edge-make and edge-export."""

from reference import ed25519
from reference.claims import TIME_MAX
from reference.edge import (
    Head, edge_id, edge_seed, edge_text, filter_value, signed, write_bits, write_export, write_filter, write_head,
)
from reference.feed import FeedKey, Position
from reference.keys import base64url
from reference.revocation import FOREVER, LOGGED_OUT

from .common import NOW, OTHER_ID, SESSION_ID, START, fill
from .feeds import EPOCH, FIRST, REALM, SECOND, THIRD
from .keytexts import beside_alphabet, changed, other
from .lists import CONTEXT, KEY, SUBJECT, record

PLACE = Position(EPOCH, 41, fill("chain 41", 8))
MADE = NOW * 1000 + 250
HEAD = Head(PLACE, MADE, MADE + 30000, START, 1920, fill("salt", 16))
OUT = [fill(f"logged out {i}", 16) for i in range(70)]
RECORDS = sorted([record(1, SESSION_ID, 2), record(2, SUBJECT, START + 3, exempt=SESSION_ID),
                  record(3, CONTEXT, START - 9), record(4, KEY, FOREVER, FOREVER)])


def public(feed_key):
    """The public key."""
    return ed25519.public_key(edge_seed(feed_key))


def text(feed_key):
    """Its text."""
    return edge_text(public(feed_key))


def add_keys(book):
    """SPEC 18.1."""
    good, flag = text(FIRST), ["edge-key"]
    file = "edge/edge-key"
    book.good(file, "edge-key-ok", "The public key of a feed key.", flag, "edge-key", {"edge_key": good})
    for name, key in (("first", FIRST), ("second", SECOND), ("31-equal", FeedKey(bytes(31) + b"\1"))):
        book.good(file, "edge-signer-" + name, "What signs exports, from a feed key.", flag, "edge-signer",
                  {"feed_key": key.text()})
    identity, no_point = (1).to_bytes(32, "little"), (2).to_bytes(32, "little")
    small = bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
    cases = (
        ("empty", "The empty text.", ""),
        ("prefix-feed", "The prefix of a feed key.", "clkfeed1." + good[9:]),
        ("prefix-upper", "The prefix in upper case.", "CLKEDGE1." + good[9:]),
        ("prefix-version", "The prefix of another version.", changed(good, 7, "2")),
        ("short", "One character too short.", good[:-1]),
        ("long", "One character too long.", good + "A"),
        ("newline-after", "A line feed after the text.", good + "\n"),
        ("plus", "A character of the standard alphabet.", changed(good, 20, "+")),
        ("non-ascii", "A letter outside ASCII.", good[:20] + "é" + good[22:]),
        ("middle-changed", "A character of the key is another.", changed(good, 30, other(good[30]))),
        ("last-changed", "The last character is another.", good[:-1] + other(good[-1])),
        ("eid", "The checksum of another key.",
         "clkedge1." + base64url(public(FIRST) + edge_id(public(SECOND))).decode()),
        ("no-point", "Bytes that are no point of the curve.", edge_text(no_point)),
        ("identity", "The neutral point.", edge_text(identity)),
        ("small-order", "A point of order eight.", edge_text(small)),
        ("not-canonical", "A point whose y has the order of the field added.", edge_text(not_canonical())),
        ("identity-sign", "The neutral point with the sign bit, although x is 0.",
         edge_text((1 | 1 << 255).to_bytes(32, "little"))),
    )
    for name, comment, data in (*cases, *beside_alphabet(good, 25)):
        book.bad(file, "edge-key-refused-" + name, comment, flag, "edge-key", "refused", {"edge_key": data},
                 {"edge_key": good})


def not_canonical():
    """A point of large order whose y is below 19, so that y plus the order of the field has 255 bits."""
    for y in range(2, 19):
        point = ed25519.decode(y.to_bytes(32, "little"))
        if point is not None and not ed25519.is_small(point):
            return (y + ed25519.P).to_bytes(32, "little")
    raise AssertionError("no such point")


def twisted(data, commitment, nonce):
    """Data with a signature over a chosen R: what only the holder of the key can make."""
    seed = edge_seed(FIRST)
    scalar, key = ed25519.expanded(seed)[0], ed25519.public_key(seed)
    response = (nonce + ed25519.hashed(commitment, key, data) * scalar) % ed25519.ORDER
    return data + commitment + response.to_bytes(32, "little")


def making(records=(), sessions=(), head=HEAD, realm=REALM, key=FIRST):
    """The inputs of edge-make."""
    return {"feed_key": key.text(), "realm": realm.decode(), **described(head),
            "records": [data.hex() for data in records], "sessions": [data.hex() for data in sessions]}


def described(head):
    """The members of a head."""
    return {"position": head.position.encode().hex(), "made_at": head.made_at, "valid_until": head.valid_until,
            "high_water": head.high_water, "life": head.life, "salt": head.salt.hex()}


def add_makes(book):
    """SPEC 18.2, 18.3."""
    far = Head(Position(fill("epoch 2", 16), 2**64 - 1, bytes(8)), TIME_MAX * 1000 - 86400000 + 999,
               TIME_MAX * 1000 + 999, TIME_MAX, 2**32 - 1, bytes(16))
    cases = (
        ("empty", "Nothing was revoked.", making()),
        ("records", "Exact entries alone.", making(RECORDS)),
        ("unsorted", "Exact entries given in another order, one twice.", making(RECORDS[::-1] + RECORDS[:1])),
        ("one", "One session.", making((), OUT[:1])),
        ("two", "Two sessions.", making((), OUT[:2])),
        ("eight", "Sixteen bits of unary.", making((), OUT[:8])),
        ("nine", "Eighteen bits of unary.", making((), OUT[:9])),
        ("all", "Everything.", making(RECORDS, OUT)),
        ("reversed", "The order of sessions makes no difference.", making(RECORDS, OUT[::-1])),
        ("far", "Every number at its greatest.", making(RECORDS, OUT[:3], far)),
        ("repeated", "Sessions that are given twice.", making(RECORDS, OUT[:9] + OUT[:3])),
        ("twins", "Two sessions with one value: fewer values than places.", making((), twins(HEAD.salt))),
        ("realm-64", "A realm of 64 characters.", making((), OUT[:3], realm=b"r" * 64)),
        ("other-salt", "The same under another salt.",
         making(RECORDS, OUT, Head(PLACE, MADE, MADE + 30000, START, 1920, fill("salt 2", 16)))),
    )
    for name, comment, inputs in cases:
        book.good("edge/edge-make", "edge-make-" + name, comment, ["edge-export"], "edge-make", inputs)


def twins(salt):
    """Two sessions with one value in a filter of two places: found by trying."""
    seen, number = {}, 0
    while True:
        name = fill(f"twin {number}", 16)
        value = filter_value(salt, 2, name)
        if value in seen:
            return [seen[value], name]
        seen[value], number = name, number + 1


def reading(data, keys=(FIRST, SECOND), realm=REALM, seen=None, now=MADE + 1000, asked=()):
    """The inputs of edge-export."""
    return {"keys": [text(key) for key in keys], "realm": realm.decode(),
            "seen": None if seen is None else {"position": seen[0].encode().hex(), "made_at": seen[1]},
            "now": now, "skew": 750, "export": data.hex(), "sessions": [session.hex() for session in asked]}


def stranger(salt, sessions):
    """A session that is hit without being in the filter: found by trying."""
    values, number = {filter_value(salt, len(sessions), session) for session in sessions}, 0
    while True:
        name = fill(f"stranger {number}", 16)
        if filter_value(salt, len(sessions), name) in values:
            return name
        number += 1


def add_exports(book):
    """SPEC 18.4, 18.5."""
    file, flag = "edge/edge-export", ["edge-export"]
    seed = edge_seed(FIRST)
    whole = write_export(FIRST, REALM, HEAD, RECORDS, OUT)
    def sealed(records=(), sessions=(), head=HEAD, realm=REALM, key=FIRST):
        return write_export(key, realm, head, list(records), list(sessions))
    innocent = [fill(f"innocent {i}", 16) for i in range(5)]
    asked = OUT[:5] + innocent + [stranger(HEAD.salt, OUT), OUT[-1]]
    new = Head(PLACE, MADE, MADE + 30000, START, 1920, fill("salt 2", 16))
    other_epoch = Position(fill("epoch 2", 16), 99, PLACE.chain)
    back = Position(EPOCH, 40, fill("chain 40", 8))
    half = Position(EPOCH, 2**63, fill("chain half", 8))
    good = (
        ("twins", "Fewer values than places.", reading(sealed((), twins(HEAD.salt)), asked=[*twins(HEAD.salt), OUT[0]])),
        ("n-half", "n of 2^63, after a smaller one was seen.",
         reading(sealed(head=Head(half, *list(vars(HEAD).values())[1:])), seen=(PLACE, MADE - 5))),
        ("all", "Sessions that were logged out, others, and one that is hit without cause.", reading(whole, asked=asked)),
        ("other-salt", "Under another salt, the one hit without cause is not.",
         reading(sealed(RECORDS, OUT, new), asked=asked)),
        ("empty", "Nothing was revoked; nobody is hit.", reading(sealed(), asked=asked)),
        ("second-key", "Signed under the other accepted key.", reading(sealed(key=SECOND))),
        ("one-key", "One accepted key.", reading(whole, keys=(FIRST,))),
        ("last-moment", "The last millisecond of its validity.", reading(whole, now=MADE + 30000 - 750)),
        ("skew", "As far ahead as the clocks may differ.", reading(whole, now=MADE - 750)),
        ("seen-same", "Seen before.", reading(whole, seen=(PLACE, MADE))),
        ("seen-earlier", "Later than the one seen, with the same position.", reading(whole, seen=(PLACE, MADE - 1))),
        ("seen-back", "A later position.", reading(whole, seen=(back, MADE - 5))),
        ("seen-epoch", "Another epoch, later.", reading(whole, seen=(other_epoch, MADE - 1))),
    )
    for name, comment, inputs in good:
        book.good(file, "edge-export-ok-" + name, comment, flag, "edge-export", inputs)

    def flip(at):
        return whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:]

    def resigned(data):
        return signed(seed, data)

    def patch(at, data):
        return resigned(whole[:at] + data + whole[at + len(data):-64])

    def head(**changes):
        return resigned(write_head(seed, REALM, Head(**{**vars(HEAD), **changes}), 0, 0, 0))

    def with_filter(places, count, data):
        return resigned(write_head(seed, REALM, HEAD, 0, places, count) + data)

    def with_records(count, data):
        return resigned(write_head(seed, REALM, HEAD, count, 0, 0) + data)
    start = 101 + len(REALM)
    tail = start + sum(map(len, RECORDS))
    places, count, data = write_filter(HEAD.salt, OUT[:4])
    one = RECORDS[0]
    ended = record(1, OTHER_ID, LOGGED_OUT)
    cases = (
        ("empty", "No bytes.", b""),
        ("11-bytes", "It ends within eid.", whole[:11]),
        ("12-bytes", "It ends behind eid.", whole[:12]),
        ("75-bytes", "Shorter than eid and a signature.", whole[:75]),
        ("magic", "Another version.", whole[:7] + b"2" + whole[8:]),
        ("unknown-key", "Signed under a key that is not accepted.", sealed(RECORDS, OUT, key=THIRD)),
        ("foreign-signature", "The eid of an accepted key, signed under another.",
         signed(edge_seed(THIRD), whole[:-64])),
        ("eid-bit", "One bit of eid.", flip(8)),
        ("position-bit", "One bit of the position.", flip(35)),
        ("made-bit", "One bit of made_at.", flip(51)),
        ("valid-bit", "One bit of valid_until.", flip(59)),
        ("mark-bit", "One bit of high_water.", flip(67)),
        ("life-bit", "One bit of life.", flip(71)),
        ("salt-bit", "One bit of the salt.", flip(80)),
        ("realm-bit", "One bit of the realm.", flip(105)),
        ("record-bit", "One bit of an exact entry.", flip(start + 20)),
        ("filter-bit", "One bit of the filter.", flip(tail + 3)),
        ("signature-bit", "One bit of R.", flip(len(whole) - 64)),
        ("signature-end-bit", "One bit of S.", flip(len(whole) - 32)),
        ("s-plus-order", "S with the order of the group added.", malleable(whole)),
        ("truncated", "The last byte is missing.", whole[:-1]),
        ("extended", "One byte more.", whole + b"\0"),
        ("cut", "The signature alone is whole.", whole[:40] + whole[-64:]),
        ("other-realm", "Made for another realm.", sealed(RECORDS, OUT, realm=b"shop.example-2")),
        ("realm-prefix", "Made for a realm whose name is the beginning.", sealed(RECORDS, OUT, realm=b"shop.example-")),
        ("header-cut", "Authentic, and it ends within the header.", resigned(whole[:60])),
        ("name-cut", "Authentic, and it ends within the realm.", resigned(whole[:start - 1])),
        ("times-equal", "valid_until is made_at.", head(valid_until=MADE)),
        ("times-day", "Valid for a day and a millisecond.", head(valid_until=MADE + 86400001)),
        ("time-max", "valid_until above its greatest value.",
         head(made_at=TIME_MAX * 1000, valid_until=TIME_MAX * 1000 + 1000)),
        ("mark-max", "high_water above its greatest value.", head(high_water=TIME_MAX + 1)),
        ("exact-less", "The number of exact entries is one too small.", patch(88, (3).to_bytes(4, "big"))),
        ("exact-more", "The number of exact entries is one too great.", patch(88, (5).to_bytes(4, "big"))),
        ("exact-max", "The number of exact entries is 2^32 - 1.", patch(88, b"\xff" * 4)),
        ("record-kind", "An exact entry of an unknown kind.", with_records(1, b"\x05" + one[1:])),
        ("record-value", "A session entry of value 0.", with_records(1, one[:17] + bytes(8) + one[25:])),
        ("record-ended", "A logged-out session among the exact entries.", with_records(1, ended)),
        ("record-twice", "An exact entry twice.", with_records(2, one + one)),
        ("record-order", "Exact entries that are not ascending.", with_records(2, RECORDS[1] + one)),
        ("places-less", "One place too few.", with_filter(places - 1, count, data)),
        ("places-more", "One place too many.", with_filter(places + 1, count, data)),
        ("places-max", "2^32 - 1 places.", with_filter(2**32 - 1, count, data)),
        ("count-none", "Places without a value.", with_filter(1, 0, b"\0")),
        ("count-more", "More values than places.", with_filter(1, 2, write_bits([1, 1, 0]) + bytes(4))),
        ("places-none", "A value without a place.", with_filter(0, 1, write_bits([1]) + bytes(2))),
        ("unary-open", "The last bit of the unary part is a one.", with_filter(2, 1, write_bits([0, 0, 1]) + bytes(2))),
        ("unary-less", "A one too few.", with_filter(2, 2, write_bits([1, 0, 0, 0]) + bytes(4))),
        ("unary-padding", "A bit behind the last.", with_filter(2, 1, write_bits([1, 0, 0, 1]) + bytes(2))),
        ("low-order", "Values of a place that are not ascending.",
         with_filter(2, 2, write_bits([1, 1, 0, 0]) + b"\0\2\0\1")),
        ("low-twice", "A value twice.", with_filter(2, 2, write_bits([1, 1, 0, 0]) + b"\0\1\0\1")),
        ("filter-short", "The last byte of the filter is missing.", with_filter(places, count, data[:-1])),
        ("filter-long", "A byte behind the filter.", with_filter(places, count, data + b"\0")),
    )
    for name, comment, export in cases:
        book.bad(file, "edge-export-refused-" + name, comment, flag, "edge-export", "refused", reading(export), reading(whole))
    eight = ed25519.decode(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"))
    stale = sealed(RECORDS, OUT, Head(**{**vars(HEAD), "made_at": MADE - 60000, "valid_until": MADE - 30000}))
    nonce = int.from_bytes(fill("nonce", 31), "little")
    torsion = ed25519.encode(ed25519.add(ed25519.times(nonce, ed25519.BASE), eight))
    for name, comment, commitment, number in (
            ("r-identity", "R is the neutral point; the equation holds.", (1).to_bytes(32, "little"), 0),
            ("r-identity-sign", "R is the neutral point with the sign bit.", (1 | 1 << 255).to_bytes(32, "little"), 0),
            ("r-not-canonical", "R is the neutral point, and its y has the order of the field added.",
             (1 + ed25519.P).to_bytes(32, "little"), 0),
            ("r-small", "R is of order eight; the equation holds with the cofactor.", ed25519.encode(eight), 0),
            ("r-torsion", "R has a part of order eight; the equation holds with the cofactor.", torsion, nonce)):
        book.bad(file, "edge-export-refused-" + name, comment, flag, "edge-export", "refused",
                 reading(twisted(whole[:-64], commitment, number)), reading(whole))
    # A later one was seen, so it is refused at any time; past its validity it is still older.
    book.bad(file, "edge-export-refused-older-and-expired", "Past its validity, and a later one was seen: older.",
             [*flag, "order"], "edge-export", "refused", reading(stale, now=MADE + 1000, seen=(PLACE, MADE - 1)),
             reading(whole, now=MADE + 1000, seen=(PLACE, MADE - 1)))
    book.bad(file, "edge-export-refused-n-half-seen", "n of 2^63 was seen, and this one is smaller.", flag, "edge-export",
             "refused", reading(whole, seen=(half, MADE - 5)), reading(whole))
    ahead, fork = Position(EPOCH, 42, PLACE.chain), Position(EPOCH, 41, fill("chain 41b", 8))
    for name, comment, changes in (
            ("expired", "One millisecond past its validity.", {"now": MADE + 30000 - 749}),
            ("ahead", "A millisecond further ahead than clocks may differ.", {"now": MADE - 751}),
            ("rolled-back", "A later position was seen.", {"seen": (ahead, MADE - 5)}),
            ("rolled-back-time", "A later one with the same position was seen.", {"seen": (PLACE, MADE + 1)}),
            ("forked", "Another history with the same number was seen.", {"seen": (fork, MADE - 5)}),
            ("epoch-back", "One of another epoch was seen, made later.", {"seen": (other_epoch, MADE + 1)}),
            ("key-dropped", "Its key is not accepted any more.", {"keys": (SECOND,)}),
            ("realm-asked", "Another realm is asked for.", {"realm": b"shop"})):
        book.bad(file, "edge-export-refused-" + name, comment, flag, "edge-export", "refused",
                 reading(whole, **changes), reading(whole))


def malleable(data):
    """The same signature with an S that is not canonical."""
    response = int.from_bytes(data[-32:], "little") + ed25519.ORDER
    return data[:-32] + response.to_bytes(32, "little")


def add(book):
    """All vectors of this module."""
    for part in (add_keys, add_makes, add_exports):
        part(book)
