package cloakroom

import (
	"bytes"

	"cloakroom.dev/go/cloakroom/internal/clk1"
	"cloakroom.dev/go/cloakroom/internal/seam"
)

func init() {
	seam.FixedRing = func(texts, states []string) (any, error) { return fixedRing(texts, states) }
	seam.RingKey = func(ring any, kid clk1.Kid) *clk1.Key {
		plan := ring.(*KeyRing).plan.Load()
		if i, ok := plan.byKid[kid]; ok {
			return plan.keys[i].key
		}
		return nil
	}
	seam.SetSessionID = func(sessions any, id [16]byte) {
		sessions.(*Sessions).random = bytes.NewReader(id[:])
	}
	seam.Revoked = func(view any, claims *clk1.Claims, context, key clk1.Digest, now int64) bool {
		revoked, _ := view.(*Revocations).revoked(facts{claims: claims, ctx: context, kid: key}, now)
		return revoked
	}
	seam.SetEntryLife = func(view any, seconds int64) { view.(*Revocations).life = seconds }
}

// fixedTimes are key states that no time changes.
type fixedTimes []KeyState

func (f fixedTimes) state(i int, _ int64) KeyState { return f[i] }

func (f fixedTimes) sealing(int64) int {
	for i, s := range f {
		if s == Sealing {
			return i
		}
	}
	return -1
}

func (fixedTimes) info(int) (activate, retire int64, retires bool) { return 0, never, false }

func fixedRing(texts, states []string) (*KeyRing, error) {
	if len(texts) != len(states) || len(texts) == 0 || len(texts) > ringKeysMax {
		return nil, refuse("a ring has 1 to %d keys", ringKeysMax)
	}
	plan := &ringPlan{byKid: map[clk1.Kid]int{}, maxLifetime: 1<<32 - 1}
	times := fixedTimes{}
	for i, text := range texts {
		key, err := clk1.ParseKey(text)
		if err != nil {
			return nil, refuse("%v", err)
		}
		state := KeyState(states[i])
		switch state {
		case Sealing:
			if times.sealing(0) >= 0 {
				return nil, refuse("two keys are sealing")
			}
		case Disabled, Announced, Retired, OpenOnly:
		default:
			return nil, refuse("unknown state")
		}
		if _, known := plan.byKid[key.Kid()]; known {
			return nil, refuse("two keys have one kid")
		}
		if i > 0 && plan.keys[0].key.IsUnit() != key.IsUnit() {
			return nil, refuse("root keys and derived keys are mixed")
		}
		plan.byKid[key.Kid()] = i
		plan.keys = append(plan.keys, ringKey{key: key})
		times = append(times, state)
	}
	plan.times = times
	return newKeyRing(plan), nil
}
