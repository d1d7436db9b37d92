package cloakroom

import (
	"io"

	"cloakroom.dev/go/cloakroom/internal/clk1"
)

// Issue starts a session for a subject whose credentials were just checked.
// The payload has to be of the schema this configuration writes.
//
// If the request presents a session already, that has to end: a login uses
// Reauthenticate, or LogoutToken.
func (s *Sessions) Issue(subject string, payload []byte, opts ...Option) (string, *Session, error) {
	o, err := collect(opts)
	if err != nil {
		return "", nil, err
	}
	if err := s.needIssuer(); err != nil {
		return "", nil, err
	}
	now, err := s.now()
	if err != nil {
		return "", nil, err
	}
	unit, err := s.sealingUnit(now)
	if err != nil {
		return "", nil, err
	}
	if err := s.needFresh(); err != nil {
		return "", nil, err
	}
	start, err := s.startOf(subject, now)
	if err != nil {
		return "", nil, err
	}
	c := clk1.Claims{
		Subject: subject, AuthenticatedAt: start,
		Idle: uint32(s.limits.idle), Absolute: uint32(s.limits.absolute),
		Major: s.write.Major, Minor: s.write.Minor,
	}
	if _, err := io.ReadFull(s.random, c.ID[:]); err != nil {
		return "", nil, unavailable("no random source", err)
	}
	if err := s.checkSize(&c, payload); err != nil {
		return "", nil, err
	}
	if err := s.startBehindCutoffs(&c, unit, now); err != nil {
		return "", nil, err
	}
	token, err := seal(unit, &c, payload, o.binding)
	if err != nil {
		return "", nil, err
	}
	return token, s.sessionOf(token, &c, payload, unit, o.binding, now), nil
}

// startBehindCutoffs makes sure that the view accepts the claims. A logout from
// everywhere may have come since the start was taken; then the session starts
// behind it.
func (s *Sessions) startBehindCutoffs(c *clk1.Claims, unit *clk1.Unit, now int64) error {
	if s.view == nil {
		return nil
	}
	for round := 0; round < 4; round++ {
		if revoked, _ := s.view.revoked(s.factsOf(c, unit.KidDigest()), now); !revoked {
			return nil
		}
		start, err := s.startOf(c.Subject, now)
		if err != nil {
			return err
		}
		if start <= c.AuthenticatedAt {
			return refuse("the new session would be revoked at once; is the sealing key distrusted and still in the ring?")
		}
		c.AuthenticatedAt = start
	}
	return refuse("cut-offs come faster than a session can start behind them")
}

// startOf returns the start of a new session, which lies behind every cut-off.
func (s *Sessions) startOf(subject string, now int64) (int64, error) {
	if len(subject) > clk1.SubjectMax {
		return 0, refuse("a subject has at most %d bytes, this one has %d", clk1.SubjectMax, len(subject))
	}
	start := now
	if s.view != nil {
		if c := s.view.latestCutoff(subject, s.ctxDigest, now); c > start {
			start = c
		}
	}
	if ahead := start - now; ahead > s.limits.tolerance/2 {
		return 0, refuse("a cut-off lies %d seconds ahead, more than half the tolerance", ahead)
	}
	if start > clk1.TimeMax {
		return 0, refuse("the session would start after the year 9999")
	}
	return start, nil
}

// checkSize makes sure that the token fits now and at every renewal.
func (s *Sessions) checkSize(c *clk1.Claims, payload []byte) error {
	n := c.LongestLen() + len(payload)
	if n > clk1.PlaintextMax {
		return refuse("claims and payload have %d bytes, more than %d", n, clk1.PlaintextMax)
	}
	if length := clk1.TextLen(n); length > s.maxToken {
		return refuse("the token would have %d characters, more than %d", length, s.maxToken)
	}
	return nil
}

func seal(unit *clk1.Unit, c *clk1.Claims, payload, binding []byte) (string, error) {
	p := c.Append(make([]byte, 0, 320+len(payload)))
	token, err := unit.Seal(append(p, payload...), binding)
	if err != nil {
		return "", refuse("%v", err)
	}
	return token, nil
}

func (s *Sessions) sessionOf(token string, c *clk1.Claims, payload []byte, unit *clk1.Unit, binding []byte, now int64) *Session {
	session := &sessionData{
		claims: *c, payload: append([]byte(nil), payload...),
		kid: unit.Kid(), unit: unit, now: now, limits: s.limits,
		purpose: s.purpose, audience: s.audience,
		binding: append([]byte(nil), binding...), valid: true,
	}
	if body, ok := clk1.ParseToken(token); ok {
		session.nonce = body.Nonce()
	}
	return &Session{session}
}
