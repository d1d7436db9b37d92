package conformance

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sort"
)

// Dir returns the folder of the vectors: $CLOAKROOM_VECTORS, or vectors in the
// project this module is part of, seen from a package at the given depth below
// the module.
func Dir(up string) (string, error) {
	dir := os.Getenv("CLOAKROOM_VECTORS")
	if dir == "" {
		dir = filepath.Join(up, "..", "..", "vectors")
	}
	if _, err := os.Stat(filepath.Join(dir, "token-ok.json")); err != nil {
		return "", fmt.Errorf("no vectors in %s; set CLOAKROOM_VECTORS to their folder", dir)
	}
	return dir, nil
}

// Names lists the vector files of a folder.
func Names(dir string) ([]string, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, err
	}
	out := names[:0]
	for _, name := range names {
		if filepath.Base(name) != "vectors.schema.json" {
			out = append(out, name)
		}
	}
	sort.Strings(out)
	if len(out) == 0 {
		return nil, fmt.Errorf("no vector files in %s", dir)
	}
	return out, nil
}

// File is a vector file.
type File struct {
	Text    []byte
	root    *Object
	Vectors []*Object
}

// ReadFile reads a vector file and checks its frame.
func ReadFile(name string) (*File, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	v, err := ParseJSON(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	root, ok := v.(*Object)
	if !ok {
		return nil, fmt.Errorf("%s: not an object", name)
	}
	in := newInput(root)
	f := &File{Text: text, root: root}
	format, version, spec := in.str("format"), in.number("version", 1), in.str("spec")
	count := in.number("count", numberMax)
	for _, item := range in.list("vectors") {
		vector := newInput(item)
		vector.str("id")
		vector.str("comment")
		vector.list("flags")
		vector.str("kind")
		vector.str("stage")
		vector.object("inputs")
		vector.object("expected")
		if err := vector.done(); err != nil {
			return nil, fmt.Errorf("%s: vector %d has other members than the seven known ones", name, len(f.Vectors))
		}
		f.Vectors = append(f.Vectors, vector.o)
	}
	switch {
	case in.done() != nil, format != "cloakroom-vectors", version != 1, spec != "1.0":
		return nil, fmt.Errorf("%s: not a vector file of this version", name)
	case count != int64(len(f.Vectors)) || count == 0:
		return nil, fmt.Errorf("%s: count is %d, and there are %d vectors", name, count, len(f.Vectors))
	}
	return f, nil
}

// Describe returns id, kind and stage of a vector.
func Describe(vector *Object) (id, kind, stage string) {
	get := func(name string) string {
		v, _ := vector.Get(name)
		s, _ := v.(string)
		return s
	}
	return get("id"), get("kind"), get("stage")
}

// Check evaluates a vector and compares the outcome with what it expects.
func Check(vector *Object) error {
	r, err := Evaluate(vector)
	if err != nil {
		return err
	}
	if _, _, stage := Describe(vector); r.Stage != stage {
		return fmt.Errorf("stage %s, expected %s", r.Stage, stage)
	}
	want, _ := vector.Get("expected")
	if have, want := Compact(r.Expected), Compact(want); !bytes.Equal(have, want) {
		return fmt.Errorf("result\n%s\nexpected\n%s", have, want)
	}
	return nil
}

// Regenerate writes the file anew with the outcomes this module computes.
func (f *File) Regenerate() ([]byte, error) {
	vectors := []any{}
	for _, vector := range f.Vectors {
		r, err := Evaluate(vector)
		if err != nil {
			id, _, _ := Describe(vector)
			return nil, fmt.Errorf("%s: %w", id, err)
		}
		next := object()
		for _, name := range vector.names {
			v, _ := vector.Get(name)
			next.Set(name, v)
		}
		next.Set("stage", r.Stage)
		next.Set("expected", r.Expected)
		vectors = append(vectors, next)
	}
	root := object()
	for _, name := range f.root.names {
		v, _ := f.root.Get(name)
		root.Set(name, v)
	}
	root.Set("count", number(len(vectors)))
	root.Set("vectors", vectors)
	return Indented(root), nil
}
