#!lua
-- Begins a feed anew: another epoch, no batches, no snapshot.
-- KEYS head log snap; ARGV epoch n chain of the head to replace, empty for none, epoch n chain
-- 1 when done, 0 when the head is another
local head = redis.call('HMGET', KEYS[1], 'fmt', 'epoch', 'n', 'chain')
if head[1] and head[1] ~= '1' then
  return redis.error_reply('FEEDFORMAT the head is of another format')
end
if (head[2] or '') ~= ARGV[1] or (head[3] or '') ~= ARGV[2] or (head[4] or '') ~= ARGV[3] then
  return 0
end
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
redis.call('HSET', KEYS[1], 'fmt', '1', 'epoch', ARGV[4], 'n', ARGV[5], 'chain', ARGV[6])
return 1
