package cloakroom

import (
	"time"

	"cloakroom.dev/go/cloakroom/internal/clk1"
	"cloakroom.dev/go/cloakroom/payload"
)

// Verify accepts a token and returns its session, or an error that matches
// ErrRejected, or one that matches ErrUnavailable.
func (s *Sessions) Verify(token string, opts ...Option) (*Session, error) {
	o, err := collect(opts)
	if err != nil {
		return nil, err
	}
	now, err := s.now()
	if err != nil {
		return nil, err
	}
	session, unit, reject := s.open(token, o.binding, now)
	if reject != nil {
		return nil, reject
	}
	if !session.parse() {
		return nil, rejectClaims
	}
	if reject := s.readPayload(session); reject != nil {
		return nil, reject
	}
	if reject := s.limits.checkTime(&session.claims, now); reject != nil {
		return nil, reject
	}
	if err := s.checkRevoked(session, unit, now, o.sensitive); err != nil {
		return nil, err
	}
	return &Session{session}, nil
}

// open decrypts a token and returns the data of a session, of which only the
// plaintext is read yet.
func (s *Sessions) open(token string, binding []byte, now int64) (*sessionData, *clk1.Unit, *Rejection) {
	body, ok := clk1.ParseToken(token)
	if !ok {
		return nil, nil, rejectText
	}
	plan, units := s.ring()
	i, ok := plan.opens(body.Kid(), now)
	if !ok {
		return nil, nil, rejectKey
	}
	return s.openWith(units[i], body, binding, now)
}

func (s *Sessions) openWith(unit *clk1.Unit, body clk1.Body, binding []byte, now int64) (*sessionData, *clk1.Unit, *Rejection) {
	plaintext, stage := unit.Open(body, binding)
	switch stage {
	case clk1.StageTag:
		return nil, nil, rejectTag
	case clk1.StageNonce:
		return nil, nil, rejectNonce
	}
	return &sessionData{
		payload: plaintext, kid: body.Kid(), unit: unit, nonce: body.Nonce(),
		now: now, limits: s.limits, purpose: s.purpose, audience: s.audience,
		binding: append([]byte(nil), binding...), valid: true,
	}, unit, nil
}

// parse splits the plaintext into claims and payload.
func (session *sessionData) parse() bool {
	var ok bool
	session.claims, session.payload, ok = clk1.ParseClaims(session.payload)
	return ok
}

func (s *Sessions) readPayload(session *sessionData) *Rejection {
	var shape *payload.Shape
	for i := range s.shapes {
		if s.shapes[i].Major == session.claims.Major {
			shape = &s.shapes[i]
		}
	}
	if shape == nil {
		return rejectSchema
	}
	var err error
	session.value, session.readOnly, err = shape.Read(session.claims.Minor, session.payload)
	if err != nil {
		return rejectSchema
	}
	return nil
}

// checkRevoked reads the freshness of the view before its entries: a view that
// catches up in between must not lend its new freshness to the older answer.
func (s *Sessions) checkRevoked(session *sessionData, unit *clk1.Unit, now int64, sensitive bool) error {
	if s.view == nil {
		return nil
	}
	state, age := s.view.freshness()
	revoked, mark := s.view.revoked(s.factsOf(&session.claims, unit.KidDigest()), now)
	if revoked {
		return rejectRevoked
	}
	grace := time.Duration(s.limits.grace) * time.Second
	if state != Fresh && (sensitive || grace == 0 || state == Blind || age > grace) {
		return unavailable("the revocation view is not fresh", nil)
	}
	// The entry for this token may have been forgotten meanwhile.
	if mark > now {
		if reject := s.limits.checkTime(&session.claims, mark); reject != nil {
			return reject
		}
	}
	return nil
}

func (s *Sessions) factsOf(c *clk1.Claims, kid clk1.Digest) facts {
	return facts{claims: c, ctx: s.ctxDigest, kid: kid}
}
