package payload

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"
)

// ParseDescription reads the description of a payload type that an
// implementation which has the type prints:
//
//	{"schema":[1,0],"payload":TYPE}
//
// Descriptions carry no defaults, so the shape has NoDefaults set.
func ParseDescription(text []byte) (Shape, error) {
	if !utf8.Valid(text) || !json.Valid(text) {
		return Shape{}, errors.New("payload: a description is JSON in UTF-8")
	}
	if loneSurrogate(text) {
		return Shape{}, errors.New("payload: a description is valid Unicode")
	}
	p := &descriptionParser{}
	shape, err := p.shape(text)
	if err != nil {
		return Shape{}, fmt.Errorf("payload: description: %w", err)
	}
	if err := shape.Check(); err != nil {
		return Shape{}, err
	}
	return shape, nil
}

// loneSurrogate tells whether half of a surrogate pair is escaped in a JSON
// text. The standard library reads it as U+FFFD, so that two names would be
// one.
func loneSurrogate(text []byte) bool {
	unit := func(at int) (n uint64) {
		if at+6 <= len(text) && text[at] == '\\' && text[at+1] == 'u' {
			n, _ = strconv.ParseUint(string(text[at+2:at+6]), 16, 16)
		}
		return n
	}
	for at := 0; at < len(text); at++ {
		if text[at] != '\\' {
			continue
		}
		switch n := unit(at); {
		case n >= 0xd800 && n < 0xdc00 && unit(at+6)>>10 == 0xdc00>>10:
			at += 11
		case n >= 0xd800 && n < 0xe000:
			return true
		default:
			at++
		}
	}
	return false
}

// name reads the name of a type, a field or a variant.
func name(raw json.RawMessage) (string, error) {
	name, err := decode[string](raw, "name")
	if err == nil && name == "" {
		err = errors.New("a name is empty")
	}
	return name, err
}

// descriptionParser knows the named types around the place it reads.
type descriptionParser struct {
	around []*Type
	depth  int
}

// members splits an object into its members. The decoder of the standard
// library would ignore repeated names and the case of letters.
func members(text []byte) (map[string]json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	begin, err := d.Token()
	if err != nil || begin != json.Delim('{') {
		return nil, errors.New("an object is missing")
	}
	out := map[string]json.RawMessage{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, errors.New("not JSON")
		}
		name, _ := token.(string)
		if _, again := out[name]; again {
			return nil, fmt.Errorf("the member %q occurs twice", name)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, errors.New("not JSON")
		}
		out[name] = value
	}
	if _, err := d.Token(); err != nil {
		return nil, errors.New("not JSON")
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("something follows the object")
	}
	return out, nil
}

// only refuses members besides the named ones, and demands these.
func only(m map[string]json.RawMessage, names ...string) error {
	for _, name := range names {
		if _, ok := m[name]; !ok {
			return fmt.Errorf("the member %q is missing", name)
		}
	}
	if len(m) != len(names) {
		return errors.New("there is an unknown member")
	}
	return nil
}

// decode reads a simple JSON value; null is none of any type.
func decode[T any](raw json.RawMessage, what string) (v T, err error) {
	if string(raw) == "null" || json.Unmarshal(raw, &v) != nil {
		return v, fmt.Errorf("the %s is of another type", what)
	}
	return v, nil
}

func (p *descriptionParser) shape(text []byte) (Shape, error) {
	m, err := members(text)
	if err != nil {
		return Shape{}, err
	}
	if err := only(m, "schema", "payload"); err != nil {
		return Shape{}, err
	}
	schema, err := decode[[]json.RawMessage](m["schema"], "schema")
	if err != nil || len(schema) != 2 {
		return Shape{}, errors.New("the schema is [major, minor]")
	}
	major, err := decode[uint32](schema[0], "major")
	if err != nil {
		return Shape{}, err
	}
	minor, err := decode[uint32](schema[1], "minor")
	if err != nil {
		return Shape{}, err
	}
	t, err := p.typ(m["payload"])
	if err != nil {
		return Shape{}, err
	}
	return Shape{Major: major, Minor: minor, Type: t, NoDefaults: true}, nil
}

// plainTypes are the types described by their name alone.
var plainTypes = map[string]Kind{
	"bool": Bool, "u8": U8, "u16": U16, "u32": U32, "u64": U64, "u128": U128,
	"i8": I8, "i16": I16, "i32": I32, "i64": I64, "i128": I128, "f32": F32, "f64": F64,
	"char": Char, "str": Str, "bytes": Bytes, "unit": Unit,
}

func (p *descriptionParser) typ(raw json.RawMessage) (*Type, error) {
	if len(raw) > 0 && raw[0] == '"' {
		name, err := decode[string](raw, "type")
		if err != nil {
			return nil, err
		}
		kind, ok := plainTypes[name]
		if !ok {
			return nil, fmt.Errorf("there is no type %q", name)
		}
		return &Type{Kind: kind}, nil
	}
	if p.depth == nestingMax {
		return nil, fmt.Errorf("types are nested more than %d deep", nestingMax)
	}
	p.depth++
	defer func() { p.depth-- }()
	m, err := members(raw)
	if err != nil {
		return nil, err
	}
	kind, err := decode[string](m["kind"], "kind")
	if err != nil {
		return nil, err
	}
	read, ok := descriptionKinds[kind]
	if !ok {
		return nil, fmt.Errorf("there is no kind %q", kind)
	}
	if err := only(m, append([]string{"kind"}, read.members...)...); err != nil {
		return nil, fmt.Errorf("%s: %w", kind, err)
	}
	return read.parse(p, m)
}

// kindReader reads the description of one kind, which has these members.
type kindReader struct {
	members []string
	parse   func(*descriptionParser, map[string]json.RawMessage) (*Type, error)
}

// descriptionKinds is filled by init because the readers refer to it.
var descriptionKinds map[string]kindReader

func init() {
	descriptionKinds = map[string]kindReader{
		"option":       {[]string{"of"}, wrapper(Option)},
		"seq":          {[]string{"of"}, wrapper(Seq)},
		"map":          {[]string{"key", "value"}, (*descriptionParser).mapType},
		"array":        {[]string{"of", "len"}, (*descriptionParser).arrayType},
		"tuple":        {[]string{"of"}, (*descriptionParser).tupleType},
		"unit-struct":  {[]string{"name"}, namedType(Unit, nil)},
		"newtype":      {[]string{"name", "of"}, namedType(Newtype, (*descriptionParser).fillNewtype)},
		"tuple-struct": {[]string{"name", "of"}, namedType(Tuple, (*descriptionParser).fillTuple)},
		"struct":       {[]string{"name", "fields"}, namedType(Struct, (*descriptionParser).fillStruct)},
		"enum":         {[]string{"name", "variants"}, namedType(Enum, (*descriptionParser).fillEnum)},
		"ref":          {[]string{"name", "nth"}, (*descriptionParser).refType},
	}
}
