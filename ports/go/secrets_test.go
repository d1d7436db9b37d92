package cloakroom

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// TestSecretsStayHidden prints everything that knows a secret in every way and
// looks for the secret in the output.
func TestSecretsStayHidden(t *testing.T) {
	key, err := ParseKey(specKey)
	if err != nil {
		t.Fatal(err)
	}
	s := newServer(t, nil, RevocationOptions{})
	token, session, err := s.Issue("secret-subject", []byte("secret-payload"))
	if err != nil {
		t.Fatal(err)
	}
	verified := s.alive(t, token)
	var errs []error
	for _, text := range []string{specKey[:55], specKey + "x", strings.Replace(specKey, "AAEC", "AAED", 1), strings.ToUpper(specKey)} {
		_, err := ParseKey(text)
		errs = append(errs, err)
		_, err = ParseKeyRing(ringText(keyLine(text, "2026-01-01T00:00:00Z")), s.clock.time())
		errs = append(errs, err)
		_, err = ParseKeyRing(ringText(keyLine(specKey, "2026-01-01T00:00:00Z")+" "+specKey), s.clock.time())
		errs = append(errs, err, s.ring.Replace(ringText(keyLine(text, "x")), s.clock.time(), true))
	}
	_, _, err = s.Issue("secret-subject"+strings.Repeat("x", 300), []byte("secret-payload"))
	errs = append(errs, err)
	_, err = s.Verify(token + "x")
	errs = append(errs, err)
	raw := make([]byte, 32)
	for i := range raw {
		raw[i] = byte(i)
	}
	id := session.ID()
	secrets := []string{
		specKey[8:40], "0 1 2 3 4 5 6 7", hex.EncodeToString(raw[:8]), fmt.Sprintf("%x", id[:6]),
		"0x0, 0x1, 0x2, 0x3", "secret-", hex.EncodeToString([]byte("secret-")), token[5:30], "[115 101 99 114",
	}
	values := []any{key, &key, []Key{key}, struct{ K Key }{key}, s.ring, session, verified, *session, *verified, []Session{*verified}, (*Session)(nil), *s.Sessions, s.Sessions, errs}
	for _, v := range values {
		var out bytes.Buffer
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%p", "%T"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		if text, err := json.Marshal(v); err == nil {
			out.Write(text)
		}
		for _, secret := range secrets {
			if strings.Contains(out.String(), secret) {
				t.Errorf("%T shows %q", v, secret)
			}
		}
	}
	for _, err := range errs {
		if err == nil {
			t.Error("a fault went unnoticed")
		}
	}
	if _, err := json.Marshal(session); err == nil {
		t.Error("a session is written as JSON")
	}
}
