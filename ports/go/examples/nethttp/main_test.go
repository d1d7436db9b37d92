package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"cloakroom.dev/go/cloakroom"
)

const bad = "unauthorized\n"

// app is a running server.
type app struct {
	t        *testing.T
	server   *httptest.Server
	sessions *cloakroom.Sessions
}

func newRing(t *testing.T) []byte {
	t.Helper()
	key, err := cloakroom.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return []byte("cloakroom-ring 1\nmax-lifetime 28800\nkey " + key.Reveal() + " activate=2020-01-01T00:00:00Z\n")
}

func start(t *testing.T, ring []byte, purpose, audience string, o cloakroom.RevocationOptions) *app {
	t.Helper()
	view, err := cloakroom.NewRevocations(o)
	if err != nil {
		t.Fatal(err)
	}
	sessions, err := newSessions(ring, purpose, audience, view)
	if err != nil {
		t.Fatal(err)
	}
	if o.Fed {
		view.Proven(time.Now())
	}
	return serve(t, sessions)
}

func serve(t *testing.T, sessions *cloakroom.Sessions) *app {
	a := &app{t, httptest.NewServer(newApp(sessions)), sessions}
	t.Cleanup(a.server.Close)
	return a
}

// ask sends a request. Headers are given as "Name: value", also repeatedly.
func (a *app) ask(method, path string, headers ...string) (*http.Response, string) {
	a.t.Helper()
	r, err := http.NewRequest(method, a.server.URL+path, nil)
	if err != nil {
		a.t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		a.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	return response, string(body)
}

func (a *app) login(user string) string {
	a.t.Helper()
	response, _ := a.ask("POST", "/login?user="+user)
	line := response.Header.Get("Set-Cookie")
	token, attributes, _ := strings.Cut(strings.TrimPrefix(line, "__Host-session="), ";")
	if response.StatusCode != 200 || attributes != " Path=/; Max-Age=1800; Secure; HttpOnly; SameSite=Lax" &&
		attributes != " Path=/; Max-Age=1799; Secure; HttpOnly; SameSite=Lax" || len(line) > 4096 {
		a.t.Fatal(response.Status, line)
	}
	return token
}

func TestCredentials(t *testing.T) {
	a := start(t, newRing(t), "session", "api.example.com", cloakroom.RevocationOptions{})
	ada, bob := a.login("ada"), a.login("bob")
	cookie, bearer := "Cookie: __Host-session=", "Authorization: Bearer "
	other := start(t, newRing(t), "session", "api.example.com", cloakroom.RevocationOptions{})
	for _, c := range []struct {
		name    string
		headers []string
		want    string
	}{
		{"cookie", []string{cookie + ada}, "ada\n"},
		{"cookie among others", []string{"Cookie: a=b;\t __Host-session\t= " + ada + " ; c=d"}, "ada\n"},
		{"second header", []string{"Cookie: a=b", cookie + ada}, "ada\n"},
		{"bearer", []string{bearer + ada}, "ada\n"},
		{"scheme in another case", []string{"Authorization: bEARER " + ada}, "ada\n"},
		{"bearer wins", []string{cookie + ada, bearer + bob}, "bob\n"},
		{"bearer wins though it fails", []string{cookie + ada, bearer + "x"}, bad},
		{"two bearers", []string{bearer + ada, bearer + ada}, bad},
		{"no token", []string{"Authorization: Bearer"}, bad},
		{"nothing", nil, bad},
		{"two cookies", []string{cookie + ada + "; __Host-session=" + ada}, bad},
		{"two cookies in two headers", []string{cookie + ada, cookie + ada}, bad},
		{"two cookies, one empty", []string{cookie + "; __Host-session=" + ada}, bad},
		{"quoted", []string{cookie + `"` + ada + `"`}, bad},
		{"name in another case", []string{"Cookie: __host-session=" + ada}, bad},
		{"altered", []string{cookie + ada[:len(ada)-8] + "AAAAAAAA"}, bad},
		{"another ring", []string{cookie + other.login("ada")}, bad},
		{"huge", []string{cookie + strings.Repeat("A", 100000)}, bad},
	} {
		response, body := a.ask("GET", "/me", c.headers...)
		if body != c.want {
			t.Errorf("%s: %d %q", c.name, response.StatusCode, body)
		}
		if len(response.Header.Values("Set-Cookie")) != 0 {
			t.Errorf("%s: a cookie is set", c.name)
		}
		if c.want == bad && (response.StatusCode != 401 || response.Header.Get("Cache-Control") != "no-store") {
			t.Errorf("%s: %d, %v", c.name, response.StatusCode, response.Header)
		}
		withBearer := len(c.headers) > 0 && strings.HasPrefix(c.headers[len(c.headers)-1], "Authorization")
		if got := response.Header.Get("WWW-Authenticate"); (got == `Bearer error="invalid_token"`) != (withBearer && c.want == bad) {
			t.Errorf("%s: WWW-Authenticate %q", c.name, got)
		}
	}
}

func TestLogout(t *testing.T) {
	a := start(t, newRing(t), "session", "api.example.com", cloakroom.RevocationOptions{})
	token := "Cookie: __Host-session=" + a.login("ada")
	for _, h := range []string{"Origin: https://evil.example", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site", "Origin: null"} {
		if response, _ := a.ask("POST", "/logout", token, h); response.StatusCode != 403 {
			t.Errorf("%s: %d", h, response.StatusCode)
		}
	}
	if _, body := a.ask("GET", "/me", token); body != "ada\n" {
		t.Fatal(body)
	}
	response, _ := a.ask("POST", "/logout", token, "Origin: "+a.server.URL)
	if got := response.Header.Values("Set-Cookie"); response.StatusCode != 200 || len(got) != 1 ||
		got[0] != "__Host-session=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax" {
		t.Error(response.Status, got)
	}
	if response, body := a.ask("GET", "/me", token); response.StatusCode != 401 || body != bad {
		t.Error(response.Status, body)
	}
}

func TestUnavailable(t *testing.T) {
	a := start(t, newRing(t), "session", "api.example.com", cloakroom.RevocationOptions{Fed: true, Bound: time.Second})
	token := "Cookie: __Host-session=" + a.login("ada")
	if _, body := a.ask("GET", "/me", token); body != "ada\n" {
		t.Fatal(body)
	}
	time.Sleep(1100 * time.Millisecond)
	for _, h := range []string{token, strings.Replace(token, "Cookie: __Host-session=", "Authorization: Bearer ", 1)} {
		response, body := a.ask("GET", "/me", h)
		if response.StatusCode != 503 || body != "unavailable\n" || response.Header.Get("WWW-Authenticate") != "" {
			t.Error(response.Status, body)
		}
	}
	if response, _ := a.ask("GET", "/me", token+"x"); response.StatusCode != 401 {
		t.Error(response.Status)
	}
}

// TestRenewal: a renewed token comes with answers that are no failure.
func TestRenewal(t *testing.T) {
	ring, err := cloakroom.ParseKeyRing(newRing(t), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	view, _ := cloakroom.NewRevocations(cloakroom.RevocationOptions{})
	policy := cloakroom.NewPolicy(30*time.Minute, 8*time.Hour)
	policy.ShareNum = 0 // every request renews
	var ahead time.Duration
	sessions, err := cloakroom.New(cloakroom.Config{
		Keys: ring, Purpose: "session", Policy: policy, Revocations: view,
		Clock: func() time.Time { return time.Now().Add(ahead) },
	})
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := sessions.Issue("ada", nil)
	if err != nil {
		t.Fatal(err)
	}
	ahead = 10 * time.Second
	for status, want := range map[int]int{200: 1, 302: 1, 404: 1, 500: 0, 503: 0} {
		handler := Require(sessions, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte("x"))
		}))
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Cookie", "__Host-session="+token)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		lines := w.Result().Header.Values("Set-Cookie")
		if w.Code != status || len(lines) != want {
			t.Errorf("%d: %d, %v", status, w.Code, lines)
		}
		if want == 1 {
			next, _, _ := strings.Cut(strings.TrimPrefix(lines[0], "__Host-session="), ";")
			if _, err := sessions.Verify(next); err != nil || next == token {
				t.Error(err)
			}
		}
	}
}

