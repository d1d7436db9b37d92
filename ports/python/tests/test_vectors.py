"""All test vectors, and the accumulated hashes."""

from __future__ import annotations

import os
import sys
import unittest
from collections import Counter
from typing import Any, Dict, Set

from cloakroom import Reason, Record, Rejected, RevocationState, Stage, read_snapshot, write_snapshot
from cloakroom import _crypto, _text
from tools.answers import answer
from tools.bulk import accumulated, case, cases
from tools.files import regenerated, vector_files, vector_folder
from tools.requests import KINDS, BadRequest

LEAST_VECTORS = 150
FILES = {
    "age", "cutoff", "description", "digest", "feed-batch", "feed-key", "feed-snapshot", "issue", "key-text", "logout", "merge", "record", "renew", "ring", "ring-replace",
    "rotate", "snapshot", "token-claims", "token-key", "token-nonce", "token-ok", "token-revoked",
    "token-schema", "token-tag", "token-text", "token-time", "update",
}


class Vectors(unittest.TestCase):
    def test_every_vector(self) -> None:
        ran: Counter[str] = Counter()
        kinds: Counter[str] = Counter()
        seen: Set[str] = set()
        for path, content in vector_files(vector_folder()):
            self.assertIn(path.stem, FILES, "an unknown vector file")
            seen.add(path.stem)
            for vector in content["vectors"]:
                with self.subTest(file=path.name, id=vector["id"]):
                    self.assertIn(vector["kind"], KINDS)
                    got = answer(vector["kind"], vector["inputs"], vector["expected"])
                    self.assertEqual(got, (vector["stage"], vector["expected"]))
                    self._further(vector)
                ran[path.name] += 1
                kinds[vector["kind"]] += 1
            self.assertEqual(ran[path.name], content["count"])
        self.assertEqual(seen, FILES, "a vector file is missing")
        self.assertEqual(kinds.keys(), KINDS, "a kind has no vector")
        self.assertGreaterEqual(sum(ran.values()), LEAST_VECTORS)
        for name, count in sorted(ran.items()):
            print(f"{name:24} {count:4} vectors", file=sys.stderr)
        print(f"{'all':24} {sum(ran.values()):4} vectors", file=sys.stderr)

    def _further(self, vector: Dict[str, Any]) -> None:
        """What the specification demands of a kind beyond its expected output."""
        inputs, expected = vector["inputs"], vector["expected"]
        if vector["kind"] == "merge":
            for records in (
                inputs["records"][::-1],
                [record for record in inputs["records"] for _ in range(2)],
            ):
                self.assertEqual(answer("merge", {"records": records}), ("ok", expected))
        elif vector["kind"] == "snapshot" and vector["stage"] == "ok":
            data = bytes.fromhex(inputs["snapshot"])
            snapshot = read_snapshot(data)
            written = write_snapshot(snapshot.made_at, snapshot.high_water, snapshot.records)
            self.assertEqual(written, data)
            state = RevocationState()
            for record in snapshot.records:
                state.merge(record)
            again = write_snapshot(snapshot.made_at, snapshot.high_water, state.records())
            merged = {record.to_bytes() for record in state.records()}
            if merged == {record.to_bytes() for record in snapshot.records}:
                self.assertEqual(again, data)
            else:
                self.assertLess(len(merged), len(snapshot.records))
        elif vector["kind"] == "record" and vector["stage"] == "ok":
            data = bytes.fromhex(inputs["record"])
            self.assertEqual(Record.from_bytes(data).to_bytes(), data)

    def test_files_can_be_regenerated(self) -> None:
        for path, content in vector_files(vector_folder()):
            # Nothing of the given output may find its way into the new one, except the moments of
            # rings, which are inputs that stand there.
            for vector in content["vectors"]:
                vector["stage"] = "unknown"
                states = vector["expected"].get("states")
                vector["expected"] = (
                    {} if states is None else {"states": [{"now": s["now"]} for s in states]}
                )
            self.assertTrue(regenerated(content) == path.read_bytes(), path.name)

    def test_a_runner_errs_on_what_it_does_not_know(self) -> None:
        good = {"kind": 2, "data": "00"}
        self.assertEqual(answer("digest", good)[0], "ok")
        for kind, inputs in (
            ("digests", good),
            ("digest", {**good, "more": 1}),
            ("digest", {"kind": 2}),
            ("digest", {"kind": 2.0, "data": "00"}),
            ("digest", {"kind": True, "data": "00"}),
            ("digest", {"kind": 2, "data": "0"}),
            ("digest", {"kind": 2, "data": "AA"}),
            ("digest", None),
            (None, good),
        ):
            with self.subTest(kind=kind, inputs=inputs), self.assertRaises(BadRequest):
                answer(kind, inputs)

    def test_five_stages_are_one_failure_outside(self) -> None:
        invalid = {Stage.TEXT, Stage.KEY, Stage.TAG, Stage.NONCE, Stage.CLAIMS}
        for stage in invalid:
            self.assertIs(Rejected(stage).reason, Reason.INVALID)
        self.assertIs(Rejected(Stage.SCHEMA).reason, Reason.WRONG_SCHEMA)
        self.assertIs(Rejected(Stage.REVOKED).reason, Reason.REVOKED)
        everything = [Rejected(s) for s in Stage] + [Rejected(Stage.TIME, r) for r in Reason]
        self.assertEqual(len({(str(r), repr(r), r.args) for r in everything}), 1)


