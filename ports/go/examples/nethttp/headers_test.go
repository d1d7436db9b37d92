package main

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"

	"cloakroom.dev/go/cloakroom"
)

// TestHeaders: what Authorization means beside a cookie (section 10.2), by the
// table of all implementations.
func TestHeaders(t *testing.T) {
	text, err := os.ReadFile("../../../headers.json")
	if err != nil {
		t.Fatal(err)
	}
	var table struct {
		Cases []struct {
			Fields  []string
			Outcome string
		}
	}
	if err := json.Unmarshal(text, &table); err != nil || len(table.Cases) < 50 {
		t.Fatal(err, len(table.Cases))
	}
	a := start(t, newRing(t), "session", "api.example.com", cloakroom.RevocationOptions{})
	cookie, bearer := a.login("cookie"), a.login("bearer")
	for _, c := range table.Cases {
		r := &http.Request{Header: http.Header{"Cookie": {cookieName + "=cookie"}}}
		headers := []string{"Cookie: " + cookieName + "=" + cookie}
		overHTTP := true
		for _, field := range c.Fields {
			raw := make([]byte, 0, len(field))
			for _, b := range field { // every character is one byte
				raw = append(raw, byte(b))
				// The rest HTTP itself refuses.
				overHTTP = overHTTP && (b == '\t' || b >= ' ' && b != 0x7f)
			}
			r.Header.Add("Authorization", string(raw))
			headers = append(headers, "Authorization: "+strings.ReplaceAll(string(raw), "TOKEN", bearer))
		}
		seen := "rejected"
		switch token, byBearer := credential(r); {
		case byBearer && token == "TOKEN":
			seen = "bearer"
		case !byBearer:
			seen = token
		}
		if seen != c.Outcome {
			t.Errorf("%q: %s, not %s", c.Fields, seen, c.Outcome)
		}
		if !overHTTP {
			continue
		}
		want, challenge := c.Outcome+"\n", ""
		if c.Outcome == "rejected" {
			want, challenge = bad, `Bearer error="invalid_token"`
		}
		response, body := a.ask("GET", "/me", headers...)
		if body != want || response.Header.Get("WWW-Authenticate") != challenge {
			t.Errorf("%q over HTTP: %q, %v", c.Fields, body, response.Header)
		}
	}
}

func TestAnotherSchemeDoesNotDisarmTheCheckOfTheOrigin(t *testing.T) {
	a := start(t, newRing(t), "session", "api.example.com", cloakroom.RevocationOptions{})
	cookie := "Cookie: __Host-session=" + a.login("ada")
	for _, headers := range [][]string{{cookie}, {cookie, "Authorization: Basic eDp5"}} {
		response, _ := a.ask("POST", "/me", append(headers, "Origin: https://evil.example")...)
		if response.StatusCode != 403 {
			t.Error(headers[1:], response.Status)
		}
	}
}
