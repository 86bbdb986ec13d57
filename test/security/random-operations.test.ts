import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { adminScopes, everyUsersScopes, type ScopeName } from '../../src/core/scopes.ts';
import { buildSchema } from '../../src/graphql/schema/schema.ts';
import { loadTypeDefs } from '../../src/graphql/schema/type-defs.ts';
import { RANDOM_OPERATIONS, RANDOM_STREAMS } from '../support/amounts.ts';
import { useTestApp } from '../support/app.ts';
import { CANARY_ROLES, createToken, mayBeShown, plantVictim, type Victim } from '../support/canaries.ts';
import { type GraphQLClient, PASSWORD } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { post } from '../support/http.ts';
import { RecordingLogger } from '../support/logger.ts';
import { type Ingredients, type RandomOperation, randomOperations } from '../support/random-operations.ts';
import { signIn, signInAdministrator } from '../support/signed-in.ts';
import { TestStream } from '../support/streams.ts';

const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
const schema = buildSchema({ typeDefs: loadTypeDefs(), resolvers: {} });

/** Someone who sends operations, with what they may be shown. */
interface Caller {
  readonly name: string;
  readonly userId: string | null;
  readonly scopes: ReadonlySet<ScopeName>;
  token(): Promise<string | null>;
  /** Whom and what their mutations name; null: they make none. */
  readonly aims: readonly string[] | null;
}

const logger = new RecordingLogger();
const latchkey = useTestApp({
  logger,
  env: {
    ROLES: JSON.stringify(CANARY_ROLES),
    MAX_SESSIONS_PER_USER: '100',
    MAX_PERSONAL_ACCESS_TOKENS: '1000',
  },
});
let victim: Victim;
let admin: GraphQLClient;
let mallory: GraphQLClient;
let callers: readonly Caller[];
let everyonesIds: readonly string[];

beforeAll(async () => {
  victim = await plantVictim(latchkey);
  admin = await signInAdministrator(latchkey);
  const [own, spare] = await signIn(latchkey, 2);
  const [bystander] = await signIn(latchkey, 1);
  mallory = own.client;
  const spareToken = await createToken(mallory, 'spare', ['profile:read']);
  const adminId = (await admin.data('{ me { id } }')).me.id;
  const ofVictim = [victim.id, ...victim.sessionIds, ...victim.tokenIds];
  everyonesIds = [...ofVictim, ...ofVictim, adminId, own.userId, spare.id, spareToken.id, bystander.userId];

  const allScopes = [...everyUsersScopes, ...Object.keys(adminScopes)];
  const stranger = { userId: null, scopes: new Set<ScopeName>(), aims: everyonesIds };
  // Administrators may do harm; it is done to somebody who is not looked at.
  const harmless = [bystander.userId, bystander.id];
  callers = [
    { name: 'anonymous', token: async () => null, ...stranger },
    { name: 'bad token', token: async () => 'not.a.token', ...stranger },
    session('user', mallory, own.userId, everyUsersScopes, everyonesIds),
    session('admin', admin, adminId, allScopes, harmless),
    session('owner', victim.client, victim.id, everyUsersScopes, null),
    ...(await tokensOf('user', mallory, own.userId, everyUsersScopes, everyonesIds)),
    ...(await tokensOf('admin', admin, adminId, allScopes, harmless)),
    ...(await tokensOf('owner', victim.client, victim.id, everyUsersScopes, null)),
  ];
});

function session(
  name: string,
  client: GraphQLClient,
  userId: string,
  scopes: readonly ScopeName[],
  aims: Caller['aims'],
): Caller {
  let renewedAt = Date.now();
  const token = async () => {
    // An access token lives five minutes, and the nightly form of this longer.
    if (Date.now() > renewedAt + 120_000) {
      renewedAt = Date.now();
      await client.refresh();
    }
    return client.accessToken;
  };
  return { name, userId, scopes: new Set(scopes), token, aims };
}

/** Callers by personal access tokens with random scopes, the same in each run. */
function tokensOf(
  name: string,
  client: GraphQLClient,
  userId: string,
  grantable: readonly ScopeName[],
  aims: Caller['aims'],
): Promise<Caller[]> {
  const choices = fc.sample(fc.subarray([...grantable], { minLength: 1 }), { numRuns: 8, seed: 1 });
  return Promise.all(
    choices.map(async (scopes) => {
      const { token } = await createToken(client, `token of ${name}`, scopes);
      const called = `${name}'s token (${scopes.join(' ')})`;
      return { name: called, userId, scopes: new Set(scopes), token: async () => token, aims };
    }),
  );
}

function strings(): string[] {
  const texts = ['', 'mallory', '\u202e\u0000"{}', 'somebody@example.com', 'a long walk by the sea', '*'];
  return [...texts, victim.username, ...everyUsersScopes, 'lkr_x', 'lkp_x'];
}

