"""Payload types, their encoding and its bounds."""

from __future__ import annotations

import math
import random
import unittest
from typing import Any, Tuple as Pair

from cloakroom import ConfigurationError, Rejected, RequestError, Shape, Stage
from cloakroom.claims import Claims, append_varint, decode_claims, encode_claims, varint_length
from cloakroom.payload import (
    Array, Bool, Bytes, Char, Enum, Field, Float, Int, Lazy, Map, Newtype, Option, Seq, Str,
    Struct, Tuple, Type, Unit, Variant,
)

CHOICE = Enum(
    Variant("a"), Variant("b", Int(32)), Variant("c", Tuple(Int(8), Int(16))),
    Variant("d", Struct(Field("x", Bool()))), Variant("e", Newtype(Tuple(Int(8)))),
)
USER = Struct(Field("id", Int(64)), Field("name", Str()), Field("admin", Bool()))

# SPEC 7.5, and what it describes without an example.
TABLE: Pair[Pair[Any, Type, str], ...] = (
    (True, Bool(), "01"),
    (255, Int(8), "ff"),
    (-1, Int(8, signed=True), "ff"),
    (300, Int(16), "ac02"),
    (65535, Int(16), "ffff03"),
    (18446744073709551615, Int(64), "ffffffffffffffffff01"),
    (-1, Int(16, signed=True), "01"),
    (1, Int(16, signed=True), "02"),
    (-300, Int(32, signed=True), "d704"),
    (-9223372036854775808, Int(64, signed=True), "ffffffffffffffffff01"),
    (2**128 - 1, Int(128), "ff" * 18 + "03"),
    (-(2**127), Int(128, signed=True), "ff" * 18 + "03"),
    (1.5, Float(32), "0000c03f"),
    (-2.0, Float(64), "00000000000000c0"),
    ("Ada", Str(), "03416461"),
    ("é", Char(), "02c3a9"),
    (b"\x00\xff", Bytes(), "0200ff"),
    (None, Unit(), ""),
    (None, Option(Int(8)), "00"),
    (7, Option(Int(8)), "0107"),
    ([1, 300], Seq(Int(16)), "0201ac02"),
    ({"a": 1, "b": 2}, Map(Str(), Int(8)), "02016101016202"),
    ([((1, None), 2)], Map(Tuple(Int(8), Option(Str())), Int(8)), "01010002"),
    ([("a", 1)], Map(Char(), Int(8)), "01016101"),
    ({"a": 1}, Map(Newtype(Str()), Int(8)), "01016101"),
    ((1, 300), Tuple(Int(8), Int(16)), "01ac02"),
    ((1, 2, 3), Array(Int(8), 3), "010203"),
    (300, Newtype(Int(16)), "ac02"),
    ("a", CHOICE, "00"),
    ({"b": 300}, CHOICE, "01ac02"),
    ({"c": (1, 300)}, CHOICE, "0201ac02"),
    ({"d": {"x": True}}, CHOICE, "0301"),
    ({"e": (9,)}, CHOICE, "0409"),
    ({"id": 42, "name": "Ada", "admin": False}, USER, "2a0341646100"),
)


def read(type: Type, text: str) -> Any:
    return Shape(1, 0, type).read(0, bytes.fromhex(text))[0]


