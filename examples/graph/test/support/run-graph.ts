import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../../test/support/free-port.ts';
import { LatchkeyProcess } from '../../../../test/support/latchkey-process.ts';

export interface RunningGraph {
  readonly process: LatchkeyProcess;
  /** Of the gateway, without path; the others are where they answer GraphQL. */
  readonly url: string;
  readonly authUrl: string;
  readonly tasksUrl: string;
  stop(): Promise<void>;
}

/** `npm run graph`, on a free port and with a database of its own. Resolves when it tells what to try. */
export async function runGraph(env: Readonly<Record<string, string>> = {}): Promise<RunningGraph> {
  const dataDir = mkdtempSync(join(tmpdir(), 'latchkey-graph-'));
  // Under root another account runs the embedded Postgres: where it cannot reach, its files would lie elsewhere and stay.
  chmodSync(dataDir, 0o755);
  const settings = { PORT: String(await freePort()), DATA_DIR: dataDir, ...env };
  const graph = new LatchkeyProcess(['npm', 'run', 'graph'], settings);
  const remove = () => rmSync(dataDir, { recursive: true, force: true });
  try {
    await graph.waitFor(/Ctrl-C stops all of it/);
    return {
      process: graph,
      url: await graph.waitFor(/The graph is served at (\S+)\/graphql/),
      authUrl: await graph.waitFor(/^ {2}auth +(http\S+)/m),
      tasksUrl: await graph.waitFor(/^ {2}tasks +(http\S+)/m),
      stop: async () => {
        graph.child.kill('SIGTERM');
        await graph.exit;
        remove();
      },
    };
  } catch (error) {
    await graph.kill();
    remove();
    throw error;
  }
}
