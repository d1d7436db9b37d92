package cloakroom

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"cloakroom.dev/go/cloakroom/internal/clk1"
)

func TestBrokenStoreIsNotFresh(t *testing.T) {
	store := &memory{}
	s := newServer(t, nil, RevocationOptions{Local: store})
	token, session := s.login(t, "u")
	store.fail = true
	if _, err := s.LogoutEverywhere("bob"); !errors.Is(err, ErrUnavailable) || !errors.Is(err, errDisk) {
		t.Fatal(err)
	}
	s.dead(t, token, ErrUnavailable)
	if _, err := s.Update(session, nil); !errors.Is(err, ErrUnavailable) {
		t.Error(err)
	}
	if n, err := s.RetryPending(); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	// A success after the failure would not say what became of what was
	// written before, so the store is not asked until it was opened again.
	store.fail = false
	if p, err := s.LogoutEverywhere("eve"); p != InMemory || !errors.Is(err, ErrUnavailable) || len(store.records) != 0 {
		t.Fatal(p, err)
	}
	if err := s.view.Purge(s.clock.time()); !errors.Is(err, ErrUnavailable) {
		t.Error(err)
	}
	s.dead(t, token, ErrUnavailable)
	store.fail = true
	if err := s.view.Reopen(store, s.clock.time()); !errors.Is(err, ErrUnavailable) {
		t.Fatal(err)
	}
	s.dead(t, token, ErrUnavailable)
	store.fail = false
	if err := s.view.Reopen(store, s.clock.time()); err != nil {
		t.Fatal(err)
	}
	if n, err := s.RetryPending(); n != 0 || err != nil || len(store.records) != 2 {
		t.Fatal(n, err)
	}
	s.alive(t, token)
	if p, err := s.LogoutEverywhere("eve"); p != Durable || err != nil {
		t.Fatal(p, err)
	}
	if err := newServer(t, nil, RevocationOptions{}).view.Reopen(store, s.clock.time()); !errors.Is(err, ErrRefused) {
		t.Error(err)
	}
}

func TestRetryUnsaved(t *testing.T) {
	local, shared := &memory{fail: true}, &memory{fail: true}
	s := newServer(t, nil, RevocationOptions{Local: local, Shared: shared})
	if _, err := s.LogoutEverywhere("bob"); err == nil {
		t.Fatal("no error")
	}
	local.fail = false
	if err := s.view.Reopen(local, s.clock.time()); err != nil || len(local.records) != 1 {
		t.Fatal(err)
	}
	if n, _ := s.RetryPending(); n != 1 {
		t.Fatal(n)
	}
	shared.fail = false
	if n, _ := s.RetryPending(); n != 0 || len(local.records) != 1 || len(shared.records) != 1 {
		t.Fatal(n)
	}
}

// TestForgottenMeanwhile purges between the clock reading of Verify and its
// look at the entries.
func TestForgottenMeanwhile(t *testing.T) {
	mono := &clock{now: 1000}
	purge := func() {}
	s := newServer(t, nil, RevocationOptions{Fed: true, Monotonic: func() time.Time { purge(); return mono.time() }})
	s.view.Proven(mono.time())
	token, session := s.login(t, "u")
	if _, err := s.Logout(session); err != nil {
		t.Fatal(err)
	}
	purge = func() {
		if err := s.view.Purge(time.Unix(start+5000, 0)); err != nil {
			t.Error(err)
		}
	}
	s.dead(t, token, ErrIdle)
}

