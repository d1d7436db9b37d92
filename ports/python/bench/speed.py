"""Sealing and verifying a typical session, against PyJWT (HS256) with the same content; and what a
rejected token costs compared with an accepted one. All in one run, interleaved, medians.

Exits with 1 if rejecting costs more than accepting a token of the same length. For machines that are
busy with others, `--bound 1.3` allows 1.3 times as much, `--late 2` twice as much to tokens that are
opened before they are rejected, which takes nearly as long as accepting, and `--rounds 40` takes a tenth
of the time.
"""

from __future__ import annotations

import argparse
import secrets
import statistics
import sys
import time
from pathlib import Path
from typing import Any, Callable, Dict, List

import jwt
from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_encrypt

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import tools  # noqa: E402, F401  (makes a checkout importable)
from cloakroom import _crypto, _text  # noqa: E402
from cloakroom import (  # noqa: E402
    KeyEntry, KeyRing, Policy, Rejected, RevocationList, RootKey, Sessions, Shape,
)
from cloakroom.payload import Bool, Field, Int, Seq, Str, Struct  # noqa: E402

ROUNDS = 400
CALLS = 25
# A rejection may cost this much more before it counts: the noise of a shared machine.
NOISE = 1.15
# Opened first: nobody without a key makes them, and all but a lookup is the way of an accepted one.
LATE = ("another schema", "idle", "expired", "revoked")

USER = Struct(
    Field("id", Int(64)), Field("name", Str()), Field("email", Str()), Field("admin", Bool()),
    Field("scopes", Seq(Str())),
)
VALUE: Dict[str, Any] = {
    "id": 42, "name": "Ada Lovelace", "email": "ada.lovelace@example.com", "admin": False,
    "scopes": ["read", "write", "invoices", "reports"],
}


