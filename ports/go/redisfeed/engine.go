// Package redisfeed keeps revocation feeds in Redis 7.0 or later.
//
// The server must not evict keys without a time to live. What it accepted it
// may lose before an fsync or at a failover; then the servers that have read it
// hand it back.
package redisfeed

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gomodule/redigo/redis"

	"cloakroom.dev/go/cloakroom/feed"
)

// Engine is a feed.Engine over a Redis server.
type Engine struct{ pool *redis.Pool }

// New makes an engine for a URL as redis://host:port or rediss://…. No
// connection is made yet. A reply that takes longer than the timeout is a
// failure; a second is reasonable.
func New(url string, timeout time.Duration) (*Engine, error) {
	if !strings.HasPrefix(url, "redis://") && !strings.HasPrefix(url, "rediss://") {
		return nil, errors.New("redisfeed: the address starts with redis:// or rediss://")
	}
	if timeout <= 0 {
		return nil, errors.New("redisfeed: there is no timeout")
	}
	return &Engine{&redis.Pool{
		MaxIdle: 4, IdleTimeout: time.Minute,
		Dial: func() (redis.Conn, error) {
			return redis.DialURL(url, redis.DialConnectTimeout(timeout),
				redis.DialReadTimeout(timeout), redis.DialWriteTimeout(timeout))
		},
	}}, nil
}

// Close ends all connections that are idle, and the others after their use.
func (e *Engine) Close() error { return e.pool.Close() }

func keys(realm string) (head, log, snap string) {
	tag := "{cloakroom:" + realm + "}:"
	return tag + "head", tag + "log", tag + "snap"
}

// Each script is one atomic step. Numbers are compared as decimals: Lua has
// doubles, which are not exact.
var (
	readScript = redis.NewScript(2, `
return {redis.call('HMGET', KEYS[1], 'fmt', 'epoch', 'n', 'chain'),
        redis.call('XRANGE', KEYS[2], '(' .. ARGV[1] .. '-0', '+', 'COUNT', ARGV[2])}`)

	appendScript = redis.NewScript(2, `
local h = redis.call('HMGET', KEYS[1], 'fmt', 'epoch', 'n', 'chain')
if h[1] ~= '1' or h[2] ~= ARGV[1] or h[3] ~= ARGV[2] or h[4] ~= ARGV[3] then return 0 end
redis.call('XADD', KEYS[2], ARGV[5] .. '-0', 'b', ARGV[4])
redis.call('HSET', KEYS[1], 'n', ARGV[5], 'chain', ARGV[6])
return 1`)

	foundScript = redis.NewScript(3, `
local h = redis.call('HMGET', KEYS[1], 'epoch', 'n', 'chain')
if ARGV[1] == '' then
  if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
elseif h[1] ~= ARGV[1] or h[2] ~= ARGV[2] or h[3] ~= ARGV[3] then
  return 0
end
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
redis.call('HSET', KEYS[1], 'fmt', '1', 'epoch', ARGV[4], 'n', ARGV[5], 'chain', ARGV[6])
return 1`)

	putScript = redis.NewScript(3, `
local function before(a, b)
  if #a ~= #b then return #a < #b end
  return a < b
end
local h = redis.call('HMGET', KEYS[1], 'epoch', 'n', 'chain')
if h[1] ~= ARGV[1] or before(h[2], ARGV[2]) then return 0 end
if h[2] == ARGV[2] and h[3] ~= ARGV[5] then return 0 end
local s = redis.call('HMGET', KEYS[3], 'epoch', 'n')
if s[1] == ARGV[1] and not before(s[2], ARGV[2]) then return 0 end
redis.call('HSET', KEYS[3], 'epoch', ARGV[1], 'n', ARGV[2], 'data', ARGV[3])
if ARGV[4] ~= '' then redis.call('XTRIM', KEYS[2], 'MINID', '=', ARGV[4] .. '-0') end
return 1`)
)

