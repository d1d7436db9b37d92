package feed

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"cloakroom.dev/go/cloakroom"
)

const start = 1800000000

// world is the engine and the time that the servers of a test share.
type world struct {
	engine *memory
	key    Key
	mu     sync.Mutex
	now    time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	key, err := GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return &world{engine: &memory{}, key: key, now: time.Unix(start, 0)}
}

func (w *world) time() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// member is a server of the world.
type member struct {
	*Feed
	*cloakroom.Sessions
	view    *cloakroom.Revocations
	ahead   time.Duration // of its wall clock
	reports []error
}

var ring *cloakroom.KeyRing

func init() {
	text := "cloakroom-ring 1\nmax-lifetime 86400\n" +
		"key clkkey1.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8tL4jt activate=2026-01-01T00:00:00Z\n"
	var err error
	if ring, err = cloakroom.ParseKeyRing([]byte(text), time.Unix(start, 0)); err != nil {
		panic(err)
	}
}

func (w *world) member(t *testing.T, change func(*Options)) *member {
	t.Helper()
	m := &member{}
	var err error
	m.view, err = cloakroom.NewRevocations(cloakroom.RevocationOptions{Fed: true, Monotonic: w.time})
	if err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return w.time().Add(m.ahead) }
	m.Sessions, err = cloakroom.New(cloakroom.Config{
		Keys: ring, Purpose: "session", Policy: cloakroom.NewPolicy(30*time.Minute, 8*time.Hour),
		Revocations: m.view, Clock: clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	o := Options{
		Engine: w.engine, Realm: "test", Keys: Keys{Write: w.key}, View: m.view,
		Clock: clock, Monotonic: w.time, Report: func(err error) { m.reports = append(m.reports, err) },
	}
	if change != nil {
		change(&o)
	}
	if m.Feed, err = New(o); err != nil {
		t.Fatal(err)
	}
	return m
}

// settle lets the servers step until a feed just founded is old enough.
func (w *world) settle(t *testing.T, members ...*member) {
	t.Helper()
	for i := 0; i < 14; i++ {
		for _, m := range members {
			m.step(t)
		}
		w.pass(250 * time.Millisecond)
	}
	for _, m := range members {
		m.step(t)
		m.is(t, cloakroom.Fresh)
	}
}

func (m *member) step(t *testing.T) {
	t.Helper()
	if err := m.Step(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func (m *member) fails(t *testing.T, want error) {
	t.Helper()
	if err := m.Step(context.Background()); !errors.Is(err, want) {
		t.Fatalf("the step gives %v, not %v", err, want)
	}
}

func (m *member) is(t *testing.T, want cloakroom.Freshness) {
	t.Helper()
	if got := m.view.Freshness(); got != want {
		t.Fatalf("the view is %v, not %v", got, want)
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

func (m *member) says(t *testing.T, token string, want error) {
	t.Helper()
	if _, err := m.Verify(token); !errors.Is(err, want) {
		t.Fatalf("Verify gives %v, not %v", err, want)
	}
}

func TestLogoutReachesTheOther(t *testing.T) {
	w := newWorld(t)
	a, b := w.member(t, nil), w.member(t, nil)
	a.is(t, cloakroom.Blind)
	w.settle(t, a, b)
	token, session := a.login(t)
	b.says(t, token, nil)
	if p, err := a.Logout(session); p != cloakroom.Accepted || err != nil {
		t.Fatal(p, err)
	}
	a.says(t, token, cloakroom.ErrRevoked)
	b.says(t, token, nil)
	b.step(t)
	b.says(t, token, cloakroom.ErrRevoked)
	if len(a.reports)+len(b.reports) != 0 {
		t.Error(a.reports, b.reports)
	}
}

// TestYouth: nobody is fresh until the others had time to hand back.
func TestYouth(t *testing.T) {
	w := newWorld(t)
	a := w.member(t, nil)
	for passed := time.Duration(0); passed < 2750*time.Millisecond; passed += 250 * time.Millisecond {
		a.step(t)
		a.is(t, cloakroom.Blind)
		w.pass(250 * time.Millisecond)
	}
	a.step(t)
	a.is(t, cloakroom.Fresh)
	late := w.member(t, nil)
	late.step(t)
	late.is(t, cloakroom.Fresh)
}

// TestProofIsTheOlder: neither an answer nor a recent batch is enough.
func TestProofIsTheOlder(t *testing.T) {
	w := newWorld(t)
	a := w.member(t, nil)
	b := w.member(t, func(o *Options) { o.FollowOnly = true })
	w.settle(t, a, b)
	w.pass(time.Second)
	a.step(t)
	b.step(t)
	// Nobody writes any more, and the answers go on, as from an old primary.
	n := w.engine.appends
	w.pass(1250 * time.Millisecond)
	b.step(t)
	b.is(t, cloakroom.Fresh)
	w.pass(250 * time.Millisecond)
	b.step(t)
	b.is(t, cloakroom.Stale)
	if w.engine.appends != n {
		t.Error("a server that only follows has written")
	}
	// There are batches, and this server does not ask.
	a.step(t)
	b.step(t)
	b.is(t, cloakroom.Fresh)
	w.pass(1300 * time.Millisecond)
	a.step(t)
	a.is(t, cloakroom.Fresh)
	b.is(t, cloakroom.Stale)
}

// TestProofIsNotYoungerThanTheRequest: a batch may come in while a request is
// on its way. That one, from a clock that is ahead, would prove more.
func TestProofIsNotYoungerThanTheRequest(t *testing.T) {
	w := newWorld(t)
	a, b := w.member(t, nil), w.member(t, func(o *Options) { o.FollowOnly = true })
	w.settle(t, a, b)
	w.engine.slow = func() {
		w.engine.slow = nil
		w.pass(700 * time.Millisecond)
		a.ahead = 750 * time.Millisecond
		a.step(t)
	}
	b.step(t)
	w.pass(1300 * time.Millisecond)
	b.is(t, cloakroom.Fresh)
	w.pass(time.Millisecond)
	b.is(t, cloakroom.Stale)
}

func TestTimeAhead(t *testing.T) {
	w := newWorld(t)
	a, b := w.member(t, nil), w.member(t, func(o *Options) { o.FollowOnly = true })
	w.settle(t, a, b)
	for _, c := range []struct {
		ahead time.Duration
		want  cloakroom.Freshness
	}{{750 * time.Millisecond, cloakroom.Fresh}, {751 * time.Millisecond, cloakroom.Stale}} {
		w.pass(10 * time.Second)
		a.ahead = c.ahead
		a.step(t)
		b.step(t)
		b.is(t, c.want)
	}
	if len(b.reports) != 1 || b.reports[0] != ErrFuture {
		t.Error(b.reports)
	}
}

func TestOneOfTwoRotationsWins(t *testing.T) {
	w := newWorld(t)
	a, b := w.member(t, nil), w.member(t, nil)
	w.settle(t, a, b)
	token, session := a.login(t)
	other, err := b.Verify(token)
	if err != nil {
		t.Fatal(err)
	}
	w.engine.hook = func() {
		w.engine.hook = nil
		if _, err := b.Rotate(other); err != nil {
			t.Error(err)
		}
	}
	if token, err := a.Rotate(session); token != "" || !errors.Is(err, cloakroom.ErrRevoked) {
		t.Errorf("both rotations succeed: %v", err)
	}
	// Without a rival a conflict is no obstacle.
	token, _ = a.login(t)
	if session, err = a.Verify(token); err != nil {
		t.Fatal(err)
	}
	_, elsewhere := b.login(t)
	w.engine.hook = func() {
		w.engine.hook = nil
		if _, err := b.Logout(elsewhere); err != nil {
			t.Error(err)
		}
	}
	if token, err = a.Rotate(session); err != nil {
		t.Fatal(err)
	}
	a.says(t, token, nil)
}

// TestPending: what could not be accepted is offered again.
func TestPending(t *testing.T) {
	w := newWorld(t)
	a, b := w.member(t, nil), w.member(t, nil)
	w.settle(t, a, b)
	token, session := a.login(t)
	w.engine.set(func() { w.engine.fail = errDown })
	if _, err := a.Logout(session); !errors.Is(err, cloakroom.ErrUnavailable) || !errors.Is(err, errDown) {
		t.Fatal(err)
	}
	if token, err := a.Rotate(session); token != "" || err == nil {
		t.Error("a rotation that nobody knows of gives a token")
	}
	a.says(t, token, cloakroom.ErrRevoked)
	a.fails(t, errDown)
	w.pass(3 * time.Second)
	b.fails(t, errDown)
	b.says(t, token, cloakroom.ErrUnavailable)
	w.engine.set(func() { w.engine.fail = nil })
	if n, err := a.view.RetryPending(w.time()); n != 0 || err != nil {
		t.Fatal(n, err)
	}
	b.step(t)
	b.says(t, token, cloakroom.ErrRevoked)
}

// TestLongerLife: a follower with longer sessions keeps entries longer.
func TestLongerLife(t *testing.T) {
	w := newWorld(t)
	a, b := w.member(t, nil), w.member(t, nil)
	_, err := cloakroom.New(cloakroom.Config{
		Keys: ring, Purpose: "other", Revocations: b.view,
		Policy: cloakroom.NewPolicy(2*time.Hour, 8*time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.settle(t, a, b)
	_, session := a.login(t)
	if _, err := a.Logout(session); err != nil {
		t.Fatal(err)
	}
	b.step(t)
	expires := func(m *member) int64 {
		return int64(m.view.Snapshot(w.time()).Records[0].Expires) - w.time().Unix()
	}
	if got, other := expires(a), expires(b); got != 1922 || other != 2+7200+120 {
		t.Errorf("the entry lives %d s here and %d s there", got, other)
	}
}

func TestOptions(t *testing.T) {
	w := newWorld(t)
	view := func(o cloakroom.RevocationOptions) *cloakroom.Revocations {
		v, err := cloakroom.NewRevocations(o)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	good := func() Options {
		return Options{Engine: w.engine, Realm: "a", Keys: Keys{Write: w.key}, View: view(cloakroom.RevocationOptions{Fed: true})}
	}
	if _, err := New(good()); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Options){
		"engine":    func(o *Options) { o.Engine = nil },
		"view":      func(o *Options) { o.View = nil },
		"realm":     func(o *Options) { o.Realm = "A" },
		"key":       func(o *Options) { o.Keys = Keys{Also: w.key} },
		"same key":  func(o *Options) { o.Keys.Also = w.key },
		"negative":  func(o *Options) { o.Wait = -1 },
		"bound":     func(o *Options) { o.Skew = 2 * time.Second },
		"not fed":   func(o *Options) { o.View = view(cloakroom.RevocationOptions{Bound: 2 * time.Second}) },
		"two feeds": func(o *Options) { _, _ = New(*o) },
	} {
		o := good()
		change(&o)
		if _, err := New(o); !errors.Is(err, cloakroom.ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
