"""Token vectors of the stages text, key, tag and nonce."""

from reference import cipher
from reference.claims import encode_claims
from reference.keys import ALPHABET, VALUES, kid_of, unbase64url
from reference.revocation import LOGGED_OUT, SESSION, Record
from reference.token import associated_data, encode_text, nonce_input

from . import crafted
from .common import (
    AUDIENCE, BINDING, CLAIMS, NOW, OTHER_ID, PURPOSE, RAW_READER, ROOT, ROOT_2, ROOT_3, USER_BYTES, entry,
    fill, seal_steps, sealed, unit_entry,
)


def of_remainder(remainder):
    """A valid token with this number of base64url characters modulo 4."""
    for extra in range(3):
        claims = CLAIMS.at(subject=b"user-42" + b"x" * extra)
        text = sealed(claims=claims)
        if (len(text) - 5) % 4 == remainder:
            return text
    raise AssertionError


def with_low_bit(text):
    """The text with the lowest bit of its last character set: a second spelling of one body."""
    value = VALUES[ord(text[-1])]
    assert value & 1 == 0
    other = text[:-1] + chr(ALPHABET[value | 1])
    assert unbase64url(other[5:].encode()) == unbase64url(text[5:].encode())
    return other


def of_length(length):
    """A token-like text over a body of arbitrary bytes."""
    return encode_text(fill("body", length))


def add_lengths(book):
    """SPEC 5.1, first check."""
    flag = ["text-length"]
    cases = (
        ("empty", "The empty text.", ""),
        ("prefix-alone", "The prefix alone.", "clk1."),
        ("empty-plaintext", "64 characters: a body of 44 bytes, the plaintext would be empty.",
         encode_text(seal_steps().kid + fill("empty plaintext", 40))),
        ("too-short", "20 characters.", sealed()[:20]),
        ("too-long", "4097 characters: the plaintext would have 3025 bytes.", of_length(3069)),
        ("far-too-long", "8192 characters.", sealed() + "A" * (8192 - len(sealed()))),
    )
    for name, comment, text in cases:
        book.token_bad("text", name, comment, flag, token=text)


def add_prefixes(book):
    """SPEC 5.1, second check."""
    body, flag = sealed()[5:], ["text-prefix"]
    cases = (
        ("prefix-missing", "No prefix; the text is long enough.", body),
        ("prefix-version-2", "The prefix of another version.", "clk2." + body),
        ("prefix-upper", "The prefix in upper case.", "CLK1." + body),
        ("prefix-mixed", "One upper-case letter in the prefix.", "Clk1." + body),
        ("prefix-dash", "Another separator after the prefix.", "clk1-" + body),
        ("prefix-key", "The prefix of a key text.", "clkkey1." + body),
        ("leading-space", "A space before the token.", " " + sealed()),
        ("leading-newline", "A line feed before the token.", "\n" + sealed()),
        ("leading-bom", "A byte order mark before the token.", "\ufeff" + sealed()),
        ("quoted", "The token in double quotes.", '"' + sealed() + '"'),
    )
    for name, comment, text in cases:
        book.token_bad("text", name, comment, flag, token=text)


def add_alphabet(book):
    """SPEC 5.1, third check. Four characters are replaced or added, so the length stays valid."""
    base, text = {"token": of_remainder(0)}, of_remainder(0)
    flag = ["text-alphabet"]
    cases = (
        ("trailing-space", "A space after the token.", of_remainder(3) + " "),
        ("trailing-cr", "A carriage return after the token.", of_remainder(3) + "\r"),
        ("trailing-lf", "A line feed after the token.", of_remainder(3) + "\n"),
        ("trailing-nul", "A zero byte after the token.", of_remainder(3) + "\0"),
        ("padding-1", "One padding character after a partial group.", of_remainder(3) + "="),
        ("padding-2", "Two padding characters after a partial group.", of_remainder(2) + "=="),
        ("plus", "The character + of the standard alphabet.", text[:40] + "+" + text[41:]),
        ("slash", "The character / of the standard alphabet.", text[:40] + "/" + text[41:]),
        ("inner-space", "A space inside the token.", text[:40] + " " + text[41:]),
        ("second-dot", "A second dot inside the token.", text[:40] + "." + text[41:]),
        ("percent", "A percent-encoded character.", text[:40] + "%41" + text[43:]),
        ("tilde", "The character ~.", text[:40] + "~" + text[41:]),
        ("non-ascii", "A letter outside ASCII, two bytes in UTF-8.", text[:40] + "é" + text[42:]),
    )
    for name, comment, bad in cases:
        book.token_bad("text", name, comment, flag, base=base, token=bad)
    # The neighbours of the ranges of the alphabet, which a comparison of ranges can let through.
    for name, character in (
            ("comma", ","), ("colon", ":"), ("at", "@"), ("bracket", "["), ("caret", "^"), ("grave", "`"),
            ("brace", "{"), ("equals", "="), ("tab", "\t"), ("delete", "\x7f"), ("exclamation", "!"),
            ("backslash", "\\"), ("asterisk", "*"), ("nul", "\0")):
        book.token_bad("text", "inner-" + name, f"The character U+{ord(character):04X} inside the token.",
                       flag, base=base, token=text[:40] + character + text[41:])
    raw = text.encode()
    for name, comment, byte in (
            ("byte-ff", "The byte ff, which is not UTF-8.", b"\xff"),
            ("byte-80", "A character of the alphabet with its top bit set.", b"\xc1")):
        bad = (raw[:40] + byte + raw[41:]).hex()
        book.token_bad("text", name, comment, flag, base=base, token_hex=bad)


