package payload

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"unicode/utf8"
)

// Encode writes a value of the type. Errors name the place and the kind
// expected, never the value.
func Encode(t *Type, value any) ([]byte, error) {
	e := encoder{}
	e.value(t, value, 1)
	if e.err != nil {
		return nil, e.err
	}
	return e.out, nil
}

type encoder struct {
	out      []byte
	elements int
	values   int
	path     []string
	err      error
}

func (e *encoder) fail(problem string) {
	if e.err != nil {
		return
	}
	place := "the payload"
	for _, p := range e.path {
		place += "." + p
	}
	e.err = fmt.Errorf("payload: %s: %s", place, problem)
}

func (e *encoder) varint(v uint64) { e.out = binary.AppendUvarint(e.out, v) }

func (e *encoder) big(v *big.Int) {
	v = new(big.Int).Set(v)
	low := new(big.Int)
	mask := big.NewInt(0x7f)
	for v.BitLen() > 7 {
		e.out = append(e.out, byte(low.And(v, mask).Uint64())|0x80)
		v.Rsh(v, 7)
	}
	e.out = append(e.out, byte(v.Uint64()))
}

func zigzag(v int64) uint64 { return uint64(v<<1) ^ uint64(v>>63) }

// expect asserts the Go type of a value.
func expect[T any](e *encoder, t *Type, value any) (v T, ok bool) {
	v, ok = value.(T)
	if !ok {
		e.fail(fmt.Sprintf("%s takes %T, not %T", t.Kind, v, value))
	}
	return v, ok
}

func (e *encoder) count(n int) {
	e.elements += n
	if e.elements > ElementsMax {
		e.fail("more than 4096 elements")
	}
	e.varint(uint64(n))
}

func (e *encoder) value(t *Type, value any, level int) {
	t, newtypes := t.unwrap()
	e.values += newtypes + 1
	switch {
	case e.err != nil:
		return
	case e.values > ValuesMax:
		e.fail("more than 131072 values")
		return
	case t == nil:
		e.fail("the type is incomplete")
		return
	case t.level() && level > DepthMax:
		e.fail("nested more than 64 levels deep")
		return
	}
	switch t.Kind {
	case Option, Seq, Map, Tuple, Array, Struct, Enum:
		e.nested(t, value, level)
	default:
		e.scalar(t, value)
	}
}

func (e *encoder) scalar(t *Type, value any) {
	switch t.Kind {
	case Bool:
		if v, ok := expect[bool](e, t, value); ok && v {
			e.out = append(e.out, 1)
		} else {
			e.out = append(e.out, 0)
		}
	case U8:
		v, _ := expect[uint8](e, t, value)
		e.out = append(e.out, v)
	case I8:
		v, _ := expect[int8](e, t, value)
		e.out = append(e.out, byte(v))
	case U16:
		v, _ := expect[uint16](e, t, value)
		e.varint(uint64(v))
	case U32:
		v, _ := expect[uint32](e, t, value)
		e.varint(uint64(v))
	case U64:
		v, _ := expect[uint64](e, t, value)
		e.varint(v)
	case I16:
		v, _ := expect[int16](e, t, value)
		e.varint(zigzag(int64(v)))
	case I32:
		v, _ := expect[int32](e, t, value)
		e.varint(zigzag(int64(v)))
	case I64:
		v, _ := expect[int64](e, t, value)
		e.varint(zigzag(v))
	case U128, I128:
		if v, ok := expect[*big.Int](e, t, value); ok {
			e.wide(t, v)
		}
	case F32:
		v, _ := expect[float32](e, t, value)
		e.out = binary.LittleEndian.AppendUint32(e.out, math.Float32bits(v))
	case F64:
		v, _ := expect[float64](e, t, value)
		e.out = binary.LittleEndian.AppendUint64(e.out, math.Float64bits(v))
	case Char:
		v, ok := expect[rune](e, t, value)
		if ok && !utf8.ValidRune(v) {
			e.fail("not a Unicode scalar value")
		}
		e.bytes(string(v))
	case Str:
		v, _ := expect[string](e, t, value)
		if !utf8.ValidString(v) {
			e.fail("a str is UTF-8")
		}
		e.bytes(v)
	case Bytes:
		v, _ := expect[[]byte](e, t, value)
		e.bytes(string(v))
	case Unit:
		if value != nil {
			e.fail(fmt.Sprintf("unit takes nil, not %T", value))
		}
	default:
		e.fail("the type is incomplete")
	}
}

