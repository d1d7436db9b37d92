package feed

import (
	"context"
	"fmt"

	"cloakroom.dev/go/cloakroom"
)

var errFollowOnly = fmt.Errorf("%w: this server only follows the feed", cloakroom.ErrRefused)

const appendTries = 64

// Put appends a record to the feed. It is called by the view.
func (f *Feed) Put(r cloakroom.Record) error {
	_, err := f.PutUnless(r, func() bool { return false })
	return err
}

// PutUnless appends a record, unless taken says that another server came
// first. It is called by the view.
func (f *Feed) PutUnless(r cloakroom.Record, taken func() bool) (bool, error) {
	if f.o.FollowOnly {
		return false, errFollowOnly
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 2*f.o.Timeout)
	defer cancel()
	for tries := 0; tries < appendTries; tries++ {
		if !f.atEnd {
			if err := f.catchUp(ctx); err != nil {
				return false, err
			}
		}
		if taken() {
			return false, nil
		}
		err := f.append(ctx, []cloakroom.Record{r})
		if err == nil {
			return true, nil
		}
		if err != ErrConflict {
			return false, err
		}
	}
	return false, ErrUnsteady
}

// append adds a batch to the feed whose end was reached. After a conflict, or
// an error that leaves open what became of the batch, the feed is read again.
func (f *Feed) append(ctx context.Context, records []cloakroom.Record) error {
	mono, clock := f.o.Monotonic(), f.o.Clock()
	b := Batch{Time: clock.UnixMilli()}
	for _, r := range records {
		if r.Kind != cloakroom.KeyEntry {
			r.Expires = uint64(clock.Unix()) + f.life()
		}
		b.Records = append(b.Records, r)
	}
	data, becomes, err := SealBatch(f.keys.Write, f.o.Realm, *f.at, b)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, f.o.Timeout)
	defer cancel()
	if err := f.o.Engine.Append(ctx, f.o.Realm, *f.at, data, becomes); err != nil {
		f.atEnd = false
		return err
	}
	f.accept(b, becomes, mono, clock, true)
	f.atEnd = true
	f.prove(mono)
	return nil
}
