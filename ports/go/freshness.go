package cloakroom

import (
	"math"
	"time"
)

// Freshness says how much a view knows.
type Freshness int

// The states of a view.
const (
	Blind Freshness = iota // nothing was ever loaded
	Stale                  // there may be records it has not seen
	Fresh
)

// Proven records a proof of freshness: the view contains everything that was
// accepted upstream before t. For a feed, t is the time.Now at which the last
// answered request was sent. A t in the future proves nothing and is ignored:
// it would keep the view fresh until then, whatever is revoked meanwhile.
func (v *Revocations) Proven(t time.Time) {
	if t.After(v.monotonic()) {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.proven.IsZero() || t.After(v.proven) {
		v.proven = t
	}
	v.loaded, v.withdrawn = true, false
}

// Withdraw takes the last proof back until the next one: the source of the
// records turned out to be another than before. A grace goes on from the proof.
func (v *Revocations) Withdraw() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.withdrawn = true
}

// Freshness returns the state of the view.
func (v *Revocations) Freshness() Freshness {
	f, _ := v.freshness()
	return f
}

// freshness also returns the age of the last proof; without one it is endless.
func (v *Revocations) freshness() (Freshness, time.Duration) {
	if v.made() != nil {
		return Blind, math.MaxInt64
	}
	now := v.monotonic()
	v.mu.RLock()
	defer v.mu.RUnlock()
	if !v.fed {
		if v.broken && v.shared == nil {
			return Stale, math.MaxInt64
		}
		return Fresh, 0
	}
	if v.proven.IsZero() {
		if v.loaded {
			return Stale, math.MaxInt64
		}
		return Blind, math.MaxInt64
	}
	age := now.Sub(v.proven)
	if age <= v.bound && !v.withdrawn {
		return Fresh, age
	}
	return Stale, age
}
