#!lua
-- Keeps a snapshot that is newer than the one before, and drops batches that it makes needless.
-- KEYS head log snap; ARGV epoch n chain snapshot, number of the first batch to keep
-- 1 when kept, else 0
local head = redis.call('HMGET', KEYS[1], 'fmt', 'epoch', 'n', 'chain')
if not head[1] then
  return 0
end
if head[1] ~= '1' then
  return redis.error_reply('FEEDFORMAT the head is of another format')
end
-- As text, for a Lua number holds 53 bits.
local function before(a, b)
  return #a < #b or (#a == #b and a < b)
end
if head[2] ~= ARGV[1] or before(head[3], ARGV[2]) then
  return 0
end
-- Another history: nobody could follow from such a snapshot.
if head[3] == ARGV[2] and head[4] ~= ARGV[3] then
  return 0
end
local snap = redis.call('HMGET', KEYS[3], 'epoch', 'n')
if snap[1] == ARGV[1] and snap[2] and not before(snap[2], ARGV[2]) then
  return 0
end
-- First, for it may fail (a key of another type), and nothing is undone.
redis.call('XTRIM', KEYS[2], 'MINID', '=', ARGV[5] .. '-0')
redis.call('HSET', KEYS[3], 'epoch', ARGV[1], 'n', ARGV[2], 'data', ARGV[4])
return 1
