"""Vectors of the kind key-text, and keys shared by the vectors of rings."""

from reference.keys import (
    base64url, check_value, context, kid_of, root_text, unbase64url, unit_text,
)

from .common import AUDIENCE, PURPOSE, ROOT, ROOT_2
from .crafted import colliding_roots

PATTERNS = [bytes(range(first, first + 16)) * 2 for first in (0x10, 0x20, 0x30, 0x40)]
A, B, C, D = (root_text(key) for key in PATTERNS)
BINDING_OF = {"purpose": PURPOSE.hex(), "audience": AUDIENCE.hex()}


def key_text_inputs(text, unit=False):
    """The inputs of a key-text vector."""
    context = BINDING_OF if unit else {"purpose": None, "audience": None}
    member = {"text_hex": text.hex()} if isinstance(text, bytes) else {"text": text}
    return {**member, **context}


def with_kid(secret, kid):
    """A root text with any kid."""
    return "clkkey1." + base64url(secret + kid).decode()


def changed(text, position, character):
    """The text with one character replaced by another."""
    assert text[position] != character
    return text[:position] + character + text[position + 1 :]


def other(character):
    """Another character of the alphabet."""
    return "A" if character != "A" else "B"


def beside_alphabet(text, position):
    """The text with one character replaced by those next to the ranges of the alphabet, where a decoder that
    compares ranges errs first: name, comment, text."""
    for character in ",/:@[^`{":
        yield (f"char-{ord(character):02x}", f"{character} stands beside the alphabet.",
               text[:position] + character + text[position + 1 :])


def add_key_text(book):
    """SPEC 4.5."""
    root, unit = root_text(ROOT), unit_text(ROOT, PURPOSE, AUDIENCE)
    flag = ["key-text"]
    for name, comment, text in (
            ("root", "A root text.", root), ("root-pattern", "A root text.", A),
            ("root-collision", "A root key that shares its kid with another.", root_text(colliding_roots()[0])),
            ("root-31-equal", "A key whose 31 first bytes are equal.", root_text(bytes(31) + b"\1"))):
        book.good("key-text", "key-text-ok-" + name, comment, flag, "key-text", key_text_inputs(text))
    book.good("key-text", "key-text-ok-unit", "A unit text.", flag, "key-text", key_text_inputs(unit, True))
    book.good("key-text", "key-text-ok-unit-unchecked", "A unit text without purpose and audience: the check value is "
              "not looked at.", flag, "key-text", key_text_inputs(unit[:-1] + other(unit[-1])))
    empty = {"text": unit_text(ROOT, b"p", b""), "purpose": b"p".hex(), "audience": ""}
    book.good("key-text", "key-text-ok-unit-empty-audience", "A unit text for an empty audience.", flag,
              "key-text", empty)
    zero, equal = bytes(32), b"\x5a" * 32
    shared = (
        ("empty", "The empty text.", lambda t: ""),
        ("prefix-upper", "The prefix in upper case.", lambda t: t[:6].upper() + t[6:]),
        ("prefix-version", "The prefix of another version.", lambda t: changed(t, 6, "2")),
        ("prefix-token", "The prefix of a token.", lambda t: "clk1." + t[8:]),
        ("short", "One character too short.", lambda t: t[:-1]),
        ("long", "One character too long.", lambda t: t + "A"),
        ("four-more", "Four characters too long.", lambda t: t + "AAAA"),
        ("space-before", "A space before the text.", lambda t: " " + t),
        ("newline-after", "A line feed after the text.", lambda t: t + "\n"),
        ("space-inside", "A space instead of a character.", lambda t: changed(t, 20, " ")),
        ("plus", "A character of the standard alphabet.", lambda t: changed(t, 20, "+")),
        ("padding", "A padding character at the end.", lambda t: t[:-1] + "="),
        ("non-ascii", "A letter outside ASCII.", lambda t: t[:20] + "é" + t[22:]),
        ("not-utf8", "A byte that is not UTF-8.", lambda t: t[:20].encode() + b"\xff" + t[21:].encode()),
        ("first-changed", "The first character after the prefix is another.", lambda t: changed(t, 8, other(t[8]))),
        ("last-changed", "The last character is another.", lambda t: t[:-1] + other(t[-1])),
        ("middle-changed", "A character of the key is another.", lambda t: changed(t, 30, other(t[30]))),
    )
    for form, good in (("root", root), ("unit", unit)):
        base = key_text_inputs(good, form == "unit")
        for name, comment, text in beside_alphabet(good, 25):
            book.bad("key-text", f"key-text-refused-{form}-{name}", comment, flag, "key-text", "refused",
                     key_text_inputs(text, form == "unit"), base)
        for name, comment, change in shared:
            text = change(good)
            book.bad("key-text", f"key-text-refused-{form}-{name}", comment, flag, "key-text", "refused",
                     key_text_inputs(text, form == "unit"), base)

    def bad(name, comment, inputs, base):
        book.bad("key-text", "key-text-refused-" + name, comment, flag, "key-text", "refused", inputs, base)
    base, unit_base = key_text_inputs(root), key_text_inputs(unit, True)
    bad("root-zero", "The all-zero key.", key_text_inputs(with_kid(zero, kid_of(zero))), base)
    bad("root-equal", "A key of 32 equal bytes.", key_text_inputs(with_kid(equal, kid_of(equal))), base)
    bad("root-kid", "The kid of another key.", key_text_inputs(with_kid(ROOT, kid_of(ROOT_2))), base)
    bad("root-prefix-of-unit", "A root text with the prefix of a unit text.",
        key_text_inputs("clksub1." + root[8:]), base)
    bad("unit-prefix-of-root", "A unit text with the prefix of a root text.",
        key_text_inputs("clkkey1." + unit[8:], True), unit_base)
    data = unbase64url(unit[8:].encode())
    for name, secret in (("zero", zero), ("equal", equal)):
        bad("unit-" + name, "A derived key of 32 equal bytes, with its check value.",
            key_text_inputs(unit_of(data[:4], secret), True), unit_base)
    for name, inputs in (("audience", {"audience": b"api.example.org".hex()}), ("purpose", {"purpose": b"Session".hex()})):
        bad("unit-wrong-" + name, f"A unit text for another {name}.", {**unit_base, **inputs}, unit_base)


def unit_of(kid, s):
    """A unit text of any S, with a correct check value."""
    return "clksub1." + base64url(kid + s + check_value(s, kid, context(PURPOSE, AUDIENCE))).decode()


def add(book):
    """All vectors of this module."""
    add_key_text(book)
