package clk1

import (
	"bytes"
	"encoding/base64"
	"errors"
)

const (
	feedPrefix = "clkfeed1."
	feedLen    = 57
)

// ParseFeedKey reads the text form of a feed key.
func ParseFeedKey(text string) (secret [KeyLen]byte, err error) {
	raw, err := keyBytes(text, feedPrefix, feedLen)
	if err != nil {
		return secret, err
	}
	defer wipe(raw)
	var key [KeyLen]byte
	copy(key[:], raw)
	if allEqual(key[:]) {
		return secret, errEqualBytes
	}
	fid, _ := FeedSecrets(&key)
	if !bytes.Equal(fid[:], raw[KeyLen:]) {
		return secret, errors.New("the check value of the feed key does not fit: the text was altered")
	}
	return key, nil
}

// FeedSecrets derives the identifier of a feed key and the key of its tags.
func FeedSecrets(secret *[KeyLen]byte) (fid Kid, mac [KeyLen]byte) {
	expand(fid[:], secret[:], "clkfeed1 id\x00")
	expand(mac[:], secret[:], "clkfeed1 mac\x00")
	return fid, mac
}

// FeedText writes the text form of a feed key, which is the secret itself.
func FeedText(secret *[KeyLen]byte) string {
	fid, _ := FeedSecrets(secret)
	raw := append(make([]byte, 0, KeyLen+KidLen), secret[:]...)
	return feedPrefix + base64.RawURLEncoding.EncodeToString(append(raw, fid[:]...))
}

// UsableFeedSecret refuses what no random source gives.
func UsableFeedSecret(secret *[KeyLen]byte) error {
	if allEqual(secret[:]) {
		return errEqualBytes
	}
	return nil
}
