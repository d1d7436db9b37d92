package payload

import (
	"bytes"
	"encoding/hex"
	"math"
	"math/big"
	"math/rand"
	"reflect"
	"strings"
	"sync"
	"testing"
)

func of(k Kind) *Type { return &Type{Kind: k} }

func choice() *Type {
	return &Type{Kind: Enum, Variants: []VariantType{
		{Index: 0, Name: "a"},
		{Index: 1, Name: "b", Type: of(U32)},
		{Index: 2, Name: "c", Type: &Type{Kind: Tuple, Elems: []*Type{of(U8), of(U16)}}, Inline: true},
		{Index: 3, Name: "d", Type: &Type{Kind: Struct, Fields: []Field{{Name: "x", Type: of(Bool)}}}, Inline: true},
	}}
}

func bigOf(s string) *big.Int {
	v, ok := new(big.Int).SetString(s, 10)
	if !ok {
		panic(s)
	}
	return v
}

func TestEncodings(t *testing.T) {
	u16, u8 := of(U16), of(U8)
	pair := &Type{Kind: Tuple, Elems: []*Type{u8, u16}}
	for _, c := range []struct {
		t     *Type
		value any
		bytes string
	}{
		{of(Bool), true, "01"},
		{of(Bool), false, "00"},
		{u8, uint8(255), "ff"},
		{of(I8), int8(-1), "ff"},
		{u16, uint16(300), "ac02"},
		{u16, uint16(65535), "ffff03"},
		{of(U32), uint32(math.MaxUint32), "ffffffff0f"},
		{of(U64), uint64(math.MaxUint64), "ffffffffffffffffff01"},
		{of(U128), bigOf("340282366920938463463374607431768211455"), strings.Repeat("ff", 18) + "03"},
		{of(U128), bigOf("0"), "00"},
		{of(U128), bigOf("128"), "8001"},
		{of(I16), int16(-1), "01"},
		{of(I16), int16(1), "02"},
		{of(I16), int16(-32768), "ffff03"},
		{of(I32), int32(-300), "d704"},
		{of(I64), int64(math.MinInt64), "ffffffffffffffffff01"},
		{of(I128), bigOf("-1"), "01"},
		{of(I128), bigOf("1"), "02"},
		{of(I128), bigOf("-170141183460469231731687303715884105728"), strings.Repeat("ff", 18) + "03"},
		{of(I128), bigOf("170141183460469231731687303715884105727"), "fe" + strings.Repeat("ff", 17) + "03"},
		{of(F32), float32(1.5), "0000c03f"},
		{of(F64), -2.0, "00000000000000c0"},
		{of(Str), "Ada", "03416461"},
		{of(Char), 'é', "02c3a9"},
		{of(Char), '\x00', "0100"},
		{of(Bytes), []byte{0, 255}, "0200ff"},
		{of(Unit), nil, ""},
		{&Type{Kind: Option, Elem: u8}, nil, "00"},
		{&Type{Kind: Option, Elem: u8}, Some{uint8(7)}, "0107"},
		{&Type{Kind: Option, Elem: of(Unit)}, Some{nil}, "01"},
		{&Type{Kind: Seq, Elem: u16}, []any{uint16(1), uint16(300)}, "0201ac02"},
		{&Type{Kind: Map, Key: of(Str), Elem: u8}, []Entry{{"a", uint8(1)}, {"b", uint8(2)}}, "02016101016202"},
		{pair, []any{uint8(1), uint16(300)}, "01ac02"},
		{choice(), Variant{Name: "a"}, "00"},
		{choice(), Variant{"b", uint32(300)}, "01ac02"},
		{choice(), Variant{"c", []any{uint8(1), uint16(300)}}, "0201ac02"},
		{choice(), Variant{"d", Fields{"x": true}}, "0301"},
	} {
		want, _ := hex.DecodeString(c.bytes)
		got, err := Encode(c.t, c.value)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%v %v: %x, %v, expected %s", c.t.Kind, c.value, got, err, c.bytes)
		}
		back, err := Decode(c.t, want)
		if err != nil || !same(back, c.value) {
			t.Errorf("%s as %v: %v, %v", c.bytes, c.t.Kind, back, err)
		}
		for n := range want {
			if v, err := Decode(c.t, want[:n]); err == nil {
				t.Errorf("%s cut to %d bytes is %v", c.bytes, n, v)
			}
		}
		if _, err := Decode(c.t, append(want, 0)); err == nil {
			t.Errorf("%s with a byte behind it is accepted", c.bytes)
		}
	}
}

