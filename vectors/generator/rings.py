"""Vectors of the kind ring."""

from reference.keys import kid_of, root_text, unit_text
from reference.ring import parse_timestamp

from .common import AUDIENCE, PURPOSE, ROOT, fill
from .crafted import colliding_roots
from .keytexts import A, B, BINDING_OF, C, D, PATTERNS, other, with_kid

LINE_A = f"key {A} activate=2026-09-01T00:00:00Z"
LINE_B = f"key {B} activate=2026-10-01T00:00:00Z"
LINE_C = f"key {C} activate=2026-11-01T00:00:00Z"
LINE_D = f"key {D} activate=2026-10-15T00:00:00Z disabled"
# The example of SPEC 4.7.
EXAMPLE = "\n".join((
    "cloakroom-ring 1", "max-lifetime 28800", "# rotation is monthly", LINE_A, LINE_B + " # October",
    LINE_C, LINE_D, ""))
LOADED = "2026-10-20T00:00:00Z"
MOMENTS = (
    "2026-08-31T23:59:59Z", "2026-09-30T23:59:59Z", "2026-10-01T00:00:00Z", "2026-10-01T08:59:59Z",
    "2026-10-01T09:00:00Z", "2026-10-20T00:00:00Z", "2026-11-01T00:00:00Z", "2026-11-01T09:00:00Z")


def ring_inputs(text=EXAMPLE, now=LOADED, ttl=None, unit=False, **context):
    """The inputs of a ring vector."""
    members = {"text_hex": text.hex()} if isinstance(text, bytes) else {"text": text}
    members["now"] = parse_timestamp(now)
    members.update(BINDING_OF if unit else {"purpose": None, "audience": None})
    return {**members, **context, "ttl": ttl}


def ring_good(book, name, comment, flags, moments=(LOADED,), **parts):
    """An accepted ring with its states at some moments."""
    expected = {"states": [{"now": parse_timestamp(now)} for now in moments]}
    book.good("ring", "ring-ok-" + name, comment, flags, "ring", ring_inputs(**parts), expected)


def ring_bad(book, name, comment, flags, text, base=EXAMPLE, **parts):
    """A refused ring file; base is the file without the fault."""
    book.bad("ring", "ring-refused-" + name, comment, flags, "ring", "refused",
             ring_inputs(text=text, **parts), ring_inputs(text=base, **parts))


def exchanged(old, new, text=EXAMPLE):
    """The text with its one occurrence of old replaced."""
    assert text.count(old) == 1, old
    return text.replace(old, new)


