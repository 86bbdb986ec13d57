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
  {
    what: 'a stream reports changes of a session after its end',
    file: 'src/modules/sessions/ended-sessions.ts',
    find: 'return end !== undefined && (revision ?? 0) <= end;',
    replace: 'return false;',
    test: {
      file: 'unit/session-stream',
      name: 'nothing of a session follows its end, live, after a gap, and where the end is published again',
    },
  },
  {
    what: 'a stream loses the changes of a gap in what the bus delivers',
    file: 'src/modules/sessions/session-stream.ts',
    find: 'await this.#receiveMissed(this.#receivedUpTo, upTo);',
    replace: '',
    test: {
      file: 'unit/session-stream',
      name: 'that catches up reports what it missed, then what waited, each once and in order',
    },
  },
  {
    what: 'a stream passes on changes after its credential is revoked',
    file: 'src/modules/sessions/session-stream.ts',
    find: 'else if (!revocations.has(credentialIdOf(principal))) {',
    replace: 'else {',
    test: {
      file: 'unit/session-stream',
      name: 'a stream passes on nothing after its credential is revoked',
    },
  },
  {
    what: 'a stream does not check its session again after subscribing',
    file: 'src/modules/sessions/session-streams.ts',
    find: 'if (await this.#isOver(principal)) stream.endRevoked();',
    replace: '',
    test: { file: 'unit/session-streams', name: 'reports an end that was not heard, but is stored' },
  },
  {
    what: 'a relay waits for the outbox rows that another holds',
    file: 'src/platform/events/streamed-events.ts',
    find: 'ORDER BY sequence FOR UPDATE SKIP LOCKED',
    replace: 'ORDER BY sequence FOR UPDATE',
    test: {
      file: 'integration/outbox-locks',
      name: 'a relay records nothing of an event whose mark another holds, and everything of the others',
    },
  },
  {
    what: 'an event is recorded without its row in the outbox, and so never published',
    file: 'src/platform/events/event-statements.ts',
    find: 'SELECT id FROM given WHERE published ORDER BY position',
    replace: 'SELECT id FROM given WHERE published AND position > 0 ORDER BY position',
    test: {
      file: 'integration/stream-since',
      name: 'first reports what followed, each kind of change, and then what happens',
    },
  },
];
