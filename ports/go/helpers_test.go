package cloakroom

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"cloakroom.dev/go/cloakroom/payload"
)

// specKey is the published key of the specification. Never use it.
const (
	specKey   = "clkkey1.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8tL4jt"
	specToken = "clk1.LS-I7e1gFMCygKUfCOkrfAl-0YgWAGThVToYIVcB6w4nRAOUUWM5o0COqDXK2uTtYq7mWcsaCVfb8R4MLP0nQUTUffxdcKODwHcSZtks1gbDQF-J5rBbvdM"
	start     = 1800000000
)

// clock is a clock that stands where a test puts it.
type clock struct {
	mu  sync.Mutex
	now int64
}

func (c *clock) time() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Unix(c.now, 0)
}

func (c *clock) add(seconds int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now += seconds
}

// memory is a store that can be told to fail.
type memory struct {
	mu      sync.Mutex
	records []Record
	mark    time.Time
	fail    bool
	hook    func() // runs in Put, before anything else
}

var errDisk = errors.New("the disk is full")

func (m *memory) Put(r Record) error {
	if m.hook != nil {
		m.hook()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail {
		return errDisk
	}
	m.records = append(m.records, r)
	return nil
}

func (m *memory) PutMark(t time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail {
		return errDisk
	}
	m.mark = t
	return nil
}

// putOnly is a store without high-water mark.
type putOnly struct{ m *memory }

func (p putOnly) Put(r Record) error { return p.m.Put(r) }

// server is a session configuration with everything a test wants to turn.
type server struct {
	*Sessions
	clock *clock
	view  *Revocations
	ring  *KeyRing
}

func ringText(lines ...string) []byte {
	return []byte("cloakroom-ring 1\nmax-lifetime 86400\n" + strings.Join(lines, "\n"))
}

func keyLine(key, activate string) string { return "key " + key + " activate=" + activate }

func newServer(t testing.TB, change func(*Config), view RevocationOptions) *server {
	t.Helper()
	s := &server{clock: &clock{now: start}}
	ring, err := ParseKeyRing(ringText(keyLine(specKey, "2026-01-01T00:00:00Z")), s.clock.time())
	if err != nil {
		t.Fatal(err)
	}
	if s.view, err = NewRevocations(view); err != nil {
		t.Fatal(err)
	}
	c := Config{
		Keys: ring, Purpose: "session", Audience: "api.example.com",
		Policy:      NewPolicy(1800*time.Second, 28800*time.Second),
		Revocations: s.view, Clock: s.clock.time,
	}
	if change != nil {
		change(&c)
	}
	s.ring = c.Keys
	if s.Sessions, err = New(c); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *server) login(t testing.TB, subject string) (string, *Session) {
	t.Helper()
	token, session, err := s.Issue(subject, []byte("payload"))
	if err != nil {
		t.Fatal(err)
	}
	return token, session
}

func (s *server) alive(t testing.TB, token string) *Session {
	t.Helper()
	session, err := s.Verify(token)
	if err != nil {
		t.Fatalf("the token is not accepted: %v (%s)", err, stageOf(err))
	}
	return session
}

func (s *server) dead(t testing.TB, token string, class error) {
	t.Helper()
	session, err := s.Verify(token)
	if session != nil || !errors.Is(err, class) {
		t.Fatalf("Verify gives %v (%s), not %v", err, stageOf(err), class)
	}
}

func stageOf(err error) string {
	var r *Rejection
	if errors.As(err, &r) {
		return r.Stage()
	}
	return fmt.Sprintf("%T", err)
}

func userType() *payload.Type {
	return &payload.Type{Kind: payload.Struct, Fields: []payload.Field{
		{Name: "id", Type: &payload.Type{Kind: payload.U64}},
		{Name: "name", Type: &payload.Type{Kind: payload.Str}},
		{Name: "admin", Type: &payload.Type{Kind: payload.Bool}},
	}}
}

// snapshotOf puts a snapshot together whatever its parts are.
func snapshotOf(times []byte, count uint32, records []byte) []byte {
	b := append([]byte("clkrevs1"), times...)
	b = binary.BigEndian.AppendUint32(b, count)
	b = append(b, records...)
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}
