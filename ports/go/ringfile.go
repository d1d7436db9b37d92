package cloakroom

import (
	"bytes"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"cloakroom.dev/go/cloakroom/internal/clk1"
)

const (
	ringFileMax    = 65536
	ringKeysMax    = 256
	noteMax        = 80
	rolloutDefault = 3600
)

// ringReader collects what the lines of a ring file say.
type ringReader struct {
	header      bool
	maxLifetime int64 // 0 while there is none
	rollout     int64 // -1 while there is none
	keys        []ringKey
	lines       []ringLine
	byKid       map[clk1.Kid]int
}

func parseRing(text []byte, now int64) (*ringPlan, error) {
	if err := checkRingText(text); err != nil {
		return nil, err
	}
	r := ringReader{rollout: -1, byKid: map[clk1.Kid]int{}}
	for i, line := range strings.Split(string(text), "\n") {
		if err := r.line(strings.TrimSuffix(line, "\r")); err != nil {
			return nil, refuse("ring file, line %d: %v", i+1, err)
		}
	}
	return r.finish(now)
}

// checkRingText makes sure that lines can be told apart in one way only.
func checkRingText(text []byte) error {
	switch {
	case len(text) > ringFileMax:
		return refuse("a ring file has at most %d bytes, this one has %d", ringFileMax, len(text))
	case !utf8.Valid(text):
		return refuse("the ring file is not UTF-8")
	case bytes.HasPrefix(text, []byte("clkwrap1.")):
		return refuse("the ring file is wrapped with a password (SPEC 4.9), which this module does not read")
	case bytes.HasPrefix(text, []byte("\ufeff")):
		return refuse("the ring file starts with a byte order mark")
	}
	for i, c := range string(text) {
		switch {
		case c == '\n':
		case c == '\r' && i+1 < len(text) && text[i+1] == '\n':
		case c < 0x20, c >= 0x7f && c <= 0x9f:
			return refuse("the ring file has the control character U+%04X at byte %d", c, i)
		}
	}
	return nil
}

// line reads one line. Errors never quote it, since it may hold a key.
func (r *ringReader) line(line string) error {
	word, rest := nextWord(line)
	if word == "" || word[0] == '#' {
		return nil
	}
	if !r.header {
		version, rest := nextWord(rest)
		if word != "cloakroom-ring" || version != "1" || rest != "" {
			return fmt.Errorf("a ring file begins with the line %q", "cloakroom-ring 1")
		}
		r.header = true
		return nil
	}
	switch word {
	case "max-lifetime":
		n, ok := onlyNumber(rest)
		if !ok || n < 1 || r.maxLifetime != 0 {
			return fmt.Errorf("max-lifetime is given once, 1 to 4294967295 seconds")
		}
		r.maxLifetime = n
	case "rollout":
		n, ok := onlyNumber(rest)
		if !ok || r.rollout >= 0 {
			return fmt.Errorf("rollout is given at most once, 0 to 4294967295 seconds")
		}
		r.rollout = n
	case "key":
		return r.key(rest)
	default:
		return fmt.Errorf("a line is a comment, max-lifetime, rollout or key")
	}
	return nil
}

func (r *ringReader) key(rest string) error {
	if len(r.keys) == ringKeysMax {
		return fmt.Errorf("a ring has at most %d keys", ringKeysMax)
	}
	word, rest := nextWord(rest)
	key, err := clk1.ParseKey(word)
	if err != nil {
		return err
	}
	if _, known := r.byKid[key.Kid()]; known {
		kid := key.Kid()
		return fmt.Errorf("two keys have the kid %x", kid[:])
	}
	if len(r.keys) > 0 && r.keys[0].key.IsUnit() != key.IsUnit() {
		return fmt.Errorf("a ring holds root keys or derived keys, not both")
	}
	times, note, err := keyFields(rest)
	if err != nil {
		return err
	}
	r.byKid[key.Kid()] = len(r.keys)
	r.keys = append(r.keys, ringKey{key: key, note: note})
	r.lines = append(r.lines, times)
	return nil
}

// keyFields reads what follows the key text of a key line.
func keyFields(rest string) (l ringLine, note string, err error) {
	word, rest := nextWord(rest)
	stamp, ok := cutPrefix(word, "activate=")
	if ok {
		l.activate, ok = timestamp(stamp)
	}
	if !ok {
		return l, "", fmt.Errorf("after the key comes activate=YYYY-MM-DDThh:mm:ssZ")
	}
	word, rest = nextWord(rest)
	if stamp, ok := cutPrefix(word, "retire="); ok {
		if l.retire, l.explicit = timestamp(stamp); !l.explicit {
			return l, "", fmt.Errorf("retire has the form YYYY-MM-DDThh:mm:ssZ")
		}
		if word, rest = nextWord(rest); word == "forced" {
			l.forced = true
			word, rest = nextWord(rest)
		}
	}
	if word == "disabled" {
		l.disabled = true
		word, rest = nextWord(rest)
	}
	switch {
	case word == "":
		return l, "", nil
	case word[0] != '#':
		return l, "", fmt.Errorf("the fields of a key are activate, retire, forced, disabled, in this order")
	}
	note = strings.Trim(strings.TrimLeft(word+rest, "#"), " ")
	if len(note) > noteMax {
		return l, "", fmt.Errorf("a note has at most %d bytes, this one has %d", noteMax, len(note))
	}
	return l, note, nil
}

func (r *ringReader) finish(now int64) (*ringPlan, error) {
	switch {
	case !r.header:
		return nil, refuse("a ring file begins with the line %q", "cloakroom-ring 1")
	case r.maxLifetime == 0:
		return nil, refuse("the ring file has no max-lifetime")
	case len(r.keys) == 0:
		return nil, refuse("the ring file has no key")
	}
	if r.rollout < 0 {
		r.rollout = rolloutDefault
	}
	times, err := newSchedule(r.lines, r.maxLifetime, r.rollout)
	if err != nil {
		return nil, err
	}
	if times.sealing(now) < 0 {
		return nil, refuse("no key of the ring is active now, so none can seal")
	}
	return &ringPlan{
		keys: r.keys, byKid: r.byKid, times: times,
		maxLifetime: r.maxLifetime, rollout: r.rollout,
	}, nil
}

// nextWord splits off the first word. A word that starts a comment keeps the
// spaces behind it in rest.
func nextWord(s string) (word, rest string) {
	s = strings.TrimLeft(s, " ")
	if i := strings.IndexByte(s, ' '); i >= 0 {
		word, rest = s[:i], s[i:]
		if word[0] != '#' {
			rest = strings.TrimLeft(rest, " ")
		}
		return word, rest
	}
	return s, ""
}

func cutPrefix(s, prefix string) (string, bool) {
	return strings.TrimPrefix(s, prefix), strings.HasPrefix(s, prefix)
}

func onlyNumber(rest string) (int64, bool) {
	word, rest := nextWord(rest)
	if rest != "" || word == "" || len(word) > 10 || word[0] == '0' && len(word) > 1 {
		return 0, false
	}
	n, ok := digits(word)
	return n, ok && n <= 1<<32-1
}

func digits(s string) (n int64, ok bool) {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// timestamp accepts one spelling. time.Parse alone accepts fractions and
// single digits too, so the result has to print as the input did.
func timestamp(s string) (int64, bool) {
	t, err := time.Parse("2006-01-02T15:04:05Z", s)
	if err != nil || t.Format("2006-01-02T15:04:05Z") != s || t.Year() < 1970 {
		return 0, false
	}
	return t.Unix(), true
}
