package cloakroom

import (
	"encoding/binary"
	"time"

	"cloakroom.dev/go/cloakroom/internal/clk1"
)

// RecordKind is the scope of a revocation record.
type RecordKind uint8

// The kinds of records.
const (
	SessionEntry   RecordKind = 1
	SubjectCutoff  RecordKind = 2
	AudienceCutoff RecordKind = 3
	KeyEntry       RecordKind = 4
)

// Values with a meaning of their own.
const (
	// LoggedOut is the value of a session entry that refuses every generation.
	LoggedOut uint64 = 1<<32 - 1
	// Forever is the value and the expiry of a key entry.
	Forever uint64 = 1<<64 - 1
)

const (
	recordLen      = 33
	recordLongLen  = 49
	exemptKind     = 0x82
	recordValueAt  = 17
	recordExpireAt = 25
)

// Record is a revocation record. It holds no secret, but session ids and
// digests of subjects do not belong in logs either.
type Record struct {
	Kind    RecordKind
	Key     [16]byte
	Value   uint64
	Expires uint64 // Unix seconds; the entry may be forgotten from then on

	// Exempt is the session a subject cut-off spares, if HasExempt is set.
	Exempt    [16]byte
	HasExempt bool
}

// Digest returns the key of a record for a subject, a context or a kid.
func Digest(kind RecordKind, data []byte) [16]byte { return clk1.DigestOf(byte(kind), data) }

// RecordLen returns the length of a record by its first byte.
func RecordLen(first byte) int {
	if first == exemptKind {
		return recordLongLen
	}
	return recordLen
}

// ParseRecord reads the binary form of a record.
func ParseRecord(b []byte) (Record, error) {
	if len(b) == 0 {
		return Record{}, refuse("a record is empty")
	}
	r := Record{Kind: RecordKind(b[0])}
	if b[0] == exemptKind {
		r.Kind, r.HasExempt = SubjectCutoff, true
	}
	if want := RecordLen(b[0]); len(b) != want {
		return Record{}, refuse("a record of kind %02x has %d bytes, this one has %d", b[0], want, len(b))
	}
	copy(r.Key[:], b[1:])
	r.Value = binary.BigEndian.Uint64(b[recordValueAt:])
	r.Expires = binary.BigEndian.Uint64(b[recordExpireAt:])
	copy(r.Exempt[:], b[recordLen:])
	if err := r.check(); err != nil {
		return Record{}, err
	}
	return r, nil
}

func (r *Record) check() error {
	ok := false
	switch r.Kind {
	case SessionEntry:
		ok = r.Value >= 1 && r.Value <= clk1.LoggedOut
	case SubjectCutoff, AudienceCutoff:
		ok = r.Value <= clk1.CutoffMax
	case KeyEntry:
		ok = r.Value == Forever && r.Expires == Forever
	default:
		return refuse("a record has the unknown kind %d", r.Kind)
	}
	if !ok {
		return refuse("the value of a record of kind %d is out of range", r.Kind)
	}
	if r.HasExempt && r.Kind != SubjectCutoff {
		return refuse("a record of kind %d cannot exempt a session", r.Kind)
	}
	if !r.HasExempt && r.Exempt != [16]byte{} {
		return refuse("a record names an exempt session without saying that it has one")
	}
	return nil
}

// Append writes the binary form.
func (r Record) Append(dst []byte) []byte {
	kind := byte(r.Kind)
	if r.HasExempt {
		kind = exemptKind
	}
	dst = append(append(dst, kind), r.Key[:]...)
	dst = binary.BigEndian.AppendUint64(dst, r.Value)
	dst = binary.BigEndian.AppendUint64(dst, r.Expires)
	if r.HasExempt {
		dst = append(dst, r.Exempt[:]...)
	}
	return dst
}

// isCutoff tells whether the value of the record is a time.
func (r *Record) isCutoff() bool { return r.Kind == SubjectCutoff || r.Kind == AudienceCutoff }

// unixOf converts a time and reports whether the format can express it.
func unixOf(t time.Time) (int64, bool) {
	u := t.Unix()
	return u, u >= 0 && u <= clk1.TimeMax
}
