package cloakroom

import (
	"bytes"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestRotate(t *testing.T) {
	store := &memory{}
	s := newServer(t, nil, RevocationOptions{Local: store})
	old, session := s.login(t, "u")
	rotated, err := s.Rotate(session)
	if err != nil {
		t.Fatal(err)
	}
	s.dead(t, old, ErrRevoked)
	if g := s.alive(t, rotated).Generation(); g != 1 {
		t.Errorf("generation %d", g)
	}
	if _, err := s.Rotate(session); !errors.Is(err, ErrRevoked) {
		t.Errorf("the second rotation of one session: %v", err)
	}
	changed, err := s.RotateWith(s.alive(t, rotated), []byte("new"))
	if err != nil {
		t.Fatal(err)
	}
	if p := s.alive(t, changed).Payload(); string(p) != "new" {
		t.Errorf("payload %q", p)
	}
	if want := uint64(start + 1800 + 120); store.records[0].Expires != want {
		t.Errorf("the entry expires at %d, not %d", store.records[0].Expires, want)
	}
}

func TestNothingRevivesARevokedSession(t *testing.T) {
	s := newServer(t, nil, RevocationOptions{})
	_, session := s.login(t, "u")
	s.clock.add(1000)
	if _, err := s.Logout(session); err != nil {
		t.Fatal(err)
	}
	for op, err := range map[string]error{
		"Renew":  second(s.Renew(session)),
		"Update": second(s.Update(session, nil)),
		"Rotate": second(s.Rotate(session)),
	} {
		if !errors.Is(err, ErrRevoked) {
			t.Errorf("%s: %v", op, err)
		}
	}
}

func TestOneOfManyRotationsWins(t *testing.T) {
	s := newServer(t, nil, RevocationOptions{Local: &memory{}})
	_, session := s.login(t, "u")
	var wg sync.WaitGroup
	won := make(chan string, 16)
	for i := 0; i < cap(won); i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if token, err := s.Rotate(session); err == nil {
				won <- token
			} else if !errors.Is(err, ErrRevoked) {
				t.Error(err)
			}
		}()
	}
	wg.Wait()
	if len(won) != 1 {
		t.Fatalf("%d rotations succeeded", len(won))
	}
}

func TestLosingRotationPublishesNothing(t *testing.T) {
	store := &memory{}
	s := newServer(t, nil, RevocationOptions{Local: store})
	_, session := s.login(t, "u")
	if _, err := s.Rotate(session); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Rotate(session); !errors.Is(err, ErrRevoked) {
		t.Fatal(err)
	}
	s.clock.add(5)
	if _, _, err := s.view.publish(s.clock.now, func() (Record, error) {
		return Record{Kind: SessionEntry, Key: session.ID(), Value: 1}, nil
	}, func(state *revocationState) bool { return state.sessions[session.ID()].value >= 1 }); !errors.Is(err, ErrRevoked) {
		t.Fatal(err)
	}
	if len(store.records) != 1 {
		t.Errorf("%d records were published", len(store.records))
	}
}

// TestRotationAgainstFeed: the same rotation arrives from another server while
// this one makes its own durable.
func TestRotationAgainstFeed(t *testing.T) {
	store := &memory{}
	s := newServer(t, nil, RevocationOptions{Local: store})
	_, session := s.login(t, "u")
	store.hook = func() {
		r := Record{Kind: SessionEntry, Key: session.ID(), Value: 1, Expires: start + 5000}
		if err := s.view.Receive(r, s.clock.time()); err != nil {
			t.Error(err)
		}
	}
	if token, err := s.Rotate(session); token != "" || !errors.Is(err, ErrRevoked) {
		t.Errorf("both rotations succeed: %v", err)
	}
}

func TestPublicationsAreSerial(t *testing.T) {
	store := &memory{}
	var inside atomic.Int32
	store.hook = func() {
		if inside.Add(1) != 1 {
			t.Error("two publications at once")
		}
		time.Sleep(time.Millisecond)
		inside.Add(-1)
	}
	s := newServer(t, nil, RevocationOptions{Local: store})
	var wg sync.WaitGroup
	for i := 0; i < 8; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if _, err := s.LogoutEverywhere("ada"); err != nil {
				t.Error(err)
			}
		}()
	}
	wg.Wait()
}

