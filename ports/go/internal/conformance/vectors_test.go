package conformance

import (
	"bytes"
	"encoding/hex"
	"flag"
	"fmt"
	"path/filepath"
	"testing"
)

var million = flag.Bool("million", false, "also compute the hash over a million seals")

func vectorFiles(t testing.TB) []string {
	t.Helper()
	dir, err := Dir(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	names, err := Names(dir)
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// knownFiles has to name every file, so that neither a new one nor a lost one
// goes unnoticed.
var knownFiles = []string{
	"age", "cutoff", "description", "digest", "feed-batch", "feed-key", "feed-snapshot", "issue", "key-text", "logout", "merge", "record", "renew", "ring-replace", "ring",
	"rotate", "snapshot", "token-claims", "token-key", "token-nonce", "token-ok", "token-revoked",
	"token-schema", "token-tag", "token-text", "token-time", "update",
}

func TestVectors(t *testing.T) {
	known := map[string]bool{}
	for _, name := range knownFiles {
		known[name+".json"] = true
	}
	ids, kinds, total := map[string]bool{}, map[string]int{}, 0
	for _, name := range vectorFiles(t) {
		base := filepath.Base(name)
		if !known[base] {
			t.Errorf("unknown vector file %s", base)
		}
		delete(known, base)
		f, err := ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		passed := 0
		for _, vector := range f.Vectors {
			id, kind, _ := Describe(vector)
			if ids[id] {
				t.Errorf("the id %s is not unique", id)
			}
			ids[id] = true
			kinds[kind]++
			if err := Check(vector); err != nil {
				t.Errorf("%s: %v", id, err)
				continue
			}
			passed++
		}
		fmt.Printf("vectors: %-18s %4d of %4d\n", base, passed, len(f.Vectors))
		total += passed
	}
	fmt.Printf("vectors: %-18s %4d\n", "total", total)
	for name := range known {
		t.Errorf("the vector file %s is missing", name)
	}
	for kind := range evaluators {
		if kinds[kind] == 0 {
			t.Errorf("no vector of kind %s ran", kind)
		}
	}
}

func TestRegenerate(t *testing.T) {
	for _, name := range vectorFiles(t) {
		f, err := ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text, err := f.Regenerate()
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(name), err)
		} else if !bytes.Equal(text, f.Text) {
			t.Errorf("%s: regenerated file differs", filepath.Base(name))
		}
	}
}

// TestMergeAnyOrder runs the merges in reverse and with every record twice.
func TestMergeAnyOrder(t *testing.T) {
	runs := 0
	for _, name := range vectorFiles(t) {
		f, err := ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, vector := range f.Vectors {
			id, kind, _ := Describe(vector)
			if kind != "merge" {
				continue
			}
			inputs, _ := vector.Get("inputs")
			list := inputs.(*Object).values["records"].([]any)
			reversed, twice := []any{}, []any{}
			for i := range list {
				reversed = append(reversed, list[len(list)-1-i])
				twice = append(twice, list[i], list[i])
			}
			for _, other := range [][]any{reversed, twice} {
				changed := object()
				for _, n := range vector.names {
					changed.Set(n, vector.values[n])
				}
				changed.Set("inputs", object("records", other))
				if err := Check(changed); err != nil {
					t.Errorf("%s: %v", id, err)
				}
				runs++
			}
		}
	}
	if runs == 0 {
		t.Error("no merge ran")
	}
}

func TestAccumulated(t *testing.T) {
	cases := []struct {
		count uint64
		hash  string
	}{
		{10, "93c175cfce3138097dfa31ca39443d0a968625c036104fe8738493c5975f2135"},
		{1000, "ec5852955f61da8cec2d585dddd944083468f4e430513ecb6aedf58c698cac7f"},
		{10000, "72c0ac15155c18ff3bb55af91ce3cf60b2f10bf98747872b03068af88cff82b9"},
		{1000000, "6156491992d9e6254a30fb944dc8911e2cb574455e236b9d0bf58396e5cf2e0a"},
	}
	for _, c := range cases {
		if c.count > 10000 && !*million {
			t.Logf("%d seals not computed; they are with -million", c.count)
			continue
		}
		sum, err := Accumulate(c.count)
		if err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString(sum[:]); got != c.hash {
			t.Errorf("%d seals: %s, expected %s", c.count, got, c.hash)
		}
	}
}
