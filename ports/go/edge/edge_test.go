package edge

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"cloakroom.dev/go/cloakroom"
	"cloakroom.dev/go/cloakroom/feed"
)

type vector struct {
	ID, Kind, Stage string
	Inputs          struct {
		EdgeKey string `json:"edge_key"`
		Keys    []string
		Realm   string
		Seen    *struct {
			Position string
			MadeAt   int64 `json:"made_at"`
		}
		Now, Skew int64
		Export    string
		Sessions  []string
	}
	Expected json.RawMessage
}

func read(t *testing.T, name string) []vector {
	dir := os.Getenv("CLOAKROOM_VECTORS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "vectors")
	}
	text, err := os.ReadFile(filepath.Join(dir, "edge", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Count   int
		Vectors []vector
	}
	if err := json.Unmarshal(text, &file); err != nil || file.Count != len(file.Vectors) || file.Count == 0 {
		t.Fatalf("%s: %d vectors, %v", name, len(file.Vectors), err)
	}
	return file.Vectors
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	data, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func position(t *testing.T, text string) feed.Position {
	p, ok := feed.ParsePosition(unhex(t, text))
	if !ok {
		t.Fatal("no position")
	}
	return p
}

// same compares with what a vector expects, as JSON.
func same(t *testing.T, v vector, got any) {
	t.Helper()
	text, err := json.Marshal(got)
	var left, right any
	if err != nil || json.Unmarshal(text, &left) != nil || json.Unmarshal(v.Expected, &right) != nil || !reflect.DeepEqual(left, right) {
		t.Errorf("%s: %s, expected %s", v.ID, text, v.Expected)
	}
}

func TestKeys(t *testing.T) {
	seen := 0
	for _, v := range read(t, "edge-key") {
		if v.Kind != "edge-key" {
			continue
		}
		seen++
		key, err := ParseKey(v.Inputs.EdgeKey)
		if (err == nil) != (v.Stage == "ok") {
			t.Errorf("%s: %v", v.ID, err)
			continue
		}
		if err == nil {
			same(t, v, map[string]any{"eid": key.ID(), "key": hex.EncodeToString(key.Bytes())})
		} else if !errors.Is(err, cloakroom.ErrRefused) {
			t.Errorf("%s: %v", v.ID, err)
		}
	}
	if seen < 10 {
		t.Errorf("%d vectors", seen)
	}
}

func ask(t *testing.T, v vector, data []byte) (*Export, time.Duration, error) {
	var keys []Key
	for _, text := range v.Inputs.Keys {
		key, err := ParseKey(text)
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	var before *Seen
	if s := v.Inputs.Seen; s != nil {
		before = &Seen{position(t, s.Position), s.MadeAt}
	}
	return Read(keys, v.Inputs.Realm, before, time.UnixMilli(v.Inputs.Now), time.Duration(v.Inputs.Skew)*time.Millisecond, data)
}

func TestExports(t *testing.T) {
	accepted := 0
	for _, v := range read(t, "edge-export") {
		e, age, err := ask(t, v, unhex(t, v.Inputs.Export))
		if err != nil {
			fault, ok := IsFault(err)
			if !ok || v.Stage != "refused" {
				t.Errorf("%s: %v", v.ID, err)
				continue
			}
			same(t, v, map[string]any{"fault": string(fault)})
			continue
		}
		accepted++
		records, hits := []string{}, []bool{}
		for _, r := range e.Records {
			records = append(records, hex.EncodeToString(r.Append(nil)))
		}
		for _, id := range v.Inputs.Sessions {
			hits = append(hits, e.Hits(*(*[16]byte)(unhex(t, id))))
		}
		same(t, v, map[string]any{
			"position": hex.EncodeToString(e.Position.Append(nil)), "made_at": e.MadeAt, "valid_until": e.ValidUntil,
			"high_water": e.HighWater, "life": e.Life, "salt": hex.EncodeToString(e.Salt[:]),
			"records": records, "age": age.Milliseconds(), "hits": hits,
		})
	}
	if accepted < 5 {
		t.Errorf("%d exports are accepted", accepted)
	}
}

// TestEveryBit flips each bit of an export, and cuts it everywhere.
func TestEveryBit(t *testing.T) {
	for _, v := range read(t, "edge-export") {
		if v.Stage != "ok" {
			continue
		}
		data := unhex(t, v.Inputs.Export)
		for i := range data {
			if _, _, err := ask(t, v, data[:i]); err == nil {
				t.Fatalf("%s: accepted with %d bytes", v.ID, i)
			}
			data[i] ^= 1 << (i % 8)
			if _, _, err := ask(t, v, data); err == nil {
				t.Fatalf("%s: accepted with byte %d changed", v.ID, i)
			}
			data[i] ^= 1 << (i % 8)
		}
		return
	}
}

func TestArguments(t *testing.T) {
	key, err := ParseKey(read(t, "edge-key")[0].Inputs.EdgeKey)
	if err != nil {
		t.Fatal(err)
	}
	for _, keys := range [][]Key{nil, {key, key, key}} {
		if _, _, err := Read(keys, "shop", nil, time.Now(), 0, nil); !errors.Is(err, cloakroom.ErrRefused) {
			t.Error(err)
		}
	}
	if _, _, err := Read([]Key{key}, strings.Repeat("r", 65), nil, time.Now(), 0, nil); !errors.Is(err, cloakroom.ErrRefused) {
		t.Error(err)
	}
}
