"""Token vectors of the stage schema, and accepted payloads."""

from reference.claims import write_varint
from reference.payload import SHAPES, encode, encode_shape

from .common import CLAIMS, RAW_READER, USER_BYTES, USER_READER, fill, sealed

H = bytes.fromhex


def schema_token(payload, major=1, minor=0):
    """A token with this schema and payload."""
    return sealed(claims=CLAIMS.at(major=major, minor=minor), payload=payload)


def shape_reader(shape, minor=0, major=1):
    """The member reader."""
    return {"shape": shape, "major": major, "minor": minor}


def schema_bad(book, name, comment, flag, reader, good, bad, good_schema=(1, 0), bad_schema=None):
    """A token whose payload does not fit the reader's shape."""
    bad_schema = bad_schema or good_schema
    book.token_bad("schema", name, comment, [flag],
                   base={"reader": reader, "token": schema_token(good, *good_schema)},
                   token=schema_token(bad, *bad_schema))


THEME = USER_BYTES + b"\x01\x04dark"
SCOPES = THEME + b"\x02\x01\xac\x02"
LIMITS = b"\x01\x00"
NOTE = LIMITS + b"\x02hi"
EXTRA = NOTE + b"\x05\x07"


def add_versions(book):
    """SPEC 7.4: major, minor and lengths."""
    user, user1, user2 = USER_READER, shape_reader("user-1", 1), shape_reader("user-2", 2)
    limits1, raw, choice = shape_reader("limits-1", 1), RAW_READER, shape_reader("choice")

    def bad(*arguments):
        schema_bad(book, *arguments)
    for major in (0, 2, 4294967295):
        bad(f"major-{major}", f"Major {major}, which the reader does not know.", "schema-version",
            user, USER_BYTES, USER_BYTES, (1, 0), (major, 0))
    bad("raw-minor", "A raw payload with minor 1.", "schema-version", raw, b"x", b"x", (1, 0), (1, 1))
    bad("raw-major", "A raw payload of another major.", "schema-version", raw, b"x", b"x", (1, 0), (2, 0))
    bad("choice-minor", "A payload that is an enum with minor 1.", "schema-version", choice, b"\0",
        b"\0", (1, 0), (1, 1))
    bad("choice-trailing", "A byte after a payload that is an enum.", "schema-length", choice, b"\0", b"\0\0")
    bad("choice-empty", "An empty payload where an enum is expected.", "schema-length", choice, b"\0", b"")
    bad("trailing-equal", "A byte after the last field, equal minors.", "schema-length", user,
        USER_BYTES, USER_BYTES + b"\0")
    bad("trailing-older", "A byte after the last field, token of an older minor.", "schema-length",
        user2, USER_BYTES, SCOPES + b"\0", (1, 1))
    bad("missing-equal", "The last field is missing, equal minors.", "schema-length", user2, SCOPES,
        THEME, (1, 2))
    bad("missing-equal-older-shape", "A field without default is missing, equal minors.",
        "schema-length", user, USER_BYTES, USER_BYTES[:-1])
    bad("missing-newer", "A field of the reader is missing in a token of a newer minor.",
        "schema-length", user1, THEME, USER_BYTES, (1, 2))
    bad("empty-equal", "An empty payload where a struct is expected.", "schema-length", user, USER_BYTES, b"")
    bad("missing-no-default", "A field without default is missing, older minor.", "schema-length",
        user2, USER_BYTES, USER_BYTES[:-1])
    bad("empty-older", "An empty payload, older minor: the first field has no default.",
        "schema-length", user2, USER_BYTES, b"")
    bad("limits-admin-missing", "The field after the nested struct is missing and has no default, "
        "older minor.", "schema-length", limits1, LIMITS, LIMITS[:1])
    bad("end-nested-older", "The input ends where the nested struct begins, older minor.",
        "schema-length", limits1, LIMITS, b"")
    limits2 = shape_reader("limits-2", 2)
    bad("end-inside-nested-older", "The input ends between the fields of a nested struct that has a default, "
        "older minor.", "schema-length", limits2, NOTE, EXTRA[:-1], (1, 1))
    bad("end-inside-nested-oldest", "The same with a token that is two minors older.", "schema-length",
        limits2, LIMITS, EXTRA[:-1], (1, 0))
    bad("end-inside-nested-equal", "The input ends between the fields of a nested struct, equal minors.",
        "schema-length", limits2, EXTRA, EXTRA[:-1], (1, 2))
    bad("end-inside-nested-newer", "The input ends between the fields of a nested struct, newer minor.",
        "schema-length", limits2, EXTRA, EXTRA[:-1], (1, 3))
    bad("missing-nested-equal", "The nested struct at the end is missing, equal minors.", "schema-length",
        limits2, EXTRA, NOTE, (1, 2))
    for length, what in ((0, "is empty"), (1, "ends after the first nested struct"), (2, "ends before the str"),
                         (4, "ends inside the str")):
        bad(f"limits-2-end-{length}", f"The payload {what}, equal minors.", "schema-length", limits2, EXTRA,
            EXTRA[:length], (1, 2))
    bad("end-inside-str-older", "The input ends inside a str, older minor.", "schema-length", user2,
        THEME, THEME[:-1], (1, 1))
    bad("end-inside-option-older", "The input ends after the byte 01 of an option, older minor.",
        "schema-length", user2, THEME, USER_BYTES + b"\x01", (1, 1))
    bad("end-inside-seq-older", "The input ends inside a sequence, older minor.", "schema-length",
        user2, SCOPES, SCOPES[:-2], (1, 1))
    bad("end-inside-count-older", "The input ends inside the count of a sequence, older minor.",
        "schema-length", user2, SCOPES, THEME + b"\x80", (1, 1))
    bad("end-inside-newer", "The input ends inside a known field, newer minor.", "schema-length",
        user1, THEME, THEME[:-1], (1, 9))


