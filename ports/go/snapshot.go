package cloakroom

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"time"

	"cloakroom.dev/go/cloakroom/internal/clk1"
)

const (
	snapshotMagic = "clkrevs1"
	snapshotHead  = 28
	snapshotMin   = snapshotHead + sha256.Size
)

// Snapshot carries a revocation view in one file. Its digest detects damage
// and authenticates nothing: trust a snapshot as far as the place it is from.
type Snapshot struct {
	MadeAt    time.Time
	HighWater time.Time
	Records   []Record
}

// ParseSnapshot reads and checks a whole snapshot.
func ParseSnapshot(b []byte) (*Snapshot, error) {
	if len(b) < snapshotMin || string(b[:len(snapshotMagic)]) != snapshotMagic {
		return nil, refuse("this is not a snapshot")
	}
	rest, digest := b[:len(b)-sha256.Size], b[len(b)-sha256.Size:]
	if sum := sha256.Sum256(rest); !bytes.Equal(sum[:], digest) {
		return nil, refuse("the snapshot is damaged")
	}
	madeAt, highWater := binary.BigEndian.Uint64(b[8:]), binary.BigEndian.Uint64(b[16:])
	if madeAt > clk1.TimeMax || highWater > clk1.TimeMax {
		return nil, refuse("a time of the snapshot is out of range")
	}
	count := binary.BigEndian.Uint32(b[24:])
	s := &Snapshot{MadeAt: time.Unix(int64(madeAt), 0).UTC(), HighWater: time.Unix(int64(highWater), 0).UTC()}
	rest = rest[snapshotHead:]
	var last []byte
	for len(rest) > 0 {
		size := RecordLen(rest[0])
		if size > len(rest) {
			return nil, refuse("the snapshot ends inside a record")
		}
		r, err := ParseRecord(rest[:size])
		if err != nil {
			return nil, err
		}
		if bytes.Compare(last, rest[:size]) >= 0 {
			return nil, refuse("the records of the snapshot are not in order")
		}
		s.Records = append(s.Records, r)
		last, rest = rest[:size], rest[size:]
	}
	if uint64(len(s.Records)) != uint64(count) {
		return nil, refuse("the snapshot has %d records and claims %d", len(s.Records), count)
	}
	return s, nil
}

// Encode writes the snapshot. Records are sorted and written once each.
func (s *Snapshot) Encode() ([]byte, error) {
	madeAt, ok1 := unixOf(s.MadeAt)
	highWater, ok2 := unixOf(s.HighWater)
	if !ok1 || !ok2 {
		return nil, refuse("a time of the snapshot is out of range")
	}
	records := append([]Record(nil), s.Records...)
	for i := range records {
		if err := records[i].check(); err != nil {
			return nil, err
		}
	}
	sortRecords(records)
	out := append(make([]byte, 0, snapshotMin+recordLongLen*len(records)), snapshotMagic...)
	out = binary.BigEndian.AppendUint64(out, uint64(madeAt))
	out = binary.BigEndian.AppendUint64(out, uint64(highWater))
	out = append(out, 0, 0, 0, 0)
	count := 0
	for i, r := range records {
		if i == 0 || r != records[i-1] {
			out = r.Append(out)
			count++
		}
	}
	if uint64(count) > math.MaxUint32 {
		return nil, refuse("a snapshot has at most 4294967295 records")
	}
	binary.BigEndian.PutUint32(out[24:], uint32(count))
	sum := sha256.Sum256(out)
	return append(out, sum[:]...), nil
}
