// Package payload reads and writes structured payloads: values in the postcard
// wire format, driven by a description of their type.
//
// The format does not describe itself. Reader and writer agree on a [Type]
// outside of it, and on a schema number that says which type was written; see
// [Shape].
package payload

import "fmt"

// Kind is the kind of a [Type].
type Kind int

// The kinds, with the Go type that Decode returns and Encode takes.
const (
	Bool    Kind = iota + 1 // bool
	U8                      // uint8
	U16                     // uint16
	U32                     // uint32
	U64                     // uint64
	U128                    // *big.Int
	I8                      // int8
	I16                     // int16
	I32                     // int32
	I64                     // int64
	I128                    // *big.Int
	F32                     // float32
	F64                     // float64
	Char                    // rune
	Str                     // string
	Bytes                   // []byte
	Unit                    // nil
	Option                  // nil or Some
	Seq                     // []any
	Map                     // []Entry
	Tuple                   // []any
	Array                   // []any
	Struct                  // Fields
	Enum                    // Variant
	Newtype                 // what it wraps
)

var kindNames = [...]string{
	Bool: "bool", U8: "u8", U16: "u16", U32: "u32", U64: "u64", U128: "u128",
	I8: "i8", I16: "i16", I32: "i32", I64: "i64", I128: "i128", F32: "f32", F64: "f64",
	Char: "char", Str: "str", Bytes: "bytes", Unit: "unit", Option: "option", Seq: "seq",
	Map: "map", Tuple: "tuple", Array: "array", Struct: "struct", Enum: "enum", Newtype: "newtype",
}

// String returns the name of the kind.
func (k Kind) String() string {
	if k >= 1 && int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("Kind(%d)", int(k))
}

// Type describes a type. Types may refer to each other in circles. A type must
// not be changed after its first use.
type Type struct {
	Kind     Kind
	Name     string        // of a Struct, Enum, Newtype, named Tuple or named Unit
	Elem     *Type         // of Option, Seq, Array, Newtype, and the values of a Map
	Key      *Type         // of the keys of a Map
	Len      int           // of an Array
	Elems    []*Type       // of a Tuple
	Fields   []Field       // of a Struct
	Variants []VariantType // of an Enum
}

// Field describes a field of a struct.
type Field struct {
	Name string
	Type *Type

	// Default is the value of the field in payloads of older minors, if
	// HasDefault is set. It counts in the outermost struct only.
	Default    any
	HasDefault bool
}

// VariantType describes a variant of an enum. Index is the number that is
// written, by convention counted from 0 in the order of declaration. Its content is nothing (Type is
// nil), one value, or inline: the elements of a tuple or the fields of a struct
// that belong to the variant itself. `V((u8, u16))` holds one value, a tuple;
// `V(u8, u16)` is inline. The bytes are the same and the depth is not.
type VariantType struct {
	Index  uint32
	Name   string
	Type   *Type
	Inline bool
}

// Some is an option that has a value.
type Some struct{ Value any }

// Entry is one entry of a map. Maps keep the order in which they were written;
// of entries with the same key the last one counts.
type Entry struct{ Key, Value any }

// Fields are the fields of a struct by name. Fields that are missing in a
// payload of an older minor, and have no known default, are left out.
type Fields map[string]any

// Variant is the value of an enum: the name of the variant and its content.
type Variant struct {
	Name  string
	Value any
}

// level tells whether values of the type count as a level of nesting.
func (t *Type) level() bool {
	switch t.Kind {
	case Option, Seq, Map, Tuple, Array, Struct, Enum:
		return true
	}
	return false
}

// variant finds the variant with an index.
func (t *Type) variant(index uint64) *VariantType {
	if index < uint64(len(t.Variants)) && uint64(t.Variants[index].Index) == index {
		return &t.Variants[index]
	}
	for i := range t.Variants {
		if uint64(t.Variants[i].Index) == index {
			return &t.Variants[i]
		}
	}
	return nil
}

// nestingMax bounds how deep types are nested in a description.
const nestingMax = 64

// newtypesMax bounds the newtypes around one type, which may be written in Go.
const newtypesMax = 256

// bare returns the type without the newtypes around it, nil if there is none.
func (t *Type) bare() *Type {
	t, _ = t.unwrap()
	return t
}

// unwrap returns the type without the newtypes around it, nil if there is
// none, and how many newtypes there were.
func (t *Type) unwrap() (inner *Type, newtypes int) {
	for ; t != nil && t.Kind == Newtype; newtypes++ {
		if newtypes == newtypesMax {
			return nil, newtypes
		}
		t = t.Elem
	}
	return t, newtypes
}