func TestPublication(t *testing.T) {
	cases := []struct {
		name          string
		local, shared *memory
		want          Publication
		fails         bool
	}{
		{"memory", nil, nil, InMemory, false},
		{"local", &memory{}, nil, Durable, false},
		{"local fails", &memory{fail: true}, nil, InMemory, true},
		{"shared", nil, &memory{}, Accepted, false},
		{"shared fails", nil, &memory{fail: true}, InMemory, true},
		{"both", &memory{}, &memory{}, Accepted, false},
		{"pending", &memory{}, &memory{fail: true}, Pending, false},
		{"only shared works", &memory{fail: true}, &memory{}, Accepted, false},
		{"both fail", &memory{fail: true}, &memory{fail: true}, InMemory, true},
	}
	for _, c := range cases {
		var o RevocationOptions
		if c.local != nil {
			o.Local = c.local
		}
		if c.shared != nil {
			o.Shared = c.shared
		}
		s := newServer(t, nil, o)
		token, session := s.login(t, "u")
		got, err := s.Logout(session)
		if got != c.want || (err != nil) != c.fails {
			t.Errorf("%s: %v, %v", c.name, got, err)
		}
		if c.fails && !errors.Is(err, ErrUnavailable) {
			t.Errorf("%s: %v", c.name, err)
		}
		s.dead(t, token, ErrRevoked)
		other := newServer(t, nil, o)
		if c.fails {
			_, session := other.login(t, "u")
			if token, err := other.Rotate(session); token != "" || err == nil {
				t.Errorf("%s: a rotation that is not published gives a token", c.name)
			}
		}
	}
}

