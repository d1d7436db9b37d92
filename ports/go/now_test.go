package cloakroom

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// counted is a clock that counts how often it is read, and fails from a number
// of readings on.
type counted struct{ readings, most int }

func (c *counted) time() time.Time {
	c.readings++
	if c.readings > c.most {
		return time.Unix(-1, 0)
	}
	return time.Unix(start, 0)
}

func newCounted(t *testing.T) (*server, *counted, string, *Session) {
	t.Helper()
	c := &counted{most: 99}
	s := newServer(t, func(config *Config) {
		config.Clock = c.time
		config.Policy.ShareNum = 0 // every renewal is due
	}, RevocationOptions{})
	token, session := s.login(t, "user-42")
	c.readings = 0
	return s, c, token, session
}

var procedures = map[string]func(*server, string, *Session) error{
	"Verify": func(s *server, token string, _ *Session) error { _, err := s.Verify(token); return err },
	"Issue":  func(s *server, _ string, _ *Session) error { _, _, err := s.Issue("user-42", nil); return err },
	"Renew":  func(s *server, _ string, one *Session) error { _, err := s.Renew(one); return err },
	"Update": func(s *server, _ string, one *Session) error { _, err := s.Update(one, nil); return err },
	"Rotate": func(s *server, _ string, one *Session) error { _, err := s.Rotate(one); return err },
	"Reauthenticate": func(s *server, _ string, one *Session) error {
		_, _, err := s.Reauthenticate(one, "user-42", nil)
		return err
	},
	"Logout":           func(s *server, _ string, one *Session) error { _, err := s.Logout(one); return err },
	"LogoutToken":      func(s *server, token string, _ *Session) error { _, err := s.LogoutToken(token); return err },
	"LogoutEverywhere": func(s *server, _ string, _ *Session) error { _, err := s.LogoutEverywhere("user-42"); return err },
	"LogoutOthers":     func(s *server, _ string, one *Session) error { _, err := s.LogoutOthers(one); return err },
	"EndAll":           func(s *server, _ string, _ *Session) error { _, err := s.EndAll(); return err },
	"DistrustKey":      func(s *server, _ string, one *Session) error { _, err := s.DistrustKey(one.Kid()); return err },
}

func TestEveryProcedureReadsTheClockOnce(t *testing.T) {
	for name, run := range procedures {
		s, c, token, session := newCounted(t)
		if err := run(s, token, session); err != nil || c.readings != 1 {
			t.Errorf("%s: %v, %d readings", name, err, c.readings)
		}
		s, c, token, session = newCounted(t)
		c.most = 0
		if err := run(s, token, session); !errors.Is(err, ErrUnavailable) || c.readings != 1 {
			t.Errorf("%s without a clock: %v, %d readings", name, err, c.readings)
		}
	}
}

func TestGarbageWithoutAClockIsNoRejection(t *testing.T) {
	s, c, _, _ := newCounted(t)
	c.most = 0
	for _, text := range []string{"", "clk1.", "\xff", strings.Repeat("x", 5000)} {
		if _, err := s.Verify(text); !errors.Is(err, ErrUnavailable) {
			t.Errorf("%.9q: %v", text, err)
		}
		if _, err := s.LogoutToken(text); !errors.Is(err, ErrUnavailable) {
			t.Errorf("%.9q: %v", text, err)
		}
	}
}
