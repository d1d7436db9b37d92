"""Vectors of the kinds issue, renew, update, rotate, age and digest."""

from reference.keys import context, kid_of, root_text
from reference.token import PLAINTEXT_MAX
from reference.claims import TIME_MAX, encode_claims
from reference.revocation import FOREVER

from .common import (
    AUDIENCE, BINDING, CLAIMS, LOOSE, OTHER_ID, POLICY, PURPOSE, RAW_READER, ROOT, ROOT_2, ROOT_3,
    SESSION_ID, START, USER_BYTES, entry, fill, sealed, token_inputs, unit_entry,
    with_changes,
)
from .lifetime import audience_cut, key_entry, session_entry, subject_cut

ISSUE = {
    "key": root_text(ROOT),
    "purpose": PURPOSE.hex(),
    "audience": AUDIENCE.hex(),
    "binding": BINDING.hex(),
    "policy": POLICY,
    "now": START,
    "session_id": SESSION_ID.hex(),
    "subject": b"user-42".hex(),
    "payload": USER_BYTES.hex(),
    "major": 1,
    "minor": 0,
    "revocations": [],
}
ADMIN = {"payload": (USER_BYTES[:-1] + b"\1").hex(), "major": 1, "minor": 0}


def issue_inputs(**changes):
    """The inputs of an issue vector."""
    return with_changes(ISSUE, changes)


def largest_payload(absolute):
    """How many payload bytes fit with the claims of ISSUE."""
    claims = CLAIMS.at(generation=0, offset=absolute - 1, absolute=absolute)
    return PLAINTEXT_MAX - len(encode_claims(claims))


def add_issue(book):
    """SPEC 8.4."""
    def good(name, comment, flags, **changes):
        book.good("issue", "issue-ok-" + name, comment, flags, "issue", issue_inputs(**changes))

    def bad(name, comment, flags, base=None, **changes):
        book.bad("issue", "issue-refused-" + name, comment, flags, "issue", "refused",
                 issue_inputs(**{**(base or {}), **changes}), issue_inputs(**(base or {})))
    size, fits = largest_payload(28800), ["size", "boundary"]
    good("login", "A login.", ["issue"])
    good("unit-key", "A login sealed with a unit key.", ["issue", "unit-key"], key=unit_entry()["text"])
    good("no-idle", "A policy without idle timeout.", ["issue"], policy={**POLICY, "idle": 0})
    good("idle-above-absolute", "The idle timeout of the policy is greater than the absolute one.",
         ["issue"], policy={**POLICY, "idle": 86400})
    good("empty-subject", "The empty subject; cut-offs of subjects play no part.", ["issue", "start-bound"],
         subject="", revocations=[subject_cut(START + 31, b"")])
    good("subject-255", "A subject of 255 bytes.", ["issue", "boundary"], subject=(b"s" * 255).hex())
    good("payload-largest", "The largest payload that fits at every renewal.", fits,
         payload=fill("payload", size).hex())
    short = {**POLICY, "absolute": 100, "idle": 0}
    good("payload-largest-short", "The largest payload with a short absolute timeout.", fits,
         policy=short, payload=fill("payload", 3024 - len(encode_claims(CLAIMS.at(
             generation=0, offset=0, idle=0, absolute=100)))).hex())
    good("start-subject", "The start follows a cut-off of the subject.", ["start-bound"],
         revocations=[subject_cut(START + 3)])
    good("start-audience", "The start follows a cut-off of the audience.", ["start-bound"],
         revocations=[audience_cut(START + 3)])
    good("start-limit", "The cut-off is as far ahead as the start bound allows.", ["start-bound", "boundary"],
         revocations=[subject_cut(START + 30)])
    good("start-limit-odd", "Half of an odd tolerance is rounded down.", ["start-bound", "boundary"],
         policy={**POLICY, "tolerance": 61}, revocations=[audience_cut(START + 30)])
    good("start-greatest", "The greatest of several cut-offs counts, exemptions do not.", ["start-bound"],
         revocations=[subject_cut(START + 5), subject_cut(START + 9, exempt=SESSION_ID),
                      audience_cut(START + 7)])
    good("start-past", "Cut-offs in the past do not move the start.", ["start-bound"],
         revocations=[subject_cut(START - 1), audience_cut(START)])
    good("start-quarantine", "A quarantined cut-off does not move the start.", ["start-bound", "quarantine"],
         revocations=[subject_cut(START + 61)])
    good("other-entries", "A key entry and entries of others do not prevent a login.", ["start-bound"],
         revocations=[key_entry(ROOT_2), subject_cut(START + 31, b"user-43"),
                      audience_cut(START + 31, audience=b"other"), session_entry(2, OTHER_ID)])
    bad("key-distrusted", "The sealing key was distrusted, so the token would be dead at once.",
        ["start-bound"], revocations=[key_entry(ROOT)])
    bad("session-id-revoked", "The view has an entry for the session id that was drawn.", ["start-bound"],
        revocations=[session_entry(1)])
    bad("start-subject", "A cut-off of the subject is too far ahead.", ["start-bound", "boundary"],
        revocations=[subject_cut(START + 31)])
    bad("start-audience", "A cut-off of the audience is too far ahead.", ["start-bound", "boundary"],
        revocations=[audience_cut(START + 31)])
    bad("start-exempt", "A cut-off with an exemption for this session id is too far ahead.", ["start-bound"],
        revocations=[subject_cut(START + 31, exempt=SESSION_ID)])
    bad("start-odd", "Half of an odd tolerance is rounded down.", ["start-bound", "boundary"],
        base={"policy": {**POLICY, "tolerance": 61}}, revocations=[subject_cut(START + 31)])
    bad("start-second-pair", "The lower of two cut-offs is too far ahead as well.", ["start-bound"],
        revocations=[subject_cut(START + 40, exempt=OTHER_ID), subject_cut(START + 31)])
    bad("payload", "The payload would fit at login but not with the longest issued_at.", fits,
        payload=fill("payload", size + 1).hex())
    bad("payload-long", "The payload alone is too large.", ["size"], payload=fill("payload", 3025).hex())
    bad("payload-short", "One byte too many with a short absolute timeout.", fits,
        base={"policy": short}, payload=fill("payload", 3024 - len(encode_claims(CLAIMS.at(
            generation=0, offset=0, idle=0, absolute=100))) + 1).hex())
    bad("subject-256", "A subject of 256 bytes.", ["issue", "boundary"], subject=(b"s" * 256).hex())
    last = {"now": TIME_MAX, "revocations": [subject_cut(TIME_MAX, expires=FOREVER)]}
    good("start-time-max", "The start is 253402300799.", ["start-bound", "boundary"], **last)
    bad("start-beyond-time-max", "The start would be 253402300800.", ["start-bound", "boundary"], base=last,
        revocations=[subject_cut(TIME_MAX + 1, expires=FOREVER)])


