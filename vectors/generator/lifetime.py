"""Token vectors of the stages time and revoked, and accepted tokens of all remaining kinds."""

from reference.keys import context, kid_of, root_text
from reference.revocation import (
    AUDIENCE as AUDIENCE_KIND, CUTOFF_MAX, FOREVER, KEY, LOGGED_OUT, SESSION, SUBJECT, Record, digest,
)

from .common import (
    AUDIENCE, CLAIMS, NOW, OTHER_ID, POLICY, PURPOSE, ROOT, ROOT_2, ROOT_3, SESSION_ID, START,
    USER_BYTES, entry, fill, sealed, unit_entry,
)

LIFE = 1922
EXPIRES = NOW + LIFE
THIRD_ID = fill("third session id", 16)


def timed(offset=900, idle=1800, absolute=28800):
    """A token whose times are relative to START."""
    return sealed(claims=CLAIMS.at(offset=offset, idle=idle, absolute=absolute))


def limits(idle=None, absolute=None, leeway=0, tolerance=60):
    """A policy; None sets no smaller value than the token."""
    return {"idle": idle or 0, "absolute": absolute or 4294967295, "leeway": leeway,
            "tolerance": tolerance}


def pair(book, name, reason, comment, last, first, flags, token=None, policy=None):
    """Vectors at a boundary: accepted at the moment last, rejected at the moment first and, for a
    deadline, one second later."""
    base = {"token": token or timed(), "policy": policy or limits()}
    book.token_good(f"{name}-alive", f"{comment}: the last second on the accepted side.",
                    [*flags, "boundary"], **base, now=START + last)
    book.token_bad("time", f"{name}-{reason}", f"{comment}: the first second on the rejected side.",
                   [f"time-{reason}", *flags, "boundary"], base={**base, "now": START + last},
                   reason=reason, now=START + first)
    if reason != "not-yet":
        book.token_bad("time", f"{name}-{reason}-after", f"{comment}: one second after it.",
                       [f"time-{reason}", *flags], base={**base, "now": START + last},
                       reason=reason, now=START + first + 1)


def add_deadlines(book):
    """SPEC 8.2: expired and idle."""
    expired, idle, flag = "expired", "idle", ["policy"]
    pair(book, "idle", idle, "Idle deadline", 2699, 2700, [])
    pair(book, "idle-leeway-1", idle, "Idle deadline with leeway 1", 2700, 2701, [], policy=limits(leeway=1))
    pair(book, "idle-leeway-300", idle, "Idle deadline with the greatest leeway", 2999, 3000, [],
         policy=limits(leeway=300))
    pair(book, "absolute", expired, "Absolute deadline", 28799, 28800, [], token=timed(28000))
    pair(book, "absolute-leeway-1", expired, "Absolute deadline with leeway 1", 28800, 28801, [],
         token=timed(28000), policy=limits(leeway=1))
    pair(book, "absolute-leeway-300", expired, "Absolute deadline with the greatest leeway", 29099,
         29100, [], token=timed(28000), policy=limits(leeway=300))
    pair(book, "absolute-no-idle", expired, "Absolute deadline without idle timeout", 28799, 28800, [],
         token=timed(idle=0))
    pair(book, "policy-idle", idle, "The policy has the shorter idle timeout", 1499, 1500, flag,
         policy=limits(idle=600))
    pair(book, "policy-idle-only", idle, "Only the policy has an idle timeout", 1499, 1500, flag,
         token=timed(idle=0), policy=limits(idle=600))
    pair(book, "policy-idle-longer", idle, "The policy has the longer idle timeout", 2699, 2700, flag,
         policy=limits(idle=3600))
    pair(book, "policy-absolute", expired, "The policy has the shorter absolute timeout", 999, 1000,
         flag, policy=limits(absolute=1000))
    pair(book, "policy-absolute-longer", expired, "The policy has the longer absolute timeout", 28799,
         28800, flag, token=timed(28000), policy=limits(absolute=86400))
    pair(book, "policy-absolute-leeway", expired, "Shorter absolute timeout of the policy and leeway",
         1004, 1005, flag, policy=limits(absolute=1000, leeway=5))
    pair(book, "absolute-shortest", expired, "Absolute timeout of one second", 0, 1, [],
         token=timed(0, 0, 1))
    pair(book, "idle-shortest", idle, "Idle timeout of one second", 900, 901, [], token=timed(idle=1))


