package cloakroom

import (
	"errors"
	"testing"
	"time"
)

// TestSmallestTolerance: a cut-off that one of the policies would not accept
// waits.
func TestSmallestTolerance(t *testing.T) {
	s := newServer(t, nil, RevocationOptions{})
	policy := NewPolicy(1800*time.Second, 28800*time.Second)
	policy.Tolerance = 10 * time.Second
	if _, err := New(Config{Keys: s.ring, Purpose: "other", Policy: policy, Revocations: s.view, Clock: s.clock.time}); err != nil {
		t.Fatal(err)
	}
	for value, waiting := range map[uint64]int{start + 10: 0, start + 11: 1} {
		r := Record{Kind: SubjectCutoff, Key: Digest(SubjectCutoff, []byte("ada")), Value: value, Expires: start + 5000}
		if err := s.view.Receive(r, s.clock.time()); err != nil {
			t.Fatal(err)
		}
		if got := len(s.view.Quarantined()); got != waiting {
			t.Errorf("%d wait with a cut-off %d s ahead", got, value-start)
		}
		s.view.DiscardQuarantine()
	}
}

// TestFirstPolicyRaisesNothing: what was loaded has its expiry from a server
// that knew its own policies.
func TestFirstPolicyRaisesNothing(t *testing.T) {
	v, _ := NewRevocations(RevocationOptions{})
	r := Record{Kind: SessionEntry, Value: 1, Expires: start + 7}
	if err := v.Receive(r, time.Unix(start, 0)); err != nil {
		t.Fatal(err)
	}
	newServer(t, func(c *Config) { c.Revocations = v }, RevocationOptions{})
	if got := v.Snapshot(time.Unix(start, 0)).Records[0]; got != r {
		t.Errorf("the entry expires at +%d", got.Expires-start)
	}
}

// TestLoadQuarantinesByItsOwnTime: the mark of a snapshot does not help the
// cut-offs in it.
func TestLoadQuarantinesByItsOwnTime(t *testing.T) {
	v, _ := NewRevocations(RevocationOptions{})
	r := Record{Kind: AudienceCutoff, Value: start + 1000, Expires: start + 5000}
	err := v.Load(&Snapshot{HighWater: time.Unix(start+2000, 0), Records: []Record{r}}, time.Unix(start, 0))
	if err != nil || len(v.Quarantined()) != 1 {
		t.Error(err, v.Quarantined())
	}
}

func TestMalformedAreCounted(t *testing.T) {
	v, _ := NewRevocations(RevocationOptions{})
	_ = v.Receive(Record{Kind: 9}, time.Unix(start, 0))
	if v.Malformed() != 1 {
		t.Error(v.Malformed())
	}
}

func TestWithdraw(t *testing.T) {
	mono := &clock{now: 1000}
	s := newServer(t, func(c *Config) { c.Policy.Grace = 900 * time.Second }, RevocationOptions{Fed: true, Monotonic: mono.time})
	s.view.Proven(mono.time())
	token, _ := s.login(t, "u")
	s.view.Withdraw()
	if s.view.Freshness() != Stale {
		t.Error("a withdrawn proof proves")
	}
	s.alive(t, token)
	if _, err := s.Verify(token, Sensitive()); !errors.Is(err, ErrUnavailable) {
		t.Error(err)
	}
	s.view.Proven(mono.time())
	if s.view.Freshness() != Fresh {
		t.Error("a new proof proves nothing")
	}
}
