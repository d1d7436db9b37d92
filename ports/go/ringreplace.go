package cloakroom

import "time"

// Replace puts a new ring file into force for all following operations. On any
// error the old ring stays.
//
// A file that leaves out a key in use, or retires it while tokens it sealed
// may live, is refused unless force is set. Force lifts no other rule. A time
// before 1970 or after 9999 is ErrUnavailable.
func (r *KeyRing) Replace(text []byte, now time.Time, force bool) error {
	if r.load() == nil {
		return refuse("the key ring is empty")
	}
	seconds, ok := unixOf(now)
	if !ok {
		return unavailable("the clock is before 1970 or after 9999", nil)
	}
	next, err := parseRing(text, seconds)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	old := r.load()
	if !force {
		if err := old.checkSuccessor(next, seconds); err != nil {
			return err
		}
	}
	next, err = next.withUnits(r.contexts)
	if err != nil {
		return err
	}
	r.plan.Store(next)
	return nil
}

func (p *ringPlan) checkSuccessor(next *ringPlan, now int64) error {
	for i, k := range p.keys {
		state := p.times.state(i, now)
		if state != Sealing && state != OpenOnly {
			continue
		}
		kid := k.key.Kid()
		j, ok := next.byKid[kid]
		if !ok {
			return refuse("key %x is in use and missing from the new ring", kid[:])
		}
		if next.times.state(j, now) == Disabled {
			continue
		}
		bound := now + p.maxLifetime
		if state == OpenOnly {
			_, bound, _ = p.times.info(i)
		}
		_, retire, retires := next.times.info(j)
		if retires && retire < bound {
			return refuse("key %x would retire %d seconds before its last token has ended", kid[:], bound-retire)
		}
	}
	return nil
}
