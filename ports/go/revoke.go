package cloakroom

import (
	"encoding/hex"
	"time"

	"cloakroom.dev/go/cloakroom/internal/clk1"
)

// publishSession publishes an entry for a session. The first of several
// rotations wins: with once set, an entry that says as much already rejects.
func (s *Sessions) publishSession(id [16]byte, value uint64, now int64, once bool) (Publication, error) {
	var taken func(*revocationState) bool
	if once {
		taken = func(state *revocationState) bool { return state.sessions[id].value >= value }
	}
	build := func() (Record, error) {
		return Record{Kind: SessionEntry, Key: id, Value: value}, nil
	}
	p, _, err := s.view.publish(now, build, taken)
	return p, err
}

// revoker checks that this configuration can revoke and reads the clock.
func (s *Sessions) revoker() (int64, error) {
	now, err := s.now()
	if err != nil {
		return 0, err
	}
	if err := s.needIssuer(); err != nil {
		return 0, err
	}
	if s.view == nil {
		return 0, refuse("this configuration has no revocation")
	}
	return now, nil
}

// Logout ends a session. Read the Publication: Pending means that the other
// servers do not know yet.
func (s *Sessions) Logout(session *Session) (Publication, error) {
	now, err := s.revoker()
	if err != nil {
		return InMemory, err
	}
	if !session.d().valid {
		return InMemory, rejectTag
	}
	return s.publishSession(session.d().claims.ID, LoggedOut, now, false)
}

// LogoutID ends a session of which only the id is known, from a list of
// sessions for instance.
func (s *Sessions) LogoutID(id [16]byte) (Publication, error) {
	now, err := s.revoker()
	if err != nil {
		return InMemory, err
	}
	return s.publishSession(id, LoggedOut, now, false)
}

// LogoutToken ends the session of a token, even if the token itself has
// expired: a copy may have been renewed. A token that does not open logs
// nobody out.
func (s *Sessions) LogoutToken(token string, opts ...Option) (Publication, error) {
	o, err := collect(opts)
	if err != nil {
		return InMemory, err
	}
	now, err := s.revoker()
	if err != nil {
		return InMemory, err
	}
	body, ok := clk1.ParseToken(token)
	if !ok {
		return InMemory, rejectText
	}
	plan, units := s.ring()
	i, ok := plan.byKid[body.Kid()]
	if !ok || plan.times.state(i, now) == Disabled {
		return InMemory, rejectKey
	}
	session, _, reject := s.openWith(units[i], body, o.binding, now)
	if reject != nil {
		return InMemory, reject
	}
	if !session.parse() {
		return InMemory, rejectClaims
	}
	return s.publishSession(session.claims.ID, LoggedOut, now, false)
}

// LogoutEverywhere ends all sessions of a subject.
func (s *Sessions) LogoutEverywhere(subject string) (Publication, error) {
	return s.cutOffSubject(subject, nil, time.Time{})
}

// LogoutOthers ends all sessions of the subject of a session but this one.
func (s *Sessions) LogoutOthers(session *Session) (Publication, error) {
	if !session.d().valid {
		return InMemory, rejectTag
	}
	return s.cutOffSubject(session.Subject(), &session.d().claims.ID, time.Time{})
}

// CutOffSubject ends the sessions of a subject that started before a time.
func (s *Sessions) CutOffSubject(subject string, before time.Time) (Publication, error) {
	return s.cutOffSubject(subject, nil, before)
}

// EndAll ends all sessions of the purpose and audience.
func (s *Sessions) EndAll() (Publication, error) { return s.EndAllBefore(time.Time{}) }

// EndAllBefore ends the sessions of the purpose and audience that started
// before a time. The zero time stands for now.
func (s *Sessions) EndAllBefore(before time.Time) (Publication, error) {
	now, err := s.revoker()
	if err != nil {
		return InMemory, err
	}
	return s.endAll(before, now)
}

func (s *Sessions) endAll(before time.Time, now int64) (Publication, error) {
	return s.cutOff(Record{Kind: AudienceCutoff, Key: s.ctxDigest}, before, now)
}

func (s *Sessions) cutOffSubject(subject string, spare *[16]byte, before time.Time) (Publication, error) {
	now, err := s.revoker()
	if err != nil {
		return InMemory, err
	}
	if subject == "" {
		return InMemory, refuse("the empty subject is nobody's, so it has no sessions to end")
	}
	if len(subject) > clk1.SubjectMax {
		return InMemory, refuse("a subject has at most %d bytes, this one has %d", clk1.SubjectMax, len(subject))
	}
	r := Record{Kind: SubjectCutoff, Key: Digest(SubjectCutoff, []byte(subject))}
	if spare != nil {
		r.Exempt, r.HasExempt = *spare, true
	}
	return s.cutOff(r, before, now)
}

// cutOff completes and publishes a cut-off. One for now lies behind sessions
// that neighbours with faster clocks have started, and behind the logins that
// had to start behind an earlier cut-off.
func (s *Sessions) cutOff(r Record, before time.Time, now int64) (Publication, error) {
	build := func() (Record, error) {
		most := now + s.limits.tolerance/2
		if !before.IsZero() {
			c, ok := unixOf(before)
			if !ok || c > most {
				return r, refuse("a cut-off lies between 1970 and half the tolerance ahead of now")
			}
			r.Value = uint64(c)
			return r, nil
		}
		c := s.view.cutoffBound(r, now) + 1
		if c > most {
			c = most
		}
		if least := now + s.limits.skew + 1; least > c {
			c = least
		}
		r.Value = uint64(c)
		return r, nil
	}
	p, _, err := s.view.publish(now, build, nil)
	return p, err
}

// DistrustKey refuses all tokens of a key that leaked, and ends all sessions
// of the purpose and audience, since a forger may have exchanged his token for
// one of the next key. Mark the key as disabled in the ring file of all
// servers first, do the same for every purpose and audience the key served,
// and call it again when the bound of the view has passed.
func (s *Sessions) DistrustKey(kid string) (Publication, error) {
	now, err := s.revoker()
	if err != nil {
		return InMemory, err
	}
	raw, err := hex.DecodeString(kid)
	if err != nil || len(raw) != clk1.KidLen {
		return InMemory, refuse("a kid has 8 hexadecimal digits")
	}
	r := Record{Kind: KeyEntry, Key: Digest(KeyEntry, raw), Value: Forever, Expires: Forever}
	first, _, err := s.view.publish(now, func() (Record, error) { return r, nil }, nil)
	if err != nil {
		return InMemory, err
	}
	second, err := s.endAll(time.Time{}, now)
	if second < first {
		first = second
	}
	return first, err
}

// Reauthenticate starts a new session after credentials were checked again and
// ends the old one. Nothing of the old session is kept.
func (s *Sessions) Reauthenticate(old *Session, subject string, payload []byte, opts ...Option) (string, *Session, error) {
	if !old.d().valid {
		return "", nil, rejectTag
	}
	if s.view == nil {
		return "", nil, refuse("the old session cannot be ended: this configuration has no revocation")
	}
	token, session, err := s.Issue(subject, payload, opts...)
	if err != nil {
		return "", nil, err
	}
	if _, err := s.publishSession(old.d().claims.ID, LoggedOut, session.d().now, false); err != nil {
		return "", nil, err
	}
	return token, session, nil
}

// RetryPending offers the records that did not reach a store to it again and
// returns how many still wait. Call it from time to time while there are any.
func (s *Sessions) RetryPending() (int, error) {
	now, err := s.revoker()
	if err != nil {
		return 0, err
	}
	return s.view.retry(now), nil
}
