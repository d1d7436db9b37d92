#!lua flags=allow-oom
-- Head and batches of one moment. It writes nothing, and is not declared `no-writes`: so a replica
-- refuses it, and a primary that lacks the replicas it must have (min-replicas-to-write), and neither
-- can pass for the end of the feed.
-- KEYS head log; ARGV after limit, bytes of the longest batch, and of all together
-- {{fmt epoch n chain}, {batch ...}}
local head = redis.call('HMGET', KEYS[1], 'fmt', 'epoch', 'n', 'chain')
local batches = {}
if ARGV[2] ~= '0' then
  local found = redis.call('XRANGE', KEYS[2], '(' .. ARGV[1] .. '-0', '+', 'COUNT', ARGV[2])
  local total = 0
  for i, entry in ipairs(found) do
    local batch = entry[2][1] == 'b' and entry[2][2] or ''
    total = total + #batch
    if #batch > tonumber(ARGV[3]) or total > tonumber(ARGV[4]) then
      -- Those before it, so that a reader comes as far as it can.
      if i > 1 then
        break
      end
      if #batch > tonumber(ARGV[3]) then
        return redis.error_reply('FEEDFORMAT a batch is longer than any can be')
      end
    end
    batches[i] = batch
  end
end
return {head, batches}
