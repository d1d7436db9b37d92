package feed

import (
	"context"
	"errors"
	"testing"
	"time"

	"cloakroom.dev/go/cloakroom"
)

// TestHandBack: the engine lost everything, and the servers know it.
func TestHandBack(t *testing.T) {
	w := newWorld(t)
	a, b := w.member(t, nil), w.member(t, nil)
	w.settle(t, a, b)
	token, session := a.login(t)
	_, _ = a.Logout(session)
	if _, err := a.LogoutEverywhere("bob"); err != nil {
		t.Fatal(err)
	}
	if _, err := a.DistrustKey("00000007"); err != nil {
		t.Fatal(err)
	}
	b.step(t)
	known := len(b.view.Snapshot(w.time()).Records)
	w.pass(100 * time.Second)
	w.engine.set(func() { w.engine.head, w.engine.log = nil, nil })
	b.step(t)
	b.is(t, cloakroom.Stale)
	a.step(t)
	w.settle(t, a, b)
	late := w.member(t, nil)
	late.step(t)
	late.says(t, token, cloakroom.ErrRevoked)
	if got := len(late.view.Snapshot(w.time()).Records); got != known || known != 4 {
		t.Errorf("%d of %d entries came back", got, known)
	}
	records := 0
	at := first("test", w.engine.head.Epoch)
	for _, item := range w.engine.log {
		batch, next, err := OpenBatch(Keys{Write: w.key}, "test", at, item.Data)
		if err != nil {
			t.Fatal(err)
		}
		at = next
		records += len(batch.Records)
		for _, r := range batch.Records {
			if want := uint64(batch.Time/1000) + 1922; r.Kind != cloakroom.KeyEntry && r.Expires != want {
				t.Errorf("an entry handed back expires at %d, not %d", r.Expires, want)
			}
		}
	}
	if records != known {
		t.Errorf("%d records were handed back for %d entries", records, known)
	}
}

// TestLostTail: a failover lost the last batches, and others took their numbers.
func TestLostTail(t *testing.T) {
	w := newWorld(t)
	a, b := w.member(t, nil), w.member(t, nil)
	w.settle(t, a, b)
	before := *w.engine.head
	kept := len(w.engine.log)
	token, session := a.login(t)
	_, _ = a.Logout(session)
	a.step(t)
	w.engine.set(func() { w.engine.head, w.engine.log = &before, w.engine.log[:kept] })
	b.atEnd = true
	if _, err := b.LogoutEverywhere("bob"); err != nil {
		t.Fatal(err)
	}
	if w.engine.head.N != a.Status().Position.N {
		t.Fatal("the numbers differ, so this tests nothing")
	}
	b.says(t, token, nil)
	a.step(t)
	b.step(t)
	b.says(t, token, cloakroom.ErrRevoked)
	if n := len(a.Status().Faults) + len(b.Status().Faults); n != 0 {
		t.Error("a lost tail is counted as a fault")
	}
}

// TestAnotherFeedIsNotFresh: a new epoch takes the freshness of the old one
// away, and what has expired is not handed back.
func TestAnotherFeedIsNotFresh(t *testing.T) {
	w := newWorld(t)
	a, b := w.member(t, nil), w.member(t, nil)
	w.settle(t, a, b)
	_, session := a.login(t)
	_, _ = a.Logout(session)
	b.step(t)
	w.pass(1922 * time.Second)
	_, _ = a.LogoutEverywhere("bob")
	b.step(t)
	b.is(t, cloakroom.Fresh)
	if err := a.FoundAnew(context.Background()); err != nil {
		t.Fatal(err)
	}
	b.step(t)
	b.is(t, cloakroom.Stale)
	w.settle(t, a, b)
	late := w.member(t, nil)
	late.step(t)
	if got := late.view.Snapshot(w.time()).Records; len(got) != 1 || got[0].Kind != cloakroom.SubjectCutoff {
		t.Errorf("%d entries were handed back", len(got))
	}
}

