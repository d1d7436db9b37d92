package conformance

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"math/big"

	"cloakroom.dev/go/cloakroom/payload"
)

func of(k payload.Kind) *payload.Type        { return &payload.Type{Kind: k} }
func option(t *payload.Type) *payload.Type   { return &payload.Type{Kind: payload.Option, Elem: t} }
func seq(t *payload.Type) *payload.Type      { return &payload.Type{Kind: payload.Seq, Elem: t} }
func tuple(t ...*payload.Type) *payload.Type { return &payload.Type{Kind: payload.Tuple, Elems: t} }
func structOf(f ...payload.Field) *payload.Type {
	return &payload.Type{Kind: payload.Struct, Fields: f}
}
func field(name string, t *payload.Type) payload.Field { return payload.Field{Name: name, Type: t} }
func fieldOr(name string, t *payload.Type, def any) payload.Field {
	return payload.Field{Name: name, Type: t, Default: def, HasDefault: true}
}

// shapeTypes are the types of Section 16.5 of the specification.
var shapeTypes = makeShapeTypes()

func makeShapeTypes() map[string]*payload.Type {
	boolean, u8, u16, str := of(payload.Bool), of(payload.U8), of(payload.U16), of(payload.Str)
	user := []payload.Field{field("id", of(payload.U64)), field("name", str), field("admin", boolean)}
	theme := fieldOr("theme", option(str), nil)
	scopes := fieldOr("scopes", seq(u16), []any{})
	limits := []payload.Field{field("limits", structOf(field("read", boolean))), field("admin", boolean)}
	note := fieldOr("note", str, "")
	extra := fieldOr("extra", structOf(field("a", u8), field("b", u8)), payload.Fields{"a": uint8(0), "b": uint8(0)})

	chain := &payload.Type{Kind: payload.Struct}
	chain.Fields = []payload.Field{field("next", option(chain))}
	tree := &payload.Type{Kind: payload.Enum}
	tree.Variants = []payload.VariantType{
		{Index: 0, Name: "leaf", Type: u8},
		{Index: 1, Name: "one", Type: tree},
		{Index: 2, Name: "both", Type: tuple(u8, tree), Inline: true},
		{Index: 3, Name: "node", Type: structOf(field("next", tree)), Inline: true},
	}
	nest := &payload.Type{Kind: payload.Enum}
	nest.Variants = []payload.VariantType{
		{Index: 0, Name: "end"},
		{Index: 1, Name: "one", Type: nest},
		{Index: 2, Name: "list", Type: seq(nest)},
		{Index: 3, Name: "map", Type: &payload.Type{Kind: payload.Map, Key: str, Elem: nest}},
		{Index: 4, Name: "pair", Type: structOf(field("next", tuple(u8, nest))), Inline: true},
	}
	choice := &payload.Type{Kind: payload.Enum, Variants: []payload.VariantType{
		{Index: 0, Name: "a"},
		{Index: 1, Name: "b", Type: of(payload.U32)},
		{Index: 2, Name: "c", Type: tuple(u8, u16), Inline: true},
		{Index: 3, Name: "d", Type: structOf(field("x", boolean)), Inline: true},
	}}
	return map[string]*payload.Type{
		"raw":      nil,
		"user":     structOf(user...),
		"user-1":   structOf(append(user[:3:3], theme)...),
		"user-2":   structOf(append(user[:3:3], theme, scopes)...),
		"limits":   structOf(limits...),
		"limits-1": structOf(append(limits[:2:2], note)...),
		"limits-2": structOf(append(limits[:2:2], note, extra)...),
		"units":    structOf(field("items", seq(of(payload.Unit)))),
		"chain":    chain,
		"tree":     tree,
		"choice":   choice,
		"kinds": structOf(
			field("flag", boolean), field("a", u8), field("b", of(payload.I8)), field("c", u16),
			field("d", of(payload.I16)), field("e", of(payload.U32)), field("f", of(payload.I32)),
			field("g", of(payload.U64)), field("h", of(payload.I64)), field("x", of(payload.F32)),
			field("y", of(payload.F64)), field("text", str), field("blob", of(payload.Bytes)),
			field("opt", option(u8)), field("list", seq(u16)),
			field("map", &payload.Type{Kind: payload.Map, Key: str, Elem: u8}),
			field("pair", tuple(u8, u16)), field("choice", choice), field("nothing", of(payload.Unit)),
		),
		"bounds": structOf(
			field("items", seq(of(payload.Unit))), field("more", seq(of(payload.Unit))),
			field("map", &payload.Type{Kind: payload.Map, Key: str, Elem: u8}), field("nest", nest),
		),
	}
}

// jsonValue writes a decoded value as the vectors do.
func jsonValue(t *payload.Type, v any) any {
	switch v := v.(type) {
	case nil, bool, string:
		return v
	case uint8, uint16, uint32, int8, int16, int32:
		if t.Kind == payload.Char {
			return string(v.(rune))
		}
		return number(v)
	case uint64, int64, *big.Int:
		return fmt.Sprint(v)
	case float32:
		return hex.EncodeToString(binary.LittleEndian.AppendUint32(nil, math.Float32bits(v)))
	case float64:
		return hex.EncodeToString(binary.LittleEndian.AppendUint64(nil, math.Float64bits(v)))
	case []byte:
		return hex.EncodeToString(v)
	case payload.Some:
		return jsonValue(t.Elem, v.Value)
	case []any:
		list := []any{}
		for i, item := range v {
			inner := t.Elem
			if t.Kind == payload.Tuple {
				inner = t.Elems[i]
			}
			list = append(list, jsonValue(inner, item))
		}
		return list
	case []payload.Entry:
		o := object()
		for _, e := range v {
			o.Set(fmt.Sprint(jsonValue(t.Key, e.Key)), jsonValue(t.Elem, e.Value))
		}
		return o
	case payload.Fields:
		o := object()
		for _, f := range t.Fields {
			o.Set(f.Name, jsonValue(f.Type, v[f.Name]))
		}
		return o
	case payload.Variant:
		for _, kind := range t.Variants {
			if kind.Name == v.Name {
				return object(v.Name, jsonValue(kind.Type, v.Value))
			}
		}
	}
	return nil
}
