package feed

import (
	"context"
	"crypto/rand"
	"math"
	"time"

	"cloakroom.dev/go/cloakroom"
)

// recovery is what was read of a feed since everything is read again.
type recovery struct{ values map[cloakroom.Record]uint64 }

// identity is what of a record says which entry it belongs to.
func identity(r cloakroom.Record) cloakroom.Record {
	r.Value, r.Expires = 0, 0
	return r
}

func (c *recovery) cover(r cloakroom.Record) {
	id := identity(r)
	if known, ok := c.values[id]; !ok || r.Value > known {
		c.values[id] = r.Value
	}
}

func (c *recovery) covers(r cloakroom.Record) bool {
	known, ok := c.values[identity(r)]
	return ok && known >= r.Value
}

// begin goes to the start of the feed, which is its snapshot if there is one.
// It clears nothing of the view.
func (f *Feed) begin(ctx context.Context, head Position) error {
	if f.at == nil || f.at.Epoch != head.Epoch {
		f.o.View.Withdraw()
		f.snapshotN, f.youth = 0, time.Time{}
	}
	restarted := f.reading != nil && f.at != nil && f.at.Epoch == head.Epoch
	at := first(f.o.Realm, head.Epoch)
	f.at, f.proof, f.beatDue = &at, time.Time{}, time.Time{}
	f.reading = &recovery{map[cloakroom.Record]uint64{}}
	request, cancel := context.WithTimeout(ctx, f.o.Timeout)
	defer cancel()
	data, err := f.o.Engine.ReadSnapshot(request, f.o.Realm)
	if err != nil {
		f.at = nil
		return err
	}
	if data == nil {
		if restarted {
			f.at = nil
			return ErrBroken
		}
		return nil
	}
	s, err := OpenSnapshot(f.keys, f.o.Realm, data)
	if err != nil {
		f.at = nil
		return err
	}
	// Its maker's clock was fast. With that mark every token would look
	// expired; without it, one would live again whose revocation was forgotten.
	now := f.o.Clock()
	if mark := f.o.View.HighWater(); mark.After(now) {
		now = mark
	}
	if s.View.HighWater.After(now.Add(f.o.View.Tolerance() + f.o.Skew)) {
		f.at = nil
		return ErrMark
	}
	if restarted && s.Position.N <= f.snapshotN {
		// The batches behind this snapshot did not reach to the head before.
		f.at = nil
		f.reading = nil
		return ErrBroken
	}
	if s.Position.Epoch == head.Epoch {
		if s.Position.N < f.snapshotN {
			f.report(ErrReplaced)
		} else {
			f.snapshotN = s.Position.N
		}
		at = s.Position
	}
	return f.merge(s)
}

// merge takes a snapshot in. Entries live as long as this server needs them.
func (f *Feed) merge(s Snapshot) error {
	view := *s.View
	view.Records = append([]cloakroom.Record(nil), s.View.Records...)
	longer := uint64(0)
	if life := f.life(); life > uint64(s.Life) {
		longer = life - uint64(s.Life)
	}
	for i := range view.Records {
		r := &view.Records[i]
		f.reading.cover(*r)
		if r.Kind == cloakroom.KeyEntry {
			continue
		}
		if r.Expires > math.MaxUint64-longer {
			r.Expires = math.MaxUint64
		} else {
			r.Expires += longer
		}
	}
	return f.o.View.Load(&view, f.o.Clock())
}

// handBack appends again what this server knows and the feed has lost. A
// server that only follows keeps it for itself.
func (f *Feed) handBack(ctx context.Context) error {
	now := f.o.Clock()
	var back []cloakroom.Record
	for _, r := range f.o.View.Snapshot(now).Records {
		if uint64(now.Unix()) < r.Expires && !f.reading.covers(r) {
			back = append(back, r)
		}
	}
	if !f.o.FollowOnly {
		for len(back) > 0 {
			n := len(back)
			if n > handBackMax {
				n = handBackMax
			}
			if err := f.append(ctx, back[:n]); err != nil {
				// What was appended meanwhile is covered; the rest goes on.
				f.atEnd = false
				return err
			}
			back = back[n:]
		}
	}
	f.reading = nil
	return nil
}

const handBackMax = 1024

// maintain appends a heartbeat and puts a snapshot when they are due.
func (f *Feed) maintain(ctx context.Context) error {
	if !f.o.Monotonic().Before(f.beatDue) {
		if err := f.append(ctx, nil); err != nil && err != ErrConflict {
			return err
		}
	}
	// Before the feed has settled it would say that everybody has handed back.
	if f.atEnd && f.at.N-f.snapshotN >= f.o.SnapshotEvery && !f.o.Monotonic().Before(f.youth) {
		return f.putSnapshot(ctx)
	}
	return nil
}

func (f *Feed) putSnapshot(ctx context.Context) error {
	life := f.life()
	if life > math.MaxUint32 {
		life = math.MaxUint32
	}
	data, err := SealSnapshot(f.keys.Write, f.o.Realm, Snapshot{*f.at, uint32(life), f.o.View.Snapshot(f.o.Clock())})
	if err != nil {
		return err
	}
	drop := uint64(0)
	if f.at.N > f.o.Keep {
		drop = f.at.N - f.o.Keep
	}
	ctx, cancel := context.WithTimeout(ctx, f.o.Timeout)
	defer cancel()
	if err := f.o.Engine.Put(ctx, f.o.Realm, *f.at, data, drop); err != nil {
		return err
	}
	f.snapshotN = f.at.N
	return nil
}

// share is a random duration up to most.
func share(most time.Duration) time.Duration {
	var b [1]byte
	_, _ = rand.Read(b[:])
	return most * time.Duration(b[0]) / 255
}
