// A subgraph that joins Latchkey's User: started by ../start.ts, or alone, with the variables below.
import { readFileSync } from 'node:fs';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { apolloContext, type CallerContext, createVerifier, redisRevocations } from '@latchkey/verifier';
import { parse } from 'graphql';
import { Redis } from 'ioredis';
import { resolvers } from './resolvers.ts';

const {
  /** Latchkey itself, not the router. */
  LATCHKEY_URL = 'http://localhost:4001',
  JWT_ISSUER = 'http://localhost:4001',
  JWT_AUDIENCE = 'latchkey',
  REDIS_URL,
  PORT = '4002',
  HOST = '127.0.0.1',
} = process.env;

/**
 * Verifies the Authorization header with Latchkey's public keys, without a call per request. The router's `extensions.jwt` is not used:
 * whoever reaches this port can write it.
 */
const verifier = createVerifier({
  issuer: JWT_ISSUER,
  audience: JWT_AUDIENCE,
  jwksUrl: new URL('/.well-known/jwks.json', LATCHKEY_URL),
  // Scripts come with their personal access tokens.
  exchangeUrl: new URL('/oauth/token', LATCHKEY_URL),
  // Without it, the access token of an ended session counts until it expires. `streamedRevocations` needs no Redis, but a service client.
  ...(REDIS_URL && { revocations: redisRevocations({ redis: connect(REDIS_URL) }) }),
});

const typeDefs = parse(readFileSync(new URL('schema.graphql', import.meta.url), 'utf8'));
const server = new ApolloServer<CallerContext>({
  // The library's type of resolvers knows no context.
  schema: buildSubgraphSchema({ typeDefs, resolvers: resolvers as never }),
  includeStacktraceInErrorResponses: false,
});

const { url } = await startStandaloneServer(server, {
  listen: { port: Number(PORT), host: HOST },
  context: apolloContext(verifier),
});
console.log(`The tasks are served at ${url}`);

function connect(redisUrl: string): Redis {
  const redis = new Redis(redisUrl);
  redis.on('error', (error) => console.error(`Redis: ${error.message}`));
  return redis;
}
