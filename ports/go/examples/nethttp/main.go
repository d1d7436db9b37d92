// Command nethttp shows sessions in a server of net/http: middleware, cookie
// and bearer header.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	"cloakroom.dev/go/cloakroom"
)

// newSessions builds the configuration from a ring file.
func newSessions(ring []byte, purpose, audience string, view *cloakroom.Revocations) (*cloakroom.Sessions, error) {
	keys, err := cloakroom.ParseKeyRing(ring, time.Now())
	if err != nil {
		return nil, err
	}
	return cloakroom.New(cloakroom.Config{
		Keys: keys, Purpose: purpose, Audience: audience, Revocations: view, MaxToken: maxToken,
		Policy: cloakroom.NewPolicy(30*time.Minute, 8*time.Hour),
	})
}

// newApp is an application with a login, a page and a logout.
func newApp(sessions *cloakroom.Sessions) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/login", func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || !fromHere(r) {
			http.Error(w, "forbidden", http.StatusForbidden)
			return
		}
		// An application checks credentials here.
		token, session, err := sessions.Issue(r.FormValue("user"), nil)
		if err == nil {
			err = endPresented(sessions, r)
		}
		if err != nil {
			reject(w, err, false)
			return
		}
		setCookie(w, token, session.Deadline())
	})
	mux.Handle("/me", Require(sessions, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, Current(r).Subject())
	})))
	mux.HandleFunc("/logout", func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		if _, bearer := credential(r); !bearer && !fromHere(r) {
			http.Error(w, "forbidden", http.StatusForbidden)
			return
		}
		if err := endPresented(sessions, r); err != nil {
			reject(w, err, false)
			return
		}
		setCookie(w, "", time.Time{})
	})
	return mux
}

func main() {
	ring, err := os.ReadFile(os.Getenv("CLOAKROOM_RING"))
	if err != nil {
		log.Fatal(err)
	}
	view, err := cloakroom.NewRevocations(cloakroom.RevocationOptions{})
	if err != nil {
		log.Fatal(err)
	}
	sessions, err := newSessions(ring, "session", "api.example.com", view)
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe("127.0.0.1:8080", newApp(sessions)))
}