def add_future(book):
    """SPEC 8.2: not-yet."""
    reason = "not-yet"
    pair(book, "start", reason, "Start of the session, tolerance 60", -60, -61, [], token=timed(0))
    pair(book, "issued", reason, "issued_at, tolerance 60", 840, 839, [])
    pair(book, "start-tolerance-0", reason, "Start of the session, tolerance 0", 0, -1, [],
         token=timed(0), policy=limits(tolerance=0))
    pair(book, "issued-tolerance-0", reason, "issued_at, tolerance 0", 900, 899, [],
         policy=limits(tolerance=0))
    pair(book, "issued-tolerance-300", reason, "issued_at, the greatest tolerance", 600, 599, [],
         policy=limits(tolerance=300))
    pair(book, "issued-leeway", reason, "Leeway does not add to tolerance", 840, 839, [],
         policy=limits(leeway=300))


def add_time_order(book):
    """SPEC 8.2: which reason is reported. Two deadlines have passed, so these have two faults."""
    flag = ["order"]
    both = {"token": timed(28000), "policy": limits()}
    book.token_bad("time", "both-deadlines", "Both deadlines have passed: expired is reported.",
                   ["time-expired", *flag], base={**both, "now": START + 28000}, reason="expired",
                   now=START + 40000)
    book.token_bad("time", "both-deadlines-at-once", "Both deadlines in this second: expired is "
                   "reported.", ["time-expired", *flag], reason="expired", now=START + 28800,
                   base={"token": timed(27000), "policy": limits(), "now": START + 28799})
    late = {"token": timed(900, 1800, 28800), "policy": limits(), "now": START + 29000}
    book.token_bad("time", "not-yet-and-expired", "issued_at is in the future and the absolute deadline "
                   "has passed: not-yet is reported.", ["time-not-yet", *flag], reason="not-yet",
                   base={**late, "token": timed(28970, 1800, 29001)}, now=START + 29000,
                   token=timed(30000))
    book.token_bad("time", "expired-issued-in-tolerance", "issued_at lies after the absolute deadline "
                   "and within tolerance: expired.", ["time-expired", *flag], reason="expired",
                   base={"token": timed(30000, 1800, 30000), "policy": limits(), "now": START + 29940},
                   token=timed(30000))
    book.token_bad("time", "epoch", "A token of today at the time 0.", ["time-not-yet"],
                   reason="not-yet", now=0)
    book.token_bad("time", "end-of-time", "A token of today in the year 9999.", ["time-expired"],
                   reason="expired", now=253402300799)


def session_entry(value, key=SESSION_ID):
    """A record of kind 1."""
    return Record(SESSION, key, value, EXPIRES).encode().hex()


def subject_cut(cutoff, subject=b"user-42", exempt=None, expires=EXPIRES):
    """A record of kind 2."""
    return Record(SUBJECT, digest(SUBJECT, subject), cutoff, expires, exempt).encode().hex()


def audience_cut(cutoff, purpose=PURPOSE, audience=AUDIENCE):
    """A record of kind 3."""
    key = digest(AUDIENCE_KIND, context(purpose, audience))
    return Record(AUDIENCE_KIND, key, cutoff, EXPIRES).encode().hex()


def key_entry(root=ROOT):
    """A record of kind 4."""
    return Record(KEY, digest(KEY, kid_of(root)), FOREVER, FOREVER).encode().hex()


