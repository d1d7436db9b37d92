package cloakroom

import (
	"bytes"
	"math"
	"sort"

	"cloakroom.dev/go/cloakroom/internal/clk1"
)

// entry is the state of a session or an audience.
type entry struct{ value, expires uint64 }

// pair is a cut-off of a subject with the session it spares.
type pair struct {
	cutoff    uint64
	exempt    [16]byte
	hasExempt bool
}

// subjectState keeps the two pairs that can decide.
type subjectState struct {
	pairs   []pair
	expires uint64
}

// revocationState is the merged content of a view.
type revocationState struct {
	sessions  map[[16]byte]entry
	subjects  map[[16]byte]subjectState
	audiences map[[16]byte]entry
	keys      map[[16]byte]struct{}
}

func newRevocationState() revocationState {
	return revocationState{
		sessions:  map[[16]byte]entry{},
		subjects:  map[[16]byte]subjectState{},
		audiences: map[[16]byte]entry{},
		keys:      map[[16]byte]struct{}{},
	}
}

// merge adds one record.
func (s *revocationState) merge(r Record) {
	switch r.Kind {
	case SessionEntry:
		s.sessions[r.Key] = mergeEntry(s.sessions[r.Key], r)
	case AudienceCutoff:
		s.audiences[r.Key] = mergeEntry(s.audiences[r.Key], r)
	case KeyEntry:
		s.keys[r.Key] = struct{}{}
	case SubjectCutoff:
		known := s.subjects[r.Key]
		s.subjects[r.Key] = subjectState{
			pairs:   mergePair(known.pairs, pair{r.Value, r.Exempt, r.HasExempt}),
			expires: larger(known.expires, r.Expires),
		}
	}
}

func mergeEntry(known entry, r Record) entry {
	return entry{larger(known.value, r.Value), larger(known.expires, r.Expires)}
}

func larger(a, b uint64) uint64 {
	if a > b {
		return a
	}
	return b
}

// mergePair adds a pair: of each exemption the latest cut-off counts, and of
// those the two latest.
func mergePair(known []pair, p pair) []pair {
	out := make([]pair, 0, len(known)+1)
	for _, k := range known {
		if k.hasExempt == p.hasExempt && k.exempt == p.exempt {
			p.cutoff = larger(p.cutoff, k.cutoff)
			continue
		}
		out = append(out, k)
	}
	out = append(out, p)
	sort.Slice(out, func(i, j int) bool {
		a, b := out[i], out[j]
		switch {
		case a.cutoff != b.cutoff:
			return a.cutoff > b.cutoff
		case a.hasExempt != b.hasExempt:
			return !a.hasExempt
		}
		return bytes.Compare(a.exempt[:], b.exempt[:]) < 0
	})
	if len(out) > 2 {
		out = out[:2]
	}
	return out
}

// facts are what of a token decides whether it is revoked.
type facts struct {
	claims   *clk1.Claims
	ctx, kid clk1.Digest
}

func (s *revocationState) revokes(f facts) bool {
	if e, ok := s.sessions[f.claims.ID]; ok && uint64(f.claims.Generation) < e.value {
		return true
	}
	start := uint64(f.claims.AuthenticatedAt)
	if len(s.subjects) > 0 && f.claims.Subject != "" {
		for _, p := range s.subjects[clk1.DigestOf(byte(SubjectCutoff), f.claims.Subject)].pairs {
			if start < p.cutoff && !(p.hasExempt && p.exempt == f.claims.ID) {
				return true
			}
		}
	}
	if e, ok := s.audiences[f.ctx]; ok && start < e.value {
		return true
	}
	return s.distrusts(f.kid)
}

// distrusts tells whether everything under a key is refused.
func (s *revocationState) distrusts(kid clk1.Digest) bool {
	_, distrusted := s.keys[kid]
	return distrusted
}

// cutoffBound returns what a cut-off has to lie behind: of a subject, its own
// and those of all audiences, of an audience, its own and those of all
// subjects; 0 if there is none.
func (s *revocationState) cutoffBound(r Record) int64 {
	var latest uint64
	for key, e := range s.audiences {
		if r.Kind == SubjectCutoff || key == r.Key {
			latest = larger(latest, e.value)
		}
	}
	subjects := s.subjects
	if r.Kind == SubjectCutoff {
		subjects = map[[16]byte]subjectState{r.Key: s.subjects[r.Key]}
	}
	for _, e := range subjects {
		for _, p := range e.pairs {
			latest = larger(latest, p.cutoff)
		}
	}
	return int64(latest) // at most CutoffMax
}

// latestCutoff returns the greatest cut-off for a subject and context, 0 if
// there is none.
func (s *revocationState) latestCutoff(subject string, ctx clk1.Digest) int64 {
	latest := s.audiences[ctx].value
	if subject != "" {
		for _, p := range s.subjects[clk1.DigestOf(byte(SubjectCutoff), subject)].pairs {
			latest = larger(latest, p.cutoff)
		}
	}
	return int64(latest) // at most CutoffMax
}

// records returns the state as records, in no particular order.
func (s *revocationState) records() []Record {
	var out []Record
	for key, e := range s.sessions {
		out = append(out, Record{Kind: SessionEntry, Key: key, Value: e.value, Expires: e.expires})
	}
	for key, e := range s.audiences {
		out = append(out, Record{Kind: AudienceCutoff, Key: key, Value: e.value, Expires: e.expires})
	}
	for key := range s.keys {
		out = append(out, Record{Kind: KeyEntry, Key: key, Value: Forever, Expires: Forever})
	}
	for key, e := range s.subjects {
		for _, p := range e.pairs {
			out = append(out, Record{
				Kind: SubjectCutoff, Key: key, Value: p.cutoff, Expires: e.expires,
				Exempt: p.exempt, HasExempt: p.hasExempt,
			})
		}
	}
	return out
}

// forget drops what has expired.
func (s *revocationState) forget(now uint64) {
	for key, e := range s.sessions {
		if now >= e.expires {
			delete(s.sessions, key)
		}
	}
	for key, e := range s.audiences {
		if now >= e.expires {
			delete(s.audiences, key)
		}
	}
	for key, e := range s.subjects {
		if now >= e.expires {
			delete(s.subjects, key)
		}
	}
}

// extend lets every entry live longer by d seconds.
func (s *revocationState) extend(d uint64) {
	for key, e := range s.sessions {
		s.sessions[key] = entry{e.value, addSaturating(e.expires, d)}
	}
	for key, e := range s.audiences {
		s.audiences[key] = entry{e.value, addSaturating(e.expires, d)}
	}
	for key, e := range s.subjects {
		e.expires = addSaturating(e.expires, d)
		s.subjects[key] = e
	}
}

func addSaturating(a, b uint64) uint64 {
	if a > math.MaxUint64-b {
		return math.MaxUint64
	}
	return a + b
}

// MergeRecords merges records to the fewest that mean the same, in the order
// of a snapshot. Malformed records are left out.
func MergeRecords(records []Record) []Record {
	s := newRevocationState()
	for _, r := range records {
		if r.check() == nil {
			s.merge(r)
		}
	}
	out := s.records()
	sortRecords(out)
	return out
}

func sortRecords(records []Record) {
	sort.Slice(records, func(i, j int) bool {
		return bytes.Compare(records[i].Append(nil), records[j].Append(nil)) < 0
	})
}
