#!lua
-- Adds a batch where the caller believes the feed to end.
-- KEYS head log; ARGV epoch n chain of that end, epoch n chain of the new one, batch
-- 1 when added, 0 when the feed ends elsewhere
local head = redis.call('HMGET', KEYS[1], 'fmt', 'epoch', 'n', 'chain')
if not head[1] then
  return 0
end
if head[1] ~= '1' then
  return redis.error_reply('FEEDFORMAT the head is of another format')
end
if head[2] ~= ARGV[1] or head[3] ~= ARGV[2] or head[4] ~= ARGV[3] then
  return 0
end
-- First, for it may fail (a key of another type, a number that is taken), and nothing is undone.
redis.call('XADD', KEYS[2], ARGV[5] .. '-0', 'b', ARGV[7])
redis.call('HSET', KEYS[1], 'epoch', ARGV[4], 'n', ARGV[5], 'chain', ARGV[6])
return 1