def renew_inputs(**changes):
    """The inputs of a renew vector: half of the idle timeout has passed."""
    inputs = token_inputs(policy=POLICY, now=START + 1800)
    inputs = {**inputs, "share": [1, 2]}
    return with_changes(inputs, changes)


def renewable(**changes):
    """A token with other claims."""
    return sealed(claims=CLAIMS.at(**changes))


def add_renew(book):
    """SPEC 8.5."""
    def good(name, comment, flags, **changes):
        book.good("renew", "renew-ok-" + name, comment, flags, "renew", renew_inputs(**changes))

    def none(name, comment, flags, base=None, **changes):
        book.bad("renew", "renew-none-" + name, comment, flags, "renew", "none",
                 renew_inputs(**{**(base or {}), **changes}), renew_inputs(**(base or {})))
    due, at = ["renew-due", "boundary"], ["renew-due"]
    good("due", "Exactly the share of the idle timeout has passed.", due)
    good("late", "The last second before the idle deadline.", at, now=START + 2699)
    good("share-zero", "Share 0 renews in the second of issue; the token is the same.", due,
         share=[0, 1], now=START + 900)
    good("share-third", "The share is rounded down.", due, share=[1, 3], policy={**POLICY, "idle": 1000},
         now=START + 900 + 333)
    good("share-large", "Numerator and denominator of 32 bits.", due,
         share=[4294967294, 4294967295], now=START + 900 + 1799)
    good("policy-timeouts", "The new token has the smaller timeouts of the policy.", ["policy"],
         policy={**POLICY, "idle": 1000, "absolute": 20000}, now=START + 900 + 500)
    good("token-timeouts", "The policy has greater timeouts; those of the token stay.", ["policy"],
         policy={**POLICY, "idle": 86400, "absolute": 864000})
    good("policy-idle-only", "Only the policy has an idle timeout.", ["policy"], token=renewable(idle=0))
    good("issued-ahead", "issued_at is ahead of now and stays.", ["renew-due"], share=[0, 1],
         now=START + 880)
    good("last-second", "The last second before the absolute deadline.", ["boundary"],
         token=renewable(offset=27500), now=START + 28799)
    good("next-key", "Opened with an open-only key, sealed with the sealing key.", ["key-state"],
         keys=[entry(ROOT, "open-only"), entry(ROOT_2)])
    good("announced-key", "Opened with an announced key, sealed with the sealing key.", ["key-state"],
         keys=[entry(ROOT_2), entry(ROOT, "announced")])
    good("unit-key", "Unit keys.", ["unit-key"], keys=[unit_entry(), unit_entry(ROOT_2, state="announced")])
    good("newer-minor", "A read-only session is renewed with its payload unchanged.", ["newer-minor"],
         token=sealed(claims=CLAIMS.at(minor=3), payload=USER_BYTES + b"tail"))
    good("older-minor", "The payload of an older minor is copied, not completed.", ["older-minor"],
         reader={"shape": "user-2", "major": 1, "minor": 2})
    good("entry", "Entries that do not refuse the session.", ["revocation"],
         revocations=[session_entry(1), subject_cut(START + 50, exempt=SESSION_ID)])
    good("start-now", "The session starts in this second.", ["boundary"], share=[0, 1], now=START,
         token=renewable(offset=0))
    good("key-distrusted-other", "Another key than the sealing one is distrusted.", ["key-state", "revocation"],
         keys=[entry(ROOT, "open-only"), entry(ROOT_2), entry(ROOT_3, "announced")],
         revocations=[key_entry(ROOT_3)])
    none("key-distrusted", "The sealing key was distrusted, so the new token would be dead at once.",
         ["key-state", "revocation"], base={"keys": [entry(ROOT, "open-only"), entry(ROOT_2)]},
         revocations=[key_entry(ROOT_2)])
    none("not-due", "One second before the share of the idle timeout.", due, now=START + 1799)
    none("not-due-third", "The share is rounded down, one second earlier.", due,
         base={"share": [1, 3], "policy": {**POLICY, "idle": 1000}, "now": START + 1233},
         now=START + 1232)
    huge = {"share": [4294967294, 4294967295], "now": START + 4294967294,
            "policy": {**LOOSE, "idle": 0}, "token": renewable(offset=0, idle=4294967295, absolute=4294967295)}
    good("share-greatest", "The product of idle timeout and numerator needs 64 bits, unsigned.", due, **huge)
    none("share-greatest", "The same product, one second earlier.", due, base=huge, now=START + 4294967293)
    none("no-idle", "Neither token nor policy has an idle timeout.", at, token=renewable(idle=0),
         base={"policy": {**POLICY, "idle": 0}})
    none("not-due-policy", "The idle timeout of the token is the smaller one and not yet due.", due,
         base={"policy": {**POLICY, "idle": 86400}}, now=START + 1799)
    none("issued-ahead", "issued_at is ahead of now: the difference is taken as 0.", at, now=START + 880)
    none("start-ahead", "The session starts one second from now.", ["boundary"], now=START - 1,
         base={"share": [0, 1], "now": START, "token": renewable(offset=0)})
    ahead = {"share": [0, 1], "token": renewable(offset=28799), "now": START + 28799}
    leeway = {**POLICY, "leeway": 300}
    none("absolute-in-leeway", "The absolute deadline has passed; leeway keeps the token alive but "
         "does not renew it.", ["boundary"], base={**ahead, "policy": leeway}, now=START + 28800)
    none("issued-at-deadline", "issued_at is ahead of now and at the absolute deadline.", ["boundary"],
         base=ahead, token=renewable(offset=28800))
    none("policy-absolute", "The absolute timeout of the policy has passed; leeway keeps the token alive.",
         ["policy", "boundary"], base={"policy": {**LOOSE, "absolute": 2000, "leeway": 300}, "now": START + 1999},
         now=START + 2000)