def add_groups(book):
    """SPEC 5.1, fourth and fifth check."""
    book.token_bad("text", "one-modulo-four", "The number of characters is 1 modulo 4.",
                   ["text-group"], base={"token": of_remainder(0)}, token=of_remainder(0) + "A")
    book.token_bad("text", "one-character-less", "The last character is missing: 1 modulo 4.",
                   ["text-group"], base={"token": of_remainder(2)}, token=of_remainder(2)[:-1])
    for remainder in (2, 3):
        text = of_remainder(remainder)
        book.token_bad("text", f"trailing-bits-{remainder}",
                       f"The lowest unused bit is set, {remainder} modulo 4 characters.",
                       ["text-group"], base={"token": text}, token=with_low_bit(text))
        value = VALUES[ord(text[-1])] | (8 if remainder == 2 else 2)
        book.token_bad("text", f"trailing-bits-{remainder}-high",
                       f"The highest unused bit is set, {remainder} modulo 4 characters.",
                       ["text-group"], base={"token": text}, token=text[:-1] + chr(ALPHABET[value]))


def add_key(book):
    """SPEC 5.3, 6.6 step 2."""
    flag = ["key-unknown"]
    book.token_bad("key", "unknown-kid", "The ring holds another key only.", flag,
                   keys=[entry(ROOT_2)])
    book.token_bad("key", "unknown-kid-unit", "The ring holds another unit key only.", flag,
                   keys=[unit_entry(ROOT_2)])
    body = body_of(sealed())
    for bit in (0, 7, 8, 16, 23, 31):
        book.token_bad("key", f"kid-bit-{bit}", f"Bit {bit} of the kid is flipped.", flag,
                       token=encode_text(flip(body, bit)))
    book.token_bad("key", "kid-zero", "The kid is replaced by zero bytes.", flag,
                   token=encode_text(bytes(4) + body[4:]))
    for state in ("retired", "disabled"):
        book.token_bad("key", state, f"The key is {state}; another key seals.", ["key-state"],
                       base={"keys": [entry(ROOT, "open-only"), entry(ROOT_2)]},
                       keys=[entry(ROOT, state), entry(ROOT_2)])
        book.token_bad("key", f"{state}-unit", f"The unit key is {state}.", ["key-state"],
                       base={"keys": [unit_entry(), unit_entry(ROOT_2, state="announced")]},
                       keys=[unit_entry(state=state), unit_entry(ROOT_2, state="announced")])


def body_of(text):
    """The decoded token."""
    return unbase64url(text[5:].encode())


