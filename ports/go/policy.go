package cloakroom

import (
	"math/bits"
	"time"

	"cloakroom.dev/go/cloakroom/internal/clk1"
)

// NoIdle says explicitly that sessions have no idle timeout.
const NoIdle time.Duration = -1

// Policy sets the times of sessions. Begin with [NewPolicy], which sets the
// defaults; the zero Policy is refused. All durations are whole seconds.
//
// An issuer writes the timeouts into tokens; a verifier applies them as maxima
// to the tokens it receives.
type Policy struct {
	Idle      time.Duration // or NoIdle
	Absolute  time.Duration
	Leeway    time.Duration // added to both deadlines, at most 300 s
	Tolerance time.Duration // how far ahead a token may be, at most 300 s
	Skew      time.Duration // greatest difference of the clocks of servers

	// A session is renewed when Num/Den of its idle timeout have passed.
	ShareNum, ShareDen uint32

	// Grace is how long ordinary verification goes on after the revocation
	// view lost its proof of freshness. 0 is closed: at once unavailable. More
	// than half the token lifetime needs LongGraceKeepsRevokedSessionsAlive.
	Grace                              time.Duration
	LongGraceKeepsRevokedSessionsAlive bool
}

// NewPolicy returns a policy with these timeouts and the default of everything
// else.
func NewPolicy(idle, absolute time.Duration) Policy {
	return Policy{
		Idle: idle, Absolute: absolute,
		Tolerance: 60 * time.Second, Skew: 2 * time.Second,
		ShareNum: 1, ShareDen: 2,
	}
}

// TokenLifetime returns the longest time a token can be used after it was
// issued.
func (p Policy) TokenLifetime() time.Duration {
	if p.Idle > 0 && p.Idle < p.Absolute {
		return p.Idle
	}
	return p.Absolute
}

// limits is a checked policy in seconds.
type limits struct {
	idle, absolute          int64
	leeway, tolerance, skew int64
	shareNum, shareDen, ttl int64
	grace                   int64
}

// check tests a policy. A server that only verifies never revokes, so the rule
// that makes revoking possible does not concern it.
func (p Policy) check(verifyOnly bool) (l limits, err error) {
	if p.Idle == 0 {
		return l, refuse("no idle timeout is given; say NoIdle if there is to be none")
	}
	if p.Idle == NoIdle {
		p.Idle = 0
	}
	const most = 1<<32 - 1
	for _, f := range []struct {
		name     string
		value    time.Duration
		min, max int64
		to       *int64
	}{
		{"idle timeout", p.Idle, 0, most, &l.idle},
		{"absolute timeout", p.Absolute, 1, most, &l.absolute},
		{"leeway", p.Leeway, 0, 300, &l.leeway},
		{"tolerance", p.Tolerance, 0, 300, &l.tolerance},
		{"skew", p.Skew, 0, most, &l.skew},
		{"grace", p.Grace, 0, most, &l.grace},
	} {
		if f.value%time.Second != 0 {
			return l, refuse("the %s is %v, which is not a whole number of seconds", f.name, f.value)
		}
		*f.to = int64(f.value / time.Second)
		if *f.to < f.min || *f.to > f.max {
			return l, refuse("the %s is %d seconds, outside %d to %d", f.name, *f.to, f.min, f.max)
		}
	}
	if p.ShareNum >= p.ShareDen {
		return l, refuse("the share %d/%d is not below 1", p.ShareNum, p.ShareDen)
	}
	l.shareNum, l.shareDen = int64(p.ShareNum), int64(p.ShareDen)
	l.ttl = l.absolute
	if l.idle > 0 && l.idle < l.ttl {
		l.ttl = l.idle
	}
	if l.grace > l.ttl/2 && !p.LongGraceKeepsRevokedSessionsAlive {
		return l, refuse("a grace of %d seconds is more than half the token lifetime of %d", l.grace, l.ttl)
	}
	if !verifyOnly && l.skew+1 > l.tolerance/2 {
		return l, refuse("with a skew of %d and a tolerance of %d seconds nothing could be revoked at once: skew+1 may be at most half the tolerance", l.skew, l.tolerance)
	}
	return l, nil
}

// absoluteOf returns the absolute timeout that is effective for a token.
func (l *limits) absoluteOf(c *clk1.Claims) int64 {
	if own := int64(c.Absolute); own < l.absolute {
		return own
	}
	return l.absolute
}

// idleOf returns the idle timeout that is effective for a token, 0 for none.
func (l *limits) idleOf(c *clk1.Claims) int64 {
	own := int64(c.Idle)
	if own == 0 || l.idle != 0 && l.idle < own {
		return l.idle
	}
	return own
}

// checkTime applies the deadlines of a token.
func (l *limits) checkTime(c *clk1.Claims, now int64) *Rejection {
	start, issued := c.AuthenticatedAt, c.IssuedAt()
	if start > now+l.tolerance || issued > now+l.tolerance {
		return rejectNotYet
	}
	if now >= start+l.absoluteOf(c)+l.leeway {
		return rejectExpired
	}
	if idle := l.idleOf(c); idle > 0 && now >= issued+idle+l.leeway {
		return rejectIdle
	}
	return nil
}

// renewalDue tells whether the share of the idle timeout has passed.
func (l *limits) renewalDue(c *clk1.Claims, now int64) bool {
	idle := l.idleOf(c)
	if idle == 0 {
		return false
	}
	age := now - c.IssuedAt()
	if age < 0 {
		age = 0
	}
	// The product needs 64 bits without a sign; the high half is always 0.
	_, product := bits.Mul64(uint64(idle), uint64(l.shareNum))
	return uint64(age) >= product/uint64(l.shareDen)
}

// entryLife returns L without B: how long an entry has to be kept.
func (l *limits) entryLife() int64 { return l.ttl + l.leeway + 2*l.tolerance }
