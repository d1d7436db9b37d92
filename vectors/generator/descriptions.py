"""Vectors of the kind description: payloads read by a description of their type (SPEC 7.7)."""

import json

FLAG = ["description"]
GOOD = '{"schema":[1,0],"payload":"u8"}'
NEWTYPE, OPTION = '{"kind":"newtype","name":"N","of":', '{"kind":"option","of":'


def described(kind, minor=0):
    """The text of a description; kind is a text or what JSON is written of."""
    kind = kind if isinstance(kind, str) else json.dumps(kind, separators=(",", ":"), ensure_ascii=False)
    return '{"schema":[1,%d],"payload":%s}' % (minor, kind)


def nested(opening, count, inner='"u8"'):
    """A type in so many others."""
    return opening * count + inner + "}" * count


def inputs(description, payload="05", minor=0):
    """The inputs of a vector."""
    return {"description": description, "minor": minor, "payload": payload}


def array(of, length):
    """An array."""
    return {"kind": "array", "of": of, "len": length}


def seq(of):
    """A list."""
    return {"kind": "seq", "of": of}


def option(of):
    """An option."""
    return {"kind": "option", "of": of}


def struct(*fields):
    """A struct called S."""
    return {"kind": "struct", "name": "S", "fields": [{"name": n, "type": t} for n, t in fields]}


def enum(*variants):
    """An enum called E."""
    return {"kind": "enum", "name": "E", "variants": list(variants)}


def ref(name, nth=1):
    """A reference."""
    return {"kind": "ref", "name": name, "nth": nth}


def newtype(name, of):
    """A newtype."""
    return {"kind": "newtype", "name": name, "of": of}


def mapping(key, value):
    """A map."""
    return {"kind": "map", "key": key, "value": value}


def tuple_of(*of):
    """A tuple."""
    return {"kind": "tuple", "of": list(of)}


def many(value, more):
    """A struct of a map from unit and an array."""
    return struct(("map", mapping("unit", value)), ("more", array("unit", more)))


UNITS, OPTIONS = array("unit", 30), option(array("unit", 43))
NEWTYPES = newtype("N", newtype("M", array("unit", 28)))
CHOICE = enum({"index": 0, "name": "a"}, {"index": 7, "name": "b", "newtype": "u32"},
              {"index": 300, "name": "c", "tuple": ["u8", "u16"]},
              {"index": 3, "name": "d", "fields": [{"name": "x", "type": "bool"}]})
CHAIN = struct(("next", option(ref("S"))))
THREE = struct(("a", "u8"), ("b", "u16"), ("c", "unit"))


