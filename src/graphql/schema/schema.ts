import { buildSubgraphSchema } from '@apollo/subgraph';
import type { DocumentNode, GraphQLSchema } from 'graphql';
import { DateTimeISOResolver } from 'graphql-scalars';
import type { Resolvers } from '../generated.ts';
import { limitAnswers } from '../operations/answer-size.ts';
import { tolerateJunkReferences } from './entities.ts';

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
    resolvers: { DateTime, ...resolvers } as never,
  });
  return limitAnswers(tolerateJunkReferences(schema));
}

/** Without its name: the library copies whatever it is given, and to introspection the type would be `DateTimeISO`. */
const { serialize, parseValue, parseLiteral } = DateTimeISOResolver;
const DateTime = { serialize, parseValue, parseLiteral };
