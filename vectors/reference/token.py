"""SPEC 5 and 6: text form, layout, Seal and Open."""

import hmac
from dataclasses import dataclass

from .cipher import hmac_sha256, xchacha_decrypt, xchacha_encrypt, xchacha_parts
from .errors import Refuse, Reject
from .keys import VALUES, base64url, context, derive_pair, log_id, unbase64url

PREFIX = b"clk1."
TOKEN_MIN, TOKEN_MAX = 65, 4096
PLAINTEXT_MIN, PLAINTEXT_MAX = 1, 3024
BINDING_MAX = 1024


def decode_text(text):
    """SPEC 5.1: the checks in their order; returns the body."""
    if not TOKEN_MIN <= len(text) <= TOKEN_MAX:
        raise Reject("text")
    if text[:5] != PREFIX:
        raise Reject("text")
    characters = text[5:]
    if any(character not in VALUES for character in characters):
        raise Reject("text")
    remainder = len(characters) % 4
    if remainder == 1:
        raise Reject("text")
    last = VALUES[characters[-1]]
    if remainder == 2 and last & 0b1111 or remainder == 3 and last & 0b11:
        raise Reject("text")
    return unbase64url(characters)


def encode_text(body):
    """SPEC 5.1: the text of a body."""
    return (PREFIX + base64url(body)).decode()


def split_body(body):
    """SPEC 5.2: kid, N, C, T."""
    return body[:4], body[4:28], body[28:-16], body[-16:]


def associated_data(kid, binding):
    """SPEC 6.3: AAD."""
    if len(binding) > BINDING_MAX:
        raise Refuse("binding must have at most 1024 bytes")
    return PREFIX + kid + binding


def nonce_input(aad, plaintext):
    """SPEC 6.4: the input of the HMAC."""
    return len(aad).to_bytes(8, "big") + aad + plaintext


def synthetic_nonce(kn, aad, plaintext):
    """SPEC 6.4: N."""
    return hmac_sha256(kn, nonce_input(aad, plaintext))[:24]


@dataclass(frozen=True)
class Steps:
    """Every intermediate value of Seal or Open, for the vectors."""

    kid: bytes
    ctx: bytes
    s: bytes
    ke: bytes
    kn: bytes
    aad: bytes
    plaintext: bytes
    nonce: bytes
    subkey: bytes
    ciphertext: bytes
    tag: bytes

    def token(self):
        """SPEC 6.5, step 5."""
        return encode_text(self.kid + self.nonce + self.ciphertext + self.tag)

    def log_id(self):
        """SPEC 6.7; the session id is the beginning of P."""
        return log_id(self.s, self.plaintext[:16])


def seal(key, purpose, audience, binding, plaintext):
    """SPEC 6.5: Seal; returns all steps, of which token() is the output."""
    if not PLAINTEXT_MIN <= len(plaintext) <= PLAINTEXT_MAX:
        raise Refuse("plaintext must have 1 to 3024 bytes")
    ctx = context(purpose, audience)
    s = key.s_for(ctx)
    ke, kn = derive_pair(s)
    aad = associated_data(key.kid, binding)
    nonce = synthetic_nonce(kn, aad, plaintext)
    subkey, _ = xchacha_parts(ke, nonce)
    ciphertext, tag = xchacha_encrypt(ke, nonce, aad, plaintext)
    return Steps(key.kid, ctx, s, ke, kn, aad, plaintext, nonce, subkey, ciphertext, tag)


def select_key(keys, kid):
    """SPEC 6.6, step 2: the one candidate among (key, state) pairs."""
    for key, state in keys:
        if key.kid == kid:
            if state in ("retired", "disabled"):
                raise Reject("key")
            return key
    raise Reject("key")


def open_token(keys, purpose, audience, binding, text):
    """SPEC 6.6: Open; keys are (key, state at now) pairs; returns all steps."""
    kid, nonce, ciphertext, tag = split_body(decode_text(text))
    key = select_key(keys, kid)
    ctx = context(purpose, audience)
    s = key.s_for(ctx)
    ke, kn = derive_pair(s)
    aad = associated_data(kid, binding)
    plaintext = xchacha_decrypt(ke, nonce, aad, ciphertext, tag)
    if plaintext is None:
        raise Reject("tag")
    if not hmac.compare_digest(synthetic_nonce(kn, aad, plaintext), nonce):
        raise Reject("nonce")
    subkey, _ = xchacha_parts(ke, nonce)
    return Steps(kid, ctx, s, ke, kn, aad, plaintext, nonce, subkey, ciphertext, tag)