/** Random operations of one kind, with the name of who sends them. Tokens are many, the other callers few. */
function sentBy(caller: Caller, ingredients: Omit<Ingredients, 'strings'>, weight: number) {
  const operations = randomOperations(schema, { ...ingredients, strings: strings() });
  const arbitrary = operations.map((operation) => ({ by: caller.name, ...operation }));
  return { arbitrary, weight: caller.name.includes('token (') ? weight : 6 * weight };
}

function mutationsOf(caller: Caller, ids: readonly string[]) {
  const all = Object.keys(schema.getMutationType()?.getFields() ?? {});
  const alone = ['signup', 'login', 'refreshSession', 'reauthenticate', 'changePassword', 'logout'];
  // Who logs out is nobody from then on.
  const others = [...all.filter((name) => !alone.includes(name)), 'logout'];
  return [
    sentBy(caller, { kind: 'mutation', ids, without: alone, rootFields: 3 }, 2),
    sentBy(caller, { kind: 'mutation', ids, without: others }, 1),
  ];
}

function callerCalled(name: string): Caller {
  const found = callers.find((caller) => caller.name === name);
  if (found === undefined) throw new Error(`nobody is called ${name}`);
  return found;
}

/** Fails where somebody was shown what they may not see; tells what of it they were shown. */
function inspect(caller: Caller, answer: unknown): Set<string> {
  const text = JSON.stringify(answer);
  const shown = victim.canaries.filter((canary) => text.includes(canary.text));
  const secret = shown.find(({ field }) => !mayBeShown(field, victim.id, caller));
  if (secret !== undefined) throw new Error(`${caller.name} was shown ${secret.what}: ${text}`);
  return new Set([...shown.map(({ what }) => what), ...inspectFlags(caller, answer)]);
}

/** A boolean or the name of a state is no canary: where the victim is shown, there must be none, whatever it is called. */
function inspectFlags(caller: Caller, value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const fields: unknown[] = Object.values(value);
  const below = fields.flatMap((field) => inspectFlags(caller, field));
  if ((value as { id?: unknown }).id !== victim.id) return below;
  const flags = [
    ...(fields.some((field) => typeof field === 'boolean') ? ['emailVerified'] : []),
    ...(fields.includes('ACTIVE') ? ['accountStatus'] : []),
  ];
  if (flags.length > 0 && !mayBeShown('User.email', victim.id, caller))
    throw new Error(`${caller.name} was shown ${flags}: ${JSON.stringify(value)}`);
  return [...flags, ...below];
}

function everything(): string[] {
  return [...victim.canaries.map(({ what }) => what), 'emailVerified', 'accountStatus'];
}

/** What nobody but the victim may change, and what only an administrator may end. */
async function victimAsItIs(): Promise<unknown> {
  const query = `query ($id: ID!) { user(id: $id) { username name email roles updatedAt
    sessions(status: null) { nodes { id endedAt } } personalAccessTokens(status: null) { nodes { id revokedAt } } } }`;
  await callerCalled('admin').token();
  const { user } = await admin.data(query, { id: victim.id });
  const { sessions, personalAccessTokens, ...rest } = user;
  expect([sessions.nodes.length, personalAccessTokens.nodes.length]).toEqual([4, 10]);
  // What the owner does changes the order of their sessions.
  const byId = (a: { id: string }, b: { id: string }) => a.id.localeCompare(b.id);
  return { ...rest, sessions: sessions.nodes.sort(byId), tokens: personalAccessTokens.nodes.sort(byId) };
}