def add_ring_syntax(book):
    """SPEC 4.7: single replacements in the example file."""
    header, lifetime, comment_line = "cloakroom-ring 1", "max-lifetime 28800", "# rotation is monthly"
    stamp, line_b = "2026-09-01T00:00:00Z", LINE_B + " # October"
    cases = (
        ("header-missing", "No header.", header + "\n", ""),
        ("header-version-2", "Version 2.", header, "cloakroom-ring 2"),
        ("header-version-01", "Version 01.", header, "cloakroom-ring 01"),
        ("header-no-version", "No version.", header, "cloakroom-ring"),
        ("header-case", "Upper-case letter in the header.", header, "Cloakroom-ring 1"),
        ("header-joined", "No space before the version.", header, "cloakroom-ring1"),
        ("header-comment", "A comment after the header.", header, header + " # x"),
        ("header-twice", "Two headers.", header, header + "\n" + header),
        ("header-second", "The header is not the first line.", header + "\n" + lifetime, lifetime + "\n" + header),
        ("lifetime-missing", "No max-lifetime.", lifetime + "\n", ""),
        ("lifetime-twice", "Two max-lifetime lines.", lifetime, lifetime + "\n" + lifetime),
        ("lifetime-zero", "max-lifetime 0.", lifetime, "max-lifetime 0"),
        ("lifetime-beyond", "max-lifetime 4294967296.", lifetime, "max-lifetime 4294967296"),
        ("lifetime-eleven", "max-lifetime of eleven digits.", lifetime, "max-lifetime 10000000000"),
        ("lifetime-leading-zero", "A leading zero.", lifetime, "max-lifetime 028800"),
        ("lifetime-plus", "A sign.", lifetime, "max-lifetime +28800"),
        ("lifetime-unit", "A unit after the number.", lifetime, "max-lifetime 28800s"),
        ("lifetime-minus", "A negative number.", lifetime, "max-lifetime -28800"),
        ("lifetime-hexadecimal", "A hexadecimal number.", lifetime, "max-lifetime 0x7080"),
        ("lifetime-underscore", "An underscore between digits.", lifetime, "max-lifetime 28_800"),
        ("lifetime-fraction", "A decimal fraction.", lifetime, "max-lifetime 28800.0"),
        ("lifetime-exponent", "A decimal exponent.", lifetime, "max-lifetime 288e2"),
        ("lifetime-empty", "No number.", lifetime, "max-lifetime"),
        ("lifetime-equals", "= instead of a space.", lifetime, "max-lifetime=28800"),
        ("lifetime-comment", "A comment after max-lifetime.", lifetime, lifetime + " # x"),
        ("lifetime-arabic-digit", "A digit outside ASCII.", lifetime, "max-lifetime 2880\u0660"),
        ("rollout-twice", "Two rollout lines.", lifetime, lifetime + "\nrollout 60\nrollout 60"),
        ("rollout-beyond", "rollout 4294967296.", lifetime, lifetime + "\nrollout 4294967296"),
        ("rollout-00", "rollout 00.", lifetime, lifetime + "\nrollout 00"),
        ("rollout-comment", "A comment after rollout.", lifetime, lifetime + "\nrollout 60 # x"),
        ("unknown-line", "An unknown line.", lifetime, lifetime + "\nmin-lifetime 60"),
        ("comment-in-place", "A comment line without #.", comment_line, comment_line[2:]),
        ("key-case", "Upper-case letter in key.", LINE_A, "K" + LINE_A[1:]),
        ("key-two-fields-joined", "No space before activate.", A + " activate", A + "activate"),
        ("key-text-missing", "No key text.", A + " activate", "activate"),
        ("key-text-fault", "The kid in a key text is wrong.", A, A[:-1] + other(A[-1])),
        ("key-text-zero", "The all-zero key, although disabled.", D, with_kid(bytes(32), kid_of(bytes(32)))),
        ("key-text-short", "A key text that is too short.", A, A[:-4]),
        ("key-text-two", "Two key texts in a line.", A, f"{A} {A}"),
        ("activate-missing", "No activate.", " activate=" + stamp, ""),
        ("activate-twice", "activate twice.", stamp, stamp + " activate=" + stamp),
        ("activate-spaced", "A space after =.", "activate=" + stamp, "activate= " + stamp),
        ("activate-case", "Upper-case letter in activate.", "activate=" + stamp, "Activate=" + stamp),
        ("activate-quoted", "A quoted timestamp.", stamp, f'"{stamp}"'),
        ("field-unknown", "An unknown field.", stamp, stamp + " note=x"),
        ("field-order", "retire before activate.", "activate=2026-09-01T00:00:00Z",
         "retire=2026-12-01T00:00:00Z activate=2026-09-01T00:00:00Z"),
        ("disabled-order", "disabled before retire.", " disabled", " disabled retire=2026-12-01T00:00:00Z"),
        ("disabled-twice", "disabled twice.", " disabled", " disabled disabled"),
        ("disabled-case", "Upper-case letter in disabled.", " disabled", " Disabled"),
        ("forced-alone", "forced without retire.", stamp, stamp + " forced"),
        ("forced-before", "forced before retire.", stamp, stamp + " forced retire=2026-12-01T00:00:00Z"),
        ("retire-twice", "retire twice.", " disabled", " retire=2026-12-01T00:00:00Z retire=2026-12-01T00:00:00Z disabled"),
        ("retire-empty", "retire without a value.", " disabled", " retire= disabled"),
        ("retire-disabled-syntax", "The retire of a disabled key is checked for its syntax.", " disabled",
         " retire=2026-13-01T00:00:00Z disabled"),
        ("comment-joined", "No space before the comment of a key line.", line_b, LINE_B + "# October"),
        ("no-keys", "No key lines.", "\n".join((LINE_A, line_b, LINE_C, LINE_D)), ""),
    )
    for name, comment, old, new in cases:
        ring_bad(book, name, comment, ["ring-syntax"], exchanged(old, new))