// TestForeignToken presents a token that another implementation sealed. The
// caller gives CLOAKROOM_TOKEN and CLOAKROOM_RING, a ring file or its text, and
// where they differ from the example's CLOAKROOM_PURPOSE, CLOAKROOM_AUDIENCE
// and CLOAKROOM_SUBJECT.
func TestForeignToken(t *testing.T) {
	token, ring := os.Getenv("CLOAKROOM_TOKEN"), []byte(os.Getenv("CLOAKROOM_RING"))
	if token == "" || len(ring) == 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("CLOAKROOM_TOKEN and CLOAKROOM_RING are not given")
		}
		t.Skip("SKIPPED: no CLOAKROOM_TOKEN and CLOAKROOM_RING")
	}
	if !strings.Contains(string(ring), "cloakroom-ring") {
		var err error
		if ring, err = os.ReadFile(string(ring)); err != nil {
			t.Fatal(err)
		}
	}
	purpose, audience := "session", "api.example.com"
	if v, ok := os.LookupEnv("CLOAKROOM_PURPOSE"); ok {
		purpose = v
	}
	if v, ok := os.LookupEnv("CLOAKROOM_AUDIENCE"); ok {
		audience = v
	}
	a := start(t, ring, purpose, audience, cloakroom.RevocationOptions{})
	for _, h := range []string{"Cookie: __Host-session=", "Authorization: Bearer "} {
		response, body := a.ask("GET", "/me", h+token)
		if response.StatusCode != 200 {
			t.Fatal(response.Status, body)
		}
		if want, ok := os.LookupEnv("CLOAKROOM_SUBJECT"); ok && body != want+"\n" {
			t.Errorf("the subject is %q", body)
		}
		changed := []byte(token)
		changed[len(changed)/2] ^= 1
		if response, body := a.ask("GET", "/me", h+string(changed)); response.StatusCode != 401 || body != bad {
			t.Error(response.Status, body)
		}
	}
	if response, _ := a.ask("POST", "/logout", "Cookie: __Host-session="+token); response.StatusCode != 200 {
		t.Error(response.Status)
	}
	if response, _ := a.ask("GET", "/me", "Authorization: Bearer "+token); response.StatusCode != 401 {
		t.Error(response.Status)
	}
}
