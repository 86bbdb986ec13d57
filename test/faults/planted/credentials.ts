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
  {
    what: 'a refresh that waited in a frozen instance ends the session',
    file: 'src/modules/sessions/refresh-decision.ts',
    find: 'return supersededAt !== null && receivedAt < supersededAt;',
    replace: 'return false;',
    test: {
      file: 'unit/refresh-decision',
      name: 'the previous token is a straggler if its request waited since before the successor was created',
    },
  },
  {
    what: 'activity prolongs the grace of a refresh token',
    file: 'src/modules/sessions/refresh-decision.ts',
    find: 'return decidePrevious(presented, state, graceSeconds);',
    replace: 'return decidePrevious(presented, { ...state, rotatedAt: state.lastActiveAt }, graceSeconds);',
    test: { file: 'unit/refresh-decision', name: 'activity does not prolong the grace' },
  },
  {
    what: 'any user agent may repeat a refresh late',
    file: 'src/modules/sessions/refresh-decision.ts',
    find: `if (isOtherUserAgent(userAgent, rotatedUserAgent)) return reuse('other_user_agent');`,
    replace: '',
    test: {
      file: 'unit/refresh-decision',
      name: 'a late repeat from another user agent is reuse: a lost reply is not another browser',
    },
  },
  {
    what: 'a token of a generation that a failover lost is taken for a stolen one',
    file: 'src/modules/sessions/refresh-decision.ts',
    find: `if (age < 0) return { kind: 'ahead' };`,
    replace: `if (age < 0) return reuse('older_generation');`,
    test: { file: 'unit/refresh-decision', name: 'ahead' },
  },
  {
    what: 'a refresh token is compared without the salt of its session',
    file: 'src/modules/sessions/refresh-token.ts',
    find: '.update(claim).update(salt).digest()',
    replace: '.update(claim).digest()',
    test: { file: 'unit/refresh-token', name: 'is refused with the salt of another session' },
  },
  {
    what: 'an access token that is for another audience as well is accepted',
    file: 'src/modules/access-tokens/access-token-claims.ts',
    find: 'aud: z.literal(audience),',
    replace: 'aud: z.unknown(),',
    test: { file: 'unit/access-token', name: 'a claim that is not exactly right is refused aud' },
  },
  {
    what: 'a request takes effect though its session ended while it waited for a lock',
    file: 'src/modules/authentication/stored-credential-check.ts',
    find: 'if (!(await this.#lock(principal))) throw',
    replace: 'if ((await this.#lock(principal)) === null) throw',
    test: {
      file: 'integration/ended-credentials',
      name: 'updateProfile that waits for a lock while its session ends does nothing',
    },
  },
];
