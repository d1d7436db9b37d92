#!/usr/bin/env python3
"""Writes the vector files of this directory, or compares them.

    generate.py            writes every file
    generate.py --check    exits with 1 and a summary if a file differs from what would be written

The same files come out in every run: there is no clock and no randomness.
"""

import json
import re
import sys
from pathlib import Path

from generator import (
    common, contents, descriptions, edges, feeds, keytexts, lifetime, lists, logouts, operations, payloads, replacing,
    rings, seals, wrapping,
)
from generator.flags import FLAGS
from generator.schema import SCHEMA, violations
from reference.revocation import decode_record

HERE = Path(__file__).resolve().parent
SPEC_VERSION = "1.0"


def collect():
    """All vectors by file name."""
    book = common.Book()
    for module in (seals, payloads, contents, lifetime, operations, logouts, keytexts, rings, replacing, lists, feeds,
                   edges, descriptions, wrapping):
        module.add(book)
    return book.files


def document(vectors):
    """SPEC 16.1: the object of a file."""
    return {"format": "cloakroom-vectors", "version": 1, "spec": SPEC_VERSION,
            "count": len(vectors), "vectors": vectors}


def pretty(value):
    """UTF-8 with escapes for everything outside ASCII, LF, one line end at the end."""
    return json.dumps(value, indent=1, ensure_ascii=True) + "\n"


def check_inputs(name, kind, inputs):
    """SPEC 16.2: a policy fits its ring and the default skew, and no record has expired at now."""
    if kind in ("issue", "renew", "update", "rotate", "logout", "cutoff"):
        assert 2 + 1 <= inputs["policy"]["tolerance"] // 2, f"{name}: tolerance too small for the skew"
    if "ring" in inputs:
        policy = inputs["policy"]
        ttl = min(policy["idle"] or policy["absolute"], policy["absolute"])
        allowed = int(re.search("^max-lifetime ([0-9]+)$", inputs["ring"], re.MULTILINE)[1])
        assert ttl <= allowed, f"{name}: token lifetime {ttl} over max-lifetime {allowed}"
    for record in inputs.get("revocations", ()):
        assert decode_record(bytes.fromhex(record)).expires > inputs["now"], f"{name}: an expired record"


def build():
    """The text of every generated file by name, after the checks on all of them."""
    files, texts = collect(), {"vectors.schema.json": pretty(SCHEMA)}
    every = [vector for vectors in files.values() for vector in vectors]
    negative = sum(vector["stage"] not in ("ok", "none", "failed") for vector in every)
    assert len(every) >= 150 and 3 * negative >= 2 * len(every), (len(every), negative)
    for vector in every:
        check_inputs(vector["id"], vector["kind"], vector["inputs"])
    used = {flag for vector in every for flag in vector["flags"]}
    assert used == set(FLAGS), f"flags without use or description: {used ^ set(FLAGS)}"
    for name, vectors in files.items():
        whole = document(vectors)
        problems = violations(SCHEMA, whole)
        assert not problems, (name, problems[:5])
        texts[name + ".json"] = pretty(whole)
    return texts


def by_id(text):
    """The vectors of a file by id; empty if it is not such a file."""
    try:
        return {vector["id"]: vector for vector in json.loads(text)["vectors"]}
    except (ValueError, KeyError, TypeError):
        return {}


def difference(name, old, new):
    """A summary of what differs in a file, one line each."""
    if old is None:
        return [f"{name}: missing"]
    before, after = by_id(old), by_id(new)
    lines = [f"{name}: {i}: not committed" for i in after if i not in before]
    lines += [f"{name}: {i}: no longer generated" for i in before if i not in after]
    for i in after:
        if i in before and before[i] != after[i]:
            members = [m for m in after[i] if before[i].get(m) != after[i][m]]
            lines.append(f"{name}: {i}: differs in {', '.join(members) or 'member names'}")
    return lines or [f"{name}: differs in its layout or header"]


def check(texts):
    """Compares the files of this directory with their texts; returns the summary."""
    lines = []
    for name, text in texts.items():
        path = HERE / name
        old = path.read_bytes().decode("utf-8", "replace") if path.exists() else None
        if old != text:
            lines += difference(name, old, text)
    paths = [*HERE.glob("*.json"), *HERE.glob("edge/*.json"), *HERE.glob("wrapped/*.json")]
    extra = {path.relative_to(HERE).as_posix() for path in paths} - set(texts)
    return lines + [f"{name}: not generated" for name in sorted(extra)]


def main(arguments):
    """Reads the command line."""
    if arguments not in ([], ["--check"]):
        print(__doc__)
        return 2
    texts = build()
    if arguments:
        lines = check(texts)
        print("\n".join(lines) if lines else f"{len(texts)} files are as generated")
        return 1 if lines else 0
    for name, text in texts.items():
        (HERE / name).parent.mkdir(exist_ok=True)
        (HERE / name).write_bytes(text.encode())
    print(f"{len(texts)} files written")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
