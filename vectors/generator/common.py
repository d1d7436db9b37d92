"""Inputs shared by the generators, and the book that collects and checks vectors."""

import hashlib

from reference.claims import Claims, encode_claims
from reference.keys import read_key_text, root_text, unit_text
from reference.payload import encode_shape
from reference.runner import run
from reference.token import seal


def fill(label, length):
    """Bytes that look random and are the same in every run."""
    blocks = (length + 31) // 32
    seed = b"cloakroom vectors " + label.encode()
    data = b"".join(hashlib.sha256(seed + i.to_bytes(8, "big")).digest() for i in range(blocks))
    return data[:length]


ROOT = fill("root 1", 32)
ROOT_2 = fill("root 2", 32)
ROOT_3 = fill("root 3", 32)
PURPOSE = b"session"
AUDIENCE = b"api.example.com"
BINDING = b"device-7"
START = 1800000000
NOW = START + 1000
SESSION_ID = fill("session id", 16)
OTHER_ID = fill("another session id", 16)
USER_VALUE = {"id": "42", "name": "Ada", "admin": False}
USER_BYTES = encode_shape("user", USER_VALUE)
CLAIMS = Claims(SESSION_ID, 1, b"user-42", START, 900, 1800, 28800, 1, 0)
POLICY = {"idle": 1800, "absolute": 28800, "leeway": 0, "tolerance": 60}
LOOSE = {"idle": 0, "absolute": 4294967295, "leeway": 0, "tolerance": 60}
USER_READER = {"shape": "user", "major": 1, "minor": 0}
RAW_READER = {"shape": "raw", "major": 1, "minor": 0}


def key_of(root):
    """The key object of 32 bytes."""
    return read_key_text(root_text(root).encode())


def entry(root=ROOT, state="sealing"):
    """One element of the member keys."""
    return {"text": root_text(root), "state": state}


def unit_entry(root=ROOT, purpose=PURPOSE, audience=AUDIENCE, state="sealing"):
    """One element of the member keys, a unit text."""
    return {"text": unit_text(root, purpose, audience), "state": state}


def seal_steps(plaintext=None, claims=CLAIMS, payload=USER_BYTES, root=ROOT, purpose=PURPOSE,
               audience=AUDIENCE, binding=BINDING):
    """Seal over claims and payload, or over any plaintext."""
    if plaintext is None:
        plaintext = encode_claims(claims) + payload
    return seal(key_of(root), purpose, audience, binding, plaintext)


def sealed(*arguments, **named):
    """The token text of seal_steps."""
    return seal_steps(*arguments, **named).token()


def token_inputs(**changes):
    """The inputs of a token vector; without changes they are accepted."""
    inputs = {
        "keys": [entry()],
        "purpose": PURPOSE.hex(),
        "audience": AUDIENCE.hex(),
        "binding": BINDING.hex(),
        "policy": POLICY,
        "now": NOW,
        "reader": USER_READER,
        "revocations": [],
        "token": sealed(),
    }
    return with_changes(inputs, changes)


def with_changes(inputs, changes):
    """A copy with other members; a form X_hex replaces X, and ring replaces keys."""
    out = dict(inputs)
    for name, value in changes.items():
        for other in (name.removesuffix("_hex"), {"ring": "keys"}.get(name)):
            if other != name:
                out.pop(other, None)
        out[name] = value
    return {name: out[name] for name in ordered(inputs, out)}


def ordered(inputs, out):
    """Keeps the order of members: a replacement takes the place of what it replaces."""
    names = []
    for name in inputs:
        for candidate in (name, name + "_hex", "ring" if name == "keys" else name):
            if candidate in out and candidate not in names:
                names.append(candidate)
    return names + [name for name in out if name not in names]


def differing(base, inputs):
    """Names of the input members that differ, without the suffix of the hex form."""
    def plain(members):
        return {name.removesuffix("_hex"): (name, value) for name, value in members.items()}
    left, right = plain(base), plain(inputs)
    return sorted(name for name in left | right if left.get(name) != right.get(name))


class Book:
    """Collects vectors by file, computes their expected members and checks what is claimed."""

    def __init__(self):
        self.files = {}
        self.ids = set()

    def add(self, file, name, comment, flags, kind, stage, inputs, expected=None):
        """Adds a vector after running it; returns its expected members."""
        assert name not in self.ids, f"repeated id {name}"
        self.ids.add(name)
        got, result = run(kind, inputs, expected)
        assert got == stage, f"{name}: stage {got}, claimed {stage}"
        self.files.setdefault(file, []).append({
            "id": name, "comment": comment, "flags": flags, "kind": kind, "stage": stage,
            "inputs": inputs, "expected": result})
        return result

    def good(self, file, name, comment, flags, kind, inputs, expected=None):
        """A vector of stage ok."""
        return self.add(file, name, comment, flags, kind, "ok", inputs, expected)

    def bad(self, file, name, comment, flags, kind, stage, inputs, base, reason=None):
        """A vector that is not accepted. base are its inputs without the fault: they have to be
        accepted, and to differ in one member."""
        changed = differing(base, inputs)
        assert len(changed) == 1, f"{name}: the fault touches {changed}"
        got, _ = run(kind, base)
        assert got == "ok", f"{name}: without the fault the stage is {got}"
        result = self.add(file, name, comment, flags, kind, stage, inputs)
        if kind == "token":
            assert result["reason"] == reason, f"{name}: reason {result['reason']}"

    def token_good(self, name, comment, flags, **changes):
        """An accepted token."""
        return self.good("token-ok", "token-ok-" + name, comment, flags, "token",
                         token_inputs(**changes))

    def token_bad(self, stage, name, comment, flags, base=None, reason=None, **changes):
        """A rejected token. base holds the members in which the inputs without the fault differ
        from the usual ones, changes those in which the inputs with the fault do."""
        base = base or {}
        self.bad("token-" + stage, f"token-{stage}-{name}", comment, flags, "token", stage,
                 token_inputs(**{**base, **changes}), token_inputs(**base), reason)