func TestFreshness(t *testing.T) {
	mono := &clock{now: 1000}
	s := newServer(t, func(c *Config) { c.Policy.Grace = 900 * time.Second }, RevocationOptions{Fed: true, Monotonic: mono.time})
	if s.view.Freshness() != Blind {
		t.Fatal("an empty view is not blind")
	}
	if _, _, err := s.Issue("u", nil); !errors.Is(err, ErrUnavailable) {
		t.Fatalf("Issue on a blind view: %v", err)
	}
	s.view.Proven(mono.time())
	token, session := s.login(t, "u")
	s.alive(t, token)
	check := func(state Freshness, ordinary, sensitive error) {
		t.Helper()
		if got := s.view.Freshness(); got != state {
			t.Errorf("state %v", got)
		}
		if _, err := s.Verify(token); !errors.Is(err, ordinary) {
			t.Errorf("ordinary: %v", err)
		}
		if _, err := s.Verify(token, Sensitive()); !errors.Is(err, sensitive) {
			t.Errorf("sensitive: %v", err)
		}
	}
	mono.add(2)
	check(Fresh, nil, nil)
	mono.add(1)
	check(Stale, nil, ErrUnavailable)
	for name, err := range map[string]error{
		"Issue":  second3(s.Issue("u", nil)),
		"Renew":  second(s.Renew(session)),
		"Update": second(s.Update(session, nil)),
		"Rotate": second(s.Rotate(session)),
	} {
		if !errors.Is(err, ErrUnavailable) || errors.Is(err, ErrRejected) {
			t.Errorf("%s on a stale view: %v", name, err)
		}
	}
	mono.add(897)
	check(Stale, nil, ErrUnavailable)
	mono.add(1)
	check(Stale, ErrUnavailable, ErrUnavailable)
	// Revoking needs no fresh view, and a known entry refuses on any.
	if _, err := s.Logout(session); err != nil {
		t.Error(err)
	}
	check(Stale, ErrRevoked, ErrRevoked)
	s.view.Proven(mono.time())
	s.view.Proven(time.Unix(1, 0))
	check(Fresh, ErrRevoked, ErrRevoked)
}

// TestProofOfTheFuture makes sure that a wrong time keeps no view fresh.
func TestProofOfTheFuture(t *testing.T) {
	mono := &clock{now: 1000}
	s := newServer(t, nil, RevocationOptions{Fed: true, Monotonic: mono.time})
	s.view.Proven(mono.time().Add(time.Hour))
	if got := s.view.Freshness(); got != Blind {
		t.Errorf("fresh by a proof of the future: %v", got)
	}
	s.view.Proven(mono.time())
	s.view.Proven(mono.time().Add(time.Hour))
	mono.add(600)
	if got := s.view.Freshness(); got != Stale {
		t.Errorf("ten minutes after the last proof: %v", got)
	}
}

func second(_ string, err error) error              { return err }
func second3(_ string, _ *Session, err error) error { return err }

func TestClosedByDefault(t *testing.T) {
	mono := &clock{now: 1000}
	s := newServer(t, nil, RevocationOptions{Fed: true, Monotonic: mono.time})
	s.view.Proven(mono.time())
	token, _ := s.login(t, "u")
	mono.add(3)
	s.dead(t, token, ErrUnavailable)
	loaded := newServer(t, func(c *Config) { c.Policy.Grace = 900 * time.Second }, RevocationOptions{Fed: true})
	if err := loaded.view.Load(&Snapshot{MadeAt: s.clock.time(), HighWater: time.Unix(0, 0)}, s.clock.time()); err != nil {
		t.Fatal(err)
	}
	if loaded.view.Freshness() != Stale {
		t.Error("a snapshot proves freshness")
	}
	loaded.dead(t, token, ErrUnavailable)
}

