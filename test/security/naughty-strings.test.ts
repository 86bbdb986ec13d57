import { isIP } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type GraphQLInputType, isListType, isNonNullType, isScalarType } from 'graphql';
import { credentialMutations } from '../../src/graphql/operations/credential-mutations.ts';
import { limits } from '../../src/graphql/operations/limits.ts';
import { buildSchema } from '../../src/graphql/schema/schema.ts';
import { loadTypeDefs } from '../../src/graphql/schema/type-defs.ts';
import { NIGHTLY } from '../support/amounts.ts';
import { useTestApp } from '../support/app.ts';
import { type GraphQLClient, LOGIN, ME, newAccount, PASSWORD, SIGNUP } from '../support/client.ts';
import { bodyOf } from '../support/hostile/bodies.ts';
import type { Operation, Place } from '../support/hostile/places.ts';
import { exchange, isRefusal, postMessage } from '../support/hostile/wire.ts';
import { places } from '../support/hostile-inputs.ts';
import { type HttpAnswer, postRaw } from '../support/http.ts';
import { inParallel } from '../support/in-parallel.ts';
import { joined, rootFieldOf } from '../support/joined-operations.ts';
import { KeptConnections } from '../support/kept-connections.ts';
import { RecordingLogger } from '../support/logger.ts';
import { isPlain, naughtyStrings } from '../support/naughty-strings.ts';
import { CREATE_TOKEN, tokenInput } from '../support/personal-access-tokens.ts';
import { signIn, signInAdministrator } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';

const logger = new RecordingLogger();
const connections = new KeptConnections();
const latchkey = useTestApp({
  logger,
  env: { TRUSTED_PROXIES: '127.0.0.1', HASH_WORKERS: '2', HASH_QUEUE_SECONDS: '30' },
});
let admin: GraphQLClient;
beforeAll(async () => {
  admin = await signInAdministrator(latchkey);
});
afterAll(() => connections.close());
afterEach(() => {
  const lines = logger.lines.splice(0);
  expect(lines.filter((line) => line.startsWith('error'))).toEqual([]);
});

const bearer = ({ accessToken }: GraphQLClient) => ({ authorization: `Bearer ${accessToken}` });

function send(query: string, variables: object, headers: Record<string, string> = {}): Promise<HttpAnswer> {
  return connections.post(latchkey.url, JSON.stringify({ query, variables }), headers);
}

/** What only our insides say: statements, Postgres, stacks, files, addresses. */
const INSIDES =
  /\b(SELECT|INSERT|UPDATE|DELETE|relation|constraint|postgres|typeorm|stack|stacktrace|node_modules)\b|\/src\/|\.[jt]s\b|invalid (byte|input syntax)|violates|127\.0\.0\.1/;

/** What is wrong with an answer to these strings; null when nothing is. */
function offence({ status, text }: { status: number; text: string }, ...sent: string[]): string | null {
  const told = sent
    .filter((one) => INSIDES.test(one))
    .reduce((rest, one) => rest.replaceAll(JSON.stringify(one).slice(1, -1), ''), text);
  const failed = status !== 200 || /INTERNAL_SERVER_ERROR|SERVICE_UNAVAILABLE/.test(text);
  return failed || INSIDES.test(told) ? `${JSON.stringify(sent)}: ${status} ${text.slice(0, 1_000)}` : null;
}

const offences = async (found: Promise<(string | null)[]>) => (await found).filter((one) => one !== null);

function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, i) => items.slice(i * size, (i + 1) * size));
}

test('the list has more than 475 strings', () => {
  expect(naughtyStrings.length).toBeGreaterThan(475);
});

