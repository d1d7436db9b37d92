package clk1

import (
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash"
	"sync"

	"golang.org/x/crypto/chacha20poly1305"
)

// Stage names the check at which a token was rejected.
type Stage string

// The stages in the order in which a token meets them.
const (
	StageOK      Stage = "ok"
	StageText    Stage = "text"
	StageKey     Stage = "key"
	StageTag     Stage = "tag"
	StageNonce   Stage = "nonce"
	StageClaims  Stage = "claims"
	StageSchema  Stage = "schema"
	StageTime    Stage = "time"
	StageRevoked Stage = "revoked"
)

// ErrPlaintext is returned for a plaintext that no token can hold.
var ErrPlaintext = errors.New("a plaintext has 1 to 3024 bytes")

// Unit seals and opens the tokens of one key, purpose and audience. It is safe
// for concurrent use.
type Unit struct {
	kid       Kid
	kidDigest Digest
	s         [KeyLen]byte
	aead      cipher.AEAD
	scratch   sync.Pool
}

// scratch keeps what a seal or an opening needs apart from its result. The
// states of the HMAC after its two pads are part of it, which saves half of
// the compressions.
type scratch struct {
	mac hash.Hash
	aad []byte
	sum []byte
}

// Steps are the derived keys of a unit, for test vectors.
type Steps struct{ S, Ke, Kn [KeyLen]byte }

// Unit prepares a key for one purpose and audience.
func (k *Key) Unit(purpose, audience string) (*Unit, error) {
	derived, err := k.Derive(purpose, audience)
	if err != nil {
		return nil, err
	}
	steps := derived.steps()
	aead, err := chacha20poly1305.NewX(steps.Ke[:])
	if err != nil {
		return nil, err
	}
	u := &Unit{kid: k.kid, kidDigest: DigestOf(4, k.kid[:]), s: derived.secret, aead: aead}
	kn := steps.Kn
	u.scratch.New = func() any {
		aad := append(make([]byte, 8, 8+len(Prefix)+KidLen+BindingMax), Prefix...)
		return &scratch{
			mac: hmac.New(sha256.New, kn[:]),
			aad: append(aad, u.kid[:]...),
			sum: make([]byte, 0, sha256.Size),
		}
	}
	return u, nil
}

// Steps derives the intermediate keys for one purpose and audience.
func (k *Key) Steps(purpose, audience string) (Steps, error) {
	derived, err := k.Derive(purpose, audience)
	if err != nil {
		return Steps{}, err
	}
	return derived.steps(), nil
}

func (k *Key) steps() (steps Steps) {
	steps.S = k.secret
	expand(steps.Ke[:], steps.S[:], "clk1 enc\x00")
	expand(steps.Kn[:], steps.S[:], "clk1 siv\x00")
	return steps
}

// Kid returns the identifier of the key.
func (u *Unit) Kid() Kid { return u.kid }

// KidDigest returns the key under which this key would be distrusted.
func (u *Unit) KidDigest() Digest { return u.kidDigest }

// LogID names a session in logs.
func (u *Unit) LogID(id [SessionIDLen]byte) (out [8]byte) {
	expand(out[:], u.s[:], "clk1 log\x00", id[:])
	return out
}

// bind completes the associated data in the scratch and returns it. The eight
// bytes before it hold its length, as the input of the nonce wants it.
func (w *scratch) bind(binding []byte) []byte {
	const head = 8 + len(Prefix) + KidLen
	w.aad = append(w.aad[:head], binding...)
	binary.BigEndian.PutUint64(w.aad, uint64(len(w.aad)-8))
	return w.aad[8:]
}

// nonce computes N for the associated data bound last.
func (w *scratch) nonce(p []byte) []byte {
	w.mac.Reset()
	w.mac.Write(w.aad)
	w.mac.Write(p)
	w.sum = w.mac.Sum(w.sum[:0])
	return w.sum[:NonceLen]
}

// Seal makes the token for a plaintext. It is a pure function.
func (u *Unit) Seal(p, binding []byte) (string, error) {
	if len(p) < 1 || len(p) > PlaintextMax {
		return "", ErrPlaintext
	}
	if len(binding) > BindingMax {
		return "", errors.New("a binding has at most 1024 bytes")
	}
	w := u.scratch.Get().(*scratch)
	defer u.scratch.Put(w)
	aad := w.bind(binding)
	body := make([]byte, KidLen+NonceLen, Overhead+len(p))
	copy(body, u.kid[:])
	copy(body[KidLen:], w.nonce(p))
	body = u.aead.Seal(body, body[KidLen:], p, aad)
	text := make([]byte, len(Prefix)+base64.RawURLEncoding.EncodedLen(len(body)))
	copy(text, Prefix)
	base64.RawURLEncoding.Encode(text[len(Prefix):], body)
	return string(text), nil
}

// Open decrypts a body in place and returns its plaintext. After a failure
// nothing of the plaintext is left in the body.
func (u *Unit) Open(body Body, binding []byte) ([]byte, Stage) {
	w := u.scratch.Get().(*scratch)
	defer u.scratch.Put(w)
	aad := w.bind(binding)
	n, sealed := body[KidLen:KidLen+NonceLen], body[KidLen+NonceLen:]
	p, err := u.aead.Open(sealed[:0], n, sealed, aad)
	if err != nil {
		return nil, StageTag
	}
	if subtle.ConstantTimeCompare(w.nonce(p), n) != 1 {
		wipe(p)
		return nil, StageNonce
	}
	return p, StageOK
}
