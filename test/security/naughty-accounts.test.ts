import { isIP } from 'node:net';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { limits } from '../../src/graphql/operations/limits.ts';
import { partOf } from '../support/amounts.ts';
import { type GraphQLClient, LOGIN } from '../support/client.ts';
import { bodyOf } from '../support/hostile/bodies.ts';
import type { Operation } from '../support/hostile/places.ts';
import { inParallel } from '../support/in-parallel.ts';
import { joined } from '../support/joined-operations.ts';
import { framed, type NaughtyAccount, signUpWith } from '../support/naughty-account.ts';
import { bearer, chunks, headerOf, useNaughtyApp } from '../support/naughty-answers.ts';
import { isPlain, naughtyStrings } from '../support/naughty-strings.ts';
import { CREATE_TOKEN, tokenInput } from '../support/personal-access-tokens.ts';
import { signIn, signInAdministrator } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';

const { latchkey, connections, send } = useNaughtyApp();
let admin: GraphQLClient;

describe('an account whose every text is naughty', () => {
  let accounts: readonly NaughtyAccount[];
  /** All by night; by day those that are not plain, and a sixth of the plain ones. */
  const strings = [
    ...naughtyStrings.filter((text) => !isPlain(text)),
    ...partOf(naughtyStrings.filter(isPlain), 6, 0),
  ];

  beforeAll(async () => {
    admin = await signInAdministrator(latchkey);
    accounts = await inParallel(strings, (text) => signUpWith(text, send));
  });

  const nameOf = (text: string) => text.trim().normalize('NFC') || null;
  const refusals = (where: string) =>
    accounts.filter(({ refused }) => refused.has(where)).map(({ text }) => text);

  /** Of all accounts, as an administrator sees them. */
  async function read(fields: string) {
    const pages = await inParallel(chunks(accounts, 100), (some) =>
      admin.data(`query ($r: [_Any!]!) { _entities(representations: $r) { ... on User { ${fields} } } }`, {
        r: some.map(({ id }) => ({ __typename: 'User', id })),
      }),
    );
    return pages.flatMap(({ _entities }) => _entities);
  }

  test('shows its names and address in their normal forms', async () => {
    expect(await read('email username name')).toEqual(
      accounts.map(({ input: { email, username, name } }) => ({
        email: email.trim().normalize('NFKC'),
        username: username?.normalize('NFKC') ?? null,
        name: nameOf(name ?? ''),
      })),
    );
  });

  test('is refused no text that is plain', () => {
    const wrongly = (where: string, plain: RegExp) => refusals(where).filter((text) => plain.test(text));
    expect(wrongly('name', /^[\x21-\x7e]([\x20-\x7e]{0,98}[\x21-\x7e])?$/)).toEqual([]);
    expect(wrongly('username', /^[A-Za-z0-9._-]{3,32}$/)).toEqual([]);
    expect(wrongly('email with more', /^[\w!#$%&'*+/=?^`{|}~-]{1,64}$/)).toEqual([]);
    // UTF-8 has no surrogates.
    expect(refusals('password with more')).toEqual(['a\ud800b']);
  });

  test('has a session that shows where it comes from', async () => {
    const shown = await read('sessions(first: 1) { nodes { ipAddress device { userAgent } } }');
    expect(shown.map(({ sessions }) => sessions.nodes[0])).toEqual(
      accounts.map(({ text }) => {
        const header = headerOf(text);
        return {
          ipAddress: isIP(header ?? '') ? header : '127.0.0.1',
          device: { userAgent: header },
        };
      }),
    );
  });

  test('is in the audit log by its request’s id where that is well-formed, and else by one of ours', async () => {
    const rows = await runSql(
      latchkey.databaseUrl,
      `SELECT subject_id AS id, request_id AS "requestId" FROM events WHERE subject_id = ANY($1)`,
      [accounts.map(({ id }) => id)],
    );
    const sent = new Map(accounts.map(({ id, text }) => [id, headerOf(text) ?? '']));
    const wrong = rows.filter(({ id, requestId }) => {
      const header = sent.get(String(id)) ?? '';
      return /^[\w.:-]{1,128}$/.test(header)
        ? requestId !== header
        : !/^[0-9a-f-]{36}$/.test(String(requestId));
    });
    expect(wrong).toEqual([]);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(accounts.length);
  });

  const login = async ({ input: { username, email } }: NaughtyAccount, password: string) =>
    (await send(LOGIN, { input: { identifier: username ?? email, password } })).json.data.login.__typename;

  test('signs in by its password', async () => {
    const plain = accounts.filter(({ text }) => isPlain(text));
    const outcomes = await inParallel(plain, (account) => login(account, account.input.password));
    expect(new Set(outcomes)).toEqual(new Set(['Authentication']));
  });

  test('does not sign in by a password that is trimmed, or stripped, or whose characters are replaced by others', async () => {
    const almost = accounts.flatMap((account) => {
      const password = account.input.password.normalize('NFC');
      const others = [password.trim(), password.normalize('NFKC'), password.replace(/[^\x20-\x7e]/g, '')];
      return others.filter((other) => other !== password).map((other) => [account, other] as const);
    });
    const outcomes = await inParallel(almost, ([account, password]) => login(account, password));
    expect(new Set(outcomes)).toEqual(new Set(['InvalidCredentialsError']));
    expect(almost.length).toBeGreaterThan(100);
  });

  test('changes its password by naming it, and signs in by the new one', async () => {
    const CHANGE = 'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { __typename } }';
    const changing = accounts.filter(
      ({ text, refused }) => !isPlain(text) && !refused.has('password with more'),
    );
    const outcomes = await inParallel(changing, async (account) => {
      const { text, accessToken, input } = account;
      const newPassword = framed(text, 'and then another');
      const answer = await send(
        CHANGE,
        { input: { currentPassword: input.password, newPassword } },
        { authorization: `Bearer ${accessToken}` },
      );
      return [text, answer.json.data.changePassword.__typename, await login(account, newPassword)];
    });
    expect(outcomes).toEqual(changing.map(({ text }) => [text, 'PasswordChanged', 'Authentication']));
  });

  test('is given the same names by a change of its profile, and refused the same', async () => {
    const [{ client }] = await signIn(latchkey, 1);
    for (const [field, normal] of [
      ['name', nameOf],
      ['username', (text: string) => text.normalize('NFKC')],
    ] as const) {
      const query = `mutation ($text: String!) { updateProfile(input: {${field}: $text}) {
        __typename ... on UserUpdated { user { ${field} } } } }`;
      const change = (text: string): Operation => ({ query, variables: JSON.stringify({ text }) });
      const outcomes = await inParallel(chunks(accounts, limits.rootFields), async (some) => {
        const body = bodyOf(joined(some.map(({ text }) => change(text))));
        const { json } = await connections.post(latchkey.url, body, bearer(client));
        return some.map(({ text }, i) => [text, json.data[`a${i}`]] as const);
      });
      const wrong = outcomes.flat().filter(([text, { __typename, user }]) => {
        if (__typename === 'UsernameTakenError') return false;
        if (refusals(field).includes(text)) return __typename !== 'AuthInvalidInputError';
        return user?.[field] !== normal(text);
      });
      expect(wrong).toEqual([]);
    }
  });

  test('has a token of the same name', async () => {
    const outcomes = await inParallel(accounts, async ({ text, accessToken }) => {
      const headers = { authorization: `Bearer ${accessToken}` };
      const answer = await send(CREATE_TOKEN, { input: tokenInput({ name: text }) }, headers);
      return [text, answer.json.data.createPersonalAccessToken.__typename];
    });
    const isRefused = ({ refused }: NaughtyAccount) => refused.has('name');
    expect(outcomes).toEqual(
      accounts.map((account) => [
        account.text,
        isRefused(account) ? 'AuthInvalidInputError' : 'PersonalAccessTokenCreated',
      ]),
    );
    const shown = await read('personalAccessTokens(first: 1) { nodes { name } }');
    expect(shown.map(({ personalAccessTokens }) => personalAccessTokens.nodes)).toEqual(
      accounts.map((account) => (isRefused(account) ? [] : [{ name: nameOf(account.text) }])),
    );
  });
});
