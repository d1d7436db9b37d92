package clk1

// Claims are the fields before the payload.
type Claims struct {
	ID              [SessionIDLen]byte
	Generation      uint32
	Subject         string
	AuthenticatedAt int64  // Unix seconds
	Offset          uint32 // issued_at, in seconds after AuthenticatedAt
	Idle            uint32 // seconds, 0 means none
	Absolute        uint32 // seconds
	Major, Minor    uint32
}

// IssuedAt returns issued_at in Unix seconds.
func (c *Claims) IssuedAt() int64 { return c.AuthenticatedAt + int64(c.Offset) }

// Append writes the claims.
func (c *Claims) Append(dst []byte) []byte {
	dst = append(dst, c.ID[:]...)
	dst = appendVarint(dst, uint64(c.Generation))
	dst = appendVarint(dst, uint64(len(c.Subject)))
	dst = append(dst, c.Subject...)
	dst = appendVarint(dst, uint64(c.AuthenticatedAt))
	for _, v := range [...]uint32{c.Offset, c.Idle, c.Absolute, c.Major, c.Minor} {
		dst = appendVarint(dst, uint64(v))
	}
	return dst
}

// LongestLen returns the length of the claims with the longest issued_at that
// any renewal can give them.
func (c *Claims) LongestLen() int {
	n := len(c.Append(make([]byte, 0, 320)))
	have, most := varintLen(c.Offset), varintLen(c.Absolute-1)
	if most > have {
		n += most - have
	}
	return n
}

// ParseClaims reads the claims at the beginning of a plaintext and returns the
// payload behind them.
func ParseClaims(p []byte) (c Claims, payload []byte, ok bool) {
	r := reader{rest: p}
	copy(c.ID[:], r.take(SessionIDLen))
	c.Generation = r.u32()
	length := r.u32()
	if length > SubjectMax {
		return Claims{}, nil, false
	}
	c.Subject = string(r.take(int(length)))
	start := r.u64()
	c.Offset, c.Idle, c.Absolute = r.u32(), r.u32(), r.u32()
	c.Major, c.Minor = r.u32(), r.u32()
	if r.failed || c.Generation > GenerationMax || start > TimeMax || c.Absolute == 0 {
		return Claims{}, nil, false
	}
	c.AuthenticatedAt = int64(start)
	return c, r.rest, true
}