def read_cases():
    """Name, comment, type, payload."""
    yield from (
        ("bool", "A bool.", '"bool"', "01"),
        ("u16", "Two bytes.", '"u16"', "ac02"),
        ("u64-max", "The greatest u64, as a decimal string.", '"u64"', "ff" * 9 + "01"),
        ("i64-min", "The least i64.", '"i64"', "ff" * 9 + "01"),
        ("u128-max", "The greatest u128.", '"u128"', "ff" * 18 + "03"),
        ("i128-min", "The least i128.", '"i128"', "ff" * 18 + "03"),
        ("i8", "An i8 below 0.", '"i8"', "ff"),
        ("f32", "An f32.", '"f32"', "0000c03f"),
        ("f64", "An f64.", '"f64"', "00000000000000c0"),
        ("f64-zero", "The f64 -0.", '"f64"', "0000000000000080"),
        ("f64-infinity", "The f64 infinity.", '"f64"', "000000000000f07f"),
        ("char", "A char of two bytes.", '"char"', "02c3a9"),
        ("char-wide", "The last scalar value.", '"char"', "04f48fbfbf"),
        ("str-bom", "A str that begins with U+FEFF.", '"str"', "04efbbbf61"),
        ("bytes", "Bytes.", '"bytes"', "0200ff"),
        ("overlong", "A varint of a payload in a longer form.", '"u64"', "8500"),
        ("option-none", "None.", option("u8"), "00"),
        ("option-some", "Some.", option("u8"), "0107"),
        ("seq", "A list.", seq("u16"), "0201ac02"),
        ("map-str", "A map with str keys.", mapping("str", "u8"), "02016101016202"),
        ("map-newtype-str", "Keys that are newtypes of str.", mapping(newtype("N", "str"), "u8"), "0101610b"),
        ("map-u16", "A map with other keys.", mapping("u16", "str"), "02020161ac020162"),
        ("map-char", "Keys of char are no str.", mapping("char", "u8"), "01016101"),
        ("map-twice", "Of a str key that is there twice the last counts.", mapping("str", "u8"), "02016101016102"),
        ("map-u8-twice", "Of a key that is there twice the last counts, at the place of the first.",
         mapping("u8", "u8"), "03010102030104"),
        ("map-seq-twice", "Keys with parts are compared too.", mapping(seq("u8"), "u8"), "02010102010103"),
        ("map-overlong-twice", "Keys are compared as values.", mapping("u16", "u8"), "020102810003"),
        ("array", "An array.", array("u8", 2), "0102"),
        ("array-empty", "An array of nothing.", array("u8", 0), ""),
        ("tuple", "A tuple.", tuple_of("u8", "u16"), "01ac02"),
        ("tuple-empty", "A tuple of nothing.", tuple_of(), ""),
        ("unit-struct", "A unit struct.", {"kind": "unit-struct", "name": "U"}, ""),
        ("newtype", "A newtype.", newtype("N", "u64"), "05"),
        ("tuple-struct", "A tuple struct.", {"kind": "tuple-struct", "name": "T", "of": ["u8", "str"]}, "010161"),
        ("struct-empty", "A struct without fields.", struct(), ""),
        ("struct-names", "Names with a meaning in some language.",
         struct(("0", "u8"), ("1", "u8"), ("__proto__", "u8"), ("constructor", "u8"), ("type", "u8")), "0102030405"),
        ("struct-name-escaped", "A name outside ASCII.", struct(("\u00e9\U0001f600", "u8")), "01"),
        ("variant-plain", "A variant without content.", CHOICE, "00"),
        ("variant-newtype", "A variant of one value, whose index leaves a gap.", CHOICE, "07ac02"),
        ("variant-tuple", "A variant of several values, with a great index.", CHOICE, "ac0201ac02"),
        ("variant-fields", "A variant with fields.", CHOICE, "0301"),
        ("ref", "A struct that contains itself.", CHAIN, "010100"),
        ("ref-second", "The second enclosing type of a name.",
         {"kind": "struct", "name": "A", "fields": [
             {"name": "n", "type": "u8"},
             {"name": "in", "type": {"kind": "enum", "name": "A", "variants": [
                 {"index": 0, "name": "end"}, {"index": 1, "name": "more", "newtype": option(ref("A", 2))}]}}]},
         "0501010600"),
        ("ref-newtype", "A newtype of an option of itself.", newtype("A", option(ref("A"))), "010100"),
        ("levels-64", "A value of 64 levels and a description of 64 types around a u8.",
         nested(OPTION, 64), "01" * 64 + "05"),
        ("newtypes-64", "64 newtypes.", nested(NEWTYPE, 64), "05"),
        ("elements-4096", "4096 elements.", seq("unit"), "8020"),
        ("values-131072", "131,072 values: of a key that is always the same the last value is shown.",
         many(UNITS, 29), "ff1f"),
        ("values-newtypes", "The same with newtypes, which count.", many(NEWTYPES, 29), "ff1f"),
        ("values-options", "The same with options, whose content counts.", many(OPTIONS, 15), "a116" + "01" * 2849),
    )


def add_read(book):
    """Payloads that are read."""
    for name, comment, kind, payload in read_cases():
        book.good("description", "description-ok-" + name, comment, FLAG, "description",
                  inputs(described(kind), payload))
    more = (
        ("space", "White space around all parts.",
         inputs(' {\r\n\t"payload" : "u8" , "schema" : [ 1 , 0 ] } \n')),
        ("order", "Members in another order.", inputs('{"payload":{"of":"u8","kind":"option"},"schema":[1,0]}', "0105")),
        ("escaped", "A name with escapes is the same name.", inputs('{"sch\\u0065ma":[1,0],"payload":"u\\u0038"}')),
        ("schema-max", "The greatest major.", inputs('{"schema":[4294967295,0],"payload":"u8"}')),
        ("array-max", "The longest array in an option that is none.",
         inputs(described(option(array("unit", 131072))), "00")),
        ("minor-older", "An older minor: fields at the end are absent.", inputs(described(THREE, 2), "05", 1)),
        ("minor-older-none", "An older minor without any field.", inputs(described(THREE, 2), "", 0)),
        ("minor-older-whole", "An older minor with all fields that have bytes: what has none is absent.",
         inputs(described(THREE, 2), "05ac02", 1)),
        ("minor-equal", "The same minor: a field without bytes is there.", inputs(described(THREE, 2), "05ac02", 2)),
        ("minor-newer", "A newer minor: the tail is ignored, the session is read-only.",
         inputs(described(THREE, 2), "05ac02ffff", 3)),
        ("minor-newtype", "A newtype around the outermost struct.",
         inputs(described(newtype("N", THREE), 2), "05", 1)),
    )
    for name, comment, values in more:
        book.good("description", "description-ok-" + name, comment, FLAG, "description", values)


