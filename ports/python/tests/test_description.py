"""Descriptions of payload types."""

from __future__ import annotations

import json
import unittest
from typing import Any, Tuple as Pair

from cloakroom import (
    ConfigurationError, Rejected, RequestError, Shape, read_description, write_description,
)
from cloakroom.payload import Bool, Enum, Field, Int, Lazy, Newtype, Option, Struct, Tuple, Variant
from tools.vector_shapes import TYPES


def described(payload: Any, major: int = 1, minor: int = 0) -> str:
    return json.dumps({"schema": [major, minor], "payload": payload}, separators=(",", ":"))


def struct(*fields: Pair[str, Any], name: str = "S") -> Any:
    return {
        "kind": "struct", "name": name,
        "fields": [{"name": field, "type": type} for field, type in fields],
    }


def enum(*variants: Any, name: str = "E") -> Any:
    return {"kind": "enum", "name": name, "variants": list(variants)}


def ref(name: str, nth: int = 1) -> Any:
    return {"kind": "ref", "name": name, "nth": nth}


CHOICE = enum(
    {"index": 0, "name": "a"},
    {"index": 1, "name": "b", "newtype": "u32"},
    {"index": 2, "name": "c", "tuple": ["u8", "u16"]},
    {"index": 3, "name": "d", "fields": [{"name": "x", "type": "bool"}]},
    {"index": 9, "name": "e", "newtype": {"kind": "tuple", "of": ["u8"]}},
    {"index": 300, "name": "f", "newtype": "unit"},
)
CHAIN = struct(("next", {"kind": "option", "of": ref("S")}))
# Two types of one name, one inside the other, with references to both.
NESTED = struct(
    ("inner", struct(("own", {"kind": "option", "of": ref("S")}),
                     ("outer", {"kind": "option", "of": ref("S", 2)}))),
)

TABLE: Pair[Pair[Any, Any, str], ...] = (
    ("bool", True, "01"), ("u8", 200, "c8"), ("u16", 300, "ac02"), ("u32", 300, "ac02"),
    ("u64", 2**64 - 1, "ff" * 9 + "01"), ("u128", 2**128 - 1, "ff" * 18 + "03"),
    ("i8", -1, "ff"), ("i16", -1, "01"), ("i32", -300, "d704"), ("i64", 1, "02"),
    ("i128", -1, "01"), ("f32", 1.5, "0000c03f"), ("f64", -2.0, "00000000000000c0"),
    ("char", "é", "02c3a9"), ("str", "Ada", "03416461"), ("bytes", b"\x00", "0100"),
    ("unit", None, ""),
    ({"kind": "unit-struct", "name": "U"}, None, ""),
    ({"kind": "option", "of": "u8"}, 7, "0107"),
    ({"kind": "seq", "of": "u16"}, [1, 300], "0201ac02"),
    ({"kind": "map", "key": "str", "value": "u8"}, {"a": 1, "b": 2}, "02016101016202"),
    ({"kind": "map", "key": "u8", "value": "u8"}, [(1, 2), (3, 4)], "0201020304"),
    ({"kind": "array", "of": "u8", "len": 2}, (1, 2), "0102"),
    ({"kind": "tuple", "of": ["u8", "str"]}, (1, ""), "0100"),
    ({"kind": "newtype", "name": "N", "of": "u16"}, 300, "ac02"),
    ({"kind": "tuple-struct", "name": "T", "of": ["u8", "bool"]}, (1, True), "0101"),
    (struct(("id", "u64"), ("name", "str")), {"id": 42, "name": "Ada"}, "2a03416461"),
    (CHOICE, "a", "00"),
    (CHOICE, {"b": 300}, "01ac02"),
    (CHOICE, {"c": (1, 300)}, "0201ac02"),
    (CHOICE, {"d": {"x": True}}, "0301"),
    (CHOICE, {"e": (7,)}, "0907"),
    (CHOICE, {"f": None}, "ac02"),
    (CHAIN, {"next": {"next": None}}, "0100"),
    (NESTED, {"inner": {"own": {"own": None, "outer": None},
                        "outer": {"inner": {"own": None, "outer": None}}}}, "010000010000"),
)


