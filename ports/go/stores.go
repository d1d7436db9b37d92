package cloakroom

import "time"

// OrderedStore is a shared store that brings the records of all servers into
// one order and applies them to the view itself. Of two rotations of one
// session on two servers, it lets the first win.
type OrderedStore interface {
	Store
	// PutUnless puts a record unless taken, asked when everything before it is
	// applied to the view, says that another came first. It reports whether
	// the record was put.
	PutUnless(r Record, taken func() bool) (bool, error)
}

// Attach sets the shared store of a view that was made without one.
func (v *Revocations) Attach(shared Store) error {
	if err := v.made(); err != nil {
		return err
	}
	v.publishing.Lock()
	defer v.publishing.Unlock()
	v.mu.Lock()
	defer v.mu.Unlock()
	if shared == nil || v.shared != nil || !v.fed {
		return refuse("a shared store is attached once, to a view that is Fed")
	}
	v.shared = shared
	return nil
}

// Bound returns B, how old a proof of freshness may be.
func (v *Revocations) Bound() time.Duration { return v.bound }

// Life returns L, how long an entry is kept from its publication on.
func (v *Revocations) Life() time.Duration {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return time.Duration(v.life) * time.Second
}

// Malformed counts the records that Receive rejected.
func (v *Revocations) Malformed() int {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.malformed
}

// Reopen says that the local store was opened again after a failure. A store
// that failed is not used until then, because its later successes would not
// say what became of the earlier writes. Everything that is known is put again.
func (v *Revocations) Reopen(local Store, at time.Time) error {
	if err := v.made(); err != nil {
		return err
	}
	v.publishing.Lock()
	defer v.publishing.Unlock()
	if v.local == nil || local == nil {
		return refuse("there is no local store to open again")
	}
	for _, r := range v.Snapshot(at).Records {
		if err := local.Put(r); err != nil {
			return unavailable("the local store failed again", err)
		}
	}
	if marks, ok := local.(MarkStore); ok {
		if err := marks.PutMark(v.HighWater()); err != nil {
			return unavailable("the local store failed again", err)
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.local, v.broken = local, false
	for r := range v.unsaved {
		delete(v.unsaved, r)
		if v.shared != nil {
			v.pending[r] = struct{}{}
		}
	}
	return nil
}

func (v *Revocations) localFailed() bool {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.broken
}

func (v *Revocations) fail() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.broken = true
}
