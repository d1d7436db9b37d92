package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"cloakroom.dev/go/cloakroom/internal/conformance"
)

const bad = `{"error":"bad request"}`

func answers(t *testing.T, input string) []string {
	t.Helper()
	var out bytes.Buffer
	if err := run(strings.NewReader(input), &out); err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
}

func TestMalformedLines(t *testing.T) {
	lines := []string{
		`x`, `null`, `[]`, `7`, `"x"`, `{}`, `{"kind":"age"}`, `{"kind":7,"inputs":{}}`,
		`{"kind":"none","inputs":{}}`, `{"kind":"age","inputs":[]}`, `{"kind":"age","inputs":{"now":1}}`,
		`{"kind":"digest","inputs":{"kind":2,"data":"0"}}`, `{"kind":"digest","inputs":{"kind":2,"data":"AA"}}`,
		`{"kind":"digest","inputs":{"kind":2,"data":"00","more":1}}`,
		`{"kind":"digest","inputs":{"kind":2.5,"data":"00"}}`, `{"kind":"digest","inputs":{"kind":-1,"data":"00"}}`,
		`{"kind":"digest","inputs":{"kind":2,"kind":2,"data":"00"}}`,
		`{"kind":"digest","inputs":{"kind":2,"data":"00"}} {}`,
		`{"kind":"digest","inputs":{"kind":2,"data":"00"}`, "\xff\xfe", ``, `   `,
		`{"kind":"ring","inputs":{"text":"","now":1,"purpose":null,"audience":"","ttl":null}}`,
		`{"kind":"ring","inputs":null}`, `{"kind":"ring","inputs":{},"expected":{"states":[7]}}`,
		`{"kind":"merge","inputs":{"records":["0"]}}`, `{"kind":"merge","inputs":{"records":[7]}}`,
		`{"kind":"token","inputs":{}}`, `{"kind":"issue","inputs":{}}`, `{"kind":"rotate","inputs":{}}`,
		`{"kind":"renew","inputs":{}}`, `{"kind":"update","inputs":{}}`, `{"kind":"snapshot","inputs":{}}`,
		`{"kind":"key-text","inputs":{}}`, `{"kind":"ring-replace","inputs":{}}`, `{"kind":"record","inputs":{}}`,
		strings.Repeat(`[`, 100000), strings.Repeat(`{"a":`, 100000), strings.Repeat(" ", 1<<20),
		strings.Repeat("x", 17<<20),
	}
	got := answers(t, strings.Join(lines, "\n")+"\n")
	if len(got) != len(lines) {
		t.Fatalf("%d answers to %d lines", len(got), len(lines))
	}
	for i, line := range lines {
		if got[i] != bad {
			if len(line) > 80 {
				line = line[:80]
			}
			t.Errorf("%s: %s", line, got[i])
		}
	}
}

func TestAnswersAreTheVectors(t *testing.T) {
	dir, err := conformance.Dir(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	names, err := conformance.Names(dir)
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, name := range names {
		f, err := conformance.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, vector := range f.Vectors {
			lines = append(lines, string(conformance.Compact(vector)))
		}
		got := answers(t, strings.Join(lines, "\n"))
		if len(got) != len(lines) {
			t.Fatalf("%d answers to %d lines", len(got), len(lines))
		}
		for i, vector := range f.Vectors {
			var have, want struct {
				Stage    string
				Expected json.RawMessage
			}
			if json.Unmarshal([]byte(got[i]), &have) != nil || json.Unmarshal([]byte(lines[i]), &want) != nil {
				t.Fatal("not JSON")
			}
			if have.Stage != want.Stage || !bytes.Equal(have.Expected, want.Expected) {
				id, _, _ := conformance.Describe(vector)
				t.Errorf("%s: %s", id, got[i])
			}
			total++
		}
	}
	if total < 900 {
		t.Errorf("only %d vectors ran", total)
	}
}

// TestDamagedVectors changes every member of one vector of each kind to values
// of all types: there is always an answer.
func TestDamagedVectors(t *testing.T) {
	dir, err := conformance.Dir(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	names, err := conformance.Names(dir)
	if err != nil {
		t.Fatal(err)
	}
	values := []any{nil, true, -1, 0, 1.5, 1e300, "", "00", "zz", "clk1.", []any{}, []any{nil}, []any{"00"}, map[string]any{}}
	for _, name := range names {
		f, err := conformance.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var vector map[string]any
		if err := json.Unmarshal(conformance.Compact(f.Vectors[0]), &vector); err != nil {
			t.Fatal(err)
		}
		inputs := vector["inputs"].(map[string]any)
		var lines []string
		for member, old := range inputs {
			for _, v := range values {
				inputs[member] = v
				line, err := json.Marshal(vector)
				if err != nil {
					t.Fatal(err)
				}
				lines = append(lines, string(line))
			}
			inputs[member] = old
		}
		got := answers(t, strings.Join(lines, "\n"))
		if len(got) != len(lines) {
			t.Fatalf("%d answers to %d lines", len(got), len(lines))
		}
		for i, answer := range got {
			if answer != bad && !strings.HasPrefix(answer, `{"stage":"`) {
				t.Errorf("%s: %s", lines[i], answer)
			}
		}
	}
}
