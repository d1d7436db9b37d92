"""Vectors of the kind ring-replace."""

from reference.keys import unit_text
from reference.ring import parse_timestamp

from .common import AUDIENCE, PURPOSE
from .keytexts import A, B, C, PATTERNS
from .rings import LINE_A, LINE_B, LINE_C


def add_planned(good, bad, head):
    """SPEC 4.8: the bound of the sealing key is now + max-lifetime of the old ring, also where the
    old ring gives it a later or an earlier retirement."""
    at = parse_timestamp("2026-10-01T01:00:00Z")

    def ring(second, *more, first=LINE_A):
        return "\n".join([*head, *more, first, f"key {B} activate={second}"])

    def both(name, comment, fits, refused, **named):
        good(name, comment + ": equal to the bound.", fits, **named, at=at)
        bad(name, comment + ": one second before the bound.", refused, fits, **named, at=at)
    # A seals and its tokens are dead at 09:00:00Z. Its successor B was announced for the next year.
    planned = ring("2027-10-01T00:00:00Z")
    good("successor-tomorrow", "The announced successor of the sealing key moves from next year to tomorrow.",
         ring("2026-10-02T01:00:00Z"), before=planned, at=at)
    good("successor-tomorrow-retire", "The same, with the computed retirement written out.",
         ring("2026-10-02T01:00:00Z", first=LINE_A + " retire=2026-10-02T10:00:00Z"), before=planned, at=at)
    both("successor-now", "The successor moves to now", ring("2026-10-01T01:00:00Z", "rollout 0"),
         ring("2026-10-01T00:59:59Z", "rollout 0"), before=planned)
    both("successor-forced-retire", "The successor moves and a forced retirement is written",
         ring("2026-10-01T02:00:00Z", first=LINE_A + " retire=2026-10-01T09:00:00Z forced"),
         ring("2026-10-01T02:00:00Z", first=LINE_A + " retire=2026-10-01T08:59:59Z forced"), before=planned)
    halved = ring("2026-10-01T05:00:00Z", "rollout 0").replace("28800", "14400")
    both("max-lifetime-old", "max-lifetime is halved; the one of the old ring counts", halved,
         halved.replace("05:00:00Z", "04:59:59Z"), before=planned)
    doubled = ring("2026-10-01T01:00:00Z", "rollout 0", first=LINE_A + " retire=2026-10-01T09:00:00Z forced")
    both("max-lifetime-doubled", "max-lifetime is doubled; the one of the old ring counts",
         doubled.replace("28800", "57600"), doubled.replace("28800", "57600").replace("09:00:00Z", "08:59:59Z"),
         before=planned)
    # The old ring lets A retire before the tokens sealed until now are dead.
    hasty = ring("2026-10-01T02:00:00Z", first=LINE_A + " retire=2026-10-01T02:00:00Z forced")
    both("hasty", "The old ring retires the sealing key earlier than its tokens live",
         hasty.replace("retire=2026-10-01T02", "retire=2026-10-01T09"),
         hasty.replace("retire=2026-10-01T02:00:00Z", "retire=2026-10-01T08:59:59Z"), before=hasty)
    good("hasty-forced", "A ring that retires the sealing key early replaces itself only when forced.", hasty,
         forced=True, before=hasty, at=at)
    bad("hasty-same", "A ring that retires the sealing key early may not even replace itself.", hasty,
        hasty.replace("retire=2026-10-01T02", "retire=2026-10-01T09"), before=hasty, at=at)
    # B seals, A is open-only until the end of the year: this is its bound, though its tokens are dead sooner.
    late = "\n".join([*head, LINE_A + " retire=2026-12-31T00:00:00Z", LINE_B])
    both("open-only-late", "An open-only key keeps its late retirement", late,
         late.replace("2026-12-31T00:00:00Z", "2026-12-30T23:59:59Z"), before=late)
    good("open-only-longer", "An open-only key retires later than before.",
         late.replace("2026-12-31", "2027-12-31"), before=late, at=at)


