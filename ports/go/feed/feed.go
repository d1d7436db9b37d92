package feed

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	"cloakroom.dev/go/cloakroom"
)

// Options configures a feed. Engine, Realm, Keys and View are needed.
type Options struct {
	Engine Engine
	Realm  string
	Keys   Keys
	View   *cloakroom.Revocations // made with Fed

	// FollowOnly is for a server that may not write.
	FollowOnly bool

	// Heartbeat is how old the last batch may get before this server appends
	// an empty one. Default 500 ms.
	Heartbeat time.Duration
	// Skew is how far two clocks may be apart. Default 750 ms.
	Skew time.Duration
	// Settling is how long a feed that was just founded is fresh for nobody, so
	// that the others can hand back what an engine lost; the same on all
	// servers, at most an hour. Default, and the least: bound and skew
	// together. A server that reaches the engine later hands back then, and the
	// others were fresh without what it knows.
	Settling time.Duration
	// Wait is the longest wait for news. Default: an eighth of the bound of
	// the view.
	Wait time.Duration
	// Timeout ends a request to the engine. Default: the bound of the view.
	Timeout time.Duration

	// SnapshotEvery is after how many batches this server puts a snapshot,
	// Keep how many before it stay. Defaults 4096 and 1024.
	SnapshotEvery, Keep uint64

	// Report is told what deserves an alarm. It must not call the feed.
	Report func(error)

	// Clock and Monotonic replace time.Now, in tests.
	Clock     func() time.Time
	Monotonic func() time.Time
}

// Feed follows a feed and publishes to it. It is the shared store of its view
// and safe for concurrent use.
type Feed struct {
	o     Options
	reset chan struct{}

	mu      sync.Mutex // held over requests: one thing at a time
	keys    Keys
	at      *Position
	atEnd   bool
	reading *recovery // everything is being read again

	// proof is how old the batches let the view be, of the monotonic clock;
	// zero if their times prove nothing.
	proof     time.Time
	beatDue   time.Time // when a heartbeat is due
	others    others    // the clocks of the other servers
	youth     time.Time // until then a feed just founded is fresh for nobody
	snapshotN uint64    // number of the newest snapshot seen in this epoch
	faults    map[Fault]int
	last      error
}

// New checks the options and attaches the feed to its view.
func New(o Options) (*Feed, error) {
	if o.Engine == nil || o.View == nil {
		return nil, refuse("a feed has an engine and a view")
	}
	if err := CheckRealm(o.Realm); err != nil {
		return nil, err
	}
	if err := o.Keys.check(); err != nil {
		return nil, err
	}
	bound := o.View.Bound()
	for _, d := range []struct {
		value *time.Duration
		or    time.Duration
	}{{&o.Heartbeat, 500 * time.Millisecond}, {&o.Skew, 750 * time.Millisecond}, {&o.Wait, bound / 8}, {&o.Timeout, bound}} {
		if *d.value < 0 {
			return nil, refuse("the durations of a feed are not negative")
		}
		if *d.value == 0 {
			*d.value = d.or
		}
	}
	if least := o.Heartbeat + o.Skew + 2*o.Wait; bound < least {
		return nil, refuse("the bound of the view is %v, below heartbeat, skew and twice the wait, %v", bound, least)
	}
	if o.Settling == 0 {
		o.Settling = bound + o.Skew
	}
	if o.Settling < bound+o.Skew || o.Settling > time.Hour {
		return nil, refuse("the settling time is %v, and at least bound and skew together, at most an hour", o.Settling)
	}
	if o.SnapshotEvery == 0 {
		o.SnapshotEvery = 4096
	}
	if o.Keep == 0 {
		o.Keep = 1024
	}
	if o.Report == nil {
		o.Report = func(error) {}
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Monotonic == nil {
		o.Monotonic = time.Now
	}
	f := &Feed{o: o, keys: o.Keys, reset: make(chan struct{}, 1), faults: map[Fault]int{}}
	if err := o.View.Attach(f); err != nil {
		return nil, err
	}
	// By no clock but that of the feed, which was not heard yet.
	o.View.ForgetUntil(time.Unix(0, 0))
	return f, nil
}

// Run follows the feed until the context ends: it takes in what others append,
// proves freshness, appends heartbeats, puts snapshots, and offers records
// that are pending again.
func (f *Feed) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		err := f.Step(ctx)
		if err == nil && len(f.o.View.Pending()) > 0 && !f.o.FollowOnly {
			_, err = f.o.View.RetryPending(f.o.Clock())
		}
		after, wait := f.pause()
		if err == nil {
			err = f.o.Engine.Wait(ctx, f.o.Realm, after, wait)
		}
		if err != nil {
			// A fault stays until something changes; do not ask in a hurry.
			select {
			case <-ctx.Done():
			case <-f.reset:
			case <-time.After(f.o.Wait):
			}
		}
	}
	return ctx.Err()
}

// pause returns where the feed stands and how long to wait for more.
func (f *Feed) pause() (uint64, time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	wait, after := f.o.Wait, uint64(0)
	if f.at != nil {
		after = f.at.N
	}
	if !f.o.FollowOnly && !f.beatDue.IsZero() {
		if due := f.beatDue.Sub(f.o.Monotonic()); due < wait {
			wait = due
		}
	}
	if wait < time.Millisecond {
		wait = time.Millisecond
	}
	return after, wait
}

// SetKeys changes the keys at run time.
func (f *Feed) SetKeys(keys Keys) error {
	if err := keys.check(); err != nil {
		return err
	}
	f.mu.Lock()
	f.keys = keys
	f.mu.Unlock()
	select {
	case f.reset <- struct{}{}:
	default:
	}
	return nil
}

// Status says where a feed stands.
type Status struct {
	Position *Position // nil before the first contact
	AtEnd    bool
	Faults   map[Fault]int
	Last     error // of the last step, nil if it was fine
}

// Status returns where the feed stands.
func (f *Feed) Status() Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := Status{AtEnd: f.atEnd, Faults: map[Fault]int{}, Last: f.last}
	if f.at != nil {
		at := *f.at
		s.Position = &at
	}
	for fault, n := range f.faults {
		s.Faults[fault] = n
	}
	return s
}

// FoundAnew drops the feed and begins another, as an act of the operator where
// a feed is broken. The servers hand back what they know.
func (f *Feed) FoundAnew(ctx context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.o.FollowOnly {
		return errFollowOnly
	}
	r, err := f.read(ctx, 0, 1)
	if err != nil {
		return err
	}
	return f.found(ctx, r.Head)
}

func (f *Feed) found(ctx context.Context, old *Position) error {
	var epoch [epochLen]byte
	if _, err := rand.Read(epoch[:]); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, f.o.Timeout)
	defer cancel()
	return f.o.Engine.Found(ctx, f.o.Realm, old, first(f.o.Realm, epoch))
}

func (f *Feed) read(ctx context.Context, after uint64, limit int) (Reading, error) {
	ctx, cancel := context.WithTimeout(ctx, f.o.Timeout)
	defer cancel()
	return f.o.Engine.Read(ctx, f.o.Realm, after, limit)
}

// life is L in seconds.
func (f *Feed) life() uint64 { return uint64(f.o.View.Life() / time.Second) }

// report counts a fault and passes an error on.
func (f *Feed) report(err error) {
	if fault, ok := err.(Fault); ok {
		f.faults[fault]++
	}
	f.o.Report(err)
}
