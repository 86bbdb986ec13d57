import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { Case, Row } from '../lib/case.ts';
import { Child } from '../lib/child.ts';
import { createToken, PASSWORD, signup } from '../lib/client.ts';
import type { Report } from '../lib/latchkey.ts';
import { type Load, load, sideBySide } from '../lib/load.ts';
import { production } from '../lib/production.ts';

const FOLDER = new URL('../better-auth/', import.meta.url);
const CONNECTIONS = 16;
const EMAIL = 'somebody@example.com';
const LOGIN = `mutation { login(input: { identifier: "${EMAIL}", password: "${PASSWORD}" }) { __typename } }`;

/** What we do beside what better-auth does for it: on one Postgres, each in a process and a database of its own. */
export const betterAuth: Case = async ({ createDatabase }) => {
  if (!existsSync(new URL('node_modules', FOLDER))) {
    console.error('better-auth is skipped: it needs `npm ci --prefix bench/better-auth`');
    return [];
  }
  const children: Child[] = [];
  const start = async (program: URL, env: Readonly<Record<string, string>>) => {
    const child = await Child.start(program, env);
    children.push(child);
    return child;
  };
  try {
    const latchkey = await start(new URL('../lib/latchkey.ts', import.meta.url), {
      ...production(await createDatabase()),
      // Whoever signs in waits for as long as it takes: better-auth turns nobody away either.
      HASH_QUEUE_SECONDS: '30',
    });
    const theirs = {
      NODE_ENV: 'production',
      DATABASE_URL: await createDatabase(),
      BETTER_AUTH_SECRET: randomBytes(32).toString('hex'),
    };
    const server = new URL('server.mjs', FOLDER);
    const defaults = await start(server, { ...theirs, SETTINGS: 'defaults' });
    const tuned = await start(server, { ...theirs, SETTINGS: 'tuned' });
    const cookieCache = await start(server, { ...theirs, SETTINGS: 'cookieCache' });
    return await measure(latchkey, { defaults, tuned, cookieCache });
  } finally {
    await Promise.all(children.map((child) => child.stop()));
  }
};

async function measure(
  latchkey: Child,
  { defaults, tuned, cookieCache }: Readonly<Record<'defaults' | 'tuned' | 'cookieCache', Child>>,
): Promise<Row[]> {
  const { accessToken } = await signup(latchkey.url, 'me@example.com');
  await signup(latchkey.url, EMAIL);
  const token = await createToken(latchkey.url, accessToken, ['profile:read']);
  const ourMe = (credential: string): Load => ({
    url: latchkey.url,
    query: '{ me { id email username } }',
    headers: { authorization: `Bearer ${credential}` },
    answer: '"me@example.com"',
  });

  const { userId } = await signIn(defaults, 'sign-up');
  const keys = await Promise.all(Array.from({ length: CONNECTIONS }, () => createKey(defaults, userId)));
  // Each server's own cookies. The one of the cache is good for five minutes: it is made last, and measured at once.
  const session = async (server: Child): Promise<Load> => ({
    url: server.url,
    path: '/api/auth/get-session',
    headers: { cookie: (await signIn(server, 'sign-in')).cookie },
    answer: EMAIL,
  });
  // A key for each connection: every check writes to the row of its key, and those of one key would wait for each other.
  const verification = (server: Child): Load => ({
    url: server.url,
    path: '/verify',
    headers: keys.map((key) => ({ 'x-api-key': key })),
    answer: '"valid":true',
  });
  const checks = {
    jwt: ourMe(accessToken),
    pat: ourMe(token),
    apiKey: verification(defaults),
    apiKeyTuned: verification(tuned),
    session: await session(defaults),
    sessionTuned: await session(tuned),
    sessionCached: await session(cookieCache),
  };
  const by = await sideBySide(checks);

  const signIns = {
    ours: { url: latchkey.url, query: LOGIN, answer: '"Authentication"', connections: 8, seconds: 6 },
    theirs: {
      url: defaults.url,
      path: '/api/auth/sign-in/email',
      body: { email: EMAIL, password: PASSWORD },
      headers: { origin: defaults.url },
      answer: EMAIL,
      connections: 8,
      seconds: 6,
    },
  };
  const { ours, theirs } = await sideBySide(signIns);

  const told = async (name: keyof typeof checks, server: Child) =>
    `${by[name].perSecond.toFixed(0)}/s with ${await statementsEach(server, checks[name])} statements`;
  const jwt = `JWT ${await told('jwt', latchkey)}`;
  const pat = `PAT ${await told('pat', latchkey)}`;
  const hashes = 'scrypt N=16384 r=16 (theirs) is not bcrypt cost 10 (ours)';
  return [
    {
      what: '`me` by JWT ÷ session check of better-auth, as it is by default',
      value: by.jwt.perSecond / by.session.perSecond,
      atLeast: 5.5,
      raw: `${jwt}, session ${await told('session', defaults)}; better-auth ${version()}, its rate limits off`,
    },
    {
      what: '`me` by JWT ÷ the same with database joins',
      value: by.jwt.perSecond / by.sessionTuned.perSecond,
      raw: `${jwt}, session ${await told('sessionTuned', tuned)}`,
    },
    {
      what: '`me` by JWT ÷ the same with the cookie cache (which sees no revocation for 5 minutes)',
      value: by.jwt.perSecond / by.sessionCached.perSecond,
      raw: `${jwt}, session ${await told('sessionCached', cookieCache)}`,
    },
    {
      what: '`me` by PAT ÷ API-key check of better-auth, as it is by default',
      value: by.pat.perSecond / by.apiKey.perSecond,
      raw: `${pat}, API key ${await told('apiKey', defaults)}; its rate limits off`,
    },
    {
      what: '`me` by PAT ÷ the same with deferred updates',
      value: by.pat.perSecond / by.apiKeyTuned.perSecond,
      raw: `${pat}, API key ${await told('apiKeyTuned', tuned)}`,
    },
    {
      what: 'logins a second ÷ sign-ins of better-auth',
      value: ours.perSecond / theirs.perSecond,
      raw: `ours ${ours.perSecond.toFixed(1)}/s, theirs ${theirs.perSecond.toFixed(1)}/s; ${hashes}`,
    },
  ];
}

/** How many statements a warm request sends: what a server does now and then of itself is not among them. */
async function statementsEach(server: Child, request: Load): Promise<number> {
  const amount = 100;
  await server.ask('reset');
  await load({ ...request, connections: 1, amount });
  const { statements } = await server.ask<Pick<Report, 'statements'>>('report');
  return Object.values(statements).reduce((sum, count) => sum + Math.round(count / amount), 0);
}

async function signIn({ url }: Child, how: 'sign-in' | 'sign-up') {
  const response = await fetch(`${url}/api/auth/${how}/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify({ email: EMAIL, password: PASSWORD, name: 'Somebody' }),
  });
  if (!response.ok) throw new Error(`better-auth refuses ${how}: ${await response.text()}`);
  const { user } = (await response.json()) as { user: { id: string } };
  const cookies = response.headers.getSetCookie().map((cookie) => cookie.split(';', 1)[0]);
  return { userId: user.id, cookie: cookies.join('; ') };
}

async function createKey({ url }: Child, userId: string): Promise<string> {
  return (await fetch(`${url}/key`, { headers: { 'x-user-id': userId } })).text();
}

function version(): string {
  const manifest = readFileSync(new URL('node_modules/better-auth/package.json', FOLDER), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
