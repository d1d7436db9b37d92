package payload

import (
	"bytes"
	"encoding/hex"
	"reflect"
	"strings"
	"testing"
)

const everything = `{"schema":[3,2],"payload":{"kind":"newtype","name":"Session<T>","of":{"kind":"struct","name":"Inner","fields":[` +
	`{"name":"a","type":"bool"},{"name":"b","type":{"kind":"option","of":"u128"}},` +
	`{"name":"c","type":{"kind":"seq","of":{"kind":"tuple","of":["i8","char"]}}},` +
	`{"name":"d","type":{"kind":"map","key":"str","value":"f64"}},` +
	`{"name":"e","type":{"kind":"array","of":"u16","len":3}},` +
	`{"name":"f","type":{"kind":"unit-struct","name":"Nothing"}},` +
	`{"name":"g","type":{"kind":"tuple-struct","name":"Pair","of":["bytes","unit"]}},` +
	`{"name":"h","type":{"kind":"enum","name":"Tree","variants":[{"index":0,"name":"leaf"},` +
	`{"index":2,"name":"one","newtype":{"kind":"ref","name":"Tree","nth":1}},` +
	`{"index":3,"name":"two","tuple":[{"kind":"ref","name":"Tree","nth":1},{"kind":"ref","name":"Tree","nth":1}]},` +
	`{"index":70000,"name":"far","fields":[{"name":"x","type":{"kind":"option","of":{"kind":"ref","name":"Session<T>","nth":1}}}]}]}}` +
	`]}}}`

func TestDescription(t *testing.T) {
	shape, err := ParseDescription([]byte(everything))
	if err != nil {
		t.Fatal(err)
	}
	again, err := shape.Describe()
	if err != nil || string(again) != everything {
		t.Fatalf("%v\n%s\n%s", err, again, everything)
	}
	if shape.Major != 3 || shape.Minor != 2 {
		t.Errorf("schema %d.%d", shape.Major, shape.Minor)
	}
	inner := Fields{
		"a": true, "b": nil, "c": []any{}, "d": []Entry{}, "e": []any{uint16(1), uint16(2), uint16(3)},
		"f": nil, "g": []any{[]byte{9}, nil}, "h": Variant{Name: "leaf"},
	}
	value := Fields{
		"a": false, "b": Some{bigOf("5")}, "c": []any{[]any{int8(-1), 'x'}}, "d": []Entry{{"k", 1.5}},
		"e": []any{uint16(7), uint16(8), uint16(9)}, "f": nil, "g": []any{[]byte{}, nil},
		"h": Variant{"two", []any{Variant{Name: "leaf"}, Variant{"one", Variant{"far", Fields{"x": Some{inner}}}}}},
	}
	data, err := Encode(shape.Type, value)
	if err != nil {
		t.Fatal(err)
	}
	want := "00" + "0105" + "01ff0178" + "01016b000000000000f83f" + "070809" + "" + "00" +
		"03" + "00" + "02" + "f0a20401" + "01" + "00" + "00" + "00" + "010203" + "" + "0109" + "00"
	if hex.EncodeToString(data) != want {
		t.Errorf("written as\n%x\n%s", data, want)
	}
	back, readOnly, err := shape.Read(2, data)
	if err != nil || readOnly || !reflect.DeepEqual(back, value) {
		t.Errorf("read as %v, %v", back, err)
	}
}

