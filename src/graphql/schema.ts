import { buildSubgraphSchema } from '@apollo/subgraph';
import type { DocumentNode, GraphQLSchema } from 'graphql';
import { DateTimeISOResolver } from 'graphql-scalars';
import { tolerateJunkReferences } from './entities.ts';
import type { Resolvers } from './generated.ts';

/** The executable subgraph schema. */
export function buildSchema({
  typeDefs,
  resolvers,
}: {
  typeDefs: DocumentNode;
  resolvers: Resolvers;
}): GraphQLSchema {
  const schema = buildSubgraphSchema({
    typeDefs,
    // The generated resolver types are stricter than the library's index signature.
    resolvers: { DateTime: DateTimeISOResolver, ...resolvers } as never,
  });
  return tolerateJunkReferences(schema);
}
