package feed

import (
	"context"
	"errors"
	"time"

	"cloakroom.dev/go/cloakroom"
)

// Errors of following, for reports.
var (
	ErrNoFeed   = errors.New("feed: there is none, and this server may not found one")
	ErrBroken   = errors.New("feed: batches are missing that no snapshot replaces; an operator has to found it anew")
	ErrUnsteady = errors.New("feed: it changes faster than it can be read")
	ErrFuture   = errors.New("feed: the time of a batch is ahead of this clock by more than the skew")
	ErrMark     = errors.New("feed: the high-water mark of the snapshot lies far in the future; some clock is wrong")
	ErrReplaced = errors.New("feed: the snapshot is older than one seen before")
)

const (
	readLimit = 512
	// More would overflow a duration, and is as good as endless.
	ageMax = 100 * 365 * 24 * time.Hour
)

// Step does one round of following.
func (f *Feed) Step(ctx context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	err := f.catchUp(ctx)
	if err == nil && !f.o.FollowOnly {
		err = f.maintain(ctx)
	}
	f.last = err
	if err != nil && ctx.Err() == nil {
		f.report(err)
	}
	return err
}

// catchUp reads to the end of the feed.
func (f *Feed) catchUp(ctx context.Context) error {
	f.atEnd = false
	for tries := 0; tries < 8; tries++ {
		sent := f.o.Monotonic()
		after := uint64(0)
		if f.at != nil {
			after = f.at.N
		}
		r, err := f.read(ctx, after, readLimit)
		if err != nil {
			return err
		}
		if r.Head == nil {
			f.o.View.Withdraw()
			if f.o.FollowOnly {
				return ErrNoFeed
			}
			if err := f.found(ctx, nil); err != nil && !errors.Is(err, ErrConflict) {
				return err
			}
			continue
		}
		if f.lost(r) {
			if err := f.begin(ctx, *r.Head); err != nil {
				return err
			}
			continue
		}
		took, err := f.take(r)
		switch {
		case err == FaultOutOfPlace && f.reading == nil:
			f.report(err)
			if err := f.begin(ctx, *r.Head); err != nil {
				return err
			}
			continue
		case err == FaultOutOfPlace:
			f.at = nil
			return ErrBroken
		case err != nil:
			return err
		}
		if *f.at == *r.Head {
			// A conflict of what is handed back means that there is more.
			if err := f.arrived(ctx, sent); err != ErrConflict {
				return err
			}
			continue
		}
		if took > 0 {
			tries = 0
		}
	}
	return ErrUnsteady
}

// lost tells whether what was read does not lead on from here, so that
// everything is to be read again.
func (f *Feed) lost(r Reading) bool {
	if f.at == nil || r.Head.Epoch != f.at.Epoch || r.Head.N < f.at.N {
		return true
	}
	if r.Head.N == f.at.N {
		return r.Head.Chain != f.at.Chain
	}
	return len(r.Batches) == 0 || r.Batches[0].N != f.at.N+1
}

// take applies batches in order.
func (f *Feed) take(r Reading) (int, error) {
	for i, b := range r.Batches {
		if f.at.N >= r.Head.N || b.N != f.at.N+1 {
			return i, FaultOutOfPlace
		}
		batch, next, err := OpenBatch(f.keys, f.o.Realm, *f.at, b.Data)
		if err != nil {
			return i, err
		}
		f.accept(batch, next, f.o.Monotonic(), f.o.Clock(), false)
	}
	if f.at.N == r.Head.N && f.at.Chain != r.Head.Chain {
		return 0, FaultOutOfPlace
	}
	return len(r.Batches), nil
}

// full is how many records a batch has behind which there may be more of the
// same.
const full = 512

// accept applies a batch that was read, or appended, at a moment.
func (f *Feed) accept(b Batch, next Position, mono, clock time.Time, own bool) {
	least := uint64(b.Time/1000) + f.life()
	for _, r := range b.Records {
		if f.reading != nil {
			f.reading.cover(r)
		}
		if r.Kind != cloakroom.KeyEntry && r.Expires < least {
			r.Expires = least
		}
		// A record of a batch is well-formed, so the view takes it.
		_ = f.o.View.Receive(r, clock)
	}
	f.at = &next
	age := clock.Sub(time.UnixMilli(b.Time))
	if age > ageMax {
		age = ageMax
	}
	// The youngest proves: a server whose clock is behind takes nothing away.
	if proof := mono.Add(-age - f.o.Skew); age < -f.o.Skew {
		f.report(ErrFuture)
	} else if proof.After(f.proof) {
		f.proof = proof
	}
	// One that proves little to this server keeps it from nothing.
	if own || (age >= -f.o.Skew && age <= f.o.Skew) {
		f.beatDue = mono.Add(f.o.Heartbeat + share(f.o.Heartbeat/4))
	}
	if !own && age >= -f.o.Skew {
		f.others.hear(time.UnixMilli(b.Time), mono, f.o.View.Bound())
	}
	until := clock
	if theirs, ok := f.others.time(mono, f.o.View.Bound()); ok && theirs.Before(until) {
		until = theirs
	}
	f.o.View.ForgetUntil(until)
	if age < 0 {
		age = 0
	}
	f.settle(next.N, len(b.Records), mono, age)
}

// settle notes until when a feed that was just founded is fresh for nobody:
// others may not have handed back yet what only they know, and one that fills
// its batches has more.
func (f *Feed) settle(n uint64, records int, mono time.Time, age time.Duration) {
	until := mono.Add(f.o.Settling - age)
	switch {
	case n == 1:
		f.youth = until
	case records < full || f.youth.IsZero():
	case mono.Before(f.youth):
		f.youth = mono.Add(f.o.Settling)
	case !mono.Add(-age).After(f.youth.Add(f.o.Skew)) && until.After(f.youth):
		f.youth = until
	}
}

// others is what time it is by the servers that wrote lately. One clock alone,
// when it is wrong, would forget what live tokens need, and spread its mark.
type others struct {
	latest      time.Time // in a batch
	read, heard time.Time // when that one was read, and the last one
}

func (o *others) hear(t, mono time.Time, within time.Duration) {
	known, ok := o.time(mono, within)
	o.heard = mono
	if !ok || !t.Before(known) {
		o.latest, o.read = t, mono
	}
}

func (o *others) time(mono time.Time, within time.Duration) (time.Time, bool) {
	if o.heard.IsZero() || mono.Sub(o.heard) > within {
		return time.Time{}, false
	}
	return o.latest.Add(mono.Sub(o.read)), true
}

// arrived notes that a request sent at a moment showed this server at the end.
func (f *Feed) arrived(ctx context.Context, sent time.Time) error {
	f.atEnd = true
	if f.reading != nil {
		if err := f.handBack(ctx); err != nil {
			return err
		}
	}
	f.prove(sent)
	return nil
}

// prove passes the older of the two proofs on. The answer alone would not do:
// a stale replica answers too.
func (f *Feed) prove(sent time.Time) {
	proof := f.proof
	if f.at.N == 0 || proof.IsZero() || f.o.Monotonic().Before(f.youth) {
		return
	}
	if sent.Before(proof) {
		proof = sent
	}
	f.o.View.Proven(proof)
}