describe('random operations', () => {
  test.each(['owner', 'admin'])('could show everything: the %s is shown it', async (name) => {
    const caller = callerCalled(name);
    const session = 'id ipAddress createdAt expiresAt endedAt device { userAgent }';
    const token = 'id name hint createdAt lastUsedAt lastUsedIpAddress revokedAt';
    const query = `query ($id: ID!) { user(id: $id) { id email emailVerified roles accountStatus updatedAt lastActiveAt
      grantableScopes { name } sessions(status: null) { nodes { ${session} } }
      personalAccessTokens(status: null) { nodes { ${token} } } } }`;
    const body = JSON.stringify({ query, variables: { id: victim.id } });
    const { json } = await post(latchkey.url, body, { authorization: `Bearer ${await caller.token()}` });
    expect([...inspect(caller, json)].sort()).toEqual(everything().sort());
    expect(() => inspect({ ...caller, scopes: new Set() }, json)).toThrow('was shown');
  });

  test(`${RANDOM_OPERATIONS} by HTTP show nobody what they may not see, and break nothing`, async () => {
    const operations = callers.flatMap((caller) => [
      sentBy(caller, { kind: 'query', ids: everyonesIds, without: ['_service'], rootFields: 3 }, 3),
      ...(caller.aims === null ? [] : mutationsOf(caller, caller.aims)),
    ]);
    const seen = new Set<string>();
    const before = await victimAsItIs();
    const isShownWhatItMay = fc.asyncProperty(fc.oneof(...operations), async ({ by, query, variables }) => {
      const caller = callerCalled(by);
      const token = await caller.token();
      const headers = token === null ? {} : { authorization: `Bearer ${token}` };
      const answer = await post(latchkey.url, JSON.stringify({ query, variables }), headers);
      for (const what of inspect(caller, [answer.json, ...answer.headers])) seen.add(what);
      expect(answer.text).not.toMatch(/INTERNAL_SERVER_ERROR|SERVICE_UNAVAILABLE/);
      expect(answer.status === 200 || (answer.status >= 400 && answer.status < 500)).toBe(true);
    });
    await fc.assert(isShownWhatItMay, { numRuns: RANDOM_OPERATIONS });
    // They reach what is private: whoever may, was shown it. A day's few may need some more.
    const most = 0.8 * everything().length;
    for (let more = 0; seen.size <= most && more < 2_000; more += 100)
      await fc.assert(isShownWhatItMay, { numRuns: 100 });
    expect(await victimAsItIs()).toEqual(before);
    expect(logger.lines.filter((line) => line.startsWith('error'))).toEqual([]);
    expect(seen.size).toBeGreaterThan(most);
  }, 600_000);

  test(`${RANDOM_STREAMS} streams tell nobody what they may not see, and break nothing`, async () => {
    const ids = [victim.id, ...callers.flatMap(({ userId }) => userId ?? [])];
    const operations = callers.map((caller) => sentBy(caller, { kind: 'subscription', ids }, 1));
    // Nobody's sessions never change, and how long to wait for that?
    const isOfSomebody = ({ query, variables }: RandomOperation) =>
      (JSON.stringify([query, variables]).match(UUID) ?? []).every((id) => ids.includes(id));
    const sent = fc.oneof(...operations).filter(isOfSomebody);
    const reached = ['watched session id', 'session ipAddress'];
    const seen = new Set<string>();
    const { round, close } = await openRounds();
    // They reach what is private: whoever may, was shown it. A day's few may need some more.
    const isReached = () => reached.every((what) => seen.has(what));
    const most = RANDOM_STREAMS + 2_000;
    for (let opened = 0; opened < RANDOM_STREAMS || (!isReached() && opened < most); opened += 20) {
      // Not more than a user may have streams, and of users there are three.
      const streams = await Promise.all(
        fc.sample(sent, 20).map(async ({ by, query, variables }) => {
          const caller = callerCalled(by);
          const token = await caller.token();
          const stream = new TestStream(latchkey.url, query, token === null ? {} : { token }, variables);
          return { caller, stream };
        }),
      );
      const isSettled = ({ stream }: (typeof streams)[number]) => stream.completed || stream.error !== null;
      await eventually(async () => {
        await round();
        return streams.every((one) => isSettled(one) || one.stream.results.length > 0);
      });
      const live = streams.filter((one) => !isSettled(one));
      const counts = live.map(({ stream }) => stream.results.length);
      await round();
      await Promise.all(
        live.map(({ stream }, i) => stream.until(({ results }) => results.length > Number(counts[i]))),
      );
      for (const { caller, stream } of streams) {
        for (const what of inspect(caller, [stream.results, stream.error])) seen.add(what);
        expect(JSON.stringify(stream.results)).not.toMatch(/INTERNAL_SERVER_ERROR|SERVICE_UNAVAILABLE/);
        await stream.close();
      }
    }
    await close();
    expect([...seen]).toEqual(expect.arrayContaining(reached));
  }, 600_000);
});

/** One round is a change of the victim's, and then one of each other user's: whoever is told theirs was told the victim's before. */
async function openRounds() {
  const clients = [victim.watched];
  for (const caller of [mallory, admin]) {
    const { email } = (await caller.data('{ me { email } }')).me;
    const client = latchkey.client();
    await client.login({ identifier: email, password: PASSWORD });
    clients.push(client);
  }
  const token = await callerCalled('admin').token();
  const witness = new TestStream(latchkey.url, 'subscription { sessionChanged { id kind } }', { token });
  const change = async (client: GraphQLClient) => {
    const told = witness.changes.length;
    await client.refresh();
    return () => witness.changes.length > told;
  };
  await eventually(async () => (await change(victim.watched))());
  const round = async () => {
    for (const client of clients) await witness.until(await change(client));
  };
  return { round, close: () => witness.close() };
}
