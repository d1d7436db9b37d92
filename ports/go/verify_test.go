package cloakroom

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"cloakroom.dev/go/cloakroom/internal/clk1"
	"cloakroom.dev/go/cloakroom/payload"
)

func TestExampleOfSpecification(t *testing.T) {
	s := newServer(t, func(c *Config) { c.Shapes = []payload.Shape{{Major: 1, Type: userType()}} }, RevocationOptions{})
	s.clock.now = start + 1000
	session, err := s.Verify(specToken, Binding([]byte("device-7")))
	if err != nil {
		t.Fatal(err)
	}
	user := session.Value().(payload.Fields)
	if user["id"] != uint64(42) || user["name"] != "Ada" || user["admin"] != false {
		t.Errorf("the payload is %v", user)
	}
	if session.Kid() != "2d2f88ed" || session.LogID() != "4a07395071fdac36" {
		t.Errorf("the names for logs are %s and %s", session.Kid(), session.LogID())
	}
	if session.TokenID() != "ed6014c0b280a51f08e92b7c097ed188160064e1553a1821" {
		t.Errorf("N is %s", session.TokenID())
	}
	if session.Subject() != "user-42" || session.Generation() != 1 {
		t.Errorf("subject %q, generation %d", session.Subject(), session.Generation())
	}
	if d := session.Deadline().Unix(); d != start+900+1800 {
		t.Errorf("the deadline is %d", d-start)
	}
}

func TestRoundTrip(t *testing.T) {
	s := newServer(t, nil, RevocationOptions{})
	for _, subject := range []string{"", "user-42", strings.Repeat("\xff", 255)} {
		for _, data := range [][]byte{nil, {0}, bytes.Repeat([]byte("x"), 2500)} {
			for _, binding := range [][]byte{nil, []byte("device"), make([]byte, 1024)} {
				token, issued, err := s.Issue(subject, data, Binding(binding))
				if err != nil {
					t.Fatal(err)
				}
				got, err := s.Verify(token, Binding(binding))
				if err != nil {
					t.Fatal(err)
				}
				if got.Subject() != subject || !bytes.Equal(got.Payload(), data) ||
					got.ID() != issued.ID() || got.TokenID() != issued.TokenID() || got.LogID() != issued.LogID() {
					t.Fatal("the session that comes out is not the one that went in")
				}
			}
		}
	}
}

func TestSessionIDsAreRandom(t *testing.T) {
	s := newServer(t, nil, RevocationOptions{})
	seen := map[[16]byte]bool{}
	for i := 0; i < 100; i++ {
		_, session := s.login(t, "u")
		if seen[session.ID()] {
			t.Fatal("a session id came twice")
		}
		seen[session.ID()] = true
	}
	s.random = bytes.NewReader(make([]byte, 15))
	if token, _, err := s.Issue("u", nil); token != "" || !errors.Is(err, ErrUnavailable) {
		t.Errorf("without randomness Issue gives %v", err)
	}
}

func TestHostileTokens(t *testing.T) {
	s := newServer(t, nil, RevocationOptions{})
	token, _ := s.login(t, "user-42")
	s.alive(t, token)
	hostile := map[string]string{
		"empty":           "",
		"prefix":          "clk1.",
		"64 characters":   token[:64],
		"4097 characters": "clk1." + strings.Repeat("A", 4092),
		"16 MiB":          strings.Repeat("A", 16<<20),
		"NUL":             strings.Repeat("\x00", 100),
		"upper prefix":    "CLK1." + token[5:],
		"space before":    " " + token,
		"line end":        token + "\n",
		"CR inside":       token[:20] + "\r" + token[20:],
		"LF inside":       token[:20] + "\n" + token[20:],
		"padding":         token + "=",
		"standard base64": token[:30] + "+/" + token[32:],
		"quoted":          `"` + token + `"`,
		"not UTF-8":       token[:40] + "\xff\xfe" + token[42:],
		"wide character":  token[:40] + "é" + token[42:],
		"twice":           token + token,
		"two dots":        token[:30] + "." + token[31:],
		"JWT":             "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1c2VyLTQyIn0.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	}
	for name, text := range hostile {
		session, err := s.Verify(text)
		if session != nil || !errors.Is(err, ErrRejected) || !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		} else if err.Error() != ErrRejected.Error() {
			t.Errorf("%s: the message is %q", name, err)
		}
	}
	for n := range token {
		if _, err := s.Verify(token[:n]); !errors.Is(err, ErrInvalid) {
			t.Errorf("cut to %d characters: %v", n, err)
		}
	}
}

