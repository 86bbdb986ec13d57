import { join } from 'node:path';
import { freePort } from '../../../../test/support/free-port.ts';
import { LatchkeyProcess } from '../../../../test/support/latchkey-process.ts';
import { graph } from './graph.ts';
import type { RunningRouter } from './start-router.ts';

const EXAMPLE = join(__dirname, '..', '..');
const PROGRAM = join(EXAMPLE, 'node_modules/@graphql-hive/gateway/dist/bin.js');

/** Another Hive Gateway, with a configuration of this example: in front of the graph, but for what `env` says. */
export async function startGateway(
  configuration: string,
  env: Readonly<Record<string, string>>,
): Promise<RunningRouter> {
  const port = String(await freePort());
  const command = [process.execPath, PROGRAM, 'supergraph', '--config-path', join(EXAMPLE, configuration)];
  const gateway = new LatchkeyProcess(command, {
    PORT: port,
    AUTH_URL: graph.authUrl,
    TASKS_URL: graph.tasksUrl,
    JWKS_URL: new URL('/.well-known/jwks.json', graph.authUrl).href,
    JWT_ISSUER: graph.issuer,
    NODE_ENV: 'production',
    ROUTER_SECRET: graph.routerSecret,
    ...env,
  });
  await gateway.waitFor(/Listening on/);
  return {
    url: `http://localhost:${port}`,
    stop: async () => {
      gateway.child.kill('SIGTERM');
      await gateway.exit;
    },
  };
}