class Bulk(unittest.TestCase):
    def test_first_case(self) -> None:
        first = case(0)
        self.assertEqual(
            first.root.hex(), "a72f402e7e2d18e24a92fcd93861a5dc9e7a05c8127ca036b2e53f1a9d607e9d"
        )
        lengths = (len(first.purpose), len(first.audience), len(first.binding))
        self.assertEqual(lengths, (93, 146, 554))
        self.assertEqual((len(first.plaintext), len(first.seal())), (76, 165))

    def test_hashes(self) -> None:
        for count, expected in (
            (10, "93c175cfce3138097dfa31ca39443d0a968625c036104fe8738493c5975f2135"),
            (1_000, "ec5852955f61da8cec2d585dddd944083468f4e430513ecb6aedf58c698cac7f"),
            (10_000, "72c0ac15155c18ff3bb55af91ce3cf60b2f10bf98747872b03068af88cff82b9"),
        ):
            self.assertEqual(accumulated(count), expected)

    def test_10_000_tokens_open_again(self) -> None:
        for one in cases(10_000):
            body = _text.token_body(one.seal())
            nonce, plaintext = one.cipher.open(one.binding, body)
            self.assertEqual(plaintext, one.plaintext)
            self.assertEqual(nonce, body[4:28])

    @unittest.skipUnless(
        os.environ.get("CLOAKROOM_MILLION"), "set CLOAKROOM_MILLION=1 for a minute or two of seals"
    )
    def test_million(self) -> None:
        self.assertEqual(
            accumulated(1_000_000),
            "6156491992d9e6254a30fb944dc8911e2cb574455e236b9d0bf58396e5cf2e0a",
        )


class PublishedValues(unittest.TestCase):
    """The values printed in the text of the specification, which stand in no vector file."""

    def test_example_token(self) -> None:
        root = bytes(range(32))
        context = _crypto.context(b"session", b"api.example.com")
        cipher = _crypto.Cipher(_crypto.root_kid(root), _crypto.unit_secret(root, context))
        plaintext = bytes.fromhex(
            "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf0107757365722d343280a4a7da068407"
            "880e80e10101002a0341646100"
        )
        token = _text.token_text(cipher.seal(b"device-7", plaintext))
        self.assertEqual(
            token,
            "clk1.LS-I7e1gFMCygKUfCOkrfAl-0YgWAGThVToYIVcB6w4nRAOUUWM5o0COqDX"
            "K2uTtYq7mWcsaCVfb8R4MLP0nQUTUffxdcKODwHcSZtks1gbDQF-J5rBbvdM",
        )
        self.assertEqual(cipher.log_id(plaintext[:16]), "4a07395071fdac36")
        self.assertEqual(_text.token_length(len(plaintext)), len(token))

    def test_digests(self) -> None:
        for kind, data, expected in (
            (2, b"user-42", "31b2053d2916677b96a5eeb1296e8d17"),
            (2, "zoë@example.com".encode(), "d32bf93035f5dd6332a79436da32c9b7"),
            (3, b"tenant-a", "163d0dc154ed49d4775d5e668c2b4f8e"),
            (4, bytes.fromhex("2d2f88ed"), "95fdb40a6ed7bb6bd5200a4014b3d9f9"),
        ):
            self.assertEqual(_crypto.digest(kind, data).hex(), expected)

    def test_empty_snapshot(self) -> None:
        self.assertEqual(
            write_snapshot(0, 0, []).hex(),
            "636c6b72657673310000000000000000000000000000000000000000915a"
            "ccc0d359586fce49d2f6ec9ae4881b6d36bd009e3fe603a08401bf50149c",
        )


if __name__ == "__main__":
    unittest.main()
