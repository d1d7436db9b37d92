"""Token vectors of the stage claims, and accepted claims."""

from reference.claims import GENERATION_MAX, TIME_MAX, U32_MAX, encode_claims, write_varint

from .common import CLAIMS, LOOSE, RAW_READER, USER_BYTES, fill, sealed

WIDE = CLAIMS.at(generation=300, subject=b"s" * 200, offset=300, idle=1800, major=300, minor=400)
VARINTS = ("generation", "subject-length", "authenticated-at", "issued-at", "idle", "absolute",
           "major", "minor")


def pieces(claims):
    """The encoded fields by name, in order."""
    return {
        "session-id": claims.session_id,
        "generation": write_varint(claims.generation),
        "subject-length": write_varint(len(claims.subject)),
        "subject": claims.subject,
        "authenticated-at": write_varint(claims.authenticated_at),
        "issued-at": write_varint(claims.offset),
        "idle": write_varint(claims.idle),
        "absolute": write_varint(claims.absolute),
        "major": write_varint(claims.major),
        "minor": write_varint(claims.minor),
    }


def joined(claims, **changes):
    """Claims with some encoded fields replaced; names are written with underscores."""
    fields = pieces(claims)
    for name, data in changes.items():
        fields[name.replace("_", "-")] = data
    return b"".join(fields.values())


def overlong(data):
    """The same value with one byte more."""
    return data[:-1] + bytes([data[-1] | 0x80, 0])


def claims_bad(book, name, comment, flag, plaintext, good=None, **more):
    """A token whose plaintext has malformed claims."""
    good = joined(CLAIMS) + USER_BYTES if good is None else good
    book.token_bad("claims", name, comment, [flag], base={"token": sealed(good), **more},
                   token=sealed(plaintext))


def add_varints(book):
    """SPEC 7.1 in every varint field."""
    for field in VARINTS:
        underscored, data = field.replace("-", "_"), pieces(CLAIMS)[field]
        claims_bad(book, "overlong-" + field, f"The varint of {field} has one byte more than needed.",
                   "claims-varint", joined(CLAIMS, **{underscored: overlong(data)}) + USER_BYTES)
        wide = field == "authenticated-at"
        over = b"\xff" * 9 + b"\x02" if wide else b"\xff" * 4 + b"\x10"
        claims_bad(book, "overflow-" + field, f"The varint of {field} overflows in its last byte.",
                   "claims-varint", joined(CLAIMS, **{underscored: over}) + USER_BYTES)
        many = len(over) - len(data)
        long = data[:-1] + bytes([data[-1] | 0x80]) + b"\x80" * many + b"\0"
        claims_bad(book, "too-many-bytes-" + field, f"The varint of {field} has {len(long)} bytes.",
                   "claims-varint", joined(CLAIMS, **{underscored: long}) + USER_BYTES)


def add_wrapped_value(book):
    """SPEC 7.1: an overflow that leaves a sensible value in 64 bits."""
    claims_bad(book, "overflow-authenticated-at-wrapped", "The varint of authenticated-at overflows; its lower 64 bits "
               "are those of a time.", "claims-varint",
               joined(CLAIMS, authenticated_at=bytes.fromhex("80a4a7da868080808002")) + USER_BYTES)


def add_ends(book):
    """SPEC 7.2: P ends inside or before a field."""
    more = {"reader": {**RAW_READER, "major": 300, "minor": 0}}
    claims = WIDE.at(minor=0)
    whole, offset = joined(claims), 0
    claims_bad(book, "one-byte", "A plaintext of one byte.", "claims-end", b"\xa0", whole, **more)
    for field, data in pieces(claims).items():
        if field != "session-id":
            claims_bad(book, "end-before-" + field, f"The plaintext ends before {field}.",
                       "claims-end", whole[:offset], whole, **more)
        if len(data) > 1:
            claims_bad(book, "end-inside-" + field, f"The plaintext ends inside {field}.",
                       "claims-end", whole[: offset + len(data) - 1], whole, **more)
        offset += len(data)
    newer, reader = joined(WIDE), {"reader": {"shape": "user", "major": 300, "minor": 0}}
    claims_bad(book, "end-inside-minor", "The plaintext ends inside minor.", "claims-end",
               newer[:-1], newer + USER_BYTES, **reader)


