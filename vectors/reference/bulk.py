"""SPEC 16.4: accumulated tests."""

import hashlib

from .claims import Claims, encode_claims
from .cipher import expand
from .keys import Key, context, kid_of
from .token import associated_data, encode_text, open_token, seal, synthetic_nonce


class Stream:
    """SPEC 16.4: stream(i), take, small and wide."""

    def __init__(self, number):
        self.prefix = b"cloakroom 1 bulk" + number.to_bytes(8, "big")
        self.block = 0
        self.buffer = b""

    def take(self, count):
        """The next bytes of the stream."""
        while len(self.buffer) < count:
            data = self.prefix + self.block.to_bytes(8, "big")
            self.buffer += hashlib.sha256(data).digest()
            self.block += 1
        out, self.buffer = self.buffer[:count], self.buffer[count:]
        return out

    def small(self, modulus):
        """SPEC 16.4, small(m)."""
        return int.from_bytes(self.take(2), "big") % modulus

    def wide(self, modulus):
        """SPEC 16.4, wide(m)."""
        number = int.from_bytes(self.take(8), "big")
        return (number >> (self.take(1)[0] % 64)) % modulus


def case(number):
    """SPEC 16.4: the inputs of Seal of case i, drawn in the stated order."""
    stream = Stream(number)
    root = stream.take(32)
    purpose = stream.take(1 + stream.small(255))
    audience = stream.take(stream.small(256))
    binding = stream.take(stream.small(1025))
    session_id = stream.take(16)
    generation = stream.wide(4294967295)
    subject = stream.take(stream.small(256))
    authenticated_at = stream.wide(253402300800)
    offset = stream.wide(4294967296)
    idle = stream.wide(4294967296)
    absolute = 1 + stream.wide(4294967295)
    major = stream.wide(4294967296)
    minor = stream.wide(4294967296)
    length = stream.small(2716) if stream.small(16) == 0 else stream.small(64)
    claims = Claims(session_id, generation, subject, authenticated_at, offset, idle, absolute,
                    major, minor)
    return root, purpose, audience, binding, encode_claims(claims) + stream.take(length)


def root_key(root):
    """A root key without its text form."""
    return Key("root", kid_of(root), root, None)


def token_of(number):
    """SPEC 16.4: token(i), sealed by this implementation alone."""
    root, purpose, audience, binding, plaintext = case(number)
    return seal(root_key(root), purpose, audience, binding, plaintext).token()


def reopens(number, text):
    """SPEC 16.4: whether the token opens to the plaintext of its case."""
    root, purpose, audience, binding, plaintext = case(number)
    keys = [(root_key(root), "sealing")]
    return open_token(keys, purpose, audience, binding, text.encode()).plaintext == plaintext


def fast_token_of(number):
    """SPEC 16.4: token(i) with the AEAD of PyNaCl, for very many cases."""
    from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_encrypt as encrypt

    root, purpose, audience, binding, plaintext = case(number)
    kid = kid_of(root)
    s = expand(root, b"clk1 sub\x00" + context(purpose, audience), 32)
    ke, kn = expand(s, b"clk1 enc\x00", 32), expand(s, b"clk1 siv\x00", 32)
    aad = associated_data(kid, binding)
    nonce = synthetic_nonce(kn, aad, plaintext)
    return encode_text(kid + nonce + encrypt(plaintext, aad, nonce, ke))


def accumulate(count, fast=False):
    """SPEC 16.4: the accumulated hash over count cases, in hex."""
    one, total = fast_token_of if fast else token_of, hashlib.sha256()
    for number in range(count):
        total.update(one(number).encode() + b"\n")
    return total.hexdigest()