describe('a naughty string is refused or taken, and nothing fails or tells of our insides, as', () => {
  const alone = credentialMutations(buildSchema({ typeDefs: loadTypeDefs(), resolvers: {} }));
  /** The items of lists are places of their own. */
  const takesText = (type: GraphQLInputType): boolean => {
    if (isNonNullType(type)) return takesText(type.ofType);
    return !isListType(type) && isScalarType(type) && !['Int', 'Float', 'Boolean'].includes(type.name);
  };
  const at = (place: Place, text: string) => place.byVariable(JSON.stringify(text));
  /**
   * Where each string takes a request of its own: all by night; by day all but most of the plain ones, of which each place
   * gets another fifth.
   */
  const shareOf = (place: Place) => {
    const first = places.indexOf(place) % 5;
    return naughtyStrings.filter((text, i) => NIGHTLY || !isPlain(text) || i % 5 === first);
  };
  /** Where every string is sent below, by accounts. */
  const sentBelow = new Set([
    ...['email', 'password', 'username', 'name'].map((field) => `Mutation.signup(input.${field})`),
    ...['name', 'username'].map((field) => `Mutation.updateProfile(input.${field})`),
    'Mutation.createPersonalAccessToken(input.name)',
  ]);
  const eachPlace = places
    .filter(({ name, type }) => takesText(type) && !sentBelow.has(name))
    .map((place) => [place.name, place] as const);

  test.each(eachPlace)('%s', async (_name, place) => {
    // A logout ended the session.
    if ((await admin.send(ME)).data.me === null) admin = await signInAdministrator(latchkey);
    const found = place.kind === 'subscription' ? inParallel(naughtyStrings, byStream) : byBatches();
    expect(await offences(found)).toEqual([]);

    async function byStream(text: string) {
      const headers = { ...bearer(admin), accept: 'text/event-stream' };
      const message = postMessage(bodyOf(at(place, text)), headers);
      const answer = await exchange({ url: latchkey.url }, message);
      // An open stream says nothing for a while: one of them is enough.
      if (!isRefusal(answer)) throw new Error(`a stream of ${JSON.stringify(text)} was opened`);
      return offence(answer, text);
    }

    function byBatches() {
      const batches = alone.has(rootFieldOf(at(place, '')))
        ? chunks(shareOf(place), 1)
        : chunks(naughtyStrings, limits.rootFields);
      return inParallel(batches, async (texts) => {
        const body = bodyOf(joined(texts.map((text) => at(place, text))));
        const answer = await connections.post(latchkey.url, body, bearer(admin));
        // The strings of someone who may not do this are not read.
        const mayDoIt = !/UNAUTHENTICATED|FORBIDDEN/.test(answer.text);
        return offence(answer, ...texts) ?? (mayDoIt ? null : answer.text);
      });
    }
  });
});

/** As it arrives in a header, in UTF-8 and without the spaces around it; null where no header can hold it (RFC 9110 §5.5). */
function headerOf(text: string): string | null {
  const bytes = Buffer.from(text).toString('latin1');
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(bytes) ? bytes.replace(/^[ \t]+|[ \t]+$/g, '') : null;
}

