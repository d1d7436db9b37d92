package cloakroom

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"

	"cloakroom.dev/go/cloakroom/internal/clk1"
)

// Key is a root key, or a key derived for one purpose and audience. It prints
// as its public identifier; [Key.Reveal] alone gives the secret.
type Key struct{ key *clk1.Key }

// GenerateKey draws a root key from the random source of the operating system.
func GenerateKey() (Key, error) {
	var secret [clk1.KeyLen]byte
	if _, err := io.ReadFull(rand.Reader, secret[:]); err != nil {
		return Key{}, unavailable("no random source", err)
	}
	k, err := clk1.NewRoot(secret)
	if err != nil {
		return Key{}, unavailable("the random source is broken", err)
	}
	return Key{k}, nil
}

// ParseKey reads the text form of a key, clkkey1.… or clksub1.…. Whether a
// derived key fits a purpose and audience shows in [Key.Derive].
func ParseKey(text string) (Key, error) {
	k, err := clk1.ParseKey(text)
	if err != nil {
		return Key{}, refuse("%v", err)
	}
	return Key{k}, nil
}

// Derive returns the key that serves exactly one purpose and audience. For a
// derived key it returns the same key, or an error if that belongs to others.
func (k Key) Derive(purpose, audience string) (Key, error) {
	if k.key == nil {
		return Key{}, refuse("the key is empty")
	}
	derived, err := k.key.Derive(purpose, audience)
	if err != nil {
		return Key{}, refuse("%v", err)
	}
	return Key{derived}, nil
}

// Kid returns the public identifier, in hex.
func (k Key) Kid() string {
	if k.key == nil {
		return ""
	}
	kid := k.key.Kid()
	return hex.EncodeToString(kid[:])
}

// Derived tells whether the key serves one purpose and audience only.
func (k Key) Derived() bool { return k.key != nil && k.key.IsUnit() }

// Reveal returns the text form, for writing it into a ring file. Whoever has
// it can mint and read sessions.
func (k Key) Reveal() string {
	if k.key == nil {
		return ""
	}
	return k.key.Text()
}

// Format prints the key without its secret, whatever the verb.
func (k Key) Format(s fmt.State, _ rune) {
	_, _ = io.WriteString(s, "cloakroom.Key("+k.Kid()+")")
}
