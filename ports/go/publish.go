package cloakroom

import (
	"errors"
	"time"
)

// Publication says how far a revocation has come.
type Publication int

// The results of publishing, from the weakest to the strongest.
const (
	// InMemory: this server refuses until its process ends. There is no store.
	InMemory Publication = iota
	// Pending: durable here, and not yet accepted by the shared store.
	Pending
	// Durable: durable here, and there is no other server to tell.
	Durable
	// Accepted: accepted by the shared store. Every server refuses within B.
	Accepted
)

// String names the result.
func (p Publication) String() string {
	return [...]string{"in memory", "pending", "durable", "accepted upstream"}[p&3]
}

var errNotReopened = errors.New("the local store failed and was not opened again")

// publish makes a record durable, applies it here and passes it on. build runs
// under the lock that serialises publications and may veto. taken is asked at
// the moment of applying, for publications that must be the first of their
// kind.
func (v *Revocations) publish(now int64, build func() (Record, error), taken func(*revocationState) bool) (Publication, Record, error) {
	v.publishing.Lock()
	defer v.publishing.Unlock()
	v.settle(now)
	r, err := build()
	if err != nil {
		return InMemory, Record{}, err
	}
	if v.isTaken(taken) {
		return InMemory, Record{}, rejectRevoked
	}
	r.Expires = v.expiry(r, now)
	localErr := v.putLocal(r)
	var sharedErr error
	ordered, isOrdered := v.shared.(OrderedStore)
	if taken != nil && isOrdered {
		// The order of all servers decides, and the store applies the record:
		// seen after that, the record itself would look like another's.
		var put bool
		put, sharedErr = ordered.PutUnless(r, func() bool { return v.isTaken(taken) })
		if !put && sharedErr == nil {
			return InMemory, Record{}, rejectRevoked
		}
		if put {
			taken = nil
		}
		if !v.apply(r, taken) {
			return InMemory, Record{}, rejectRevoked
		}
	} else {
		if !v.apply(r, taken) {
			return InMemory, Record{}, rejectRevoked
		}
		if v.shared != nil {
			sharedErr = v.shared.Put(r)
		}
	}
	result, err := v.outcome(r, localErr, sharedErr)
	return result, r, err
}

// putLocal makes a record durable here, if there is a store that works.
func (v *Revocations) putLocal(r Record) error {
	if v.local == nil {
		return nil
	}
	if v.localFailed() {
		return errNotReopened
	}
	err := v.local.Put(r)
	if err != nil {
		v.fail()
	}
	return err
}

func (v *Revocations) isTaken(taken func(*revocationState) bool) bool {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return taken != nil && taken(&v.state)
}

// apply merges a record of this server, unless a feed brought the same
// revocation in the meantime.
func (v *Revocations) apply(r Record, taken func(*revocationState) bool) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if taken != nil && taken(&v.state) {
		return false
	}
	v.loaded = true
	v.state.merge(r)
	return true
}

func (v *Revocations) expiry(r Record, now int64) uint64 {
	if r.Kind == KeyEntry {
		return Forever
	}
	v.mu.RLock()
	defer v.mu.RUnlock()
	return uint64(now + v.life)
}

func (v *Revocations) outcome(r Record, localErr, sharedErr error) (Publication, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	durable := v.local != nil && localErr == nil
	switch {
	case v.local == nil && v.shared == nil:
		return InMemory, nil
	case v.shared != nil && sharedErr == nil:
		delete(v.pending, r)
		return Accepted, nil
	case durable && v.shared == nil:
		return Durable, nil
	case durable:
		v.pending[r] = struct{}{}
		return Pending, nil
	}
	v.unsaved[r] = struct{}{}
	cause := localErr
	if cause == nil {
		cause = sharedErr
	}
	return InMemory, &detailed{class: ErrUnavailable, text: "the record is neither durable nor accepted; this server alone refuses", cause: cause}
}

// RetryPending offers the records that wait to the shared store again and
// returns how many still wait. A feed calls it by itself.
func (v *Revocations) RetryPending(at time.Time) (int, error) {
	if err := v.made(); err != nil {
		return 0, err
	}
	now, ok := unixOf(at)
	if !ok {
		return 0, unavailable("the clock is out of range", nil)
	}
	return v.retry(v.now(now)), nil
}

// retry is RetryPending at a time. The expiry of what a shared store accepts
// counts from now.
func (v *Revocations) retry(now int64) int {
	v.publishing.Lock()
	defer v.publishing.Unlock()
	if v.shared != nil {
		for _, r := range v.Pending() {
			again := r
			again.Expires = larger(r.Expires, v.expiry(r, now))
			if v.shared.Put(again) != nil {
				break
			}
			v.accepted(r, again)
		}
	}
	return len(v.Pending())
}

// accepted notes that a record has reached the shared store.
func (v *Revocations) accepted(r, again Record) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.unsaved, r)
	delete(v.pending, r)
	v.state.merge(again)
}
