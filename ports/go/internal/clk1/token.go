package clk1

import (
	"encoding/base64"
	"strings"
)

// The decoder of the standard library in strict mode refuses everything the
// format refuses, except line ends, which it skips.
var strict64 = base64.RawURLEncoding.Strict()

func decode64(text string) ([]byte, bool) {
	if strings.IndexByte(text, '\n') >= 0 || strings.IndexByte(text, '\r') >= 0 {
		return nil, false
	}
	raw, err := strict64.DecodeString(text)
	return raw, err == nil
}

// Body is a decoded token: kid, N, C, T.
type Body []byte

// ParseToken checks the text form and decodes it.
func ParseToken(text string) (Body, bool) {
	if len(text) < TokenMin || len(text) > TokenMax || text[:len(Prefix)] != Prefix {
		return nil, false
	}
	return decode64(text[len(Prefix):])
}

// Kid returns the key identifier of the token.
func (b Body) Kid() (kid Kid) {
	copy(kid[:], b)
	return kid
}

// Nonce returns N.
func (b Body) Nonce() (n [NonceLen]byte) {
	copy(n[:], b[KidLen:])
	return n
}

// TextLen returns the number of characters of a token with a plaintext of n
// bytes.
func TextLen(n int) int {
	return len(Prefix) + base64.RawURLEncoding.EncodedLen(Overhead+n)
}
