"""Vectors of the kinds feed-key, feed-batch and feed-snapshot."""

from reference.claims import TIME_MAX
from reference.feed import FeedKey, Position, start, write_batch, write_feed_snapshot
from reference.keys import base64url

from .common import NOW, START, fill
from .keytexts import beside_alphabet, changed, other
from .lists import EXPIRES, KEY, SESSION_ID, SUBJECT, raw_record, record, snapshot
from reference.revocation import FOREVER

FIRST, SECOND, THIRD = (FeedKey(fill(f"feed key {i}", 32)) for i in (1, 2, 3))
REALM = b"shop.example-1"
EPOCH = fill("epoch", 16)
ONTO = Position(EPOCH, 41, fill("chain 41", 8))
TIME = NOW * 1000 + 250


def add_keys(book):
    """SPEC 17.2."""
    good = FIRST.text()
    flag = ["feed-key"]
    book.good("feed-key", "feed-key-ok", "A feed key.", flag, "feed-key", {"text": good})
    book.good("feed-key", "feed-key-ok-31-equal", "A key whose 31 first bytes are equal.", flag, "feed-key",
              {"text": FeedKey(bytes(31) + b"\1").text()})
    zero = FeedKey(bytes(32))
    cases = (
        ("empty", "The empty text.", ""),
        ("prefix-root", "The prefix of a root key.", "clkkey1." + good[9:]),
        ("prefix-upper", "The prefix in upper case.", "CLKFEED1." + good[9:]),
        ("prefix-version", "The prefix of another version.", changed(good, 7, "2")),
        ("short", "One character too short.", good[:-1]),
        ("long", "One character too long.", good + "A"),
        ("newline-after", "A line feed after the text.", good + "\n"),
        ("plus", "A character of the standard alphabet.", changed(good, 20, "+")),
        ("non-ascii", "A letter outside ASCII.", good[:20] + "é" + good[22:]),
        ("middle-changed", "A character of the key is another.", changed(good, 30, other(good[30]))),
        ("last-changed", "The last character is another.", good[:-1] + other(good[-1])),
        ("fid", "The checksum of another key.", "clkfeed1." + base64url(FIRST.secret + SECOND.fid).decode()),
        ("zero", "The all-zero key.", zero.text()),
        ("equal", "A key of 32 equal bytes.", FeedKey(b"\x5a" * 32).text()),
    )
    for name, comment, text in (*cases, *beside_alphabet(good, 25)):
        book.bad("feed-key", "feed-key-refused-" + name, comment, flag, "feed-key", "refused", {"text": text},
                 {"text": good})


def inputs(name, data, onto=ONTO, realm=REALM, keys=(FIRST, SECOND)):
    """The inputs of a batch or a snapshot."""
    place = {"onto": onto.encode().hex()} if name == "batch" else {}
    return {"keys": [key.text() for key in keys], "realm": realm.decode(), **place, name: data.hex()}


def batch(records=(), onto=ONTO, time=TIME, key=FIRST, realm=REALM):
    """A batch; without changes it is accepted."""
    return write_batch(key, realm, onto, time, list(records))


def resealed(data, key=FIRST):
    """The bytes before the tag with a tag that fits."""
    return data[:-16] + key.tag(b"clkfeed1 batch\0", REALM, data[:-16])


