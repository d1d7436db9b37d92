// Package seam lets the conformance tests reach what the public interface
// hides on purpose: keys in given states instead of times, a given session id
// instead of a random one. Package cloakroom fills the variables in.
package seam

import "cloakroom.dev/go/cloakroom/internal/clk1"

// The arguments of type any are *cloakroom.KeyRing, *cloakroom.Sessions and
// *cloakroom.Revocations.
var (
	// FixedRing makes a *cloakroom.KeyRing of keys in given states.
	FixedRing func(texts, states []string) (any, error)
	// RingKey returns the key of a ring with this kid.
	RingKey func(ring any, kid clk1.Kid) *clk1.Key
	// SetSessionID makes the next sessions start with this id.
	SetSessionID func(sessions any, id [16]byte)
	// Revoked asks a view about a session with the names of its context and its
	// key, zeros where they are unknown.
	Revoked func(view any, claims *clk1.Claims, context, key clk1.Digest, now int64) bool
	// SetEntryLife fixes how long published entries live.
	SetEntryLife func(view any, seconds int64)
)