func TestQuarantine(t *testing.T) {
	s := newServer(t, nil, RevocationOptions{})
	token, session := s.login(t, "ada")
	far := Record{Kind: SubjectCutoff, Key: Digest(SubjectCutoff, []byte("ada")), Value: start + 61, Expires: start + 61}
	if err := s.view.Receive(far, s.clock.time()); err != nil {
		t.Fatal(err)
	}
	if err := s.view.Receive(far, s.clock.time()); err != nil {
		t.Fatal(err)
	}
	s.alive(t, token)
	if got := s.view.Quarantined(); len(got) != 1 || got[0] != far {
		t.Fatalf("quarantine: %v", got)
	}
	if _, other := s.login(t, "ada"); other.AuthenticatedAt().Unix() != start {
		t.Error("a quarantined cut-off moves the start bound")
	}
	if got := s.view.Snapshot(s.clock.time()).Records; len(got) != 1 || got[0] != far {
		t.Errorf("snapshot: %v", got)
	}
	s.clock.add(1)
	s.dead(t, token, ErrRevoked)
	if len(s.view.Quarantined()) != 0 {
		t.Error("an applied cut-off stays in quarantine")
	}
	got := s.view.Snapshot(s.clock.time()).Records
	if len(got) != 1 || got[0].Expires != start+1+1920 {
		t.Errorf("the applied entry: %v", got)
	}
	near := Record{Kind: AudienceCutoff, Key: s.ctxDigest, Value: start + 1 + 60, Expires: start + 5000}
	if err := s.view.Receive(near, s.clock.time()); err != nil || len(s.view.Quarantined()) != 0 {
		t.Errorf("a cut-off exactly tolerance ahead waits (%v)", err)
	}
	far.Value = clk1.CutoffMax
	if err := s.view.Receive(far, s.clock.time()); err != nil || len(s.view.Quarantined()) != 1 {
		t.Error(err)
	}
	s.view.DiscardQuarantine()
	if len(s.view.Quarantined()) != 0 {
		t.Error("discarded records stay")
	}
	_ = session
}

func TestHighWater(t *testing.T) {
	store := &memory{}
	s := newServer(t, nil, RevocationOptions{Local: store})
	token, session := s.login(t, "u")
	if _, err := s.Logout(session); err != nil {
		t.Fatal(err)
	}
	s.clock.add(1919)
	if err := s.view.Purge(s.clock.time()); err != nil {
		t.Fatal(err)
	}
	if len(s.view.Snapshot(s.clock.time()).Records) != 1 {
		t.Fatal("an entry was forgotten a second early")
	}
	s.clock.add(1)
	store.fail = true
	if err := s.view.Purge(s.clock.time()); !errors.Is(err, ErrUnavailable) {
		t.Errorf("Purge without a durable mark: %v", err)
	}
	if len(s.view.Snapshot(s.clock.time()).Records) != 1 {
		t.Error("forgotten without a durable mark")
	}
	store.fail = false
	if err := s.view.Reopen(store, s.clock.time()); err != nil {
		t.Fatal(err)
	}
	if err := s.view.Purge(s.clock.time()); err != nil {
		t.Fatal(err)
	}
	if len(s.view.Snapshot(s.clock.time()).Records) != 0 || store.mark.Unix() != start+1920 {
		t.Error("nothing was forgotten, or the mark was not stored")
	}
	// The clock goes back to when the token was alive; the mark does not.
	s.clock.now = start + 10
	s.dead(t, token, ErrIdle)
	if _, later := s.login(t, "u"); later.AuthenticatedAt().Unix() != start+1920 {
		t.Error("a session starts before the mark")
	}
	if got := s.view.HighWater().Unix(); got != start+1920 {
		t.Errorf("the mark is %d", got)
	}
	bad := newServer(t, nil, RevocationOptions{Local: putOnly{store}})
	if err := bad.view.Purge(s.clock.time()); !errors.Is(err, ErrRefused) {
		t.Errorf("Purge with a store that keeps no mark: %v", err)
	}
}

func TestKeyEntriesAreNotForgotten(t *testing.T) {
	v, _ := NewRevocations(RevocationOptions{})
	r := Record{Kind: KeyEntry, Key: Digest(KeyEntry, []byte{0, 0, 0, 7}), Value: Forever, Expires: Forever}
	if err := v.Receive(r, time.Unix(start, 0)); err != nil {
		t.Fatal(err)
	}
	if err := v.Purge(time.Unix(clk1.TimeMax, 0)); err != nil {
		t.Fatal(err)
	}
	if got := v.Snapshot(time.Unix(start, 0)).Records; len(got) != 1 {
		t.Errorf("%v", got)
	}
}