func TestEveryBitFlip(t *testing.T) {
	s := newServer(t, nil, RevocationOptions{})
	token, _ := s.login(t, "user-42")
	for i := range token {
		for bit := 0; bit < 8; bit++ {
			text := []byte(token)
			text[i] ^= 1 << bit
			if _, err := s.Verify(string(text)); !errors.Is(err, ErrInvalid) {
				t.Errorf("bit %d of character %d: %v", bit, i, err)
			}
		}
	}
	body, _ := clk1.ParseToken(token)
	for i := range body {
		for bit := 0; bit < 8; bit++ {
			changed := append([]byte(nil), body...)
			changed[i] ^= 1 << bit
			want := "tag"
			if i < clk1.KidLen {
				want = "key"
			}
			_, err := s.Verify("clk1." + base64.RawURLEncoding.EncodeToString(changed))
			if stageOf(err) != want {
				t.Errorf("bit %d of byte %d: stage %s, not %s", bit, i, stageOf(err), want)
			}
		}
	}
}

func TestContextSeparation(t *testing.T) {
	s := newServer(t, nil, RevocationOptions{})
	token, _, err := s.Issue("u", nil, Binding([]byte("device-7")))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Verify(token, Binding([]byte("device-7"))); err != nil {
		t.Fatal(err)
	}
	for _, b := range [][]byte{nil, []byte("device-8"), []byte("device-7\x00")} {
		if _, err := s.Verify(token, Binding(b)); stageOf(err) != "tag" {
			t.Errorf("binding %q: %v", b, err)
		}
	}
	for _, other := range [][2]string{{"session", ""}, {"sessio", "napi.example.com"}, {"reset", "api.example.com"}} {
		o := newServer(t, func(c *Config) { c.Keys, c.Purpose, c.Audience = s.ring, other[0], other[1] }, RevocationOptions{})
		if _, err := o.Verify(token, Binding([]byte("device-7"))); stageOf(err) != "tag" {
			t.Errorf("%q: %v", other, err)
		}
	}
	if _, err := s.Verify(token, Binding(make([]byte, 1025))); !errors.Is(err, ErrRefused) {
		t.Errorf("a binding of 1025 bytes: %v", err)
	}
}

func TestTimeTable(t *testing.T) {
	// Section 8.2 of the specification. A policy value of 0 sets no smaller one.
	rows := []struct {
		offset, idle, absolute uint32
		polIdle, polAbsolute   int64
		leeway, now            int64
		want                   string
	}{
		{900, 1800, 28800, 0, 0, 0, 2699, ""},
		{900, 1800, 28800, 0, 0, 0, 2700, "idle"},
		{900, 1800, 28800, 0, 0, 1, 2700, ""},
		{900, 1800, 28800, 0, 0, 1, 2701, "idle"},
		{28000, 1800, 28800, 0, 0, 0, 28799, ""},
		{28000, 1800, 28800, 0, 0, 0, 28800, "expired"},
		{900, 1800, 28800, 0, 0, 0, 28800, "expired"},
		{0, 1800, 28800, 0, 0, 0, -60, ""},
		{0, 1800, 28800, 0, 0, 0, -61, "not-yet"},
		{900, 1800, 28800, 0, 0, 0, 840, ""},
		{900, 1800, 28800, 0, 0, 0, 839, "not-yet"},
		{900, 0, 28800, 0, 0, 0, 28799, ""},
		{900, 1800, 28800, 600, 0, 0, 1500, "idle"},
		{900, 0, 28800, 600, 0, 0, 1500, "idle"},
		{900, 1800, 28800, 0, 1000, 0, 1000, "expired"},
		{30000, 1800, 28800, 0, 0, 0, 29000, "not-yet"},
		{30000, 1800, 28800, 0, 0, 0, 29940, "expired"},
	}
	for _, r := range rows {
		l := limits{idle: r.polIdle, absolute: r.polAbsolute, leeway: r.leeway, tolerance: 60}
		if l.absolute == 0 {
			l.absolute = 1<<32 - 1
		}
		c := clk1.Claims{AuthenticatedAt: start, Offset: r.offset, Idle: r.idle, Absolute: r.absolute}
		got := ""
		if reject := l.checkTime(&c, start+r.now); reject != nil {
			got = reject.Reason()
		}
		if got != r.want {
			t.Errorf("%+v: %q", r, got)
		}
	}
}

