"""SPEC 4.1 to 4.5: keys, their derivations and their text forms."""

import string
from dataclasses import dataclass

from .cipher import expand
from .errors import Refuse

ALPHABET = (string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_").encode()
VALUES = {character: value for value, character in enumerate(ALPHABET)}


def base64url(data):
    """SPEC 2: base64url without padding."""
    out = bytearray()
    for i in range(0, len(data), 3):
        group = data[i : i + 3]
        bits = int.from_bytes(group + bytes(3 - len(group)), "big")
        sextets = [bits >> 18, bits >> 12 & 63, bits >> 6 & 63, bits & 63]
        out += bytes(ALPHABET[s] for s in sextets[: len(group) + 1])
    return bytes(out)


def unbase64url(text):
    """SPEC 4.5, 5.1: decodes characters of the alphabet; leftover bits are dropped."""
    bits = 0
    for character in text:
        bits = bits << 6 | VALUES[character]
    spare = len(text) * 6 % 8
    return (bits >> spare).to_bytes(len(text) * 6 // 8, "big")


def context(purpose, audience):
    """SPEC 4.3: ctx, with the limits of purpose and audience."""
    if not 1 <= len(purpose) <= 255:
        raise Refuse("purpose must have 1 to 255 bytes")
    if len(audience) > 255:
        raise Refuse("audience must have at most 255 bytes")
    return bytes([len(purpose)]) + purpose + bytes([len(audience)]) + audience


def kid_of(root):
    """SPEC 4.2: the key identifier of a root key."""
    return expand(root, b"clk1 kid\x00", 4)


def derive_s(root, ctx):
    """SPEC 4.4: the derived key of one purpose and audience."""
    return expand(root, b"clk1 sub\x00" + ctx, 32)


def derive_pair(s):
    """SPEC 6.2, steps 2 and 3: encryption key and nonce key."""
    return expand(s, b"clk1 enc\x00", 32), expand(s, b"clk1 siv\x00", 32)


def check_value(s, kid, ctx):
    """SPEC 4.5: the check value of a unit text."""
    return expand(s, b"clk1 chk\x00" + kid + ctx, 6)


def log_id(s, session_id):
    """SPEC 6.7: the log reference of a session."""
    return expand(s, b"clk1 log\x00" + session_id, 8).hex()


@dataclass(frozen=True)
class Key:
    """SPEC 4.5: a key as read from its text. check is None for a root key."""

    form: str
    kid: bytes
    secret: bytes
    check: bytes | None

    def s_for(self, ctx):
        """SPEC 6.2, step 1: S for a context."""
        return derive_s(self.secret, ctx) if self.form == "root" else self.secret

    def require_context(self, ctx):
        """SPEC 4.5: a unit key serves exactly the purpose and audience of its check value."""
        if self.form == "unit" and check_value(self.secret, self.kid, ctx) != self.check:
            raise Refuse("unit key does not belong to this purpose and audience")


def refuse_equal_bytes(secret):
    """SPEC 4.1: 32 equal bytes are not a key."""
    if secret == secret[:1] * 32:
        raise Refuse("key of 32 equal bytes")


def read_characters(text, length):
    """SPEC 4.5: total length, alphabet, and decoding of what follows the prefix of 8 bytes."""
    if len(text) != length:
        raise Refuse("key text has a wrong length")
    if any(character not in VALUES for character in text[8:]):
        raise Refuse("key text has a character outside the alphabet")
    return unbase64url(text[8:])


def read_root(text):
    """SPEC 4.5: reading a root text."""
    data = read_characters(text, 56)
    secret, kid = data[:32], data[32:]
    refuse_equal_bytes(secret)
    if kid_of(secret) != kid:
        raise Refuse("key identifier differs from the one of the key")
    return Key("root", kid, secret, None)


def read_unit(text):
    """SPEC 4.5: reading a unit text; its check value is compared by require_context."""
    data = read_characters(text, 64)
    kid, secret, check = data[:4], data[4:36], data[36:]
    refuse_equal_bytes(secret)
    return Key("unit", kid, secret, check)


def read_key_text(text):
    """SPEC 4.5: either text form, from bytes."""
    if text.startswith(b"clkkey1."):
        return read_root(text)
    if text.startswith(b"clksub1."):
        return read_unit(text)
    raise Refuse("key text has a wrong prefix")


def root_text(root):
    """SPEC 4.5: the text form of a root key."""
    return "clkkey1." + base64url(root + kid_of(root)).decode()


def unit_text(root, purpose, audience):
    """SPEC 4.5: the text form of the derived key of a purpose and audience."""
    ctx, kid = context(purpose, audience), kid_of(root)
    s = derive_s(root, ctx)
    return "clksub1." + base64url(kid + s + check_value(s, kid, ctx)).decode()