def add_ring_times(book):
    """SPEC 4.7: timestamps."""
    for name, stamp in (
            ("day-29-february", "2026-02-29T00:00:00Z"), ("day-29-february-2100", "2100-02-29T00:00:00Z"),
            ("day-31-september", "2026-09-31T00:00:00Z"), ("day-00", "2026-09-00T00:00:00Z"),
            ("month-00", "2026-00-01T00:00:00Z"), ("month-13", "2026-13-01T00:00:00Z"),
            ("hour-24", "2026-09-01T24:00:00Z"), ("minute-60", "2026-09-01T00:60:00Z"),
            ("second-60", "2026-08-31T23:59:60Z"), ("year-1969", "1969-12-31T23:59:59Z"),
            ("year-0000", "0000-01-01T00:00:00Z"), ("year-10000", "10000-01-01T00:00:00Z"),
            ("lower-t", "2026-09-01t00:00:00Z"), ("lower-z", "2026-09-01T00:00:00z"),
            ("offset", "2026-09-01T00:00:00+00:00"), ("fraction", "2026-09-01T00:00:00.0Z"),
            ("no-zone", "2026-09-01T00:00:00"), ("date-only", "2026-09-01"), ("unix", "1788220800"),
            ("space", "2026-09-01 00:00:00Z"), ("one-digit", "2026-9-01T00:00:00Z"),
            ("full-width", "2026-09-01T00:00:0\uff10Z")):
        ring_bad(book, "time-" + name, f"The timestamp {stamp}.".replace("\uff10", "with a digit outside ASCII"),
                 ["ring-syntax"], exchanged("2026-09-01T00:00:00Z", stamp))


