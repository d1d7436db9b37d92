package redisfeed

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"cloakroom.dev/go/cloakroom/feed"
	"cloakroom.dev/go/cloakroom/redisfeed/internal/redistest"
)

var background = context.Background()

func newEngine(t *testing.T, s *redistest.Server) *Engine {
	t.Helper()
	e, err := New(s.URL(), time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

func position(epoch byte, n uint64) feed.Position {
	p := feed.Position{N: n, Chain: [8]byte{byte(n), 0, '\r', '\n', 0xff}}
	p.Epoch[0], p.Epoch[5] = epoch, '\n'
	return p
}

func TestOperations(t *testing.T) {
	e := newEngine(t, redistest.Start(t))
	read := func(after uint64, limit int) feed.Reading {
		t.Helper()
		r, err := e.Read(background, "a", after, limit)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	is := func(err, want error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Fatalf("%v, not %v", err, want)
		}
	}
	if r := read(0, 10); r.Head != nil || len(r.Batches) != 0 {
		t.Fatalf("%+v", r)
	}
	one := position(1, 0)
	is(e.Append(background, "a", one, []byte("x"), position(1, 1)), feed.ErrConflict)
	is(e.Found(background, "a", &one, one), feed.ErrConflict)
	is(e.Found(background, "a", nil, one), nil)
	is(e.Found(background, "a", nil, position(2, 0)), feed.ErrConflict)
	big := bytes.Repeat([]byte{0, 1, 0xff, '\n'}, 10000)
	for n := uint64(1); n <= 12; n++ {
		is(e.Append(background, "a", position(1, n-1), append(big, byte(n)), position(1, n)), nil)
	}
	for _, wrong := range []feed.Position{position(1, 11), position(2, 12), {N: 12, Epoch: one.Epoch}} {
		is(e.Append(background, "a", wrong, nil, position(1, 13)), feed.ErrConflict)
	}
	r := read(9, 2)
	if *r.Head != position(1, 12) || len(r.Batches) != 2 || r.Batches[0].N != 10 ||
		!bytes.Equal(r.Batches[1].Data, append(big, 11)) {
		t.Fatalf("%+v", r.Head)
	}
	if r := read(12, 10); len(r.Batches) != 0 {
		t.Error("there is more than everything")
	}
	if r, err := e.Read(background, "b", 0, 1); err != nil || r.Head != nil {
		t.Error("realms mix")
	}

	snapshot := func(want string) {
		t.Helper()
		if got, err := e.ReadSnapshot(background, "a"); err != nil || string(got) != want {
			t.Fatalf("%q, %v", got, err)
		}
	}
	snapshot("")
	is(e.Put(background, "a", position(1, 13), []byte("ahead"), 0), nil)
	is(e.Put(background, "a", position(2, 1), []byte("foreign"), 0), nil)
	snapshot("")
	is(e.Put(background, "a", position(1, 9), []byte("nine"), 4), nil)
	snapshot("nine")
	if r := read(0, 1); r.Batches[0].N != 5 {
		t.Errorf("the first batch is %d", r.Batches[0].N)
	}
	is(e.Put(background, "a", position(1, 9), []byte("again"), 0), nil)
	is(e.Put(background, "a", position(1, 8), []byte("older"), 7), nil)
	snapshot("nine")
	is(e.Put(background, "a", position(1, 10), []byte("ten"), 0), nil)
	snapshot("ten")

	head := position(1, 12)
	is(e.Found(background, "a", &head, position(3, 0)), nil)
	snapshot("")
	if r := read(0, 10); *r.Head != position(3, 0) || len(r.Batches) != 0 {
		t.Errorf("%+v", r)
	}
}

func TestWait(t *testing.T) {
	e := newEngine(t, redistest.Start(t))
	if err := e.Found(background, "a", nil, position(1, 0)); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := e.Wait(background, "a", 0, 100*time.Millisecond); err != nil || time.Since(began) < 90*time.Millisecond {
		t.Fatal(err, time.Since(began))
	}
	go func() {
		time.Sleep(50 * time.Millisecond)
		_ = e.Append(background, "a", position(1, 0), []byte("x"), position(1, 1))
	}()
	began = time.Now()
	if err := e.Wait(background, "a", 0, 10*time.Second); err != nil || time.Since(began) > 5*time.Second {
		t.Fatal(err, time.Since(began))
	}
}

// TestLayout: the keys are those other implementations use, and something else
// under them is an error.
func TestLayout(t *testing.T) {
	s := redistest.Start(t)
	e := newEngine(t, s)
	if err := e.Found(background, "a", nil, position(1, 0)); err != nil {
		t.Fatal(err)
	}
	if err := e.Append(background, "a", position(1, 0), []byte("batch"), position(1, 1)); err != nil {
		t.Fatal(err)
	}
	c, err := redis.DialURL(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	head, err := redis.StringMap(c.Do("HGETALL", "{cloakroom:a}:head"))
	if p := position(1, 1); err != nil || len(head) != 4 || head["fmt"] != "1" || head["n"] != "1" ||
		head["epoch"] != string(p.Epoch[:]) || head["chain"] != string(p.Chain[:]) {
		t.Errorf("%q, %v", head, err)
	}
	entries, err := redis.Values(c.Do("XRANGE", "{cloakroom:a}:log", "1-0", "1-0"))
	if err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
	for _, change := range [][]any{
		{"HSET", "{cloakroom:a}:head", "fmt", "2"},
		{"HSET", "{cloakroom:a}:head", "fmt", "1", "n", "01"},
		{"HSET", "{cloakroom:a}:head", "n", "1", "chain", "short"},
		{"HDEL", "{cloakroom:a}:head", "n"},
		{"SET", "{cloakroom:a}:head", "x"},
	} {
		if _, err := c.Do(change[0].(string), change[1:]...); err != nil {
			t.Fatal(err)
		}
		if r, err := e.Read(background, "a", 0, 1); err == nil {
			t.Errorf("after %v: %+v", change, r)
		}
	}
	for _, url := range []string{"", "127.0.0.1:6379", "http://x"} {
		if _, err := New(url, time.Second); err == nil {
			t.Errorf("%q is an address", url)
		}
	}
}