def add_unread(book):
    """Payloads that do not fit their description: stage schema."""
    cases = (
        ("bool", "A bool of 2.", '"bool"', "02", "01"),
        ("option", "An option tag of 2.", option("u8"), "0205", "0105"),
        ("u16", "A u16 that overflows.", '"u16"', "ffff04", "ffff03"),
        ("u64", "A u64 that overflows.", '"u64"', "ff" * 9 + "02", "ff" * 9 + "01"),
        ("u128", "A u128 that overflows.", '"u128"', "ff" * 18 + "04", "ff" * 18 + "03"),
        ("u16-long", "A u16 of four bytes.", '"u16"', "80808000", "808000"),
        ("str", "A surrogate in UTF-8.", '"str"', "03eda080", "03616161"),
        ("str-length", "A length beyond the input.", '"str"', "ff" * 9 + "01", "00"),
        ("bytes-length", "A length beyond the input.", '"bytes"', "0205", "0105"),
        ("char-none", "A char of nothing.", '"char"', "00", "0161"),
        ("char-two", "A char of two scalar values.", '"char"', "026161", "0161"),
        ("char-beyond", "Beyond the last scalar value.", '"char"', "04f4908080", "04f48fbfbf"),
        ("variant", "An index between those of variants.", CHOICE, "01", "00"),
        ("end", "The end within a tuple.", tuple_of("u8", "u8"), "05", "0505"),
        ("tail", "A byte too many.", '"u8"', "0505", "05"),
        ("elements-4097", "4097 elements.", seq("unit"), "8120", "8020"),
        ("struct-tail", "A byte too many behind a struct.", struct(("a", "u8")), "0506", "05"),
    )
    for name, comment, kind, payload, base in cases:
        book.bad("description", "description-schema-" + name, comment, FLAG, "description", "schema",
                 inputs(described(kind), payload), inputs(described(kind), base))
    pairs = (
        ("values-131073", "131,073 values.", many(UNITS, 30), many(UNITS, 29), "ff1f"),
        ("values-newtypes", "131,073 values, newtypes among them.", many(NEWTYPES, 30), many(NEWTYPES, 29), "ff1f"),
        ("values-options", "131,073 values, contents of options among them.", many(OPTIONS, 16), many(OPTIONS, 15),
         "a116" + "01" * 2849),
        ("values-array", "The longest array and its elements.", array("unit", 131072), array("unit", 131071), ""),
        ("enum-empty", "An enum without variants has no values.", enum(), enum({"index": 0, "name": "a"}), "00"),
    )
    for name, comment, kind, base, payload in pairs:
        book.bad("description", "description-schema-" + name, comment, FLAG, "description", "schema",
                 inputs(described(kind), payload), inputs(described(base), payload))
    chain = described(CHAIN)
    book.bad("description", "description-schema-ref-levels-65", "A struct within itself, to level 65.", FLAG,
             "description", "schema", inputs(chain, "01" * 32 + "00"), inputs(chain, "01" * 31 + "00"))
    for name, comment, kind, payload, minor, good in (
            ("minor-u8", "A minor where the type is no struct.", '"u8"', "05", 1, 0),
            ("minor-equal", "A field is missing under the same minor.", THREE, "05", 2, 1)):
        description = described(kind, 0 if minor == 1 else 2)
        book.bad("description", "description-schema-" + name, comment, FLAG, "description", "schema",
                 inputs(description, payload, minor), inputs(description, payload, good))


