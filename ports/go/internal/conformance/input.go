package conformance

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"strconv"
)

// ErrRequest is returned for inputs that are none of a vector.
var ErrRequest = errors.New("bad request")

const numberMax = 1<<53 - 1

// input reads the members of an object. It remembers the first fault and the
// members that were read, so that unknown ones show.
type input struct {
	o      *Object
	read   map[string]bool
	failed bool
	// Well-formed, and yet nothing that can be put to use.
	refused bool
}

func newInput(v any) *input {
	o, ok := v.(*Object)
	if !ok {
		return &input{o: object(), failed: true}
	}
	return &input{o: o, read: map[string]bool{}}
}

func (in *input) has(name string) bool {
	_, ok := in.o.values[name]
	return ok
}

func (in *input) get(name string) any {
	v, ok := in.o.values[name]
	if !ok || in.failed {
		in.failed = true
		return nil
	}
	in.read[name] = true
	return v
}

// done returns ErrRequest if a member was missing, wrong or is unknown.
func (in *input) done() error {
	if in.failed || len(in.read) != len(in.o.names) {
		return ErrRequest
	}
	return nil
}

func (in *input) str(name string) string {
	s, ok := in.get(name).(string)
	in.failed = in.failed || !ok
	return s
}

func (in *input) boolean(name string) bool {
	b, ok := in.get(name).(bool)
	in.failed = in.failed || !ok
	return b
}

func (in *input) hex(name string) []byte {
	b, ok := parseHex(in.get(name))
	in.failed = in.failed || !ok
	return b
}

func parseHex(v any) ([]byte, bool) {
	s, ok := v.(string)
	if !ok {
		return nil, false
	}
	b, err := hex.DecodeString(s)
	return b, err == nil && hex.EncodeToString(b) == s
}

// text reads a text or its form in hex.
func (in *input) text(name string) string {
	if in.has(name + "_hex") {
		in.failed = in.failed || in.has(name)
		return string(in.hex(name + "_hex"))
	}
	return in.str(name)
}

// nullable tells whether a member is null, and reads it in that case.
func (in *input) nullable(name string) bool {
	if v, ok := in.o.values[name]; ok && v == nil {
		in.get(name)
		return true
	}
	return false
}

func (in *input) number(name string, max int64) int64 {
	n, ok := parseNumber(in.get(name), max)
	in.failed = in.failed || !ok
	return n
}

func (in *input) u32(name string) uint32 { return uint32(in.number(name, 1<<32-1)) }

func parseNumber(v any, max int64) (int64, bool) {
	number, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(string(number), 10, 64)
	return n, err == nil && n >= 0 && n <= max
}

func (in *input) object(name string) *input {
	inner := newInput(in.get(name))
	in.failed = in.failed || inner.failed
	return inner
}

func (in *input) list(name string) []any {
	l, ok := in.get(name).([]any)
	in.failed = in.failed || !ok
	return l
}

// records reads an array of byte strings.
func (in *input) hexes(name string) [][]byte {
	var out [][]byte
	for _, v := range in.list(name) {
		b, ok := parseHex(v)
		in.failed = in.failed || !ok
		out = append(out, b)
	}
	return out
}
