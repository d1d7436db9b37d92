package cloakroom

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"cloakroom.dev/go/cloakroom/internal/clk1"
)

// FuzzOpen presents arbitrary texts. Nothing but the one token that was issued
// may be accepted, and every failure is the one rejection.
func FuzzOpen(f *testing.F) {
	s := newServer(f, nil, RevocationOptions{})
	// The workers are processes of their own and have to agree on the token.
	s.random = bytes.NewReader(make([]byte, 16))
	token, _ := s.login(f, "user-42")
	f.Add(token)
	f.Add(specToken)
	f.Add("")
	f.Add("clk1.")
	f.Add(token[:64])
	f.Add(token + "\n")
	f.Fuzz(func(t *testing.T, text string) {
		session, err := s.Verify(text)
		switch {
		case err == nil && text != token:
			t.Fatalf("accepted %q", text)
		case err != nil && text == token:
			t.Fatal(err)
		case err != nil && (session != nil || !errors.Is(err, ErrInvalid) || err.Error() != ErrRejected.Error()):
			t.Fatalf("%q: %v", text, err)
		}
	})
}

// FuzzPlaintext seals arbitrary plaintexts, as a defective issuer would. What
// is read as claims has to be written again byte for byte.
func FuzzPlaintext(f *testing.F) {
	s := newServer(f, nil, RevocationOptions{})
	key, err := clk1.ParseKey(specKey)
	if err != nil {
		f.Fatal(err)
	}
	unit, err := key.Unit("session", "api.example.com")
	if err != nil {
		f.Fatal(err)
	}
	c := clk1.Claims{Subject: "user-42", AuthenticatedAt: start, Absolute: 28800, Major: 1}
	f.Add(append(c.Append(nil), "payload"...))
	f.Add(make([]byte, 24))
	f.Fuzz(func(t *testing.T, p []byte) {
		token, err := unit.Seal(p, nil)
		if len(p) < 1 || len(p) > clk1.PlaintextMax {
			if err == nil {
				t.Fatalf("a plaintext of %d bytes is sealed", len(p))
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		claims, payload, ok := clk1.ParseClaims(p)
		if ok && !bytes.Equal(append(claims.Append(nil), payload...), p) {
			t.Fatalf("%x has a second encoding", p)
		}
		_, err = s.Verify(token)
		if stage := stageOf(err); !ok && stage != "claims" || ok && (stage == "claims" || errors.Is(err, ErrInvalid)) {
			t.Fatalf("%x: stage %s, claims %v", p, stage, ok)
		}
	})
}

// FuzzRing reads arbitrary ring files. What is accepted keeps the invariants.
func FuzzRing(f *testing.F) {
	f.Add(ringText(keyLine(specKey, "2026-01-01T00:00:00Z") + " # note"))
	f.Add(ringText("rollout 0", keyLine(specKey, "2026-01-01T00:00:00Z")+" disabled"))
	now := time.Unix(start, 0)
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := ParseKeyRing(text, now)
		if err != nil {
			if r != nil || !errors.Is(err, ErrRefused) || bytes.Contains([]byte(err.Error()), []byte(specKey[8:40])) {
				t.Fatal(err)
			}
			return
		}
		sealing := 0
		for _, k := range r.Keys(now) {
			if k.State == Sealing {
				sealing++
			}
			if len(k.Note) > 80 {
				t.Fatal("a long note")
			}
		}
		if sealing != 1 || r.MaxLifetime() < time.Second {
			t.Fatalf("%d keys are sealing", sealing)
		}
	})
}

// FuzzSnapshot reads arbitrary snapshots behind a correct digest.
func FuzzSnapshot(f *testing.F) {
	f.Add(make([]byte, 16), uint32(0), []byte{})
	f.Add(make([]byte, 16), uint32(1), append([]byte{1}, make([]byte, 32)...))
	f.Fuzz(func(t *testing.T, times []byte, count uint32, records []byte) {
		b := snapshotOf(times, count, records)
		s, err := ParseSnapshot(b)
		if err != nil {
			if !errors.Is(err, ErrRefused) {
				t.Fatal(err)
			}
			return
		}
		again, err := s.Encode()
		if err != nil || !bytes.Equal(b, again) {
			t.Fatalf("%x is written as %x, %v", b, again, err)
		}
	})
}
