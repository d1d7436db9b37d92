package cloakroom

import (
	"math"
	"sort"
)

// ringLine is what a key line says of the times of its key.
type ringLine struct {
	activate int64
	retire   int64
	explicit bool // retire is given
	forced   bool
	disabled bool
}

// schedule computes the states of keys from their times.
type schedule struct {
	lines  []ringLine
	retire []int64 // the effective retirement, never for none
	order  []int   // keys that are not disabled, by activation
}

const never = math.MaxInt64

// newSchedule checks the times of the lines and computes the retirements.
func newSchedule(lines []ringLine, maxLifetime, rollout int64) (*schedule, error) {
	s := &schedule{lines: lines, retire: make([]int64, len(lines))}
	for i, l := range lines {
		s.retire[i] = never
		if !l.disabled {
			s.order = append(s.order, i)
		}
	}
	sort.SliceStable(s.order, func(a, b int) bool {
		return lines[s.order[a]].activate < lines[s.order[b]].activate
	})
	for place, i := range s.order {
		l := lines[i]
		if place+1 == len(s.order) {
			if l.explicit {
				return nil, refuse("a key without a successor has no retire")
			}
			break
		}
		next := lines[s.order[place+1]].activate
		if next == l.activate {
			return nil, refuse("two keys have the same activation time")
		}
		computed := next + maxLifetime + rollout
		s.retire[i] = computed
		if !l.explicit {
			continue
		}
		if l.retire < computed && !l.forced {
			return nil, refuse("a key retires %d seconds before its tokens have ended; add forced if that is meant", computed-l.retire)
		}
		if l.retire < next {
			return nil, refuse("a key retires before its successor is active")
		}
		s.retire[i] = l.retire
	}
	return s, nil
}

// sealing finds the latest activation among the keys that are active and not
// retired.
func (s *schedule) sealing(now int64) int {
	for place := len(s.order) - 1; place >= 0; place-- {
		i := s.order[place]
		if s.lines[i].activate <= now && now < s.retire[i] {
			return i
		}
	}
	return -1
}

func (s *schedule) state(i int, now int64) KeyState {
	switch {
	case s.lines[i].disabled:
		return Disabled
	case now < s.lines[i].activate:
		return Announced
	case now >= s.retire[i]:
		return Retired
	case s.sealing(now) == i:
		return Sealing
	}
	return OpenOnly
}

func (s *schedule) info(i int) (activate, retire int64, retires bool) {
	return s.lines[i].activate, s.retire[i], s.retire[i] != never
}
