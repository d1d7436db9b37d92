package payload

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// Describe prints the description that ParseDescription reads. Raw shapes have
// none. Structs, enums and newtypes have to be named.
func (s Shape) Describe() ([]byte, error) {
	if s.Type == nil {
		return nil, errors.New("payload: a raw shape has no description")
	}
	if err := s.Check(); err != nil {
		return nil, err
	}
	w := &describer{}
	w.raw(`{"schema":[`)
	w.number(s.Major)
	w.raw(",")
	w.number(s.Minor)
	w.raw(`],"payload":`)
	w.typ(s.Type)
	w.raw("}")
	return w.out, w.err
}

// describer knows the types around the place it writes.
type describer struct {
	out    []byte
	around []*Type
	err    error
}

func (w *describer) raw(s string)    { w.out = append(w.out, s...) }
func (w *describer) number(n uint32) { w.out = strconv.AppendUint(w.out, uint64(n), 10) }

func (w *describer) str(s string) {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil && w.err == nil {
		w.err = err
	}
	w.out = append(w.out, bytes.TrimSuffix(text.Bytes(), []byte("\n"))...)
}

func (w *describer) list(n int, item func(i int)) {
	w.raw("[")
	for i := 0; i < n && w.err == nil; i++ {
		if i > 0 {
			w.raw(",")
		}
		item(i)
	}
	w.raw("]")
}

// named tells whether a type can be referred to.
func (t *Type) named() bool {
	return t.Kind == Newtype || t.Kind == Struct || t.Kind == Enum || t.Kind == Tuple && t.Name != ""
}

// reference writes a reference if the type is one of those around.
func (w *describer) reference(t *Type) bool {
	nth := uint32(0)
	for i := len(w.around) - 1; i >= 0; i-- {
		if w.around[i].Name == t.Name {
			nth++
		}
		if w.around[i] == t {
			w.raw(`{"kind":"ref","name":`)
			w.str(t.Name)
			w.raw(`,"nth":`)
			w.number(nth)
			w.raw("}")
			return true
		}
	}
	return false
}

func (w *describer) typ(t *Type) {
	if t.named() {
		if w.reference(t) {
			return
		}
		w.around = append(w.around, t)
		w.head(t)
		w.around = w.around[:len(w.around)-1]
		return
	}
	// A circle without a named type would never end.
	if len(w.out) > 1<<20 && w.err == nil {
		w.err = errors.New("payload: the description is endless or too long")
	}
	if w.err != nil {
		return
	}
	switch t.Kind {
	case Option, Seq:
		w.raw(`{"kind":"` + t.Kind.String() + `","of":`)
		w.typ(t.Elem)
	case Map:
		w.raw(`{"kind":"map","key":`)
		w.typ(t.Key)
		w.raw(`,"value":`)
		w.typ(t.Elem)
	case Array:
		w.raw(`{"kind":"array","of":`)
		w.typ(t.Elem)
		w.raw(`,"len":`)
		w.number(uint32(t.Len))
	case Tuple:
		w.raw(`{"kind":"tuple","of":`)
		w.list(len(t.Elems), func(i int) { w.typ(t.Elems[i]) })
	default:
		if t.Kind == Unit && t.Name != "" {
			w.raw(`{"kind":"unit-struct","name":`)
			w.str(t.Name)
			break
		}
		w.raw(`"` + t.Kind.String() + `"`)
		return
	}
	w.raw("}")
}

// head writes a named type.
func (w *describer) head(t *Type) {
	if t.Name == "" && w.err == nil {
		w.err = fmt.Errorf("payload: a %v without a name cannot be described", t.Kind)
	}
	if w.err != nil {
		return
	}
	kind := t.Kind.String()
	if t.Kind == Tuple {
		kind = "tuple-struct"
	}
	w.raw(`{"kind":"` + kind + `","name":`)
	w.str(t.Name)
	switch t.Kind {
	case Newtype:
		w.raw(`,"of":`)
		w.typ(t.Elem)
	case Tuple:
		w.raw(`,"of":`)
		w.list(len(t.Elems), func(i int) { w.typ(t.Elems[i]) })
	case Struct:
		w.raw(`,"fields":`)
		w.fields(t)
	case Enum:
		w.raw(`,"variants":`)
		w.list(len(t.Variants), func(i int) { w.variant(t.Variants[i]) })
	}
	w.raw("}")
}

func (w *describer) fields(t *Type) {
	w.list(len(t.Fields), func(i int) {
		w.raw(`{"name":`)
		w.str(t.Fields[i].Name)
		w.raw(`,"type":`)
		w.typ(t.Fields[i].Type)
		w.raw("}")
	})
}

func (w *describer) variant(v VariantType) {
	w.raw(`{"index":`)
	w.number(v.Index)
	w.raw(`,"name":`)
	w.str(v.Name)
	switch {
	case v.Type == nil:
	case !v.Inline:
		w.raw(`,"newtype":`)
		w.typ(v.Type)
	case v.Type.Kind == Tuple:
		w.raw(`,"tuple":`)
		w.list(len(v.Type.Elems), func(i int) { w.typ(v.Type.Elems[i]) })
	default:
		w.raw(`,"fields":`)
		w.fields(v.Type)
	}
	w.raw("}")
}
