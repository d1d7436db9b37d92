package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"cloakroom.dev/go/cloakroom/internal/conformance"
)

func TestFilesAreTheSame(t *testing.T) {
	from, err := conformance.Dir(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	to := t.TempDir()
	if err := run(from, to); err != nil {
		t.Fatal(err)
	}
	names, err := conformance.Names(from)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(to, filepath.Base(name)))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s differs (%v)", filepath.Base(name), err)
		}
	}
	if err := run(t.TempDir(), to); err == nil {
		t.Error("an empty folder is fine")
	}
}
