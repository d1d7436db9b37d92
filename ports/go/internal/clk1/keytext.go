package clk1

import (
	"bytes"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
)

const (
	rootPrefix = "clkkey1."
	unitPrefix = "clksub1."
	rootLen    = 56
	unitLen    = 64
	chkLen     = 6
)

// Key is a root key K, or a key S derived for one purpose and audience.
type Key struct {
	kid    Kid
	secret [KeyLen]byte
	unit   bool
	chk    [chkLen]byte
}

var errEqualBytes = errors.New("all bytes of the key are equal, which no random key is")

// NewRoot makes a root key of 32 random bytes.
func NewRoot(secret [KeyLen]byte) (*Key, error) {
	if allEqual(secret[:]) {
		return nil, errEqualBytes
	}
	return &Key{kid: KidOf(&secret), secret: secret}, nil
}

// ParseKey reads the text form of a root key or derived key. The check value
// of a derived key is tested by Unit, where purpose and audience are known.
func ParseKey(text string) (*Key, error) {
	switch {
	case len(text) >= len(rootPrefix) && text[:len(rootPrefix)] == rootPrefix:
		return parseRoot(text)
	case len(text) >= len(unitPrefix) && text[:len(unitPrefix)] == unitPrefix:
		return parseUnit(text)
	}
	return nil, fmt.Errorf("a key text starts with %q or %q", rootPrefix, unitPrefix)
}

func parseRoot(text string) (*Key, error) {
	raw, err := keyBytes(text, rootPrefix, rootLen)
	if err != nil {
		return nil, err
	}
	defer wipe(raw)
	var secret [KeyLen]byte
	copy(secret[:], raw)
	key, err := NewRoot(secret)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(key.kid[:], raw[KeyLen:]) {
		return nil, errors.New("the check value of the root key does not fit: the text was altered")
	}
	return key, nil
}

func parseUnit(text string) (*Key, error) {
	raw, err := keyBytes(text, unitPrefix, unitLen)
	if err != nil {
		return nil, err
	}
	defer wipe(raw)
	key := &Key{unit: true}
	copy(key.kid[:], raw)
	copy(key.secret[:], raw[KidLen:])
	copy(key.chk[:], raw[KidLen+KeyLen:])
	if allEqual(key.secret[:]) {
		return nil, errEqualBytes
	}
	return key, nil
}

func keyBytes(text, prefix string, length int) ([]byte, error) {
	if len(text) != length {
		return nil, fmt.Errorf("a key text that starts with %q has %d characters, this one has %d", prefix, length, len(text))
	}
	if text[:len(prefix)] != prefix {
		return nil, fmt.Errorf("the text does not start with %q", prefix)
	}
	raw, ok := decode64(text[len(prefix):])
	if !ok {
		return nil, errors.New("the key text has a character outside the base64url alphabet")
	}
	return raw, nil
}

// Kid returns the public identifier.
func (k *Key) Kid() Kid { return k.kid }

// IsUnit tells whether the key is derived for one purpose and audience.
func (k *Key) IsUnit() bool { return k.unit }

// Secret returns a copy of K or S.
func (k *Key) Secret() [KeyLen]byte { return k.secret }

// Text returns the text form, which is the secret itself.
func (k *Key) Text() string {
	if k.unit {
		raw := append(make([]byte, 0, unitLen), k.kid[:]...)
		raw = append(raw, k.secret[:]...)
		return unitPrefix + base64.RawURLEncoding.EncodeToString(append(raw, k.chk[:]...))
	}
	raw := append(make([]byte, 0, rootLen), k.secret[:]...)
	return rootPrefix + base64.RawURLEncoding.EncodeToString(append(raw, k.kid[:]...))
}

// ErrContext is returned for a derived key of another purpose or audience.
var ErrContext = errors.New("the derived key belongs to another purpose or audience")

// Derive returns the key for one purpose and audience. For a key that is
// derived already it only tests that it is the right one.
func (k *Key) Derive(purpose, audience string) (*Key, error) {
	if !CheckContext(purpose, audience) {
		return nil, errors.New("purpose has 1 to 255 bytes, audience 0 to 255")
	}
	ctx := Context(purpose, audience)
	unit := *k
	if !k.unit {
		unit.unit = true
		expand(unit.secret[:], k.secret[:], "clk1 sub\x00", ctx)
	}
	var chk [chkLen]byte
	expand(chk[:], unit.secret[:], "clk1 chk\x00", k.kid[:], ctx)
	if k.unit && subtle.ConstantTimeCompare(chk[:], k.chk[:]) != 1 {
		return nil, ErrContext
	}
	unit.chk = chk
	return &unit, nil
}

func allEqual(b []byte) bool {
	for _, c := range b {
		if c != b[0] {
			return false
		}
	}
	return true
}

func wipe(b []byte) {
	for i := range b {
		b[i] = 0
	}
}