class Reading(unittest.TestCase):
    def test_table(self) -> None:
        for type, value, data in TABLE:
            text = described(type)
            with self.subTest(text):
                shape = read_description(text)
                self.assertEqual(shape.encode(value).data.hex(), data)
                self.assertEqual(shape.read(0, bytes.fromhex(data)), (value, False))
                self.assertEqual(write_description(shape), text)
                self.assertEqual(write_description(read_description(text.encode())), text)

    def test_what_is_no_description(self) -> None:
        deep: Any = "u8"
        for _ in range(300):
            deep = {"kind": "newtype", "name": "N", "of": deep}
        bad_types: Pair[Any, ...] = (
            None, 1, [], {}, "u7", "U8", "", {"kind": "option"}, {"kind": "set", "of": "u8"},
            {"kind": ["option"], "of": "u8"}, {"of": "u8"},
            {"kind": "option", "of": "u8", "more": 1}, {"kind": "array", "of": "u8", "len": -1},
            {"kind": "array", "of": "u8", "len": 1.0}, {"kind": "array", "of": "u8", "len": True},
            {"kind": "tuple", "of": "u8"}, {"kind": "newtype", "name": 1, "of": "u8"},
            struct(("", "u8")), enum({"index": 0, "name": ""}), {"kind": "unit-struct", "name": ""},
            struct(("a", "u8"), ("a", "u8")), {"kind": "struct", "name": "S", "fields": {}},
            {"kind": "struct", "name": "S", "fields": [{"name": "a"}]},
            {"kind": "struct", "name": "S", "fields": [{"name": "a", "type": "u8", "default": 1}]},
            enum({"index": 0, "name": "a"}, {"index": 0, "name": "b"}),
            enum({"index": 0, "name": "a"}, {"index": 1, "name": "a"}),
            enum({"name": "a"}), enum({"index": 2**32, "name": "a"}), enum("a"),
            enum({"index": 0, "name": "a", "newtype": "u8", "tuple": []}),
            enum({"index": 0, "name": "a", "unit": None}),
            ref("S"), struct(("a", ref("T"))), struct(("a", ref("S", 0))), struct(("a", ref("S", 2))),
            {"kind": "newtype", "name": "N", "of": ref("N")},
            {"kind": "newtype", "name": "N",
             "of": {"kind": "newtype", "name": "M", "of": ref("N")}},
            {"kind": "tuple", "of": [struct(), ref("S")]}, deep,
        )
        for type in bad_types:
            with self.subTest(str(type)[:80]), self.assertRaises(ConfigurationError):
                read_description(described(type))
        deep_text = "[" * 100_000 + "]" * 100_000
        for text in (
            "", "{", "null", "[]", deep_text, b"\xff", None, 5, '{"schema":[1,0]}',
            '{"schema":[1,0],"payload":"u8","more":1}', '{"schema":[1],"payload":"u8"}',
            '{"schema":[1,0,0],"payload":"u8"}', '{"schema":[1,1],"payload":"u8"}',
            '{"schema":[-1,0],"payload":"u8"}', '{"schema":[4294967296,0],"payload":"u8"}',
            '{"schema":[1,0],"payload":"u8","payload":"u8"}', '{"schema":"10","payload":"u8"}',
            '{"schema":[1,NaN],"payload":"u8"}', '{"schema":[1,' + "9" * 5000 + '],"payload":"u8"}',
        ):
            with self.subTest(str(text)[:60]), self.assertRaises(ConfigurationError):
                read_description(text)  # type: ignore[arg-type]

    def test_minors(self) -> None:
        text = described(struct(("a", "bool"), ("b", "u16"), ("c", "unit")), minor=2)
        shape = read_description(text)
        self.assertEqual(shape.read(2, b"\x01\x05"), ({"a": True, "b": 5, "c": None}, False))
        self.assertEqual(shape.read(1, b"\x01\x05"), ({"a": True, "b": 5}, False))
        self.assertEqual(shape.read(1, b"\x01"), ({"a": True}, False))
        self.assertEqual(shape.read(3, b"\x01\x05\xff")[1], True)
        for minor, payload in ((2, b"\x01"), (1, b"\x01\x80"), (2, b"\x01\x05\x00"), (3, b"\x01")):
            with self.subTest(minor=minor), self.assertRaises(Rejected):
                shape.read(minor, payload)
        with self.assertRaises(RequestError):
            shape.encode({"a": True, "b": 5})
        self.assertEqual(shape.encode({"a": True, "b": 5, "c": None}).minor, 2)

    def test_defaults_of_the_application(self) -> None:
        text = described(struct(("a", "bool"), ("b", "u16")), minor=1)
        shape = read_description(text, {"b": 7})
        self.assertEqual(shape.read(0, b"\x01"), ({"a": True, "b": 7}, False))
        with self.assertRaises(Rejected):
            shape.read(0, b"")
        with self.assertRaises(ConfigurationError):
            read_description(text, {"c": 7})

    def test_of_equal_keys_the_last_is_kept(self) -> None:
        for key, encoded in (("str", "0161"), ("u16", "07")):
            shape = read_description(described({"kind": "map", "key": key, "value": "u8"}))
            value, _ = shape.read(0, bytes.fromhex("02" + encoded + "01" + encoded + "02"))
            self.assertEqual(value, {"a": 2} if key == "str" else [(7, 2)])
        for bad in ([(7, 1), (7, 2)], [(7,)], [7], {7: 1}, None):
            with self.assertRaises(RequestError):
                shape.encode(bad)

    def test_variants_and_their_contents(self) -> None:
        shape = read_description(described(CHOICE))
        for bad in ("b", "f", {"a": None}, {"a": 1}, {"b": 1, "d": {"x": True}}, {}, "z", None, 0,
                    {0: 1}, ["a"]):
            with self.subTest(str(bad)), self.assertRaises(RequestError):
                shape.encode(bad)

    def test_many_types_side_by_side(self) -> None:
        fields = [(f"f{number}", {"kind": "option", "of": "u8"}) for number in range(300)]
        shape = read_description(described(struct(*fields)))
        self.assertEqual(len(shape.read(0, bytes(300))[0]), 300)

    def test_newtypes_take_no_stack(self) -> None:
        type: Any = ref("S")
        for number in range(61):
            type = {"kind": "newtype", "name": f"N{number}", "of": type}
        shape = read_description(described(struct(("next", {"kind": "option", "of": type}))))
        self.assertEqual(len(shape.read(0, b"\x01" * 31 + b"\x00")), 2)
        with self.assertRaises(Rejected):
            shape.read(0, b"\x01" * 2900)