def add_revoked(book):
    """SPEC 9.5: the verdict."""
    def bad(name, comment, flag, records, *more, base=None):
        book.token_bad("revoked", name, comment, [flag, *more], base=base, revocations=records)
    bad("generation", "The entry demands a generation above that of the token.", "revoked-session",
        [session_entry(2)], "boundary")
    bad("generation-max", "The entry demands the greatest generation.", "revoked-session",
        [session_entry(4294967294)])
    bad("logged-out", "The session is logged out.", "revoked-session", [session_entry(LOGGED_OUT)])
    greatest = {"token": sealed(claims=CLAIMS.at(generation=4294967294))}
    bad("logged-out-generation-max", "A session of the greatest generation is logged out.",
        "revoked-session", [session_entry(LOGGED_OUT)], base=greatest)
    bad("repeated", "Two entries for the session; the greater value counts.", "revoked-session",
        [session_entry(2), session_entry(1)])
    for kind, cut in (("subject", subject_cut), ("audience", audience_cut)):
        bad(f"{kind}-start-before", f"The session started one second before the cut-off of its {kind}.",
            "revoked-" + kind, [cut(START + 1)], "boundary")
        bad(f"{kind}-far", f"The cut-off of the {kind} is as far ahead as tolerance allows.",
            "revoked-" + kind, [cut(NOW + 60)], "boundary")
        bad(f"{kind}-lower-repeated", f"A lower cut-off of the {kind} follows; the greater counts.",
            "revoked-" + kind, [cut(START + 1), cut(START - 100)])
    bad("subject-16-bytes", "The subject has 16 bytes and is hashed like any other.", "revoked-subject",
        [subject_cut(START + 1, b"sixteen bytes...")],
        base={"token": sealed(claims=CLAIMS.at(subject=b"sixteen bytes..."))})
    bad("exempt-other", "The cut-off exempts another session.", "revoked-subject",
        [subject_cut(START + 1, exempt=OTHER_ID)], "exemption")
    bad("exempt-and-plain", "The session is exempt from one cut-off, not from the other.",
        "revoked-subject", [subject_cut(START + 100, exempt=SESSION_ID), subject_cut(START + 1)], "exemption")
    bad("exempt-two", "Two cut-offs with different exemptions; the lower one decides.", "revoked-subject",
        [subject_cut(START + 1, exempt=OTHER_ID), subject_cut(START + 100, exempt=SESSION_ID)], "exemption")
    bad("exempt-three", "Three cut-offs with different exemptions, of which two are kept.",
        "revoked-subject", [subject_cut(START + 3, exempt=SESSION_ID), subject_cut(START + 1, exempt=THIRD_ID),
                            subject_cut(START + 2, exempt=OTHER_ID)], "exemption")
    bad("exempt-audience", "An exemption of the subject does not lift the cut-off of the audience.",
        "revoked-audience", [subject_cut(START + 100, exempt=SESSION_ID), audience_cut(START + 1)], "exemption")
    bad("exempt-logged-out", "An exemption does not lift the entry of the session.", "revoked-session",
        [subject_cut(START + 100, exempt=SESSION_ID), session_entry(LOGGED_OUT)], "exemption")
    bad("key", "The key of the token is distrusted.", "revoked-key", [key_entry()])
    bad("beside-quarantine", "A cut-off far in the future does not displace the one that applies.",
        "revoked-subject", [subject_cut(START + 1), subject_cut(NOW + 61)], "quarantine")
    bad("among-others", "Entries without an effect stand beside the one that revokes.", "revoked-session",
        [subject_cut(START + 100, b"user-43"), key_entry(ROOT_2), session_entry(2), session_entry(9, OTHER_ID)])


