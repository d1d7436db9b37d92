package conformance

import (
	"cloakroom.dev/go/cloakroom/payload"
)

func evalDescription(in *input, _ []int64) (*Result, error) {
	text, minor, data := in.text("description"), in.number("minor", 1<<32-1), in.hex("payload")
	shape, err := payload.ParseDescription([]byte(text))
	if err != nil {
		return refused()
	}
	value, readOnly, err := shape.Read(uint32(minor), data)
	if err != nil {
		return &Result{"schema", object()}, nil
	}
	return &Result{"ok", object("value", describedValue(shape.Type, value), "read_only", readOnly)}, nil
}

// describedValue writes a value as Section 7.7 of the specification has it in
// JSON, with numbers and bytes as in the vectors.
func describedValue(t *payload.Type, v any) any {
	for t.Kind == payload.Newtype {
		t = t.Elem
	}
	switch v := v.(type) {
	case payload.Some:
		return describedValue(t.Elem, v.Value)
	case []any:
		list := []any{}
		for i, item := range v {
			inner := t.Elem
			if t.Kind == payload.Tuple {
				inner = t.Elems[i]
			}
			list = append(list, describedValue(inner, item))
		}
		return list
	case []payload.Entry:
		return describedEntries(t, v)
	case payload.Fields:
		o := object()
		for _, f := range t.Fields {
			if value, ok := v[f.Name]; ok {
				o.Set(f.Name, describedValue(f.Type, value))
			}
		}
		return o
	case payload.Variant:
		for _, kind := range t.Variants {
			if kind.Name == v.Name && kind.Type != nil {
				return object(v.Name, describedValue(kind.Type, v.Value))
			}
		}
		return v.Name
	}
	return jsonValue(t, v)
}

func describedEntries(t *payload.Type, entries []payload.Entry) any {
	key := t.Key
	for key.Kind == payload.Newtype {
		key = key.Elem
	}
	o, list := object(), []any{}
	for _, e := range entries {
		k, v := describedValue(key, e.Key), describedValue(t.Elem, e.Value)
		if key.Kind == payload.Str {
			o.Set(k.(string), v)
		}
		list = append(list, []any{k, v})
	}
	if key.Kind == payload.Str {
		return o
	}
	return list
}
