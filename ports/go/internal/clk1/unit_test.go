package clk1

import (
	"bytes"
	"strings"
	"testing"
)

func testKey(t *testing.T) *Key {
	t.Helper()
	k, err := ParseKey("clkkey1.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8tL4jt")
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestNonceFailureLeavesNothing opens a valid AEAD message whose N is not the
// synthetic nonce and looks for the plaintext in the body.
func TestNonceFailureLeavesNothing(t *testing.T) {
	u, err := testKey(t).Unit("session", "api.example.com")
	if err != nil {
		t.Fatal(err)
	}
	p := []byte("a plaintext that has to be erased")
	w := u.scratch.Get().(*scratch)
	aad := append([]byte(nil), w.bind([]byte("device"))...)
	body := append(Body(nil), u.kid[:]...)
	body = append(body, bytes.Repeat([]byte{7}, NonceLen)...)
	body = u.aead.Seal(body, body[KidLen:], p, aad)
	out, stage := u.Open(body, []byte("device"))
	if out != nil || stage != StageNonce {
		t.Fatalf("%q at stage %s", out, stage)
	}
	for i := range p {
		if body[KidLen+NonceLen+i] != 0 {
			t.Fatalf("byte %d of the plaintext is left", i)
		}
	}
}

func TestSealRefuses(t *testing.T) {
	u, err := testKey(t).Unit("p", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		p, binding int
		ok         bool
	}{{0, 0, false}, {1, 0, true}, {3024, 1024, true}, {3025, 0, false}, {1, 1025, false}} {
		text, err := u.Seal(make([]byte, c.p), make([]byte, c.binding))
		if (err == nil) != c.ok || c.ok && len(text) != TextLen(c.p) {
			t.Errorf("%+v: %d characters, %v", c, len(text), err)
		}
	}
}

func TestVarints(t *testing.T) {
	for _, c := range []struct {
		bytes string
		value uint64
		ok    bool
	}{
		{"\x00", 0, true}, {"\x7f", 127, true}, {"\x80\x01", 128, true}, {"\xac\x02", 300, true},
		{"\xff\xff\xff\xff\x0f", 1<<32 - 1, true}, {"\x80\x00", 0, false},
		{"\xff\xff\xff\xff\x10", 0, false}, {"\x80\x80\x80\x80\x80\x00", 0, false}, {"\x80", 0, false}, {"", 0, false},
	} {
		r := reader{rest: []byte(c.bytes)}
		if v := r.u32(); uint64(v) != c.value || r.failed == c.ok {
			t.Errorf("%x: %d, failed %v", c.bytes, v, r.failed)
		}
		if c.ok && string(appendVarint(nil, c.value)) != c.bytes {
			t.Errorf("%d is written in another form", c.value)
		}
	}
	for _, text := range []string{"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", strings.Repeat("\x80", 10) + "\x00"} {
		r := reader{rest: []byte(text)}
		if r.u64(); !r.failed {
			t.Errorf("%x is read", text)
		}
	}
}

// TestKeyTexts reads hostile texts.
func TestKeyTexts(t *testing.T) {
	good := testKey(t).Text()
	for n := range good {
		if _, err := ParseKey(good[:n]); err == nil {
			t.Errorf("cut to %d characters", n)
		}
		for _, c := range "\n\r =+/é\x00" {
			if _, err := ParseKey(good[:n] + string(c) + good[n+1:]); err == nil {
				t.Errorf("%q at %d", c, n)
			}
		}
	}
	for _, text := range []string{good + "\n", " " + good, strings.Repeat("x", 1<<20), "clksub1." + strings.Repeat("A", 56)} {
		if _, err := ParseKey(text); err == nil {
			t.Errorf("%.60q is read", text)
		}
	}
	if _, err := NewRoot([KeyLen]byte{}); err == nil {
		t.Error("the zero key is accepted")
	}
}
