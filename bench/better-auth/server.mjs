/**
 * better-auth as its documentation sets it up on Postgres behind `node:http`. What the benchmark turns off: the limits of
 * requests, by which the load would be refused. `SETTINGS`: `defaults`; `tuned`, with what its documentation offers for speed but still
 * by the database; `cookieCache`, with that as well.
 * `reset` begins to count statements anew; `report` tells what was counted.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { apiKey } from '@better-auth/api-key';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { toNodeHandler } from 'better-auth/node';
import pg from 'pg';

const isTuned = process.env.SETTINGS !== 'defaults';
/** "Joins" of the page on PostgreSQL, and what "deferUpdates" of the reference of API keys needs: both off by default. */
const tuned = { database: { joins: true }, backgroundTasks: { handler: (update) => void update } };
/** As on the page "Optimizing for Performance". A session that was ended elsewhere is then believed for five minutes. */
const cookieCache = { enabled: process.env.SETTINGS === 'cookieCache', maxAge: 5 * 60 };

let statements = {};
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });
pool.on('connect', (client) => {
  const query = client.query.bind(client);
  client.query = (statement, ...rest) => {
    const text = statement.text ?? String(statement);
    statements[text] = (statements[text] ?? 0) + 1;
    return query(statement, ...rest);
  };
});

const server = createServer((request, response) => void handle(request, response)).listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${server.address().port}`;

const options = {
  database: pool,
  secret: process.env.BETTER_AUTH_SECRET,
  baseURL: url,
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: false },
  session: { cookieCache },
  advanced: isTuned ? tuned : {},
  plugins: [apiKey({ rateLimit: { enabled: false }, deferUpdates: isTuned })],
};
await (await getMigrations(options)).runMigrations();
const auth = betterAuth(options);
const authHandler = toNodeHandler(auth);

/** Keys are verified, and made for a user, by the server's API alone: these routes are the least around it. */
async function handle(request, response) {
  if (request.url === '/verify') {
    const { valid } = await auth.api.verifyApiKey({ body: { key: request.headers['x-api-key'] } });
    response
      .writeHead(valid ? 200 : 401, { 'content-type': 'application/json' })
      .end(JSON.stringify({ valid }));
  } else if (request.url === '/key') {
    const { key } = await auth.api.createApiKey({ body: { userId: request.headers['x-user-id'] } });
    response.end(key);
  } else {
    await authHandler(request, response);
  }
}

process.on('message', (message) => {
  if (message === 'reset') {
    statements = {};
    process.send({});
  }
  if (message === 'report') process.send({ statements });
  if (message === 'stop') process.exit(0);
});
process.send({ url });
