import { POSITION_SECONDS, type Publication } from '../../core/event-bus.ts';

/** The hash tag keeps all keys of the script on one node of a cluster. */
const PREFIX = 'auth:{events}:';

/** The key of the last position. */
export const POSITION_KEY = `${PREFIX}position`;

/**
 * Publishes events with their positions, in the order of the positions, whichever instance publishes: Redis runs one script
 * at a time. Keys: that of the last position, then one for each event, which holds its position in case it is published
 * again. Arguments: for each event, the number of its messages, then the channel of each and its JSON, of which the script
 * adds the beginning. Returns the position of each event; without events, a new one.
 *
 * Positions are microseconds of Redis' clock, so that they go on if the key is lost, and if it cannot be written, because
 * memory is full or the disk has failed. A replica does not publish: it has another clock, and few subscribers.
 */
export const PUBLISH = `
local time = redis.call('TIME')
local free = time[1] * 1000000 + time[2]
local last = tonumber(redis.call('GET', KEYS[1]) or '0')
if free <= last then free = last + 1 end
local function keep()
  return redis.pcall('SET', KEYS[1], string.format('%.0f', free - 1))
end
local function take()
  free = free + 1
  return string.format('%.0f', free - 1)
end
local kept = keep()
if kept['err'] and string.find(kept['err'], 'READONLY', 1, true) then return kept end
local positions, at = {}, 1
for i = 2, #KEYS do
  local count = tonumber(ARGV[at])
  local position = redis.call('GET', KEYS[i])
  if not position then
    position = take()
    redis.pcall('SET', KEYS[i], position, 'EX', ${POSITION_SECONDS})
  end
  for message = at + 1, at + 2 * count, 2 do
    redis.call('PUBLISH', ARGV[message], '{"position":' .. position .. ARGV[message + 1])
  end
  positions[i - 1] = position
  at = at + 1 + 2 * count
end
if #KEYS == 1 then positions[1] = take() end
keep()
return positions`;

/** The keys and arguments of the script, after the number of keys. */
export function publishArguments(events: readonly Publication[]): (string | number)[] {
  const keys = events.map(({ id }) => PREFIX + id);
  const messages = events.flatMap(({ messages }) => [
    messages.length,
    ...messages.flatMap(({ channel, payload }) => [channel, afterPosition(payload)]),
  ]);
  return [POSITION_KEY, ...keys, ...messages];
}

/** The JSON of a payload after its position. */
function afterPosition(payload: object): string {
  const json = JSON.stringify(payload).slice(1);
  return json === '}' ? json : `,${json}`;
}
