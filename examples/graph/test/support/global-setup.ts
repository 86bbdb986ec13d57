import { randomBytes } from 'node:crypto';
import { generateSigningKeyPem } from '../../../../src/core/signing-key.ts';
import { type RunningGraph, runGraph } from './run-graph.ts';
import { type RunningRouter, startRouter } from './start-router.ts';

declare global {
  /** Set up and torn down in one process, but in two modules that jest loads apart. */
  var stopGraph: (() => Promise<void>) | undefined;
}

/**
 * One graph for all test files, as `npm run graph` starts it, and in front of it the router that the tests are about: the
 * graph's own gateway, or the program that the configuration names in `globals.router`.
 */
export default async function globalSetup(
  _global: unknown,
  { globals }: { globals: { router?: string } },
): Promise<void> {
  const signingKey = generateSigningKeyPem();
  const routerSecret = randomBytes(32).toString('hex');
  const started: (RunningGraph | RunningRouter)[] = [];
  globalThis.stopGraph = async () => {
    for (const process of started.toReversed()) await process.stop();
  };

  try {
    const graph = await runGraph({ JWT_PRIVATE_KEY: signingKey, ROUTER_SECRET: routerSecret });
    started.push(graph);
    let routerUrl = graph.url;
    if (globals.router !== undefined) {
      const router = await startRouter(globals.router, graph, routerSecret);
      started.push(router);
      routerUrl = router.url;
    }
    const addresses = { authUrl: graph.authUrl, tasksUrl: graph.tasksUrl, issuer: graph.url, routerUrl };
    process.env['GRAPH_UNDER_TEST'] = JSON.stringify({ ...addresses, routerSecret, signingKey });
  } catch (error) {
    // jest runs no teardown after a failed setup.
    await globalThis.stopGraph();
    throw error;
  }
}