func same(a, b any) bool {
	x, ok1 := a.(*big.Int)
	y, ok2 := b.(*big.Int)
	if ok1 && ok2 {
		return x.Cmp(y) == 0
	}
	return reflect.DeepEqual(a, b)
}

func TestDecodeRefuses(t *testing.T) {
	for _, c := range []struct {
		t     *Type
		bytes string
	}{
		{of(Bool), "02"},
		{of(U16), "ffff04"}, {of(U16), "80808000"},
		{of(U32), "ffffffff10"}, {of(U32), "808080808000"},
		{of(U64), "ffffffffffffffffff02"}, {of(U64), "8080808080808080808000"},
		{of(U128), strings.Repeat("ff", 18) + "04"}, {of(U128), strings.Repeat("80", 19) + "00"},
		{of(Str), "01ff"}, {of(Str), "03eda080"}, {of(Str), "ffffffffffffffffff01"},
		{of(Char), "00"}, {of(Char), "026161"}, {of(Char), "01ff"},
		{of(Bytes), "ffffffffffffffffff01"}, {of(Bytes), "0500"},
		{&Type{Kind: Option, Elem: of(U8)}, "02"},
		{choice(), "04"}, {choice(), "ffffffff0f"}, {choice(), "0302"},
		{&Type{Kind: Seq, Elem: of(Unit)}, "8120"},
		{&Type{Kind: Seq, Elem: of(Unit)}, "ffffffffffffffffff01"},
		{&Type{Kind: Map, Key: of(Unit), Elem: of(Unit)}, "8120"},
		{&Type{Kind: Tuple, Elems: []*Type{{Kind: Seq, Elem: of(Unit)}, {Kind: Seq, Elem: of(Unit)}}}, "802001"},
		{&Type{Kind: Option}, "0100"},
		{&Type{}, ""},
	} {
		data, _ := hex.DecodeString(c.bytes)
		if v, err := Decode(c.t, data); err != ErrDecode || v != nil {
			t.Errorf("%v %s: %v, %v", c.t.Kind, c.bytes, v, err)
		}
	}
	if _, err := Decode(&Type{Kind: Seq, Elem: of(Unit)}, []byte{0x80, 0x20}); err != nil {
		t.Errorf("4096 elements: %v", err)
	}
	// A form longer than necessary may be read.
	if v, err := Decode(of(U32), []byte{0x81, 0x00}); err != nil || v != uint32(1) {
		t.Errorf("a long varint: %v, %v", v, err)
	}
}

