package conformance

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/crypto/chacha20"

	"cloakroom.dev/go/cloakroom"
	"cloakroom.dev/go/cloakroom/internal/clk1"
	"cloakroom.dev/go/cloakroom/internal/seam"
	"cloakroom.dev/go/cloakroom/payload"
)

// capture is a store that keeps what was published last.
type capture struct{ last *cloakroom.Record }

func (c *capture) Put(r cloakroom.Record) error {
	c.last = &r
	return nil
}

// scene is a server as a vector describes it.
type scene struct {
	config   cloakroom.Config
	keys     *cloakroom.KeyRing
	view     *cloakroom.Revocations
	store    capture
	now      int64
	binding  []byte
	token    string
	shape    *payload.Type
	records  [][]byte
	sessions *cloakroom.Sessions
}

func readScene(in *input) *scene {
	s := &scene{now: in.number("now", numberMax)}
	if in.has("binding") {
		s.binding = in.hex("binding")
	}
	p := in.object("policy")
	s.config.Policy = cloakroom.NewPolicy(
		time.Duration(p.u32("idle"))*time.Second, time.Duration(p.u32("absolute"))*time.Second)
	if s.config.Policy.Idle == 0 {
		s.config.Policy.Idle = cloakroom.NoIdle
	}
	s.config.Policy.Leeway = time.Duration(p.u32("leeway")) * time.Second
	s.config.Policy.Tolerance = time.Duration(p.u32("tolerance")) * time.Second
	in.failed = in.failed || p.done() != nil
	s.config.Purpose, s.config.Audience = string(in.hex("purpose")), string(in.hex("audience"))
	s.config.Clock = func() time.Time { return time.Unix(s.now, 0) }
	s.records = in.hexes("revocations")
	return s
}

// build makes the session configuration. Faults in it have no place in the
// notation of vectors.
func (s *scene) build(in *input) error {
	switch {
	case in.failed:
		return ErrRequest
	case in.refused || s.keys == nil || len(s.binding) > clk1.BindingMax:
		return errRefused
	}
	var err error
	s.view, err = cloakroom.NewRevocations(cloakroom.RevocationOptions{Local: &s.store})
	if err != nil {
		return ErrRequest
	}
	s.config.Keys, s.config.Revocations = s.keys, s.view
	if s.sessions, err = cloakroom.New(s.config); err != nil {
		return errRefused
	}
	for _, b := range s.records {
		// A view drops a malformed record and goes on.
		if r, err := cloakroom.ParseRecord(b); err == nil {
			if err := s.view.Receive(r, time.Unix(s.now, 0)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *scene) readKeys(in *input) {
	if in.has("ring") {
		in.failed = in.failed || in.has("keys")
		ring, err := cloakroom.ParseKeyRing([]byte(in.str("ring")), time.Unix(s.now, 0))
		in.refused = in.refused || err != nil
		s.keys = ring
		return
	}
	var texts, states []string
	for _, v := range in.list("keys") {
		k := newInput(v)
		texts, states = append(texts, k.str("text")), append(states, k.str("state"))
		in.failed = in.failed || k.done() != nil
	}
	s.fixKeys(in, texts, states)
}

func (s *scene) fixKeys(in *input, texts, states []string) {
	ring, err := seam.FixedRing(texts, states)
	if err != nil {
		in.refused = true
		return
	}
	s.keys = ring.(*cloakroom.KeyRing)
}

// readVerify reads what token vectors and those of renewals have in common.
func readVerify(in *input) *scene {
	s := readScene(in)
	s.readKeys(in)
	s.token = in.text("token")
	reader := in.object("reader")
	name := reader.str("shape")
	t, ok := shapeTypes[name]
	s.shape = t
	s.config.Shapes = []payload.Shape{{Major: reader.u32("major"), Minor: reader.u32("minor"), Type: t}}
	in.failed = in.failed || reader.done() != nil || !ok
	return s
}

func evalToken(in *input, _ []int64) (*Result, error) {
	s := readVerify(in)
	s.config.VerifyOnly = true
	if err := s.build(in); err != nil {
		return nil, err
	}
	session, err := s.sessions.Verify(s.token, cloakroom.Binding(s.binding))
	var rejection *cloakroom.Rejection
	switch {
	case errors.As(err, &rejection):
		var reason any
		if rejection.Reason() != "" {
			reason = rejection.Reason()
		}
		return &Result{rejection.Stage(), object("reason", reason)}, nil
	case err != nil:
		stage, err := failure(err)
		return &Result{stage, object("reason", nil)}, err
	}
	steps, err := s.steps(session)
	if err != nil {
		return nil, err
	}
	value := any(hexOf(session.Payload()))
	if s.shape != nil {
		value = jsonValue(s.shape, session.Value())
	}
	return &Result{"ok", object(
		"reason", nil,
		"claims", claimsOf(session),
		"payload", hexOf(session.Payload()),
		"value", value,
		"read_only", session.ReadOnly(),
		"steps", steps,
	)}, nil
}

func claimsOf(s *cloakroom.Session) *Object {
	id := s.ID()
	major, minor := s.Schema()
	return object(
		"session_id", hexOf(id[:]),
		"generation", number(s.Generation()),
		"subject", hexOf([]byte(s.Subject())),
		"authenticated_at", number(s.AuthenticatedAt().Unix()),
		"issued_at", number(s.IssuedAt().Unix()),
		"idle", number(int64(s.IdleTimeout()/time.Second)),
		"absolute", number(int64(s.AbsoluteTimeout()/time.Second)),
		"major", number(major),
		"minor", number(minor),
	)
}

// steps computes every intermediate value of an accepted token below the
// public interface, and seals the token again.
func (s *scene) steps(session *cloakroom.Session) (*Object, error) {
	body, ok := clk1.ParseToken(s.token)
	if !ok {
		return nil, errors.New("an accepted token does not parse")
	}
	kid, nonce := body.Kid(), body.Nonce()
	sealed := append([]byte(nil), body[clk1.KidLen+clk1.NonceLen:]...)
	key := seam.RingKey(s.keys, kid)
	if key == nil {
		return nil, errors.New("an accepted token has no key")
	}
	secrets, err := key.Steps(s.config.Purpose, s.config.Audience)
	if err != nil {
		return nil, err
	}
	unit, err := key.Unit(s.config.Purpose, s.config.Audience)
	if err != nil {
		return nil, err
	}
	p, stage := unit.Open(body, s.binding)
	if stage != clk1.StageOK {
		return nil, errors.New("an accepted token does not open")
	}
	if again, err := unit.Seal(p, s.binding); err != nil || again != s.token {
		return nil, fmt.Errorf("the plaintext of an accepted token seals to another token (%v)", err)
	}
	subkey, err := chacha20.HChaCha20(secrets.Ke[:], nonce[:16])
	if err != nil {
		return nil, err
	}
	tag := len(sealed) - clk1.TagLen
	return object(
		"kid", hexOf(kid[:]),
		"ctx", hexOf(clk1.Context(s.config.Purpose, s.config.Audience)),
		"S", hexOf(secrets.S[:]),
		"Ke", hexOf(secrets.Ke[:]),
		"Kn", hexOf(secrets.Kn[:]),
		"AAD", hexOf([]byte(clk1.Prefix))+hexOf(kid[:])+hexOf(s.binding),
		"P", hexOf(p),
		"N", hexOf(nonce[:]),
		"subkey", hexOf(subkey),
		"C", hexOf(sealed[:tag]),
		"T", hexOf(sealed[tag:]),
		"log_id", session.LogID(),
	), nil
}
