import { buildSubgraphSchema } from '@apollo/subgraph';
import type { DocumentNode, GraphQLSchema } from 'graphql';
import { DateTimeISOResolver } from 'graphql-scalars';
import { limitAnswers } from '../operations/answer-size.ts';
import { tolerateJunkReferences } from './entities.ts';
import type { ResolverMap } from './resolvers.ts';

/** The executable subgraph schema. */
export function buildSchema({
  typeDefs,
  resolvers,
}: {
  typeDefs: DocumentNode;
  resolvers: ResolverMap;
}): GraphQLSchema {
  const schema = buildSubgraphSchema({
    typeDefs,
    // The library's index signature is stricter.
    resolvers: { DateTime, ...resolvers } as never,
  });
  return limitAnswers(tolerateJunkReferences(schema));
}

/** Without its name: the library copies whatever it is given, and to introspection the type would be `DateTimeISO`. */
const { serialize, parseValue, parseLiteral } = DateTimeISOResolver;
const DateTime = { serialize, parseValue, parseLiteral };
