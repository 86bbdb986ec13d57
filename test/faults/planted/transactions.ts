import type { PlantedBug } from './planted-bug.ts';

export const transactionBugs: readonly PlantedBug[] = [
  {
    what: 'a unit of work commits although a part of it failed, if somebody swallows the error',
    file: 'src/platform/database/database.ts',
    find: `      // A caller that swallows this error must not commit the incomplete work.
      unit.failed = true;`,
    replace: '',
    test: {
      file: 'integration/database',
      name: 'that failed takes the outer one with it, even where its error was swallowed',
    },
  },
  {
    what: 'what follows a commit, as telling of a revocation, does not wait for it',
    file: 'src/platform/database/database.ts',
    find: 'else unit.hooks.push(hook);',
    replace: 'else void this.#runHook(hook);',
    test: { file: 'integration/database', name: 'does not run after a rollback' },
  },
  {
    what: 'the number of personal access tokens is checked without the lock of their owner',
    file: 'src/modules/authentication/stored-credential-check.ts',
    find: 'await this.#deps.users.lockAll([principal.userId, ...others]);',
    replace: '',
    test: {
      file: 'integration/personal-access-tokens',
      name: 'is never one too many, however many are asked for at once',
    },
  },
  {
    what: 'a token of a message is looked at before the lock of its user, and not taken',
    file: 'src/modules/one-time-tokens/one-time-tokens.ts',
    find: 'const token = await store.take(id, digest);',
    replace: 'const token = id === null || digest === null || store === null ? null : found.token;',
    test: {
      file: 'integration/password-reset',
      name: 'of fifty parallel resets with one token one sets its password, and no other works',
    },
  },
  {
    what: 'the sweep waits for a session that somebody is changing',
    file: 'src/modules/sessions/session.store.typeorm.ts',
    find: `         LIMIT $1 FOR UPDATE SKIP LOCKED
       ) RETURNING`,
    replace: `         LIMIT $1 FOR UPDATE
       ) RETURNING`,
    test: { file: 'integration/sweep', name: 'does not wait for a session that somebody is changing' },
  },
  {
    what: 'a write whose standby did not answer is reported as done',
    file: 'src/platform/database/client.ts',
    find: "if (routine === 'SyncRepWaitForLSN') this.#isUnreplicated = true;",
    replace: "if (routine === 'SyncRepWaitForLSN') this.#isUnreplicated = false;",
    test: { file: 'integration/lost-standby', name: 'makes the outcome unknown' },
  },
  {
    what: 'a transaction that Postgres rolled back is reported as committed',
    file: 'src/platform/database/database.ts',
    find: `if (unit.failed) throw new Error('a part of this unit of work failed and its error was swallowed');`,
    replace: '',
    test: {
      file: 'integration/database',
      name: 'that failed and was swallowed fails its unit: Postgres would roll back and call it a commit',
    },
  },
  {
    what: 'errors of a database that cannot serve are taken for errors of ours',
    file: 'src/platform/database/failures.ts',
    find: '/^(08|40|53|57|58)...$|',
    replace: '/^(08|57|58)...$|',
    test: { file: 'unit/database-failures', name: 'a database is unavailable' },
  },
  {
    what: 'a COMMIT that is not answered is not cancelled at the server',
    file: 'src/platform/database/client.ts',
    find: 'if (this.#unanswered > 0) requestCancel(this as unknown as Session);',
    replace: '',
    test: {
      file: 'integration/lost-standby',
      name: 'writes are refused, leave no session behind at the server, and are served again once it is back',
    },
  },
  {
    what: 'a write of unknown outcome is reported as failed',
    file: 'src/platform/database/connection.ts',
    find: `throw new DatabaseUnavailableError(error, 'UNKNOWN');`,
    replace: 'throw error;',
    test: {
      file: 'integration/lost-standby',
      name: 'what was sent and not answered is told to be of unknown outcome; it took effect',
    },
  },
  {
    what: 'a server that accepts no writes any more stays the chosen one',
    file: 'src/platform/database/connection.ts',
    find: 'if (rejectsWrites(failure)) this.#client.forgetServer();',
    replace: '',
    test: {
      file: 'integration/several-servers',
      name: 'the next one is chosen when the one in use accepts no writes any more',
    },
  },
  {
    what: 'two requests with one idempotency key at once both take effect',
    file: 'src/modules/idempotency/idempotent-requests.ts',
    find: 'if (!(await store.insert(current.seal.seal(outcome)))) throw new AlreadyPerformed();',
    replace: 'await store.insert(current.seal.seal(outcome));',
    test: {
      file: 'integration/lost-replies',
      name: 'of requests with one key at once one takes effect, and all get its outcome',
    },
  },
  {
    what: 'whoever knows the idempotency key gets the outcome of another caller',
    file: 'src/modules/idempotency/outcome-seal.ts',
    find: 'JSON.stringify([mutation, proof, args])',
    replace: 'JSON.stringify([mutation, proof === null, args])',
    test: { file: 'unit/outcome-seal', name: 'a sealed outcome' },
  },
  {
    what: 'a repeat runs again while the server secret is replaced',
    file: 'src/modules/idempotency/idempotent-requests.ts',
    find: 'this.#deps.store.find(seals.map(({ id }) => id))',
    replace: 'this.#deps.store.find(seals.slice(0, 1).map(({ id }) => id))',
    test: {
      file: 'unit/outcome-seal',
      name: 'an outcome is found while the secret is replaced, on whichever replica',
    },
  },
];