def add_batches(book):
    """SPEC 17.4."""
    one = record(1, SESSION_ID, 2)
    three = [one, record(4, KEY, FOREVER, FOREVER), record(2, SUBJECT, START + 3, exempt=SESSION_ID)]
    whole, flag = batch(three), ["feed-batch"]
    first = start(REALM, EPOCH)
    good_cases = (
        ("records", "Three records.", inputs("batch", whole)),
        ("heartbeat", "No record: a heartbeat.", inputs("batch", batch())),
        ("second-key", "Written under the other accepted key.", inputs("batch", batch([one], key=SECOND))),
        ("one-key", "One accepted key.", inputs("batch", batch([one]), keys=(FIRST,))),
        ("first", "The first batch of an epoch, behind chain(0).", inputs("batch", batch([one], first), first)),
        ("time-max", "The time at its greatest value.", inputs("batch", batch(time=TIME_MAX * 1000 + 999))),
        ("time-zero", "The time 0.", inputs("batch", batch(time=0))),
        ("realm-64", "A realm of 64 characters.",
         inputs("batch", batch([one], realm=b"r" * 64), realm=b"r" * 64)),
        ("same-twice", "A record twice.", inputs("batch", batch([one, one]))),
        ("descending", "Records in another order than in a snapshot.", inputs("batch", batch(three[::-1]))),
        ("far", "n of 2^64 - 1.", inputs("batch", batch([one], Position(EPOCH, 2**64 - 2, ONTO.chain)),
                                         Position(EPOCH, 2**64 - 2, ONTO.chain))),
    )
    for name, comment, values in good_cases:
        book.good("feed-batch", "feed-batch-ok-" + name, comment, flag, "feed-batch", values)

    def flip(at):
        return whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:]

    def patch(at, data):
        return resealed(whole[:at] + data + whole[at + len(data):])

    ahead = Position(EPOCH, 42, ONTO.chain)
    cases = (
        ("empty", "No bytes.", b""),
        ("1-byte", "The first byte alone.", whole[:1]),
        ("4-bytes", "It ends within fid.", whole[:4]),
        ("5-bytes", "It ends behind fid.", whole[:5]),
        ("62-bytes", "One byte less than a heartbeat.", resealed(batch())[:62]),
        ("version", "Another version.", b"\x02" + whole[1:]),
        ("version-sealed", "Another version, with a tag that fits.", patch(0, b"\x02")),
        ("unknown-key", "Written under a key that is not accepted.", batch(three, key=THIRD)),
        ("fid-bit", "One bit of fid.", flip(1)),
        ("epoch-bit", "One bit of the epoch.", flip(5)),
        ("n-bit", "One bit of n.", flip(28)),
        ("chain-bit", "One bit of the chain.", flip(36)),
        ("time-bit", "One bit of the time.", flip(44)),
        ("count-bit", "One bit of the count.", flip(46)),
        ("record-bit", "One bit of a record.", flip(60)),
        ("tag-bit", "One bit of the tag.", flip(len(whole) - 1)),
        ("truncated", "The last byte is missing.", whole[:-1]),
        ("extended", "One byte more.", whole + b"\0"),
        ("other-realm", "Made for another realm.", batch(three, realm=b"shop.example-2")),
        ("realm-prefix", "Made for a realm whose name is the beginning.", batch(three, realm=b"shop.example-")),
        ("snapshot-label", "A tag with the label of snapshots.",
         whole[:-16] + FIRST.tag(b"clkfeed1 snapshot\0", REALM, whole[:-16])),
        ("root-mac", "A tag under the secret itself.",
         whole[:-16] + FeedKey(FIRST.mac_key).tag(b"clkfeed1 batch\0", REALM, whole[:-16])),
        ("other-epoch", "Of another epoch.", batch(three, Position(fill("epoch 2", 16), 41, ONTO.chain))),
        ("replayed", "The number of the batch before.", batch(three, Position(EPOCH, 40, ONTO.chain))),
        ("skipped", "A number is left out.", batch(three, ahead)),
        ("other-chain", "Another history with the same number.", batch(three, Position(EPOCH, 41, fill("chain 41b", 8)))),
        ("time", "A time above its greatest value.", batch(three, time=TIME_MAX * 1000 + 1000)),
        ("count-less", "The count is one too small.", patch(45, b"\0\2")),
        ("count-more", "The count is one too great.", patch(45, b"\0\4")),
        ("count-max", "The count is 65535.", patch(45, b"\xff\xff")),
        ("kind", "A record of an unknown kind.", batch([one, b"\x05" + one[1:]])),
        ("value", "A session entry of value 0.", batch([raw_record(1, SESSION_ID, 0, EXPIRES)])),
        ("key-expires", "A key entry that expires.", batch([raw_record(4, KEY, FOREVER, EXPIRES)])),
        ("record-cut", "The last record lacks its last byte.", batch([one, one[:-1]])),
        ("record-tail", "A byte follows the last record.", resealed(whole[:-16] + b"\0" + whole[-16:])),
        ("exempt-33", "A record 82 of 33 bytes.", batch([three[2][:33]])),
    )
    for name, comment, data in cases:
        book.bad("feed-batch", "feed-batch-refused-" + name, comment, flag, "feed-batch", "refused",
                 inputs("batch", data), inputs("batch", whole))
    order = [*flag, "order"]
    for name, comment, data in (
            ("place-and-time", "Of another epoch, with a time above its greatest value: out of place.",
             batch(three, Position(fill("epoch 2", 16), 41, ONTO.chain), TIME_MAX * 1000 + 1000)),
            ("place-and-record", "The number of the batch before, with a record of an unknown kind: out of place.",
             batch([b"\x05" + one[1:]], Position(EPOCH, 40, ONTO.chain))),
            ("key-and-length", "The fid of no accepted key, and too short for a tag: an unknown key.",
             whole[:1] + THIRD.fid + whole[5:20])):
        book.bad("feed-batch", "feed-batch-refused-" + name, comment, order, "feed-batch", "refused",
                 inputs("batch", data), inputs("batch", whole))
    # Nothing follows the last position, so there are no accepted inputs to change.
    last = Position(EPOCH, 2**64 - 1, ONTO.chain)
    wrapped = resealed(whole[:21] + bytes(8) + whole[29:])
    book.add("feed-batch", "feed-batch-refused-position-last", "Number 0 behind number 2^64 - 1, which nothing follows.",
             flag, "feed-batch", "refused", inputs("batch", wrapped, onto=last))
    for name, comment, values in (
            ("onto", "It is held against a later position.", inputs("batch", whole, onto=ahead)),
            ("no-key", "Its key is not among the accepted.", inputs("batch", whole, keys=(SECOND,)))):
        book.bad("feed-batch", "feed-batch-refused-" + name, comment, flag, "feed-batch", "refused", values,
                 inputs("batch", whole))


