package conformance

import (
	"errors"
	"time"

	"cloakroom.dev/go/cloakroom"
	"cloakroom.dev/go/cloakroom/internal/clk1"
	"cloakroom.dev/go/cloakroom/internal/seam"
)

func evalIssue(in *input, _ []int64) (*Result, error) {
	s := readScene(in)
	s.fixKeys(in, []string{in.str("key")}, []string{string(cloakroom.Sealing)})
	id := in.hex("session_id")
	subject, data := in.hex("subject"), in.hex("payload")
	s.config.Write = &cloakroom.Schema{Major: in.u32("major"), Minor: in.u32("minor")}
	if len(id) != clk1.SessionIDLen {
		return nil, ErrRequest
	}
	if err := s.build(in); err != nil {
		return nil, err
	}
	seam.SetSessionID(s.sessions, *(*[16]byte)(id))
	token, session, err := s.sessions.Issue(string(subject), data, cloakroom.Binding(s.binding))
	stage, err := failure(err)
	if err != nil {
		return nil, err
	}
	if stage != "" {
		return &Result{stage, object("token", nil, "claims", nil)}, nil
	}
	return &Result{"ok", object("token", token, "claims", claimsOf(session))}, nil
}

// verified builds the scene of an operation on an existing session. Outcomes
// for which there is no vector get the stage of the rejection, or
// "unavailable".
func verified(in *input, s *scene) (*cloakroom.Session, string, error) {
	if err := s.build(in); err != nil {
		return nil, "", err
	}
	session, err := s.sessions.Verify(s.token, cloakroom.Binding(s.binding))
	stage, err := failure(err)
	return session, stage, err
}

// failure turns an error into a stage, "" for none.
func failure(err error) (string, error) {
	var rejection *cloakroom.Rejection
	switch {
	case err == nil:
		return "", nil
	case errors.As(err, &rejection):
		return rejection.Stage(), nil
	case errors.Is(err, cloakroom.ErrUnavailable):
		return "unavailable", nil
	case errors.Is(err, cloakroom.ErrRefused):
		return "refused", nil
	}
	return "", err
}

func evalRenew(in *input, _ []int64) (*Result, error) {
	s := readVerify(in)
	share := in.list("share")
	if len(share) != 2 {
		return nil, ErrRequest
	}
	p, ok1 := parseNumber(share[0], 1<<32-1)
	q, ok2 := parseNumber(share[1], 1<<32-1)
	if !ok1 || !ok2 {
		return nil, ErrRequest
	}
	s.config.Policy.ShareNum, s.config.Policy.ShareDen = uint32(p), uint32(q)
	session, stage, err := verified(in, s)
	if err != nil {
		return nil, err
	}
	token := ""
	if stage == "" {
		token, err = s.sessions.Renew(session)
		if stage, err = failure(err); err != nil {
			return nil, err
		}
	}
	switch {
	case stage != "":
		return &Result{stage, object("token", nil)}, nil
	case token == "":
		return &Result{"none", object("token", nil)}, nil
	}
	return &Result{"ok", object("token", token)}, nil
}

// readNew reads the new payload of an update or rotation.
func (s *scene) readNew(in *input) []byte {
	next := in.object("new")
	data := next.hex("payload")
	s.config.Write = &cloakroom.Schema{Major: next.u32("major"), Minor: next.u32("minor")}
	in.failed = in.failed || next.done() != nil
	return data
}

func evalUpdate(in *input, _ []int64) (*Result, error) {
	s := readVerify(in)
	data := s.readNew(in)
	session, stage, err := verified(in, s)
	if err != nil {
		return nil, err
	}
	token := ""
	if stage == "" {
		token, err = s.sessions.Update(session, data)
		if stage, err = failure(err); err != nil {
			return nil, err
		}
	}
	if stage != "" {
		return &Result{stage, object("token", nil)}, nil
	}
	return &Result{"ok", object("token", token)}, nil
}

func evalRotate(in *input, _ []int64) (*Result, error) {
	s := readVerify(in)
	replace := !in.nullable("new")
	var data []byte
	if replace {
		data = s.readNew(in)
	}
	life := in.number("entry_life", 1<<33)
	session, stage, err := verified(in, s)
	if err != nil {
		return nil, err
	}
	seam.SetEntryLife(s.view, life)
	token := ""
	if stage == "" {
		if replace {
			token, err = s.sessions.RotateWith(session, data)
		} else {
			token, err = s.sessions.Rotate(session)
		}
		if stage, err = failure(err); err != nil {
			return nil, err
		}
	}
	if stage != "" {
		return &Result{stage, object("token", nil, "record", nil)}, nil
	}
	return &Result{"ok", object("token", token, "record", hexOf(s.store.last.Append(nil)))}, nil
}

func evalLogout(in *input, _ []int64) (*Result, error) {
	s := readScene(in)
	s.readKeys(in)
	s.token = in.text("token")
	life := in.number("entry_life", numberMax-clockMax)
	if err := s.build(in); err != nil {
		return nil, err
	}
	seam.SetEntryLife(s.view, life)
	_, err := s.sessions.LogoutToken(s.token, cloakroom.Binding(s.binding))
	stage, err := failure(err)
	switch {
	case err != nil:
		return nil, err
	case stage == "unavailable":
		return &Result{stage, object("record", nil)}, nil
	case stage != "":
		return &Result{"refused", object("record", nil)}, nil
	}
	return &Result{"ok", object("record", hexOf(s.store.last.Append(nil)))}, nil
}

func evalCutoff(in *input, _ []int64) (*Result, error) {
	s := readScene(in)
	s.fixKeys(in, []string{in.str("key")}, []string{string(cloakroom.Sealing)})
	everybody, subject, before := in.nullable("subject"), "", time.Time{}
	if !everybody {
		subject = string(in.hex("subject"))
	}
	if !in.nullable("before") {
		before = time.Unix(in.number("before", numberMax), 0)
	}
	if err := s.build(in); err != nil {
		return nil, err
	}
	var err error
	if everybody {
		_, err = s.sessions.EndAllBefore(before)
	} else {
		_, err = s.sessions.CutOffSubject(subject, before)
	}
	stage, err := failure(err)
	if err != nil {
		return nil, err
	}
	if stage != "" {
		return &Result{stage, object("cutoff", nil)}, nil
	}
	return &Result{"ok", object("cutoff", number(s.store.last.Value))}, nil
}
