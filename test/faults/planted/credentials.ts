import type { PlantedBug } from './planted-bug.ts';

export const credentialBugs: readonly PlantedBug[] = [
  {
    what: 'a refresh token has no grace, so that two tabs sign their owner out',
    file: 'src/modules/sessions/refresh-decision.ts',
    find: "if (isWithin(graceSeconds, rotatedAt, now)) return repeat('in_grace');",
    replace: '',
    test: {
      seed: 1,
      minutes: 0.3,
      only: 'answers of an instance are lost',
      invariant: 'nobody is signed out',
    },
  },
  {
    what: 'a refresh that waited in an instance that was frozen signs its owner out',
    file: 'src/modules/sessions/refresh.service.ts',
    find: 'new Date(session.readAt.getTime() - request.maxWaitMs())',
    replace: 'session.readAt',
    test: {
      file: 'redis/frozen-instance',
      name: 'keeps a session whose client has refreshed elsewhere in the meantime',
    },
  },
  {
    what: 'a refresh does not notice that another instance was first',
    file: 'src/modules/sessions/session.store.typeorm.ts',
    find: 'WHERE id = $1 AND user_id = $2 AND generation = $3 AND refresh_salt = $4 AND',
    replace: 'WHERE id = $1 AND user_id = $2 AND generation >= $3 AND refresh_salt = $4 AND',
    test: {
      file: 'redis/two-instances',
      name: 'a hundred refreshes at once, spread over both, give one successor and sign nobody out',
    },
  },
  {
    what: 'a refresh that waits for its session goes on though that has ended',
    file: 'src/modules/sessions/session.store.typeorm.ts',
    find: `AND refresh_salt = $4 AND \${this.#live}`,
    replace: 'AND refresh_salt = $4',
    test: {
      file: 'integration/refresh',
      name: 'while a refresh waits for the session is the end of that too',
    },
  },
  {
    what: 'a revoked personal access token is good again where a failover lost its end',
    file: 'src/modules/personal-access-tokens/personal-access-token.verifier.ts',
    find: 'if (record.revokedAt !== null || revocations.has(record.id))',
    replace: 'if (record.revokedAt !== null)',
    test: { file: 'redis/lost-writes', name: 'refuse a revoked personal access token at once' },
  },
  {
    what: 'an instance that missed what Redis told trusts the next heartbeat',
    file: 'src/modules/revocations/revocation-feed.ts',
    find: 'if (isOurs && this.#completeUntil >= this.#unbrokenSince)',
    replace: 'if (isOurs)',
    test: {
      file: 'unit/revocation-feed',
      name: 'is not current by heartbeats after an interruption, until the database was read',
    },
  },
  {
    what: 'an instance that reaches neither store goes on accepting what it cannot verify',
    file: 'src/modules/revocations/revocation-feed.ts',
    find: 'while (!this.isCurrent && this.#completeUntil < calledAt) await this.#readMissed();',
    replace:
      'if (this.#completeUntil === Number.NEGATIVE_INFINITY && calledAt > 0) await this.#readMissed();',
    test: {
      file: 'redis/cut-off-instance',
      name: 'from both databases refuses what it cannot verify, and accepts no credential that ended meanwhile',
    },
  },
  {
    what: 'tokens expire by the clock of the instance',
    file: 'src/platform/database/database-clock.ts',
    find: ': new Date(this.#monotonicNow() + this.#offsetMs);',
    replace: ': this.#deps.machineClock.now();',
    test: { file: 'redis/clocks', name: 'accept the tokens of each other, at once' },
  },
  {
    what: 'a stream does not hear of an end while it subscribes',
    file: 'src/modules/sessions/session-streams.ts',
    find: 'if (await this.#isOver(principal)) stream.endRevoked();',
    replace: '',
    test: { file: 'unit/session-streams', name: 'reports an end that was heard while it subscribed' },
  },
];
