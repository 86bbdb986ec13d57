import { buildSubgraphSchema } from '@apollo/subgraph';
import type { DocumentNode, GraphQLSchema } from 'graphql';
import { DateTimeISOResolver } from 'graphql-scalars';
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
    resolvers: { DateTime, ...resolvers } as never,
  });
  return limitAnswers(resolveEntities(schema, finders));
}

/** Without the resolver's name: the library copies every property, and introspection would show `DateTimeISO`. */
const { serialize, parseValue, parseLiteral } = DateTimeISOResolver;
const DateTime = { serialize, parseValue, parseLiteral };