// TestSnapshotOfShorterLife: entries of a snapshot live as long as the reader
// needs them.
func TestSnapshotOfShorterLife(t *testing.T) {
	w := newWorld(t)
	a := w.member(t, func(o *Options) { o.SnapshotEvery = 1 })
	w.settle(t, a)
	_, session := a.login(t)
	_, _ = a.Logout(session)
	_, _ = a.DistrustKey("00000007")
	expires := w.time().Unix() + 1922
	a.step(t)
	late := w.member(t, func(o *Options) { o.FollowOnly = true })
	_, err := cloakroom.New(cloakroom.Config{
		Keys: ring, Purpose: "other", Revocations: late.view,
		Policy: cloakroom.NewPolicy(2*time.Hour, 8*time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	late.step(t)
	if late.Status().Position.N != w.engine.snapAt.N {
		t.Fatal("there are batches behind the snapshot")
	}
	for _, r := range late.view.Snapshot(w.time()).Records {
		if want := uint64(expires + 5400); r.Kind == cloakroom.SessionEntry && r.Expires != want {
			t.Errorf("the entry expires at %d, not %d", r.Expires, want)
		}
	}
}

func TestTrimmedLog(t *testing.T) {
	w := newWorld(t)
	a := w.member(t, func(o *Options) { o.SnapshotEvery, o.Keep = 8, 3 })
	b := w.member(t, nil)
	w.settle(t, a, b)
	token, session := a.login(t)
	_, _ = a.Logout(session)
	for i := 0; i < 20; i++ {
		if _, err := a.LogoutEverywhere("bob"); err != nil {
			t.Fatal(err)
		}
		a.step(t)
	}
	if w.engine.log[0].N < 10 || w.engine.snapshot == nil {
		t.Fatal("nothing was dropped")
	}
	for name, m := range map[string]*member{"one that was left behind": b, "a new one": w.member(t, nil)} {
		m.step(t)
		m.says(t, token, cloakroom.ErrRevoked)
		if m.is(t, cloakroom.Fresh); len(m.reports) != 0 {
			t.Errorf("%s: %v", name, m.reports)
		}
	}
	// A snapshot that does not reach the log is no beginning.
	w.engine.set(func() { w.engine.log = w.engine.log[len(w.engine.log)-1:] })
	late := w.member(t, nil)
	if w.engine.snapAt.N+1 >= w.engine.log[0].N {
		t.Fatal("the gap is none")
	}
	late.fails(t, ErrBroken)
	late.fails(t, ErrBroken)
	if late.view.Freshness() == cloakroom.Fresh {
		t.Error("fresh on a broken feed")
	}
	if err := late.FoundAnew(context.Background()); err != nil {
		t.Fatal(err)
	}
	w.settle(t, late, a)
	late.says(t, token, cloakroom.ErrRevoked)
}

func TestReplacedSnapshot(t *testing.T) {
	w := newWorld(t)
	a := w.member(t, func(o *Options) { o.SnapshotEvery = 4; o.Keep = 1000 })
	w.settle(t, a)
	old, oldAt := w.engine.snapshot, w.engine.snapAt
	for i := 0; i < 10; i++ {
		w.pass(time.Second)
		a.step(t)
	}
	w.engine.set(func() { w.engine.snapshot, w.engine.snapAt = old, oldAt })
	// A position that the feed has not reached makes it read everything again.
	a.at = &Position{Epoch: w.engine.head.Epoch, N: w.engine.head.N + 1}
	a.step(t)
	if len(a.reports) != 1 || a.reports[0] != ErrReplaced {
		t.Error(a.reports)
	}
}

// TestForeignBatch: somebody without a key writes to the engine.
func TestForeignBatch(t *testing.T) {
	w := newWorld(t)
	a, b := w.member(t, nil), w.member(t, nil)
	w.settle(t, a, b)
	foreign, err := GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	token, session := a.login(t)
	head := *w.engine.head
	_, _ = a.Logout(session)
	w.engine.set(func() {
		batch, becomes, err := SealBatch(foreign, "test", head, Batch{Time: w.time().UnixMilli()})
		if err != nil {
			t.Fatal(err)
		}
		w.engine.log[len(w.engine.log)-1] = Numbered{becomes.N, batch}
		w.engine.head = &becomes
	})
	at := *b.Status().Position
	for i := 1; i < 4; i++ {
		b.fails(t, FaultUnknownKey)
		if s := b.Status(); *s.Position != at || s.Faults[FaultUnknownKey] != i || s.AtEnd {
			t.Errorf("%+v", s)
		}
	}
	b.says(t, token, nil) // still fresh, within the bound
	w.pass(2001 * time.Millisecond)
	b.says(t, token, cloakroom.ErrUnavailable)
	if _, err := b.LogoutEverywhere("bob"); !errors.Is(err, FaultUnknownKey) {
		t.Error(err)
	}
	a.says(t, token, cloakroom.ErrRevoked)
	// An operator founds the feed anew; nothing is lost.
	if err := b.FoundAnew(context.Background()); err != nil {
		t.Fatal(err)
	}
	if n, err := b.view.RetryPending(w.time()); n != 0 || err != nil {
		t.Fatal(n, err)
	}
	w.settle(t, a, b)
	b.says(t, token, cloakroom.ErrRevoked)
}

func TestKeyChange(t *testing.T) {
	w := newWorld(t)
	next, err := GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	a, b := w.member(t, nil), w.member(t, nil)
	w.settle(t, a, b)
	logout := func(from, to *member) {
		t.Helper()
		token, session := from.login(t)
		if p, err := from.Logout(session); p != cloakroom.Accepted || err != nil {
			t.Fatal(p, err)
		}
		to.step(t)
		to.says(t, token, cloakroom.ErrRevoked)
	}
	set := func(m *member, keys Keys) {
		t.Helper()
		if err := m.SetKeys(keys); err != nil {
			t.Fatal(err)
		}
	}
	set(a, Keys{w.key, next})
	logout(b, a)
	set(b, Keys{w.key, next})
	set(a, Keys{next, w.key})
	logout(a, b)
	logout(b, a)
	set(b, Keys{next, w.key})
	logout(b, a)
	set(a, Keys{Write: next})
	a.o.SnapshotEvery = 1
	a.step(t)
	set(b, Keys{Write: next})
	logout(a, b)
	late := w.member(t, func(o *Options) { o.Keys = Keys{Write: next} })
	late.step(t)
	if late.is(t, cloakroom.Fresh); len(late.reports) != 0 {
		t.Error(late.reports)
	}
	if err := a.SetKeys(Keys{}); err == nil {
		t.Error("no key is a key")
	}
}