class Bounds(unittest.TestCase):
    def test_values_without_bytes(self) -> None:
        def units(*lengths: int) -> Any:
            type: Any = "unit"
            for length in lengths:
                type = {"kind": "array", "of": type, "len": length}
            return read_description(described(type))

        for lengths in ((131072,), (256, 512), (2, 2**16), (16,) * 60):
            with self.subTest(lengths), self.assertRaises(Rejected):
                units(*lengths).read(0, b"")
        full = units(131071)
        value, _ = full.read(0, b"")
        self.assertEqual((len(value), full.encode(value).data), (131071, b""))
        with self.assertRaises(RequestError):
            units(131072).encode((*value, None))
        inner = struct(*[(f"f{number}", "unit") for number in range(40)])
        many = read_description(described({"kind": "seq", "of": inner}))
        with self.assertRaises(Rejected):
            many.read(0, b"\x80\x20")

    def test_a_type_that_is_nothing_but_itself(self) -> None:
        endless: Newtype = Newtype(Lazy(lambda: endless), "N")
        with self.assertRaises(ConfigurationError):
            Shape(1, 0, endless)
        with self.assertRaises(ConfigurationError):
            Shape(1, 0, Struct(Field("a", Lazy(lambda: endless)))).read(0, b"\x01")


class Writing(unittest.TestCase):
    def test_types_written_in_python(self) -> None:
        tree: Enum = Enum(
            Variant("leaf", Int(8)), Variant("one", Lazy(lambda: tree)),
            Variant("both", Tuple(Int(8), Lazy(lambda: tree))), name="Tree",
        )
        shape = Shape(1, 0, tree)
        again = read_description(write_description(shape))
        value = {"both": (1, {"one": {"leaf": 7}})}
        self.assertEqual(again.encode(value), shape.encode(value))
        self.assertEqual(again.read(0, shape.encode(value).data), (value, False))

    def test_lazy_types_that_enclose_nothing(self) -> None:
        later = Struct(Field("x", Bool()), name="Later")
        shape = Shape(1, 0, Option(Lazy(lambda: Newtype(later, "N"))))
        again = read_description(write_description(shape))
        self.assertEqual(again.encode({"x": True}), shape.encode({"x": True}))

    def test_shapes_of_the_vectors(self) -> None:
        for name, type in TYPES.items():
            if type is None:
                with self.assertRaises(ConfigurationError):
                    write_description(Shape(1, 0, type))
            else:
                text = write_description(Shape(1, 0, type))
                self.assertEqual(write_description(read_description(text)), text, name)


if __name__ == "__main__":
    unittest.main()
