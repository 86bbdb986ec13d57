import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import {
  buildASTSchema,
  type DocumentNode,
  findBreakingChanges,
  type GraphQLArgument,
  type GraphQLNamedType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isNonNullType,
  isObjectType,
  isSpecifiedScalarType,
  parse,
} from 'graphql';
import { buildSchema } from '../../src/graphql/schema/schema.ts';
import { loadTypeDefs } from '../../src/graphql/schema/type-defs.ts';
import { contractBreaches } from '../support/contract-breaches.ts';
import { notYetServed } from './not-yet-served.ts';

const served = toSchema(loadTypeDefs());
const promised = readFileSync(new URL('promised.graphql', import.meta.url), 'utf8');
const ownTypes = Object.values(served.getTypeMap()).filter(
  (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
);

/** Without the definitions of federation's directives, which composers bring. */
function toSchema(document: DocumentNode): GraphQLSchema {
  return buildASTSchema(document, { assumeValid: true, assumeValidSDL: true });
}

describe('the documentation', () => {
  test.each(ownTypes.flatMap(documented))('describes %s', (_name, description) => {
    expect(description).toMatch(/^\S.*\.$/s);
  });

  test('is of everything, arguments, input fields and enum values included', () => {
    const names = ownTypes.flatMap(documented).map(([name]) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        'User',
        'User.email',
        'User.sessions(first)',
        'LoginInput.password',
        'SessionStatus.ENDED',
        'LoginResult',
        'DateTime',
      ]),
    );
    expect(names.length).toBeGreaterThan(150);
  });
});

/** Everything of a type that can bear a description, with what it bears. */
function documented(type: GraphQLNamedType): [string, string][] {
  const named: { name: string; description?: string | null | undefined }[] = [
    { name: type.name, description: isRoot(type) ? 'The root.' : type.description },
  ];
  if (isEnumType(type))
    named.push(
      ...type.getValues().map(({ name, description }) => ({ name: `${type.name}.${name}`, description })),
    );
  if (isInputObjectType(type) || isObjectType(type) || isInterfaceType(type)) {
    for (const field of Object.values(type.getFields())) {
      named.push({ name: `${type.name}.${field.name}`, description: field.description });
      const args: readonly GraphQLArgument[] = 'args' in field ? field.args : [];
      named.push(
        ...args.map((arg) => ({
          name: `${type.name}.${field.name}(${arg.name})`,
          description: arg.description,
        })),
      );
    }
  }
  return named.map(({ name, description }) => [name, description ?? '']);
}

/** Every subgraph has the root types: a description would be one of many. */
function isRoot(type: GraphQLNamedType): boolean {
  return [served.getQueryType(), served.getMutationType(), served.getSubscriptionType()].some(
    (root) => root === type,
  );
}

describe('the contract', () => {
  test('is what is served, apart from what is listed as not yet served', () => {
    expect(contractBreaches(toSchema(parse(promised)), served, notYetServed)).toEqual([]);
  });

  test.each([
    ['  emailVerified: Boolean\n', '', 'User.emailVerified is promised and not served'],
    [
      'enum SessionStatus { ACTIVE ENDED }',
      'enum SessionStatus { ACTIVE }',
      'SessionStatus.ENDED is promised and not served',
    ],
    ['user(id: ID!): User', 'user: User', 'Query.user(id:) is promised and not served'],
    [
      'input LogoutInput { refreshToken: String }',
      'input LogoutInput { refreshToken: ID }',
      'LogoutInput.refreshToken is promised as String, and served as ID',
    ],
    [
      '= SessionsTerminated | AuthNotFoundError',
      '= SessionsTerminated',
      'TerminateSessionResult.AuthNotFoundError is promised and not served',
    ],
    [
      'NotFoundError implements AuthError',
      'NotFoundError',
      'AuthNotFoundError.AuthError is promised and not served',
    ],
    ['  me: User', '  me: User!', 'Query.me is promised as User, and served as User!'],
    [
      '(filter: UserFilter, first: Int! = 20',
      '(filter: UserFilter, first: Int!',
      'Query.users(first:) is promised as Int! = 20, and served as Int!',
    ],
    [
      '  me: User',
      '  me: User\n  you: User',
      'Query.you is served and not promised: add it to test/contract/promised.graphql',
    ],
    [
      'scalar JSON',
      'scalar JSON\nscalar URL',
      'URL is served and not promised: add it to test/contract/promised.graphql',
    ],
  ])('is broken where %j is served as %j', (from, to, breach) => {
    expect(promised.split(from)).toHaveLength(2);
    const changed = toSchema(parse(promised.replace(from, to)));
    expect(contractBreaches(toSchema(parse(promised)), changed, [])).toEqual([breach]);
  });

  test('has nothing on the list of what is not yet served that is served', () => {
    const schema = toSchema(parse(promised));
    expect(contractBreaches(schema, schema, ['Query.me'])).toEqual([
      'Query.me is not missing: remove it from test/contract/not-yet-served.ts',
    ]);
  });

  test.each(ownTypes.filter(isObjectType).map((type) => [type.name, type] as const))(
    'names %s for an outcome if, and only if, it is one',
    (name, type) => {
      const interfaces = type.getInterfaces().map((parent) => parent.name);
      expect(name.endsWith('Error')).toBe(interfaces.includes('AuthError'));
      expect(name.endsWith('Required')).toBe(interfaces.includes('SignInStep'));
    },
  );

  test('gives no other kind of type a name that ends as an outcome', () => {
    const others = ownTypes.filter((type) => !isObjectType(type) && /(Error|Required)$/.test(type.name));
    expect(others.map(({ name }) => name)).toEqual(['AuthError']);
  });

  test('lets a failure here null nothing of other subgraphs: each field of Query may be null', () => {
    const fields = Object.values(served.getQueryType()?.getFields() ?? {});
    expect(fields.length).toBeGreaterThan(3);
    expect(fields.filter(({ type }) => isNonNullType(type))).toEqual([]);
  });
});

describe('the subgraph', () => {
  const published = readFileSync(new URL('../../schema/latchkey.graphql', import.meta.url), 'utf8');

  test('speaks of federation 2.5, once, and owns the types that others may refer to or share', () => {
    expect(published.match(/@link\(/g)).toHaveLength(1);
    expect(published).toContain('url: "https://specs.apollo.dev/federation/v2.5"');
    expect(published).toMatch(/type User\s+@key\(fields: "id"\)/);
    expect(published).toMatch(/type PageInfo\s+@shareable/);
  });

  test('serves each type under the name and the description that it publishes', () => {
    const executable = buildSchema({ typeDefs: loadTypeDefs(), resolvers: {} });
    for (const type of ownTypes) {
      const { name, description } = executable.getType(type.name) ?? {};
      expect([name, description]).toEqual([type.name, type.description]);
    }
  });

  test('publishes the schema that is served', () => {
    const republished = toSchema(parse(published));
    expect([
      ...findBreakingChanges(served, republished),
      ...findBreakingChanges(republished, served),
    ]).toEqual([]);
  });
});
