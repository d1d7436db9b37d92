// Command bench compares the speed of sealing and verifying a session with
// that of a JSON Web Token (HS256) with the same content, and the time to
// accept a token with the times to reject one.
//
// All cases of a table take turns in short rounds, so that a busy machine
// slows all of them; the medians over the rounds are printed.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"sort"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v4"

	"cloakroom.dev/go/cloakroom"
	"cloakroom.dev/go/cloakroom/payload"
)

const (
	subject = "user-42"
	batch   = 200
)

var rounds = 301

// data is a payload of 79 bytes, for the token a string claim.
var data = []byte(`{"name":"Ada Lovelace","role":"editor","tenant":"analytical","theme":"dark"}   `)

type bench struct {
	name string
	run  func() error
	took []time.Duration
}

// measure lets the cases take turns and returns the median time of each.
func measure(cases []*bench) error {
	for _, c := range cases {
		if err := c.run(); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	for round := 0; round < rounds; round++ {
		for i := range cases {
			c := cases[(i+round)%len(cases)]
			begin := time.Now()
			for n := 0; n < batch; n++ {
				if err := c.run(); err != nil {
					return fmt.Errorf("%s: %w", c.name, err)
				}
			}
			c.took = append(c.took, time.Since(begin)/batch)
		}
	}
	for _, c := range cases {
		sort.Slice(c.took, func(i, j int) bool { return c.took[i] < c.took[j] })
	}
	return nil
}

func (b *bench) median() time.Duration { return b.took[len(b.took)/2] }

// servers are the one that is measured and what makes others with its keys.
type servers struct {
	own  *cloakroom.Sessions
	ring *cloakroom.KeyRing
}

func (s *servers) with(ago time.Duration, idle time.Duration, major uint32) (*cloakroom.Sessions, error) {
	view, err := cloakroom.NewRevocations(cloakroom.RevocationOptions{})
	if err != nil {
		return nil, err
	}
	return cloakroom.New(cloakroom.Config{
		Keys: s.ring, Purpose: "session", Audience: "api.example.com", Revocations: view,
		Policy: cloakroom.NewPolicy(idle, 8*time.Hour), Shapes: []payload.Shape{payload.Raw(major)},
		Clock: func() time.Time { return time.Now().Add(-ago) },
	})
}

// late are tokens that are rejected after they were opened.
func (s *servers) late() (map[string]string, error) {
	tokens := map[string]string{}
	for name, c := range map[string]struct {
		ago, idle time.Duration
		major     uint32
	}{
		"idle": {2000 * time.Second, 30 * time.Minute, 1}, "expired": {29000 * time.Second, cloakroom.NoIdle, 1},
		"another schema": {time.Second, 30 * time.Minute, 2},
	} {
		other, err := s.with(c.ago, c.idle, c.major)
		if err != nil {
			return nil, err
		}
		if tokens[name], _, err = other.Issue(subject, data); err != nil {
			return nil, err
		}
	}
	token, session, err := s.own.Issue(subject, data)
	if err != nil {
		return nil, err
	}
	tokens["revoked"] = token
	_, err = s.own.Logout(session)
	return tokens, err
}

func setup() (*servers, error) {
	key, err := cloakroom.GenerateKey()
	if err != nil {
		return nil, err
	}
	ring, err := cloakroom.ParseKeyRing([]byte("cloakroom-ring 1\nmax-lifetime 28800\nkey "+key.Reveal()+" activate=2024-01-01T00:00:00Z\n"), time.Now())
	if err != nil {
		return nil, err
	}
	s := &servers{ring: ring}
	s.own, err = s.with(0, 30*time.Minute, 1)
	return s, err
}

type claims struct {
	jwt.RegisteredClaims
	AuthTime int64  `json:"auth_time"`
	Payload  string `json:"payload"`
}

func jwtClaims(now time.Time) *claims {
	return &claims{
		RegisteredClaims: jwt.RegisteredClaims{
			ID: "6f0a2b7c9d1e4f3a8b5c6d7e8f901234", Subject: subject, Audience: jwt.ClaimStrings{"api.example.com"},
			IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(30 * time.Minute)),
		},
		AuthTime: now.Unix(), Payload: string(data),
	}
}