func (e *Engine) do(ctx context.Context, script *redis.Script, keysAndArgs ...any) (any, error) {
	conn, err := e.pool.GetContext(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return script.Do(conn, keysAndArgs...)
}

func decimal(n uint64) string { return strconv.FormatUint(n, 10) }

// Read implements feed.Engine.
func (e *Engine) Read(ctx context.Context, realm string, after uint64, limit int) (feed.Reading, error) {
	head, log, _ := keys(realm)
	reply, err := redis.Values(e.do(ctx, readScript, head, log, decimal(after), limit))
	if err != nil {
		return feed.Reading{}, err
	}
	if len(reply) != 2 {
		return feed.Reading{}, errShape
	}
	var r feed.Reading
	if r.Head, err = parseHead(reply[0]); err != nil {
		return feed.Reading{}, err
	}
	entries, err := redis.Values(reply[1], nil)
	if err != nil {
		return feed.Reading{}, err
	}
	for _, entry := range entries {
		b, err := parseEntry(entry)
		if err != nil {
			return feed.Reading{}, err
		}
		r.Batches = append(r.Batches, b)
	}
	return r, nil
}

var errShape = errors.New("redisfeed: what is kept under the keys of this realm is no feed")

func parseHead(reply any) (*feed.Position, error) {
	h, err := redis.ByteSlices(reply, nil)
	if err != nil || len(h) != 4 {
		return nil, errShape
	}
	if h[0] == nil && h[1] == nil && h[2] == nil && h[3] == nil {
		return nil, nil
	}
	n, err := number(string(h[2]))
	if err != nil || string(h[0]) != "1" {
		return nil, errShape
	}
	p, ok := feed.ParsePosition(append(binary.BigEndian.AppendUint64(append([]byte(nil), h[1]...), n), h[3]...))
	if !ok || len(h[1]) != len(p.Epoch) {
		return nil, errShape
	}
	return &p, nil
}

// number reads a decimal in its one spelling.
func number(s string) (uint64, error) {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || decimal(n) != s {
		return 0, errShape
	}
	return n, nil
}

func parseEntry(reply any) (b feed.Numbered, err error) {
	entry, err := redis.Values(reply, nil)
	if err != nil || len(entry) != 2 {
		return b, errShape
	}
	id, err := redis.String(entry[0], nil)
	if err != nil || !strings.HasSuffix(id, "-0") {
		return b, errShape
	}
	if b.N, err = number(strings.TrimSuffix(id, "-0")); err != nil {
		return b, err
	}
	fields, err := redis.ByteSlices(entry[1], nil)
	if err != nil || len(fields) != 2 || string(fields[0]) != "b" {
		return b, errShape
	}
	b.Data = fields[1]
	return b, nil
}

// ReadSnapshot implements feed.Engine.
func (e *Engine) ReadSnapshot(ctx context.Context, realm string) ([]byte, error) {
	conn, err := e.pool.GetContext(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	_, _, snap := keys(realm)
	data, err := redis.Bytes(conn.Do("HGET", snap, "data"))
	if err == redis.ErrNil {
		return nil, nil
	}
	return data, err
}

// changed runs a script that returns 1 for a change and 0 for none.
func (e *Engine) changed(ctx context.Context, script *redis.Script, keysAndArgs ...any) (bool, error) {
	n, err := redis.Int(e.do(ctx, script, keysAndArgs...))
	if err != nil {
		return false, fmt.Errorf("redisfeed: %w", err)
	}
	return n == 1, nil
}

// Append implements feed.Engine.
func (e *Engine) Append(ctx context.Context, realm string, onto feed.Position, batch []byte, becomes feed.Position) error {
	head, log, _ := keys(realm)
	done, err := e.changed(ctx, appendScript, head, log,
		onto.Epoch[:], decimal(onto.N), onto.Chain[:], batch, decimal(becomes.N), becomes.Chain[:])
	if err == nil && !done {
		return feed.ErrConflict
	}
	return err
}

// Found implements feed.Engine.
func (e *Engine) Found(ctx context.Context, realm string, old *feed.Position, first feed.Position) error {
	head, log, snap := keys(realm)
	var epoch, n, chain any = "", "", ""
	if old != nil {
		epoch, n, chain = old.Epoch[:], decimal(old.N), old.Chain[:]
	}
	done, err := e.changed(ctx, foundScript, head, log, snap,
		epoch, n, chain, first.Epoch[:], decimal(first.N), first.Chain[:])
	if err == nil && !done {
		return feed.ErrConflict
	}
	return err
}

// Put implements feed.Engine.
func (e *Engine) Put(ctx context.Context, realm string, at feed.Position, snapshot []byte, drop uint64) error {
	head, log, snap := keys(realm)
	oldest := ""
	if drop > 0 && drop < at.N {
		oldest = decimal(drop + 1)
	}
	_, err := e.changed(ctx, putScript, head, log, snap, at.Epoch[:], decimal(at.N), snapshot, oldest,
		at.Chain[:])
	return err
}

// Wait implements feed.Engine. What wakes it up is read again by Read.
func (e *Engine) Wait(ctx context.Context, realm string, after uint64, d time.Duration) error {
	conn, err := e.pool.GetContext(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	_, log, _ := keys(realm)
	ms := d.Milliseconds()
	if ms < 1 {
		ms = 1 // 0 would wait without end
	}
	// COUNT 1 keeps small what is thrown away.
	_, err = redis.DoWithTimeout(conn, d+time.Second, "XREAD", "COUNT", 1, "BLOCK", ms, "STREAMS", log, decimal(after)+"-0")
	if err == redis.ErrNil {
		return nil
	}
	return err
}

var _ feed.Engine = (*Engine)(nil)
