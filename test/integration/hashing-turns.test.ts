import { expect, test } from '@jest/globals';
import type { HashingTurn } from '../../src/core/ports.ts';
import { anonymous, type Caller, type SessionPrincipal } from '../../src/core/principal.ts';
import type { HashPool } from '../../src/modules/passwords/index.ts';
import { newAccount, PASSWORD } from '../support/client.ts';
import { freePool, withTestServices } from '../support/services.ts';

test('every use case waits in the queue of its caller’s address and of the account that it names', async () => {
  const turns: HashingTurn[] = [];
  const pool: HashPool = {
    ...freePool,
    hash: (input, scheme, turn) => {
      turns.push(turn);
      return freePool.hash(input, scheme, turn);
    },
    compare: (input, hash, least, turn) => {
      turns.push(turn);
      return freePool.compare(input, hash, least, turn);
    },
  };
  const turnsOf = async (work: Promise<unknown>) => {
    await work;
    return turns.splice(0);
  };

  await withTestServices(
    {},
    async ({ services: { signups, passwords, passwordAdministration } }) => {
      const address = '203.0.113.7';
      const origin = { requestId: null, ipAddress: address, userAgent: null };
      const visitor: Caller = { principal: anonymous, origin };
      const { email, username, password } = newAccount();
      const turnOf = (subject: string) => ({ standing: 'unknown', address, subject });
      const byEmail = turnOf(`email:${email}`);

      const signup = { email: email.toUpperCase(), username, password };
      expect(await turnsOf(signups.signup(visitor, signup, 'BODY'))).toEqual([byEmail]);

      const login = (identifier: string) => passwords.login(visitor, { identifier, password }, 'BODY');
      expect(await turnsOf(login(email.toUpperCase()))).toEqual([byEmail]);
      expect(await turnsOf(login(username.toUpperCase()))).toEqual([turnOf(`username:${username}`)]);
      expect(await turnsOf(login('nobody@example.com'))).toEqual([turnOf('email:nobody@example.com')]);
      expect(await turnsOf(login('no name'))).toEqual([turnOf('text:no name')]);

      const opened = await login(email);
      if (opened.kind !== 'signed_in') throw new Error(opened.kind);
      turns.length = 0;
      const { user, session } = opened;
      const principal: SessionPrincipal = {
        kind: 'session',
        userId: user.id,
        sessionId: session.id,
        scopes: new Set(),
        expiresAt: session.expiresAt,
        notBefore: null,
      };
      const ofUser = turnOf(`user:${user.id}`);
      const change = {
        currentPassword: password,
        newPassword: 'another long pass phrase',
        revokePersonalAccessTokens: false,
      };
      expect(await turnsOf(passwords.change({ principal, origin }, change))).toEqual([ofUser, ofUser]);
      expect(await turnsOf(passwords.reauthenticate({ principal, origin }, password))).toEqual([ofUser]);

      const administrator = { email: 'admin@example.com', password: PASSWORD };
      expect(await turnsOf(passwordAdministration.createAdministrator(administrator))).toEqual([null]);
    },
    pool,
  );
});
