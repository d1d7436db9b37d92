package feed

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"cloakroom.dev/go/cloakroom"
)

func TestKeysDoNotPrint(t *testing.T) {
	key, err := GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	secret := strings.TrimPrefix(key.Reveal(), "clkfeed1.")[:12]
	o := Options{Keys: Keys{Write: key}}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, v := range []any{key, &key, o.Keys, o} {
			if text := fmt.Sprintf(verb, v); strings.Contains(text, secret) || strings.Contains(text, fmt.Sprintf("%x", key.k.mac[:4])) {
				t.Errorf("%s prints %s", verb, text)
			}
		}
	}
	back, err := ParseKey(key.Reveal())
	if err != nil || back.ID() != key.ID() {
		t.Error(err)
	}
	_, err = ParseKey(key.Reveal()[:56] + "!")
	if !errors.Is(err, cloakroom.ErrRefused) || strings.Contains(err.Error(), secret) {
		t.Error(err)
	}
	if (Key{}).Reveal() != "" || (Key{}).ID() != "" {
		t.Error("an empty key has a text")
	}
}

func TestRealm(t *testing.T) {
	for _, good := range []string{"a", "shop.example-1_x", strings.Repeat("r", 64)} {
		if err := CheckRealm(good); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []string{"", "A", "a b", "a}", "é", strings.Repeat("r", 65), "a\n"} {
		if err := CheckRealm(bad); err == nil {
			t.Errorf("%q is a realm", bad)
		}
	}
}

// TestEveryBit: a batch and a snapshot hold in every bit and at every length.
func TestEveryBit(t *testing.T) {
	key, _ := GenerateKey()
	keys := Keys{Write: key}
	at := first("a", [16]byte{1})
	record := cloakroom.Record{Kind: cloakroom.SubjectCutoff, Value: 7, Expires: 9, HasExempt: true}
	batch, becomes, err := SealBatch(key, "a", at, Batch{Time: 1, Records: []cloakroom.Record{record}})
	if err != nil {
		t.Fatal(err)
	}
	view, _ := cloakroom.NewRevocations(cloakroom.RevocationOptions{Fed: true})
	inner := view.Snapshot(newWorld(t).now)
	snapshot, err := SealSnapshot(key, "a", Snapshot{becomes, 7, inner})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		data []byte
		open func([]byte) error
	}{
		{batch, func(b []byte) error { _, _, err := OpenBatch(keys, "a", at, b); return err }},
		{snapshot, func(b []byte) error { _, err := OpenSnapshot(keys, "a", b); return err }},
	} {
		if err := c.open(c.data); err != nil {
			t.Fatal(err)
		}
		var fault Fault
		for i := range c.data {
			if err := c.open(c.data[:i]); !errors.As(err, &fault) {
				t.Errorf("cut to %d bytes: %v", i, err)
			}
			for bit := 0; bit < 8; bit++ {
				bad := append([]byte(nil), c.data...)
				bad[i] ^= 1 << bit
				if err := c.open(bad); !errors.As(err, &fault) {
					t.Errorf("bit %d of byte %d: %v", bit, i, err)
				}
			}
		}
		if err := c.open(append(append([]byte(nil), c.data...), 0)); err != FaultForged {
			t.Errorf("one byte more: %v", err)
		}
	}
	if _, _, err := OpenBatch(keys, "b", at, batch); err != FaultForged {
		t.Errorf("another realm: %v", err)
	}
	if _, _, err := OpenBatch(keys, "a", becomes, batch); err != FaultOutOfPlace {
		t.Errorf("another place: %v", err)
	}
	for name, b := range map[string]Batch{
		"time":   {Time: timeMax + 1},
		"past":   {Time: -1},
		"record": {Records: []cloakroom.Record{{Kind: 9}}},
		"many":   {Records: make([]cloakroom.Record, recordsMax+1)},
	} {
		if _, _, err := SealBatch(key, "a", at, b); !errors.Is(err, cloakroom.ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