// TestDepth counts levels: an inline variant shares the level of its enum, one
// value is a level below.
func TestDepth(t *testing.T) {
	nest := func(inner *Type, levels int) (*Type, []byte) {
		data := []byte{}
		for ; levels > 0; levels-- {
			inner = &Type{Kind: Option, Elem: inner}
			data = append(data, 1)
		}
		return inner, data
	}
	tuple := &Type{Kind: Tuple, Elems: []*Type{of(Bool)}}
	inline := &Type{Kind: Enum, Variants: []VariantType{{Name: "v", Type: tuple, Inline: true}}}
	one := &Type{Kind: Enum, Variants: []VariantType{{Name: "v", Type: tuple}}}
	for _, c := range []struct {
		name  string
		inner *Type
		bytes []byte
		own   int
	}{
		{"bool", of(Bool), []byte{1}, 0},
		{"tuple", tuple, []byte{1}, 1},
		{"inline variant", inline, []byte{0, 1}, 1},
		{"variant of one value", one, []byte{0, 1}, 2},
		{"empty seq", &Type{Kind: Seq, Elem: of(Bool)}, []byte{0}, 1},
		{"unit", of(Unit), nil, 0},
	} {
		for _, levels := range []int{DepthMax, DepthMax + 1} {
			typ, data := nest(c.inner, levels-c.own)
			data = append(data, c.bytes...)
			v, err := Decode(typ, data)
			if (err == nil) != (levels <= DepthMax) {
				t.Errorf("%s at level %d: %v", c.name, levels, err)
			}
			if err != nil {
				continue
			}
			if back, err := Encode(typ, v); err != nil || !bytes.Equal(back, data) {
				t.Errorf("%s at level %d is not written again: %v", c.name, levels, err)
			}
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	user := &Type{Kind: Struct, Fields: []Field{{Name: "id", Type: of(U64)}}}
	for _, c := range []struct {
		t     *Type
		value any
	}{
		{of(U8), 7}, {of(U8), nil}, {of(Str), []byte("x")}, {of(Str), "\xff"}, {of(Char), rune(0xd800)},
		{of(Unit), 1}, {of(U128), (*big.Int)(nil)}, {of(U128), big.NewInt(-1)},
		{of(U128), new(big.Int).Lsh(big.NewInt(1), 128)}, {of(I128), new(big.Int).Lsh(big.NewInt(1), 127)},
		{user, Fields{}}, {user, Fields{"id": uint64(1), "x": 1}}, {user, Fields{"id": "secret"}}, {user, nil},
		{&Type{Kind: Option, Elem: of(U8)}, uint8(1)},
		{&Type{Kind: Tuple, Elems: []*Type{of(U8)}}, []any{}},
		{&Type{Kind: Seq, Elem: of(Unit)}, make([]any, ElementsMax+1)},
		{choice(), Variant{Name: "e"}}, {choice(), Variant{"a", 1}}, {choice(), "a"},
		{&Type{}, 1}, {nil, 1}, {&Type{Kind: Seq}, []any{1}},
	} {
		b, err := Encode(c.t, c.value)
		if err == nil || b != nil {
			t.Errorf("%v is written as %x", c.value, b)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("the error shows the value: %v", err)
		}
	}
	chain := &Type{Kind: Struct}
	chain.Fields = []Field{{Name: "next", Type: &Type{Kind: Option, Elem: chain}}}
	var v any
	for i := 0; i < 40; i++ {
		inner := any(nil)
		if v != nil {
			inner = Some{v}
		}
		v = Fields{"next": inner}
	}
	if _, err := Encode(chain, v); err == nil {
		t.Error("a value is written that no reader accepts")
	}
}

func TestShapes(t *testing.T) {
	shape := Shape{Major: 1, Minor: 1, Type: &Type{Kind: Struct, Fields: []Field{
		{Name: "a", Type: of(U8)},
		{Name: "b", Type: of(U16), Default: uint16(9), HasDefault: true},
	}}}
	if err := shape.Check(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		minor    uint32
		data     []byte
		b        any
		readOnly bool
		ok       bool
	}{
		{0, []byte{1}, uint16(9), false, true},
		{0, []byte{1, 2}, uint16(2), false, true},
		{0, []byte{1, 0x80}, nil, false, false},
		{0, nil, nil, false, false},
		{0, []byte{1, 2, 3}, nil, false, false},
		{1, []byte{1, 2}, uint16(2), false, true},
		{1, []byte{1}, nil, false, false},
		{1, []byte{1, 2, 3}, nil, false, false},
		{2, []byte{1, 2, 3}, uint16(2), true, true},
		{2, []byte{1, 2}, uint16(2), true, true},
		{2, []byte{1}, nil, false, false},
	} {
		v, readOnly, err := shape.Read(c.minor, c.data)
		if (err == nil) != c.ok || readOnly != c.readOnly || c.ok && v.(Fields)["b"] != c.b {
			t.Errorf("minor %d, %x: %v, %v, %v", c.minor, c.data, v, readOnly, err)
		}
	}
	for name, bad := range map[string]Shape{
		"raw minor":       {Minor: 1},
		"enum minor":      {Minor: 1, Type: choice()},
		"wrong default":   {Type: &Type{Kind: Struct, Fields: []Field{{Name: "a", Type: of(U8), Default: "x", HasDefault: true}}}},
		"repeated field":  {Type: &Type{Kind: Struct, Fields: []Field{{Name: "a", Type: of(U8)}, {Name: "a", Type: of(U8)}}}},
		"missing type":    {Type: &Type{Kind: Struct, Fields: []Field{{Name: "a"}}}},
		"bad inline":      {Type: &Type{Kind: Enum, Variants: []VariantType{{Name: "a", Inline: true, Type: of(U8)}}}},
		"repeated varian": {Type: &Type{Kind: Enum, Variants: []VariantType{{Name: "a"}, {Name: "a"}}}},
		"unknown kind":    {Type: of(99)},
	} {
		if bad.Check() == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

// TestDefaultsAreNotShared changes what one session got, while others read.
func TestDefaultsAreNotShared(t *testing.T) {
	inner := &Type{Kind: Struct, Fields: []Field{{Name: "list", Type: &Type{Kind: Seq, Elem: of(U8)}}}}
	shape := Shape{Major: 1, Minor: 1, Type: &Type{Kind: Struct, Fields: []Field{
		{Name: "scopes", Type: &Type{Kind: Seq, Elem: of(U8)}, Default: []any{uint8(1)}, HasDefault: true},
		{Name: "raw", Type: of(Bytes), Default: []byte{7}, HasDefault: true},
		{Name: "wide", Type: of(U128), Default: big.NewInt(9), HasDefault: true},
		{Name: "limits", Type: inner, Default: Fields{"list": []any{uint8(2)}}, HasDefault: true},
	}}}
	if err := shape.Check(); err != nil {
		t.Fatal(err)
	}
	want := Fields{"scopes": []any{uint8(1)}, "raw": []byte{7}, "wide": big.NewInt(9), "limits": Fields{"list": []any{uint8(2)}}}
	var sessions sync.WaitGroup
	for i := 0; i < 8; i++ {
		sessions.Add(1)
		go func() {
			defer sessions.Done()
			v, _, err := shape.Read(0, nil)
			if err != nil || !reflect.DeepEqual(v, want) {
				t.Errorf("%v, %v", v, err)
				return
			}
			got := v.(Fields)
			got["scopes"].([]any)[0] = uint8(99)
			got["raw"].([]byte)[0] = 99
			got["wide"].(*big.Int).SetInt64(99)
			got["limits"].(Fields)["list"] = nil
			got["limits"].(Fields)["admin"] = true
		}()
	}
	sessions.Wait()
}

// TestRandomBytes decodes noise: no panic, and what is accepted means the same
// when it is written again.
func TestRandomBytes(t *testing.T) {
	types := []*Type{choice(), {Kind: Map, Key: of(Str), Elem: of(I128)}, {Kind: Seq, Elem: choice()},
		{Kind: Option, Elem: of(Char)}, {Kind: Struct, Fields: []Field{{Name: "x", Type: of(F64)}, {Name: "y", Type: of(Bytes)}}}}
	rng := rand.New(rand.NewSource(1))
	accepted := 0
	for i := 0; i < 200000; i++ {
		data := make([]byte, rng.Intn(24))
		for j := range data {
			data[j] = byte(rng.Intn(256)) >> uint(rng.Intn(8))
		}
		typ := types[i%len(types)]
		v, err := Decode(typ, data)
		if err != nil {
			continue
		}
		accepted++
		b, err := Encode(typ, v)
		if err != nil {
			t.Fatalf("%x is read and not written: %v", data, err)
		}
		again, err := Decode(typ, b)
		if err != nil || !equalNaN(again, v) {
			t.Fatalf("%x is read as %v and then as %v", data, v, again)
		}
	}
	if accepted < 1000 {
		t.Errorf("only %d inputs were accepted", accepted)
	}
}

func equalNaN(a, b any) bool {
	x, ok1 := a.(Fields)
	y, ok2 := b.(Fields)
	if ok1 && ok2 {
		f, g := x["x"].(float64), y["x"].(float64)
		return math.Float64bits(f) == math.Float64bits(g) && bytes.Equal(x["y"].([]byte), y["y"].([]byte))
	}
	return reflect.DeepEqual(a, b)
}
