// Package conformance runs the test vectors of the format against this
// module, and computes what they expect.
package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// Object is a JSON object that keeps the order of its members. Values are nil,
// bool, string, json.Number, []any and *Object.
type Object struct {
	names  []string
	values map[string]any
}

func object(namesAndValues ...any) *Object {
	o := &Object{values: map[string]any{}}
	for i := 0; i+1 < len(namesAndValues); i += 2 {
		o.Set(namesAndValues[i].(string), namesAndValues[i+1])
	}
	return o
}

// Get returns a member.
func (o *Object) Get(name string) (any, bool) {
	v, ok := o.values[name]
	return v, ok
}

// Set adds a member at the end or replaces it where it is.
func (o *Object) Set(name string, value any) {
	if _, ok := o.values[name]; !ok {
		o.names = append(o.names, name)
	}
	o.values[name] = value
}

// The deepest vector nests some 70 levels.
const jsonDepthMax = 200

var errJSON = errors.New("not the JSON of a vector")

// ParseJSON reads one JSON value and nothing behind it.
func ParseJSON(data []byte) (any, error) {
	if !utf8.Valid(data) {
		return nil, errJSON
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	v, err := parseValue(d, 0)
	if err != nil {
		return nil, errJSON
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errJSON
	}
	return v, nil
}

func parseValue(d *json.Decoder, depth int) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return token, nil
	}
	if depth == jsonDepthMax {
		return nil, errJSON
	}
	if delim == '[' {
		list := []any{}
		for d.More() {
			v, err := parseValue(d, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err = d.Token()
		return list, err
	}
	if delim != '{' {
		return nil, errJSON
	}
	o := object()
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		key, ok := name.(string)
		if _, again := o.values[key]; !ok || again {
			return nil, errJSON
		}
		v, err := parseValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		o.Set(key, v)
	}
	_, err = d.Token()
	return o, err
}

// Indented writes a vector file: one space of indent and a final line end.
func Indented(v any) []byte {
	w := jsonWriter{indent: true}
	w.value(v, 0)
	return append(w.out, '\n')
}

// Compact writes one line without its end.
func Compact(v any) []byte {
	w := jsonWriter{}
	w.value(v, 0)
	return w.out
}

type jsonWriter struct {
	out    []byte
	indent bool
}

func (w *jsonWriter) line(depth int) {
	if !w.indent {
		return
	}
	w.out = append(w.out, '\n')
	for ; depth > 0; depth-- {
		w.out = append(w.out, ' ')
	}
}

func (w *jsonWriter) value(v any, depth int) {
	switch v := v.(type) {
	case nil:
		w.out = append(w.out, "null"...)
	case bool, int, int64, uint32, json.Number:
		w.out = append(w.out, fmt.Sprint(v)...)
	case string:
		w.str(v)
	case []any:
		w.out = append(w.out, '[')
		for i, item := range v {
			w.separator(i, depth)
			w.value(item, depth+1)
		}
		w.close(len(v), depth, ']')
	case *Object:
		w.out = append(w.out, '{')
		for i, name := range v.names {
			w.separator(i, depth)
			w.str(name)
			w.out = append(w.out, ':')
			if w.indent {
				w.out = append(w.out, ' ')
			}
			w.value(v.values[name], depth+1)
		}
		w.close(len(v.names), depth, '}')
	}
}

func (w *jsonWriter) separator(i, depth int) {
	if i > 0 {
		w.out = append(w.out, ',')
	}
	w.line(depth + 1)
}

func (w *jsonWriter) close(n, depth int, end byte) {
	if n > 0 {
		w.line(depth)
	}
	w.out = append(w.out, end)
}

// str escapes everything outside printable ASCII.
func (w *jsonWriter) str(s string) {
	w.out = append(w.out, '"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			w.out = append(w.out, '\\', byte(c))
		case c == '\n':
			w.out = append(w.out, `\n`...)
		case c == '\r':
			w.out = append(w.out, `\r`...)
		case c == '\t':
			w.out = append(w.out, `\t`...)
		case c == '\b':
			w.out = append(w.out, `\b`...)
		case c == '\f':
			w.out = append(w.out, `\f`...)
		case c >= ' ' && c <= '~':
			w.out = append(w.out, byte(c))
		case c > 0xffff:
			high, low := utf16.EncodeRune(c)
			w.out = append(w.out, fmt.Sprintf(`\u%04x\u%04x`, high, low)...)
		default:
			w.out = append(w.out, fmt.Sprintf(`\u%04x`, c)...)
		}
	}
	w.out = append(w.out, '"')
}