def add_limits(book):
    """SPEC 7.2: the limits column."""
    def bad(name, comment, good, **changes):
        claims_bad(book, name, comment, "claims-limit", joined(CLAIMS, **changes) + USER_BYTES,
                   good and good + USER_BYTES)
    bad("generation-max", "Generation 4294967295.", joined(CLAIMS.at(generation=GENERATION_MAX)),
        generation=write_varint(U32_MAX))
    bad("absolute-zero", "Absolute timeout 0.", None, absolute=b"\0")
    bad("subject-256", "A subject of 256 bytes, all present.", joined(CLAIMS.at(subject=b"s" * 255)),
        subject_length=write_varint(256), subject=b"s" * 256)
    bad("subject-4294967295", "The greatest subject length.", None, subject_length=b"\xff" * 4 + b"\x0f")
    whole = joined(CLAIMS)
    claims_bad(book, "subject-beyond-end", "The subject is one byte longer than what remains.",
               "claims-end", joined(CLAIMS, subject_length=bytes([len(whole) - 18 + 1])), whole + USER_BYTES)
    claims_bad(book, "subject-all-rest", "The subject takes all that remains.", "claims-end",
               joined(CLAIMS, subject_length=bytes([len(whole) - 18])), whole + USER_BYTES)
    latest = CLAIMS.at(offset=0)
    for name, value in (("beyond-time-max", TIME_MAX + 1), ("u64-max", 2**64 - 1)):
        claims_bad(book, "authenticated-at-" + name, f"authenticated_at {value}.", "claims-limit",
                   joined(latest, authenticated_at=write_varint(value)) + USER_BYTES,
                   joined(latest.at(authenticated_at=TIME_MAX)) + USER_BYTES, now=TIME_MAX)


def add_good_claims(book):
    """Accepted claims at their bounds."""
    def good(name, comment, claims, payload=USER_BYTES, now=None, policy=LOOSE, **more):
        now = claims.issued_at if now is None else now
        book.token_good(name, comment, ["boundary"], policy=policy, now=now,
                        token=sealed(claims=claims, payload=payload), **more)
    raw = {"reader": RAW_READER}
    least = CLAIMS.at(generation=0, subject=b"", authenticated_at=0, offset=0, idle=0, absolute=1,
                      major=0, minor=0)
    good("plaintext-24", "The smallest plaintext with well-formed claims: 24 bytes.", least, b"",
         reader={**RAW_READER, "major": 0})
    rest = 3024 - len(encode_claims(CLAIMS))
    good("plaintext-3024", "The greatest plaintext: 3024 bytes, 4096 characters.", CLAIMS,
         fill("long payload", rest), **raw)
    good("generation-max", "Generation 4294967294.", CLAIMS.at(generation=GENERATION_MAX))
    good("subject-empty", "The empty subject.", CLAIMS.at(subject=b""))
    good("subject-255", "A subject of 255 bytes, not UTF-8.", CLAIMS.at(subject=fill("subject", 255)))
    good("authenticated-at-max", "authenticated_at 253402300799.",
         CLAIMS.at(authenticated_at=TIME_MAX, offset=0))
    good("issued-beyond-time-max", "issued_at and both deadlines lie beyond 9999.",
         CLAIMS.at(authenticated_at=TIME_MAX, offset=60), now=TIME_MAX)
    good("offset-max", "The offset of issued_at is 4294967295.",
         CLAIMS.at(authenticated_at=0, offset=U32_MAX, absolute=U32_MAX, idle=0), now=U32_MAX - 1)
    good("idle-max", "Idle timeout 4294967295.", CLAIMS.at(idle=U32_MAX))
    good("absolute-max", "Absolute timeout 4294967295.", CLAIMS.at(absolute=U32_MAX))
    good("absolute-1", "Absolute timeout 1.", CLAIMS.at(absolute=1, offset=0))
    good("idle-above-absolute", "The idle timeout is greater than the absolute timeout.",
         CLAIMS.at(idle=86400))
    good("major-max", "Major 4294967295.", CLAIMS.at(major=U32_MAX),
         reader={"shape": "user", "major": U32_MAX, "minor": 0})
    good("minor-max", "Minor 4294967295.", CLAIMS.at(minor=U32_MAX))
    good("all-max", "Every claim at its greatest value that is alive at the end of time; 309 bytes "
         "of claims are not possible together with a living session.",
         CLAIMS.at(generation=GENERATION_MAX, subject=b"\xff" * 255, authenticated_at=TIME_MAX,
                   offset=60, idle=U32_MAX, absolute=U32_MAX, major=U32_MAX, minor=U32_MAX),
         now=TIME_MAX, reader={"shape": "user", "major": U32_MAX, "minor": 0})


def add(book):
    """All vectors of this module."""
    for part in (add_varints, add_wrapped_value, add_ends, add_limits, add_good_claims):
        part(book)