def update_inputs(**changes):
    """The inputs of an update vector."""
    return with_changes({**token_inputs(), "new": ADMIN}, changes)


def add_update(book):
    """SPEC 8.6."""
    def good(name, comment, flags, **changes):
        book.good("update", "update-ok-" + name, comment, flags, "update", update_inputs(**changes))

    def bad(name, comment, flags, base=None, **changes):
        book.bad("update", "update-refused-" + name, comment, flags, "update", "refused",
                 update_inputs(**{**(base or {}), **changes}), update_inputs(**(base or {})))

    def filled(absolute, more=0):
        claims = CLAIMS.at(offset=absolute - 1, absolute=absolute)
        length = PLAINTEXT_MAX - len(encode_claims(claims)) + more
        return {"payload": fill("payload", length).hex(), "major": 1, "minor": 0}
    fits, newer = ["size", "boundary"], sealed(claims=CLAIMS.at(minor=3), payload=USER_BYTES + b"tail")
    good("payload", "A new payload of the same schema.", ["update"])
    good("same", "The same payload again: only issued_at moves.", ["update"],
         new={**ADMIN, "payload": USER_BYTES.hex()})
    good("empty", "An empty payload.", ["update"], new={**ADMIN, "payload": ""})
    good("schema", "A payload of another schema.", ["update"], new={"payload": "00", "major": 2, "minor": 5})
    good("older-minor", "A session of an older minor gets a payload of the minor of the reader.", ["older-minor"],
         reader={"shape": "user-2", "major": 1, "minor": 2},
         new={"payload": (USER_BYTES + b"\0\0").hex(), "major": 1, "minor": 2})
    good("generation-max", "The greatest generation stays.", ["update", "boundary"],
         token=renewable(generation=4294967294))
    good("issued-ahead", "issued_at is ahead of now and stays.", ["update"], now=START + 880)
    good("policy-timeouts", "The new token has the smaller timeouts of the policy.", ["policy"],
         policy={**POLICY, "idle": 600, "absolute": 20000})
    good("no-idle", "Without idle timeout an update moves issued_at too.", ["policy"],
         token=renewable(idle=0), policy={**POLICY, "idle": 0})
    good("next-key", "Opened with an open-only key, sealed with the sealing key.", ["key-state"],
         keys=[entry(ROOT, "open-only"), entry(ROOT_2)])
    good("unit-key", "Unit keys.", ["unit-key"], keys=[unit_entry(), unit_entry(ROOT_2, state="announced")])
    good("entry-equal", "An entry with the generation of the token.", ["revocation"], revocations=[session_entry(1)])
    good("payload-largest", "The largest new payload.", fits, new=filled(28800))
    short = {"policy": {**POLICY, "absolute": 16384}}
    good("payload-largest-policy", "The absolute timeout of the new claims, not of the token, limits the size.",
         fits, **short, new=filled(16384))
    bad("key-distrusted", "The sealing key was distrusted, so the new token would be dead at once.",
        ["key-state", "revocation"], base={"keys": [entry(ROOT, "open-only"), entry(ROOT_2)]},
        revocations=[key_entry(ROOT_2)])
    bad("read-only", "The session is read-only.", ["newer-minor"], token=newer)
    bad("read-only-empty-tail", "The session is read-only although nothing follows the known fields.", ["newer-minor"],
        token=sealed(claims=CLAIMS.at(minor=1)))
    bad("payload-large", "A new payload that is too large with the longest issued_at.", fits, new=filled(28800, 1))
    bad("payload-large-policy", "One byte too many with the shorter absolute timeout of the policy.", fits,
        base=short, new=filled(16384, 1))
    bad("payload-long", "The payload alone is too large.", ["size"],
        new={"payload": fill("payload", 3025).hex(), "major": 1, "minor": 0})


