// A subgraph that joins Latchkey's User: started by ../start.ts, or alone, with the variables below.
import { readFileSync } from 'node:fs';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';
import { createAccessTokenCheck } from './access-token.ts';
import { type Context, resolvers } from './resolvers.ts';
import { listenForRevocations } from './revocations.ts';

const {
  JWKS_URL = 'http://localhost:4001/.well-known/jwks.json',
  JWT_ISSUER = 'http://localhost:4001',
  JWT_AUDIENCE = 'latchkey',
  REDIS_URL,
  PORT = '4002',
  HOST = '127.0.0.1',
} = process.env;

const check = createAccessTokenCheck({ jwksUrl: JWKS_URL, issuer: JWT_ISSUER, audience: JWT_AUDIENCE });
const isRevoked = REDIS_URL ? listenForRevocations(REDIS_URL) : () => false;

const typeDefs = parse(readFileSync(new URL('schema.graphql', import.meta.url), 'utf8'));
const server = new ApolloServer<Context>({
  // The library's type of resolvers knows no context.
  schema: buildSubgraphSchema({ typeDefs, resolvers: resolvers as never }),
  includeStacktraceInErrorResponses: false,
});

const { url } = await startStandaloneServer(server, {
  listen: { port: Number(PORT), host: HOST },
  context: async ({ req }) => ({
    caller: async () => {
      const caller = await check(req.headers.authorization);
      return caller !== null && !isRevoked(caller) ? caller : null;
    },
  }),
});
console.log(`The tasks are served at ${url}`);
