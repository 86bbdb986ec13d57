import { describe, expect, test } from '@jest/globals';
import { LOGIN, REFRESH, SIGNUP } from '../../../../test/support/client.ts';
import { bearing, makeToken } from '../../../../test/support/personal-access-tokens.ts';
import { CREATE_TASK, client, LOGOUT, newAccount, signUp } from '../support/graph.ts';

describe('an expected failure arrives as the data that it is', () => {
  test('with each invalid field', async () => {
    const input = { ...newAccount(), email: 'nowhere', password: 'short' };
    expect(await client().data(SIGNUP, { input })).toEqual({
      signup: {
        __typename: 'AuthInvalidInputError',
        code: 'INVALID_INPUT',
        message: expect.any(String),
        fields: [
          { path: ['email'], code: 'MALFORMED', message: expect.any(String) },
          { path: ['password'], code: 'TOO_SHORT', message: expect.any(String) },
        ],
      },
    });
  });

  test('with its type, its code and its message', async () => {
    const { account } = await signUp();
    const { signup } = await client().data(SIGNUP, { input: { ...newAccount(), email: account.email } });
    expect(signup).toMatchObject({ __typename: 'EmailTakenError', code: 'EMAIL_TAKEN' });
    const { login } = await client().data(LOGIN, {
      input: { identifier: account.email, password: 'not the one that was set' },
    });
    expect(login).toEqual({
      __typename: 'InvalidCredentialsError',
      code: 'INVALID_CREDENTIALS',
      message: expect.stringContaining('wrong'),
    });
  });

  test('with what only its own type has', async () => {
    const { client: ada } = await signUp();
    await ada.data(LOGOUT);
    expect(await ada.data(REFRESH, { input: { refreshToken: ada.refreshToken } })).toMatchObject({
      refreshSession: { __typename: 'SessionEndedError', code: 'SESSION_ENDED', endReason: 'LOGOUT' },
    });
  });
});

describe('a refusal arrives as an error with its code, at its path', () => {
  test('and leaves the rest of the answer alone', async () => {
    const { client: ada, account } = await signUp();
    const { status, data, errors } = await ada.send('{ me { email } sessions { totalCount } }');
    expect({ status, data }).toEqual({ status: 200, data: { me: { email: account.email }, sessions: null } });
    expect(errors).toEqual([
      {
        message: expect.any(String),
        path: ['sessions'],
        extensions: expect.objectContaining({ code: 'FORBIDDEN' }),
      },
    ]);
    expect(errors[0]?.extensions).not.toHaveProperty('stacktrace');
  });

  test('from Latchkey', async () => {
    const { client: ada } = await signUp();
    expect(await refusalOf(bearing({ client }, 'rubbish').send('{ me { id } }'))).toEqual([
      'UNAUTHENTICATED',
      ['me'],
    ]);
    expect(await refusalOf(ada.send('{ user(id: "nobody") { id } }'))).toEqual(['BAD_USER_INPUT', ['user']]);
  });

  test('from the other subgraph', async () => {
    const { client: ada } = await signUp();
    expect(await refusalOf(client().send(CREATE_TASK, { title: 'Mine' }))).toEqual([
      'UNAUTHENTICATED',
      ['createTask'],
    ]);
    // The other subgraph has asked Latchkey what a personal access token permits.
    const { token } = await makeToken(ada, 'profile:read');
    expect(await refusalOf(bearing({ client }, token).send('{ me { id tasks { id } } }'))).toEqual([
      'FORBIDDEN',
      ['me', 'tasks'],
    ]);
  });
});

/** The code and the path of an answer's only error. */
async function refusalOf(answer: ReturnType<ReturnType<typeof client>['send']>) {
  const { status, errors } = await answer;
  expect({ status, count: errors.length }).toEqual({ status: 200, count: 1 });
  return [errors[0]?.extensions['code'], errors[0]?.path];
}