def rotate_inputs(**changes):
    """The inputs of a rotate vector."""
    inputs = {**token_inputs(), "new": None, "entry_life": 1922}
    return with_changes(inputs, changes)


def add_rotate(book):
    """SPEC 8.7."""
    def good(name, comment, flags, **changes):
        book.good("rotate", "rotate-ok-" + name, comment, flags, "rotate", rotate_inputs(**changes))

    def bad(name, comment, flags, base=None, **changes):
        book.bad("rotate", "rotate-refused-" + name, comment, flags, "rotate", "refused",
                 rotate_inputs(**{**(base or {}), **changes}), rotate_inputs(**(base or {})))
    newer = sealed(claims=CLAIMS.at(minor=3), payload=USER_BYTES + b"tail")
    good("plain", "A rotation without new payload.", ["rotate"])
    good("payload", "A rotation with new payload.", ["rotate"], new=ADMIN)
    good("schema", "A rotation with a payload of another schema.", ["rotate"],
         new={"payload": "00", "major": 2, "minor": 5})
    good("read-only", "A read-only session is rotated with its payload unchanged.", ["newer-minor"], token=newer)
    good("first", "The first rotation, from generation 0.", ["rotate"], token=renewable(generation=0))
    good("last", "The last generation that can be reached.", ["rotate", "boundary"],
         token=renewable(generation=4294967293))
    good("issued-ahead", "issued_at is ahead of now and stays.", ["rotate"], now=START + 880)
    good("policy-timeouts", "The new token has the smaller timeouts of the policy.", ["policy"],
         policy={**POLICY, "idle": 600, "absolute": 20000})
    good("no-idle", "Without idle timeout a rotation moves issued_at too.", ["policy"],
         token=renewable(idle=0), policy={**POLICY, "idle": 0})
    good("next-key", "Opened with an open-only key, sealed with the sealing key.", ["key-state"],
         keys=[entry(ROOT, "open-only"), entry(ROOT_2)])
    good("entry-equal", "An entry with the generation of the token.", ["revocation"],
         revocations=[session_entry(1)])
    good("life-0", "An entry life of 0.", ["rotate"], entry_life=0)
    size = PLAINTEXT_MAX - len(encode_claims(CLAIMS.at(offset=28799)))
    raw = {"reader": RAW_READER}
    good("payload-largest", "The largest new payload.", ["size", "boundary"],
         new={"payload": fill("payload", size).hex(), "major": 1, "minor": 0})
    bad("payload-large", "A new payload that is too large with the longest issued_at.",
        ["size", "boundary"], new={"payload": fill("payload", size + 1).hex(), "major": 1, "minor": 0})
    bad("key-distrusted", "The sealing key was distrusted: nothing is published for a token that would "
        "be dead at once.", ["key-state", "revocation"],
        base={"keys": [entry(ROOT, "open-only"), entry(ROOT_2)]}, revocations=[key_entry(ROOT_2)])
    bad("generation", "No generation is left.", ["rotate", "boundary"], token=renewable(generation=4294967294))
    bad("read-only", "A read-only session with new payload.", ["newer-minor"], new=ADMIN,
        base={"token": newer})
    growing = CLAIMS.at(generation=127)
    rest = PLAINTEXT_MAX - len(encode_claims(growing.at(offset=28799)))
    bad("generation-grows", "The payload fits, but not with the longer encoding of the next generation.",
        ["size", "boundary"], base={**raw, "token": sealed(claims=growing, payload=fill("payload", rest - 1))},
        token=sealed(claims=growing, payload=fill("payload", rest)))


