import { printSubgraphSchema } from '@apollo/subgraph';
import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  type DocumentNode,
  type GraphQLField,
  type GraphQLInputType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  parse,
  print,
  valueFromASTUntyped,
  visit,
} from 'graphql';
import { fieldScopes } from '../../src/app/features/index.ts';
import { adminScopes, everyUsersScopes, ownScopes, type ScopeName } from '../../src/core/scopes.ts';
import type { FieldRequirement } from '../../src/graphql/schema/field-scopes.ts';
import { buildSchema } from '../../src/graphql/schema/schema.ts';
import { withScopeDirectives } from '../../src/graphql/schema/scope-directives.ts';
import { loadTypeDefs } from '../../src/graphql/schema/type-defs.ts';
import { useTestApp } from '../support/app.ts';
import { type GraphQLClient, newAccount } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { signInAdministrator } from '../support/signed-in.ts';
import { TestStream } from '../support/streams.ts';

const schema = buildSchema({ typeDefs: loadTypeDefs(), resolvers: {} });
const allScopes: readonly ScopeName[] = Object.keys({ ...ownScopes, ...adminScopes });
const requirements: ReadonlyMap<string, FieldRequirement> = new Map(Object.entries(fieldScopes));
const catalogue = [...requirements];

/** Every field of an object type by its coordinate: `User.email`. */
const fields: ReadonlyMap<string, GraphQLField<unknown, unknown>> = new Map(
  Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .filter(({ name }) => !name.startsWith('__'))
    .flatMap((type) =>
      Object.values(type.getFields()).map((field) => [`${type.name}.${field.name}`, field] as const),
    ),
);

/** The scopes of Latchkey's that a field's description names. */
function namedScopes(coordinate: string): ScopeName[] {
  const description = fields.get(coordinate)?.description ?? '';
  return [...description.matchAll(/`([a-z:]+)`/g)]
    .map(([, name = '']) => name)
    .filter((name) => allScopes.includes(name));
}

describe('the descriptions', () => {
  test.each(catalogue)('say what %s takes', (coordinate, requirement) => {
    expect(fields.keys()).toContain(coordinate);
    if (requirement === 'authenticated') expect(fields.get(coordinate)?.description).toMatch(/\bsession\b/);
    else expect(namedScopes(coordinate).sort()).toEqual(requirement.flat().sort());
  });

  test('name scopes of those fields only', () => {
    // It shows what a name of a scope looks like.
    const others = [...fields.keys()].filter((name) => !requirements.has(name) && name !== 'AuthScope.name');
    expect(others.length).toBeGreaterThan(100);
    expect(others.filter((name) => namedScopes(name).length > 0)).toEqual([]);
  });
});

