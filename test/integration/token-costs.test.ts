import { beforeEach, describe, expect, test } from '@jest/globals';
import { imprintOf, mintToken } from '../../src/modules/personal-access-tokens/token-format.ts';
import { useTestApp } from '../support/app.ts';
import { type GraphQLClient, ME } from '../support/client.ts';
import { bearing, type MadeToken, makeToken } from '../support/personal-access-tokens.ts';
import { errorCodeOf, signIn } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';
import { statementsOn } from '../support/statements.ts';

const TABLE = 'personal_access_tokens';

const latchkey = useTestApp({ env: { TRUSTED_PROXIES: 'loopback', MAX_PERSONAL_ACCESS_TOKENS: '100' } });
let owner: GraphQLClient;
let made: MadeToken;

beforeEach(async () => {
  const [signedIn] = await signIn(latchkey, 1);
  owner = signedIn.client;
  made = await makeToken(owner, 'profile:read');
});

const use = (token: string, address = '192.0.2.1') =>
  bearing(latchkey, token).send(ME, {}, { 'x-forwarded-for': address });

describe('verifying a token', () => {
  test('reads it once, however many first uses there are at a time', async () => {
    const statements = await statementsOn(TABLE, () =>
      Promise.all(Array.from({ length: 50 }, () => use(made.token))),
    );
    expect(statements).toHaveLength(1);
  });

  test('costs no statement once it is known, and never a write', async () => {
    await use(made.token);
    const uses = async () => {
      for (let i = 0; i < 100; i += 1) expect((await use(made.token)).data.me).not.toBeNull();
    };
    let ofUsers: string[] = [];
    let ofEvents: string[] = [];
    const ofTokens = await statementsOn(TABLE, async () => {
      ofEvents = await statementsOn('events', async () => {
        ofUsers = await statementsOn('users', uses);
      });
    });
    expect(ofTokens).toEqual([]);
    // What `me` itself reads.
    expect(ofUsers).toHaveLength(100);
    expect([...ofUsers, ...ofEvents].filter((statement) => /INSERT|UPDATE/.test(statement))).toEqual([]);
  });

  test.each([
    ['one character off', (token: string) => token.replace(/.$/, (c) => (c === 'a' ? 'b' : 'a'))],
    [
      'one character of its secret off',
      (token: string) => token.replace(/^lkp_./, (c) => (c === 'lkp_a' ? 'lkp_b' : 'lkp_a')),
    ],
    ['extended', (token: string) => `${token}a`],
    ['truncated', (token: string) => token.slice(0, -1)],
    ['without its prefix', (token: string) => token.slice(4)],
    ['with its prefix alone', () => 'lkp_'],
    ['case flipped', (token: string) => flipCase(token)],
    ['case flipped behind its prefix', (token: string) => `lkp_${flipCase(token.slice(4))}`],
    ['in capitals', (token: string) => token.toUpperCase()],
    ['twice', (token: string) => token + token],
    ['very long', (token: string) => token + 'a'.repeat(8_000)],
    ['a hint', (token: string) => `lkp_${token.slice(-4)}`],
  ])('is refused without a statement where it is %s', async (_what, change) => {
    const changed = change(made.token);
    expect(imprintOf(changed)).toBeNull();
    const statements = await statementsOn(TABLE, async () => {
      for (let i = 0; i < 5; i += 1) expect(await errorCodeOf(use(changed))).toBe('UNAUTHENTICATED');
    });
    expect(statements).toEqual([]);
    expect((await use(made.token)).data.me).not.toBeNull();
  });

  test('that was never made costs one statement, however often it is tried', async () => {
    const token = mintToken();
    const statements = await statementsOn(TABLE, async () => {
      for (let i = 0; i < 20; i += 1) expect(await errorCodeOf(use(token))).toBe('UNAUTHENTICATED');
    });
    expect(statements).toHaveLength(1);
  });

  test('that has been ended here costs one statement more, and no other after that', async () => {
    await use(made.token);
    await owner.data(`mutation { revokePersonalAccessToken(id: "${made.id}") { __typename } }`);
    const statements = await statementsOn(TABLE, async () => {
      // In another instant than the revocation: what was read in the same one is read again.
      for (let i = 0; i < 20; i += 1) expect(await errorCodeOf(use(made.token))).toBe('UNAUTHENTICATED');
    });
    expect(statements).toHaveLength(1);
  });
});

describe('the last use of a token', () => {
  const lastUseOf = async ({ id }: MadeToken) => {
    const sql = `SELECT last_used_at AS at, host(last_used_ip_address) AS address FROM ${TABLE} WHERE id = $1`;
    return (await runSql(latchkey.databaseUrl, sql, [id]))[0];
  };

  test('is written with all others in one statement, after the requests', async () => {
    const tokens = [made, await makeToken(owner, 'profile:read'), await makeToken(owner, 'profile:read')];
    const unused = await makeToken(owner, 'profile:read');
    // The next write is then half a minute away.
    await latchkey.app.stop();
    await latchkey.restart();
    const usedFrom = Date.now();
    for (const [i, { token }] of tokens.entries()) {
      await use(token, '192.0.2.250');
      await use(token, `::ffff:192.0.2.${i + 1}`);
      expect(await lastUseOf(tokens[i] as MadeToken)).toEqual({ at: null, address: null });
    }
    const usedUntil = Date.now();
    const statements = await statementsOn(TABLE, async () => latchkey.app.stop());
    expect(statements.map((statement) => statement.trim().split(' ')[0])).toEqual(['UPDATE']);
    for (const [i, each] of tokens.entries()) {
      const { at, address } = (await lastUseOf(each)) ?? {};
      expect(address).toBe(`192.0.2.${i + 1}`);
      // To the minute.
      expect((at as Date).getTime()).toBeGreaterThan(usedFrom - 60_000);
      expect((at as Date).getTime()).toBeLessThanOrEqual(usedUntil);
    }
    expect(await lastUseOf(unused)).toEqual({ at: null, address: null });
    await latchkey.restart();
    const { me } = await bearing(latchkey, owner.accessToken ?? '').data(
      '{ me { personalAccessTokens { nodes { id lastUsedAt lastUsedIpAddress } } } }',
    );
    const shown = me.personalAccessTokens.nodes.find(({ id }: MadeToken) => id === made.id);
    expect(shown).toMatchObject({ lastUsedAt: expect.any(String), lastUsedIpAddress: '192.0.2.1' });
  });

  test('is none where it was refused', async () => {
    await runSql(latchkey.databaseUrl, `UPDATE ${TABLE} SET expires_at = now() WHERE id = $1`, [made.id]);
    expect(await errorCodeOf(use(made.token))).toBe('UNAUTHENTICATED');
    await latchkey.app.stop();
    expect(await lastUseOf(made)).toEqual({ at: null, address: null });
    await latchkey.restart();
  });
});

function flipCase(text: string): string {
  return [...text].map((c) => (c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase())).join('');
}