def fullest(offset=900, payload_more=0, **changes):
    """Claims and a raw payload that fill a plaintext at this offset."""
    claims = CLAIMS.at(offset=offset, **changes)
    rest = PLAINTEXT_MAX - len(encode_claims(claims)) + payload_more
    return sealed(claims=claims, payload=fill("payload", rest))


def add_sizes(book):
    """SPEC 8.5, 8.7, 8.12: a renewal is limited by Seal alone, a rotation by the longest issued_at."""
    raw, flags = {"reader": RAW_READER}, ["size", "boundary"]
    book.good("renew", "renew-ok-full", "A plaintext of 3024 bytes is renewed while issued_at takes no more bytes.",
              flags, "renew", renew_inputs(**raw, token=fullest()))
    last = {**raw, "token": fullest(15000), "now": START + 16383}
    book.good("renew", "renew-ok-full-last", "The last second in which issued_at takes two bytes.", flags, "renew",
              renew_inputs(**last))
    book.bad("renew", "renew-none-full", "With one byte more for issued_at the token would be too large.", flags,
             "renew", "none", renew_inputs(**{**last, "now": START + 16384}), renew_inputs(**last))
    book.bad("rotate", "rotate-refused-copied-large", "The copied payload is too large with the longest issued_at.",
             flags, "rotate", "refused", rotate_inputs(**raw, token=fullest()),
             rotate_inputs(**raw, token=fullest(payload_more=-1)))
    short = {**raw, "policy": {**POLICY, "absolute": 16384}}
    book.good("rotate", "rotate-ok-full-policy", "The absolute timeout of the new claims, not of the token, limits "
              "the size.", flags, "rotate", rotate_inputs(**short, token=fullest()))
    book.good("rotate", "rotate-ok-older-minor", "A payload of an older minor is copied with its minor.",
              ["older-minor"], "rotate", rotate_inputs(reader={"shape": "user-2", "major": 1, "minor": 2}))


