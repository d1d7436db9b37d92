package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"cloakroom.dev/go/cloakroom/feed"
	"cloakroom.dev/go/cloakroom/redisfeed/internal/redistest"
)

// talk runs the command and returns a function that asks it.
func talk(t *testing.T, url string) func(string) map[string]any {
	t.Helper()
	in, write := io.Pipe()
	read, out := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(url, "test", in, out) }()
	lines := bufio.NewScanner(read)
	t.Cleanup(func() {
		_ = write.Close()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return func(request string) map[string]any {
		t.Helper()
		if _, err := io.WriteString(write, request+"\n"); err != nil {
			t.Fatal(err)
		}
		if !lines.Scan() {
			t.Fatal("no answer")
		}
		var answer map[string]any
		if err := json.Unmarshal(lines.Bytes(), &answer); err != nil {
			t.Fatal(err)
		}
		return answer
	}
}

func TestFollow(t *testing.T) {
	s := redistest.Start(t)
	key, err := feed.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("CLOAKROOM_FEED_KEY", key.Reveal())
	a, b := talk(t, s.URL()), talk(t, s.URL())
	await := func(ask func(string) map[string]any, request, member string) {
		t.Helper()
		for end := time.Now().Add(10 * time.Second); ask(request)[member] != true; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s: not %s", request, member)
			}
		}
	}
	await(a, `{"status":true}`, "fresh")
	await(b, `{"status":true}`, "fresh")
	now := time.Now().Unix()
	id := strings.Repeat("ab", 16)
	session := fmt.Sprintf(`{"is_revoked":{"session":"%s","generation":0,"subject":"","authenticated_at":%d}}`, id, now)
	subject := fmt.Sprintf(`{"is_revoked":{"session":"%s","generation":0,"subject":"zo\u00eb","authenticated_at":%d}}`, strings.Repeat("cd", 16), now)
	for _, q := range []string{session, subject} {
		if r := b(q); r["revoked"] != false || r["fresh"] != true {
			t.Fatal(r)
		}
	}
	if r := a(`{"revoke_session":"` + id + `"}`); r["result"] != "accepted" {
		t.Fatal(r)
	}
	await(b, session, "revoked")
	if r := b(fmt.Sprintf(`{"revoke_subject":"zo\u00eb","now":%d}`, now)); r["result"] != "accepted" {
		t.Fatal(r)
	}
	await(a, subject, "revoked")
	if r := a(`{"status":true}`); r["n"].(float64) < 3 {
		t.Error(r)
	}
	for _, bad := range []string{"", "x", "{}", `{"status":false}`, `{"revoke_session":"00"}`, `{"more":1}`,
		`{"is_revoked":{"session":7}}`, `{"is_revoked":{"session":"` + id + `","generation":-1}}`} {
		if r := a(bad); r["error"] != "bad request" {
			t.Errorf("%s: %v", bad, r)
		}
	}
	if r := a(`{"revoke_subject":""}`); r["error"] != "refused" {
		t.Error(r)
	}
	s.Kill()
	if r := a(`{"revoke_subject":"bob"}`); r["result"] != "pending" {
		t.Error(r)
	}
}

func TestKeyIsNeeded(t *testing.T) {
	t.Setenv("CLOAKROOM_FEED_KEY", "clkfeed1.secret-text")
	err := run("redis://127.0.0.1:1", "test", strings.NewReader(""), io.Discard)
	if err == nil || strings.Contains(err.Error(), "secret-text") {
		t.Error(err)
	}
}
