import { LatchkeyProcess } from '../../../../test/support/latchkey-process.ts';
import type { RunningGraph } from './run-graph.ts';

export interface RunningRouter {
  readonly url: string;
  stop(): Promise<void>;
}

/** Another router in front of the graph's subgraphs: a program that says where it serves. */
export async function startRouter(
  program: string,
  { authUrl, tasksUrl }: RunningGraph,
  routerSecret: string,
): Promise<RunningRouter> {
  const env = { AUTH_URL: authUrl, TASKS_URL: tasksUrl, ROUTER_SECRET: routerSecret, PORT: '0' };
  const router = new LatchkeyProcess([process.execPath, '--import', 'tsx', program], env);
  return {
    url: await router.waitFor(/serves at (http:\S+[^/\s])/),
    stop: async () => {
      router.child.kill('SIGTERM');
      await router.exit;
    },
  };
}