func (e *encoder) bytes(s string) {
	e.varint(uint64(len(s)))
	e.out = append(e.out, s...)
}

func (e *encoder) wide(t *Type, v *big.Int) {
	if v == nil {
		e.fail("no value")
		return
	}
	if t.Kind == I128 {
		// v >= 0 gives 2v, v < 0 gives -2v-1.
		twice := new(big.Int).Lsh(v, 1)
		if v.Sign() < 0 {
			twice.Not(twice)
		}
		v = twice
	}
	if v.Sign() < 0 || v.BitLen() > 128 {
		e.fail("out of range for " + t.Kind.String())
		return
	}
	e.big(v)
}

func (e *encoder) nested(t *Type, value any, level int) {
	switch t.Kind {
	case Option:
		if value == nil {
			e.out = append(e.out, 0)
			return
		}
		if v, ok := expect[Some](e, t, value); ok {
			e.out = append(e.out, 1)
			e.value(t.Elem, v.Value, level+1)
		}
	case Seq:
		v, _ := expect[[]any](e, t, value)
		e.count(len(v))
		for i := 0; i < len(v) && e.err == nil; i++ {
			e.value(t.Elem, v[i], level+1)
		}
	case Map:
		e.entries(t, value, level)
	case Enum:
		if v, ok := expect[Variant](e, t, value); ok {
			e.variant(t, v, level)
		}
	default:
		e.content(t, value, level)
	}
}

func (e *encoder) entries(t *Type, value any, level int) {
	v, _ := expect[[]Entry](e, t, value)
	e.count(len(v))
	keys := make(map[string]bool, len(v))
	for i := 0; i < len(v) && e.err == nil; i++ {
		begin := len(e.out)
		e.value(t.Key, v[i].Key, level+1)
		key := string(e.out[begin:])
		if e.err == nil && keys[key] {
			e.fail("a key occurs twice")
		}
		keys[key] = true
		e.value(t.Elem, v[i].Value, level+1)
	}
}

func (e *encoder) variant(t *Type, v Variant, level int) {
	for _, kind := range t.Variants {
		if kind.Name != v.Name {
			continue
		}
		e.varint(uint64(kind.Index))
		switch {
		case kind.Type == nil && v.Value != nil:
			e.fail("this variant has no content")
		case kind.Type == nil:
		case kind.Inline:
			e.content(kind.Type, v.Value, level)
		default:
			e.value(kind.Type, v.Value, level+1)
		}
		return
	}
	e.fail("no such variant")
}

func (e *encoder) content(t *Type, value any, level int) {
	if t.Kind == Tuple || t.Kind == Array {
		v, ok := expect[[]any](e, t, value)
		want := t.Len
		if t.Kind == Tuple {
			want = len(t.Elems)
		}
		if ok && len(v) != want {
			e.fail(fmt.Sprintf("%d elements instead of %d", len(v), want))
		}
		for i := 0; i < len(v) && e.err == nil; i++ {
			if t.Kind == Tuple {
				e.value(t.Elems[i], v[i], level+1)
			} else {
				e.value(t.Elem, v[i], level+1)
			}
		}
		return
	}
	v, ok := expect[Fields](e, t, value)
	if !ok {
		return
	}
	known := 0
	for _, f := range t.Fields {
		e.path = append(e.path, f.Name)
		field, present := v[f.Name]
		if !present {
			e.fail("the field is missing")
			return
		}
		known++
		e.value(f.Type, field, level+1)
		e.path = e.path[:len(e.path)-1]
	}
	if known != len(v) {
		e.fail("a field that the type does not have")
	}
}