def kinds_value(**changes):
    """A value of the shape kinds."""
    value = {
        "flag": True, "a": 255, "b": -1, "c": 300, "d": -1, "e": 4294967295, "f": -300,
        "g": "18446744073709551615", "h": "-9223372036854775808", "x": "0000c03f",
        "y": "00000000000000c0", "text": "é€😀", "blob": "00ff", "opt": 7, "list": [1, 300],
        "map": {"a": 1, "b": 2}, "pair": [1, 300], "choice": {"d": {"x": True}}, "nothing": None,
    }
    return {**value, **changes}


def replaced_once(data, old, new):
    """The data with one occurrence replaced; there must be exactly one."""
    assert data.count(old) == 1
    return data.replace(old, new)


def add_values(book):
    """SPEC 7.5: failures of single values."""
    kinds, choice = shape_reader("kinds"), shape_reader("choice")
    good = encode_shape("kinds", kinds_value())

    def bad(name, comment, data):
        schema_bad(book, name, comment, "schema-value", kinds, good, data)
    bad("bool-02", "A bool of 02.", b"\x02" + good[1:])
    bad("bool-ff", "A bool of ff.", b"\xff" + good[1:])
    bad("option-02", "An option of 02.", replaced_once(good, b"\x00\xff\x01\x07", b"\x00\xff\x02\x07"))
    for name, data in (("lone-continuation", "80"), ("overlong", "c080"), ("surrogate", "eda080"),
                       ("beyond", "f4908080"), ("truncated", "c3")):
        text = H(data)
        schema_bad(book, "utf8-" + name, f"A str that is not UTF-8: {data}.", "schema-value",
                   USER_READER, USER_BYTES, b"\x2a" + bytes([len(text)]) + text + b"\0")
    bad("u16-overflow", "A u16 of 65536.", good[:3] + H("808004") + good[5:])
    bad("u16-four-bytes", "A varint u16 of four bytes.", good[:3] + H("80808000") + good[5:])
    bad("u32-overflow", "A u32 of 2^32.", replaced_once(good, H("ffffffff0f"), H("8080808010")))
    bad("i16-overflow", "An i16 beyond its range.", good[:5] + H("808004") + good[6:])
    top = H("ffffffffffffffffff01")
    first = good.index(top)
    bad("u64-overflow", "A u64 of 2^64.", good[:first] + H("80808080808080808002") + good[first + 10 :])
    bad("u64-eleven-bytes", "A varint u64 of eleven bytes.",
        good[:first] + H("8080808080808080808000") + good[first + 10 :])
    bad("variant-unknown", "An enum with the index 4 of four variants.",
        good[:-2] + b"\x04\x01")
    for name, comment, data in (
            ("choice-unknown", "Variant 4 of four, as the outermost value.", "04"),
            ("choice-unknown-large", "The greatest variant index.", "ffffffff0f"),
            ("choice-index-overflow", "A variant index of 2^32.", "8080808010"),
            ("choice-b-empty", "A variant without its content.", "01"),
            ("choice-c-half", "A tuple variant with one of two values.", "0201"),
            ("choice-d-bool", "A struct variant whose bool is 02.", "0302")):
        schema_bad(book, name, comment, "schema-value", choice, b"\0", H(data))
    schema_bad(book, "varint-unfinished", "A varint whose last byte is missing.", "schema-value",
               choice, H("01ac02"), H("01ac"))
    schema_bad(book, "str-beyond", "A str longer than the rest of the payload.", "schema-bounds",
               USER_READER, USER_BYTES, H("2a05") + b"Ada\0")
    schema_bad(book, "str-huge", "A str of 2^64 - 1 bytes.", "schema-bounds", USER_READER, USER_BYTES,
               H("2a") + top + b"Ada\0")