class Encoding(unittest.TestCase):
    def test_table(self) -> None:
        for value, type, text in TABLE:
            with self.subTest(text):
                self.assertEqual(Shape(1, 0, type).encode(value).data.hex(), text)
                self.assertEqual(read(type, text), value)

    def refused(self, type: Type, text: str) -> None:
        with self.assertRaises(Rejected) as caught:
            read(type, text)
        self.assertIs(caught.exception.stage, Stage.SCHEMA)
        self.assertIsNone(caught.exception.__context__)

    def test_every_end_and_every_tail(self) -> None:
        for _, type, text in TABLE:
            with self.subTest(text):
                self.refused(type, text + "00")
                if text:
                    self.refused(type, text[:-2])

    def test_what_is_no_value(self) -> None:
        for type, text in (
            (Bool(), "02"), (Option(Int(8)), "0200"), (Int(16), "808004"), (Int(16), "80808000"),
            (Int(128), "ff" * 18 + "04"), (Str(), "01ff"), (Str(), "02c080"), (Char(), "00"),
            (Char(), "026161"), (Char(), "03eda080"), (CHOICE, "05"), (CHOICE, "8080808010"),
            (Bytes(), "ff" * 9 + "01"), (Seq(Int(8)), "ff" * 9 + "01"), (Seq(Unit()), "8120"),
            (Tuple(Seq(Unit()), Map(Unit(), Unit())), "80208001"),
        ):
            with self.subTest(text):
                self.refused(type, text)

    def test_longer_varints_are_read(self) -> None:
        self.assertEqual(read(Int(16), "808000"), 0)

    def test_floats(self) -> None:
        for bits in (32, 64):
            shape = Shape(1, 0, Float(bits))
            for value in (0.0, -0.0, math.inf, -math.inf, 1, 0.5):
                self.assertEqual(shape.read(0, shape.encode(value).data)[0], value)
            self.assertTrue(math.isnan(shape.read(0, shape.encode(math.nan).data)[0]))
        for bad in (1e300, 10**400, True, "1", None):
            with self.assertRaises(RequestError):
                Shape(1, 0, Float(32)).encode(bad)

    def test_values_of_other_types_are_refused(self) -> None:
        junk: Pair[Any, ...] = (None, True, -1, 2**200, 1.5, "xx", "\ud800", b"x", [], [None],
                                {}, {"x": 1}, {1: 2}, (), (1, 2, 3, 4), object())
        for value, type, _ in TABLE:
            shape = Shape(1, 0, type)
            for bad in junk:
                if bad == value or isinstance(bad, int) and isinstance(value, float):
                    continue
                try:
                    shape.encode(bad)
                except RequestError as refusal:
                    self.assertIsNone(refusal.__context__)
                else:
                    # Then it was a value of the type after all.
                    self.assertIsNotNone(shape.read(0, shape.encode(bad).data))

    def test_messages_name_types_not_values(self) -> None:
        with self.assertRaises(RequestError) as caught:
            Shape(1, 0, USER).encode({"id": "secret", "name": "x", "admin": True})
        self.assertNotIn("secret", str(caught.exception))

    def test_random_bytes(self) -> None:
        draw = random.Random(4)
        everything = Struct(*(Field(str(i), type) for i, (_, type, _) in enumerate(TABLE)))
        types = [type for _, type, _ in TABLE] + [everything]
        for _ in range(20000):
            shape = Shape(1, 0, draw.choice(types))
            try:
                value, _ = shape.read(0, draw.randbytes(draw.randrange(12)))
            except Rejected:
                continue
            again = shape.read(0, shape.encode(value).data)[0]
            self.assertTrue(again == value or "nan" in repr(value))


