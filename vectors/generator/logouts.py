"""Vectors of the kind logout (SPEC 8.9): a logout that is given a token."""

from reference.revocation import LOGGED_OUT
from reference.token import encode_text

from . import crafted
from .common import (
    CLAIMS, ROOT, ROOT_2, START, USER_BYTES, entry, fill, seal_steps, sealed, token_inputs, unit_entry, with_changes,
)
from .contents import joined, overlong
from .lifetime import audience_cut, key_entry, session_entry, subject_cut

# What a server of POLICY and its ring gives an entry: b + ttl + leeway + 2 tolerance.
LIFE = 3600


def logout_inputs(**changes):
    """The inputs of a logout vector; without changes the session is logged out."""
    inputs = {name: value for name, value in token_inputs().items() if name != "reader"}
    return with_changes({**inputs, "entry_life": LIFE}, changes)


def add_accepted(book):
    """Whatever its times, schema, payload and entries are, the session ends."""
    def good(name, comment, flags, **changes):
        book.good("logout", "logout-ok-" + name, comment, ["logout", *flags], "logout", logout_inputs(**changes))

    good("live", "A live session.", [])
    good("life-zero", "The entry expires in the second in which it is published.", ["boundary"], entry_life=0)
    good("life-long", "A life that does not fit into 32 bits.", [], entry_life=2**32)
    good("expired", "The absolute deadline has passed; a copy cannot live, and the entry does no harm.", [],
         now=START + 100000)
    good("idle", "The token is idle; a copy of it may have been renewed.", [], now=START + 2700)
    good("not-yet", "The session starts beyond the tolerance.", [], now=START - 61)
    good("unknown-major", "The payload is of a major that nobody here reads.", [],
         token=sealed(claims=CLAIMS.at(major=9)))
    good("newer-minor", "The payload is of a newer minor.", [],
         token=sealed(claims=CLAIMS.at(minor=3), payload=USER_BYTES + b"tail"))
    good("payload-broken", "The payload is none of its schema.", [], token=sealed(payload=b"\xff" * 9))
    good("payload-empty", "There is no payload.", [], token=sealed(payload=b""))
    good("generation-greatest", "The greatest generation ends as well.", ["boundary"],
         token=sealed(claims=CLAIMS.at(generation=4294967294)))
    good("rotated", "An older generation of a session that was rotated: the session ends.", [],
         revocations=[session_entry(2)])
    good("again", "The session was logged out before.", [], revocations=[session_entry(LOGGED_OUT)])
    good("subject-cut", "The sessions of the subject were ended.", [], revocations=[subject_cut(START + 1)])
    good("audience-cut", "The sessions of the audience were ended.", [], revocations=[audience_cut(START + 1)])
    good("key-distrusted", "The key is distrusted and not disabled: a copy may be under the next key.", [],
         revocations=[key_entry(ROOT)])
    good("empty-subject", "A session of nobody.", [], token=sealed(claims=CLAIMS.at(subject=b"")))
    good("no-binding", "Without a binding.", [], binding="", token=sealed(binding=b""))
    good("unit-key", "A unit key.", ["unit-key"], keys=[unit_entry()])
    for state in ("announced", "open-only", "retired"):
        good(state, f"The key is {state}.", ["key-state"], keys=[entry(ROOT_2), entry(ROOT, state)])


def add_refused(book):
    """What does not open, or has malformed claims, logs nobody out."""
    def bad(name, comment, flags, base=None, **changes):
        book.bad("logout", "logout-refused-" + name, comment, ["logout", *flags], "logout", "refused",
                 logout_inputs(**{**(base or {}), **changes}), logout_inputs(**(base or {})))

    good, twins = sealed(), crafted.colliding_roots()
    steps = seal_steps()
    bad("empty", "The empty text.", ["text-length"], token="")
    bad("space", "A space in front.", ["text-prefix"], token=" " + good)
    bad("upper-case", "The prefix in upper case.", ["text-prefix"], token="CLK1" + good[4:])
    bad("padding", "Padding at the end.", ["text-alphabet"], token=good + "=")
    bad("not-utf8", "Bytes that are not UTF-8.", ["text-alphabet"],
        token_hex=(good[:-1].encode() + b"\xff").hex())
    bad("unknown-key", "No key of the ring has the kid.", ["key-unknown"], keys=[entry(ROOT_2)])
    bad("disabled", "The key is disabled: nothing of it opens.", ["key-state"],
        base={"keys": [entry(ROOT_2), entry(ROOT, "open-only")]},
        keys=[entry(ROOT_2), entry(ROOT, "disabled")])
    body = steps.kid + steps.nonce + steps.ciphertext + steps.tag
    bad("tag", "One bit of T is flipped.", ["tag-modified"],
        token=encode_text(body[:-1] + bytes([body[-1] ^ 1])))
    bad("truncated", "The last byte of T is missing.", ["tag-modified"], token=encode_text(body[:-1]))
    bad("extended", "One byte more.", ["tag-modified"], token=encode_text(body + b"\0"))
    bad("other-root", "Another root key with the same kid.", ["tag-key"],
        base={"keys": [entry(twins[0])], "token": sealed(root=twins[0])}, keys=[entry(twins[1])])
    bad("session-id", "One bit of the first byte of C is flipped, where the session id is.", ["tag-modified"],
        token=encode_text(body[:28] + bytes([body[28] ^ 1]) + body[29:]))
    bad("purpose", "Another purpose.", ["tag-context"], purpose=b"other".hex())
    bad("audience", "Another audience.", ["tag-context"], audience=b"other".hex())
    bad("binding", "Another binding.", ["tag-context"], binding=b"other".hex())
    bad("random-nonce", "A valid AEAD message with an N of its maker's choice.", ["nonce-not-synthetic"],
        token=crafted.with_nonce(steps.ke, steps.aad, steps.kid, fill("logout nonce", 24), steps.plaintext))
    bad("claims", "The varint of the generation has one byte more than needed.", ["claims-varint"],
        token=sealed(joined(CLAIMS, generation=overlong(b"\1")) + USER_BYTES))
    bad("claims-end", "The plaintext is a session id and nothing else.", ["claims-end"],
        token=sealed(CLAIMS.session_id))
    bad("absolute-zero", "An absolute timeout of 0.", ["claims-limit"],
        token=sealed(joined(CLAIMS, absolute=b"\0") + USER_BYTES))


def add(book):
    """All vectors of this module."""
    add_accepted(book)
    add_refused(book)