def add_ring_bytes(book):
    """SPEC 4.7: encoding, control characters, line ends, sizes."""
    note = "# rotation is monthly"
    cases = [
        ("tab", "A tab in a comment.", exchanged(note, "# rotation\tis monthly")),
        ("tab-separator", "A tab between fields.", exchanged("max-lifetime 28800", "max-lifetime\t28800")),
        ("lone-cr", "A carriage return alone as line end.", exchanged(note + "\n", note + "\r")),
        ("cr-cr-lf", "Two carriage returns before a line feed.", exchanged(note + "\n", note + "\r\r\n")),
        ("final-cr", "A carriage return at the end of the file.", EXAMPLE[:-1] + "\r"),
        ("nul", "A zero byte in a comment.", exchanged(note, note + "\0")),
        ("delete", "U+007F in a comment.", exchanged(note, note + "\x7f")),
        ("next-line", "U+0085 in a comment.", exchanged(note, note + "\x85")),
        ("c1", "U+009F in a comment.", exchanged(note, note + "\x9f")),
        ("u0001", "U+0001 in a comment.", exchanged(note, note + "\x01")),
        ("u001f", "U+001F in a comment.", exchanged(note, note + "\x1f")),
        ("u0080", "U+0080 in a comment.", exchanged(note, note + "\x80")),
        ("escape", "U+001B in the note of a key.", exchanged("# October", "# \x1b[31mOctober")),
        ("form-feed", "U+000C in a comment.", exchanged(note, note + "\x0c")),
        ("bom", "A byte order mark.", "\ufeff" + EXAMPLE),
        ("no-break-space", "U+00A0 between fields.", exchanged("max-lifetime 28800", "max-lifetime\u00a028800")),
        ("line-separator", "U+2028 as line end.", exchanged(LINE_A + "\n", LINE_A + "\u2028")),
        ("empty", "The empty file.", ""),
    ]
    for name, comment, text in cases:
        ring_bad(book, name, comment, ["ring-syntax"], text)
    raw = EXAMPLE.encode()
    for name, comment, data in (
            ("latin-1", "A comment in Latin-1.", b"\xe9"), ("utf8-overlong", "An overlong form of UTF-8.", b"\xc0\xaf"),
            ("surrogate", "A surrogate in a comment.", b"\xed\xa0\x80"), ("utf8-cut", "UTF-8 that is cut off.", b"\xe2\x82")):
        ring_bad(book, name, comment, ["ring-syntax"], raw.replace(b"monthly", b"monthly " + data))
    ring_bad(book, "utf16", "UTF-16 with a byte order mark.", ["ring-syntax"], EXAMPLE.encode("utf-16"))
    pad = 65536 - len(EXAMPLE) - 1
    full, larger = EXAMPLE + "#" + "x" * pad, EXAMPLE + "#" + "x" * (pad + 1)
    ring_good(book, "largest", "A file of 65,536 bytes.", ["ring-file", "boundary"], text=full)
    accented = EXAMPLE + "#" + "\u00e9" * (pad // 2) + "x" * (pad % 2)
    ring_good(book, "largest-multibyte", "A file of 65,536 bytes and fewer code points.", ["ring-file", "boundary"],
              text=accented)
    ring_bad(book, "too-large-multibyte", "A file of 65,537 bytes and fewer code points.", ["ring-syntax", "boundary"],
             accented + "x", base=accented)
    ring_bad(book, "too-large", "A file of 65,537 bytes.", ["ring-syntax", "boundary"], larger, base=full)


def many_keys(count):
    """A ring of count keys, each a day younger than the one before."""
    lines = ["cloakroom-ring 1", "max-lifetime 60"]
    for i in range(count):
        year, rest = 2026 + i // 336, i % 336
        stamp = f"{year}-{rest // 28 + 1:02}-{rest % 28 + 1:02}T00:00:00Z"
        lines.append(f"key {root_text(fill(f'ring key {i}', 32))} activate={stamp}")
    return "\n".join(lines)


def add_ring_rules(book):
    """SPEC 4.6 and 4.7: rules beyond the grammar."""
    flag = ["ring-rule"]
    first, second = (root_text(root) for root in colliding_roots())

    def bad(name, comment, old, new, **parts):
        ring_bad(book, name, comment, flag, exchanged(old, new), **parts)
    bad("kid-twice", "The same key twice.", C, A)
    bad("kid-twice-disabled", "The same key twice, once disabled.", D, A)
    base = exchanged(A, first)
    ring_bad(book, "kid-collision", "Two different keys of one kid.", flag, exchanged(C, second, base), base=base)
    bad("activation-twice", "Two keys of one activation time.", "2026-09-01", "2026-10-01")
    bad("retire-no-successor", "An explicit retirement of the key without successor.", LINE_C,
        LINE_C + " retire=2027-01-01T00:00:00Z")
    bad("retire-no-successor-forced", "forced does not replace a successor.", LINE_C,
        LINE_C + " retire=2027-01-01T00:00:00Z forced")
    bad("retire-disabled-successor", "The only later key is disabled, so there is no successor.", LINE_C,
        LINE_C + " retire=2027-01-01T00:00:00Z disabled\n" + LINE_C.replace(C, root_text(ROOT)).replace("11-01", "10-02")
        + " retire=2027-01-01T00:00:00Z")
    bad("retire-early", "One second before the computed retirement.", LINE_A, LINE_A + " retire=2026-10-01T08:59:59Z")
    bad("retire-early-rollout", "Before the computed retirement with its default rollout.", LINE_A,
        LINE_A + " retire=2026-10-01T08:00:00Z")
    bad("retire-forced-early", "forced, one second before the activation of the successor.", LINE_A,
        LINE_A + " retire=2026-09-30T23:59:59Z forced")
    bad("retire-past-early", "Before the computed retirement, long ago.", LINE_A, LINE_A + " retire=2026-09-02T00:00:00Z")
    ring_good(book, "announced-only-later", "The first activation is the time of loading.", ["ring-states", "boundary"],
              now="2026-09-01T00:00:00Z", moments=("2026-08-31T23:59:59Z", "2026-09-01T00:00:00Z"))
    book.bad("ring", "ring-refused-none-sealing", "No key is sealing: all are announced.", flag, "ring", "refused",
             ring_inputs(now="2026-08-31T23:59:59Z"), ring_inputs(now="2026-09-01T00:00:00Z"))
    alone = "\n".join(("cloakroom-ring 1", "max-lifetime 60", LINE_A))
    ring_bad(book, "all-disabled", "No key is sealing: the only one is disabled.", flag, alone + " disabled", base=alone)
    many = many_keys(257)
    ring_good(book, "256-keys", "256 keys.", ["ring-rule", "boundary"], text=many_keys(256))
    ring_bad(book, "257-keys", "257 keys.", ["ring-rule", "boundary"], many, base=many_keys(256))
    ring_bad(book, "257-keys-disabled", "257 keys, one of them disabled.", ["ring-rule", "boundary"], many + " disabled",
             base=many_keys(256))


def noted(text):
    """The example with something behind the # of its first key line."""
    return exchanged(LINE_A, f"{LINE_A} #{text}")


def add_ring_notes(book):
    """SPEC 4.7: the note of a key has at most 80 bytes."""
    flags, e_acute = ["ring-rule", "boundary"], "\u00e9"

    def pair(name, comment, good, bad):
        ring_good(book, "note-" + name, f"A note of 80 bytes: {comment}.", flags, text=noted(good))
        ring_bad(book, "note-" + name, f"A note of 81 bytes: {comment}.", flags, noted(bad), base=noted(good))
    pair("ascii", "ASCII", "n" * 80, "n" * 81)
    pair("two-bytes", "a code point of two bytes counts as two", "n" * 78 + e_acute, "n" * 79 + e_acute)
    pair("four-bytes", "twenty code points of four bytes", "\U0001f511" * 20, "\U0001f511" * 20 + "n")
    pair("spaces-around", "the spaces around it do not count", "   " + "n" * 80 + "   ", "   " + "n" * 81 + "   ")
    pair("space-inside", "a space inside counts", " n" + " " * 78 + "n ", " n" + " " * 79 + "n ")
    pair("no-break-space", "U+00A0 is not a space and counts as two bytes", " " + "n" * 78 + "\u00a0",
         " " + "n" * 79 + "\u00a0")
    pair("em-space", "U+2003 is not a space either and counts as three", "n" * 77 + "\u2003", "n" * 78 + "\u2003")
    pair("ideographic-space", "nor is U+3000 at the beginning", "\u3000" + "n" * 77, "\u3000" + "n" * 78)
    pair("signs", "further # directly after the first do not count", "##" + "n" * 80, "##" + "n" * 81)
    pair("sign-after-space", "a # after a space counts", " #" + "n" * 79, " #" + "n" * 80)
    disabled = exchanged(" disabled", " disabled # " + "n" * 80)
    ring_good(book, "note-disabled", "A note of 80 bytes on a disabled key.", flags, text=disabled)
    ring_bad(book, "note-disabled", "A note of 81 bytes on a disabled key.", flags,
             exchanged(" disabled", " disabled # " + "n" * 81), base=disabled)
    ring_good(book, "comment-long", "A comment line is not a note and may be longer than 80 bytes.", ["ring-rule"],
              text=exchanged("# rotation is monthly", "#" + "n" * 500))


def add_ring_configurations(book):
    """SPEC 4.6: unit keys, and a policy over a ring."""
    flag = ["ring-configuration"]
    units = EXAMPLE
    for text, root in zip((A, B, C, D), PATTERNS):
        units = units.replace(text, unit_text(root, PURPOSE, AUDIENCE))
    ring_good(book, "unit", "A ring of unit keys, used for its purpose and audience.", flag, text=units, unit=True, ttl=28800)
    ring_good(book, "unit-unused", "A ring of unit keys without a configuration.", flag, text=units)
    ring_good(book, "root-configured", "A ring of root keys, used for a purpose and audience.", flag, unit=True, ttl=1800)
    ring_good(book, "ttl-equal", "The token lifetime equals max-lifetime.", [*flag, "boundary"], ttl=28800)
    for name, base, inputs in (
            ("ttl", ring_inputs(ttl=28800), ring_inputs(ttl=28801)),
            ("unit-audience", ring_inputs(units, unit=True), ring_inputs(units, unit=True, audience=b"other".hex())),
            ("unit-purpose", ring_inputs(units, unit=True), ring_inputs(units, unit=True, purpose=b"other".hex()))):
        book.bad("ring", "ring-refused-" + name, f"A configuration that does not fit the ring: {name}.", flag,
                 "ring", "refused", inputs, base)
    ring_bad(book, "mixed", "Root keys and a unit key in one ring.", ["ring-rule"],
             exchanged(C, unit_text(PATTERNS[2], PURPOSE, AUDIENCE)))
    ring_bad(book, "mixed-disabled", "Root keys and a unit key that is disabled.", ["ring-rule"],
             exchanged(D, unit_text(PATTERNS[3], PURPOSE, AUDIENCE)))
    ring_bad(book, "unit-other-audience", "One unit key is for another audience.", flag, unit=True, base=units,
             text=units.replace(unit_text(PATTERNS[3], PURPOSE, AUDIENCE), unit_text(PATTERNS[3], PURPOSE, b"other")))


def add_good_rings(book):
    """SPEC 4.6 and 4.7: accepted files and their states."""
    def good(name, comment, text, moments=MOMENTS, flags=("ring-states",), **parts):
        ring_good(book, name, comment, list(flags), moments=moments, text=text, **parts)
    good("example", "The example of SPEC 4.7.", EXAMPLE)
    good("one-key", "One key, which never retires.", "\n".join(("cloakroom-ring 1", "max-lifetime 1", LINE_A)),
         moments=("2026-08-31T23:59:59Z", "2026-09-01T00:00:00Z", "9999-12-31T23:59:59Z"))
    good("crlf", "Lines end with CRLF.", EXAMPLE.replace("\n", "\r\n"), flags=["ring-file"])
    good("mixed-line-ends", "Both line ends in one file.", exchanged("28800\n", "28800\r\n"), flags=["ring-file"])
    good("no-final-newline", "The last line has no end.", EXAMPLE[:-1], flags=["ring-file"])
    good("blank-lines", "Blank lines and comments before the header and at the end.",
         "\n  \n # note\n#\n" + EXAMPLE + "\n\n   # end", flags=["ring-file"])
    spaced = "\n".join("  " + line.replace(" ", "   ") + "  " for line in EXAMPLE.split("\n"))
    good("empty-line-at-end", "The file ends with an empty line.", EXAMPLE + "\n", flags=["ring-file"])
    good("retire-forced-disabled", "All fields of a key line.",
         exchanged(" disabled", " retire=2026-12-01T00:00:00Z forced disabled"), flags=["ring-file"])
    good("spaces", "Many spaces at all places that allow them.", spaced, flags=["ring-file"])
    good("comment-unicode", "Comments with code points from the ends of the allowed ranges.",
         exchanged("monthly", "~\u00a0\u2028\ufeff\ufffe\U0010ffff"), flags=["ring-file"])
    good("comment-key", "A comment that looks like a key line.", EXAMPLE + "#" + LINE_A + "\n", flags=["ring-file"])
    good("comment-after-disabled", "A comment after disabled.", exchanged(" disabled", " disabled #leaked"), flags=["ring-file"])
    good("comment-after-retire", "A comment after retire.", exchanged(LINE_A, LINE_A + " retire=2026-12-01T00:00:00Z # x"),
         flags=["ring-file"])
    lines = EXAMPLE.rstrip("\n").split("\n")
    good("line-order", "The lines after the header in reverse order.", "\n".join([lines[0], *lines[:0:-1]]), flags=["ring-file"])
    good("rollout-0", "rollout 0.", exchanged("28800", "28800\nrollout 0"))
    good("rollout-max", "The greatest max-lifetime and rollout.", exchanged("28800", "4294967295\nrollout 4294967295"))
    good("retire-computed", "An explicit retirement equal to the computed one.", exchanged(LINE_A, LINE_A + " retire=2026-10-01T09:00:00Z"))
    good("retire-later", "An explicit retirement after the computed one.", exchanged(LINE_A, LINE_A + " retire=2026-10-25T00:00:00Z"))
    good("retire-later-forced", "forced where it is not needed.", exchanged(LINE_A, LINE_A + " retire=2026-10-25T00:00:00Z forced"))
    good("retire-forced", "forced, before the computed retirement.", exchanged(LINE_A, LINE_A + " retire=2026-10-01T08:59:59Z forced"))
    good("retire-forced-activation", "forced, at the activation of the successor.",
         exchanged(LINE_A, LINE_A + " retire=2026-10-01T00:00:00Z forced"))
    good("retire-disabled", "A disabled key with an explicit retirement that breaks every rule.",
         exchanged(" disabled", " retire=1970-01-01T00:00:00Z disabled"))
    good("disabled-same-activation", "A disabled key with the activation time of another.", exchanged("2026-10-15", "2026-10-01"))
    good("disabled-middle", "The middle key is disabled: the first seals until the third activates.",
         exchanged(LINE_B, LINE_B + " disabled"), moments=(*MOMENTS, "2026-11-01T08:59:59Z"))
    good("disabled-last", "The last key is disabled: the second never retires.", exchanged(LINE_C, LINE_C + " disabled"))
    good("leap-day", "An activation on a leap day, and one in 9999.", exchanged("2026-09-01", "2024-02-29")
         .replace("2026-11-01T00:00:00Z", "9999-12-31T23:59:59Z"), moments=("2024-02-29T00:00:00Z", *MOMENTS))
    good("leap-day-2000", "An activation on 2000-02-29 and one at the time 0.", exchanged("2026-09-01", "2000-02-29")
         .replace("2026-10-01", "1970-01-01"), moments=("1970-01-01T00:00:00Z", "2000-02-28T23:59:59Z", LOADED))


def add(book):
    """All vectors of this module."""
    for part in (add_ring_syntax, add_ring_times, add_ring_bytes, add_ring_rules,
                 add_ring_notes, add_ring_configurations, add_good_rings):
        part(book)
