// Package edge reads exports: the revocation list in a small signed file, for
// verifiers that follow no feed (Section 18 of the specification).
//
// It reads and checks, and says whether a session hits the filter. What to do
// with a session that does is the caller's: it is unknown here, and only the
// origin can tell.
package edge

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"sort"
	"time"

	"cloakroom.dev/go/cloakroom"
	"cloakroom.dev/go/cloakroom/feed"
)

const (
	magic        = "clkedge1"
	lenMax       = 1 << 28
	signatureLen = 64
	headLen      = 100
	boundMax     = 86_400_000
	timeMax      = 253402300799
	loggedOut    = 1<<32 - 1
)

func refuse(format string, args ...any) error {
	return fmt.Errorf("%w: %s", cloakroom.ErrRefused, fmt.Sprintf(format, args...))
}

// Fault is why an export is not used. What was in use before stays in use.
type Fault string

// The faults, in the order in which they are looked for.
const (
	FaultFormat     Fault = "format"
	FaultUnknownKey Fault = "unknown-key"
	FaultForged     Fault = "forged"
	FaultOtherRealm Fault = "other-realm"
	FaultMalformed  Fault = "malformed"
	FaultOlder      Fault = "older"
	FaultAhead      Fault = "ahead"
	FaultExpired    Fault = "expired"
)

// Error returns the name of the fault.
func (f Fault) Error() string { return "edge: the export is not used: " + string(f) }

// Export is the content of an export whose signature fits.
type Export struct {
	Position   feed.Position
	MadeAt     int64  // Unix milliseconds: everything accepted before is in it
	ValidUntil int64  // Unix milliseconds
	HighWater  int64  // Unix seconds
	Life       uint32 // seconds
	Salt       [16]byte
	Records    []cloakroom.Record // all entries but sessions that were logged out

	places uint32
	values []uint64 // ascending
}

// Seen is what was accepted before.
type Seen struct {
	Position feed.Position
	MadeAt   int64 // Unix milliseconds
}

// Read checks an export and returns it with its age. The keys are those
// accepted, one or two; seen is nil before the first export; skew is how far
// the clocks of servers may differ. Its error is a [Fault], unless the
// arguments are wrong.
func Read(keys []Key, realm string, seen *Seen, now time.Time, skew time.Duration, data []byte) (*Export, time.Duration, error) {
	if len(keys) < 1 || len(keys) > 2 || feed.CheckRealm(realm) != nil || skew < 0 {
		return nil, 0, refuse("reading an export takes one or two keys, a realm and a skew")
	}
	e, err := open(keys, realm, data)
	if err != nil {
		return nil, 0, err
	}
	if seen != nil && e.behind(seen) {
		return nil, 0, FaultOlder
	}
	age := now.UnixMilli() + skew.Milliseconds() - e.MadeAt
	switch {
	case age < 0:
		return nil, 0, FaultAhead
	case age > e.ValidUntil-e.MadeAt:
		return nil, 0, FaultExpired
	}
	return e, time.Duration(age) * time.Millisecond, nil
}

func (e *Export) behind(seen *Seen) bool {
	at, before := e.Position, seen.Position
	same := at.N == before.N && at.Chain == before.Chain
	return e.MadeAt < seen.MadeAt || at.Epoch == before.Epoch && at.N <= before.N && !same
}

func open(keys []Key, realm string, data []byte) (*Export, error) {
	if len(data) > lenMax || len(data) < len(magic)+idLen || string(data[:len(magic)]) != magic {
		return nil, FaultFormat
	}
	var key *Key
	for i := range keys {
		if bytes.Equal(keys[i].id[:], data[8:12]) {
			key = &keys[i]
			break
		}
	}
	if key == nil {
		return nil, FaultUnknownKey
	}
	end := len(data) - signatureLen
	if end < 0 || !key.verify(data[:end], data[end:]) {
		return nil, FaultForged
	}
	body := data[:end]
	if len(body) <= headLen || len(body) <= headLen+int(body[headLen]) {
		return nil, FaultMalformed
	}
	rest := body[headLen+1:]
	if string(rest[:body[headLen]]) != realm {
		return nil, FaultOtherRealm
	}
	return parse(body[:headLen], rest[body[headLen]:])
}

func parse(head, rest []byte) (*Export, error) {
	number := binary.BigEndian.Uint64
	made, until, high := number(head[44:]), number(head[52:]), number(head[60:])
	if made >= until || until > timeMax*1000+999 || until-made > boundMax || high > timeMax {
		return nil, FaultMalformed
	}
	e := &Export{MadeAt: int64(made), ValidUntil: int64(until), HighWater: int64(high)}
	e.Position, _ = feed.ParsePosition(head[12:44])
	e.Life = binary.BigEndian.Uint32(head[68:])
	copy(e.Salt[:], head[72:])
	var err error
	if rest, err = e.entries(binary.BigEndian.Uint32(head[88:]), rest); err != nil {
		return nil, err
	}
	e.places = binary.BigEndian.Uint32(head[92:])
	return e, e.filter(binary.BigEndian.Uint32(head[96:]), rest)
}

// entries reads the exact entries and returns what follows them.
func (e *Export) entries(count uint32, rest []byte) ([]byte, error) {
	var last []byte
	for ; count > 0; count-- {
		size := 33
		if len(rest) > 0 && rest[0] == 0x82 {
			size = 49
		}
		if len(rest) < size {
			return nil, FaultMalformed
		}
		r, err := cloakroom.ParseRecord(rest[:size])
		if err != nil || r.Kind == 1 && r.Value == loggedOut || bytes.Compare(last, rest[:size]) >= 0 {
			return nil, FaultMalformed
		}
		e.Records = append(e.Records, r)
		last, rest = rest[:size], rest[size:]
	}
	return rest, nil
}

// filter reads the values. Their number is held against the bytes before room
// is made for them.
func (e *Export) filter(count uint32, data []byte) error {
	m, v := uint64(e.places), uint64(count)
	size := (m + v + 7) / 8
	if v > m || (v == 0) != (m == 0) || uint64(len(data)) != size+2*v {
		return FaultMalformed
	}
	unary, low := data[:size], data[size:]
	e.values = make([]uint64, 0, v)
	place := uint64(0)
	for i := uint64(0); i < 8*size; i++ {
		one := unary[i/8]>>(i%8)&1 == 1
		switch {
		case i >= m+v:
			if one {
				return FaultMalformed
			}
		case !one:
			place++
		case place >= m || len(low) == 0:
			return FaultMalformed
		default:
			value := place<<16 | uint64(binary.BigEndian.Uint16(low))
			if n := len(e.values); n > 0 && e.values[n-1] >= value {
				return FaultMalformed
			}
			e.values, low = append(e.values, value), low[2:]
		}
	}
	if place != m || len(low) != 0 {
		return FaultMalformed
	}
	return nil
}

// Hits tells whether a session hits the filter. A session that was logged out
// always does, another one once in 65536 times: it is unknown here, neither
// alive nor revoked.
func (e *Export) Hits(session [16]byte) bool {
	if e.places == 0 {
		return false
	}
	sum := sha256.Sum256(append(append([]byte("clkedge1 filter\x00"), e.Salt[:]...), session[:]...))
	value, _ := bits.Mul64(binary.BigEndian.Uint64(sum[:]), uint64(e.places)<<16)
	at := sort.Search(len(e.values), func(i int) bool { return e.values[i] >= value })
	return at < len(e.values) && e.values[at] == value
}

// IsFault tells whether an error is a fault of an export, and which.
func IsFault(err error) (fault Fault, ok bool) {
	ok = errors.As(err, &fault)
	return fault, ok
}
