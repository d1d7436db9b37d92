package cloakroom

import (
	"math"
	"sync"
	"sync/atomic"
	"time"

	"cloakroom.dev/go/cloakroom/internal/clk1"
)

// Store keeps revocation records, on the disk of this server or for several
// servers. Put returns once the record is durable (or, for a shared store,
// accepted). Putting a record again does no harm.
type Store interface {
	Put(Record) error
}

// MarkStore is a Store that also keeps the high-water mark. A local store has
// to be one before the view forgets anything.
type MarkStore interface {
	Store
	PutMark(time.Time) error
}

// RevocationOptions configures a revocation view. The zero value is a view in
// memory alone, for a single server whose logouts may be forgotten when its
// process ends.
type RevocationOptions struct {
	// Local makes records durable on this server.
	Local Store
	// Shared accepts records for all servers. Package feed has one, which
	// attaches itself.
	Shared Store

	// Fed says that other servers revoke too, so the view is fresh only for a
	// time after each proof; see Revocations.Proven. A view without it is the
	// only one there is, and always fresh.
	Fed bool
	// Bound is B, how old the last proof may be. Default: 2 s if Fed.
	Bound time.Duration
	// Life is the least time an entry is kept, where other servers on the same
	// store have longer token lifetimes than this one.
	Life time.Duration
	// Monotonic replaces time.Now for the age of proofs, in tests.
	Monotonic func() time.Time
}

// Revocations is what one server knows of the revocation records. It is safe
// for concurrent use.
type Revocations struct {
	local, shared Store
	fed           bool
	bound         time.Duration
	monotonic     func() time.Time

	publishing sync.Mutex // makes comparing and publishing one step

	mu         sync.RWMutex
	state      revocationState
	quarantine map[Record]struct{}
	pending    map[Record]struct{} // durable here, not yet accepted
	unsaved    map[Record]struct{} // neither: only this process refuses
	proven     time.Time
	withdrawn  bool
	loaded     bool
	broken     bool // the local store failed and was not opened again
	malformed  int
	life       int64 // L
	tolerance  int64 // smallest of the policies in use, -1 before the first

	highWater atomic.Int64
	// forgetUntil bounds the time by which a view under a feed forgets, plus one;
	// zero for no bound.
	forgetUntil atomic.Int64
	nextDue     atomic.Int64 // the least cut-off in quarantine
}

const toleranceDefault = 60

// NewRevocations makes an empty view.
func NewRevocations(o RevocationOptions) (*Revocations, error) {
	if o.Bound < 0 || o.Life < 0 {
		return nil, refuse("bound and life are not negative")
	}
	if o.Bound == 0 && o.Fed {
		o.Bound = 2 * time.Second
	}
	if o.Monotonic == nil {
		o.Monotonic = time.Now
	}
	v := &Revocations{
		local: o.Local, shared: o.Shared, fed: o.Fed, bound: o.Bound,
		monotonic: o.Monotonic, state: newRevocationState(),
		quarantine: map[Record]struct{}{}, pending: map[Record]struct{}{}, unsaved: map[Record]struct{}{},
		life: ceilSeconds(o.Life), tolerance: -1,
	}
	v.nextDue.Store(math.MaxInt64)
	return v, nil
}

// made tells whether the view is from NewRevocations.
func (v *Revocations) made() error {
	if v == nil || v.monotonic == nil {
		return refuse("this revocation view was not made by NewRevocations")
	}
	return nil
}

func ceilSeconds(d time.Duration) int64 { return int64((d + time.Second - 1) / time.Second) }

// use takes a policy into account. A later policy that needs longer lives of
// entries raises those that are there; what came before the first policy has
// its expiry from a server that knew its own.
func (v *Revocations) use(l *limits) {
	v.mu.Lock()
	defer v.mu.Unlock()
	first := v.tolerance < 0
	if first || l.tolerance < v.tolerance {
		v.tolerance = l.tolerance
	}
	if life := ceilSeconds(v.bound) + l.entryLife(); life > v.life {
		if !first {
			v.state.extend(uint64(life - v.life))
		}
		v.life = life
	}
}

// now raises a time of the clock to the high-water mark.
func (v *Revocations) now(clock int64) int64 {
	if mark := v.highWater.Load(); mark > clock {
		return mark
	}
	return clock
}

// HighWater returns the mark below which no clock reading counts. Raise an
// alarm if it is ahead of the clock by more than the tolerance.
func (v *Revocations) HighWater() time.Time { return time.Unix(v.highWater.Load(), 0).UTC() }

// Receive takes a record from a feed or a store. A cut-off too far in the
// future waits in quarantine until its time is near.
func (v *Revocations) Receive(r Record, at time.Time) error {
	if err := v.made(); err != nil {
		return err
	}
	err := r.check()
	v.mu.Lock()
	defer v.mu.Unlock()
	if err != nil {
		v.malformed++
		return err
	}
	v.receive(r, v.now(at.Unix()))
	return nil
}

func (v *Revocations) receive(r Record, now int64) {
	v.loaded = true
	if r.isCutoff() && int64(r.Value) > now+v.toleranceInUse() {
		v.quarantine[r] = struct{}{}
		if due := int64(r.Value); due < v.nextDue.Load() {
			v.nextDue.Store(due)
		}
		return
	}
	v.state.merge(r)
}