func TestLogoutToken(t *testing.T) {
	s := newServer(t, nil, RevocationOptions{})
	token, session := s.login(t, "u")
	s.clock.add(1000)
	renewed, err := s.Renew(session)
	if err != nil || renewed == "" {
		t.Fatal(renewed, err)
	}
	s.clock.add(1000)
	s.dead(t, token, ErrIdle)
	s.alive(t, renewed)
	if _, err := s.LogoutToken(token); err != nil {
		t.Fatal(err)
	}
	s.dead(t, renewed, ErrRevoked)
	for _, text := range []string{"", "garbage", renewed[:len(renewed)-4] + "AAAA"} {
		if _, err := s.LogoutToken(text); !errors.Is(err, ErrInvalid) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestLogoutTokenOfOldKeys(t *testing.T) {
	other, err := GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	s := newServer(t, nil, RevocationOptions{})
	token, _ := s.login(t, "u")
	second := keyLine(other.Reveal(), "2026-06-01T00:00:00Z")
	retired := ringText(keyLine(specKey, "2026-01-01T00:00:00Z"), second)
	if err := s.ring.Replace(retired, s.clock.time(), false); err == nil {
		t.Fatal("a key in use can be retired at once")
	}
	if err := s.ring.Replace(retired, s.clock.time(), true); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Verify(token); stageOf(err) != "key" {
		t.Fatal(err)
	}
	if _, err := s.LogoutToken(token); err != nil {
		t.Errorf("a token of a retired key: %v", err)
	}
	disabled := ringText(keyLine(specKey, "2026-01-01T00:00:00Z")+" disabled", second)
	if err := s.ring.Replace(disabled, s.clock.time(), false); err != nil {
		t.Fatal(err)
	}
	if _, err := s.LogoutToken(token); stageOf(err) != "key" {
		t.Errorf("a token of a disabled key: %v", err)
	}
}

func TestLogoutEverywhere(t *testing.T) {
	s := newServer(t, nil, RevocationOptions{})
	first, _ := s.login(t, "ada")
	other, _ := s.login(t, "bob")
	if _, err := s.LogoutEverywhere("ada"); err != nil {
		t.Fatal(err)
	}
	s.dead(t, first, ErrRevoked)
	s.alive(t, other)
	second, session := s.login(t, "ada")
	if got := session.AuthenticatedAt().Unix(); got != start+3 {
		t.Errorf("the login after the cut-off starts at +%d", got-start)
	}
	s.alive(t, second)
	// A session that begins in a few seconds is changed at once, and renewed then.
	changed, err := s.Update(session, nil)
	if err != nil {
		t.Errorf("Update: %v", err)
	}
	s.alive(t, changed)
	if token, err := s.Renew(session); token != "" || err != nil {
		t.Errorf("Renew: %q, %v", token, err)
	}
	// The second cut-off in the same second ends the login between the two.
	if _, err := s.LogoutEverywhere("ada"); err != nil {
		t.Fatal(err)
	}
	s.dead(t, second, ErrRevoked)
	third, _ := s.login(t, "ada")
	s.alive(t, third)
	// A cut-off that follows an older one lies ahead of now again.
	s.clock.add(100)
	fourth, _ := s.login(t, "ada")
	s.alive(t, fourth)
	if _, err := s.LogoutEverywhere("ada"); err != nil {
		t.Fatal(err)
	}
	s.dead(t, fourth, ErrRevoked)
	for _, subject := range []string{"", string(make([]byte, 256))} {
		if _, err := s.LogoutEverywhere(subject); !errors.Is(err, ErrRefused) {
			t.Errorf("subject of %d bytes: %v", len(subject), err)
		}
	}
}

func TestCutOffBounds(t *testing.T) {
	s := newServer(t, nil, RevocationOptions{})
	for i := 0; i < 40; i++ {
		if _, err := s.LogoutEverywhere("ada"); err != nil {
			t.Fatal(err)
		}
	}
	// Cut-offs in one second creep forward to half the tolerance, not beyond.
	if _, session := s.login(t, "ada"); session.AuthenticatedAt().Unix() != start+30 {
		t.Errorf("start at +%d", session.AuthenticatedAt().Unix()-start)
	}
	for _, c := range []struct {
		at int64
		ok bool
	}{{start - 1000, true}, {start + 30, true}, {start + 31, false}, {-1, false}} {
		if _, err := s.EndAllBefore(time.Unix(c.at, 0)); (err == nil) != c.ok {
			t.Errorf("cut-off at %d: %v", c.at, err)
		}
		if _, err := s.CutOffSubject("bob", time.Unix(c.at, 0)); (err == nil) != c.ok {
			t.Errorf("cut-off at %d: %v", c.at, err)
		}
	}
}

func TestLogoutOthersAndEndAll(t *testing.T) {
	s := newServer(t, nil, RevocationOptions{})
	a, session := s.login(t, "ada")
	b, _ := s.login(t, "ada")
	if _, err := s.LogoutOthers(session); err != nil {
		t.Fatal(err)
	}
	s.alive(t, a)
	s.dead(t, b, ErrRevoked)
	if _, err := s.EndAll(); err != nil {
		t.Fatal(err)
	}
	s.dead(t, a, ErrRevoked)
	nobody, _ := s.login(t, "")
	s.alive(t, nobody)
	_, anonymous := s.login(t, "")
	if _, err := s.LogoutOthers(anonymous); !errors.Is(err, ErrRefused) {
		t.Errorf("LogoutOthers of nobody: %v", err)
	}
}

// TestZeroSessionID: an id of zero bytes is an id like any other, and no
// exemption is none.
func TestZeroSessionID(t *testing.T) {
	s := newServer(t, nil, RevocationOptions{})
	login := func() string {
		s.random = bytes.NewReader(make([]byte, 16))
		token, _ := s.login(t, "ada")
		return token
	}
	token := login()
	spared := Record{
		Kind: SubjectCutoff, Key: Digest(SubjectCutoff, []byte("ada")),
		Value: start + 1, Expires: start + 5000, HasExempt: true,
	}
	if err := s.view.Receive(spared, s.clock.time()); err != nil {
		t.Fatal(err)
	}
	s.alive(t, token)
	all := spared
	all.HasExempt = false
	if err := s.view.Receive(all, s.clock.time()); err != nil {
		t.Fatal(err)
	}
	s.dead(t, token, ErrRevoked)
}

func TestDistrustKey(t *testing.T) {
	s := newServer(t, nil, RevocationOptions{})
	token, _ := s.login(t, "ada")
	if _, err := s.DistrustKey("2d2f88ed"); err != nil {
		t.Fatal(err)
	}
	s.dead(t, token, ErrRevoked)
	if _, _, err := s.Issue("ada", nil); !errors.Is(err, ErrRefused) {
		t.Errorf("Issue under a distrusted key: %v", err)
	}
	for _, kid := range []string{"", "2d2f88", "2d2f88edff", "zzzzzzzz"} {
		if _, err := s.DistrustKey(kid); !errors.Is(err, ErrRefused) {
			t.Errorf("kid %q: %v", kid, err)
		}
	}
}

func TestReauthenticate(t *testing.T) {
	s := newServer(t, nil, RevocationOptions{})
	old, session := s.login(t, "ada")
	next, fresh, err := s.Reauthenticate(session, "ada", []byte("p"))
	if err != nil {
		t.Fatal(err)
	}
	if fresh.ID() == session.ID() {
		t.Error("the session id stays")
	}
	s.dead(t, old, ErrRevoked)
	s.alive(t, next)
	if _, _, err := s.Reauthenticate(nil, "ada", nil); !errors.Is(err, ErrRejected) {
		t.Errorf("without an old session: %v", err)
	}
}