ONE, BOTH, NODE, LEAF = b"\x01", b"\x02\x09", b"\x03", b"\x00\x07"
# The last variants before the leaf; an implementation that counts the content of a variant as a
# level of its own finds the leaf one level too deep. Pairs of name and encoding.
TREE_ENDS = (("one", "a variant of one value", ()),
             ("both", "a tuple variant", ("both", BOTH)),
             ("node", "a struct variant", ("node", NODE)),
             ("mixed", "all variants", ("both", BOTH, "node", NODE, "one", ONE, "node", NODE)))


def grown(ones, *last):
    """A tree of nested variants of one value, then the last variants, then a leaf."""
    return ONE * ones + b"".join(last[1::2]) + LEAF


def add_kinds_ends(book):
    """SPEC 7.5: the payload of the shape kinds ends before and inside each of its fields."""
    kinds, value = shape_reader("kinds"), kinds_value()
    whole, offset = encode_shape("kinds", value), 0
    for field, inner in SHAPES["kinds"].type[1]:
        size = len(encode(inner, value[field]))
        cuts = [("before", offset, size > 0), ("inside", offset + size - 1, size > 1)]
        for where, length, possible in cuts:
            if possible:
                schema_bad(book, f"kinds-end-{where}-{field}", f"The payload ends {where} the field {field}.",
                           "schema-length", kinds, whole, whole[:length])
        offset += size
    schema_bad(book, "kinds-trailing", "A byte after the last field, which has no bytes.", "schema-length", kinds,
               whole, whole + b"\0")