def refused_texts():
    """Name, comment, text of a description that is none."""
    yield from (
        ("empty", "No text.", ""),
        ("null", "null.", "null"),
        ("array", "An array.", "[1]"),
        ("cut", "The text ends.", GOOD[:-1]),
        ("tail", "Something follows.", GOOD + "x"),
        ("comma", "A comma before the end.", GOOD[:-1] + ",}"),
        ("bom", "A byte order mark.", "\ufeff" + GOOD),
        ("constant", "NaN.", described("NaN")),
        ("member-twice", "A member twice.", '{"schema":[1,0],"payload":"u8","payload":"u8"}'),
        ("member-twice-escaped", "A member twice, once with an escape.",
         '{"schema":[1,0],"payload":"u8","p\\u0061yload":"u8"}'),
        ("member-twice-within", "A member of a type twice.", described('{"kind":"option","of":"u8","of":"u8"}')),
        ("member-unknown", "An unknown member.", '{"schema":[1,0],"payload":"u8","more":0}'),
        ("member-unknown-within", "An unknown member of a type.", described('{"kind":"option","of":"u8","len":0}')),
        ("member-missing", "A member is missing.", '{"payload":"u8"}'),
        ("member-missing-within", "A member of a type is missing.", described('{"kind":"option"}')),
        ("member-case", "A member in other letters.", '{"Schema":[1,0],"payload":"u8"}'),
        ("schema-one", "A schema of one number.", '{"schema":[1],"payload":"u8"}'),
        ("schema-three", "A schema of three numbers.", '{"schema":[1,0,0],"payload":"u8"}'),
        ("schema-null", "A minor of null.", '{"schema":[1,null],"payload":"u8"}'),
        ("schema-beyond", "A major of 2^32.", '{"schema":[4294967296,0],"payload":"u8"}'),
        ("schema-fraction", "A major written 1.0.", '{"schema":[1.0,0],"payload":"u8"}'),
        ("schema-minus", "A minor written -0.", '{"schema":[1,-0],"payload":"u8"}'),
        ("schema-minor", "A minor of a type that is no struct.", described('"u8"', 1)),
        ("type-null", "A type of null.", described("null")),
        ("type-array", "A type that is an array.", described("[]")),
        ("type-unknown", "An unknown type.", described('"constructor"')),
        ("type-case", "A type in other letters.", described('"U8"')),
        ("kind-missing", "A type without a kind.", described("{}")),
        ("kind-null", "A kind of null.", described('{"kind":null}')),
        ("kind-unknown", "An unknown kind.", described('{"kind":"toString"}')),
        ("name-empty", "A struct without a name.", described('{"kind":"struct","name":"","fields":[]}')),
        ("name-surrogate", "A name with half of a pair.", described('{"kind":"unit-struct","name":"\\ud800"}')),
        ("name-null", "A name of null.", described('{"kind":"unit-struct","name":null}')),
        ("field-name-empty", "A field without a name.", described(struct(("", "u8")))),
        ("field-twice", "Two fields of one name.", described(struct(("a", "u8"), ("a", "unit")))),
        ("fields-object", "Fields that are no array.", described('{"kind":"struct","name":"S","fields":{}}')),
        ("variant-name-empty", "A variant without a name.", described(enum({"index": 0, "name": ""}))),
        ("variant-index-twice", "Two variants of one index.",
         described(enum({"index": 0, "name": "a"}, {"index": 0, "name": "b"}))),
        ("variant-name-twice", "Two variants of one name.",
         described(enum({"index": 0, "name": "a"}, {"index": 1, "name": "a"}))),
        ("variant-two-contents", "A variant with two contents.",
         described(enum({"index": 0, "name": "a", "newtype": "u8", "tuple": []}))),
        ("variant-unknown", "A variant with an unknown member.",
         described(enum({"index": 0, "name": "a", "unit": None}))),
        ("variant-index-beyond", "An index of 2^32.", described(enum({"index": 2**32, "name": "a"}))),
        ("array-beyond", "An array of 131,073.", described(option(array("unit", 131073)))),
        ("array-fraction", "A length written 1.0.", described('{"kind":"array","of":"unit","len":1.0}')),
        ("array-exponent", "A length written 1e1.", described('{"kind":"array","of":"unit","len":1e1}')),
        ("array-negative", "A length below 0.", described('{"kind":"array","of":"unit","len":-1}')),
        ("array-zero", "A length written 01.", described('{"kind":"array","of":"unit","len":01}')),
        ("array-bool", "A length of true.", described('{"kind":"array","of":"unit","len":true}')),
        ("array-string", "A length that is a string.", described('{"kind":"array","of":"unit","len":"1"}')),
        ("array-huge", "A length of 400 digits.", described('{"kind":"array","of":"unit","len":' + "9" * 400 + "}")),
        ("ref-alone", "A ref within nothing.", described(ref("A"))),
        ("ref-nth-zero", "A ref to the type before the first.", described(struct(("a", option(ref("S", 0)))))),
        ("ref-nth", "A ref to a second type that is not there.", described(struct(("a", option(ref("S", 2)))))),
        ("ref-unit", "A ref to a unit struct beside it.",
         described(struct(("a", {"kind": "unit-struct", "name": "U"}), ("b", option(ref("U")))))),
        ("ref-newtype", "A newtype of itself.", described(newtype("A", ref("A")))),
        ("ref-newtypes", "A newtype of a newtype of the first.", described(newtype("A", newtype("B", ref("A"))))),
        ("ref-newtypes-within", "The same within an option.",
         described(option(newtype("A", newtype("B", ref("B")))))),
        ("levels-65", "65 types around a u8.", described(nested(OPTION, 65))),
        ("newtypes-65", "65 newtypes.", described(nested(NEWTYPE, 65))),
        ("levels-unit", "A unit struct at level 65.", described(nested(OPTION, 64, '{"kind":"unit-struct","name":"U"}'))),
        ("levels-3000", "JSON of 3000 levels.", described(nested('{"of":', 3000))),
    )


def add_refused(book):
    """Texts that are no descriptions."""
    for name, comment, text in refused_texts():
        book.bad("description", "description-refused-" + name, comment, FLAG, "description", "refused",
                 inputs(text), inputs(GOOD))


def add(book):
    """All vectors of this module."""
    for part in (add_read, add_unread, add_refused):
        part(book)
