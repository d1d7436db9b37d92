package conformance

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math/bits"

	"cloakroom.dev/go/cloakroom/internal/clk1"
)

// stream is the byte stream of one case of the accumulated tests.
type stream struct {
	i, j uint64
	rest []byte
}

func (s *stream) take(n int) []byte {
	for len(s.rest) < n {
		block := binary.BigEndian.AppendUint64([]byte("cloakroom 1 bulk"), s.i)
		sum := sha256.Sum256(binary.BigEndian.AppendUint64(block, s.j))
		s.rest = append(s.rest, sum[:]...)
		s.j++
	}
	out := s.rest[:n:n]
	s.rest = s.rest[n:]
	return out
}

func (s *stream) small(m int) int { return int(binary.BigEndian.Uint16(s.take(2))) % m }

func (s *stream) wide(m uint64) uint64 {
	a := binary.BigEndian.Uint64(s.take(8))
	shift := s.take(1)[0] % 64
	_, rest := bits.Div64(0, a>>shift, m)
	return rest
}

// Case is one case of the accumulated tests.
type Case struct {
	unit       *clk1.Unit
	binding, P []byte
	Token      string
}

// BulkCase computes a case.
func BulkCase(i uint64) (*Case, error) {
	s := stream{i: i}
	root, err := clk1.NewRoot(*(*[clk1.KeyLen]byte)(s.take(clk1.KeyLen)))
	if err != nil {
		return nil, err
	}
	purpose := string(s.take(1 + s.small(255)))
	audience := string(s.take(s.small(256)))
	c := Case{binding: s.take(s.small(1025))}
	claims := clk1.Claims{ID: *(*[16]byte)(s.take(16))}
	claims.Generation = uint32(s.wide(4294967295))
	claims.Subject = string(s.take(s.small(256)))
	claims.AuthenticatedAt = int64(s.wide(253402300800))
	claims.Offset = uint32(s.wide(1 << 32))
	claims.Idle = uint32(s.wide(1 << 32))
	claims.Absolute = uint32(1 + s.wide(4294967295))
	claims.Major = uint32(s.wide(1 << 32))
	claims.Minor = uint32(s.wide(1 << 32))
	most := 64
	if s.small(16) == 0 {
		most = 2716
	}
	c.P = append(claims.Append(nil), s.take(s.small(most))...)
	if c.unit, err = root.Unit(purpose, audience); err != nil {
		return nil, err
	}
	c.Token, err = c.unit.Seal(c.P, c.binding)
	return &c, err
}

// Reopen opens the token of the case and compares the plaintext.
func (c *Case) Reopen() error {
	body, ok := clk1.ParseToken(c.Token)
	if !ok {
		return errors.New("the token does not parse")
	}
	p, stage := c.unit.Open(body, c.binding)
	if stage != clk1.StageOK || !bytes.Equal(p, c.P) {
		return errors.New("the token does not open to its plaintext")
	}
	if _, _, ok := clk1.ParseClaims(p); !ok {
		return errors.New("the claims do not parse")
	}
	return nil
}

// reopened is how many tokens of an accumulated test are opened again.
const reopened = 10000

// Accumulate computes the hash over the first cases.
func Accumulate(count uint64) ([sha256.Size]byte, error) {
	h := sha256.New()
	for i := uint64(0); i < count; i++ {
		c, err := BulkCase(i)
		if err != nil {
			return [sha256.Size]byte{}, err
		}
		if i < reopened {
			if err := c.Reopen(); err != nil {
				return [sha256.Size]byte{}, err
			}
		}
		h.Write([]byte(c.Token))
		h.Write([]byte{'\n'})
	}
	return *(*[sha256.Size]byte)(h.Sum(nil)), nil
}