def add_bounds(book):
    """SPEC 7.6."""
    units, chain, kinds = shape_reader("units"), shape_reader("chain"), shape_reader("kinds")
    user2 = shape_reader("user-2", 2)

    def bad(name, comment, reader, good, data, schema=(1, 0)):
        schema_bad(book, name, comment, "schema-bounds", reader, good, data, schema)
    full = write_varint(4096)
    bad("units-4097", "4097 elements without bytes.", units, full, write_varint(4097))
    bad("units-huge", "2^64 - 1 elements without bytes.", units, full, write_varint(2**64 - 1))
    bad("units-count-overflow", "A count of 2^64.", units, full, H("80808080808080808002"))
    bad("units-trailing", "A byte after 4096 elements without bytes.", units, full, full + b"\0")
    bad("seq-beyond", "One element more is counted than present.", user2, SCOPES,
        replaced_once(SCOPES, b"\x02\x01\xac\x02", b"\x03\x01\xac\x02"), (1, 2))
    bad("seq-huge", "A sequence of 2^64 - 1 elements, two present.", user2, SCOPES,
        SCOPES[:-4] + write_varint(2**64 - 1) + SCOPES[-3:], (1, 2))
    bad("seq-4097", "4097 elements are counted, two present.", user2, SCOPES,
        SCOPES[:-4] + write_varint(4097) + SCOPES[-3:], (1, 2))
    good = encode_shape("kinds", kinds_value())
    bad("map-beyond", "A map counts one entry more than it has.", kinds, good,
        replaced_once(good, H("02016101016202"), H("03016101016202")))
    bad("map-huge", "A map of 2^32 entries, two present.", kinds, good,
        replaced_once(good, H("02016101016202"), H("8080808010") + H("016101016202")))
    deepest = b"\x01" * 31 + b"\0"
    bad("depth-65", "33 levels of chain: a struct at depth 65.", chain, deepest, b"\x01" * 32 + b"\0")
    bad("depth-4000", "A chain of 2900 levels.", chain, deepest, b"\x01" * 2900 + b"\0")
    tree = shape_reader("tree")
    for name, what, last in TREE_ENDS:
        bad(f"depth-65-{name}", f"An enum value at depth 65, within {what}.", tree,
            grown(63 - len(last) // 2, *last), grown(64 - len(last) // 2, *last))
    bad("depth-2900-tree", "2900 levels of a variant of one value.", tree, grown(63), grown(2899))
    bad("tree-unfinished", "A tree whose leaf is missing.", tree, grown(8), ONE * 8)
    bad("tree-leaf-unfinished", "A tree whose leaf has no content.", tree, grown(8), ONE * 8 + LEAF[:1])
    bad("tree-both-unfinished", "A tuple variant that ends after its first value.", tree, grown(0, "both", BOTH), BOTH)
    bad("tree-variant", "An unknown variant inside a tree.", tree, grown(8), ONE * 8 + b"\x04\x07")
    bad("tree-trailing", "A byte after the leaf of a tree.", tree, grown(8), grown(8) + b"\0")
    bad("chain-unfinished", "A chain whose end is missing.", chain, deepest, b"\x01" * 31)


def add_good_payloads(book):
    """Accepted payloads."""
    def good(name, comment, flags, reader, payload, minor=0):
        book.token_good(name, comment, flags, reader=reader,
                        token=schema_token(payload, reader["major"], minor))
    user, user1, user2 = USER_READER, shape_reader("user-1", 1), shape_reader("user-2", 2)
    good("kinds", "Every type of the shape kinds.", ["payload"], shape_reader("kinds"),
         encode_shape("kinds", kinds_value()))
    zero = kinds_value(
        flag=False, a=0, b=0, c=0, d=0, e=0, f=0, g="0", h="0", x="00000000", y="0000000000000000",
        text="", blob="", opt=None, list=[], map={}, pair=[0, 0], choice={"a": None})
    good("kinds-zero", "Zero and empty values of the shape kinds.", ["payload"], shape_reader("kinds"),
         encode_shape("kinds", zero))
    extreme = kinds_value(
        a=128, b=-128, c=65535, d=-32768, e=2147483648, f=-2147483648, g="9007199254740993",
        h="9223372036854775807", x="ffff7f7f", y="0000000000000080", text="\u0000\u2028\U0010ffff",
        opt=0, list=[65535], map={"": 255}, pair=[255, 65535], choice={"c": [255, 65535]})
    good("kinds-extreme", "Extreme values of the shape kinds, negative zero among them.", ["payload"],
         shape_reader("kinds"), encode_shape("kinds", extreme))
    extreme = kinds_value(b=127, d=32767, f=2147483647, x="0000807f", y="000000000000f0ff",
                          choice={"b": 4294967295})
    good("kinds-infinite", "Greatest signed values and infinities.", ["payload"], shape_reader("kinds"),
         encode_shape("kinds", extreme))
    for name, value in (("a", {"a": None}), ("b", {"b": 300}), ("c", {"c": [1, 300]}), ("d", {"d": {"x": True}})):
        good("choice-" + name, f"Variant {name} as the outermost value.", ["payload"],
             shape_reader("choice"), encode_shape("choice", value))
    good("raw-empty", "An empty raw payload.", ["payload"], RAW_READER, b"")
    good("raw-bytes", "A raw payload of all byte values.", ["payload"], RAW_READER, bytes(range(256)))
    good("older-one", "Older minor: one field takes its default.", ["older-minor"], user2, THEME, 1)
    good("older-two", "Older minor: two fields take their defaults.", ["older-minor"], user2, USER_BYTES, 0)
    good("older-complete", "Older minor with all fields of the newer one present.", ["older-minor"],
         user2, SCOPES, 0)
    good("older-limits", "Older minor: the field after a nested struct takes its default.",
         ["older-minor"], shape_reader("limits-1", 1), LIMITS, 0)
    good("older-limits-2", "Older minor: a nested struct takes its default.", ["older-minor"],
         shape_reader("limits-2", 2), NOTE, 1)
    good("older-limits-2-two", "Older minor: a str and a nested struct take their defaults.", ["older-minor"],
         shape_reader("limits-2", 2), LIMITS, 0)
    good("limits-2", "Equal minors: the nested struct is present.", ["payload"], shape_reader("limits-2", 2),
         EXTRA, 2)
    good("newer-limits-2", "Newer minor: bytes after the nested struct are ignored.", ["newer-minor"],
         shape_reader("limits-2", 2), EXTRA + b"tail", 3)
    good("equal-minor", "Equal minors greater than zero.", ["payload"], user2, SCOPES, 2)
    good("newer-tail", "Newer minor: the rest is ignored, the session is read-only.", ["newer-minor"],
         user1, SCOPES, 2)
    good("newer-empty-tail", "Newer minor without further bytes.", ["newer-minor"], user, USER_BYTES, 1)
    good("newer-any-tail", "Newer minor with a tail that has no meaning here.", ["newer-minor"], user,
         USER_BYTES + fill("tail", 100), 4294967295)
    good("units-4096", "4096 elements without bytes.", ["schema-bounds", "boundary"],
         shape_reader("units"), write_varint(4096))
    good("units-0", "No elements.", ["payload"], shape_reader("units"), b"\0")
    good("depth-64", "32 levels of chain: the last option is at depth 64.", ["schema-bounds", "boundary"],
         shape_reader("chain"), b"\x01" * 31 + b"\0")
    for name, what, last in TREE_ENDS:
        good(f"depth-64-{name}", f"An enum value at depth 64, within {what}; its content has no level.",
             ["schema-bounds", "boundary"], shape_reader("tree"), grown(63 - len(last) // 2, *last))
    good("tree-leaf", "A tree that is a leaf.", ["payload"], shape_reader("tree"), LEAF)
    good("major-other", "Another major, known to the reader.", ["payload"], shape_reader("user", 0, 7),
         USER_BYTES)
    good("major-0", "Major 0.", ["payload"], shape_reader("user", 0, 0), USER_BYTES)


def bounds_payload(items=0, more=0, entries=0, nest=b"\0"):
    """A payload of the shape bounds, with so many elements, and an encoded nest."""
    map_bytes = b"".join(b"\1" + bytes([0x61 + i]) + b"\7" for i in range(entries))
    return write_varint(items) + write_varint(more) + write_varint(entries) + map_bytes + nest


# The content of each step of a nest, which stands at two levels below the step, and the byte of a
# step of one level.
NEST_STEPS = (("list", "a sequence", b"\2\1"), ("map", "a map", b"\3\1\1k"), ("pair", "a tuple", b"\4\7"))


def add_shared_bounds(book):
    """SPEC 7.6: elements are summed over collections; the outermost struct, seq, map and tuple are levels."""
    reader, flags = shape_reader("bounds"), ["schema-bounds", "boundary"]

    def both(name, comment, good, bad):
        book.token_good("bounds-" + name, comment + ": as much as is allowed.", flags, reader=reader,
                        token=schema_token(good))
        schema_bad(book, "bounds-" + name, comment + ": one too many.", "schema-bounds", reader, good, bad)
    both("sum", "Elements of two sequences are added", bounds_payload(2048, 2048), bounds_payload(2048, 2049))
    both("sum-map", "Elements of sequences and entries of a map, each of which counts once, are added",
         bounds_payload(4000, 93, 3), bounds_payload(4000, 94, 3))
    both("sum-nested", "Elements inside a nest are added to those outside", bounds_payload(4094, 0, 1, b"\2\1\0"),
         bounds_payload(4095, 0, 1, b"\2\1\0"))
    both("depth", "Depth 64 below the outermost struct, which is level 1", bounds_payload(nest=ONE * 62 + b"\0"),
         bounds_payload(nest=ONE * 63 + b"\0"))
    for name, what, step in NEST_STEPS:
        both("depth-" + name, f"Depth 64, with {what} as one level", bounds_payload(nest=ONE * 60 + step + b"\0"),
             bounds_payload(nest=ONE * 61 + step + b"\0"))


def add_exact_values(book):
    """SPEC 7.5: what a str and a float hold is not changed."""
    texts = (
        ("decomposed", "A str that is not in normal form C.", "e\u0301"),
        ("bom", "A str that begins with U+FEFF.", "\ufeffAda"),
        ("noncharacters", "A str of noncharacters.", "\ufffe\uffff\ufdd0\U0001ffff"),
        ("256", "A str of 256 bytes.", "n" * 256),
        ("zero", "A str that begins with U+0000.", "\0Ada"),
        ("spaces", "A str of spaces and line ends.", " \u00a0\r\n"))
    for name, comment, text in texts:
        value = {"id": "42", "name": text, "admin": False}
        book.token_good("str-" + name, comment, ["payload"], token=schema_token(encode_shape("user", value)))
    for name, comment, x, y in (
            ("signalling", "Signalling NaNs keep their bits.", "0100a07f", "010000000000f47f"),
            ("quiet", "Quiet NaNs keep sign and payload.", "ffffffff", "efbeadde0000f8ff"),
            ("subnormal", "The smallest subnormal numbers.", "01000000", "0100000000000000")):
        book.token_good("float-" + name, comment, ["payload"], reader=shape_reader("kinds"),
                        token=schema_token(encode_shape("kinds", kinds_value(x=x, y=y))))


def add(book):
    """All vectors of this module."""
    for part in (add_versions, add_values, add_kinds_ends, add_bounds, add_good_payloads,
                 add_shared_bounds, add_exact_values):
        part(book)
