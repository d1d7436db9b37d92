package feed

import (
	"crypto/sha256"
	"encoding/binary"
	"math"

	"cloakroom.dev/go/cloakroom"
	"cloakroom.dev/go/cloakroom/internal/clk1"
)

const (
	epochLen    = 16
	chainLen    = 8
	positionLen = epochLen + 8 + chainLen

	batchVersion = 1
	batchHead    = 47
	batchMin     = batchHead + tagLen
	recordsMax   = math.MaxUint16

	timeMax = clk1.TimeMax*1000 + 999
)

// Position says how far a feed has come, and along which history.
type Position struct {
	Epoch [epochLen]byte
	N     uint64 // number of the last batch, 0 before the first
	Chain [chainLen]byte
}

// Append writes the binary form.
func (p Position) Append(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint64(append(dst, p.Epoch[:]...), p.N)
	return append(dst, p.Chain[:]...)
}

// ParsePosition reads the binary form.
func ParsePosition(b []byte) (p Position, ok bool) {
	if len(b) != positionLen {
		return p, false
	}
	copy(p.Epoch[:], b)
	p.N = binary.BigEndian.Uint64(b[epochLen:])
	copy(p.Chain[:], b[epochLen+8:])
	return p, true
}

// first is the position of an epoch before its first batch.
func first(realm string, epoch [epochLen]byte) Position {
	p := Position{Epoch: epoch}
	sum := sha256.Sum256(append([]byte("clkfeed1 chain\x00"+prefixed(realm)), epoch[:]...))
	copy(p.Chain[:], sum[:])
	return p
}

// next is the position behind a batch.
func (p Position) next(batch []byte) Position {
	sum := sha256.Sum256(append(p.Chain[:], batch...))
	p.N++
	copy(p.Chain[:], sum[:])
	return p
}

// Fault says why a batch or a snapshot of a feed is not used. It is an error.
type Fault string

// The faults. An out-of-place batch calls for reading everything again, the
// others for an operator.
const (
	FaultFormat     Fault = "format" // of snapshots
	FaultVersion    Fault = "version"
	FaultUnknownKey Fault = "unknown-key"
	FaultForged     Fault = "forged"
	FaultOutOfPlace Fault = "out-of-place"
	FaultMalformed  Fault = "malformed"
)

// Error describes the fault.
func (f Fault) Error() string { return "feed: " + string(f) }

// Batch is what one append adds to a feed. One without records is a heartbeat.
type Batch struct {
	Time    int64 // Unix milliseconds of the writer
	Records []cloakroom.Record
}

// SealBatch writes the batch that follows a position, and the position then.
func SealBatch(key Key, realm string, onto Position, b Batch) ([]byte, Position, error) {
	switch {
	case key.k == nil:
		return nil, onto, refuse("there is no feed key")
	case CheckRealm(realm) != nil:
		return nil, onto, CheckRealm(realm)
	case onto.N == math.MaxUint64:
		return nil, onto, refuse("the feed has no number left")
	case b.Time < 0 || b.Time > timeMax:
		return nil, onto, refuse("the time of a batch is out of range")
	case len(b.Records) > recordsMax:
		return nil, onto, refuse("a batch has at most %d records, this one has %d", recordsMax, len(b.Records))
	}
	out := append([]byte{batchVersion}, key.k.fid[:]...)
	out = onto.appendAs(out, onto.N+1)
	out = binary.BigEndian.AppendUint64(out, uint64(b.Time))
	out = binary.BigEndian.AppendUint16(out, uint16(len(b.Records)))
	for _, r := range b.Records {
		encoded := r.Append(nil)
		if _, err := cloakroom.ParseRecord(encoded); err != nil {
			return nil, onto, err
		}
		out = append(out, encoded...)
	}
	out = append(out, key.k.tag(batchLabel, realm, out)...)
	return out, onto.next(out), nil
}

// appendAs writes the position with another number, as it stands in a batch.
func (p Position) appendAs(dst []byte, n uint64) []byte {
	p.N = n
	return p.Append(dst)
}

// OpenBatch reads the batch that follows a position, and the position then. Its
// error is a [Fault], unless the arguments are wrong.
func OpenBatch(keys Keys, realm string, onto Position, data []byte) (Batch, Position, error) {
	if err := CheckRealm(realm); err != nil {
		return Batch{}, onto, err
	}
	if len(data) > 0 && data[0] != batchVersion {
		return Batch{}, onto, FaultVersion
	}
	if len(data) < 1+fidLen {
		return Batch{}, onto, FaultForged
	}
	key := keys.find(data[1 : 1+fidLen])
	if key == nil {
		return Batch{}, onto, FaultUnknownKey
	}
	if len(data) < batchMin || !key.verify(batchLabel, realm, data) {
		return Batch{}, onto, FaultForged
	}
	place, _ := ParsePosition(data[1+fidLen : 1+fidLen+positionLen])
	if onto.N == math.MaxUint64 || place.Epoch != onto.Epoch || place.N != onto.N+1 || place.Chain != onto.Chain {
		return Batch{}, onto, FaultOutOfPlace
	}
	at := binary.BigEndian.Uint64(data[37:])
	records, ok := parseRecords(data[batchHead : len(data)-tagLen])
	if at > timeMax || !ok || len(records) != int(binary.BigEndian.Uint16(data[45:])) {
		return Batch{}, onto, FaultMalformed
	}
	return Batch{Time: int64(at), Records: records}, onto.next(data), nil
}

// parseRecords reads records one after the other. No two kinds of records
// begin alike, so the first byte tells the length.
func parseRecords(b []byte) ([]cloakroom.Record, bool) {
	var out []cloakroom.Record
	for len(b) > 0 {
		size := cloakroom.RecordLen(b[0])
		if size > len(b) {
			return nil, false
		}
		r, err := cloakroom.ParseRecord(b[:size])
		if err != nil {
			return nil, false
		}
		out, b = append(out, r), b[size:]
	}
	return out, true
}
