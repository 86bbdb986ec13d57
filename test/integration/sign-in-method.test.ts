import { describe, expect, test } from '@jest/globals';
import { anonymous, type Caller, systemOrigin } from '../../src/core/principal.ts';
import type { SignedIn } from '../../src/modules/sign-in/index.ts';
import type { User } from '../../src/modules/users/index.ts';
import { newAccount } from '../support/client.ts';
import { type Services, withTestServices } from '../support/services.ts';
import { runSql } from '../support/sql.ts';

const nobody: Caller = { principal: anonymous, origin: systemOrigin };

const BY_BODY = { transport: 'BODY', deviceToken: null } as const;

/** A way to sign in whose proof confirms `user`: all that another method would add. */
const proofOf = (user: User | null) => ({ provedBy: ['hwk', 'user'] as const, confirm: async () => user });

describe('a way to sign in', () => {
  test('opens a session that says by what its user was authenticated, and when', () =>
    withTestServices({}, async ({ services, databaseUrl }) => {
      const { user, session: byPassword } = await signUp(services);
      const outcome = await services.signIn.open(nobody, proofOf(user), BY_BODY);
      if (outcome.kind !== 'signed_in') throw new Error(outcome.kind);
      const { session } = outcome;
      expect(methodsOf(byPassword)).toEqual(['pwd']);
      expect(methodsOf(session)).toEqual(['hwk', 'user']);
      for (const { completedAt } of [...byPassword.authenticationMethods, ...session.authenticationMethods])
        expect(completedAt).toBeInstanceOf(Date);
      const rows = await runSql(
        databaseUrl,
        `SELECT (proof->>'completedAt')::timestamptz(3) = created_at AS at_once
         FROM sessions, jsonb_array_elements(authentication_methods) AS proof WHERE id = ANY($1)`,
        [[byPassword.id, session.id]],
      );
      expect(rows).toEqual([{ at_once: true }, { at_once: true }, { at_once: true }]);
    }));

  test('opens nothing by a proof that holds no more', () =>
    withTestServices({}, async ({ services, databaseUrl }) => {
      await signUp(services);
      expect(await services.signIn.open(nobody, proofOf(null), BY_BODY)).toEqual({
        kind: 'invalid_credentials',
      });
      expect(await runSql(databaseUrl, 'SELECT FROM sessions')).toHaveLength(1);
    }));

  test('opens nothing for a disabled account, and the attempt is recorded', () =>
    withTestServices({}, async ({ services, databaseUrl }) => {
      const { user } = await signUp(services);
      const proof = proofOf({ ...user, accountStatus: 'DISABLED' });
      expect(await services.signIn.open(nobody, proof, BY_BODY)).toEqual({ kind: 'account_disabled' });
      expect(await runSql(databaseUrl, 'SELECT FROM sessions')).toHaveLength(1);
      const refused = "SELECT subject_id FROM events WHERE type = 'user.login_failed'";
      expect(await runSql(databaseUrl, refused)).toEqual([{ subject_id: user.id }]);
    }));

  test('replaces the calling session by one of its own method', () =>
    withTestServices({}, async ({ services }) => {
      const { caller, user } = await signUp(services);
      const outcome = await services.signIn.reopen(caller, proofOf(user));
      if (outcome.kind !== 'signed_in') throw new Error(outcome.kind);
      expect(methodsOf(outcome.session)).toEqual(['hwk', 'user']);
    }));

  test('cannot replace the session of one user by proving to be another', () =>
    withTestServices({}, async ({ services, databaseUrl }) => {
      const [{ caller }, { user: other }] = [await signUp(services), await signUp(services)];
      expect(await services.signIn.reopen(caller, proofOf(other))).toEqual({ kind: 'invalid_credentials' });
      expect(await runSql(databaseUrl, 'SELECT FROM sessions WHERE ended_at IS NULL')).toHaveLength(2);
    }));
});

async function signUp({ signups }: Services): Promise<SignedIn & { readonly caller: Caller }> {
  const outcome = await signups.signup(nobody, newAccount(), 'BODY');
  if (outcome.kind !== 'signed_in') throw new Error(outcome.kind);
  const { user, session } = outcome;
  const principal = {
    kind: 'session' as const,
    userId: user.id,
    sessionId: session.id,
    scopes: new Set<never>(),
    expiresAt: session.expiresAt,
    notBefore: null,
  };
  return { ...outcome, caller: { principal, origin: systemOrigin } };
}

function methodsOf({ authenticationMethods }: SignedIn['session']) {
  return authenticationMethods.map(({ method }) => method);
}