func main() {
	log.SetFlags(0)
	strict := flag.Bool("strict", false, "fail if a rejection takes longer than an acceptance")
	var most limits
	flag.Float64Var(&most.early, "bound", 0, "fail if a rejection takes longer than so many acceptances")
	flag.Float64Var(&most.late, "late", 0, "the same for tokens that are opened before they are rejected (default -bound)")
	flag.IntVar(&rounds, "rounds", rounds, "how often each case takes its turn")
	flag.Parse()
	if *strict {
		most = limits{1.15, 1.15}
	}
	if most.late == 0 {
		most.late = most.early
	}
	if err := run(most); err != nil {
		log.Print(err)
		os.Exit(1)
	}
}

func run(most limits) error {
	s, err := setup()
	if err != nil {
		return err
	}
	sessions := s.own
	token, _, err := sessions.Issue(subject, data)
	if err != nil {
		return err
	}
	secret := []byte("0123456789abcdef0123456789abcdef")
	now := time.Now()
	signed, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwtClaims(now)).SignedString(secret)
	if err != nil {
		return err
	}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"HS256"}))
	keyOf := func(*jwt.Token) (any, error) { return secret, nil }
	cases := []*bench{
		{name: "cloakroom issue", run: func() error { _, _, err := sessions.Issue(subject, data); return err }},
		{name: "JWT HS256 sign", run: func() error {
			_, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwtClaims(now)).SignedString(secret)
			return err
		}},
		{name: "cloakroom verify", run: func() error { _, err := sessions.Verify(token); return err }},
		{name: "JWT HS256 verify", run: func() error {
			_, err := parser.ParseWithClaims(signed, &claims{}, keyOf)
			return err
		}},
	}
	if err := measure(cases); err != nil {
		return err
	}
	fmt.Printf("%-28s %10s %8s %10s\n", "operation", "median", "ratio", "characters")
	for i, c := range cases {
		size := len(token)
		if i%2 == 1 {
			size = len(signed)
		}
		other := cases[i|1]
		fmt.Printf("%-28s %10v %8.2f %10d\n", c.name, c.median(), float64(c.median())/float64(other.median()), size)
	}
	return rejections(s, token, most)
}

// limits are how many acceptances a rejection may take, 0 for no limit. What is
// opened first nobody makes without a key, and all but a lookup of it is the way
// of an accepted token.
type limits struct{ early, late float64 }

func rejections(s *servers, token string, most limits) error {
	sessions := s.own
	late, err := s.late()
	if err != nil {
		return err
	}
	longest, _, err := sessions.Issue(subject, make([]byte, 2968))
	if err != nil {
		return err
	}
	change := func(token string, at int) string {
		other := "A"
		if token[at:at+1] == other {
			other = "B"
		}
		return token[:at] + other + token[at+1:]
	}
	reject := func(text string) func() error {
		return func() error {
			if _, err := sessions.Verify(text); !errors.Is(err, cloakroom.ErrRejected) {
				return fmt.Errorf("the result is %v", err)
			}
			return nil
		}
	}
	cases := []*bench{
		{name: "accept", run: func() error { _, err := sessions.Verify(token); return err }},
		{name: "reject: empty", run: reject("")},
		{name: "reject: not a token", run: reject(strings.Repeat("x", len(token)))},
		{name: "reject: bad character", run: reject(token[:len(token)-1] + "!")},
		{name: "reject: 16 MiB", run: reject(strings.Repeat("A", 16<<20))},
		{name: "reject: unknown key", run: reject("clk1.AAAAAA" + token[11:])},
		{name: "reject: forged", run: reject(change(token, len(token)-2))},
		{name: "longest: accept", run: func() error { _, err := sessions.Verify(longest); return err }},
		{name: "longest: forged", run: reject(change(longest, 100))},
	}
	for name, token := range late {
		cases = append(cases, &bench{name: "reject: " + name, run: reject(token)})
	}
	if err := measure(cases); err != nil {
		return err
	}
	fmt.Printf("\n%-28s %10s %8s\n", "same length of token", "median", "ratio")
	accept := cases[0].median()
	for _, c := range cases {
		accept := accept
		if strings.HasPrefix(c.name, "longest") {
			accept = cases[7].median()
		}
		fmt.Printf("%-28s %10v %8.2f\n", c.name, c.median(), float64(c.median())/float64(accept))
		bound := most.early
		if _, ok := late[strings.TrimPrefix(c.name, "reject: ")]; ok {
			bound = most.late
		}
		if bound > 0 && float64(c.median()) > bound*float64(accept) {
			return fmt.Errorf("%s takes longer than an acceptance", c.name)
		}
	}
	return nil
}