func TestLongerPolicyExtendsEntries(t *testing.T) {
	s := newServer(t, nil, RevocationOptions{})
	_, session := s.login(t, "u")
	if _, err := s.Logout(session); err != nil {
		t.Fatal(err)
	}
	newServerOn := func(idle time.Duration) {
		_, err := New(Config{
			Keys: s.ring, Purpose: "other", Revocations: s.view, Clock: s.clock.time,
			Policy: NewPolicy(idle, 28800*time.Second),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	newServerOn(900 * time.Second)
	newServerOn(3600 * time.Second)
	if got := s.view.Snapshot(s.clock.time()).Records[0].Expires; got != start+3600+120 {
		t.Errorf("the entry expires at +%d", got-start)
	}
}

func TestSnapshotHostile(t *testing.T) {
	s := newServer(t, nil, RevocationOptions{})
	_, session := s.login(t, "ada")
	_, _ = s.Logout(session)
	_, _ = s.LogoutOthers(session)
	_, _ = s.DistrustKey("00000007")
	good, err := s.view.Snapshot(s.clock.time()).Encode()
	if err != nil {
		t.Fatal(err)
	}
	back, err := ParseSnapshot(good)
	if err != nil {
		t.Fatal(err)
	}
	again, err := back.Encode()
	if err != nil || !bytes.Equal(good, again) {
		t.Errorf("a snapshot does not survive reading and writing (%v)", err)
	}
	copied, _ := NewRevocations(RevocationOptions{})
	if err := copied.Load(back, s.clock.time()); err != nil {
		t.Fatal(err)
	}
	third, _ := copied.Snapshot(s.clock.time()).Encode()
	if !bytes.Equal(good, third) {
		t.Error("a loaded view gives another snapshot")
	}
	for n := range good {
		if _, err := ParseSnapshot(good[:n]); !errors.Is(err, ErrRefused) {
			t.Errorf("cut to %d bytes: %v", n, err)
		}
		for bit := 0; bit < 8; bit++ {
			bad := append([]byte(nil), good...)
			bad[n] ^= 1 << bit
			if _, err := ParseSnapshot(bad); !errors.Is(err, ErrRefused) {
				t.Errorf("bit %d of byte %d: %v", bit, n, err)
			}
		}
	}
	for _, r := range []Record{
		{Kind: 9}, {Kind: SessionEntry}, {Kind: KeyEntry, Value: 1},
		{Kind: SubjectCutoff, Value: clk1.CutoffMax + 1},
		{Kind: SessionEntry, Value: 1, HasExempt: true}, {Kind: SubjectCutoff, Exempt: [16]byte{1}},
	} {
		if _, err := (&Snapshot{MadeAt: s.clock.time(), HighWater: s.clock.time(), Records: []Record{r}}).Encode(); !errors.Is(err, ErrRefused) {
			t.Errorf("%+v is written", r)
		}
		if err := copied.Receive(r, s.clock.time()); !errors.Is(err, ErrRefused) {
			t.Errorf("%+v is received", r)
		}
	}
	if _, err := (&Snapshot{}).Encode(); !errors.Is(err, ErrRefused) {
		t.Error("a snapshot made in the year 1 is written")
	}
}

func TestRetryPending(t *testing.T) {
	shared := &memory{fail: true}
	s := newServer(t, nil, RevocationOptions{Local: &memory{}, Shared: shared})
	_, session := s.login(t, "u")
	if p, err := s.Logout(session); p != Pending || err != nil {
		t.Fatal(p, err)
	}
	if n, err := s.RetryPending(); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	shared.fail = false
	s.clock.add(100)
	if n, err := s.RetryPending(); n != 0 || err != nil || len(s.view.Pending()) != 0 {
		t.Fatal(n, err)
	}
	if got := shared.records[0].Expires; got != start+100+1800+120 {
		t.Errorf("the entry expires %d s after its first publication", got-start)
	}
}
