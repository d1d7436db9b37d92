package cloakroom

import (
	"encoding/hex"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"cloakroom.dev/go/cloakroom/internal/clk1"
)

// KeyState is what a key of a ring may do at a moment.
type KeyState string

// The states of a key.
const (
	Disabled  KeyState = "disabled"  // opens nothing, seals nothing
	Announced KeyState = "announced" // opens; will seal later
	Retired   KeyState = "retired"   // opens nothing any more
	Sealing   KeyState = "sealing"   // opens and seals
	OpenOnly  KeyState = "open-only" // opens what it sealed before
)

// KeyInfo describes a key of a ring without its secret.
type KeyInfo struct {
	Kid      string
	State    KeyState
	Activate time.Time
	Retire   time.Time // zero for a key that never retires
	Note     string
}

// KeyRing holds the keys of a server. It is safe for concurrent use and can be
// replaced while sessions are served from it.
type KeyRing struct {
	mu       sync.Mutex // serialises changes of plan and uses
	plan     atomic.Pointer[ringPlan]
	contexts []ringUse
}

// ringUse is a session configuration built over the ring.
type ringUse struct {
	purpose, audience string
	ttl               int64
}

// ringPlan is one content of a ring, immutable apart from being replaced.
type ringPlan struct {
	keys        []ringKey
	byKid       map[clk1.Kid]int
	times       keyTimes
	maxLifetime int64
	rollout     int64
	units       map[string][]*clk1.Unit // by context, in the order of keys
}

type ringKey struct {
	key  *clk1.Key
	note string
}

// keyTimes tells what each key of a ring may do at a time.
type keyTimes interface {
	state(i int, now int64) KeyState
	sealing(now int64) int // -1 if there is none
	info(i int) (activate, retire int64, retires bool)
}

// ParseKeyRing reads a ring file and checks it at a time. A time before 1970 or
// after 9999 is ErrUnavailable: no key state follows from a clock that fails.
func ParseKeyRing(text []byte, now time.Time) (*KeyRing, error) {
	seconds, ok := unixOf(now)
	if !ok {
		return nil, unavailable("the clock is before 1970 or after 9999", nil)
	}
	plan, err := parseRing(text, seconds)
	if err != nil {
		return nil, err
	}
	return newKeyRing(plan), nil
}

func newKeyRing(plan *ringPlan) *KeyRing {
	r := &KeyRing{}
	r.plan.Store(plan)
	return r
}

// load returns the plan in force, nil for a ring that was not parsed.
func (r *KeyRing) load() *ringPlan {
	if r == nil {
		return nil
	}
	return r.plan.Load()
}

// Keys describes the keys in the order of the file, at a time.
func (r *KeyRing) Keys(at time.Time) []KeyInfo {
	p := r.load()
	if p == nil {
		return nil
	}
	out := make([]KeyInfo, len(p.keys))
	for i, k := range p.keys {
		kid := k.key.Kid()
		activate, retire, retires := p.times.info(i)
		out[i] = KeyInfo{
			Kid:      hex.EncodeToString(kid[:]),
			State:    p.times.state(i, at.Unix()),
			Activate: time.Unix(activate, 0).UTC(),
			Note:     k.note,
		}
		if retires {
			out[i].Retire = time.Unix(retire, 0).UTC()
		}
	}
	return out
}

// MaxLifetime returns the longest token lifetime the ring allows.
func (r *KeyRing) MaxLifetime() time.Duration {
	if p := r.load(); p != nil {
		return time.Duration(p.maxLifetime) * time.Second
	}
	return 0
}

// CheckContext tells whether a session configuration of this purpose and
// audience could be built over the ring.
func (r *KeyRing) CheckContext(purpose, audience string) error {
	p := r.load()
	if p == nil {
		return refuse("the key ring is empty")
	}
	_, err := p.derive(purpose, audience)
	return err
}

// CheckLifetime tells whether a policy with this token lifetime could be used
// with the ring.
func (r *KeyRing) CheckLifetime(ttl time.Duration) error {
	p := r.load()
	if p == nil {
		return refuse("the key ring is empty")
	}
	return p.checkLifetime(int64(ttl / time.Second))
}

// Format prints the ring without its secrets, whatever the verb.
func (r *KeyRing) Format(s fmt.State, _ rune) {
	n := 0
	if p := r.load(); p != nil {
		n = len(p.keys)
	}
	_, _ = fmt.Fprintf(s, "cloakroom.KeyRing(%d keys)", n)
}

// use registers a session configuration: its keys are derived now and again
// whenever the ring is replaced.
func (r *KeyRing) use(u ringUse) error {
	if r.load() == nil {
		return refuse("the key ring is empty")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.load()
	uses := r.contexts
	for _, known := range uses {
		if known == u {
			return nil
		}
	}
	uses = append(uses[:len(uses):len(uses)], u)
	next, err := p.withUnits(uses)
	if err != nil {
		return err
	}
	r.contexts = uses
	r.plan.Store(next)
	return nil
}

// withUnits returns a copy of the plan that serves these configurations.
func (p *ringPlan) withUnits(uses []ringUse) (*ringPlan, error) {
	next := *p
	next.units = make(map[string][]*clk1.Unit, len(uses))
	for _, u := range uses {
		if err := p.checkLifetime(u.ttl); err != nil {
			return nil, err
		}
		ctx := string(clk1.Context(u.purpose, u.audience))
		if _, done := next.units[ctx]; done {
			continue
		}
		units, known := p.units[ctx]
		if !known {
			var err error
			if units, err = p.derive(u.purpose, u.audience); err != nil {
				return nil, err
			}
		}
		next.units[ctx] = units
	}
	return &next, nil
}

func (p *ringPlan) derive(purpose, audience string) ([]*clk1.Unit, error) {
	units := make([]*clk1.Unit, len(p.keys))
	for i, k := range p.keys {
		unit, err := k.key.Unit(purpose, audience)
		if err != nil {
			kid := k.key.Kid()
			return nil, refuse("key %x: %v", kid[:], err)
		}
		units[i] = unit
	}
	return units, nil
}

func (p *ringPlan) checkLifetime(ttl int64) error {
	if ttl > p.maxLifetime {
		return refuse("a token lifetime of %d seconds exceeds the max-lifetime of the ring, %d", ttl, p.maxLifetime)
	}
	return nil
}

// opens returns the position of the key with this kid if it may open at now.
func (p *ringPlan) opens(kid clk1.Kid, now int64) (int, bool) {
	i, ok := p.byKid[kid]
	if !ok {
		return 0, false
	}
	state := p.times.state(i, now)
	return i, state != Retired && state != Disabled
}
