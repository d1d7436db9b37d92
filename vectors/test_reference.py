"""Tests of the second implementation and of the vector files.

    python3 -m unittest discover -s vectors
"""

import json
import re
import unittest
from pathlib import Path

import generate
from generator import common, crafted
from generator.flags import FLAGS
from generator.rings import EXAMPLE
from generator.schema import SCHEMA, violations
from reference import bulk, selftest
from reference.cipher import expand
from reference.claims import VarintError, encode_claims, read_varint, write_varint
from reference.errors import Refuse, Reject, Unavailable
from reference.keys import context, derive_s, kid_of, root_text, unit_text
from reference.payload import (
    BOOL, CHOICE, F32, F64, I8, I16, I32, I64, SHAPES, STR, U8, U16, U64, Decoder, encode,
    option, same_value, seq,
)
from reference.revocation import (
    Record, View, check_cutoff, cutoff_now, digest, entry_life, view_suffices,
)
from reference.ring import load_ring, parse_timestamp
from reference.runner import run
from reference.session import (
    Policy, Site, issue, read_now, reauthenticate, update, verify,
)
from reference.snapshot import load_snapshot, write_snapshot
from reference import wrapped
from reference.token import open_token, seal

HERE = Path(__file__).resolve().parent
H = bytes.fromhex
HASHES = {
    10: "93c175cfce3138097dfa31ca39443d0a968625c036104fe8738493c5975f2135",
    1000: "ec5852955f61da8cec2d585dddd944083468f4e430513ecb6aedf58c698cac7f",
    10000: "72c0ac15155c18ff3bb55af91ce3cf60b2f10bf98747872b03068af88cff82b9",
}
EXAMPLE_P = H("a0a1a2a3a4a5a6a7a8a9aaabacadaeaf0107757365722d343280a4a7da068407880e80e10101002a0341646100")
EXAMPLE_TOKEN = ("clk1.LS-I7e1gFMCygKUfCOkrfAl-0YgWAGThVToYIVcB6w4nRAOUUWM5o0COqDX"
                 "K2uTtYq7mWcsaCVfb8R4MLP0nQUTUffxdcKODwHcSZtks1gbDQF-J5rBbvdM")


def vector_paths():
    """The files of this directory, and of its optional part."""
    return sorted([*HERE.glob("*.json"), *HERE.glob("edge/*.json"), *HERE.glob("wrapped/*.json")])


def load_files():
    """The vector files by name."""
    return {path.relative_to(HERE).as_posix(): json.loads(path.read_text(encoding="utf-8"))
            for path in vector_paths() if path.name != "vectors.schema.json"}


class Primitives(unittest.TestCase):
    def test_published_vectors(self):
        self.assertEqual(len(selftest.run()), 6)


