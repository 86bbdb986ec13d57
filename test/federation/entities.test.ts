import { readFileSync } from 'node:fs';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { lexicographicSortSchema, parse, printSchema } from 'graphql';
import { useTestApp } from '../support/app.ts';
import { type GraphQLClient, newAccount } from '../support/client.ts';
import { post } from '../support/http.ts';
import { RecordingLogger } from '../support/logger.ts';
import { withoutTable } from '../support/missing-table.ts';
import { refusalsWritten } from '../support/refusals.ts';
import { runSql } from '../support/sql.ts';
import { statementsOn } from '../support/statements.ts';

const ENTITIES = `query ($r: [_Any!]!) { _entities(representations: $r) { __typename ... on User { id username } } }`;

let ann: { id: string; username: string };
let bob: { id: string; username: string };

const user = (id: unknown, more: object = {}) => ({ __typename: 'User', id, ...more });

const logger = new RecordingLogger();
const unexpected = () => logger.lines.filter((line) => line.includes('an unexpected error'));
const latchkey = useTestApp({ logger });
beforeAll(async () => {
  for (const assign of [(made: typeof ann) => (ann = made), (made: typeof bob) => (bob = made)]) {
    const { user: made } = await latchkey.client().signup();
    assign({ id: made.id, username: String(made.username) });
  }
});