def add_snapshots(book):
    """SPEC 17.5."""
    one = record(1, SESSION_ID, 2)
    inner = snapshot([one, record(4, KEY, FOREVER, FOREVER)])
    def sealed(data=inner, key=FIRST, realm=REALM, life=1922):
        return write_feed_snapshot(key, realm, ONTO, life, data)
    whole, flag = sealed(), ["feed-snapshot"]
    for name, comment, data in (
            ("two", "Two records.", whole),
            ("empty", "The empty snapshot within.", sealed(snapshot([], 0, 0))),
            ("second-key", "Written under the other accepted key.", sealed(key=SECOND)),
            ("life-max", "The greatest L.", sealed(life=2**32 - 1))):
        book.good("feed-snapshot", "feed-snapshot-ok-" + name, comment, flag, "feed-snapshot", inputs("snapshot", data))

    def flip(at):
        return whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:]
    cases = (
        ("empty", "No bytes.", b""),
        ("11-bytes", "It ends within fid.", whole[:11]),
        ("27-bytes", "It ends within the tag.", whole[:27]),
        ("magic", "Another version.", whole[:7] + b"2" + whole[8:]),
        ("inner-alone", "A snapshot without authenticity.", inner),
        ("unknown-key", "Written under a key that is not accepted.", sealed(key=THIRD)),
        ("fid-bit", "One bit of fid.", flip(8)),
        ("position-bit", "One bit of the position.", flip(43)),
        ("life-bit", "One bit of L.", flip(47)),
        ("body-bit", "One bit of a record.", flip(48 + 40)),
        ("tag-bit", "One bit of the tag.", flip(len(whole) - 1)),
        ("truncated", "The last byte is missing.", whole[:-1]),
        ("extended", "One byte more.", whole + b"\0"),
        ("other-realm", "Made for another realm.", sealed(realm=b"shop.example-2")),
        ("no-inner", "Nothing within.", sealed(b"")),
        ("inner-digest", "The digest within does not fit.", sealed(inner[:-1] + bytes([inner[-1] ^ 1]))),
        ("inner-kind", "A record of an unknown kind within.", sealed(snapshot([one, b"\x05" + one[1:]]))),
        ("inner-order", "Records within are not ascending.", sealed(snapshot([record(4, KEY, FOREVER, FOREVER), one]))),
        ("batch-label", "A tag with the label of batches.",
         whole[:-16] + FIRST.tag(b"clkfeed1 batch\0", REALM, whole[:-16])),
    )
    for name, comment, data in cases:
        book.bad("feed-snapshot", "feed-snapshot-refused-" + name, comment, flag, "feed-snapshot", "refused",
                 inputs("snapshot", data), inputs("snapshot", whole))


def add(book):
    """All vectors of this module."""
    for part in (add_keys, add_batches, add_snapshots):
        part(book)
