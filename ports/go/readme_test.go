package cloakroom

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// block returns the first fenced block of a language.
func block(t *testing.T, text, fence string) string {
	t.Helper()
	_, rest, ok1 := strings.Cut(text, "\n```"+fence+"\n")
	code, _, ok2 := strings.Cut(rest, "\n```\n")
	if !ok1 || !ok2 {
		t.Fatalf("README.md has no block of %q", fence)
	}
	return code
}

func TestReadmeRuns(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	program := block(t, string(text), "go")
	_, after, _ := strings.Cut(string(text), "It prints")
	want := block(t, after, "")
	file := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(file, []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "run", file).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got := strings.TrimSuffix(string(out), "\n"); got != want {
		t.Errorf("the sample prints\n%s\nand README.md says\n%s", got, want)
	}
}