func TestTimeOfLiveSession(t *testing.T) {
	s := newServer(t, nil, RevocationOptions{})
	token, session := s.login(t, "u")
	s.clock.now = start + 1799
	session = s.alive(t, token)
	if session.IssuedWithin(1799*time.Second) || !session.IssuedWithin(1800*time.Second) {
		t.Error("IssuedWithin is wrong at its boundary")
	}
	if session.AuthenticatedWithin(1799*time.Second) || !session.AuthenticatedWithin(1800*time.Second) {
		t.Error("AuthenticatedWithin is wrong at its boundary")
	}
	s.clock.now = start + 1800
	s.dead(t, token, ErrIdle)
	s.clock.now = start - 60
	s.alive(t, token)
	s.clock.now = start - 61
	s.dead(t, token, ErrNotYet)
	for _, now := range []int64{-1, clk1.TimeMax + 1} {
		s.clock.now = now
		s.dead(t, token, ErrUnavailable)
	}
	s.clock.now = start + 28800
	s.dead(t, token, ErrExpired)
}

func TestRejectionClasses(t *testing.T) {
	all := []error{ErrInvalid, ErrWrongSchema, ErrNotYet, ErrExpired, ErrIdle, ErrRevoked}
	for _, c := range []struct {
		r    *Rejection
		want error
	}{
		{rejectText, ErrInvalid}, {rejectKey, ErrInvalid}, {rejectTag, ErrInvalid},
		{rejectNonce, ErrInvalid}, {rejectClaims, ErrInvalid}, {rejectSchema, ErrWrongSchema},
		{rejectNotYet, ErrNotYet}, {rejectExpired, ErrExpired}, {rejectIdle, ErrIdle},
		{rejectRevoked, ErrRevoked},
	} {
		if c.r.Error() != "cloakroom: session rejected" || !errors.Is(c.r, ErrRejected) || errors.Is(c.r, ErrUnavailable) {
			t.Errorf("%s: not one outward failure", c.r.Stage())
		}
		for _, class := range all {
			if errors.Is(c.r, class) != (class == c.want) {
				t.Errorf("%s/%s: matches %v", c.r.Stage(), c.r.Reason(), class)
			}
		}
	}
}

func TestSchemas(t *testing.T) {
	s := newServer(t, func(c *Config) {
		c.Shapes = []payload.Shape{{Major: 2, Minor: 1, Type: userType()}, payload.Raw(1)}
	}, RevocationOptions{})
	data, err := payload.Encode(userType(), payload.Fields{"id": uint64(7), "name": "Ada", "admin": true})
	if err != nil {
		t.Fatal(err)
	}
	token, issued, err := s.Issue("u", data)
	if err != nil {
		t.Fatal(err)
	}
	if major, minor := issued.Schema(); major != 2 || minor != 1 {
		t.Errorf("written as %d.%d", major, minor)
	}
	if v := s.alive(t, token).Value().(payload.Fields); v["admin"] != true {
		t.Errorf("decoded to %v", v)
	}
	bad, _, _ := s.Issue("u", data[:3])
	s.dead(t, bad, ErrWrongSchema)
	newer := newServer(t, func(c *Config) {
		c.Keys, c.Shapes = s.ring, []payload.Shape{{Major: 2, Minor: 2, Type: userType()}}
	}, RevocationOptions{})
	fromNewer, _, _ := newer.Issue("u", append(data, 9))
	session := s.alive(t, fromNewer)
	if !session.ReadOnly() {
		t.Error("a payload of a newer minor is not read-only")
	}
	if _, err := s.Update(session, data); !errors.Is(err, ErrRefused) {
		t.Errorf("Update of a read-only session: %v", err)
	}
	if _, err := s.RotateWith(session, data); !errors.Is(err, ErrRefused) {
		t.Errorf("RotateWith of a read-only session: %v", err)
	}
	if _, err := s.Rotate(session); err != nil {
		t.Errorf("Rotate of a read-only session: %v", err)
	}
}