def add_replace(book):
    """SPEC 4.8."""
    head = ["cloakroom-ring 1", "max-lifetime 28800"]
    old, now = "\n".join([*head, LINE_A, LINE_B]), parse_timestamp("2026-10-01T01:00:00Z")

    def inputs(new, forced=False, before=old, at=now):
        return {"old": before, "new": new, "now": at, "forced": forced}

    def good(name, comment, *arguments, **named):
        book.good("ring-replace", "ring-replace-ok-" + name, comment, ["ring-replace"], "ring-replace",
                  inputs(*arguments, **named))

    def bad(name, comment, new, base, **named):
        book.bad("ring-replace", "ring-replace-refused-" + name, comment, ["ring-replace"], "ring-replace",
                 "refused", inputs(new, **named), inputs(base, **named))
    add_c = old + "\n" + LINE_C
    without_a, without_b = "\n".join([*head, LINE_B]), "\n".join([*head, LINE_A])
    earlier = "\n".join([*head, LINE_A + " retire=2026-10-01T08:59:59Z forced", LINE_B])
    shorter = old.replace("28800", "28799")
    good("same", "The same file.", old)
    good("added", "A new key is announced.", add_c)
    good("absent-forced", "The operator forces the absence of a live key.", without_a, forced=True)
    good("earlier-forced", "The operator forces an earlier retirement.", earlier, forced=True)
    good("disabled", "A live key is marked disabled.", old.replace(LINE_A, LINE_A + " disabled"))
    late = parse_timestamp("2026-10-01T09:00:00Z")
    good("absent-retired", "A retired key is absent.", without_a, at=late)
    good("absent-announced", "An announced key is absent.", old, before=add_c)
    disabled = old.replace(LINE_A, LINE_A + " disabled")
    good("absent-disabled", "A disabled key is absent.", without_a, before=disabled)
    # B seals without a retirement; the bound for a retirement in the new file is now + 28800.
    bound = "key " + C + " activate=2026-10-01T00:30:00Z"
    good("retire-at-bound", "A key without retirement gains one at now + max-lifetime of the old ring.",
         "\n".join([*head, LINE_A, LINE_B + " retire=2026-10-01T09:00:00Z forced", bound]))
    good("disabled-to-live", "A disabled key is no longer disabled.", old, before=disabled)
    units = old
    for text, root in zip((A, B), PATTERNS):
        units = units.replace(text, unit_text(root, PURPOSE, AUDIENCE))
    good("same-kid", "A key is the same if its kid is: root keys give way to their derived keys.", units)
    good("activate-earlier", "The activation of an open-only key moves.", old.replace("2026-09-01", "2026-08-01"))
    good("activate-later", "The activation of the sealing key moves to a later time, so that it is announced again.",
         old.replace("2026-10-01T00", "2026-10-01T02"))
    bad("absent-open-only", "An open-only key is absent.", without_a, old)
    bad("absent-sealing", "The sealing key is absent.", without_b, old)
    bad("earlier", "An open-only key would retire one second earlier.", earlier, old)
    bad("shorter-lifetime", "A shorter max-lifetime makes an open-only key retire earlier.", shorter, old)
    bad("shorter-rollout", "A shorter rollout makes an open-only key retire earlier.", old + "\nrollout 3599",
        old + "\nrollout 3600")
    bad("retire-before-bound", "A key without retirement would gain one before now + max-lifetime.",
        "\n".join([*head, LINE_A, LINE_B + " retire=2026-10-01T08:59:59Z forced", bound]),
        "\n".join([*head, LINE_A, LINE_B + " retire=2026-10-01T09:00:00Z forced", bound]))
    add_planned(good, bad, head)
    bad("empty", "The new ring is empty.", "\n".join(head), old)
    bad("syntax", "The new file is malformed.", old + "\nkeys", old)
    bad("syntax-forced", "A malformed file is refused although forced.", old + "\nkeys", old, forced=True)
    bad("none-sealing-forced", "A ring without a sealing key is refused although forced.",
        "\n".join([*head, LINE_C]), without_a, forced=True)


def add(book):
    """All vectors of this module."""
    add_replace(book)
