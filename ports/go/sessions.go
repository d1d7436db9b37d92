package cloakroom

import (
	"crypto/rand"
	"fmt"
	"io"
	"time"

	"cloakroom.dev/go/cloakroom/internal/clk1"
	"cloakroom.dev/go/cloakroom/payload"
)

// Schema numbers a version of a payload type.
type Schema struct{ Major, Minor uint32 }

// Config is what application and operator settle before any token is seen.
type Config struct {
	Keys *KeyRing

	// Purpose says what the tokens are for, 1 to 255 bytes. Audience says for
	// which service, 0 to 255 bytes.
	Purpose, Audience string

	Policy Policy

	// Revocations is the revocation view. NoRevocation says explicitly that
	// there is none; then a logout ends no copy of a token.
	Revocations  *Revocations
	NoRevocation bool

	// Shapes are the payload types that can be read, the own one first, at
	// most one for each major. None means raw bytes with major 1.
	Shapes []payload.Shape
	// Write is the schema of new payloads if it is not the first of Shapes,
	// during a deployment across a major.
	Write *Schema

	// MaxToken is the greatest length of a token where the transport allows
	// less than the format, 4096.
	MaxToken int

	// VerifyOnly is for a service that neither issues nor revokes.
	VerifyOnly bool

	// Clock replaces time.Now.
	Clock func() time.Time
}

// Sessions issues, verifies and ends the sessions of one purpose and audience.
// It is safe for concurrent use.
type Sessions struct {
	keys      *KeyRing
	purpose   string
	audience  string
	ctx       string
	ctxDigest clk1.Digest
	limits    limits
	view      *Revocations
	shapes    []payload.Shape
	write     Schema
	maxToken  int
	verify    bool
	clock     func() time.Time
	random    io.Reader
}

// New checks a configuration and builds it.
func New(c Config) (*Sessions, error) {
	if c.Keys == nil {
		return nil, refuse("no key ring")
	}
	if !clk1.CheckContext(c.Purpose, c.Audience) {
		return nil, refuse("the purpose has %d bytes and the audience %d; allowed are 1 to 255 and 0 to 255", len(c.Purpose), len(c.Audience))
	}
	l, err := c.Policy.check(c.VerifyOnly)
	if err != nil {
		return nil, err
	}
	if (c.Revocations == nil) != c.NoRevocation {
		return nil, refuse("a configuration has either a revocation view or says NoRevocation")
	}
	if c.Revocations != nil {
		if err := c.Revocations.made(); err != nil {
			return nil, err
		}
	}
	if c.MaxToken == 0 {
		c.MaxToken = clk1.TokenMax
	}
	if c.MaxToken < clk1.TokenMin || c.MaxToken > clk1.TokenMax {
		return nil, refuse("the greatest token length is %d, outside %d to %d", c.MaxToken, clk1.TokenMin, clk1.TokenMax)
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	s := &Sessions{
		keys: c.Keys, purpose: c.Purpose, audience: c.Audience,
		limits: l, view: c.Revocations, maxToken: c.MaxToken,
		verify: c.VerifyOnly, clock: c.Clock, random: rand.Reader,
	}
	ctx := clk1.Context(c.Purpose, c.Audience)
	s.ctx, s.ctxDigest = string(ctx), clk1.DigestOf(byte(AudienceCutoff), ctx)
	if err := s.setShapes(c.Shapes, c.Write); err != nil {
		return nil, err
	}
	if err := c.Keys.use(ringUse{c.Purpose, c.Audience, l.ttl}); err != nil {
		return nil, err
	}
	if s.view != nil {
		s.view.use(&l)
	}
	return s, nil
}

func (s *Sessions) setShapes(shapes []payload.Shape, write *Schema) error {
	if len(shapes) == 0 {
		shapes = []payload.Shape{payload.Raw(1)}
	}
	seen := map[uint32]bool{}
	for _, shape := range shapes {
		if seen[shape.Major] {
			return refuse("two shapes have the major %d", shape.Major)
		}
		seen[shape.Major] = true
		if err := shape.Check(); err != nil {
			return refuse("%v", err)
		}
	}
	s.shapes = append([]payload.Shape(nil), shapes...)
	s.write = Schema{shapes[0].Major, shapes[0].Minor}
	if write != nil {
		s.write = *write
	}
	return nil
}

// Option adds to one operation.
type Option func(*options)

type options struct {
	binding   []byte
	sensitive bool
}

// Binding ties the token to bytes that issuer and verifier both know and that
// are not in the token, up to 1024 of them.
func Binding(b []byte) Option { return func(o *options) { o.binding = b } }

// Sensitive demands a fresh revocation view, whatever grace the policy grants.
func Sensitive() Option { return func(o *options) { o.sensitive = true } }

func collect(opts []Option) (o options, err error) {
	for _, opt := range opts {
		if opt != nil {
			opt(&o)
		}
	}
	if len(o.binding) > clk1.BindingMax {
		return o, refuse("a binding has at most %d bytes, this one has %d", clk1.BindingMax, len(o.binding))
	}
	return o, nil
}

// now reads the clock once for an operation.
func (s *Sessions) now() (int64, error) {
	if s == nil || s.keys == nil {
		return 0, refuse("this Sessions was not made by New")
	}
	now, ok := unixOf(s.clock())
	if !ok {
		return 0, unavailable("the clock is before 1970 or after 9999", nil)
	}
	if s.view != nil {
		now = s.view.now(now)
	}
	return now, nil
}

// ring returns the plan in force and the keys for this purpose and audience.
func (s *Sessions) ring() (*ringPlan, []*clk1.Unit) {
	plan := s.keys.plan.Load()
	return plan, plan.units[s.ctx]
}

func (s *Sessions) sealingUnit(now int64) (*clk1.Unit, error) {
	plan, units := s.ring()
	i := plan.times.sealing(now)
	if i < 0 {
		return nil, unavailable("no key is sealing", nil)
	}
	return units[i], nil
}

func (s *Sessions) needFresh() error {
	if s.view == nil {
		return nil
	}
	if f, _ := s.view.freshness(); f != Fresh {
		return unavailable("the revocation view is not fresh", nil)
	}
	return nil
}

func (s *Sessions) needIssuer() error {
	if s != nil && s.verify {
		return refuse("this configuration only verifies")
	}
	return nil
}

// Format prints the configuration without its secrets, whatever the verb.
func (s Sessions) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "cloakroom.Sessions")
}
