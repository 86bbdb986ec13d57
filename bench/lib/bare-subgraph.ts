/**
 * The least that a subgraph can be and still answer `me`: Apollo Server on Fastify, with the row read by `pg`. No
 * credential is looked at: whom the request speaks for is a header.
 */
import { ApolloServer } from '@apollo/server';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import Fastify from 'fastify';
import { parse } from 'graphql';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'], max: 10 });

const typeDefs = parse(`
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key"])
  type User @key(fields: "id") { id: ID! email: String username: String }
  type Query { me: User }
`);
const resolvers = {
  Query: {
    me: async (_root: unknown, _args: unknown, { userId }: { userId: string }) =>
      (await pool.query('SELECT * FROM users WHERE id = $1', [userId])).rows[0],
  },
};
const server = new ApolloServer<{ userId: string }>({
  schema: buildSubgraphSchema({ typeDefs, resolvers: resolvers as never }),
});
await server.start();
const app = Fastify();
app.route({
  method: ['GET', 'POST'],
  url: '/graphql',
  handler: fastifyApolloHandler(server, {
    context: async (request) => ({ userId: String(request.headers['x-user-id']) }),
  }),
});
const url = await app.listen({ port: 0, host: '127.0.0.1' });
process.on('message', (message) => {
  if (message === 'stop') void app.close().then(() => process.exit(0));
});
process.send?.({ url });
