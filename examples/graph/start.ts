// `npm run graph`: Latchkey, a subgraph that joins its User, and a gateway in front of both, until Ctrl-C.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Part } from './part.ts';
import { whatToTry } from './what-to-try.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const repository = fileURLToPath(new URL('../../', import.meta.url));
const gatewayProgram = join(here, 'node_modules/@graphql-hive/gateway/dist/bin.js');

const { PORT = '4000', DATA_DIR = join(repository, '.data', 'graph') } = process.env;
/** Clients reach all of it here; so Latchkey has to know it, for its cookies and as the issuer of its tokens. */
const publicUrl = `http://localhost:${PORT}`;

const env = {
  ...process.env,
  ROUTER_SECRET: process.env['ROUTER_SECRET'] ?? randomBytes(32).toString('hex'),
  JWT_ISSUER: publicUrl,
  JWT_AUDIENCE: 'latchkey',
  HOST: '127.0.0.1',
};

if (!existsSync(gatewayProgram)) {
  console.error('The packages of this example are not installed. Run: npm ci --prefix examples/graph');
  process.exit(1);
}

const parts: Part[] = [];
let stopping: Promise<void> | null = null;
// The terminal and npm may both pass on the same Ctrl-C: to be told twice means no more than once.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(0));

try {
  const auth = run('auth', ['--import', 'tsx', 'src/main.ts'], repository, {
    PORT: '0',
    PUBLIC_URL: publicUrl,
    // Every user has the scopes of the tasks, and may give them to personal access tokens.
    ROLES: process.env['ROLES'] ?? '{"user":["tasks:read","tasks:write"]}',
    // Believes the gateway about where a client is.
    TRUSTED_PROXIES: 'loopback',
    DATA_DIR,
  });
  const authUrl = await auth.says(/"url":"(http[^"]+)"/);
  const JWKS_URL = new URL('/.well-known/jwks.json', authUrl).href;
  const LATCHKEY_URL = new URL('/', authUrl).href;

  const tasks = run('tasks', ['--import', 'tsx', 'tasks/server.ts'], here, { PORT: '0', LATCHKEY_URL });
  const tasksUrl = await tasks.says(/served at (http\S+)/);

  const gateway = run(
    'gateway',
    [gatewayProgram, 'supergraph', '--config-path', join(here, 'gateway.config.ts')],
    here,
    { PORT, AUTH_URL: authUrl, TASKS_URL: tasksUrl, JWKS_URL },
  );
  await gateway.says(/Listening on/);
  console.log(whatToTry({ publicUrl, authUrl, tasksUrl }));
} catch (error) {
  if (stopping === null) console.error(error instanceof Error ? error.message : error);
  await stop(1);
}

function run(name: string, args: readonly string[], cwd: string, settings: NodeJS.ProcessEnv): Part {
  if (stopping !== null) throw new Error('stopping');
  const part = new Part(name, args, { cwd, env: { ...env, ...settings } });
  parts.push(part);
  // Without one of them the others are no graph.
  void part.ended.then((code) => {
    if (stopping === null) console.error(`${name} ended with ${code}: stopping the rest.`);
    void stop(1);
  });
  return part;
}

/** The gateway first: what it still answers needs the subgraphs. */
async function stop(code: number): Promise<void> {
  stopping ??= (async () => {
    for (const part of parts.toReversed()) await part.stop();
    process.exit(code);
  })();
  await stopping;
}
