package cloakroom

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"cloakroom.dev/go/cloakroom/payload"
)

func TestConfigurationRefused(t *testing.T) {
	view, _ := NewRevocations(RevocationOptions{})
	ring, err := ParseKeyRing(ringText(keyLine(specKey, "2026-01-01T00:00:00Z")), time.Unix(start, 0))
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Config){
		"no keys":                 func(c *Config) { c.Keys = nil },
		"empty ring":              func(c *Config) { c.Keys = &KeyRing{} },
		"no purpose":              func(c *Config) { c.Purpose = "" },
		"purpose of 256":          func(c *Config) { c.Purpose = strings.Repeat("p", 256) },
		"audience of 256":         func(c *Config) { c.Audience = strings.Repeat("a", 256) },
		"zero policy":             func(c *Config) { c.Policy = Policy{} },
		"no idle":                 func(c *Config) { c.Policy.Idle = 0 },
		"idle below none":         func(c *Config) { c.Policy.Idle = -2 * time.Second },
		"no absolute":             func(c *Config) { c.Policy.Absolute = 0 },
		"fraction":                func(c *Config) { c.Policy.Idle = 1500 * time.Millisecond },
		"absolute too long":       func(c *Config) { c.Policy.Absolute = (1 << 32) * time.Second },
		"leeway 301":              func(c *Config) { c.Policy.Leeway = 301 * time.Second },
		"tolerance 301":           func(c *Config) { c.Policy.Tolerance = 301 * time.Second },
		"tolerance 5":             func(c *Config) { c.Policy.Tolerance = 5 * time.Second },
		"skew 30":                 func(c *Config) { c.Policy.Skew = 30 * time.Second },
		"negative skew":           func(c *Config) { c.Policy.Skew = -time.Second },
		"share 1":                 func(c *Config) { c.Policy.ShareNum = 2 },
		"share 0/0":               func(c *Config) { c.Policy.ShareNum, c.Policy.ShareDen = 0, 0 },
		"grace 901":               func(c *Config) { c.Policy.Grace = 901 * time.Second },
		"lifetime above the ring": func(c *Config) { c.Policy.Idle, c.Policy.Absolute = NoIdle, 86401*time.Second },
		"no view":                 func(c *Config) { c.Revocations = nil },
		"empty view":              func(c *Config) { c.Revocations = &Revocations{} },
		"view and none":           func(c *Config) { c.NoRevocation = true },
		"token limit 64":          func(c *Config) { c.MaxToken = 64 },
		"token limit 4097":        func(c *Config) { c.MaxToken = 4097 },
		"two shapes of a major":   func(c *Config) { c.Shapes = []payload.Shape{payload.Raw(1), payload.Raw(1)} },
		"raw with minor":          func(c *Config) { c.Shapes = []payload.Shape{{Major: 1, Minor: 1}} },
		"incomplete type":         func(c *Config) { c.Shapes = []payload.Shape{{Type: &payload.Type{}}} },
	} {
		c := Config{
			Keys: ring, Purpose: "session", Revocations: view,
			Policy: NewPolicy(1800*time.Second, 28800*time.Second),
		}
		if _, err := New(c); err != nil {
			t.Fatal(err)
		}
		change(&c)
		if s, err := New(c); s != nil || !errors.Is(err, ErrRefused) || len(err.Error()) < 25 {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, change := range map[string]func(*Config){
		"tolerance 6":               func(c *Config) { c.Policy.Tolerance = 6 * time.Second },
		"tolerance 0, verify only":  func(c *Config) { c.Policy.Tolerance, c.VerifyOnly = 0, true },
		"grace 900":                 func(c *Config) { c.Policy.Grace = 900 * time.Second },
		"long grace, named":         func(c *Config) { c.Policy.Grace, c.Policy.LongGraceKeepsRevokedSessionsAlive = time.Hour, true },
		"lifetime equal to ring":    func(c *Config) { c.Policy.Idle, c.Policy.Absolute = NoIdle, 86400*time.Second },
		"idle longer than absolute": func(c *Config) { c.Policy.Idle = (1<<32 - 1) * time.Second },
	} {
		c := Config{
			Keys: ring, Purpose: "session", Revocations: view,
			Policy: NewPolicy(1800*time.Second, 28800*time.Second),
		}
		change(&c)
		if _, err := New(c); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestWrappedRing makes sure that a ring file behind a password is refused by
// name and not as a file of some other kind.
func TestWrappedRing(t *testing.T) {
	for _, text := range []string{"clkwrap1.AABMAAAAAAIAAAAB", "clkwrap1.", "clkwrap1.x\n"} {
		_, err := ParseKeyRing([]byte(text), time.Unix(start, 0))
		if err == nil || !strings.Contains(err.Error(), "wrapped with a password") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestRingAtNoTime reads and replaces rings with a clock that fails.
func TestRingAtNoTime(t *testing.T) {
	file := ringText(keyLine(specKey, "2026-01-01T00:00:00Z"))
	ring, err := ParseKeyRing(file, time.Unix(start, 0))
	if err != nil {
		t.Fatal(err)
	}
	for _, seconds := range []int64{-1, 253402300800} {
		at := time.Unix(seconds, 0)
		if _, err := ParseKeyRing(file, at); !errors.Is(err, ErrUnavailable) {
			t.Errorf("ParseKeyRing at %d: %v", seconds, err)
		}
		for _, force := range []bool{false, true} {
			if err := ring.Replace(file, at, force); !errors.Is(err, ErrUnavailable) {
				t.Errorf("Replace at %d: %v", seconds, err)
			}
		}
	}
}

func TestMisuse(t *testing.T) {
	s := newServer(t, nil, RevocationOptions{})
	token, session := s.login(t, "u")
	other := newServer(t, func(c *Config) { c.Keys, c.Audience = s.ring, "elsewhere" }, RevocationOptions{})
	for name, bad := range map[string]*Session{"nil": nil, "zero": {}, "foreign": session} {
		on := other
		for op, err := range map[string]error{
			"Renew":  second(on.Renew(bad)),
			"Update": second(on.Update(bad, nil)),
			"Rotate": second(on.Rotate(bad)),
		} {
			if !errors.Is(err, ErrRejected) {
				t.Errorf("%s of a %s session: %v", op, name, err)
			}
		}
	}
	for name, bad := range map[string]*Session{"nil": nil, "zero": {}} {
		if _, err := s.Logout(bad); !errors.Is(err, ErrRejected) {
			t.Errorf("Logout of a %s session: %v", name, err)
		}
		if _, err := s.LogoutOthers(bad); !errors.Is(err, ErrRejected) {
			t.Errorf("LogoutOthers of a %s session: %v", name, err)
		}
	}
	for name, unbuilt := range map[string]*Sessions{"nil": nil, "zero": {}} {
		if _, err := unbuilt.Verify(token); !errors.Is(err, ErrRefused) {
			t.Errorf("Verify of a %s Sessions: %v", name, err)
		}
		if _, _, err := unbuilt.Issue("u", nil); !errors.Is(err, ErrRefused) {
			t.Errorf("Issue of a %s Sessions: %v", name, err)
		}
		if _, err := unbuilt.LogoutEverywhere("u"); !errors.Is(err, ErrRefused) {
			t.Errorf("LogoutEverywhere of a %s Sessions: %v", name, err)
		}
	}
	for _, empty := range []*Session{nil, {}} {
		if empty.Subject() != "" || len(empty.Payload()) != 0 || empty.ReadOnly() || empty.IssuedWithin(time.Hour) {
			t.Error("an empty session says something")
		}
		_, _, _ = empty.Value(), empty.Deadline(), empty.LogID()
	}
	for _, v := range []*Revocations{nil, {}} {
		for op, err := range map[string]error{
			"Receive": v.Receive(Record{Kind: SessionEntry, Value: 1}, s.clock.time()),
			"Load":    v.Load(&Snapshot{}, s.clock.time()),
			"Purge":   v.Purge(s.clock.time()),
		} {
			if !errors.Is(err, ErrRefused) {
				t.Errorf("%s of an empty view: %v", op, err)
			}
		}
	}
	if err := s.view.Load(nil, s.clock.time()); !errors.Is(err, ErrRefused) {
		t.Errorf("no snapshot: %v", err)
	}
	for _, r := range []*KeyRing{nil, {}} {
		if r.Keys(s.clock.time()) != nil || r.MaxLifetime() != 0 ||
			r.CheckContext("p", "") == nil || r.CheckLifetime(time.Second) == nil || r.Replace(nil, s.clock.time(), true) == nil {
			t.Error("an empty ring is of use")
		}
	}
	if _, err := s.Verify(token, nil); err != nil {
		t.Errorf("a nil option: %v", err)
	}
	reader := newServer(t, func(c *Config) { c.Keys, c.VerifyOnly = s.ring, true }, RevocationOptions{})
	if _, err := reader.Verify(token); err != nil {
		t.Error(err)
	}
	for op, err := range map[string]error{
		"Issue":  second3(reader.Issue("u", nil)),
		"Renew":  second(reader.Renew(session)),
		"Rotate": second(reader.Rotate(session)),
	} {
		if !errors.Is(err, ErrRefused) {
			t.Errorf("%s of a verifier: %v", op, err)
		}
	}
	none := newServer(t, func(c *Config) { c.Keys, c.Revocations, c.NoRevocation = s.ring, nil, true }, RevocationOptions{})
	if _, err := none.Verify(token); err != nil {
		t.Error(err)
	}
	if _, err := none.Rotate(session); !errors.Is(err, ErrRefused) {
		t.Errorf("Rotate without revocation: %v", err)
	}
	if _, err := none.Logout(session); !errors.Is(err, ErrRefused) {
		t.Errorf("Logout without revocation: %v", err)
	}
}

func TestRecheckFollowsTheRing(t *testing.T) {
	other, _ := GenerateKey()
	s := newServer(t, nil, RevocationOptions{})
	_, session := s.login(t, "u")
	next := ringText(keyLine(specKey, "2026-01-01T00:00:00Z")+" disabled", keyLine(other.Reveal(), "2026-06-01T00:00:00Z"))
	if err := s.ring.Replace(next, s.clock.time(), false); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Update(session, nil); stageOf(err) != "key" {
		t.Errorf("Update of a session of a disabled key: %v", err)
	}
	token, _ := s.login(t, "u")
	if kid := s.alive(t, token).Kid(); kid != other.Kid() {
		t.Errorf("sealed under %s", kid)
	}
	// The new ring has to serve the configurations that are built.
	small := bytes.Replace(next, []byte("max-lifetime 86400"), []byte("max-lifetime 1799"), 1)
	if err := s.ring.Replace(small, s.clock.time(), true); !errors.Is(err, ErrRefused) {
		t.Errorf("a max-lifetime below the policy: %v", err)
	}
	wrong, err := other.Derive("session", "elsewhere")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.ring.Replace(ringText(keyLine(wrong.Reveal(), "2026-06-01T00:00:00Z")), s.clock.time(), true); !errors.Is(err, ErrRefused) {
		t.Errorf("a derived key of another audience: %v", err)
	}
	right, _ := other.Derive("session", "api.example.com")
	if err := s.ring.Replace(ringText(keyLine(right.Reveal(), "2026-06-01T00:00:00Z")), s.clock.time(), true); err != nil {
		t.Error(err)
	}
	s.alive(t, token)
}

func TestRecheckReadsTheClock(t *testing.T) {
	s := newServer(t, nil, RevocationOptions{})
	_, session := s.login(t, "u")
	for _, c := range []struct {
		now  int64
		want error
	}{{start + 1800, ErrIdle}, {start + 28800, ErrExpired}, {start - 61, ErrNotYet}, {-1, ErrUnavailable}} {
		s.clock.now = c.now
		for op, err := range map[string]error{
			"Renew":  second(s.Renew(session)),
			"Update": second(s.Update(session, nil)),
			"Rotate": second(s.Rotate(session)),
		} {
			if !errors.Is(err, c.want) {
				t.Errorf("%s at %d: %v", op, c.now-start, err)
			}
		}
	}
}

func TestSizes(t *testing.T) {
	s := newServer(t, func(c *Config) { c.MaxToken = 200 }, RevocationOptions{})
	fits := -1
	for n := 0; n < 200; n++ {
		token, _, err := s.Issue("user", make([]byte, n))
		if err != nil {
			if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "200") {
				t.Fatal(err)
			}
			break
		}
		if fits = n; len(token) > 200 {
			t.Fatalf("a token of %d characters", len(token))
		}
	}
	if fits < 50 {
		t.Fatalf("%d bytes fit", fits)
	}
	token, _, err := s.Issue("user", make([]byte, fits))
	if err != nil {
		t.Fatal(err)
	}
	s.clock.add(1799)
	for s.clock.now < start+28000 {
		if token, err = s.Renew(s.alive(t, token)); err != nil || len(token) > 200 {
			t.Fatalf("a renewal gives %d characters, %v", len(token), err)
		}
		s.clock.add(1799)
	}
}

func TestKeys(t *testing.T) {
	a, err := GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	b, _ := GenerateKey()
	if a.Reveal() == b.Reveal() {
		t.Fatal("two generated keys are equal")
	}
	again, err := ParseKey(a.Reveal())
	if err != nil || again.Kid() != a.Kid() || again.Derived() {
		t.Fatal(again, err)
	}
	unit, err := a.Derive("session", "x")
	if err != nil || !unit.Derived() || unit.Kid() != a.Kid() {
		t.Fatal(unit, err)
	}
	read, err := ParseKey(unit.Reveal())
	if err != nil || read.Reveal() != unit.Reveal() {
		t.Fatal(err)
	}
	if _, err := read.Derive("session", "x"); err != nil {
		t.Error(err)
	}
	for _, c := range [][2]string{{"session", "y"}, {"sessio", "nx"}, {"", ""}, {strings.Repeat("p", 256), ""}} {
		if _, err := read.Derive(c[0], c[1]); !errors.Is(err, ErrRefused) {
			t.Errorf("%q: %v", c, err)
		}
	}
	var empty Key
	if _, err := empty.Derive("p", ""); !errors.Is(err, ErrRefused) || empty.Reveal() != "" || empty.Kid() != "" {
		t.Error("the empty key is of use")
	}
}

func TestConcurrentUse(t *testing.T) {
	s := newServer(t, nil, RevocationOptions{Local: &memory{}, Shared: &memory{}})
	text := ringText(keyLine(specKey, "2026-01-01T00:00:00Z"))
	done := make(chan error, 8)
	for i := 0; i < cap(done); i++ {
		go func(i int) {
			for n := 0; n < 100; n++ {
				token, session, err := s.Issue(fmt.Sprint("user-", i), nil)
				if err == nil {
					_, err = s.Verify(token)
				}
				if err == nil {
					_, err = s.Logout(session)
				}
				if err == nil && n%10 == i {
					err = s.ring.Replace(text, s.clock.time(), false)
				}
				if err == nil && n%10 == 5 {
					err = s.view.Purge(s.clock.time())
					s.view.Snapshot(s.clock.time())
					s.view.Pending()
				}
				if err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}(i)
	}
	for i := 0; i < cap(done); i++ {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
