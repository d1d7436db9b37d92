package cloakroom

import (
	"errors"

	"cloakroom.dev/go/cloakroom/internal/clk1"
)

// recheck is what every operation does before it seals a new token for an
// existing session.
func (s *Sessions) recheck(session *sessionData) (int64, error) {
	if err := s.needIssuer(); err != nil {
		return 0, err
	}
	now, err := s.now()
	if err != nil {
		return 0, err
	}
	// Under another purpose or audience the token would not have opened.
	if !session.valid || session.purpose != s.purpose || session.audience != s.audience {
		return 0, rejectTag
	}
	if err := s.needFresh(); err != nil {
		return 0, err
	}
	plan, units := s.ring()
	i, ok := plan.opens(session.kid, now)
	if !ok {
		return 0, rejectKey
	}
	if reject := s.limits.checkTime(&session.claims, now); reject != nil {
		return 0, reject
	}
	if s.view != nil {
		if revoked, _ := s.view.revoked(s.factsOf(&session.claims, units[i].KidDigest()), now); revoked {
			return 0, rejectRevoked
		}
	}
	return now, nil
}

// Renew moves the idle deadline of a session that is in use. It returns ""
// while that is not due or no longer possible. The session may have been
// revoked since it was verified; then the error matches ErrRejected.
func (s *Sessions) Renew(session *Session) (string, error) {
	now, err := s.recheck(session.d())
	if err != nil {
		return "", err
	}
	c := session.d().claims
	if !s.limits.renewalDue(&c, now) || c.AuthenticatedAt > now {
		return "", nil
	}
	if !s.moveTo(&c, now) {
		return "", nil
	}
	unit, err := s.sealingUnit(now)
	if err != nil {
		return "", err
	}
	// The token at hand stays good until the ring has followed.
	if err := s.leaves(&c, unit, now); err == errDistrusted {
		return "", nil
	} else if err != nil {
		return "", err
	}
	token, err := seal(unit, &c, session.d().payload, session.d().binding)
	if errors.Is(err, ErrRefused) {
		// It would be too large; the token at hand stays good.
		return "", nil
	}
	return token, err
}

var errDistrusted = refuse("the sealing key is distrusted and still in the ring; a token under it would be rejected")

// leaves makes sure that a token which takes the place of a live one is not
// rejected itself.
func (s *Sessions) leaves(c *clk1.Claims, unit *clk1.Unit, now int64) error {
	if s.view == nil {
		return nil
	}
	if s.view.distrusts(unit.KidDigest()) {
		return errDistrusted
	}
	if revoked, _ := s.view.revoked(s.factsOf(c, unit.KidDigest()), now); revoked {
		return rejectRevoked
	}
	return nil
}

// moveTo sets issued_at and the timeouts of the next token, unless the session
// is over. Leeway is not granted here, so that the offset stays below the
// absolute timeout.
func (s *Sessions) moveTo(c *clk1.Claims, now int64) bool {
	t := now
	if issued := c.IssuedAt(); issued > t {
		t = issued
	}
	absolute, idle := s.limits.absoluteOf(c), s.limits.idleOf(c)
	if t >= c.AuthenticatedAt+absolute {
		return false
	}
	c.Offset = uint32(t - c.AuthenticatedAt)
	c.Idle, c.Absolute = uint32(idle), uint32(absolute)
	return true
}

// advance prepares the claims of the next token of a session.
func (s *Sessions) advance(session *sessionData) (c clk1.Claims, unit *clk1.Unit, now int64, err error) {
	if now, err = s.recheck(session); err != nil {
		return c, nil, 0, err
	}
	c = session.claims
	if unit, err = s.sealingUnit(now); err != nil {
		return c, nil, 0, err
	}
	// Else a thief of a key would start a session as far ahead as the tolerance
	// allows, have it sealed under the next key, and stand above the cut-offs
	// that follow when the key is disabled.
	if c.AuthenticatedAt > now && unit.Kid() != session.kid {
		return c, nil, 0, unavailable("the session starts in the future, under another key", nil)
	}
	if !s.moveTo(&c, now) {
		return c, nil, 0, rejectExpired
	}
	return c, unit, now, nil
}

var errReadOnly = refuse("the payload was written by a newer program and cannot be replaced")

// Update gives a session a new payload. Tokens sealed earlier stay acceptable
// until their own deadlines; to prevent that, use Rotate.
func (s *Sessions) Update(session *Session, payload []byte) (string, error) {
	if session.ReadOnly() {
		return "", errReadOnly
	}
	c, unit, now, err := s.advance(session.d())
	if err != nil {
		return "", err
	}
	c.Major, c.Minor = s.write.Major, s.write.Minor
	if err := s.checkSize(&c, payload); err != nil {
		return "", err
	}
	if err := s.leaves(&c, unit, now); err != nil {
		return "", err
	}
	return seal(unit, &c, payload, session.d().binding)
}

// Rotate gives a session a new generation and revokes the earlier ones, for a
// change of privilege. The payload stays.
func (s *Sessions) Rotate(session *Session) (string, error) { return s.rotate(session, nil) }

// RotateWith is Rotate with a new payload.
func (s *Sessions) RotateWith(session *Session, payload []byte) (string, error) {
	return s.rotate(session, &payload)
}

func (s *Sessions) rotate(session *Session, replace *[]byte) (string, error) {
	if session.ReadOnly() && replace != nil {
		return "", errReadOnly
	}
	c, unit, now, err := s.advance(session.d())
	if err != nil {
		return "", err
	}
	if s.view == nil {
		return "", refuse("a rotation revokes the earlier tokens, and this configuration has no revocation")
	}
	if c.Generation >= clk1.GenerationMax {
		return "", refuse("the session has no generation left")
	}
	c.Generation++
	payload := session.d().payload
	if replace != nil {
		payload = *replace
		c.Major, c.Minor = s.write.Major, s.write.Minor
	}
	if err := s.checkSize(&c, payload); err != nil {
		return "", err
	}
	if err := s.leaves(&c, unit, now); err != nil {
		return "", err
	}
	if _, err := s.publishSession(c.ID, uint64(c.Generation), now, true); err != nil {
		return "", err
	}
	return seal(unit, &c, payload, session.d().binding)
}
