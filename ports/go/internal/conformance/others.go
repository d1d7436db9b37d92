package conformance

import (
	"strconv"
	"time"

	"cloakroom.dev/go/cloakroom"
	"cloakroom.dev/go/cloakroom/internal/clk1"
)

func at(seconds int64) time.Time { return time.Unix(seconds, 0) }

// readContext reads purpose and audience, which are null together.
func readContext(in *input) (purpose, audience string, given bool) {
	none, noAudience := in.nullable("purpose"), in.nullable("audience")
	in.failed = in.failed || none != noAudience
	if none || noAudience {
		return "", "", false
	}
	return string(in.hex("purpose")), string(in.hex("audience")), true
}

func evalKeyText(in *input, _ []int64) (*Result, error) {
	text := in.text("text")
	purpose, audience, given := readContext(in)
	key, err := clk1.ParseKey(text)
	if err == nil && given && key.IsUnit() {
		_, err = key.Derive(purpose, audience)
	}
	if err != nil {
		return &Result{"refused", object("form", nil, "kid", nil, "secret", nil)}, nil
	}
	form, kid, secret := "root", key.Kid(), key.Secret()
	if key.IsUnit() {
		form = "unit"
	}
	return &Result{"ok", object("form", form, "kid", hexOf(kid[:]), "secret", hexOf(secret[:]))}, nil
}

func evalRing(in *input, moments []int64) (*Result, error) {
	text, now := in.text("text"), in.number("now", numberMax)
	purpose, audience, given := readContext(in)
	ttl := int64(-1)
	if !in.nullable("ttl") {
		ttl = in.number("ttl", 1<<32-1)
	}
	if in.failed || ttl == 0 {
		return nil, ErrRequest
	}
	if now > clockMax {
		return nil, errUnavailable
	}
	ring, err := cloakroom.ParseKeyRing([]byte(text), at(now))
	if err != nil {
		return refused()
	}
	if given && ring.CheckContext(purpose, audience) != nil {
		return refused()
	}
	if ttl >= 0 && ring.CheckLifetime(time.Duration(ttl)*time.Second) != nil {
		return refused()
	}
	states := []any{}
	for _, moment := range moments {
		o := object()
		for _, k := range ring.Keys(at(moment)) {
			o.Set(k.Kid, string(k.State))
		}
		states = append(states, object("now", number(moment), "states", o))
	}
	retirements := object()
	for _, k := range ring.Keys(at(now)) {
		retirements.Set(k.Kid, nil)
		if !k.Retire.IsZero() {
			retirements.Set(k.Kid, number(k.Retire.Unix()))
		}
	}
	return &Result{"ok", object("states", states, "retirements", retirements)}, nil
}

func evalRingReplace(in *input, _ []int64) (*Result, error) {
	now := in.number("now", numberMax)
	ring, err := cloakroom.ParseKeyRing([]byte(in.str("old")), at(now))
	next, forced := in.str("new"), in.boolean("forced")
	switch {
	case in.failed:
		return nil, ErrRequest
	case now > clockMax:
		return nil, errUnavailable
	case err != nil:
		return refused()
	}
	if ring.Replace([]byte(next), at(now), forced) != nil {
		return refused()
	}
	return &Result{"ok", object()}, nil
}

func evalRecord(in *input, _ []int64) (*Result, error) {
	r, err := cloakroom.ParseRecord(in.hex("record"))
	if err != nil {
		return refused()
	}
	var exempt any
	if r.HasExempt {
		exempt = hexOf(r.Exempt[:])
	}
	return &Result{"ok", object(
		"kind", number(r.Kind),
		"key", hexOf(r.Key[:]),
		"value", strconv.FormatUint(r.Value, 10),
		"expires", strconv.FormatUint(r.Expires, 10),
		"exempt", exempt,
	)}, nil
}

func evalMerge(in *input, _ []int64) (*Result, error) {
	var records []cloakroom.Record
	for _, b := range in.hexes("records") {
		r, err := cloakroom.ParseRecord(b)
		if err != nil {
			return refused()
		}
		records = append(records, r)
	}
	return &Result{"ok", object("records", hexRecords(cloakroom.MergeRecords(records)))}, nil
}

func hexRecords(records []cloakroom.Record) []any {
	out := []any{}
	for _, r := range records {
		out = append(out, hexOf(r.Append(nil)))
	}
	return out
}

func evalSnapshot(in *input, _ []int64) (*Result, error) {
	s, err := cloakroom.ParseSnapshot(in.hex("snapshot"))
	if err != nil {
		return refused()
	}
	return &Result{"ok", object(
		"made_at", number(s.MadeAt.Unix()),
		"high_water", number(s.HighWater.Unix()),
		"records", hexRecords(s.Records),
	)}, nil
}

func evalDigest(in *input, _ []int64) (*Result, error) {
	key := cloakroom.Digest(cloakroom.RecordKind(in.number("kind", 255)), in.hex("data"))
	return &Result{"ok", object("key", hexOf(key[:]))}, nil
}

func evalAge(in *input, _ []int64) (*Result, error) {
	now, leeway := in.number("now", numberMax), in.number("leeway", 300)
	authenticated, issued := in.number("authenticated_at", numberMax), in.number("issued_at", numberMax)
	name, since := "max_age", issued
	if in.has("require_fresh") {
		name, since = "require_fresh", authenticated
	}
	if clk1.TooOld(now, since, in.number(name, numberMax), leeway) {
		return &Result{"failed", object()}, nil
	}
	return &Result{"ok", object()}, nil
}