def flip(data, bit):
    """The data with one bit flipped; bit 0 is the highest of the first byte."""
    out = bytearray(data)
    out[bit // 8] ^= 0x80 >> bit % 8
    return bytes(out)


def inverted(data, position):
    """The data with one byte inverted."""
    return data[:position] + bytes([data[position] ^ 0xFF]) + data[position + 1 :]


def add_tag_bytes(book):
    """Changes to the bytes of a token."""
    body, flag = body_of(sealed()), ["tag-modified"]
    end = 8 * len(body)
    for name, what, bit in (
            ("n-first", "the first bit of N", 32), ("n-16", "the last bit of the HChaCha20 part of N", 159),
            ("n-17", "the first bit of the rest of N", 160), ("n-last", "the last bit of N", 223),
            ("c-first", "the first bit of C", 224), ("c-last", "the last bit of C", end - 129),
            ("t-first", "the first bit of T", end - 128), ("t-last", "the last bit of T", end - 1)):
        book.token_bad("tag", "bit-" + name, f"Flipped: {what}. A reader that skips the tag would "
                       "meet the stage nonce instead.", flag, token=encode_text(flip(body, bit)))
    # A comparison of a part of the tag, or a cipher that ignores a word of N, passes some of these.
    for byte in range(1, 15):
        book.token_bad("tag", f"t-byte-{byte}", f"Byte {byte} of T, counted from 0, is inverted.", flag,
                       token=encode_text(inverted(body, len(body) - 16 + byte)))
    for byte in (4, 9, 14, 18, 22):
        book.token_bad("tag", f"n-byte-{byte}", f"Byte {byte} of N, counted from 0, is inverted.", flag,
                       token=encode_text(inverted(body, 4 + byte)))
    for name, comment, changed in (
            ("truncated", "The last byte is missing.", body[:-1]),
            ("truncated-16", "The last 16 bytes are missing.", body[:-16]),
            ("extended", "A zero byte at the end.", body + b"\0"),
            ("inserted", "A zero byte between C and T.", body[:-16] + b"\0" + body[-16:]),
            ("one-byte-c", "The shortest token: one byte of C.", body[:29] + body[-16:]),
            ("zero-tag", "The tag is all zero.", body[:-16] + bytes(16)),
            ("zero-n", "N is all zero.", body[:4] + bytes(24) + body[28:])):
        book.token_bad("tag", name, comment, flag, token=encode_text(changed))


def add_tag_spliced(book):
    """Parts of two tokens, and foreign keys."""
    one, two = body_of(sealed()), body_of(sealed(claims=CLAIMS.at(generation=2)))
    assert len(one) == len(two)
    parts = (("n", "N", 4, 28), ("c", "C", 28, len(one) - 16), ("t", "T", len(one) - 16, len(one)))
    for name, what, start, stop in parts:
        book.token_bad("tag", f"spliced-{name}", f"{what} comes from another token.",
                       ["tag-spliced"], token=encode_text(one[:start] + two[start:stop] + one[stop:]))
    book.token_bad("tag", "kid-of-other-key", "The kid is replaced by that of another key of the "
                   "ring.", ["tag-key"], base={"keys": [entry(), entry(ROOT_2, "open-only")]},
                   token=encode_text(kid_of(ROOT_2) + one[4:]))
    first, second = crafted.colliding_roots()
    book.token_bad("tag", "wrong-root-same-kid", "The ring holds another root key with the kid of "
                   "the token.", ["tag-key"], keys=[entry(second)],
                   base={"keys": [entry(first)], "token": sealed(root=first)})


def add_tag_context(book):
    """Other purposes, audiences, bindings, and other associated data."""
    flag = ["tag-context"]
    for name, value in (("purpose", b"sessions"), ("audience", b"api.example.org"),
                        ("binding", b"device-8")):
        book.token_bad("tag", "wrong-" + name, f"Another {name} than the token was sealed with.",
                       flag, **{name: value.hex()})
    for name, value in (("purpose", b"Session"), ("audience", b""), ("binding", b""),
                        ("audience", b"api.example.com "), ("binding", b"device-7\0")):
        kind = "empty" if not value else "case" if name == "purpose" else "longer"
        book.token_bad("tag", f"{kind}-{name}", f"The {name} differs: empty, upper case or longer.",
                       flag, **{name: value.hex()})
    book.token_bad("tag", "unit-of-other-audience", "A unit key of another audience with this kid "
                   "was configured for its own audience.", flag,
                   base={"keys": [unit_entry(audience=b"b")], "audience": b"b".hex(),
                         "token": sealed(audience=b"b")}, token=sealed())
    shifted = {"purpose": b"ab".hex(), "audience": b"c".hex()}
    book.token_bad("tag", "shifted-context", 'Sealed for purpose "a" with audience "bc", read as '
                   '"ab" with "c".', flag, base={**shifted, "token": sealed(purpose=b"ab", audience=b"c")},
                   token=sealed(purpose=b"a", audience=b"bc"))
    steps = seal_steps()
    for name, comment, aad in (
            ("aad-empty", "Sealed with empty associated data.", b""),
            ("aad-binding-only", "Sealed with the binding alone as associated data.", BINDING),
            ("aad-without-kid", "Sealed without the kid in the associated data.", b"clk1." + BINDING),
            ("aad-without-prefix", "Sealed without the prefix in the associated data.", steps.kid + BINDING)):
        ciphertext, tag = cipher.xchacha_encrypt(steps.ke, steps.nonce, aad, steps.plaintext)
        book.token_bad("tag", name, comment, flag,
                       token=encode_text(steps.kid + steps.nonce + ciphertext + tag))
    subkey, tag = cipher.aead_encrypt(steps.ke, steps.nonce[:12], steps.aad, steps.plaintext)
    book.token_bad("tag", "chacha-12", "Sealed with ChaCha20-Poly1305 and the first 12 bytes of N.",
                   ["tag-key"], token=encode_text(steps.kid + steps.nonce + subkey + tag))


def add_nonce(book):
    """Valid AEAD messages whose N is not the synthetic one."""
    steps, flag = seal_steps(), ["nonce-not-synthetic"]
    _, kn2 = crafted.keys_for(ROOT_2, PURPOSE, AUDIENCE)
    _, kn3 = crafted.keys_for(ROOT, b"other", AUDIENCE)
    data = nonce_input(steps.aad, steps.plaintext)
    hmac = cipher.hmac_sha256
    cases = (
        ("random", "A valid AEAD message with a random N.", fill("random nonce", 24)),
        ("zero", "A valid AEAD message with N of zero bytes.", bytes(24)),
        ("bit", "A valid AEAD message with the last bit of N flipped.", flip(steps.nonce, 191)),
        ("other-root", "N made with the nonce key of another root key.", hmac(kn2, data)),
        ("other-purpose", "N made with the nonce key of another purpose.", hmac(kn3, data)),
        ("encryption-key", "N made with the encryption key.", hmac(steps.ke, data)),
        ("derived-key", "N made with the derived key S.", hmac(steps.s, data)),
        ("no-length", "N made without the length prefix.", hmac(steps.kn, data[8:])),
        ("little-endian", "N made with a little-endian length prefix.", hmac(steps.kn, data[7::-1] + data[8:])),
        ("no-aad", "N made over the plaintext alone.", hmac(steps.kn, steps.plaintext)),
        ("no-binding", "N made without the binding.",
         hmac(steps.kn, nonce_input(associated_data(steps.kid, b""), steps.plaintext))),
        ("no-payload", "N made over the claims without the payload.",
         hmac(steps.kn, nonce_input(steps.aad, encode_claims(CLAIMS)))),
        ("unhashed-end", "The last 24 bytes of the HMAC instead of the first.", hmac(steps.kn, data)[8:]),
    )
    for name, comment, nonce in cases:
        token = crafted.with_nonce(steps.ke, steps.aad, steps.kid, nonce[:24], steps.plaintext)
        book.token_bad("nonce", name, comment, flag, token=token)
    for byte in (0, 7, 8, 11, 12, 15, 16, 20):
        token = crafted.with_nonce(steps.ke, steps.aad, steps.kid, inverted(steps.nonce, byte), steps.plaintext)
        book.token_bad("nonce", f"byte-{byte}", f"A valid AEAD message with byte {byte} of N inverted.", flag,
                       token=token)
    changed = steps.plaintext[:-1] + b"\1"
    book.token_bad("nonce", "changed-ciphertext", "A holder of the encryption key changed the "
                   "ciphertext and computed its tag: admin becomes true.", flag,
                   token=crafted.with_nonce(steps.ke, steps.aad, steps.kid, steps.nonce, changed))


def add_two_readings(book):
    """One AEAD message that opens in two ways."""
    flag, raw = ["nonce-salamander"], {"reader": RAW_READER}
    payload = fill("salamander payload", 80)
    plaintext = encode_claims(CLAIMS) + payload
    roots = crafted.colliding_roots()
    kid, aad = kid_of(roots[0]), associated_data(kid_of(roots[0]), BINDING)
    sides = [(crafted.keys_for(root, PURPOSE, AUDIENCE)[0], aad) for root in roots]
    token, first, second = crafted.two_readings("two keys", kid, sides, plaintext)
    for name, root, inner in (("first", roots[0], first), ("second", roots[1], second)):
        honest = plaintext if name == "second" else inner
        book.token_bad("nonce", f"two-keys-{name}", f"The AEAD is valid under two root keys of one "
                       f"kid; read under the {name}.", flag, token=token,
                       base={**raw, "keys": [entry(root)], "token": sealed(honest, root=root)})
    kid, aad = seal_steps().kid, seal_steps().aad
    sides = [(crafted.keys_for(ROOT, PURPOSE, audience)[0], aad) for audience in (AUDIENCE, b"other")]
    token, first, second = crafted.two_readings("two audiences", kid, sides, plaintext)
    for name, audience in (("first", AUDIENCE), ("second", b"other")):
        book.token_bad("nonce", f"two-audiences-{name}", "The AEAD is valid under two audiences of "
                       f"one root key; read under the {name}.", flag, token=token,
                       base={**raw, "audience": audience.hex(),
                             "token": sealed(plaintext, audience=audience)})
    binding = fill("first binding", 23)
    steps = seal_steps(binding=binding)
    other = crafted.second_binding(steps, binding)
    book.token_good("two-bindings-first", "The AEAD of this token is valid under a second binding "
                    "too; read under the one it was sealed with.", ["crafted"],
                    binding=binding.hex(), token=steps.token())
    book.token_bad("nonce", "two-bindings-second", "The AEAD is valid under two bindings; read under "
                   "the one it was not sealed with.", flag,
                   base={"binding": binding.hex(), "token": steps.token()}, binding=other.hex())


def later_faults():
    """Plaintexts that a later stage would reject: name, what it is, claims and payload or the plaintext."""
    session = {"session_id": OTHER_ID}
    return (
        ("claims", "the claims are malformed", b"\xa0"),
        ("claims-23", "the plaintext is shorter than any claims", encode_claims(CLAIMS)[:23]),
        ("schema", "the payload does not fit", encode_claims(CLAIMS) + USER_BYTES + b"\0"),
        ("major", "the major is unknown", encode_claims(CLAIMS.at(major=2)) + USER_BYTES),
        ("expired", "the session has expired", encode_claims(CLAIMS.at(authenticated_at=0)) + USER_BYTES),
        ("revoked", "the session is logged out", encode_claims(CLAIMS.at(**session)) + USER_BYTES),
    )


def add_stage_order(book):
    """SPEC 6.6, 8.3: two stages would reject; the earlier one is reported."""
    flag = ["order"]
    ended = {"revocations": [Record(SESSION, OTHER_ID, LOGGED_OUT, NOW + 1922).encode().hex()]}
    rings = {"retired": [entry(ROOT, "retired"), entry(ROOT_2)], "disabled": [entry(ROOT, "disabled"), entry(ROOT_2)],
             "unknown": [entry(ROOT_2)]}
    rings = {name: {**ended, "keys": keys, "token": sealed(root=ROOT_2)} for name, keys in rings.items()}
    wrong_tag = encode_text(flip(body_of(sealed()), 8 * len(body_of(sealed())) - 1))
    for name, what, plaintext in later_faults():
        steps = seal_steps(plaintext)
        token = steps.token()
        bad_tag = encode_text(flip(body_of(token), 8 * len(body_of(token)) - 1))
        bad_nonce = crafted.with_nonce(steps.ke, steps.aad, steps.kid, flip(steps.nonce, 191), plaintext)
        book.token_bad("tag", f"and-{name}", f"The tag is wrong, and {what}.", flag, base=ended, token=bad_tag)
        book.token_bad("nonce", f"and-{name}", f"N is wrong, and {what}.", flag, base=ended, token=bad_nonce)
        for state, base in rings.items():
            book.token_bad("key", f"{state}-and-{name}", f"The key is {state}, and {what}.", flag, base=base, token=token)
    for state, base in rings.items():
        book.token_bad("key", state + "-and-tag", f"The key is {state}, and the tag is wrong.", flag, base=base,
                       token=wrong_tag)
    stranger = sealed(root=ROOT_3)
    for name, what, text in (
            ("alphabet", "a character outside the alphabet", stranger[:40] + "+" + stranger[41:]),
            ("end", "a space at the end", stranger + " "),
            ("bits", "unused bits that are set", "clk1." + "A" * 61 + "B"),
            ("group", "a length of 1 modulo 4", "clk1." + "A" * 61),
            ("short", "too few characters", "clk1." + "A" * 59),
            ("long", "too many characters", "clk1." + "A" * 4092)):
        book.token_bad("text", f"{name}-and-kid", f"The kid is that of no key, and there is {what}.", flag, token=text)
    malformed = encode_claims(CLAIMS.at(**{"session_id": OTHER_ID}))[:-2] + b"\x81\0\0"
    book.token_bad("claims", "and-schema", "A varint is not in shortest form, and the payload does not fit.", flag,
                   base=ended, token=sealed(malformed + USER_BYTES + b"\0"))


def add(book):
    """All vectors of this module."""
    for part in (add_lengths, add_prefixes, add_alphabet, add_groups, add_key, add_tag_bytes,
                 add_tag_spliced, add_tag_context, add_nonce, add_two_readings,
                 add_stage_order):
        part(book)
