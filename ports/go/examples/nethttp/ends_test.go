package main

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"cloakroom.dev/go/cloakroom"
)

const removal = "__Host-session=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax"

// broken is a store that can be told to fail.
type broken struct{ fails bool }

func (b *broken) Put(cloakroom.Record) error {
	if b.fails {
		return errors.New("the disk is full")
	}
	return nil
}

func ofCookie(token string) string { return "Cookie: __Host-session=" + token }
func ofBearer(token string) string { return "Authorization: Bearer " + token }

// loginWith logs in with a request that has these headers.
func (a *app) loginWith(user string, headers ...string) (*http.Response, string) {
	a.t.Helper()
	response, _ := a.ask("POST", "/login?user="+user, headers...)
	token, _, _ := strings.Cut(strings.TrimPrefix(response.Header.Get("Set-Cookie"), "__Host-session="), ";")
	return response, token
}

func (a *app) me(token, want string) {
	a.t.Helper()
	if _, body := a.ask("GET", "/me", ofCookie(token)); body != want {
		a.t.Errorf("GET /me gives %q, not %q", body, want)
	}
}

func TestLoginEndsThePresentedSession(t *testing.T) {
	a := start(t, newRing(t), "session", "api.example.com", cloakroom.RevocationOptions{})
	for _, present := range []func(string) string{ofCookie, ofBearer} {
		mallory := a.login("mallory")
		response, ada := a.loginWith("ada", present(mallory))
		if response.StatusCode != 200 {
			t.Error(response.Status)
		}
		a.me(ada, "ada\n")
		a.me(mallory, bad)
	}
}

func TestLoginWhateverElseIsPresented(t *testing.T) {
	a := start(t, newRing(t), "session", "api.example.com", cloakroom.RevocationOptions{})
	gone := a.login("ada")
	a.ask("POST", "/logout", ofCookie(gone))
	for _, headers := range [][]string{
		{ofCookie("x")}, {ofCookie("")}, {ofCookie(gone)}, {ofCookie(gone), ofCookie(gone)}, {ofBearer("x")}, {"Authorization: "},
	} {
		response, token := a.loginWith("ada", headers...)
		if response.StatusCode != 200 {
			t.Error(headers, response.Status)
		}
		a.me(token, "ada\n")
	}
}

func TestLoginThatCannotEndThePresentedSession(t *testing.T) {
	store := &broken{}
	a := start(t, newRing(t), "session", "api.example.com", cloakroom.RevocationOptions{Local: store})
	mallory := a.login("mallory")
	store.fails = true
	response, token := a.loginWith("ada", ofCookie(mallory))
	if response.StatusCode != 503 || token != "" {
		t.Error(response.Status, token)
	}
	a.me(mallory, bad)
}

func TestAnIdleTokenLogsOut(t *testing.T) {
	ring, err := cloakroom.ParseKeyRing(newRing(t), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	view, err := cloakroom.NewRevocations(cloakroom.RevocationOptions{})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now()
	sessions, err := cloakroom.New(cloakroom.Config{
		Keys: ring, Purpose: "session", Policy: cloakroom.NewPolicy(30*time.Minute, 8*time.Hour),
		Revocations: view, Clock: func() time.Time { return at },
	})
	if err != nil {
		t.Fatal(err)
	}
	a := serve(t, sessions)
	for _, path := range []string{"/logout", "/login?user=ada"} {
		token, session, err := sessions.Issue("mallory", nil)
		if err != nil {
			t.Fatal(err)
		}
		at = at.Add(15 * time.Minute)
		copied, err := sessions.Renew(session)
		if err != nil || copied == "" {
			t.Fatal(err)
		}
		at = at.Add(15 * time.Minute)
		a.me(token, bad)
		a.me(copied, "mallory\n")
		response, _ := a.ask("POST", path, ofCookie(token))
		if got := response.Header.Values("Set-Cookie"); response.StatusCode != 200 || len(got) != 1 {
			t.Error(path, response.Status, got)
		} else if path == "/logout" && got[0] != removal {
			t.Error(got)
		}
		a.me(copied, bad)
	}
}

func TestAClientIsNotToldWhetherItsTokenOpened(t *testing.T) {
	a := start(t, newRing(t), "session", "api.example.com", cloakroom.RevocationOptions{})
	token := a.login("ada")
	for _, headers := range [][]string{{ofCookie(token)}, {ofCookie(token)}, {ofCookie("x")}, nil, {ofBearer(token)}, {ofBearer("x")}} {
		response, body := a.ask("POST", "/logout", headers...)
		if response.StatusCode != 200 || response.Header.Get("Set-Cookie") != removal || body != "" ||
			response.Header.Get("Cache-Control") != "no-store" {
			t.Error(response.Status, response.Header, body)
		}
	}
	if response, _ := a.ask("GET", "/logout", ofCookie(token)); response.StatusCode != 405 {
		t.Error(response.Status)
	}
}
