import type { PlantedBug } from './planted-bug.ts';

export const revocationBugs: readonly PlantedBug[] = [
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
    what: 'an instance without Redis and Postgres believes that it knows all revocations',
    file: 'src/modules/revocations/revocation-feed.ts',
    find: 'return this.lagMs < CURRENT_MS;',
    replace: 'return true;',
    test: {
      file: 'unit/revocation-feed',
      name: 'is refused as unavailable if the database cannot be read',
    },
  },
  {
    what: 'a late heartbeat shows that all revocations until its arrival are known',
    file: 'src/modules/revocations/revocation-feed.ts',
    find: 'Math.max(this.#completeUntil, this.#beats.lastSentAt)',
    replace: 'this.#now()',
    test: {
      file: 'unit/revocation-feed',
      name: 'is not current by a heartbeat that was on its way for long',
    },
  },
  {
    what: 'a revocation is forgotten by monotonic time alone, though the clock was set back',
    file: 'src/modules/revocations/revocations.ts',
    find: 'const isOver = heardAt + keepForMs <= now && latestDate + keepForMs <= date;',
    replace: 'const isOver = heardAt + keepForMs <= now;',
    test: {
      file: 'unit/revocations',
      name: 'is kept for as long as tokens live by a clock that was set back after it was heard',
    },
  },
  {
    what: 'a revocation is forgotten while a failover may still lose it',
    file: 'src/modules/revocations/lost-ends.ts',
    find: 'revocations.confirm(startedAt - LAG_MS);',
    replace: 'revocations.confirm(startedAt);',
    test: {
      file: 'unit/lost-ends',
      name: 'nothing is forgotten before it was compared with a database that no standby lags behind so far',
    },
  },
  {
    what: 'the end of a session that a failover lost is not written again',
    file: 'src/modules/revocations/lost-ends.ts',
    find: 'await this.#compare(keeper, heard.get(keeper.kind) ?? []);',
    replace: 'await this.#compare(keeper, (heard.get(keeper.kind) ?? []).slice(0, 0));',
    test: {
      file: 'integration/lost-ends',
      name: 'a lost end is written again once, however many look at a time',
    },
  },
  {
    what: 'a remembered personal access token is accepted after a change of it or of its owner',
    file: 'src/modules/revocations/revocations.ts',
    find: 'return entry === undefined || entry.heardAt < readAt;',
    replace: 'return true;',
    test: {
      file: 'unit/revocations',
      name: 'what was read of something is true until something is heard of it, and again once it has been read anew',
    },
  },
];