def medians(acts: Dict[str, Callable[[], object]], rounds: int) -> Dict[str, float]:
    """Microseconds per call, with all of them taking turns."""
    times: Dict[str, List[float]] = {name: [] for name in acts}
    names = list(acts)
    for number in range(rounds):
        # Another one begins each time, so that none always follows the same other.
        for name in names[number % len(names) :] + names[: number % len(names)]:
            act = acts[name]
            before = time.perf_counter()
            for _ in range(CALLS):
                act()
            times[name].append((time.perf_counter() - before) / CALLS * 1e6)
    return {name: statistics.median(values) for name, values in times.items()}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--bound", type=float, default=NOISE)
    parser.add_argument("--late", type=float, help="default: as --bound")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    now = int(time.time())
    key = RootKey.generate()
    service = Sessions(
        KeyRing([KeyEntry(key, now - 90000)], max_lifetime=28800, now=now),
        "session",
        "api.example.com",
        policy=Policy(idle=1800, absolute=28800),
        payload=Shape(1, 0, USER),
        revocations=RevocationList(),
    )
    issued = service.issue("user-42", VALUE)
    token = issued.token
    assert len(issued.session.subject) == 7 and 60 <= len(issued.session.payload) <= 90

    secret = secrets.token_bytes(32)

    def claims() -> Dict[str, Any]:
        moment = int(time.time())
        return {
            **VALUE, "jti": secrets.token_hex(16), "sub": "user-42", "iat": moment,
            "exp": moment + 1800, "auth_time": moment, "gen": 0, "aud": "api.example.com",
        }

    other = jwt.encode(claims(), secret, algorithm="HS256")

    def rejected(bad: str) -> Callable[[], object]:
        def act() -> None:
            try:
                service.verify(bad)
            except Rejected:
                return
            raise AssertionError("accepted")

        return act

    foreign = Sessions(
        KeyRing([KeyEntry(RootKey.generate(), now - 10)], max_lifetime=28800, now=now),
        "session", "api.example.com", policy=Policy(idle=1800, absolute=28800),
        payload=Shape(1, 0, USER), revocations=RevocationList(),
    ).issue("user-42", VALUE).token
    # The same keys at other times and for other payloads: what they seal is rejected here, late.
    shift = [0]
    past = Sessions(
        service.ring, "session", "api.example.com", policy=Policy(idle=1800, absolute=28800),
        payload=Shape(1, 0, USER), revocations=RevocationList(), clock=lambda: time.time() - shift[0],
    )
    shift[0] = 2000
    idle = past.issue("user-42", VALUE).token
    shift[0] = 29000
    expired = Sessions(
        KeyRing([KeyEntry(key, now - 90000)], max_lifetime=28800, now=now), "session",
        "api.example.com", policy=Policy(idle=None, absolute=28800), payload=Shape(1, 0, USER),
        revocations=RevocationList(), clock=lambda: time.time() - shift[0],
    ).issue("user-42", VALUE).token
    schema = Sessions(
        service.ring, "session", "api.example.com", policy=Policy(idle=1800, absolute=28800),
        payload=Shape(2, 0, USER), revocations=RevocationList(),
    ).issue("user-42", VALUE).token
    gone = service.issue("user-42", VALUE)
    service.log_out(gone.session)
    cipher = _crypto.Cipher(key.kid, _crypto.unit_secret(
        key._secret, _crypto.context(b"session", b"api.example.com")))
    nonce, plaintext = cipher.open(b"", _text.token_body(token))
    other_nonce = bytes(24)
    misused = _text.token_text(key.kid + other_nonce + crypto_aead_xchacha20poly1305_ietf_encrypt(
        plaintext, cipher.associated_data(b""), other_nonce, cipher._enc))
    long = Sessions(
        service.ring, "session", "api.example.com", policy=Policy(idle=1800, absolute=28800),
        payload=Shape.raw(1), revocations=RevocationList(),
    )
    longest = long.issue("user-42", bytes(2968)).token
    forged_long = longest[:100] + ("A" if longest[100] != "A" else "B") + longest[101:]
    assert len(longest) > 4000

    def long_rejected() -> None:
        try:
            long.verify(forged_long)
        except Rejected:
            return
        raise AssertionError("accepted")

    # The last character but one carries six bits of the tag.
    forged = token[:-2] + ("A" if token[-2] != "A" else "B") + token[-1]
    assert len(forged) == len(foreign) == len(token)

    took = medians(
        {
            "seal": lambda: service.issue("user-42", VALUE),
            "jwt encode": lambda: jwt.encode(claims(), secret, algorithm="HS256"),
            "verify": lambda: service.verify(token),
            "jwt decode": lambda: jwt.decode(
                other, secret, algorithms=["HS256"], audience="api.example.com"
            ),
            "garbage, same length": rejected("clk1." + "!" * (len(token) - 5)),
            "garbage, empty": rejected(""),
            "garbage, 4096 characters": rejected("clk1." + "A" * 4090 + "!"),
            "garbage, a million characters": rejected("clk1." + "A" * 10**6),
            "unknown key": rejected(foreign),
            "forged": rejected(forged),
            "another nonce": rejected(misused),
            "another schema": rejected(schema),
            "idle": rejected(idle),
            "expired": rejected(expired),
            "revoked": rejected(gone.token),
            "longest, accepted": lambda: long.verify(longest),
            "longest, forged": long_rejected,
        },
        options.rounds,
    )
    print(f"payload {len(issued.session.payload)} bytes; token {len(token)} characters,"
          f" JWT {len(other)}")
    print(f"{'':30} {'µs':>8} {'of PyJWT':>9}")
    for name, against in (("seal", "jwt encode"), ("verify", "jwt decode")):
        print(f"{against:30} {took[against]:8.1f}")
        print(f"{name:30} {took[name]:8.1f} {took[name] / took[against]:9.2f}")
    print(f"\n{'':30} {'µs':>8} {'of accept':>9}")
    print(f"{'accepted':30} {took['verify']:8.1f} {1:9.2f}")
    dearer = False
    late = options.bound if options.late is None else options.late
    for name in list(took)[4:]:
        if name == "longest, accepted":
            continue
        ratio = took[name] / took["longest, accepted" if name.startswith("longest") else "verify"]
        over = ratio > (late if name in LATE else options.bound)
        dearer = dearer or over
        print(f"{name:30} {took[name]:8.1f} {ratio:9.2f}{'  DEARER' if over else ''}")
    return 1 if dearer else 0


if __name__ == "__main__":
    sys.exit(main())