def add_doubles(book):
    """SPEC 8.5: the share of the idle timeout is taken in whole numbers."""
    near = {"share": [4294967293, 4294967295], "policy": {**LOOSE, "idle": 0},
            "token": renewable(offset=0, idle=2147483648, absolute=4294967295), "now": START + 2147483646}
    flags = ["renew-due", "boundary"]
    book.good("renew", "renew-ok-share-whole", "The quotient is just below a whole number, which a double would give.",
              flags, "renew", renew_inputs(**near))
    book.bad("renew", "renew-none-share-whole", "The same, one second earlier.", flags, "renew", "none",
             renew_inputs(**{**near, "now": START + 2147483645}), renew_inputs(**near))


def add_ahead(book):
    """SPEC 8.6, Advance: a session that starts ahead, and one past its absolute deadline."""
    late = {"token": renewable(offset=28799, idle=0), "policy": {**POLICY, "idle": 0, "leeway": 300}}
    for kind, inputs in (("update", update_inputs), ("rotate", rotate_inputs)):
        start = {"token": renewable(offset=0)}
        other = {**start, "keys": [entry(ROOT, "open-only"), entry(ROOT_2)]}
        for name, now in (("start-ahead", START - 1), ("start-tolerance", START - 60)):
            book.good(kind, f"{kind}-ok-{name}", f"The session starts {START - now} seconds from now: issued_at is its start.",
                      [kind, "boundary"], kind, inputs(**start, now=now))
        book.good(kind, f"{kind}-ok-start-other-key", "The session starts now; the key that seals is another.",
                  [kind, "key-state", "boundary"], kind, inputs(**other, now=START))
        book.bad(kind, f"{kind}-unavailable-start-other-key", "The session starts one second from now, and the key "
                 "that seals is another.", [kind, "key-state", "boundary"], kind, "unavailable",
                 inputs(**other, now=START - 1), inputs(**other, now=START))
        book.bad(kind, f"{kind}-time-absolute", "The absolute deadline has passed; leeway keeps the token alive but "
                 "gives no new one.", [kind, "boundary"], kind, "time", inputs(**late, now=START + 28800),
                 inputs(**late, now=START + 28799))


def age_inputs(question, limit, now, leeway=0):
    """The inputs of an age vector."""
    return {"now": now, "leeway": leeway, "authenticated_at": START, "issued_at": START + 900, question: limit}


def add_age(book):
    """SPEC 8.10."""
    for question, since in (("max_age", START + 900), ("require_fresh", START)):
        name = question.replace("_", "-")
        for leeway in (0, 5, 300):
            last = since + 600 + leeway
            alive = age_inputs(question, 600, last - 1, leeway)
            book.good("age", f"age-{name}-leeway-{leeway}-ok", f"One second before the age of 600 seconds "
                      f"and leeway {leeway} is reached.", ["age", "boundary"], "age", alive)
            book.bad("age", f"age-{name}-leeway-{leeway}-failed", f"The age of 600 seconds and leeway "
                     f"{leeway} is reached.", ["age", "boundary"], "age", "failed",
                     age_inputs(question, 600, last, leeway), alive)
        ahead = age_inputs(question, 1, since - 60)
        book.good("age", f"age-{name}-ahead-ok", "The time lies ahead of now: the age is 0.", ["age"], "age", ahead)
        book.bad("age", f"age-{name}-zero-failed", "A limit of 0 without leeway always fails.", ["age", "boundary"],
                 "age", "failed", age_inputs(question, 0, since - 60), ahead)


CUTOFF = {"key": root_text(ROOT), "purpose": PURPOSE.hex(), "audience": AUDIENCE.hex(), "policy": POLICY, "now": START,
          "revocations": [], "subject": b"user-42".hex(), "before": None}


