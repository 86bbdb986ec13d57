/** The key of the last position. */
export const POSITION_KEY = 'auth:position';

/**
 * Publishes messages with their positions, in the order of the positions, whichever instance publishes: Redis runs one script
 * at a time. Arguments: the number of positions to take; then the channel of each message, which of the positions is its own
 * (from 0), and its JSON, of which the script adds the beginning. Returns the first position.
 *
 * Positions are microseconds of Redis' clock, so that they go on if the key is lost, and if it cannot be written, because memory is full.
 */
export const PUBLISH = `
local time = redis.call('TIME')
local first = time[1] * 1000000 + time[2]
local last = tonumber(redis.call('GET', KEYS[1]) or '0')
if first <= last then first = last + 1 end
redis.pcall('SET', KEYS[1], string.format('%.0f', first + ARGV[1] - 1))
for i = 2, #ARGV, 3 do
  redis.call('PUBLISH', ARGV[i], '{"position":' .. string.format('%.0f', first + ARGV[i + 1]) .. ARGV[i + 2])
end
return string.format('%.0f', first)`;

/** The JSON of a payload after its position. */
export function afterPosition(payload: object): string {
  const json = JSON.stringify(payload).slice(1);
  return json === '}' ? json : `,${json}`;
}