func (v *Revocations) toleranceInUse() int64 {
	if v.tolerance < 0 {
		return toleranceDefault
	}
	return v.tolerance
}

// settle applies the quarantined cut-offs whose time has come. Until the least
// of them is due it costs one comparison.
func (v *Revocations) settle(now int64) {
	// The greatest tolerance is far below the distance of int64 to any cut-off.
	if v.nextDue.Load() > now+300 {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	due, next := now+v.toleranceInUse(), int64(math.MaxInt64)
	for r := range v.quarantine {
		if c := int64(r.Value); c > due {
			if c < next {
				next = c
			}
			continue
		}
		delete(v.quarantine, r)
		r.Expires = larger(r.Expires, uint64(now+v.life))
		v.state.merge(r)
	}
	v.nextDue.Store(next)
}

// revoked takes the verdict and returns the mark as it is after that.
func (v *Revocations) revoked(f facts, now int64) (revoked bool, mark int64) {
	v.settle(now)
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.state.revokes(f), v.highWater.Load()
}

func (v *Revocations) latestCutoff(subject string, ctx clk1.Digest, now int64) int64 {
	v.settle(now)
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.state.latestCutoff(subject, ctx)
}

func (v *Revocations) cutoffBound(r Record, now int64) int64 {
	v.settle(now)
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.state.cutoffBound(r)
}

// distrusts tells whether everything under a key is refused.
func (v *Revocations) distrusts(kid clk1.Digest) bool {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.state.distrusts(kid)
}

// Quarantined returns the cut-offs that wait. They deserve an alarm.
func (v *Revocations) Quarantined() []Record {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return sorted(v.quarantine)
}

// Pending returns the records that no shared store has accepted yet, and those
// that no store could keep at all. They deserve an alarm; see
// Sessions.RetryPending.
func (v *Revocations) Pending() []Record {
	return append(v.locked(v.pending), v.locked(v.unsaved)...)
}

func (v *Revocations) locked(set map[Record]struct{}) []Record {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return sorted(set)
}

func sorted(set map[Record]struct{}) []Record {
	out := make([]Record, 0, len(set))
	for r := range set {
		out = append(out, r)
	}
	sortRecords(out)
	return out
}

// DiscardQuarantine drops the waiting cut-offs, as an act of the operator.
func (v *Revocations) DiscardQuarantine() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.quarantine = map[Record]struct{}{}
	v.nextDue.Store(math.MaxInt64)
}

// Snapshot returns the content of the view.
func (v *Revocations) Snapshot(at time.Time) *Snapshot {
	v.settle(v.now(at.Unix()))
	v.mu.RLock()
	defer v.mu.RUnlock()
	records := v.state.records()
	for r := range v.quarantine {
		records = append(records, r)
	}
	sortRecords(records)
	return &Snapshot{MadeAt: at, HighWater: v.HighWater(), Records: records}
}

// Load merges a snapshot into the view. It proves no freshness.
func (v *Revocations) Load(s *Snapshot, at time.Time) error {
	if err := v.made(); err != nil {
		return err
	}
	if s == nil {
		return refuse("there is no snapshot")
	}
	mark, ok := unixOf(s.HighWater)
	if !ok {
		return refuse("the high-water mark of the snapshot is out of range")
	}
	for i := range s.Records {
		if err := s.Records[i].check(); err != nil {
			return err
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	now := v.now(at.Unix())
	for _, r := range s.Records {
		v.receive(r, now)
	}
	v.raiseMark(mark)
	v.loaded = true
	return nil
}

func (v *Revocations) raiseMark(mark int64) {
	if mark > v.highWater.Load() {
		v.highWater.Store(mark)
	}
}

// ForgetUntil bounds the time by which Purge forgets, whatever a clock says. It
// is called by a feed.
func (v *Revocations) ForgetUntil(t time.Time) { v.forgetUntil.Store(t.Unix() + 1) }

// Tolerance is how far in the future a cut-off may lie: the least of the
// policies in use.
func (v *Revocations) Tolerance() time.Duration {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return time.Duration(v.toleranceInUse()) * time.Second
}

// Purge forgets entries that have expired. The high-water mark is made durable
// first, so that a clock that goes back brings nothing to life.
func (v *Revocations) Purge(at time.Time) error {
	if err := v.made(); err != nil {
		return err
	}
	now, ok := unixOf(at)
	if !ok {
		return unavailable("the clock is out of range", nil)
	}
	// One at a time, so that the durable mark never goes back.
	v.publishing.Lock()
	defer v.publishing.Unlock()
	if until := v.forgetUntil.Load() - 1; until >= 0 && until < now {
		now = until
	}
	now = v.now(now)
	if v.local != nil {
		marks, ok := v.local.(MarkStore)
		if !ok {
			return refuse("the local store keeps no high-water mark, so nothing may be forgotten")
		}
		if v.localFailed() {
			return unavailable("the local store failed and was not opened again", nil)
		}
		if err := marks.PutMark(time.Unix(now, 0).UTC()); err != nil {
			v.fail()
			return unavailable("the high-water mark is not durable", err)
		}
	}
	v.settle(now)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.raiseMark(now)
	v.state.forget(uint64(now))
	return nil
}
