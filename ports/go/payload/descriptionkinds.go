package payload

import (
	"encoding/json"
	"errors"
	"fmt"
)

type rawMembers = map[string]json.RawMessage

func wrapper(kind Kind) func(*descriptionParser, rawMembers) (*Type, error) {
	return func(p *descriptionParser, m rawMembers) (*Type, error) {
		of, err := p.typ(m["of"])
		return &Type{Kind: kind, Elem: of}, err
	}
}

func (p *descriptionParser) mapType(m rawMembers) (*Type, error) {
	key, err := p.typ(m["key"])
	if err != nil {
		return nil, err
	}
	value, err := p.typ(m["value"])
	return &Type{Kind: Map, Key: key, Elem: value}, err
}

func (p *descriptionParser) arrayType(m rawMembers) (*Type, error) {
	length, err := decode[uint32](m["len"], "len")
	if err != nil {
		return nil, err
	}
	if length > ValuesMax {
		return nil, fmt.Errorf("an array of %d elements fits into no payload", length)
	}
	of, err := p.typ(m["of"])
	return &Type{Kind: Array, Elem: of, Len: int(length)}, err
}

func (p *descriptionParser) tupleType(m rawMembers) (*Type, error) {
	t := &Type{Kind: Tuple}
	return t, p.fillTuple(t, m)
}

// namedType reads a type that its own content can refer to.
func namedType(kind Kind, fill func(*descriptionParser, *Type, rawMembers) error) func(*descriptionParser, rawMembers) (*Type, error) {
	return func(p *descriptionParser, m rawMembers) (*Type, error) {
		name, err := name(m["name"])
		if err != nil {
			return nil, err
		}
		t := &Type{Kind: kind, Name: name}
		if fill == nil {
			return t, nil
		}
		p.around = append(p.around, t)
		err = fill(p, t, m)
		p.around = p.around[:len(p.around)-1]
		return t, err
	}
}

func (p *descriptionParser) fillNewtype(t *Type, m rawMembers) (err error) {
	t.Elem, err = p.typ(m["of"])
	return err
}

func (p *descriptionParser) fillTuple(t *Type, m rawMembers) error {
	list, err := decode[[]json.RawMessage](m["of"], "of")
	if err != nil {
		return err
	}
	t.Elems = make([]*Type, len(list))
	for i, raw := range list {
		if t.Elems[i], err = p.typ(raw); err != nil {
			return err
		}
	}
	return nil
}

func (p *descriptionParser) fillStruct(t *Type, m rawMembers) error {
	list, err := decode[[]json.RawMessage](m["fields"], "fields")
	if err != nil {
		return err
	}
	for _, raw := range list {
		f, err := members(raw)
		if err != nil {
			return err
		}
		if err := only(f, "name", "type"); err != nil {
			return fmt.Errorf("field: %w", err)
		}
		name, err := name(f["name"])
		if err != nil {
			return err
		}
		typ, err := p.typ(f["type"])
		if err != nil {
			return err
		}
		t.Fields = append(t.Fields, Field{Name: name, Type: typ})
	}
	return nil
}

func (p *descriptionParser) fillEnum(t *Type, m rawMembers) error {
	list, err := decode[[]json.RawMessage](m["variants"], "variants")
	if err != nil {
		return err
	}
	for _, raw := range list {
		v, err := p.variant(raw)
		if err != nil {
			return fmt.Errorf("variant: %w", err)
		}
		t.Variants = append(t.Variants, v)
	}
	return nil
}

func (p *descriptionParser) variant(raw json.RawMessage) (v VariantType, err error) {
	m, err := members(raw)
	if err != nil {
		return v, err
	}
	names := []string{"index", "name"}
	for _, content := range []string{"newtype", "tuple", "fields"} {
		if _, ok := m[content]; ok {
			names = append(names, content)
		}
	}
	if err := only(m, names...); err != nil {
		return v, err
	}
	if len(names) > 3 {
		return v, errors.New("more than one content")
	}
	if v.Index, err = decode[uint32](m["index"], "index"); err != nil {
		return v, err
	}
	if v.Name, err = name(m["name"]); err != nil || len(names) == 2 {
		return v, err
	}
	switch names[2] {
	case "newtype":
		v.Type, err = p.typ(m["newtype"])
	case "tuple":
		v.Type, v.Inline = &Type{Kind: Tuple}, true
		err = p.fillTuple(v.Type, rawMembers{"of": m["tuple"]})
	case "fields":
		v.Type, v.Inline = &Type{Kind: Struct}, true
		err = p.fillStruct(v.Type, m)
	}
	return v, err
}

func (p *descriptionParser) refType(m rawMembers) (*Type, error) {
	name, err := name(m["name"])
	if err != nil {
		return nil, err
	}
	nth, err := decode[uint32](m["nth"], "nth")
	if err != nil {
		return nil, err
	}
	for i := len(p.around) - 1; i >= 0; i-- {
		if p.around[i].Name != name {
			continue
		}
		if nth == 1 {
			return p.around[i], nil
		}
		nth--
	}
	return nil, fmt.Errorf("there is no such type around the reference to %q", name)
}
