import type { PlantedBug } from './planted-bug.ts';

export const eventBugs: readonly PlantedBug[] = [
  {
    what: 'the first event of a transaction is lost if the process is killed before it publishes',
    file: 'src/platform/events/event-statements.ts',
    find: 'SELECT id FROM given WHERE published ORDER BY position',
    replace: 'SELECT id FROM given WHERE published AND position > 0 ORDER BY position',
    test: {
      file: 'redis/crash',
      name: 'before it could publish has its events published after the restart, in order',
    },
  },
  {
    what: 'what happens while Redis is away is never published',
    file: 'src/platform/events/event-statements.ts',
    find: 'SELECT id FROM given WHERE published ORDER BY position',
    replace: 'SELECT id FROM given WHERE false ORDER BY position',
    test: { seed: 1, minutes: 0.7, only: 'Redis is killed', invariant: 'I6 delivery' },
  },
  {
    what: 'a session that reauthentication ends leaves no event',
    file: 'src/modules/sessions/session.service.ts',
    find: 'if (ended !== null) await this.#deps.events.record(...terminationsOf([ended], actor));',
    replace: 'if (ended === null && actor === null) terminationsOf([], actor);',
    test: {
      file: 'integration/events',
      name: 'by reauthenticate leaves the end of the old session and the new one',
    },
  },
  {
    what: 'a sweep of the outbox waits for a mark that another transaction holds',
    file: 'src/platform/events/event-relay.ts',
    find: 'FOR UPDATE OF o SKIP LOCKED',
    replace: 'FOR UPDATE OF o',
    test: { file: 'redis/relay', name: 'passes over a mark that somebody holds, and comes back to it' },
  },
  {
    what: 'new events overtake those that are left in the outbox',
    file: 'src/platform/events/event-relay.ts',
    find: 'if (this.#behind) this.#held?.push(...events);',
    replace: 'if (this.#behind && events.length === 0) this.#held?.push(...events);',
    test: {
      file: 'integration/unanswered-commit',
      name: 'an event whose COMMIT was not answered is overtaken by no later one of its instance',
    },
  },
  {
    what: 'an event that is published again gets another position',
    file: 'src/platform/events/publish-script.ts',
    find: "local position = redis.call('GET', KEYS[i])",
    replace: 'local position = false',
    test: {
      file: 'redis/relay',
      name: 'publishes an event that it finds in the outbox again in its first place',
    },
  },
  {
    what: 'a stream reports a change twice after a gap',
    file: 'src/modules/sessions/session-stream.ts',
    find: 'if (position !== null && this.#receivedUpTo !== null && position <= this.#receivedUpTo) return;',
    replace: '',
    test: {
      file: 'unit/session-stream',
      name: 'that catches up reports what it missed, then what waited, each once and in order',
    },
  },
  {
    what: 'a stream is silent after its instance has lost Redis for a moment',
    file: 'src/modules/sessions/session-streams.ts',
    find: "bus.onResumed(() => void this.#inTurn.run('catch-up', () => this.#catchUpAll()));",
    replace: 'bus.onResumed(() => undefined);',
    test: {
      file: 'redis/resumed-streams',
      name: 'catch up when their instance has lost its connection to Redis, whatever else is published then',
    },
  },
];
