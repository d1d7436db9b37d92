package cloakroom

import (
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"cloakroom.dev/go/cloakroom/internal/clk1"
)

// Session is what an accepted token says. It never prints its content, and the
// pointer keeps copies from doing so with verbs that ask no method.
type Session struct{ data *sessionData }

type sessionData struct {
	claims   clk1.Claims
	payload  []byte
	value    any
	readOnly bool

	kid    clk1.Kid
	nonce  [clk1.NonceLen]byte
	unit   *clk1.Unit // of the kid, for LogID
	now    int64
	limits limits

	// Under these it was verified, and for these alone it is sealed again.
	purpose, audience string
	binding           []byte
	valid             bool
}

// d returns the data, which is empty for a session that Verify did not make.
func (s *Session) d() *sessionData {
	if s == nil || s.data == nil {
		return &sessionData{}
	}
	return s.data
}

// ID returns the session id, which stays the same over renewals and rotations.
// It does not belong in logs; see LogID.
func (s *Session) ID() [16]byte { return s.d().claims.ID }

// Generation counts the rotations of the session.
func (s *Session) Generation() uint32 { return s.d().claims.Generation }

// Subject tells whose session it is; empty is nobody's.
func (s *Session) Subject() string { return s.d().claims.Subject }

// AuthenticatedAt is the start of the session.
func (s *Session) AuthenticatedAt() time.Time {
	return time.Unix(s.d().claims.AuthenticatedAt, 0).UTC()
}

// IssuedAt is when the token was sealed.
func (s *Session) IssuedAt() time.Time { return time.Unix(s.d().claims.IssuedAt(), 0).UTC() }

// IdleTimeout returns what the token says; 0 means none.
func (s *Session) IdleTimeout() time.Duration {
	return time.Duration(s.d().claims.Idle) * time.Second
}

// AbsoluteTimeout returns what the token says.
func (s *Session) AbsoluteTimeout() time.Duration {
	return time.Duration(s.d().claims.Absolute) * time.Second
}

// Deadline returns the earliest moment at which the token dies under the
// policy, leeway not counted.
func (s *Session) Deadline() time.Time {
	end := s.d().claims.AuthenticatedAt + s.d().limits.absoluteOf(&s.d().claims)
	if idle := s.d().limits.idleOf(&s.d().claims); idle > 0 && s.d().claims.IssuedAt()+idle < end {
		end = s.d().claims.IssuedAt() + idle
	}
	return time.Unix(end, 0).UTC()
}

// Schema returns the schema number of the payload.
func (s *Session) Schema() (major, minor uint32) { return s.d().claims.Major, s.d().claims.Minor }

// Payload returns a copy of the bytes of the payload.
func (s *Session) Payload() []byte { return append([]byte{}, s.d().payload...) }

// Value returns the decoded payload, as package payload describes it. It is
// nil for raw payloads and for the session that Issue returns.
func (s *Session) Value() any { return s.d().value }

// ReadOnly tells that the payload was written by a newer program, whose fields
// this one has not understood. It cannot be updated here.
func (s *Session) ReadOnly() bool { return s.d().readOnly }

// Kid names the key the token is sealed under, in hex.
func (s *Session) Kid() string { return hex.EncodeToString(s.d().kid[:]) }

// LogID names the session in logs, together with Kid.
func (s *Session) LogID() string {
	d := s.d()
	if d.unit == nil {
		return ""
	}
	id := d.unit.LogID(d.claims.ID)
	return hex.EncodeToString(id[:])
}

// TokenID names this one token in logs.
func (s *Session) TokenID() string { return hex.EncodeToString(s.d().nonce[:]) }

// IssuedWithin tells whether the token was sealed less than d ago. Leeway is
// granted.
func (s *Session) IssuedWithin(d time.Duration) bool {
	return s.d().valid && !clk1.TooOld(s.d().now, s.d().claims.IssuedAt(), int64(d/time.Second), s.d().limits.leeway)
}

// AuthenticatedWithin tells whether the user logged in less than d ago. Leeway
// is granted. A session for which it is false is alive; ask to log in again.
func (s *Session) AuthenticatedWithin(d time.Duration) bool {
	return s.d().valid && !clk1.TooOld(s.d().now, s.d().claims.AuthenticatedAt, int64(d/time.Second), s.d().limits.leeway)
}

// Format prints the names under which the session may be logged, whatever the
// verb. Like MarshalJSON it has no pointer receiver, so that copies are covered.
func (s Session) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "cloakroom.Session("+s.Kid()+"/"+s.LogID()+")")
}

// MarshalJSON refuses: a session must not end in a log by accident.
func (s Session) MarshalJSON() ([]byte, error) {
	return nil, refuse("a session is not written as JSON; take the fields that are needed")
}
