package conformance

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
)

// Result is the outcome of a vector.
type Result struct {
	Stage    string
	Expected *Object
}

func number(v any) json.Number { return json.Number(fmt.Sprint(v)) }

func hexOf(b []byte) string { return hex.EncodeToString(b) }

func refused() (*Result, error) { return &Result{"refused", object()}, nil }

// evaluators compute the outcome of the inputs, by kind. Evaluate checks
// afterwards that they read every member.
var evaluators = map[string]func(in *input, moments []int64) (*Result, error){
	"token":         evalToken,
	"issue":         evalIssue,
	"renew":         evalRenew,
	"update":        evalUpdate,
	"rotate":        evalRotate,
	"logout":        evalLogout,
	"cutoff":        evalCutoff,
	"key-text":      evalKeyText,
	"ring":          evalRing,
	"ring-replace":  evalRingReplace,
	"record":        evalRecord,
	"merge":         evalMerge,
	"snapshot":      evalSnapshot,
	"digest":        evalDigest,
	"age":           evalAge,
	"feed-key":      evalFeedKey,
	"feed-batch":    evalFeedBatch,
	"feed-snapshot": evalFeedSnapshot,
	"description":   evalDescription,
}

// Evaluate computes stage and expected of a vector from its inputs. Of the
// vector's own expected it takes the moments of a ring, which are an input in
// truth. Inputs that are none of a vector are ErrRequest.
func Evaluate(vector *Object) (*Result, error) {
	kindValue, _ := vector.Get("kind")
	kind, _ := kindValue.(string)
	eval, ok := evaluators[kind]
	inputs, has := vector.Get("inputs")
	if !ok || !has {
		return nil, ErrRequest
	}
	moments, err := momentsOf(kind, vector)
	if err != nil {
		return nil, err
	}
	in := newInput(inputs)
	if in.failed {
		return nil, ErrRequest
	}
	r, err := eval(in, moments)
	if errors.Is(err, errRefused) || errors.Is(err, errUnavailable) {
		r, err = &Result{err.Error(), nothing(kind)}, nil
	}
	if err != nil {
		return nil, err
	}
	if err := in.done(); err != nil {
		return nil, err
	}
	return r, nil
}

// What becomes of inputs that have no vector: keys, rings and settings that are
// none, and a clock outside its range.
var (
	errRefused     = errors.New("refused")
	errUnavailable = errors.New("unavailable")
)

// clockMax is the last second that a clock may give.
const clockMax = 253402300799

// nothing is the expected of a kind where there is no positive outcome.
func nothing(kind string) *Object {
	o := object()
	for _, name := range map[string][]string{
		"token": {"reason"}, "issue": {"token", "claims"}, "renew": {"token"}, "update": {"token"},
		"rotate": {"token", "record"}, "logout": {"record"}, "feed-batch": {"fault"}, "feed-snapshot": {"fault"},
	}[kind] {
		o.Set(name, nil)
	}
	return o
}

// momentsOf returns the times at which the states of a ring are asked for.
// Without an expected it is the time of loading.
func momentsOf(kind string, vector *Object) ([]int64, error) {
	if kind != "ring" {
		return nil, nil
	}
	expected, ok := vector.Get("expected")
	if !ok {
		inputs, _ := vector.Get("inputs")
		o, ok := inputs.(*Object)
		if !ok {
			return nil, ErrRequest
		}
		now, _ := o.Get("now")
		n, ok := parseNumber(now, numberMax)
		if !ok {
			return nil, ErrRequest
		}
		return []int64{n}, nil
	}
	o, ok := expected.(*Object)
	if !ok {
		return nil, ErrRequest
	}
	states, ok := o.Get("states")
	if !ok {
		return nil, nil
	}
	list, ok := states.([]any)
	if !ok {
		return nil, ErrRequest
	}
	var moments []int64
	for _, item := range list {
		entry, ok := item.(*Object)
		if !ok {
			return nil, ErrRequest
		}
		now, _ := entry.Get("now")
		n, ok := parseNumber(now, numberMax)
		if !ok {
			return nil, ErrRequest
		}
		moments = append(moments, n)
	}
	return moments, nil
}

// Answer computes the outcome of a request line.
func Answer(line []byte) []byte {
	bad := object("error", "bad request")
	v, err := ParseJSON(line)
	if err != nil {
		return Compact(bad)
	}
	vector, ok := v.(*Object)
	if !ok {
		return Compact(bad)
	}
	r, err := Evaluate(vector)
	if err != nil {
		return Compact(bad)
	}
	return Compact(object("stage", r.Stage, "expected", r.Expected))
}
