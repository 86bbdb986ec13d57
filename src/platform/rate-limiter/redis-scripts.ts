import { MAX_MEMBERS } from '../../core/rate-limits.ts';
import { BUCKETS } from './sliding-window.ts';

/** Milliseconds by the clock of Redis, so that those of the instances do not matter. */
const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

/**
 * `waitFor` and `addUse` of `sliding-window.ts`, for all keys or none. KEYS: those of the charges. ARGV: limit, bucket's
 * width in ms and cost of each. Returns the number of the charge with the longest wait (0: all were made), and the wait in ms.
 */
export const CHARGE = `${NOW}
local refused, wait = 0, 0
local outdated = {}
for i, key in ipairs(KEYS) do
  local limit, width, cost = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i])
  local current = math.floor(now / width)
  local fields = redis.call('HGETALL', key)
  local buckets, excess = {}, cost - limit
  outdated[i] = {}
  for j = 1, #fields, 2 do
    local bucket, count = tonumber(fields[j]), tonumber(fields[j + 1])
    -- Far in the future: counted with another width, before the limit was changed.
    if bucket < current - ${BUCKETS} or bucket > current + ${BUCKETS} then
      table.insert(outdated[i], fields[j])
    else
      table.insert(buckets, { bucket, count })
      excess = excess + count
    end
  end
  if excess > 0 then
    table.sort(buckets, function(a, b) return a[1] < b[1] end)
    local waitOfKey = ${BUCKETS} * width
    for _, entry in ipairs(buckets) do
      excess = excess - entry[2]
      if excess <= 0 then waitOfKey = (entry[1] + ${BUCKETS} + 1) * width - now; break end
    end
    if waitOfKey > wait then refused, wait = i, waitOfKey end
  end
end
if refused == 0 then
  for i, key in ipairs(KEYS) do
    local width = tonumber(ARGV[3 * i - 1])
    if #outdated[i] > 0 then redis.call('HDEL', key, unpack(outdated[i])) end
    redis.call('HINCRBY', key, math.floor(now / width), ARGV[3 * i])
    redis.call('PEXPIRE', key, ${BUCKETS + 1} * width)
  end
end
return { refused, wait }`;

/** KEYS: the set. ARGV: the window in ms and, to add it, a member. Returns the number of members. */
export const COUNT_DISTINCT = `${NOW}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[1])
if ARGV[2] then
  redis.call('ZADD', KEYS[1], now, ARGV[2])
  redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -${MAX_MEMBERS + 1})
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
end
return redis.call('ZCARD', KEYS[1])`;
