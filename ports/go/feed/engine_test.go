package feed

import (
	"context"
	"errors"
	"sync"
	"time"
)

// memory is an engine in memory that a test can break.
type memory struct {
	mu       sync.Mutex
	head     *Position
	log      []Numbered
	snapshot []byte
	snapAt   Position
	fail     error
	hook     func() // runs before an append, outside the lock
	slow     func() // runs before a read, outside the lock
	appends  int
}

var errDown = errors.New("the engine is down")

func (m *memory) Read(_ context.Context, _ string, after uint64, limit int) (r Reading, err error) {
	if m.slow != nil {
		m.slow()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.head != nil {
		head := *m.head
		r.Head = &head
	}
	for _, b := range m.log {
		if b.N > after && len(r.Batches) < limit {
			r.Batches = append(r.Batches, b)
		}
	}
	return r, m.fail
}

func (m *memory) ReadSnapshot(context.Context, string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.snapshot, m.fail
}

func (m *memory) Append(_ context.Context, _ string, onto Position, batch []byte, becomes Position) error {
	if m.hook != nil {
		m.hook()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	if m.head == nil || *m.head != onto {
		return ErrConflict
	}
	m.log = append(m.log, Numbered{becomes.N, batch})
	m.head = &becomes
	m.appends++
	return nil
}

func (m *memory) Found(_ context.Context, _ string, old *Position, first Position) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	if (old == nil) != (m.head == nil) || old != nil && *old != *m.head {
		return ErrConflict
	}
	m.head, m.log, m.snapshot = &first, nil, nil
	return nil
}

func (m *memory) Put(_ context.Context, _ string, at Position, snapshot []byte, drop uint64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	if m.head == nil || m.head.Epoch != at.Epoch || m.head.N < at.N ||
		m.snapshot != nil && m.snapAt.Epoch == at.Epoch && m.snapAt.N >= at.N {
		return nil
	}
	m.snapshot, m.snapAt = snapshot, at
	for len(m.log) > 0 && m.log[0].N <= drop {
		m.log = m.log[1:]
	}
	return nil
}

func (m *memory) Wait(_ context.Context, _ string, _ uint64, d time.Duration) error {
	time.Sleep(d)
	return m.fail
}

// set changes the engine.
func (m *memory) set(change func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change()
}
