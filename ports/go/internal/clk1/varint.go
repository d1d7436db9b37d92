package clk1

func appendVarint(dst []byte, v uint64) []byte {
	for v > 127 {
		dst = append(dst, byte(v)|0x80)
		v >>= 7
	}
	return append(dst, byte(v))
}

func varintLen(v uint32) int {
	n := 1
	for v > 127 {
		v >>= 7
		n++
	}
	return n
}

// reader consumes the fields of claims. After a failure every read gives zero.
type reader struct {
	rest   []byte
	failed bool
}

func (r *reader) take(n int) []byte {
	if r.failed || n > len(r.rest) {
		r.failed = true
		return nil
	}
	out := r.rest[:n]
	r.rest = r.rest[n:]
	return out
}

func (r *reader) u32() uint32 { return uint32(r.varint(5, 0x0f)) }
func (r *reader) u64() uint64 { return r.varint(10, 0x01) }

// varint reads the shortest form only. most is the greatest number of bytes of
// the type and top the greatest last byte if all of them are used.
func (r *reader) varint(most int, top byte) (v uint64) {
	for i := 0; i < most && i < len(r.rest) && !r.failed; i++ {
		b := r.rest[i]
		v |= uint64(b&0x7f) << (7 * i)
		if b&0x80 != 0 {
			continue
		}
		if i > 0 && b == 0 || i == most-1 && b > top {
			break
		}
		r.rest = r.rest[i+1:]
		return v
	}
	r.failed = true
	return 0
}
