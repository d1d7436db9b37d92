package redisfeed

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"cloakroom.dev/go/cloakroom"
	"cloakroom.dev/go/cloakroom/feed"
	"cloakroom.dev/go/cloakroom/redisfeed/internal/redistest"
)

// member is a server that follows and publishes in real time.
type member struct {
	*cloakroom.Sessions
	*feed.Feed
	view *cloakroom.Revocations
}

var (
	ringOnce sync.Once
	ring     *cloakroom.KeyRing
)

func newMember(t *testing.T, s *redistest.Server, keys feed.Keys, change func(*feed.Options)) *member {
	t.Helper()
	ringOnce.Do(func() {
		key, err := cloakroom.GenerateKey()
		if err != nil {
			t.Fatal(err)
		}
		text := "cloakroom-ring 1\nmax-lifetime 28800\nkey " + key.Reveal() + " activate=2020-01-01T00:00:00Z\n"
		if ring, err = cloakroom.ParseKeyRing([]byte(text), time.Now()); err != nil {
			t.Fatal(err)
		}
	})
	m := &member{}
	var err error
	if m.view, err = cloakroom.NewRevocations(cloakroom.RevocationOptions{Fed: true}); err != nil {
		t.Fatal(err)
	}
	m.Sessions, err = cloakroom.New(cloakroom.Config{
		Keys: ring, Purpose: "session", Revocations: m.view,
		Policy: cloakroom.NewPolicy(30*time.Minute, 8*time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	o := feed.Options{Engine: newEngine(t, s), Realm: "test", Keys: keys, View: m.view}
	if change != nil {
		change(&o)
	}
	if m.Feed, err = feed.New(o); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(background)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = m.Run(ctx)
	}()
	t.Cleanup(func() {
		stop()
		<-ended
	})
	return m
}

func newKeys(t *testing.T) feed.Keys {
	t.Helper()
	key, err := feed.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return feed.Keys{Write: key}
}

func soon(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(15 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within 15 s: %s", what)
		}
	}
}

func fresh(t *testing.T, members ...*member) {
	t.Helper()
	for _, m := range members {
		soon(t, "fresh", func() bool { return m.view.Freshness() == cloakroom.Fresh })
	}
}

func (m *member) login(t *testing.T) (string, *cloakroom.Session) {
	t.Helper()
	token, session, err := m.Issue("ada", nil)
	if err != nil {
		t.Fatal(err)
	}
	return token, session
}

// ends logs a new session out at one server and waits until another refuses it.
func ends(t *testing.T, from, to *member) string {
	t.Helper()
	token, session := from.login(t)
	if _, err := to.Verify(token); err != nil {
		t.Fatal(err)
	}
	if p, err := from.Logout(session); p != cloakroom.Accepted || err != nil {
		t.Fatal(p, err)
	}
	began := time.Now()
	refuses(t, to, token)
	if passed := time.Since(began); passed > 2*time.Second {
		t.Errorf("a logout took %v to the other server", passed)
	}
	return token
}

func refuses(t *testing.T, m *member, token string) {
	t.Helper()
	soon(t, "revoked", func() bool {
		_, err := m.Verify(token)
		return errors.Is(err, cloakroom.ErrRevoked)
	})
}

func TestTwoFollowersAndRestart(t *testing.T) {
	s := redistest.Start(t)
	keys := newKeys(t)
	a, b := newMember(t, s, keys, nil), newMember(t, s, keys, nil)
	fresh(t, a, b)
	first := ends(t, a, b)
	ends(t, b, a)
	for i := 0; i < 10; i++ { // both views stay fresh between events
		time.Sleep(100 * time.Millisecond)
		if a.view.Freshness() != cloakroom.Fresh || b.view.Freshness() != cloakroom.Fresh {
			t.Fatal("a view went stale beside a server that works")
		}
	}
	alive, session := a.login(t)

	s.Kill()
	if _, err := a.LogoutEverywhere("bob"); !errors.Is(err, cloakroom.ErrUnavailable) {
		t.Error(err)
	}
	soon(t, "unavailable", func() bool {
		_, err := b.Verify(alive)
		return errors.Is(err, cloakroom.ErrUnavailable)
	})
	if _, err := b.Verify(first); !errors.Is(err, cloakroom.ErrRevoked) {
		t.Errorf("a known entry on a stale view: %v", err)
	}

	s.Restart()
	fresh(t, a, b)
	soon(t, "nothing pending", func() bool { return len(a.view.Pending()) == 0 })
	late := newMember(t, s, keys, nil)
	fresh(t, late)
	refuses(t, late, first)
	if _, err := late.Verify(alive); err != nil {
		t.Error(err)
	}
	if p, err := a.Logout(session); p != cloakroom.Accepted || err != nil {
		t.Fatal(p, err)
	}
	refuses(t, late, alive)
	refuses(t, b, alive)
}

func TestTrimmedLog(t *testing.T) {
	s := redistest.Start(t)
	keys := newKeys(t)
	a := newMember(t, s, keys, func(o *feed.Options) { o.SnapshotEvery, o.Keep = 16, 2 })
	fresh(t, a)
	token, session := a.login(t)
	if _, err := a.Logout(session); err != nil {
		t.Fatal(err)
	}
	for i := 0; i < 40; i++ {
		if _, err := a.LogoutEverywhere("bob"); err != nil {
			t.Fatal(err)
		}
	}
	e := newEngine(t, s)
	soon(t, "a snapshot, and a log that begins behind the first batch", func() bool {
		r, err := e.Read(background, "test", 0, 1)
		return err == nil && len(r.Batches) == 1 && r.Batches[0].N > 1
	})
	late := newMember(t, s, keys, func(o *feed.Options) { o.FollowOnly = true })
	fresh(t, late)
	refuses(t, late, token)
	ends(t, a, late)
}

func TestForeignBatch(t *testing.T) {
	s := redistest.Start(t)
	keys := newKeys(t)
	a, b := newMember(t, s, keys, nil), newMember(t, s, keys, nil)
	fresh(t, a, b)
	known := ends(t, a, b)
	alive, _ := a.login(t)
	e := newEngine(t, s)
	soon(t, "the foreign batch is in", func() bool {
		r, err := e.Read(background, "test", 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		batch, becomes, err := feed.SealBatch(newKeys(t).Write, "test", *r.Head, feed.Batch{Time: time.Now().UnixMilli()})
		if err != nil {
			t.Fatal(err)
		}
		return e.Append(background, "test", *r.Head, batch, becomes) == nil
	})
	for _, m := range []*member{a, b} {
		soon(t, "counted", func() bool { return m.Status().Faults[feed.FaultUnknownKey] > 0 })
		soon(t, "unavailable", func() bool {
			_, err := m.Verify(alive)
			return errors.Is(err, cloakroom.ErrUnavailable)
		})
		if _, err := m.Verify(known); !errors.Is(err, cloakroom.ErrRevoked) {
			t.Error(err)
		}
	}
	if err := a.FoundAnew(background); err != nil {
		t.Fatal(err)
	}
	fresh(t, a, b)
	ends(t, b, a)
	late := newMember(t, s, keys, nil)
	fresh(t, late)
	refuses(t, late, known)
}

func TestKeyChange(t *testing.T) {
	s := redistest.Start(t)
	old, next := newKeys(t), newKeys(t)
	a, b := newMember(t, s, old, nil), newMember(t, s, old, func(o *feed.Options) { o.SnapshotEvery = 8 })
	fresh(t, a, b)
	set := func(m *member, keys feed.Keys) {
		t.Helper()
		if err := m.SetKeys(keys); err != nil {
			t.Fatal(err)
		}
	}
	both := feed.Keys{Write: old.Write, Also: next.Write}
	changed := feed.Keys{Write: next.Write, Also: old.Write}
	set(a, both)
	set(b, both)
	ends(t, a, b)
	set(a, changed)
	ends(t, a, b)
	ends(t, b, a)
	set(b, changed)
	last := ends(t, b, a)
	e := newEngine(t, s)
	soon(t, "a snapshot under the new key", func() bool {
		if _, err := a.LogoutEverywhere("bob"); err != nil {
			t.Fatal(err)
		}
		data, err := e.ReadSnapshot(background, "test")
		if err != nil {
			t.Fatal(err)
		}
		_, err = feed.OpenSnapshot(next, "test", data)
		return err == nil
	})
	set(a, next)
	set(b, next)
	ends(t, a, b)
	ends(t, b, a)
	late := newMember(t, s, next, nil)
	fresh(t, late)
	refuses(t, late, last)
	if n := late.Status().Faults; len(n) != 0 {
		t.Error(n)
	}
	// Who has only the old key is left out, and stale.
	left := newMember(t, s, old, nil)
	soon(t, "unknown key", func() bool { return left.Status().Faults[feed.FaultUnknownKey] > 0 })
	if left.view.Freshness() == cloakroom.Fresh {
		t.Error("fresh without the key")
	}
}

// TestRotationsOnTwoServers: over the feed one of two rotations wins.
func TestRotationsOnTwoServers(t *testing.T) {
	s := redistest.Start(t)
	keys := newKeys(t)
	a, b := newMember(t, s, keys, nil), newMember(t, s, keys, nil)
	fresh(t, a, b)
	for i := 0; i < 20; i++ {
		_, session := a.login(t)
		results := make(chan error, 2)
		for _, m := range []*member{a, b} {
			go func(m *member) {
				_, err := m.Rotate(session)
				results <- err
			}(m)
		}
		won := 0
		for range []int{1, 2} {
			if err := <-results; err == nil {
				won++
			} else if !errors.Is(err, cloakroom.ErrRevoked) {
				t.Error(err)
			}
		}
		if won != 1 {
			t.Fatalf("%d of two rotations succeeded", won)
		}
	}
}

// TestEvicted: a head that is gone while the log is there is a feed to found.
func TestEvicted(t *testing.T) {
	s := redistest.Start(t)
	keys := newKeys(t)
	a := newMember(t, s, keys, nil)
	fresh(t, a)
	token, session := a.login(t)
	if _, err := a.Logout(session); err != nil {
		t.Fatal(err)
	}
	c, err := redis.DialURL(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Do("DEL", "{cloakroom:test}:head"); err != nil {
		t.Fatal(err)
	}
	late := newMember(t, s, keys, nil)
	fresh(t, late)
	refuses(t, late, token)
}
