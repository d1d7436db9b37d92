"""SPEC 4.9: a ring file that is wrapped with a password.

Argon2id is not in the standard library, so S, its output, is an argument here.
"""

from dataclasses import dataclass

from .cipher import xchacha_decrypt, xchacha_encrypt
from .errors import Refuse
from .keys import VALUES, base64url, derive_pair, unbase64url
from .token import associated_data, synthetic_nonce

PREFIX = b"clkwrap1."
RING_FILE_MAX = 65536


@dataclass(frozen=True)
class Cost:
    """What Argon2id is asked for: KiB, passes, lanes."""

    memory: int
    passes: int
    lanes: int

    def require_allowed(self):
        """Refuse before any work is done."""
        if (self.memory > 1048576 or self.passes > 16 or self.lanes > 16
                or self.memory * self.passes > 4194304):
            raise Refuse("asks for too much")
        if self.passes < 1 or self.lanes < 1 or self.memory < 8 * self.lanes:
            raise Refuse("not parameters of Argon2")


def require_password(password):
    """SPEC 4.9: its length."""
    if not 1 <= len(password) <= 1024:
        raise Refuse("a password has 1 to 1024 bytes")


def head_of(cost, length, salt):
    """The 32 bytes before the seal."""
    numbers = (cost.memory, cost.passes, cost.lanes, length)
    return b"".join(number.to_bytes(4, "big") for number in numbers) + salt


def wrap(s, cost, salt, text):
    """One line, with its line end."""
    head = head_of(cost, len(text), salt)
    ke, kn = derive_pair(s)
    aad = associated_data(bytes(4), PREFIX + head)
    nonce = synthetic_nonce(kn, aad, text)
    ciphertext, tag = xchacha_encrypt(ke, nonce, aad, text)
    return (PREFIX + base64url(head + nonce + ciphertext + tag)).decode() + "\n"


def read(line):
    """Cost, salt, head and what is sealed; everything that needs no password."""
    if line.endswith("\n"):
        line = line[:-1].removesuffix("\r")
    data = line.encode()
    if not data.startswith(PREFIX):
        raise Refuse("not a wrapped ring file")
    characters = data[len(PREFIX):]
    if any(character not in VALUES for character in characters):
        raise Refuse("alphabet")
    remainder = len(characters) % 4
    last = VALUES[characters[-1]] if characters else 0
    if remainder == 1 or remainder == 2 and last & 15 or remainder == 3 and last & 3:
        raise Refuse("not canonical")
    body = unbase64url(characters)
    if len(body) < 32:
        raise Refuse("short")
    head, sealed = body[:32], body[32:]
    memory, passes, lanes, length = (int.from_bytes(head[at:at + 4], "big")
                                     for at in (0, 4, 8, 12))
    if not 1 <= length <= RING_FILE_MAX or len(sealed) != length + 40:
        raise Refuse("length")
    cost = Cost(memory, passes, lanes)
    cost.require_allowed()
    return cost, head[16:], head, sealed


def unwrap(s, line):
    """The text of the ring file."""
    _, _, head, sealed = read(line)
    ke, kn = derive_pair(s)
    aad = associated_data(bytes(4), PREFIX + head)
    nonce, ciphertext, tag = sealed[:24], sealed[24:-16], sealed[-16:]
    text = xchacha_decrypt(ke, nonce, aad, ciphertext, tag)
    if text is None or synthetic_nonce(kn, aad, text) != nonce:
        raise Refuse("wrong password")
    return text
