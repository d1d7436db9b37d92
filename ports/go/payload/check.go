package payload

import (
	"errors"
	"fmt"
)

// check walks a type, which may refer to itself.
func (t *Type) check(seen map[*Type]bool) error {
	if t == nil {
		return errors.New("payload: a type is missing")
	}
	if seen[t] {
		return nil
	}
	seen[t] = true
	inner, err := t.inner()
	if err != nil {
		return err
	}
	for _, next := range inner {
		if err := next.check(seen); err != nil {
			return err
		}
	}
	return nil
}

// inner checks one type and returns those it is made of.
func (t *Type) inner() ([]*Type, error) {
	switch t.Kind {
	case Option, Seq:
		return []*Type{t.Elem}, nil
	case Newtype:
		if t.bare() == nil {
			return nil, errors.New("payload: a newtype that wraps nothing but itself")
		}
		return []*Type{t.Elem}, nil
	case Array:
		if t.Len < 0 {
			return nil, fmt.Errorf("payload: an array of %d elements", t.Len)
		}
		return []*Type{t.Elem}, nil
	case Map:
		return []*Type{t.Key, t.Elem}, nil
	case Tuple:
		return t.Elems, nil
	case Struct:
		return t.innerStruct()
	case Enum:
		return t.innerEnum()
	}
	if t.Kind < Bool || t.Kind > Newtype {
		return nil, fmt.Errorf("payload: unknown kind %v", t.Kind)
	}
	return nil, nil
}

func (t *Type) innerStruct() (inner []*Type, err error) {
	names := map[string]bool{}
	for _, f := range t.Fields {
		if names[f.Name] {
			return nil, fmt.Errorf("payload: two fields have the name %s", f.Name)
		}
		names[f.Name] = true
		inner = append(inner, f.Type)
	}
	return inner, nil
}

func (t *Type) innerEnum() (inner []*Type, err error) {
	names, indices := map[string]bool{}, map[uint32]bool{}
	for _, v := range t.Variants {
		if names[v.Name] || indices[v.Index] {
			return nil, fmt.Errorf("payload: two variants have the name %s or the index %d", v.Name, v.Index)
		}
		names[v.Name], indices[v.Index] = true, true
		if v.Inline && (v.Type == nil || v.Type.Kind != Tuple && v.Type.Kind != Struct) {
			return nil, fmt.Errorf("payload: the variant %s is inline and neither tuple nor struct", v.Name)
		}
		if v.Type != nil {
			inner = append(inner, v.Type)
		}
	}
	return inner, nil
}
