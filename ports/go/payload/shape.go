package payload

import "fmt"

// Shape is one version of a payload type: its schema number and its type. A
// nil Type is raw: bytes of the application's choosing.
//
// Within one major, fields are only appended to the outermost struct, each
// with a default, and minor grows with each. Any other change takes a new
// major.
type Shape struct {
	Major, Minor uint32
	Type         *Type

	// NoDefaults says that the defaults are not known here, because the type
	// comes from a description. Missing fields of an older minor are then left
	// out of the Fields.
	NoDefaults bool
}

// Raw is the shape of payloads that are plain bytes.
func Raw(major uint32) Shape { return Shape{Major: major} }

// Read decodes a payload of this major that was written as the given minor.
// readOnly tells that the writer was newer and some fields were not
// understood. A raw payload decodes to nil: its bytes are its value.
func (s Shape) Read(minor uint32, data []byte) (value any, readOnly bool, err error) {
	t, newtypes := s.Type.unwrap()
	switch {
	case t == nil && minor != 0:
		return nil, false, ErrDecode
	case t == nil:
		return nil, false, nil
	case t.Kind != Struct && minor != 0:
		return nil, false, ErrDecode
	case t.Kind != Struct:
		value, err = Decode(s.Type, data)
		return value, false, err
	}
	d := newDecoder(data)
	d.values -= newtypes + 1
	out := make(Fields, len(t.Fields))
	for i, f := range t.Fields {
		if len(d.rest) == 0 && minor < s.Minor {
			if !s.fillDefaults(out, t.Fields[i:]) {
				return nil, false, ErrDecode
			}
			break
		}
		out[f.Name] = d.value(f.Type, 2)
		if d.failed {
			return nil, false, ErrDecode
		}
	}
	if len(d.rest) != 0 && minor <= s.Minor {
		return nil, false, ErrDecode
	}
	return out, minor > s.Minor, nil
}

func (s Shape) fillDefaults(out Fields, missing []Field) bool {
	for _, f := range missing {
		if !f.HasDefault {
			if s.NoDefaults {
				continue
			}
			return false
		}
		// The value of one session belongs to it alone: a handler that changes
		// a list or a map must not change that of the next session. What it
		// gets is therefore read from bytes, as if the token had held it.
		data, err := Encode(f.Type, f.Default)
		if err != nil {
			return false
		}
		if out[f.Name], err = Decode(f.Type, data); err != nil {
			return false
		}
	}
	return true
}

// Check tells whether the shape can be used: its type is complete and the
// rules for minors are kept.
func (s Shape) Check() error {
	if s.Type == nil {
		if s.Minor != 0 {
			return fmt.Errorf("payload: a raw shape has minor 0, not %d", s.Minor)
		}
		return nil
	}
	if err := s.Type.check(map[*Type]bool{}); err != nil {
		return err
	}
	t := s.Type.bare()
	if t.Kind != Struct && s.Minor != 0 {
		return fmt.Errorf("payload: a shape that is no struct has minor 0, not %d", s.Minor)
	}
	for _, f := range t.Fields {
		if !f.HasDefault {
			continue
		}
		if _, err := Encode(f.Type, f.Default); err != nil {
			return fmt.Errorf("payload: the default of the field %s does not fit its type", f.Name)
		}
	}
	return nil
}
