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
];
