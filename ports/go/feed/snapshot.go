package feed

import (
	"encoding/binary"

	"cloakroom.dev/go/cloakroom"
)

const (
	snapshotMagic = "clkfsnp1"
	snapshotHead  = len(snapshotMagic) + fidLen + positionLen + 4
)

// Snapshot holds every record of a feed up to a position.
type Snapshot struct {
	Position Position
	Life     uint32 // L of the writer, in seconds
	View     *cloakroom.Snapshot
}

// SealSnapshot writes a snapshot.
func SealSnapshot(key Key, realm string, s Snapshot) ([]byte, error) {
	if key.k == nil || s.View == nil {
		return nil, refuse("a snapshot needs a feed key and a content")
	}
	if err := CheckRealm(realm); err != nil {
		return nil, err
	}
	inner, err := s.View.Encode()
	if err != nil {
		return nil, err
	}
	out := append([]byte(snapshotMagic), key.k.fid[:]...)
	out = s.Position.Append(out)
	out = append(binary.BigEndian.AppendUint32(out, s.Life), inner...)
	return append(out, key.k.tag(snapshotLabel, realm, out)...), nil
}

// OpenSnapshot reads a snapshot. Its error is a [Fault], unless the arguments
// are wrong.
func OpenSnapshot(keys Keys, realm string, data []byte) (Snapshot, error) {
	if err := CheckRealm(realm); err != nil {
		return Snapshot{}, err
	}
	fid := len(snapshotMagic)
	if len(data) < fid+fidLen || string(data[:fid]) != snapshotMagic {
		return Snapshot{}, FaultFormat
	}
	key := keys.find(data[fid : fid+fidLen])
	if key == nil {
		return Snapshot{}, FaultUnknownKey
	}
	if len(data) < fid+fidLen+tagLen || !key.verify(snapshotLabel, realm, data) {
		return Snapshot{}, FaultForged
	}
	end := len(data) - tagLen
	if end < snapshotHead {
		return Snapshot{}, FaultMalformed
	}
	view, err := cloakroom.ParseSnapshot(data[snapshotHead:end])
	if err != nil {
		return Snapshot{}, FaultMalformed
	}
	position, _ := ParsePosition(data[fid+fidLen : fid+fidLen+positionLen])
	return Snapshot{position, binary.BigEndian.Uint32(data[snapshotHead-4:]), view}, nil
}
