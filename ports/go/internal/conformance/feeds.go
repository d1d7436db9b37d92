package conformance

import (
	"bytes"
	"errors"
	"fmt"

	"cloakroom.dev/go/cloakroom/feed"
	"cloakroom.dev/go/cloakroom/internal/clk1"
)

func evalFeedKey(in *input, _ []int64) (*Result, error) {
	text := in.text("text")
	secret, err := clk1.ParseFeedKey(text)
	if err != nil {
		return refused()
	}
	fid, mac := clk1.FeedSecrets(&secret)
	if key, err := feed.ParseKey(text); err != nil || key.Reveal() != text || key.ID() != hexOf(fid[:]) {
		return nil, errors.New("a feed key is written in another way than read")
	}
	return &Result{"ok", object("fid", hexOf(fid[:]), "secret", hexOf(secret[:]), "mac_key", hexOf(mac[:]))}, nil
}

// readFeed reads the keys and the realm.
func readFeed(in *input) (keys feed.Keys, realm string) {
	list := in.list("keys")
	in.failed = in.failed || len(list) < 1 || len(list) > 2
	for i, v := range list {
		text, ok := v.(string)
		key, err := feed.ParseKey(text)
		in.failed = in.failed || !ok
		in.refused = in.refused || err != nil
		if i == 0 {
			keys.Write = key
		} else {
			keys.Also = key
		}
	}
	realm = in.str("realm")
	in.refused = in.refused || feed.CheckRealm(realm) != nil || len(list) == 2 && keys.Write.ID() == keys.Also.ID()
	return keys, realm
}

// faulty turns a fault into a result, and other errors into themselves.
func faulty(err error) (*Result, error) {
	var fault feed.Fault
	if !errors.As(err, &fault) {
		return nil, err
	}
	return &Result{"refused", object("fault", string(fault))}, nil
}

// writtenUnder returns the key with an identifier.
func writtenUnder(keys feed.Keys, fid []byte) feed.Key {
	if keys.Also.ID() == hexOf(fid) {
		return keys.Also
	}
	return keys.Write
}

func evalFeedBatch(in *input, _ []int64) (*Result, error) {
	keys, realm := readFeed(in)
	onto, ok := feed.ParsePosition(in.hex("onto"))
	data := in.hex("batch")
	if in.failed || !ok {
		return nil, ErrRequest
	}
	if in.refused {
		return nil, errRefused
	}
	batch, becomes, err := feed.OpenBatch(keys, realm, onto, data)
	if err != nil {
		return faulty(err)
	}
	again, position, err := feed.SealBatch(writtenUnder(keys, data[1:5]), realm, onto, batch)
	if err != nil || !bytes.Equal(again, data) || position != becomes {
		return nil, fmt.Errorf("a batch is written in another way than read (%v)", err)
	}
	return &Result{"ok", object(
		"time", number(batch.Time),
		"records", hexRecords(batch.Records),
		"becomes", hexOf(becomes.Append(nil)),
	)}, nil
}

func evalFeedSnapshot(in *input, _ []int64) (*Result, error) {
	keys, realm := readFeed(in)
	data := in.hex("snapshot")
	if in.failed {
		return nil, ErrRequest
	}
	if in.refused {
		return nil, errRefused
	}
	s, err := feed.OpenSnapshot(keys, realm, data)
	if err != nil {
		return faulty(err)
	}
	again, err := feed.SealSnapshot(writtenUnder(keys, data[8:12]), realm, s)
	if err != nil || !bytes.Equal(again, data) {
		return nil, fmt.Errorf("a snapshot is written in another way than read (%v)", err)
	}
	inner, err := s.View.Encode()
	if err != nil {
		return nil, err
	}
	return &Result{"ok", object(
		"position", hexOf(s.Position.Append(nil)),
		"life", number(s.Life),
		"snapshot", hexOf(inner),
	)}, nil
}