describe('a reference', () => {
  test('resolves to its user, in the order of the list, as often as it is there', async () => {
    const { _entities } = await latchkey
      .client()
      .data(ENTITIES, { r: [bob, ann, bob].map(({ id }) => user(id)) });
    expect(_entities).toEqual([user(bob.id, bob), user(ann.id, ann), user(bob.id, bob)]);
  });

  test('to nobody is null, without an error', async () => {
    const nobody = '00000000-0000-4000-8000-000000000000';
    const { data, errors } = await latchkey
      .client()
      .send(ENTITIES, { r: [user(ann.id), user(nobody), user(bob.id)] });
    expect(data._entities.map((entity: typeof ann | null) => entity?.id)).toEqual([
      ann.id,
      undefined,
      bob.id,
    ]);
    expect(errors).toEqual([]);
  });

  const junk: readonly (readonly [string, unknown])[] = [
    ['an id that is null', user(null)],
    ['no id', { __typename: 'User' }],
    ['an id that is a number', user(1)],
    ['an id that is a boolean', user(true)],
    ['an id that is a list', user(['ID'])],
    ['an id that is an object, as operators of a query language are', user({ $ne: null })],
    ['an id that is no id', user("' OR 1=1 --")],
    ['an id with a NUL', user('\u0000')],
    ['an id that is very long', user('f'.repeat(10_000))],
    ['no type', { id: 'ID' }],
    ['a type that is null', { __typename: null, id: 'ID' }],
    ['a type that is a list', { __typename: ['User'], id: 'ID' }],
    ['a type that is unknown', { __typename: 'Nobody', id: 'ID' }],
    ...[
      'Session',
      'Query',
      'Mutation',
      '_Entity',
      'AuthError',
      'DateTime',
      '__Type',
      'constructor',
      '__proto__',
    ].map((type) => [`the type ${type}, which is no entity`, { __typename: type, id: 'ID' }] as const),
    ['a type in its constructor', { id: 'ID', constructor: { __typename: 'User' } }],
    ['no object: a string', 'User'],
    ['no object: a number', 42],
    ['no object: a boolean', true],
    ['no object: a list', [user('ID')]],
    ['no object: an empty list', []],
    ['lists in lists in lists', JSON.parse(`${'['.repeat(1_000)}${']'.repeat(1_000)}`)],
  ];

  test.each(junk)('with %s is null and harms no other', async (_what, reference) => {
    const withId = JSON.parse(JSON.stringify(reference).replaceAll('"ID"', `"${ann.id}"`));
    const { status, data, errors } = await latchkey
      .client()
      .send(ENTITIES, { r: [user(ann.id), withId, user(bob.id)] });
    expect([status, errors]).toEqual([200, []]);
    expect(data._entities).toEqual([user(ann.id, ann), null, user(bob.id, bob)]);
  });

  test('each kind of junk at once harms no neighbour', async () => {
    const list = junk.flatMap(([, reference]) => [reference, user(ann.id)]);
    const { data, errors } = await latchkey.client().send(ENTITIES, { r: list });
    expect(errors).toEqual([]);
    expect(data._entities).toEqual(junk.flatMap(() => [null, user(ann.id, ann)]));
  });

  test('that is null is refused with the whole list, for the type of the argument says so', async () => {
    const { data, errors } = await latchkey.client().send(ENTITIES, { r: [user(ann.id), null] });
    expect([data, errors[0]?.extensions['code']]).toEqual([undefined, 'BAD_USER_INPUT']);
  });

  test('tells nothing by what it holds beside the key, and is never echoed', async () => {
    const claims = {
      email: 'planted@example.com',
      roles: ['admin'],
      username: 'planted',
      name: 'planted',
      accountStatus: 'DISABLED',
    };
    const caller = latchkey.client();
    const own = await caller.signup();
    const answer = await caller.send(
      `query ($r: [_Any!]!) { _entities(representations: $r) { ... on User { id username name email roles accountStatus } } }`,
      { r: [user(own.user.id, claims), user(ann.id, claims)] },
    );
    const [first, second] = answer.data._entities;
    expect(first).toMatchObject({
      email: own.user.email,
      roles: ['user'],
      name: null,
      accountStatus: 'ACTIVE',
    });
    expect(second).toMatchObject({ ...ann, name: null, email: null, roles: null, accountStatus: null });
    expect(JSON.stringify(answer)).not.toContain('planted');
    expect(JSON.stringify(answer)).not.toContain('DISABLED');
  });

  test('with __proto__ among its keys changes no prototype', async () => {
    const literal = `{ _entities(representations: [{__typename: "User", id: "${ann.id}", __proto__: {polluted: true}},
      {__proto__: {__typename: "User", id: "${ann.id}"}}]) { ... on User { id } } }`;
    expect(await latchkey.client().data(literal)).toEqual({ _entities: [{ id: ann.id }, null] });
    for (const key of [
      '{"__proto__": {"polluted": true}}',
      '{"constructor": {"prototype": {"polluted": true}}}',
    ]) {
      const json = `{"query": ${JSON.stringify(ENTITIES)}, "variables": {"r": [${key}]}}`;
      expect((await post(latchkey.url, json)).status).toBe(400);
    }
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});

describe('a type that cannot be read', () => {
  test('is an error at each of its places, logged once, and leaves the other types alone', async () => {
    const owner = latchkey.client();
    const { session } = await owner.signup();
    const r = [user(ann.id), { __typename: 'Session', id: session.id }, 'junk', user(bob.id)];
    const ask = 'query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }';
    const before = unexpected().length;
    const { data, errors } = await withoutTable(latchkey.databaseUrl, 'users', () => owner.send(ask, { r }));
    expect(data._entities).toEqual([null, { __typename: 'Session' }, null, null]);
    expect(errors).toEqual(
      [0, 3].map((place) =>
        expect.objectContaining({ message: 'Internal error', path: ['_entities', place] }),
      ),
    );
    expect(unexpected()).toHaveLength(before + 1);
  });
});

describe('a thousand references', () => {
  let ids: string[];
  let admin: GraphQLClient;
  const PUBLIC = 'id username name createdAt';
  const PRIVATE = 'email emailVerified roles accountStatus updatedAt';

  beforeAll(async () => {
    const rows = await runSql(
      latchkey.databaseUrl,
      `INSERT INTO users (id, email, email_key, roles) SELECT gen_random_uuid(), n || '@example.org', n || '@example.org', '{user}'
       FROM generate_series(1, 1000) AS n RETURNING id`,
    );
    ids = rows.map(({ id }) => String(id));
    admin = latchkey.client();
    const account = newAccount();
    await admin.signup(account);
    await runSql(latchkey.databaseUrl, `UPDATE users SET roles = '{user,admin}' WHERE email = $1`, [
      account.email,
    ]);
    await admin.login({ identifier: account.email, password: account.password });
  });

  const references = () => ids.map((id) => user(id));
  const ask = (fields: string) =>
    `query ($r: [_Any!]!) { _entities(representations: $r) { ... on User { ${fields} } } }`;

  test.each([
    ['public fields, by a stranger', 'stranger', PUBLIC, 1],
    [
      'private fields, by a stranger, all of them refused',
      'stranger',
      `${PRIVATE} lastActiveAt sessions { totalCount }`,
      1,
    ],
    ['private fields, by an administrator', 'admin', `${PUBLIC} ${PRIVATE}`, 1],
    [
      'with lastActiveAt, which lies in the sessions too, by an administrator',
      'admin',
      `${PRIVATE} lastActiveAt`,
      2,
    ],
  ])('cost a fixed number of statements: %s', async (_what, who, fields, count) => {
    const caller = who === 'admin' ? admin : latchkey.client();
    let entities: unknown[] = [];
    const statements = await statementsOn('users', async () => {
      entities = (await caller.send(ask(fields), { r: references() })).data._entities;
    });
    expect(statements).toHaveLength(count);
    expect(entities.filter((entity) => entity !== null)).toHaveLength(1000);
  });

  test.each([
    { fields: '__typename id username name', columns: 'id, username, name' },
    { fields: '... { username } ...Name', columns: 'id, username, name' },
    { fields: 'name createdAt', columns: 'id, email, .*' },
    { fields: 'name @skip(if: true) email @include(if: true)', columns: 'id, email, .*' },
    { fields: '... @include(if: true) { ...Email }', columns: 'id, email, .*' },
    { fields: 'sessions { totalCount }', columns: 'id, email, .*' },
  ])('are read as far as they are selected: $fields', async ({ fields, columns }) => {
    const fragments = fields.includes('...Name')
      ? 'fragment Name on User { name }'
      : fields.includes('...Email')
        ? 'fragment Email on User { ... { mail: email } }'
        : '';
    const [first] = references();
    const statements = await statementsOn('users', async () => {
      const { data, errors } = await admin.send(`${ask(fields)} ${fragments}`, { r: [first] });
      expect(errors).toEqual([]);
      expect(Object.values(data._entities[0])).not.toContain(undefined);
    });
    expect(statements).toEqual([
      expect.stringMatching(new RegExp(`^SELECT ${columns} FROM users WHERE id = ANY`)),
    ]);
  });

  test('by someone known, refused, cost one statement and are counted in the audit log', async () => {
    const caller = latchkey.client();
    const { user: known } = await caller.signup();
    const statements = await statementsOn('users', () => caller.send(ask(PRIVATE), { r: references() }));
    expect(statements).toHaveLength(1);
    expect(await refusalsWritten(latchkey.databaseUrl, 'access.denied', known.id, 5000)).toEqual({
      refusals: 5000,
      data: [{ code: 'FORBIDDEN' }],
    });
  });

  test('over five fields cost one statement', async () => {
    const parts = Array.from({ length: 5 }, (_, i) => references().slice(i * 200, (i + 1) * 200));
    const variables = Object.fromEntries(parts.map((part, i) => [`r${i}`, part]));
    const declared = parts.map((_, i) => `$r${i}: [_Any!]!`).join();
    const fields = parts
      .map((_, i) => `e${i}: _entities(representations: $r${i}) { ... on User { id } }`)
      .join(' ');
    let data: Record<string, { id: string }[]> = {};
    const statements = await statementsOn('users', async () => {
      data = await latchkey.client().data(`query (${declared}) { ${fields} }`, variables);
    });
    expect(statements).toHaveLength(1);
    expect(Object.values(data).flatMap((entities) => entities.map(({ id }) => id))).toEqual(ids);
  });

  const many = (count: number) => JSON.stringify(Array.from({ length: count }, () => 0));
  test.each([
    [
      'in one list',
      'query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }',
      { r: JSON.parse(many(1001)) },
    ],
    [
      'over two fields',
      'query ($r: [_Any!]!) { _entities(representations: $r) { __typename } b: _entities(representations: $r) { __typename } }',
      { r: JSON.parse(many(501)) },
    ],
    [
      'over fields in fragments',
      'query ($r: [_Any!]!) { ...F ... on Query { b: _entities(representations: $r) { __typename } } } fragment F on Query { _entities(representations: $r) { __typename } }',
      { r: JSON.parse(many(501)) },
    ],
    [
      'by a default of the variable',
      `query ($r: [_Any!]! = ${many(501)}) { _entities(representations: $r) { __typename } b: _entities(representations: $r) { __typename } }`,
      {},
    ],
    [
      'beside literals',
      `query ($r: [_Any!]!) { _entities(representations: $r) { __typename } b: _entities(representations: ${many(10)}) { __typename } }`,
      { r: JSON.parse(many(991)) },
    ],
  ])('and one more are refused before anything is looked up: %s', async (_how, document, variables) => {
    let answer: Awaited<ReturnType<GraphQLClient['send']>> | undefined;
    const statements = await statementsOn('users', async () => {
      answer = await latchkey.client().send(document, variables);
    });
    expect(answer?.errors[0]?.message).toMatch(/more than 1000 (representations were sent|items)\.$/i);
    expect(answer?.errors[0]?.extensions['code']).toBe('BAD_USER_INPUT');
    expect(answer?.data).toBeUndefined();
    expect(statements).toEqual([]);
  });
});

describe('_service', () => {
  const published = readFileSync(new URL('../../schema/latchkey.graphql', import.meta.url), 'utf8');
  const meaning = (sdl: string) =>
    printSchema(lexicographicSortSchema(buildSubgraphSchema({ typeDefs: parse(sdl) })));

  test('tells the schema that schema/latchkey.graphql publishes, with User as an entity', async () => {
    const { _service } = await latchkey.client().data('{ _service { sdl } }');
    expect(meaning(_service.sdl)).toBe(meaning(published));
    for (const sdl of [_service.sdl, published]) {
      expect(sdl).toMatch(/type User\s+@key\(fields: "id"\)/);
      expect(sdl).toMatch(/@link\(url: "https:\/\/specs\.apollo\.dev\/federation\/v2\.5"/);
      expect(sdl).toMatch(/type PageInfo\s+@shareable/);
    }
  });
});
