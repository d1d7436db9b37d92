"""Usage: python3 -m tools answer
       python3 -m tools regenerate [--out FOLDER]
       python3 -m tools follow [URL [REALM]]

answer      reads one JSON object per line, {"kind": ..., "inputs": {...}} as in a vector, and
            writes one per line, {"stage": ..., "expected": {...}}. A whole vector is a request
            too, and "op" is another name for "kind". What is not a request is answered with
            {"error": "bad request"}.
regenerate  computes every expected output of the vector files anew and writes the files, in place
            or into another folder.
follow      takes part in a feed over Redis until its input ends. The address and the realm may also
            stand in REDIS_URL and CLOAKROOM_REALM; the feed key stands in CLOAKROOM_FEED_KEY. Reads
            JSON lines {"revoke_session": HEX}, {"revoke_subject": TEXT, "now": SECONDS},
            {"is_revoked": {"session", "generation", "subject", "authenticated_at"}} or
            {"status": true}, and answers each with one.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any, BinaryIO, Dict, NoReturn

from .answers import answer
from .files import regenerated, vector_files, vector_folder
from .requests import BadRequest

_BAD = {"error": "bad request"}


def _no_constant(name: str) -> NoReturn:
    raise BadRequest


def respond(line: bytes) -> Dict[str, Any]:
    """The response to one line, whatever is in it."""
    try:
        request = json.loads(line.decode("utf-8"), parse_constant=_no_constant)
        if not isinstance(request, dict) or ("kind" in request) == ("op" in request):
            return _BAD
        kind = request["kind"] if "kind" in request else request["op"]
        stage, expected = answer(kind, request.get("inputs"), request.get("expected"))
        return {"stage": stage, "expected": expected}
    except (BadRequest, ValueError, RecursionError):
        return _BAD
    except Exception as defect:  # The peer of a differential test must see it, not a broken pipe.
        return {"error": "internal", "type": type(defect).__name__}


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    for line in source:
        sink.write(json.dumps(respond(line)).encode("ascii") + b"\n")
        sink.flush()


def main() -> None:
    parser = argparse.ArgumentParser(prog="tools", description=__doc__, usage=argparse.SUPPRESS,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("answer")
    regenerate = commands.add_parser("regenerate")
    regenerate.add_argument("--out", type=Path)
    following = commands.add_parser("follow")
    following.add_argument("url", nargs="?", default=os.environ.get("REDIS_URL"))
    following.add_argument("realm", nargs="?", default=os.environ.get("CLOAKROOM_REALM", "default"))
    arguments = parser.parse_args()
    if arguments.command == "answer":
        serve(sys.stdin.buffer, sys.stdout.buffer)
        return
    if arguments.command == "follow":
        if not arguments.url:
            parser.error("the address of the Redis server is missing; set REDIS_URL")
        from .follow import follow  # The only command that needs the package redis.

        follow(arguments.url, arguments.realm, sys.stdin.buffer, sys.stdout.buffer)
        return
    for path, content in vector_files(vector_folder()):
        folder = path.parent if arguments.out is None else arguments.out
        folder.mkdir(parents=True, exist_ok=True)
        (folder / path.name).write_bytes(regenerated(content))
        print(f"{path.name}: {content['count']} vectors")


if __name__ == "__main__":
    main()