class Vectors(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.files = load_files()
        cls.all = [vector for data in cls.files.values() for vector in data["vectors"]]

    def test_every_vector(self):
        for vector in self.all:
            with self.subTest(vector["id"]):
                stage, expected = run(vector["kind"], vector["inputs"], vector["expected"])
                self.assertEqual(stage, vector["stage"])
                self.assertTrue(same_value(expected, vector["expected"]))

    def test_schema(self):
        for name, data in self.files.items():
            self.assertEqual(violations(SCHEMA, data), [], name)

    def test_schema_notices_faults(self):
        good = self.files["age.json"]
        for change in ({"format": "x"}, {"count": "8"}, {"extra": 1}, {"version": True}):
            self.assertTrue(violations(SCHEMA, {**good, **change}))
        vector = good["vectors"][0]
        for change in ({"kind": "x"}, {"stage": "tag"}, {"flags": []}, {"inputs": {}}, {"extra": 1}):
            self.assertTrue(violations(SCHEMA, {**good, "vectors": [{**vector, **change}]}))

    def test_counts(self):
        for name, data in self.files.items():
            self.assertEqual(data["count"], len(data["vectors"]), name)
        ids = [vector["id"] for vector in self.all]
        self.assertEqual(len(ids), len(set(ids)))
        rejected = [v for v in self.all if v["stage"] not in ("ok", "none", "failed")]
        self.assertGreaterEqual(len(ids), 150)
        self.assertGreaterEqual(3 * len(rejected), 2 * len(ids))

    def test_files_are_as_generated(self):
        self.assertEqual(generate.check(generate.build()), [])

    def test_layout_of_files(self):
        for path in vector_paths():
            data = path.read_bytes()
            self.assertTrue(data.endswith(b"}\n") and b"\r" not in data, path.name)

    def test_readme_describes_every_flag(self):
        text = (HERE / "README.md").read_text(encoding="utf-8")
        for flag, meaning in FLAGS.items():
            self.assertIn(f"| `{flag}` | {meaning} |", text)

    def test_json_strings_are_whole(self):
        for name in self.files:
            text = (HERE / name).read_text(encoding="utf-8")
            self.assertIsNone(re.search(r"(?<!\\)\\ud[89ab][0-9a-f]{2}(?!\\ud[c-f])", text), name)


class Accumulated(unittest.TestCase):
    def test_hashes(self):
        for count, wanted in HASHES.items():
            self.assertEqual(bulk.accumulate(count), wanted)

    def test_case_0(self):
        root, purpose, audience, binding, plaintext = bulk.case(0)
        self.assertEqual([len(x) for x in (purpose, audience, binding, plaintext)], [93, 146, 554, 76])
        self.assertEqual(root.hex()[:16], "a72f402e7e2d18e2")

    def test_reopen(self):
        for number in range(200):
            self.assertTrue(bulk.reopens(number, bulk.token_of(number)))


class Examples(unittest.TestCase):
    """The examples printed in SPEC.md."""

    def test_section_6(self):
        key = common.key_of(bytes(range(32)))
        steps = seal(key, b"session", b"api.example.com", b"device-7", EXAMPLE_P)
        self.assertEqual(steps.token(), EXAMPLE_TOKEN)
        self.assertEqual(steps.log_id(), "4a07395071fdac36")
        self.assertEqual(steps.subkey.hex(), "38f799d319d12e42bec82da7ca76947b6bec4ab7b3efab4a4d98787b503a62de")
        self.assertEqual(len(EXAMPLE_TOKEN), 124)

    def test_section_4_5(self):
        root = bytes(range(32))
        self.assertEqual(root_text(root), "clkkey1.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8tL4jt")
        self.assertEqual(unit_text(root, b"session", b"api.example.com"),
                         "clksub1.LS-I7R7IFNboZ4PQ3u48GJCt3eiQwxxmNG1GVcvRyjV18hACzx-s6p4H")

    def test_section_4_7(self):
        ring = load_ring(EXAMPLE.encode(), parse_timestamp("2026-10-20T00:00:00Z"))
        rows = {
            "2026-09-30T23:59:59Z": "sealing announced announced disabled",
            "2026-10-01T00:00:00Z": "open-only sealing announced disabled",
            "2026-10-01T08:59:59Z": "open-only sealing announced disabled",
            "2026-10-01T09:00:00Z": "retired sealing announced disabled",
            "2026-10-20T00:00:00Z": "retired sealing announced disabled",
            "2026-11-01T00:00:00Z": "retired open-only sealing disabled",
            "2026-11-01T09:00:00Z": "retired retired sealing disabled",
        }
        for moment, states in rows.items():
            got = [state for _, state in ring.states(parse_timestamp(moment))]
            self.assertEqual(got, states.split())
        self.assertEqual([k.key.kid.hex() for k in ring.keys], ["be569b9c", "aeeae641", "b2444e6e", "2de89852"])

    def test_section_7_1(self):
        for value, text in ((0, "00"), (127, "7f"), (128, "8001"), (300, "ac02"), (16383, "ff7f"),
                            (16384, "808001"), (28800, "80e101"), (4294967295, "ffffffff0f"),
                            (1800000000, "80a4a7da06"), (253402300799, "ff82d1ffaf07")):
            self.assertEqual(write_varint(value).hex(), text)
            self.assertEqual(read_varint(H(text), 0, 64), (value, len(text) // 2))
        for text in ("8000", "ffffffff10", "808080808000", "80"):
            self.assertRaises(VarintError, read_varint, H(text), 0, 32)

    def test_section_7_5(self):
        rows = (
            (BOOL, True, "01"), (U8, 255, "ff"), (I8, -1, "ff"), (U16, 300, "ac02"), (U16, 65535, "ffff03"),
            (U64, "18446744073709551615", "ffffffffffffffffff01"), (I16, -1, "01"), (I16, 1, "02"),
            (I32, -300, "d704"), (I64, "-9223372036854775808", "ffffffffffffffffff01"),
            (F32, "0000c03f", "0000c03f"), (F64, "00000000000000c0", "00000000000000c0"),
            (STR, "Ada", "03416461"), (option(U8), None, "00"), (option(U8), 7, "0107"),
            (seq(U16), [1, 300], "0201ac02"), (("map", STR, U8), {"a": 1, "b": 2}, "02016101016202"),
            (("tuple", (U8, U16)), [1, 300], "01ac02"), (CHOICE, {"a": None}, "00"),
            (CHOICE, {"b": 300}, "01ac02"), (CHOICE, {"c": [1, 300]}, "0201ac02"),
            (CHOICE, {"d": {"x": True}}, "0301"),
            (SHAPES["user"].type, {"id": "42", "name": "Ada", "admin": False}, "2a0341646100"),
        )
        for kind, value, text in rows:
            self.assertEqual(encode(kind, value).hex(), text)
            self.assertTrue(same_value(Decoder(H(text)).value(kind, 1), value))

    def test_section_9_2(self):
        for kind, data, wanted in (
                (2, b"user-42", "31b2053d2916677b96a5eeb1296e8d17"),
                (2, H("7a6fc3ab406578616d706c652e636f6d"), "d32bf93035f5dd6332a79436da32c9b7"),
                (3, b"tenant-a", "163d0dc154ed49d4775d5e668c2b4f8e"),
                (3, context(b"session", b"api.example.com"), "d7082bcee8c339c8d1842f26a0a5dfa8"),
                (4, H("00000007"), "901a702908f75ce804b505aef42a3a93"),
                (4, H("2d2f88ed"), "95fdb40a6ed7bb6bd5200a4014b3d9f9")):
            self.assertEqual(digest(kind, data).hex(), wanted)

    def test_section_9_12(self):
        empty = ("636c6b72657673310000000000000000000000000000000000000000915a"
                 "ccc0d359586fce49d2f6ec9ae4881b6d36bd009e3fe603a08401bf50149c")
        self.assertEqual(write_snapshot(0, 0, []).hex(), empty)
        self.assertEqual(entry_life(2, 1800, 0, 60), 1922)


class Procedures(unittest.TestCase):
    """What the vectors have no kind for."""

    def setUp(self):
        self.view = View()
        keys = [(common.key_of(common.ROOT), "sealing")]
        self.site = Site(keys, common.PURPOSE, common.AUDIENCE, common.BINDING, Policy(1800, 28800))

    def verify(self, text, now=common.NOW, reader=common.USER_READER):
        return verify(self.site, reader, self.view, now, text.encode())

    def test_update(self):
        session = self.verify(common.sealed())
        text = update(self.site, self.view, common.NOW, session, common.USER_BYTES[:-1] + b"\1", (1, 0))
        after = self.verify(text)
        self.assertEqual((after.value["admin"], after.claims.issued_at, after.claims.generation),
                         (True, common.NOW, 1))

    def test_update_of_read_only_session(self):
        session = self.verify(common.sealed(claims=common.CLAIMS.at(minor=1)))
        self.assertTrue(session.read_only)
        with self.assertRaises(Refuse):
            update(self.site, self.view, common.NOW, session, common.USER_BYTES, (1, 0))

    def test_update_before_start(self):
        # A login right after a cut-off starts up to three seconds ahead: it is changed at once.
        session = self.verify(common.sealed(claims=common.CLAIMS.at(offset=0)), common.START - 1)
        text = update(self.site, self.view, common.START - 1, session, common.USER_BYTES, (1, 0))
        after = self.verify(text, common.START - 1)
        self.assertEqual(after.claims.issued_at, common.START)
        # Further ahead than a login can be: not a session of this server's time.
        with self.assertRaises(Reject):
            update(self.site, View(), common.START - 61, session, common.USER_BYTES, (1, 0))

    def test_reauthenticate(self):
        text = common.sealed()
        session = self.verify(text)
        _, claims, _ = reauthenticate(self.site, self.view, common.NOW, session, common.OTHER_ID,
                                      b"user-42", common.USER_BYTES, (1, 0), 1922)
        self.assertEqual(claims.generation, 0)
        with self.assertRaises(Reject) as caught:
            self.verify(text)
        self.assertEqual(caught.exception.stage, "revoked")

    def test_login_after_cutoff(self):
        self.view.merge(Record(2, digest(2, b"user-42"), cutoff_now(common.NOW, 2, 0, 60), common.NOW + 1922))
        with self.assertRaises(Reject):
            self.verify(common.sealed())
        text, claims = issue(self.site, self.view, common.NOW, common.OTHER_ID, b"user-42",
                             common.USER_BYTES, (1, 0))
        self.assertEqual(claims.authenticated_at, common.NOW + 3)
        self.verify(text)

    def test_cutoff_bound(self):
        cuts = [Record(2, digest(2, b"user-42"), 5, 9), Record(2, digest(2, b"user-43"), 9, 9),
                Record(3, digest(3, self.site.ctx), 4, 9), Record(3, digest(3, b"other"), 7, 9),
                Record(1, bytes(16), 20, 9)]
        for cut in cuts:
            self.view.merge(cut)
        self.assertEqual(self.view.cutoff_bound(2, digest(2, b"user-42")), 7)
        self.assertEqual(self.view.cutoff_bound(2, digest(2, b"user-43")), 9)
        self.assertEqual(self.view.cutoff_bound(3, digest(3, self.site.ctx)), 9)
        self.assertEqual(View().cutoff_bound(2, digest(2, b"user-42")), 0)
        self.assertEqual(cutoff_now(100, 2, 110, 60), 111)
        self.assertEqual(cutoff_now(100, 2, 140, 60), 130)
        self.assertEqual(cutoff_now(100, 2, 90, 60), 103)

    def test_quarantine_is_released(self):
        cut = Record(3, digest(3, self.site.ctx), common.NOW + 61, 0)
        self.view.receive(cut, common.NOW, 60)
        self.verify(common.sealed())
        self.assertEqual(self.view.records(), [cut.encode()])
        self.view.release(common.NOW + 1, 60, 1922)
        self.assertFalse(self.view.quarantine)
        self.assertEqual(self.view.entries[(3, cut.key)], (cut.value, common.NOW + 1 + 1922))
        with self.assertRaises(Reject):
            self.verify(common.sealed())

    def test_revoker_refuses_far_cutoffs(self):
        check_cutoff(common.NOW + 30, common.NOW, 60)
        with self.assertRaises(Refuse):
            check_cutoff(common.NOW + 31, common.NOW, 60)

    def test_high_water_mark(self):
        self.view.forget(common.NOW + 5)
        self.assertEqual(read_now(common.NOW, self.view.high_water), common.NOW + 5)
        with self.assertRaises(Unavailable):
            read_now(None, 0)

    def test_snapshot_into_view(self):
        record = Record(1, common.SESSION_ID, 2, common.NOW + 1922)
        load_snapshot(self.view, write_snapshot(5, 6, [record.encode()]), common.NOW, 60)
        self.assertEqual((self.view.records(), self.view.high_water), ([record.encode()], 6))

    def test_freshness(self):
        self.assertTrue(view_suffices("fresh", True, None, 0))
        self.assertFalse(view_suffices("stale", False, None, 5))
        self.assertTrue(view_suffices("stale", False, 10, 10))
        self.assertFalse(view_suffices("stale", False, 10, 11))
        self.assertFalse(view_suffices("stale", True, 10, 5))
        self.assertFalse(view_suffices("stale", False, 10, None))
        self.assertFalse(view_suffices("blind", False, 10, 5))

    def test_claims_of_309_bytes(self):
        claims = common.CLAIMS.at(generation=4294967294, subject=bytes(255), authenticated_at=253402300799,
                                  offset=4294967295, idle=4294967295, absolute=4294967295,
                                  major=4294967295, minor=4294967295)
        self.assertEqual(len(encode_claims(claims)), 309)

    def test_colliding_roots(self):
        first, second = crafted.colliding_roots()
        self.assertEqual(kid_of(first), kid_of(second))
        ctx = context(common.PURPOSE, common.AUDIENCE)
        self.assertNotEqual(derive_s(first, ctx), derive_s(second, ctx))

    def test_nonce_step_is_what_rejects(self):
        root = crafted.colliding_roots()[0]
        data = json.loads((HERE / "token-nonce.json").read_text(encoding="utf-8"))
        vector = next(v for v in data["vectors"] if v["id"] == "token-nonce-two-keys-first")
        with self.assertRaises(Reject) as caught:
            open_token([(common.key_of(root), "sealing")], common.PURPOSE, common.AUDIENCE,
                       common.BINDING, vector["inputs"]["token"].encode())
        self.assertEqual(caught.exception.stage, "nonce")

    def test_wrapped_ring_file(self):
        # Argon2id("correct horse battery staple", salt, 19456, 2, 1, 32), by another library.
        s = H("818259b6310026a8e0dbac5d2e6927abcfdb07b32258fac4f61b18b80f929085")
        text = (b"cloakroom-ring 1\nmax-lifetime 28800\nrollout 3600\nkey clkkey1."
                b"EBESExQVFhcYGRobHB0eHxAREhMUFRYXGBkaGxwdHh--Vpuc activate=2026-09-01T00:00:00Z\n")
        line = (HERE / "wrapped.txt").read_text(encoding="ascii")
        cost = wrapped.Cost(19456, 2, 1)
        self.assertEqual(wrapped.wrap(s, cost, bytes(range(16)), text), line)
        self.assertEqual(wrapped.unwrap(s, line), text)
        for bad in (line[:-2], line + "\n", "A" + line, line.replace("AABMAA", "gABMAA"),
                    line.replace("AABMAAAAAAI", "AABMAAAAAAM")):
            with self.assertRaises(Refuse):
                wrapped.unwrap(s, bad)

    def test_expand(self):
        self.assertEqual(expand(bytes(range(32)), b"clk1 kid\x00", 4).hex(), "2d2f88ed")


if __name__ == "__main__":
    unittest.main()
