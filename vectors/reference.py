#!/usr/bin/env python3
"""Command line of the second implementation of the clk1 session-token format.

    reference.py --self-test                 vectors of RFC 8439 and draft-irtf-cfrg-xchacha
    reference.py check [FILE ...]            all vectors, or those of the files
    reference.py count                       how many vectors there are, by kind and stage
    reference.py accumulate COUNT [--fast]   the hash of SPEC 16.4; --fast needs PyNaCl
    reference.py reopen COUNT                opens the first COUNT tokens of SPEC 16.4 again
    reference.py answer                      answers requests on standard input, one JSON line each
"""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

from reference import bulk, selftest
from reference.payload import same_value
from reference.runner import answer, run

HERE = Path(__file__).resolve().parent


def vector_files():
    """SPEC 16.1: all vector files; the JSON Schema beside them is not one."""
    return sorted(p for p in HERE.glob("*.json") if p.name != "vectors.schema.json")


def check_file(path):
    """Runs every vector of a file; returns their number and the messages of failures."""
    data = json.loads(path.read_text(encoding="utf-8"))
    failures = []
    for vector in data["vectors"]:
        stage, expected = run(vector["kind"], vector["inputs"], vector["expected"])
        if stage != vector["stage"] or not same_value(expected, vector["expected"]):
            failures.append(f"{path.name}: {vector['id']}: got stage {stage}, wanted {vector['stage']}")
    if data["count"] != len(data["vectors"]):
        failures.append(f"{path.name}: wrong count")
    return len(data["vectors"]), failures


def command_check(names):
    """The command check."""
    total, failures = 0, []
    for path in [Path(name) for name in names] or vector_files():
        number, found = check_file(path)
        total += number
        failures += found
    print("\n".join([*failures, f"{total} vectors, {len(failures)} failures"]))
    return 1 if failures else 0


def command_count():
    """The command count."""
    counts = Counter()
    for path in vector_files():
        for vector in json.loads(path.read_text(encoding="utf-8"))["vectors"]:
            counts[vector["kind"], vector["stage"]] += 1
    for (kind, stage), number in sorted(counts.items()):
        print(f"{kind:13} {stage:8} {number:4}")
    rejected = sum(number for (_, stage), number in counts.items() if stage not in ("ok", "none", "failed"))
    print(f"{counts.total()} vectors, {rejected} of them rejected or refused")
    return 0


def command_reopen(count):
    """The command reopen."""
    failed = [i for i in range(count) if not bulk.reopens(i, bulk.token_of(i))]
    print(f"{count - len(failed)} of {count} tokens open to their plaintext")
    return 1 if failed else 0


def command_answer():
    """The command answer: what a vector of this kind with these inputs would expect."""
    for line in sys.stdin:
        request = json.loads(line)
        stage, expected = answer(request["kind"], request["inputs"], request.get("expected"))
        print(json.dumps({"stage": stage, "expected": expected}), flush=True)
    return 0


def main(arguments):
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--self-test", action="store_true")
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("check").add_argument("files", nargs="*")
    commands.add_parser("count")
    accumulate = commands.add_parser("accumulate")
    accumulate.add_argument("count", type=int)
    accumulate.add_argument("--fast", action="store_true")
    commands.add_parser("answer")
    commands.add_parser("reopen").add_argument("count", type=int)
    options = parser.parse_args(arguments)
    if options.self_test:
        print("passed:", ", ".join(selftest.run()))
        return 0
    if options.command == "check":
        return command_check(options.files)
    if options.command == "count":
        return command_count()
    if options.command == "accumulate":
        print(bulk.accumulate(options.count, options.fast))
        return 0
    if options.command == "answer":
        return command_answer()
    if options.command == "reopen":
        return command_reopen(options.count)
    parser.print_help()
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