describe('the SDL with directives', () => {
  const printed = (typeDefs: DocumentNode) =>
    parse(printSubgraphSchema(buildSchema({ typeDefs, resolvers: {} })));
  const plain = printed(loadTypeDefs());
  const directed = printed(withScopeDirectives(loadTypeDefs(), fieldScopes));
  const OURS = ['authenticated', 'requiresScopes'];

  test('has one for each field of the catalogue, on fields of object types, and no other', () => {
    expect(requirementsIn(directed)).toEqual(fieldScopes);
    expect(requirementsIn(plain)).toEqual({});
    expect(print(directed).match(/@(authenticated|requiresScopes)\b(?!")/g)).toHaveLength(catalogue.length);
  });

  test('differs by these and their import only', () => {
    const bare = visit(directed, {
      Directive: ({ name }) => (OURS.includes(name.value) ? null : undefined),
      StringValue: ({ value }) => (OURS.some((name) => value === `@${name}`) ? null : undefined),
    });
    expect(print(bare)).toBe(print(plain));
    expect(print(directed).match(/@link\(.*/g)).toEqual([
      '@link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key", "@shareable", "@authenticated", "@requiresScopes"])',
    ]);
  });

  test('is a subgraph', () => {
    const types = buildSchema({ typeDefs: directed, resolvers: {} }).getTypeMap();
    expect(Object.keys(types)).toEqual(expect.arrayContaining(['_Entity', '_Service', 'User']));
  });

  function requirementsIn(document: DocumentNode): Record<string, unknown> {
    const found: Record<string, unknown> = {};
    for (const type of document.definitions) {
      if (type.kind !== Kind.OBJECT_TYPE_DEFINITION && type.kind !== Kind.OBJECT_TYPE_EXTENSION) continue;
      for (const { name, directives = [] } of type.fields ?? []) {
        for (const directive of directives.filter((candidate) => OURS.includes(candidate.name.value))) {
          const scopes = directive.arguments?.[0];
          found[`${type.name.value}.${name.value}`] = scopes
            ? valueFromASTUntyped(scopes.value)
            : 'authenticated';
        }
      }
    }
    return found;
  }
});

describe('what is served', () => {
  let admin: GraphQLClient;
  let adminId: string;
  let user: GraphQLClient;
  let userId: string;
  const tokens = new Map<string, string>();

  const latchkey = useTestApp();
  beforeAll(async () => {
    admin = await signInAdministrator(latchkey);
    adminId = (await admin.data('{ me { id } }')).me.id;
    user = latchkey.client();
    userId = (await user.signup(newAccount())).user.id;
  });

  /** A client with a personal access token of the administrator, with these scopes. */
  async function bearer(scopes: readonly ScopeName[]): Promise<GraphQLClient> {
    const client = latchkey.client();
    const known = tokens.get(scopes.join());
    client.accessToken = known ?? (await createToken(scopes));
    tokens.set(scopes.join(), client.accessToken);
    return client;
  }

  async function createToken(scopes: readonly ScopeName[]): Promise<string> {
    const { created } = await admin.data(
      `mutation ($scopes: [String!]!) { created: createPersonalAccessToken(input: { name: "test", scopes: $scopes }) {
        ... on PersonalAccessTokenCreated { token } } }`,
      { scopes },
    );
    return created.token;
  }

  /** The code of the refusal, or null, when the field is asked for: of this user, where it is a user's. */
  async function ask(caller: GraphQLClient, coordinate: string, ofUser = adminId): Promise<unknown> {
    const [type = '', name = ''] = coordinate.split('.');
    const field = fields.get(coordinate);
    if (field === undefined) throw new Error(`there is no ${coordinate}`);
    if (type === 'Subscription') return listen(caller, `subscription { ${selection(field, 'kind')} }`);
    if (type !== 'User') return refusalOf(caller, `${type.toLowerCase()} { ${selection(field)} }`, name);
    const refusals = [
      await refusalOf(caller, `{ user(id: "${ofUser}") { ${selection(field)} } }`, name),
      await refusalOf(
        caller,
        `{ _entities(representations: { __typename: "User", id: "${ofUser}" }) { ... on User { ${selection(field)} } } }`,
        name,
      ),
    ];
    expect(refusals[1]).toBe(refusals[0]);
    return refusals[0];
  }

  async function refusalOf(caller: GraphQLClient, document: string, name: string): Promise<unknown> {
    const { data, errors } = await caller.send(document);
    if (errors.length === 0) return null;
    expect(errors).toHaveLength(1);
    expect(errors[0]?.path?.at(-1)).toBe(name);
    expect(JSON.stringify(data)).toMatch(new RegExp(`"${name}":null|^null$`));
    return errors[0]?.extensions['code'];
  }

  /** A stream that is not refused tells of a refresh; how soon it listens is not known, so there are some. */
  async function listen(caller: GraphQLClient, document: string): Promise<unknown> {
    const stream = new TestStream(latchkey.url, document, { token: caller.accessToken ?? '' });
    try {
      await eventually(async () => {
        for (const owner of [admin, user]) await owner.refresh();
        return stream.results.length > 0 || stream.error !== null;
      });
      const [error] = (stream.results[0]?.errors ?? stream.error ?? []) as { extensions: { code: string } }[];
      if (error !== undefined) return error.extensions.code;
      return stream.changes[0]?.kind === 'CREDENTIAL_INVALID' ? 'UNAUTHENTICATED' : null;
    } finally {
      await stream.close();
    }
  }

  const without = (scopes: readonly ScopeName[]) => allScopes.filter((scope) => !scopes.includes(scope));
  const requiresSession = (coordinate: string) =>
    /Requires a session/.test(fields.get(coordinate)?.description ?? '');

  test.each(catalogue)('refuses %s to a stranger', async (coordinate) => {
    const expected = coordinate.startsWith('User.') ? 'FORBIDDEN' : 'UNAUTHENTICATED';
    expect(await ask(latchkey.client(), coordinate)).toBe(expected);
  });

  test.each(catalogue)('refuses %s to a token that has every scope but those', async (coordinate) => {
    expect(await ask(await bearer(without(namedScopes(coordinate))), coordinate)).toBe('FORBIDDEN');
  });

  const withScopes = catalogue.flatMap(([coordinate, requirement]) =>
    requirement === 'authenticated' ? [] : requirement.map((scopes) => [coordinate, scopes] as const),
  );

  test.each(withScopes)(
    'grants %s to a token that has %j and no other, unless it requires a session',
    async (coordinate, scopes) => {
      const token = await bearer(scopes);
      expect(await ask(token, coordinate)).toBe(requiresSession(coordinate) ? 'FORBIDDEN' : null);
      if (!coordinate.startsWith('User.')) return;
      const isOwn = scopes.every((scope) => everyUsersScopes.includes(scope));
      expect(await ask(token, coordinate, userId)).toBe(isOwn ? 'FORBIDDEN' : null);
    },
  );

  test.each(catalogue)(
    'grants %s to a session whose user has them, and to no other',
    async (coordinate, requirement) => {
      const isEveryones =
        requirement === 'authenticated' ||
        requirement.some((scopes) => scopes.every((scope) => everyUsersScopes.includes(scope)));
      expect(await ask(admin, coordinate)).toBe(null);
      expect(await ask(user, coordinate, userId)).toBe(isEveryones ? null : 'FORBIDDEN');
    },
  );

  const unlisted = [...fields.keys()].filter(
    (name) => /^(Query|Mutation|Subscription|User)\.(?!_)/.test(name) && !requirements.has(name),
  );

  test.each(unlisted)('grants %s to a stranger: it is not in the catalogue', async (coordinate) => {
    expect(await ask(latchkey.client(), coordinate)).toBeNull();
  });
});

/** A field with the arguments that it must have, and the least of a selection. */
function selection({ name, args, type }: GraphQLField<unknown, unknown>, least = '__typename'): string {
  const given = args
    .filter((arg) => isNonNullType(arg.type) && arg.defaultValue === undefined)
    .map((arg) => `${arg.name}: ${sample(arg.type)}`);
  const below = isLeafType(getNamedType(type)) ? '' : `{ ${least} }`;
  return `${name}${given.length > 0 ? `(${given.join(', ')})` : ''} ${below}`;
}

/** A value that is valid and names nothing that there is: whatever is granted does no harm. */
function sample(type: GraphQLInputType): string {
  if (isNonNullType(type)) return sample(type.ofType);
  if (isListType(type)) return `[${sample(type.ofType)}]`;
  if (isEnumType(type)) return type.getValues()[0]?.name ?? '';
  if (isInputObjectType(type)) {
    const required = Object.values(type.getFields()).filter(
      (field) => isNonNullType(field.type) && field.defaultValue === undefined,
    );
    return `{ ${required.map((field) => `${field.name}: ${sample(field.type)}`).join(', ')} }`;
  }
  return type.name === 'ID' ? '"00000000-0000-4000-8000-000000000000"' : '"sample"';
}
