package feed

import (
	"context"
	"errors"
	"time"
)

// ErrConflict is returned by an engine whose head is another than expected.
var ErrConflict = errors.New("feed: the head is another")

// Reading is what an engine has, of one moment not before it was asked.
type Reading struct {
	Head    *Position // nil if there is no feed
	Batches []Numbered
}

// Numbered is a batch with the number under which the engine keeps it.
type Numbered struct {
	N    uint64
	Data []byte
}

// Engine keeps the bytes of the feeds. It understands and checks nothing of
// them. Each operation is one atomic step, and safe for concurrent use.
type Engine interface {
	// Read returns the head and the batches after a number, in order and at
	// most limit.
	Read(ctx context.Context, realm string, after uint64, limit int) (Reading, error)
	// ReadSnapshot returns the snapshot, nil if there is none.
	ReadSnapshot(ctx context.Context, realm string) ([]byte, error)
	// Append adds a batch if the head is onto, else it returns ErrConflict.
	Append(ctx context.Context, realm string, onto Position, batch []byte, becomes Position) error
	// Found begins a feed if the head is old, or there is none and old is nil;
	// batches and snapshot are dropped. Else it returns ErrConflict.
	Found(ctx context.Context, realm string, old *Position, first Position) error
	// Put replaces the snapshot if the head has the epoch of at and is not
	// before it, and the snapshot that is there is of another epoch or older.
	// Then it may drop the batches up to drop.
	Put(ctx context.Context, realm string, at Position, snapshot []byte, drop uint64) error
	// Wait returns when there may be batches after a number, or after d.
	Wait(ctx context.Context, realm string, after uint64, d time.Duration) error
}
