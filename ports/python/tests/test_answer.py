"""The command that answers other implementations in a differential test."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any, Tuple

from tools import ROOT
from tools.__main__ import respond
from tools.files import vector_files, vector_folder

BAD = {"error": "bad request"}


def line(value: Any) -> bytes:
    return json.dumps(value).encode()


class Answer(unittest.TestCase):
    def test_bad_lines(self) -> None:
        deep = b"[" * 100_000 + b"]" * 100_000
        for bad in (
            b"", b"\n", b"{", b"null", b"[]", b"1", b'"x"', b"{}", b"\xff\xfe", deep, b"1" * 5000,
            b'{"kind": "digest", "inputs": {"kind": NaN, "data": ""}}',
            b'{"kind": "digest", "inputs": {"kind": 2, "data": "\xff"}}',
            line({"kind": "digest"}),
            line({"kind": ["digest"], "inputs": {}}),
            line({"kind": "digest", "op": "digest", "inputs": {"kind": 2, "data": ""}}),
            line({"kind": "digest", "inputs": {"kind": 2, "data": "00\n"}}),
            line({"kind": "key-text", "inputs": {"text": "\ud800", "purpose": None,
                                                 "audience": None}}),
            line({"kind": "key-text", "inputs": {"text": "", "text_hex": "", "purpose": None,
                                                 "audience": None}}),
            line({"kind": "key-text", "inputs": {"text": "", "purpose": "00", "audience": None}}),
        ):
            with self.subTest(bad[:60]):
                self.assertEqual(respond(bad), BAD)

    def test_both_names_of_the_kind(self) -> None:
        inputs = {"kind": 2, "data": "757365722d3432"}
        expected = {"stage": "ok", "expected": {"key": "31b2053d2916677b96a5eeb1296e8d17"}}
        self.assertEqual(respond(line({"kind": "digest", "inputs": inputs})), expected)
        self.assertEqual(respond(line({"op": "digest", "inputs": inputs})), expected)

    def test_mutated_vectors_never_kill_it(self) -> None:
        draw = random.Random(1)
        junk: Tuple[Any, ...] = (None, True, -1, 2**53, 1.5, "", "00", "\x00", "é", [], {}, ["00"], 10**400)
        answered = 0
        for _, content in vector_files(vector_folder()):
            for vector in content["vectors"]:
                inputs = dict(vector["inputs"])
                inputs[draw.choice(list(inputs))] = draw.choice(junk)
                response = respond(line({"kind": vector["kind"], "inputs": inputs}))
                self.assertTrue(response == BAD or "stage" in response, (response, inputs))
                answered += 1
        self.assertGreater(answered, 150)

    def test_process(self) -> None:
        path, content = next(iter(vector_files(vector_folder())))
        requests = [line(vector) for vector in content["vectors"]]
        done = subprocess.run(
            [sys.executable, "-m", "tools", "answer"],
            input=b"\n".join([b"nonsense", *requests]),
            capture_output=True,
            cwd=ROOT,
            check=True,
        )
        answers = [json.loads(answer) for answer in done.stdout.splitlines()]
        self.assertEqual(answers[0], BAD)
        self.assertEqual(
            answers[1:],
            [{"stage": v["stage"], "expected": v["expected"]} for v in content["vectors"]],
        )

    def test_every_answer_comes_before_the_next_request(self) -> None:
        with subprocess.Popen(
            [sys.executable, "-m", "tools", "answer"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
        ) as process:
            assert process.stdin is not None and process.stdout is not None
            for _ in range(3):
                process.stdin.write(b"nonsense\n")
                process.stdin.flush()
                self.assertEqual(json.loads(process.stdout.readline()), BAD)
            process.stdin.close()
        self.assertEqual(process.returncode, 0)

    def test_regenerate(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "tools", "regenerate", "--out", folder]
            subprocess.run(command, capture_output=True, cwd=ROOT, check=True)
            written = {path.name: path.read_bytes() for path in Path(folder).iterdir()}
        given = {path.name: path.read_bytes() for path, _ in vector_files(vector_folder())}
        self.assertEqual(written.keys(), given.keys())
        # Not assertEqual: a difference of files this size takes minutes to print.
        self.assertEqual([name for name in given if written[name] != given[name]], [])


if __name__ == "__main__":
    unittest.main()
