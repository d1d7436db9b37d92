package feed

import (
	"context"
	"testing"
	"time"

	"cloakroom.dev/go/cloakroom"
)

var ctx = context.Background()

func (m *member) isNot(t *testing.T, other cloakroom.Freshness) {
	t.Helper()
	if m.view.Freshness() == other {
		t.Fatalf("the view is %v", other)
	}
}

// TestFullBatchesAreWaitedFor: one that hands back very much takes longer than
// the bound, and nobody is fresh before it is done.
func TestFullBatchesAreWaitedFor(t *testing.T) {
	w := newWorld(t)
	a, late := w.member(t, nil), w.member(t, nil)
	a.step(t)
	records := make([]cloakroom.Record, full)
	for round := 0; round < 10; round++ {
		for i := range records {
			records[i] = cloakroom.Record{Kind: cloakroom.SessionEntry, Value: 1}
			records[i].Key = [16]byte{byte(round), byte(i), byte(i >> 8)}
		}
		if err := a.append(ctx, records); err != nil {
			t.Fatal(err)
		}
		late.step(t)
		late.isNot(t, cloakroom.Fresh)
		w.pass(500 * time.Millisecond)
		a.step(t)
	}
	newcomer := w.member(t, nil)
	newcomer.step(t)
	newcomer.isNot(t, cloakroom.Fresh)
	w.settle(t, a, late, newcomer)
}

// TestSmallBatchesProlongNothing: somebody logs out all the time.
func TestSmallBatchesProlongNothing(t *testing.T) {
	w := newWorld(t)
	a, late := w.member(t, nil), w.member(t, nil)
	a.step(t)
	for i := 0; i < 14; i++ {
		if err := a.append(ctx, []cloakroom.Record{{Kind: cloakroom.SessionEntry, Key: [16]byte{byte(i)}, Value: 1}}); err != nil {
			t.Fatal(err)
		}
		w.pass(250 * time.Millisecond)
		a.step(t)
		late.step(t)
	}
	late.is(t, cloakroom.Fresh)
}

// TestSettling: the time can be longer, and is not shorter.
func TestSettling(t *testing.T) {
	w := newWorld(t)
	a := w.member(t, func(o *Options) { o.Settling = 6 * time.Second })
	for i := 0; i < 24; i++ {
		a.step(t)
		a.is(t, cloakroom.Blind)
		w.pass(250 * time.Millisecond)
	}
	a.step(t)
	a.is(t, cloakroom.Fresh)
	for _, wrong := range []time.Duration{-1, time.Second, 2749 * time.Millisecond, 2 * time.Hour} {
		o := a.o
		o.Settling = wrong
		if _, err := New(o); err == nil {
			t.Error(wrong)
		}
	}
}

// TestNoSnapshotOfAYoungFeed: it would say that everybody has handed back.
func TestNoSnapshotOfAYoungFeed(t *testing.T) {
	w := newWorld(t)
	a := w.member(t, func(o *Options) { o.SnapshotEvery = 2 })
	for i := 0; i < 10; i++ {
		w.pass(250 * time.Millisecond)
		a.step(t)
	}
	if w.engine.snapshot != nil {
		t.Fatal("a snapshot while the feed settles")
	}
	w.settle(t, a)
	if w.engine.snapshot == nil {
		t.Fatal("no snapshot")
	}
}

// TestOneWrongClock: the others stay fresh, and nobody forgets by it.
func TestOneWrongClock(t *testing.T) {
	for _, off := range []time.Duration{10 * time.Second, -10 * time.Second, time.Hour, -time.Hour} {
		w := newWorld(t)
		wrong := w.member(t, func(o *Options) { o.Heartbeat = 300 * time.Millisecond })
		a, b := w.member(t, nil), w.member(t, nil)
		w.settle(t, wrong, a, b)
		wrong.ahead = off
		before := w.engine.head.N
		for i := 0; i < 40; i++ {
			w.pass(250 * time.Millisecond)
			for _, m := range []*member{wrong, a, b} {
				m.step(t)
			}
			a.is(t, cloakroom.Fresh)
			b.is(t, cloakroom.Fresh)
		}
		if n := w.engine.head.N - before; n > 70 {
			t.Errorf("%v: %d batches in ten seconds", off, n)
		}
		if err := wrong.view.Purge(w.time().Add(off)); err != nil {
			t.Fatal(err)
		}
		if mark := wrong.view.HighWater(); mark.After(w.time()) {
			t.Errorf("%v: forgets by %v", off, mark)
		}
	}
}

// TestMarkFarAhead: a snapshot of a server whose clock was fast.
func TestMarkFarAhead(t *testing.T) {
	for _, c := range []struct {
		ahead time.Duration
		want  error
	}{{200 * time.Second, ErrMark}, {30 * time.Second, nil}} {
		w := newWorld(t)
		// By itself it puts none, or the one below might be at the same position and not be kept.
		a := w.member(t, nil)
		w.settle(t, a)
		a.view.ForgetUntil(w.time().Add(time.Hour))
		if err := a.view.Purge(w.time().Add(c.ahead)); err != nil {
			t.Fatal(err)
		}
		if err := a.putSnapshot(ctx); err != nil {
			t.Fatal(err)
		}
		late := w.member(t, nil)
		if c.want != nil {
			late.fails(t, c.want)
		} else {
			late.step(t)
		}
	}
}
