// Command follow follows a feed in Redis and publishes to it, for tests of
// several implementations with each other.
//
//	usage: follow [REDIS_URL] REALM
//
// Without REDIS_URL it is taken from the environment, as is the text of the
// feed key from CLOAKROOM_FEED_KEY, and of a second one that is accepted from
// CLOAKROOM_FEED_KEY_ALSO. Requests are JSON objects, one per line:
//
//	{"revoke_session":"hex"}
//	{"revoke_subject":"text","now":1800000000}
//	{"is_revoked":{"session":"hex","generation":0,"subject":"text","authenticated_at":1800000000}}
//	{"status":true}
//
// Each is answered with one line: {"result":"accepted"} or "pending",
// {"revoked":…,"fresh":…}, {"n":…,"fresh":…}, {"error":…}. Pending is what
// this process refuses, knows and offers again; it is not on any disk. It runs
// until its input ends.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"cloakroom.dev/go/cloakroom"
	"cloakroom.dev/go/cloakroom/feed"
	"cloakroom.dev/go/cloakroom/internal/clk1"
	"cloakroom.dev/go/cloakroom/internal/seam"
	"cloakroom.dev/go/cloakroom/redisfeed"
)

func main() {
	log.SetFlags(0)
	args := os.Args[1:]
	if len(args) == 1 {
		args = []string{os.Getenv("REDIS_URL"), args[0]}
	}
	if len(args) != 2 {
		log.Fatal("usage: follow [REDIS_URL] REALM")
	}
	if err := run(args[0], args[1], os.Stdin, os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func keysFromEnvironment() (keys feed.Keys, err error) {
	if keys.Write, err = feed.ParseKey(os.Getenv("CLOAKROOM_FEED_KEY")); err != nil {
		return keys, fmt.Errorf("CLOAKROOM_FEED_KEY: %w", err)
	}
	if also := os.Getenv("CLOAKROOM_FEED_KEY_ALSO"); also != "" {
		if keys.Also, err = feed.ParseKey(also); err != nil {
			return keys, fmt.Errorf("CLOAKROOM_FEED_KEY_ALSO: %w", err)
		}
	}
	return keys, nil
}

// server is a view with the feed that fills it.
type server struct {
	view     *cloakroom.Revocations
	feed     *feed.Feed
	sessions *cloakroom.Sessions
	now      time.Time // of the request, or zero
}

func newServer(url, realm string) (*server, *redisfeed.Engine, error) {
	keys, err := keysFromEnvironment()
	if err != nil {
		return nil, nil, err
	}
	engine, err := redisfeed.New(url, time.Second)
	if err != nil {
		return nil, nil, err
	}
	s := &server{}
	if s.view, err = cloakroom.NewRevocations(cloakroom.RevocationOptions{Fed: true}); err != nil {
		return nil, nil, err
	}
	// No token is sealed here; the key makes the configuration complete.
	key, err := cloakroom.GenerateKey()
	if err != nil {
		return nil, nil, err
	}
	text := "cloakroom-ring 1\nmax-lifetime 28800\nkey " + key.Reveal() + " activate=2020-01-01T00:00:00Z\n"
	ring, err := cloakroom.ParseKeyRing([]byte(text), time.Now())
	if err != nil {
		return nil, nil, err
	}
	s.sessions, err = cloakroom.New(cloakroom.Config{
		Keys: ring, Purpose: "session", Revocations: s.view, Clock: s.clock,
		Policy: cloakroom.NewPolicy(30*time.Minute, 8*time.Hour),
	})
	if err != nil {
		return nil, nil, err
	}
	s.feed, err = feed.New(feed.Options{
		Engine: engine, Realm: realm, Keys: keys, View: s.view,
		Report: func(err error) { fmt.Fprintln(os.Stderr, "follow:", err) },
	})
	return s, engine, err
}

func (s *server) clock() time.Time {
	if s.now.IsZero() {
		return time.Now()
	}
	return s.now
}

func run(url, realm string, in io.Reader, out io.Writer) error {
	s, engine, err := newServer(url, realm)
	if err != nil {
		return err
	}
	defer engine.Close()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.feed.Run(ctx)
	}()
	defer func() {
		stop()
		<-ended
	}()
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		answer, err := json.Marshal(s.answer(lines.Bytes()))
		if err != nil {
			return err
		}
		if _, err := out.Write(append(answer, '\n')); err != nil {
			return err
		}
	}
	return lines.Err()
}

type request struct {
	RevokeSession *string  `json:"revoke_session"`
	RevokeSubject *string  `json:"revoke_subject"`
	Now           *int64   `json:"now"`
	IsRevoked     *session `json:"is_revoked"`
	Status        bool     `json:"status"`
}

type session struct {
	Session         string `json:"session"`
	Generation      uint32 `json:"generation"`
	Subject         string `json:"subject"`
	AuthenticatedAt int64  `json:"authenticated_at"`

	// Of the purpose and the key of the session, if they are asked about.
	Purpose  string `json:"purpose"`
	Audience string `json:"audience"`
	Kid      string `json:"kid"`
}

type answer map[string]any

var badRequest = answer{"error": "bad request"}

func (s *server) answer(line []byte) answer {
	var r request
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if d.Decode(&r) != nil {
		return badRequest
	}
	s.now = time.Time{}
	if r.Now != nil {
		s.now = time.Unix(*r.Now, 0)
	}
	fresh := func() bool { return s.view.Freshness() == cloakroom.Fresh }
	switch {
	case r.RevokeSession != nil:
		id, ok := parseID(*r.RevokeSession)
		if !ok {
			return badRequest
		}
		return published(s.sessions.LogoutID(id))
	case r.RevokeSubject != nil:
		return published(s.sessions.LogoutEverywhere(*r.RevokeSubject))
	case r.IsRevoked != nil:
		q := r.IsRevoked
		id, ok := parseID(q.Session)
		kid, err := hex.DecodeString(q.Kid)
		if !ok || q.AuthenticatedAt < 0 || err != nil || len(q.Purpose) > 255 || len(q.Audience) > 255 {
			return badRequest
		}
		var context, key clk1.Digest
		if len(kid) > 0 {
			context = clk1.DigestOf(3, clk1.Context(q.Purpose, q.Audience))
			key = clk1.DigestOf(4, kid)
		}
		claims := &clk1.Claims{ID: id, Generation: q.Generation, Subject: q.Subject, AuthenticatedAt: q.AuthenticatedAt}
		// The freshness first, as in every verification.
		known := fresh()
		revoked := seam.Revoked(s.view, claims, context, key, time.Now().Unix())
		return answer{"revoked": revoked, "fresh": known}
	case r.Status:
		n := uint64(0)
		if at := s.feed.Status().Position; at != nil {
			n = at.N
		}
		return answer{"n": n, "fresh": fresh()}
	}
	return badRequest
}

func parseID(text string) (id [16]byte, ok bool) {
	raw, err := hex.DecodeString(text)
	copy(id[:], raw)
	return id, err == nil && len(raw) == len(id)
}

func published(p cloakroom.Publication, err error) answer {
	switch {
	case errors.Is(err, cloakroom.ErrUnavailable):
		return answer{"result": "pending"}
	case err != nil:
		return answer{"error": "refused"}
	case p == cloakroom.Accepted:
		return answer{"result": "accepted"}
	}
	return answer{"result": "pending"}
}
