"""Vectors of the kind ring-replace."""

from reference.ring import parse_timestamp

from .keytexts import A, B, C
from .rings import LINE_A, LINE_B, LINE_C


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
    bad("absent-open-only", "An open-only key is absent.", without_a, old)
    bad("absent-sealing", "The sealing key is absent.", without_b, old)
    bad("earlier", "An open-only key would retire one second earlier.", earlier, old)
    bad("shorter-lifetime", "A shorter max-lifetime makes an open-only key retire earlier.", shorter, old)
    bad("shorter-rollout", "A shorter rollout makes an open-only key retire earlier.", old + "\nrollout 3599",
        old + "\nrollout 3600")
    bad("retire-before-bound", "A key without retirement would gain one before now + max-lifetime.",
        "\n".join([*head, LINE_A, LINE_B + " retire=2026-10-01T08:59:59Z forced", bound]),
        "\n".join([*head, LINE_A, LINE_B + " retire=2026-10-01T09:00:00Z forced", bound]))
    bad("empty", "The new ring is empty.", "\n".join(head), old)
    bad("syntax", "The new file is malformed.", old + "\nkeys", old)
    bad("syntax-forced", "A malformed file is refused although forced.", old + "\nkeys", old, forced=True)
    bad("none-sealing-forced", "A ring without a sealing key is refused although forced.",
        "\n".join([*head, LINE_C]), without_a, forced=True)


def add(book):
    """All vectors of this module."""
    add_replace(book)