class Bounds(unittest.TestCase):
    def test_depth(self) -> None:
        chain: Type = Struct(Field("next", Option(Lazy(lambda: chain))))
        shape = Shape(1, 0, chain)
        value: Any = {"next": None}
        for _ in range(31):
            value = {"next": value}
        self.assertEqual(shape.read(0, shape.encode(value).data)[0], value)
        with self.assertRaises(RequestError):
            shape.encode({"next": value})
        with self.assertRaises(Rejected):
            shape.read(0, b"\x01" * 32 + b"\x00")
        with self.assertRaises(Rejected):
            shape.read(0, b"\x01" * 2900)

    def test_levels_inside_variants(self) -> None:
        def nested(levels: int, inner: Type) -> Type:
            for _ in range(levels):
                inner = Tuple(inner)
            return inner

        # The enum is at level 63; what its variant holds is at 64 or 65.
        for content, fits in (
            (Tuple(Tuple()), True),
            (Newtype(Tuple(Int(8))), True),
            (Newtype(Tuple(Tuple())), False),
            (Struct(Field("x", Option(Int(8)))), True),
            (Option(Int(8)), True),
            (Option(Option(Int(8))), False),
        ):
            shape = Shape(1, 0, nested(62, Enum(Variant("v", content))))
            payload = b"\x00\x01\x01\x01"
            outcomes = []
            for end in range(1, 4):
                try:
                    shape.read(0, payload[:end])
                    outcomes.append(True)
                except Rejected:
                    outcomes.append(False)
            self.assertEqual(any(outcomes), fits, content)

    def test_elements(self) -> None:
        two = Struct(Field("a", Seq(Unit())), Field("b", Map(Unit(), Unit())))
        shape = Shape(1, 0, two)
        self.assertEqual(len(shape.read(0, b"\xff\x1f\x01")[0]["a"]), 4095)
        for payload in (b"\x80\x20\x01", b"\x81\x20\x00", b"\xff\x1f\x02"):
            with self.assertRaises(Rejected):
                shape.read(0, payload)
        with self.assertRaises(RequestError):
            Shape(1, 0, Seq(Unit())).encode([None] * 4097)


class Types(unittest.TestCase):
    def test_what_cannot_be(self) -> None:
        for build in (
            lambda: Int(7), lambda: Float(16), lambda: Array(Int(8), -1),
            lambda: Struct(Field("a", Bool()), Field("a", Bool())),
            lambda: Enum(Variant("a"), Variant("a")),
        ):
            with self.assertRaises(ValueError):
                build()
        with self.assertRaises(ConfigurationError):
            Shape(1, 1, Newtype(Int(8)))
        self.assertEqual(Shape(1, 1, Newtype(USER)).minor, 1)

    def test_defaults_are_not_shared(self) -> None:
        shape = Shape(1, 1, Struct(Field("a", Bool()), Field("b", Seq(Int(8)), [])))
        first, _ = shape.read(0, b"\x01")
        first["b"].append(1)
        self.assertEqual(shape.read(0, b"\x01")[0]["b"], [])

    def test_missing_fields_without_bytes(self) -> None:
        # A unit that would be decoded from nothing counts as missing all the same.
        shape = Shape(1, 1, Struct(Field("a", Bool()), Field("b", Unit()), Field("c", Bool(), True)))
        with self.assertRaises(Rejected):
            shape.read(0, b"\x01")


class ClaimsCodec(unittest.TestCase):
    def test_varints(self) -> None:
        for value, text in (
            (0, "00"), (127, "7f"), (128, "8001"), (300, "ac02"), (16383, "ff7f"),
            (16384, "808001"), (28800, "80e101"), (4294967295, "ffffffff0f"),
            (1800000000, "80a4a7da06"), (253402300799, "ff82d1ffaf07"),
        ):
            out = bytearray()
            append_varint(out, value)
            self.assertEqual((out.hex(), varint_length(value)), (text, len(text) // 2))

    def test_what_no_reader_accepts_is_not_written(self) -> None:
        good = Claims(bytes(16), 0, b"", 0, 0, 0, 1, 0, 0)
        self.assertEqual(decode_claims(encode_claims(good) + b"rest"), (good, b"rest"))
        for change in (
            {"session_id": bytes(15)}, {"generation": 2**32 - 1}, {"subject": bytes(256)},
            {"authenticated_at": 253402300800}, {"authenticated_at": 1}, {"issued_at": 2**32},
            {"idle": 2**32}, {"absolute": 0}, {"major": 2**32}, {"minor": -1},
        ):
            with self.subTest(change), self.assertRaises(RequestError):
                encode_claims(good._replace(**change))


if __name__ == "__main__":
    unittest.main()
