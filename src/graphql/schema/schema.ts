import { buildSubgraphSchema } from '@apollo/subgraph';
import type { DocumentNode, GraphQLScalarType, GraphQLSchema } from 'graphql';
import { DateTimeISOResolver, JSONResolver } from 'graphql-scalars';
import { limitAnswers } from '../operations/answer-size.ts';
import { type EntityFinders, resolveEntities } from './entities.ts';
import type { ResolverMap } from './resolvers.ts';

/** The executable subgraph schema. */
export function buildSchema({
  typeDefs,
  resolvers,
  finders = {},
}: {
  typeDefs: DocumentNode;
  resolvers: ResolverMap;
  finders?: EntityFinders;
}): GraphQLSchema {
  const schema = buildSubgraphSchema({
    typeDefs,
    // The library's index signature is stricter than `ResolverMap`.
    resolvers: { ...scalars, ...resolvers } as never,
  });
  return limitAnswers(resolveEntities(schema, finders));
}

/** Without the name and the description: `buildSubgraphSchema` copies every property, and introspection would show them. */
const functionsOf = ({ serialize, parseValue, parseLiteral }: GraphQLScalarType) => ({
  serialize,
  parseValue,
  parseLiteral,
});

const scalars = { DateTime: functionsOf(DateTimeISOResolver), JSON: functionsOf(JSONResolver) };