describe('a header that is a naughty string', () => {
  const inHeaders = naughtyStrings.flatMap((text) => headerOf(text) ?? []);
  const REFRESH_BY_COOKIE = 'mutation { refreshSession { __typename } }';

  test('is none that HTTP has if it holds control characters', async () => {
    const others = naughtyStrings.filter((text) => headerOf(text) === null && !/[\r\n]/.test(text));
    const statuses = await inParallel(others, async (text) => {
      const header = `User-Agent: ${Buffer.from(text).toString('latin1')}`;
      return (await postRaw(latchkey.url, ['Content-Type: application/json', header], { query: ME })).status;
    });
    expect(statuses).toEqual(others.map(() => 400));
    expect(others.length).toBeGreaterThan(3);
  });

  test.each([
    ['authorization', ''],
    ['authorization', 'Bearer '],
  ])('is a refused credential: %s: %s', async (name, start) => {
    const found = inParallel(inHeaders, async (text) => {
      const answer = await send(ME, {}, { [name]: `${start}${text}` });
      const code = answer.json.errors?.[0].extensions.code;
      const isNone = start === '' && text === '';
      return (
        offence(answer, text) ?? (code === (isNone ? undefined : 'UNAUTHENTICATED') ? null : answer.text)
      );
    });
    expect(await offences(found)).toEqual([]);
  });

  test('is an origin that is allowed nothing', async () => {
    const found = inParallel(inHeaders, async (text) => {
      const answer = await send(ME, {}, { origin: text });
      const isAllowed = answer.headers.has('access-control-allow-origin');
      return offence(answer, text) ?? (isAllowed ? `${text} was allowed` : null);
    });
    expect(await offences(found)).toEqual([]);
  });

  test('is no refresh token as a cookie, and nothing as cookies, languages or a referrer', async () => {
    const found = inParallel(inHeaders, async (text) => {
      const headers = { cookie: `${text}; latchkey-refresh=${text}`, 'accept-language': text, referer: text };
      const answer = await send(REFRESH_BY_COOKIE, {}, headers);
      const outcome = answer.json.data?.refreshSession.__typename;
      return offence(answer, text) ?? (outcome === 'InvalidTokenError' ? null : answer.text);
    });
    expect(await offences(found)).toEqual([]);
  });
});

describe('an account whose every text is naughty', () => {
  interface Texts {
    email: string;
    username: string | null;
    name: string | null;
    password: string;
  }
  interface Account {
    readonly text: string;
    /** What was taken. */
    readonly input: Texts;
    /** Where the text was called invalid: a field, or `… with more` for what begins with the text. */
    readonly refused: ReadonlySet<string>;
    readonly id: string;
    readonly accessToken: string;
  }
  let accounts: readonly Account[];

  /** A password that is long enough, and begins and ends with the text where that leaves it short enough. */
  const framed = (text: string, between: string) =>
    [...text].length > 100 ? `${text}${between}` : `${text} ${between} ${text}`;

  /** Signs up with the text itself, and then with what comes next wherever it was refused. */
  async function signUp(text: string): Promise<Account> {
    const next: { [Field in keyof Texts]: Texts[Field][] } = {
      email: [`${text}@example.com`, newAccount().email],
      username: [null],
      name: [null],
      password: [framed(text, 'between the two'), PASSWORD],
    };
    const input: Texts = { email: text, username: text, name: text, password: text };
    const refused = new Set<string>();
    const replace = (field: keyof Texts) => Object.assign(input, { [field]: next[field].shift() });
    const header = headerOf(text);
    const headers =
      header === null ? {} : { 'user-agent': header, 'x-forwarded-for': header, 'x-request-id': header };
    for (let attempt = 0; attempt < 4; attempt += 1) {
      const answer = await send(SIGNUP, { input }, headers);
      const bad = offence(answer, text);
      if (bad !== null) throw new Error(bad);
      const { signup } = answer.json.data;
      if (signup.__typename === 'Authentication')
        return { text, input, refused, id: signup.user.id, accessToken: signup.accessToken };
      if (signup.__typename === 'EmailTakenError') replace('email');
      if (signup.__typename === 'UsernameTakenError') replace('username');
      for (const { path } of signup.fields ?? []) {
        const field = path[0] as keyof Texts;
        refused.add(input[field] === text ? field : `${field} with more`);
        replace(field);
      }
    }
    throw new Error(`nobody can sign up with ${JSON.stringify(text)}`);
  }

  beforeAll(async () => {
    accounts = await inParallel(naughtyStrings, signUp);
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

  const login = async ({ input: { username, email } }: Account, password: string) =>
    (await send(LOGIN, { input: { identifier: username ?? email, password } })).json.data.login.__typename;

  test('signs in by its password', async () => {
    const plain = accounts.filter(({ text }) => isPlain(text)).filter((_, i) => NIGHTLY || i % 5 === 0);
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
    const isRefused = ({ refused }: Account) => refused.has('name');
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