def add_spared(book):
    """SPEC 9.5, 9.6: entries that do not refuse the token."""
    def good(name, comment, records, *flags, **more):
        book.token_good(name, comment, ["revocation", *flags], revocations=records, **more)
    good("generation-equal", "The generation equals the entry.", [session_entry(1)], "boundary")
    good("generation-above", "The generation is above the entry.", [session_entry(1)], "boundary",
         token=sealed(claims=CLAIMS.at(generation=2)))
    for kind, cut in (("subject", subject_cut), ("audience", audience_cut)):
        good(f"{kind}-start-at", f"The session started at the cut-off of its {kind}.", [cut(START)], "boundary")
        good(f"{kind}-start-after", f"The session started one second after the cut-off of its {kind}.",
             [cut(START - 1)], "boundary")
        good(f"{kind}-quarantined", f"The cut-off of the {kind} is too far ahead and quarantined.",
             [cut(NOW + 61)], "quarantine", "boundary")
        good(f"{kind}-quarantined-max", f"The greatest cut-off of the {kind} is quarantined.",
             [cut(CUTOFF_MAX)], "quarantine")
    good("exempt", "The session is exempt from the cut-off.", [subject_cut(START + 100, exempt=SESSION_ID)], "exemption")
    good("exempt-two-one-old", "Exempt from the greater cut-off, started after the lower one.",
         [subject_cut(START + 100, exempt=SESSION_ID), subject_cut(START)], "exemption")
    good("exempt-raised", "The exempt cut-off is repeated with a greater value.",
         [subject_cut(START + 1, exempt=SESSION_ID), subject_cut(START + 100, exempt=SESSION_ID)], "exemption")
    good("empty-subject", "A cut-off of the empty subject, which belongs to nobody.",
         [subject_cut(START + 100, b"")], token=sealed(claims=CLAIMS.at(subject=b"")))
    good("others-revoked", "Another subject, session, audience and key are revoked.",
         [subject_cut(START + 100, b"user-43"), session_entry(LOGGED_OUT, OTHER_ID),
          audience_cut(START + 100, audience=b"other"), key_entry(ROOT_2)])
    good("digest-of-other-kind", "Digests of the subject and of the context under other kinds.",
         [Record(AUDIENCE_KIND, digest(SUBJECT, b"user-42"), START + 100, EXPIRES).encode().hex(),
          Record(SUBJECT, digest(AUDIENCE_KIND, context(PURPOSE, AUDIENCE)), START + 100, EXPIRES).encode().hex()])
    good("unhashed-subject", "The key of a cut-off equals a subject of 16 bytes, not its digest.",
         [Record(SUBJECT, b"sixteen bytes...", START + 100, EXPIRES).encode().hex()],
         token=sealed(claims=CLAIMS.at(subject=b"sixteen bytes...")))


RING = "\n".join((
    "cloakroom-ring 1", "max-lifetime 28800", "rollout 3600",
    f"key {root_text(ROOT)} activate=2027-01-01T00:00:00Z",
    f"key {root_text(ROOT_2)} activate=2027-01-14T22:00:00Z",
    f"key {root_text(ROOT_3)} activate=2027-01-16T00:00:00Z", ""))
# The first key retires nine hours after 2027-01-14T22:00:00Z, one hour before START.
RING_RETIRED = START - 3600


def add_rings(book):
    """SPEC 4.6: states of keys, from a ring file too."""
    moments = {"policy": {**POLICY, "idle": 0}, "ring": RING}
    early = sealed(claims=CLAIMS.at(authenticated_at=START - 7200, offset=0, idle=0))
    book.token_bad("key", "ring-retired", "The key retires in this second, by the ring file.",
                   ["key-state", "ring-file", "boundary"], now=RING_RETIRED,
                   base={**moments, "token": early, "now": RING_RETIRED - 1})
    book.token_bad("key", "ring-disabled", "The key is marked disabled in the ring file.",
                   ["key-state", "ring-file"], base={"ring": RING, "token": sealed(root=ROOT_3)},
                   ring=RING.replace("16T00:00:00Z", "16T00:00:00Z disabled"))
    book.token_good("ring-open-only", "The last second before the key retires, by the ring file.",
                    ["key-state", "ring-file", "boundary"], **moments, token=early, now=RING_RETIRED - 1)
    book.token_good("ring-sealing", "The sealing key of a ring file.", ["key-state", "ring-file"],
                    ring=RING, token=sealed(root=ROOT_2))
    book.token_good("ring-announced", "An announced key of a ring file.", ["key-state", "ring-file"],
                    ring=RING, token=sealed(root=ROOT_3))
    for state in ("announced", "open-only", "sealing"):
        book.token_good("key-" + state, f"The key is {state}.", ["key-state"],
                        keys=[entry(ROOT_2, "sealing" if state != "sealing" else "open-only"), entry(ROOT, state)])
    book.token_good("key-unit", "A unit key.", ["unit-key"], keys=[unit_entry()])
    book.token_good("key-of-three", "The last of three keys.", ["key-state"],
                    keys=[entry(ROOT_2), entry(ROOT_3, "announced"), entry(ROOT, "open-only")])


