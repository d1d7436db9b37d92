package payload

import (
	"encoding/binary"
	"errors"
	"math"
	"math/big"
	"unicode/utf8"
)

// Bounds of decoding.
const (
	DepthMax    = 64
	ElementsMax = 4096

	// ValuesMax bounds the values made of one payload, newtypes included.
	// Types made of units take no bytes, so the input alone does not bound
	// the work.
	ValuesMax = 131072
)

// ErrDecode is returned for bytes that are not a value of the type, or one
// beyond the bounds of decoding. It says no more, because the bytes are
// confidential.
var ErrDecode = errors.New("payload: not a value of this type")

// Decode reads one value that takes all of data.
func Decode(t *Type, data []byte) (any, error) {
	d := newDecoder(data)
	v := d.value(t, 1)
	if d.failed || len(d.rest) != 0 {
		return nil, ErrDecode
	}
	return v, nil
}

// decoder consumes a payload. Once it has failed, every read gives nothing.
type decoder struct {
	rest     []byte
	elements uint64 // charged
	values   int    // left
	failed   bool
}

func newDecoder(data []byte) decoder { return decoder{rest: data, values: ValuesMax} }

func (d *decoder) fail() { d.failed = true }

func (d *decoder) take(n uint64) []byte {
	if d.failed || n > uint64(len(d.rest)) {
		d.fail()
		return nil
	}
	out := d.rest[:n]
	d.rest = d.rest[n:]
	return out
}

func (d *decoder) byte() byte {
	if b := d.take(1); b != nil {
		return b[0]
	}
	return 0
}

// varint reads up to most bytes, of which the last is at most top if all of
// them are used. A form longer than necessary is accepted.
func (d *decoder) varint(most int, top byte) (v uint64) {
	for i := 0; i < most; i++ {
		b := d.byte()
		if i == most-1 && b > top {
			break
		}
		v |= uint64(b&0x7f) << (7 * i)
		if b&0x80 == 0 {
			return v
		}
	}
	d.fail()
	return 0
}

func (d *decoder) u64() uint64 { return d.varint(10, 0x01) }

func (d *decoder) u128() *big.Int {
	var raw [19]byte
	for i := range raw {
		raw[i] = d.byte()
		if i == len(raw)-1 && raw[i] > 0x03 {
			break
		}
		if raw[i]&0x80 != 0 {
			continue
		}
		v := new(big.Int)
		for ; i >= 0; i-- {
			v.Lsh(v, 7).Or(v, big.NewInt(int64(raw[i]&0x7f)))
		}
		return v
	}
	d.fail()
	return new(big.Int)
}

func unzigzag(v uint64) int64 { return int64(v>>1) ^ -int64(v&1) }

// count reads the number of elements of a sequence or map and charges them.
func (d *decoder) count() int {
	n := d.u64()
	if n > ElementsMax || d.elements+n > ElementsMax {
		d.fail()
		return 0
	}
	d.elements += n
	return int(n)
}

func (d *decoder) str() string {
	b := d.take(d.u64())
	if !utf8.Valid(b) {
		d.fail()
		return ""
	}
	return string(b)
}

func (d *decoder) char() rune {
	s := d.str()
	r, size := utf8.DecodeRuneInString(s)
	if size == 0 || size != len(s) {
		d.fail()
	}
	return r
}

// value reads a value of the type at a level of nesting. What does not count
// as a level passes its own through.
func (d *decoder) value(t *Type, level int) any {
	t, newtypes := t.unwrap()
	d.values -= newtypes + 1
	if d.failed || t == nil || d.values < 0 || t.level() && level > DepthMax {
		d.fail()
		return nil
	}
	switch t.Kind {
	case Bool:
		b := d.byte()
		if b > 1 {
			d.fail()
		}
		return b == 1
	case U8:
		return d.byte()
	case I8:
		return int8(d.byte())
	case U16:
		return uint16(d.varint(3, 0x03))
	case U32:
		return uint32(d.varint(5, 0x0f))
	case U64:
		return d.u64()
	case U128:
		return d.u128()
	case I16:
		return int16(unzigzag(d.varint(3, 0x03)))
	case I32:
		return int32(unzigzag(d.varint(5, 0x0f)))
	case I64:
		return unzigzag(d.u64())
	case I128:
		v := d.u128()
		odd := v.Bit(0) == 1
		v.Rsh(v, 1)
		if odd {
			v.Not(v)
		}
		return v
	case F32:
		if b := d.take(4); b != nil {
			return math.Float32frombits(binary.LittleEndian.Uint32(b))
		}
	case F64:
		if b := d.take(8); b != nil {
			return math.Float64frombits(binary.LittleEndian.Uint64(b))
		}
	case Char:
		return d.char()
	case Str:
		return d.str()
	case Bytes:
		return append([]byte{}, d.take(d.u64())...)
	case Unit:
	default:
		return d.nested(t, level)
	}
	return nil
}

// nested reads a value that counts as a level.
func (d *decoder) nested(t *Type, level int) any {
	switch t.Kind {
	case Option:
		switch d.byte() {
		case 0:
			return nil
		case 1:
			return Some{d.value(t.Elem, level+1)}
		}
		d.fail()
		return nil
	case Seq:
		n := d.count()
		out := []any{}
		for i := 0; i < n && !d.failed; i++ {
			out = append(out, d.value(t.Elem, level+1))
		}
		return out
	case Map:
		return d.entries(t, level)
	case Enum:
		v := t.variant(d.varint(5, 0x0f))
		if v == nil {
			d.fail()
			return nil
		}
		return Variant{v.Name, d.variant(v, level)}
	case Tuple, Array, Struct:
		return d.content(t, level)
	}
	d.fail()
	return nil
}

// entries reads a map. Keys are compared by their encoding, since not all
// values can be compared.
func (d *decoder) entries(t *Type, level int) []Entry {
	n := d.count()
	out, places := []Entry{}, map[string]int{}
	for i := 0; i < n && !d.failed; i++ {
		k := d.value(t.Key, level+1)
		v := d.value(t.Elem, level+1)
		if d.failed {
			break
		}
		e := encoder{}
		e.value(t.Key, k, level+1)
		place, again := places[string(e.out)]
		if again {
			out[place].Value = v
			continue
		}
		places[string(e.out)] = len(out)
		out = append(out, Entry{k, v})
	}
	return out
}

// variant reads the content of a variant of an enum at level.
func (d *decoder) variant(v *VariantType, level int) any {
	switch {
	case v.Type == nil:
		return nil
	case v.Inline:
		return d.content(v.Type, level)
	}
	return d.value(v.Type, level+1)
}

// content reads the elements or fields inside a value at level.
func (d *decoder) content(t *Type, level int) any {
	if t.Kind == Array {
		out := []any{}
		for i := 0; i < t.Len && !d.failed; i++ {
			out = append(out, d.value(t.Elem, level+1))
		}
		return out
	}
	if t.Kind == Tuple {
		out := make([]any, 0, len(t.Elems))
		for _, e := range t.Elems {
			out = append(out, d.value(e, level+1))
			if d.failed {
				break
			}
		}
		return out
	}
	out := make(Fields, len(t.Fields))
	for _, f := range t.Fields {
		out[f.Name] = d.value(f.Type, level+1)
		if d.failed {
			break
		}
	}
	return out
}