func TestDescribedMinors(t *testing.T) {
	shape, err := ParseDescription([]byte(`{"payload":{"kind":"struct","name":"S","fields":[` +
		`{"type":"u8","name":"a"},{"name":"b","type":"u8"}]},"schema":[1,2]}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		minor    uint32
		data     []byte
		want     any
		readOnly bool
	}{
		{2, []byte{1, 2}, Fields{"a": uint8(1), "b": uint8(2)}, false},
		{1, []byte{1}, Fields{"a": uint8(1)}, false},
		{0, nil, Fields{}, false},
		{3, []byte{1, 2, 3}, Fields{"a": uint8(1), "b": uint8(2)}, true},
		{2, []byte{1}, nil, false},
		{3, []byte{1}, nil, false},
		{1, []byte{1, 2, 3}, nil, false},
	} {
		got, readOnly, err := shape.Read(c.minor, c.data)
		if (err == nil) != (c.want != nil) || readOnly != c.readOnly || c.want != nil && !reflect.DeepEqual(got, c.want) {
			t.Errorf("minor %d, %x: %v, %v, %v", c.minor, c.data, got, readOnly, err)
		}
	}
}

func TestMapKeys(t *testing.T) {
	m := &Type{Kind: Map, Key: &Type{Kind: Seq, Elem: of(U8)}, Elem: of(U8)}
	// The same key three times, once with a longer count.
	v, err := Decode(m, []byte{4, 1, 7, 1, 0, 2, 1, 7, 3, 0x81, 0, 7, 4})
	want := []Entry{{[]any{uint8(7)}, uint8(4)}, {[]any{}, uint8(2)}}
	if err != nil || !reflect.DeepEqual(v, want) {
		t.Errorf("%v, %v", v, err)
	}
	if _, err := Encode(m, []Entry{{[]any{uint8(7)}, uint8(1)}, {[]any{uint8(7)}, uint8(2)}}); err == nil {
		t.Error("a key is written twice")
	}
}

// TestWorkIsBounded decodes types that take no bytes.
func TestWorkIsBounded(t *testing.T) {
	shape, err := ParseDescription([]byte(`{"schema":[1,0],"payload":` + strings.Repeat(`{"kind":"array","len":1000,"of":`, 30) + `"unit"` + strings.Repeat("}", 30) + `}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := shape.Read(0, nil); err != ErrDecode {
		t.Errorf("endless arrays: %v", err)
	}
	endless, err := ParseDescription([]byte(`{"schema":[1,0],"payload":{"kind":"struct","name":"A","fields":[` +
		`{"name":"x","type":{"kind":"ref","name":"A","nth":1}},{"name":"y","type":{"kind":"ref","name":"A","nth":1}}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := endless.Read(0, bytes.Repeat([]byte{0}, 3000)); err != ErrDecode {
		t.Errorf("a struct that contains itself: %v", err)
	}
}

func TestDescriptionRefused(t *testing.T) {
	in := func(typ string) string { return `{"schema":[1,0],"payload":` + typ + `}` }
	for _, text := range []string{
		``, `null`, `[]`, `{}`, `"u8"`, "\xff", in(`"u8"`) + ` x`, in(``), in(`null`), in(`7`), in(`{}`), in(`"u9"`), in(`"U8"`),
		`{"schema":[1,0],"schema":[1,0],"payload":"u8"}`, `{"schema":[1,0],"payload":"u8","more":1}`,
		`{"Schema":[1,0],"payload":"u8"}`, `{"schema":[1],"payload":"u8"}`, `{"schema":[1,null],"payload":"u8"}`,
		`{"schema":[1,0.5],"payload":"u8"}`, `{"schema":[1,-1],"payload":"u8"}`, `{"schema":[1,4294967296],"payload":"u8"}`,
		`{"schema":[1,1],"payload":"u8"}`, `{"schema":null,"payload":"u8"}`, `{"schema":[1,0]}`,
		in(`{"kind":"option"}`), in(`{"kind":"option","of":"u8","len":1}`), in(`{"kind":"list","of":"u8"}`),
		in(`{"kind":null,"of":"u8"}`), in(`{"Kind":"option","of":"u8"}`), in(`{"kind":"option","kind":"seq","of":"u8"}`),
		in(`{"kind":"map","key":"u8"}`), in(`{"kind":"array","of":"u8"}`), in(`{"kind":"array","of":"u8","len":-1}`),
		in(`{"kind":"array","of":"u8","len":131073}`), in(`{"kind":"tuple","of":"u8"}`), in(`{"kind":"tuple","of":null}`),
		in(`{"kind":"struct","name":"A","fields":[{"name":"x"}]}`), in(`{"kind":"struct","name":"","fields":[]}`),
		in(`{"kind":"struct","name":"A","fields":[{"name":"x","type":"u8"},{"name":"x","type":"u8"}]}`),
		in(`{"kind":"struct","name":"A","fields":[{"name":"x","type":"u8","default":1}]}`),
		in(`{"kind":"struct","name":"A","fields":[7]}`), in(`{"kind":"struct","name":7,"fields":[]}`),
		in(`{"kind":"enum","name":"A","variants":[{"index":0,"name":"a"},{"index":0,"name":"b"}]}`),
		in(`{"kind":"enum","name":"A","variants":[{"index":0,"name":"a"},{"index":1,"name":"a"}]}`),
		in(`{"kind":"enum","name":"A","variants":[{"name":"a"}]}`),
		in(`{"kind":"enum","name":"A","variants":[{"index":0,"name":"a","newtype":"u8","tuple":[]}]}`),
		in(`{"kind":"enum","name":"A","variants":[{"index":0,"name":"a","struct":[]}]}`),
		in(`{"kind":"ref","name":"A","nth":1}`),
		in(`{"kind":"newtype","name":"A","of":{"kind":"ref","name":"A","nth":1}}`),
		in(`{"kind":"newtype","name":"A","of":{"kind":"newtype","name":"B","of":{"kind":"ref","name":"A","nth":1}}}`),
		in(`{"kind":"newtype","name":"A","of":{"kind":"option","of":{"kind":"ref","name":"A","nth":0}}}`),
		in(`{"kind":"newtype","name":"A","of":{"kind":"option","of":{"kind":"ref","name":"A","nth":2}}}`),
		in(`{"kind":"newtype","name":"A","of":{"kind":"option","of":{"kind":"ref","name":"B","nth":1}}}`),
		in(strings.Repeat(`{"kind":"option","of":`, 300) + `"u8"` + strings.Repeat("}", 300)),
		strings.Repeat(`{"kind":"option","of":`, 20000),
	} {
		if shape, err := ParseDescription([]byte(text)); err == nil {
			if len(text) > 200 {
				text = text[:200]
			}
			t.Errorf("%s is accepted as %v", text, shape)
		}
	}
	for _, shape := range []Shape{
		Raw(1),
		{Type: &Type{Kind: Struct}},
		{Type: of(77)},
		func() Shape {
			circle := &Type{Kind: Option}
			circle.Elem = circle
			return Shape{Type: circle}
		}(),
	} {
		if text, err := shape.Describe(); err == nil {
			t.Errorf("described as %s", text)
		}
	}
}

// TestNthReference tells types of one name apart.
func TestNthReference(t *testing.T) {
	text := `{"schema":[1,0],"payload":{"kind":"struct","name":"A","fields":[{"name":"x","type":{"kind":"struct","name":"A","fields":[` +
		`{"name":"in","type":{"kind":"option","of":{"kind":"ref","name":"A","nth":1}}},` +
		`{"name":"out","type":{"kind":"option","of":{"kind":"ref","name":"A","nth":2}}}]}}]}}`
	shape, err := ParseDescription([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	inner := shape.Type.Fields[0].Type
	if inner.Fields[0].Type.Elem != inner || inner.Fields[1].Type.Elem != shape.Type {
		t.Error("a reference leads to another type")
	}
	if again, err := shape.Describe(); err != nil || string(again) != text {
		t.Errorf("%s, %v", again, err)
	}
}

func FuzzDescription(f *testing.F) {
	f.Add([]byte(everything), []byte{0})
	f.Fuzz(func(t *testing.T, text, data []byte) {
		shape, err := ParseDescription(text)
		if err != nil {
			return
		}
		again, err := shape.Describe()
		if err != nil {
			t.Fatal(err)
		}
		second, err := ParseDescription(again)
		if err != nil {
			t.Fatalf("%s: %v", again, err)
		}
		if third, err := second.Describe(); err != nil || !bytes.Equal(again, third) {
			t.Fatalf("%s\n%s", again, third)
		}
		v, readOnly, err := shape.Read(shape.Minor, data)
		if err != nil || readOnly {
			return
		}
		b, err := Encode(shape.Type, v)
		if err != nil {
			t.Fatalf("%v is read and not written: %v", v, err)
		}
		if _, _, err := shape.Read(shape.Minor, b); err != nil {
			t.Fatalf("%x is written and not read", b)
		}
	})
}