def add_contexts(book):
    """SPEC 4.3, 6.3: purposes, audiences and bindings of all lengths."""
    def good(name, comment, **context_parts):
        inputs = {part: value.hex() for part, value in context_parts.items()}
        book.token_good(name, comment, ["context"], token=sealed(**context_parts), **inputs)
    book.token_good("example", "Purpose, audience, binding and claims like those of SPEC 6.", ["context"])
    good("audience-empty", "An empty audience.", audience=b"")
    good("binding-empty", "An empty binding.", binding=b"")
    good("binding-1024", "A binding of 1024 bytes.", binding=fill("binding", 1024))
    good("purpose-1", "A purpose of one zero byte.", purpose=b"\0")
    good("purpose-255", "Purpose and audience of 255 bytes that are not UTF-8.",
         purpose=fill("purpose", 255), audience=fill("audience", 255))


def add_stage_order(book):
    """SPEC 8.3: which stage is reported. Two stages would reject, so these have two faults."""
    flag, late = ["order"], CLAIMS.at(authenticated_at=START - 100000)
    other = {"session_id": OTHER_ID}
    ended = {"revocations": [session_entry(LOGGED_OUT, OTHER_ID)]}
    trailing = USER_BYTES + b"\0"
    book.token_bad("schema", "expired-too", "The payload does not fit, and the session has expired.", flag,
                   token=sealed(claims=late, payload=trailing))
    book.token_bad("schema", "not-yet-too", "The payload does not fit, and the session has not begun.", flag,
                   token=sealed(claims=CLAIMS.at(authenticated_at=START + 100000), payload=trailing))
    book.token_bad("schema", "revoked-too", "The payload does not fit, and the session is logged out.", flag,
                   base=ended, token=sealed(claims=CLAIMS.at(**other), payload=trailing))
    book.token_bad("time", "revoked-too", "The session has expired and is logged out.", ["time-expired", *flag],
                   base=ended, reason="expired", token=sealed(claims=late.at(**other)))
    states = {state: {"keys": [entry(ROOT, state), entry(ROOT_2)], "token": sealed(root=ROOT_2)}
              for state in ("retired", "disabled")}
    for state, base in states.items():
        book.token_bad("key", state + "-and-binding", f"The key is {state}, and the binding is another.", flag,
                       base=base, token=sealed(binding=b"device-8"))
    book.token_bad("text", "prefix-and-kid", "Another prefix, and a kid that no key has.", flag,
                   token="clk2" + sealed(root=ROOT_3)[4:])


def add_more_revoked(book):
    """SPEC 9.3, 9.5, 9.6: the tolerance that quarantines is that of the policy; ids of zero bytes."""
    zero, plain = {"token": sealed(claims=CLAIMS.at(session_id=bytes(16)))}, ["revocation", "exemption"]
    for tolerance in (0, 300):
        policy, flags = {"policy": {**POLICY, "tolerance": tolerance}}, ["quarantine", "boundary"]
        for kind, cut in (("subject", subject_cut), ("audience", audience_cut)):
            name = f"{kind}-tolerance-{tolerance}"
            book.token_good(name, f"Tolerance {tolerance}: the cut-off is one second further ahead and quarantined.",
                            ["revocation", *flags], **policy, revocations=[cut(NOW + tolerance + 1)])
            book.token_bad("revoked", name, f"Tolerance {tolerance}: the cut-off is as far ahead as it allows.",
                           ["revoked-" + kind, *flags], base=policy, revocations=[cut(NOW + tolerance)])
    book.token_good("exempt-quarantined", "A cut-off that exempts another session is quarantined like any other.",
                    [*plain, "quarantine"], revocations=[subject_cut(NOW + 61, exempt=OTHER_ID)])
    book.token_good("exempt-zero-id", "The exempt session id is 16 zero bytes, and is that of the token.", plain,
                    **zero, revocations=[subject_cut(START + 100, exempt=bytes(16))])
    book.token_bad("revoked", "exempt-zero-id", "The exempt session id is 16 zero bytes, that of the token is not.",
                   ["revoked-subject", "exemption"], revocations=[subject_cut(START + 100, exempt=bytes(16))])


def add(book):
    """All vectors of this module."""
    for part in (add_contexts, add_rings, add_deadlines, add_future, add_time_order, add_revoked, add_spared,
                 add_stage_order, add_more_revoked):
        part(book)
