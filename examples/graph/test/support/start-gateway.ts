import { join } from 'node:path';
import { freePort } from '../../../../test/support/free-port.ts';
import { LatchkeyProcess } from '../../../../test/support/latchkey-process.ts';
import { graph } from './graph.ts';
import type { RunningRouter } from './start-router.ts';

const EXAMPLE = join(__dirname, '..', '..');
const PROGRAM = join(EXAMPLE, 'node_modules/@graphql-hive/gateway/dist/bin.js');

/** Another Hive Gateway in front of the graph: with a configuration of this example, and with Latchkey at `authUrl`. */
export async function startGateway(configuration: string, authUrl: string): Promise<RunningRouter> {
  const port = String(await freePort());
  const command = [process.execPath, PROGRAM, 'supergraph', '--config-path', join(EXAMPLE, configuration)];
  const gateway = new LatchkeyProcess(command, {
    PORT: port,
    AUTH_URL: authUrl,
    TASKS_URL: graph.tasksUrl,
    JWKS_URL: new URL('/.well-known/jwks.json', graph.authUrl).href,
    JWT_ISSUER: graph.issuer,
    ROUTER_SECRET: graph.routerSecret,
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
