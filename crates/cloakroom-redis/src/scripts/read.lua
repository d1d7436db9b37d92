#!lua flags=allow-oom
-- Head and batches of one moment. It writes nothing, and is not declared `no-writes`: so a replica
-- refuses it, and a primary that lacks the replicas it must have (min-replicas-to-write), and neither
-- can pass for the end of the feed.
-- KEYS head log; ARGV after limit
-- {{fmt epoch n chain}, {batch ...}}
local head = redis.call('HMGET', KEYS[1], 'fmt', 'epoch', 'n', 'chain')
local batches = {}
if ARGV[2] ~= '0' then
  local found = redis.call('XRANGE', KEYS[2], '(' .. ARGV[1] .. '-0', '+', 'COUNT', ARGV[2])
  for i, entry in ipairs(found) do
    batches[i] = entry[2][1] == 'b' and entry[2][2] or ''
  end
end
return {head, batches}
