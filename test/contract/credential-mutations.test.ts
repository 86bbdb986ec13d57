import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { type GraphQLSchema, buildSchema as toSchema } from 'graphql';
import { credentialMutations } from '../../src/graphql/operations/credential-fields.ts';
import { buildSchema } from '../../src/graphql/schema/schema.ts';
import { loadTypeDefs } from '../../src/graphql/schema/type-defs.ts';

const served = buildSchema({ typeDefs: loadTypeDefs(), resolvers: {} });
const promised = toSchema(readFileSync(new URL('promised.graphql', import.meta.url), 'utf8'));

const WITHOUT_CREDENTIAL = [
  'deleteUser',
  'recordActivity',
  'requestEmailChange',
  'requestPasswordReset',
  'resendVerificationEmail',
  'revokePersonalAccessToken',
  'terminateOtherSessions',
  'terminateSession',
  'terminateUserSessions',
  'unlockUser',
  'updateProfile',
  'updateUser',
];

const mutations = (schema: GraphQLSchema) => Object.keys(schema.getMutationType()?.getFields() ?? {});

test('each promised mutation takes or gives a credential, except those listed here', () => {
  const credential = credentialMutations(promised);
  expect(
    mutations(promised)
      .filter((name) => !credential.has(name))
      .toSorted(),
  ).toEqual(WITHOUT_CREDENTIAL);
});

test('what is served is told apart as what is promised', () => {
  const credential = credentialMutations(served);
  const common = mutations(served).filter((name) => mutations(promised).includes(name));
  expect(common.filter((name) => credential.has(name))).toEqual(
    common.filter((name) => !WITHOUT_CREDENTIAL.includes(name)),
  );
});

test.each([
  ['an argument', 'change(newPassword: String!): Boolean'],
  [
    'an input',
    'change(input: Input!): Boolean',
    'input Input { proof: Proof! } input Proof { recoveryCode: String }',
  ],
  ['an input of itself', 'change(input: Input!): Boolean', 'input Input { next: Input clientSecret: ID }'],
  ['a list', 'change(tokens: Boolean): [Result!]!', 'type Result { recoveryCodes: [String!]! }'],
  [
    'a member of a union',
    'change: Result',
    'union Result = Failed | Done type Failed { at: Int } type Done { otp: JSON } scalar JSON',
  ],
  [
    'a type behind an interface',
    'change: Node',
    'interface Node { id: ID } type Done implements Node { id: ID to: To } type To { accessToken: String }',
  ],
])('a credential in %s is found', (_where, field, types = '') => {
  const schema = toSchema(`type Query { a: Int } type Mutation { ${field} } ${types}`);
  expect([...credentialMutations(schema)]).toEqual(['change']);
});

test.each([
  'change(revokeToken: Boolean, maxToken: Int, passwordMinLength: String, tokenId: ID): Boolean',
  'change(code: Kind): Kind',
])('what is no credential is not taken for one: %s', (field) => {
  const schema = toSchema(`type Query { a: Int } type Mutation { ${field} } enum Kind { A }`);
  expect([...credentialMutations(schema)]).toEqual([]);
});
