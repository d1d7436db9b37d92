package edge

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"math/big"
	"strings"
)

const (
	keyPrefix = "clkedge1."
	keyText   = 48
	idLen     = 4
)

// Key is the public key under which exports are signed. Its text is public.
type Key struct {
	public [ed25519.PublicKeySize]byte
	id     [idLen]byte
}

// ParseKey reads the text of a public key, clkedge1.….
func ParseKey(text string) (k Key, err error) {
	encoded := strings.TrimPrefix(text, keyPrefix)
	if encoded == text || len(encoded) != keyText {
		return k, refuse("the text of an edge key is %q and %d characters", keyPrefix, keyText)
	}
	// The decoder would skip line ends.
	if strings.ContainsAny(encoded, "\r\n") {
		return k, refuse("an edge key has a character outside its alphabet")
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if err != nil {
		return k, refuse("an edge key has a character outside its alphabet")
	}
	copy(k.public[:], raw)
	copy(k.id[:], raw[ed25519.PublicKeySize:])
	if !onCurve(k.public) || smallOrder[hex.EncodeToString(k.public[:])] {
		return k, refuse("an edge key is no point of the curve, or one of small order")
	}
	if idOf(k.public) != k.id {
		return k, refuse("the checksum of an edge key does not fit")
	}
	return k, nil
}

// ID returns the identifier that exports name, in hex.
func (k Key) ID() string { return hex.EncodeToString(k.id[:]) }

// Bytes returns the public key of RFC 8032.
func (k Key) Bytes() []byte { return append([]byte{}, k.public[:]...) }

func idOf(public [ed25519.PublicKeySize]byte) (id [idLen]byte) {
	sum := sha256.Sum256(append([]byte("clkedge1 id\x00"), public[:]...))
	copy(id[:], sum[:])
	return id
}

// verify checks a signature without the cofactor. The standard library refuses
// an S that is not canonical, and compares the encoding of R, so that an R in
// another encoding is refused as well.
func (k Key) verify(message, signature []byte) bool {
	return !smallOrder[hex.EncodeToString(signature[:32])] && ed25519.Verify(k.public[:], message, signature)
}

// smallOrder are the eight points that fit more than one message.
var smallOrder = map[string]bool{
	"0000000000000000000000000000000000000000000000000000000000000000": true,
	"0000000000000000000000000000000000000000000000000000000000000080": true,
	"0100000000000000000000000000000000000000000000000000000000000000": true,
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f": true,
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05": true,
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85": true,
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a": true,
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa": true,
}

// onCurve tells whether bytes are the canonical encoding of a point.
func onCurve(encoded [32]byte) bool {
	one := big.NewInt(1)
	p := new(big.Int).Sub(new(big.Int).Lsh(one, 255), big.NewInt(19))
	sign := encoded[31] >> 7
	encoded[31] &= 0x7f
	for i, j := 0, len(encoded)-1; i < j; i, j = i+1, j-1 {
		encoded[i], encoded[j] = encoded[j], encoded[i]
	}
	y := new(big.Int).SetBytes(encoded[:])
	if y.Cmp(p) >= 0 {
		return false
	}
	// x^2 = (y^2 - 1) / (d y^2 + 1), d = -121665 / 121666.
	d := new(big.Int).ModInverse(big.NewInt(121666), p)
	d.Mul(d, big.NewInt(-121665)).Mod(d, p)
	square := new(big.Int).Mul(y, y)
	divisor := new(big.Int).Mul(d, square)
	divisor.Add(divisor, one).Mod(divisor, p)
	x := new(big.Int).Sub(square, one)
	x.Mul(x, divisor.ModInverse(divisor, p)).Mod(x, p)
	if x.Sign() == 0 {
		return sign == 0
	}
	return new(big.Int).ModSqrt(x, p) != nil
}
