package feed

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"io"

	"cloakroom.dev/go/cloakroom"
	"cloakroom.dev/go/cloakroom/internal/clk1"
)

const (
	fidLen   = clk1.KidLen
	tagLen   = 16
	realmMax = 64
)

func refuse(format string, args ...any) error {
	return fmt.Errorf("%w: %s", cloakroom.ErrRefused, fmt.Sprintf(format, args...))
}

// Key authenticates a feed. The servers of a realm share it with nobody else.
// It prints as its public identifier; [Key.Reveal] alone gives the secret.
type Key struct{ k *keyData }

type keyData struct {
	secret, mac [clk1.KeyLen]byte
	fid         clk1.Kid
}

func newKey(secret [clk1.KeyLen]byte) Key {
	k := &keyData{secret: secret}
	k.fid, k.mac = clk1.FeedSecrets(&secret)
	return Key{k}
}

// GenerateKey draws a key from the random source of the operating system.
func GenerateKey() (Key, error) {
	var secret [clk1.KeyLen]byte
	_, err := io.ReadFull(rand.Reader, secret[:])
	if err == nil {
		err = clk1.UsableFeedSecret(&secret)
	}
	if err != nil {
		return Key{}, fmt.Errorf("%w: no random source: %v", cloakroom.ErrUnavailable, err)
	}
	return newKey(secret), nil
}

// ParseKey reads the text form of a key, clkfeed1.….
func ParseKey(text string) (Key, error) {
	secret, err := clk1.ParseFeedKey(text)
	if err != nil {
		return Key{}, refuse("%v", err)
	}
	return newKey(secret), nil
}

// ID returns the public identifier, in hex.
func (k Key) ID() string {
	if k.k == nil {
		return ""
	}
	return hex.EncodeToString(k.k.fid[:])
}

// Reveal returns the text form. Whoever has it can end all sessions, and hide
// that sessions were ended.
func (k Key) Reveal() string {
	if k.k == nil {
		return ""
	}
	return clk1.FeedText(&k.k.secret)
}

// Format prints the key without its secret, whatever the verb.
func (k Key) Format(s fmt.State, _ rune) {
	_, _ = io.WriteString(s, "feed.Key("+k.ID()+")")
}

// Keys are the keys of one server: it writes under one and accepts one or two.
// To change the key of a realm, all servers accept the new one as well, then
// all write under it, and after the next snapshot they drop the old one.
type Keys struct {
	Write Key
	Also  Key // accepted too, if it is set
}

func (k Keys) check() error {
	if k.Write.k == nil {
		return refuse("there is no feed key to write under")
	}
	if k.Also.k != nil && k.Also.k.fid == k.Write.k.fid {
		return refuse("the two feed keys have one identifier")
	}
	return nil
}

// find returns the accepted key with an identifier.
func (k Keys) find(fid []byte) *keyData {
	for _, key := range []*keyData{k.Write.k, k.Also.k} {
		if key != nil && string(key.fid[:]) == string(fid) {
			return key
		}
	}
	return nil
}

// Labels of tags.
const (
	batchLabel    = "clkfeed1 batch\x00"
	snapshotLabel = "clkfeed1 snapshot\x00"
)

func (k *keyData) tag(label, realm string, x []byte) []byte {
	h := hmac.New(sha256.New, k.mac[:])
	_, _ = io.WriteString(h, label+prefixed(realm))
	_, _ = h.Write(x)
	return h.Sum(nil)[:tagLen]
}

// verify tests the tag at the end of data.
func (k *keyData) verify(label, realm string, data []byte) bool {
	end := len(data) - tagLen
	return subtle.ConstantTimeCompare(k.tag(label, realm, data[:end]), data[end:]) == 1
}

// prefixed is lp(realm).
func prefixed(realm string) string { return string([]byte{byte(len(realm))}) + realm }

// CheckRealm refuses what is no name of a realm.
func CheckRealm(realm string) error {
	ok := len(realm) >= 1 && len(realm) <= realmMax
	for i := 0; i < len(realm); i++ {
		c := realm[i]
		ok = ok && (c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '.' || c == '_' || c == '-')
	}
	if !ok {
		return refuse("a realm has 1 to %d characters of a-z, 0-9, dot, underscore and hyphen", realmMax)
	}
	return nil
}
