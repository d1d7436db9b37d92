package clk1

import (
	"crypto/sha256"
	"io"

	"golang.org/x/crypto/hkdf"
)

// expand is HKDF-Expand with SHA-256 for outputs of at most 32 bytes. The
// label carries its terminating zero byte.
func expand(out []byte, key []byte, label string, rest ...[]byte) {
	info := append(make([]byte, 0, 64), label...)
	for _, part := range rest {
		info = append(info, part...)
	}
	// One block of HKDF is never exhausted by 32 bytes or less, so the
	// reader cannot fail.
	_, _ = io.ReadFull(hkdf.Expand(sha256.New, key, info), out)
}

// KidOf computes the identifier of a root key.
func KidOf(root *[KeyLen]byte) (kid Kid) {
	expand(kid[:], root[:], "clk1 kid\x00")
	return kid
}

// Context joins purpose and audience unambiguously. Lengths are checked by
// CheckContext.
func Context(purpose, audience string) []byte {
	ctx := make([]byte, 0, 2+len(purpose)+len(audience))
	ctx = append(ctx, byte(len(purpose)))
	ctx = append(ctx, purpose...)
	ctx = append(ctx, byte(len(audience)))
	return append(ctx, audience...)
}

// CheckContext reports whether purpose and audience are within their limits.
func CheckContext(purpose, audience string) bool {
	return len(purpose) >= 1 && len(purpose) <= PurposeMax && len(audience) <= AudienceMax
}

// DigestOf is the function D of the specification: the key under which a
// subject, a context or a kid is revoked.
func DigestOf[T string | []byte](kind byte, data T) (d Digest) {
	buf := append(make([]byte, 0, 320), "rvk1"...)
	buf = append(buf, kind)
	buf = append(buf, data...)
	sum := sha256.Sum256(buf)
	copy(d[:], sum[:])
	return d
}

// TooOld answers the questions about age: it tells whether at least d+leeway
// seconds have passed since then.
func TooOld(now, then, d, leeway int64) bool {
	age := now - then
	if age < 0 {
		age = 0
	}
	return age-leeway >= d
}