def add_cutoff(book):
    """SPEC 8.9, 9.6: C of a cut-off."""
    flag, edge = ["cutoff"], ["cutoff", "boundary"]

    def good(name, comment, flags=flag, **changes):
        book.good("cutoff", "cutoff-ok-" + name, comment, flags, "cutoff", with_changes(CUTOFF, changes))

    def bad(name, comment, base=None, **changes):
        base = with_changes(CUTOFF, base or {})
        book.bad("cutoff", "cutoff-refused-" + name, comment, edge, "cutoff", "refused", with_changes(base, changes), base)
    for kind, members, cut in (("subject", {}, subject_cut), ("audience", {"subject": None}, audience_cut)):
        def after(ahead, **named):
            return {**members, "revocations": [cut(START + ahead, **named)]}
        good(kind, f"A cut-off of the {kind} that takes effect now: skew + 1 seconds ahead.", **members)
        good(kind + "-again", "An earlier cut-off lies skew + 1 seconds ahead: this one lies behind it.", edge, **after(3))
        good(kind + "-limit", "Not behind an earlier one that lies half the tolerance ahead.", edge, **after(30))
        good(kind + "-quarantined", "An earlier one is in quarantine.", ["cutoff", "quarantine"], **after(61))
        good(kind + "-asked", "A time that was asked for, long ago.", **members, before=START - 86400)
        good(kind + "-asked-limit", "Half the tolerance ahead.", edge, **members, before=START + 30)
        bad(kind + "-asked", "One second further ahead than half the tolerance.", members, before=START + 31)
        bad(kind + "-asked-odd", "Half of an odd tolerance is rounded down.",
            {**members, "policy": {**POLICY, "tolerance": 61}}, before=START + 31)
        if kind == "audience":
            continue
        good(kind + "-past", "An earlier cut-off lies in the past.", **after(-10))
        good(kind + "-below", "An earlier cut-off lies less than skew + 1 seconds ahead.", edge, **after(2))
        good(kind + "-before-limit", "Behind an earlier one, half the tolerance ahead.", edge, **after(29))
        good(kind + "-beyond-limit", "An earlier one lies as far ahead as the tolerance.", edge, **after(60))
        good(kind + "-odd", "Half of an odd tolerance is rounded down.", edge, **after(50),
             policy={**POLICY, "tolerance": 61})
        good(kind + "-least", "The least tolerance for the skew.", edge, **after(5), policy={**POLICY, "tolerance": 6})
        good(kind + "-asked-zero", "The time 0.", edge, **members, before=0)
        good(kind + "-asked-now", "A time that was asked for is not raised.", edge, **after(20), before=START)
        good(kind + "-end", "The end of time: the cut-off lies behind it.", edge, **members, now=TIME_MAX)
    good("subject-exempt", "An earlier cut-off exempts a session, and counts.", ["cutoff", "exemption"],
         revocations=[subject_cut(START + 9, exempt=SESSION_ID)])
    good("subject-of-audience", "An earlier cut-off of the audience counts for a subject.",
         revocations=[audience_cut(START + 7)])
    good("subject-both", "The greatest of several counts.",
         revocations=[subject_cut(START + 5), audience_cut(START + 7), subject_cut(START + 6, exempt=OTHER_ID)])
    good("subject-other", "That of another subject does not count.", revocations=[subject_cut(START + 9, b"user-43")])
    good("subject-entries", "Entries of sessions and keys do not count.",
         revocations=[session_entry(4294967295), key_entry(ROOT_2)])
    good("subject-255", "A subject of 255 bytes.", edge, subject=(b"s" * 255).hex())
    bad("subject-256", "A subject of 256 bytes.", subject=(b"s" * 256).hex())
    bad("subject-empty", "The empty subject is nobody's.", subject="")


def add_digest(book):
    """SPEC 9.2."""
    cases = (
        ("subject", "A subject.", 2, b"user-42"),
        ("subject-utf8", "A subject of UTF-8.", 2, "zoë@example.com".encode()),
        ("subject-empty", "The empty string; the function is defined for it.", 2, b""),
        ("subject-16", "A subject of 16 bytes is hashed.", 2, b"sixteen bytes..."),
        ("subject-255", "A subject of 255 bytes.", 2, fill("subject", 255)),
        ("tenant", "A test of the function alone.", 3, b"tenant-a"),
        ("context", "A context.", 3, context(PURPOSE, AUDIENCE)),
        ("context-longest", "The longest context.", 3, context(fill("purpose", 255), fill("audience", 255))),
        ("kid", "A kid.", 4, bytes.fromhex("00000007")),
        ("kid-example", "The kid of a key.", 4, kid_of(bytes(range(32)))),
    )
    for name, comment, kind, data in cases:
        book.good("digest", "digest-" + name, comment, ["digest"], "digest", {"kind": kind, "data": data.hex()})


def add(book):
    """All vectors of this module."""
    for part in (add_issue, add_renew, add_update, add_rotate, add_sizes, add_doubles, add_ahead, add_cutoff, add_age, add_digest):
        part(book)
