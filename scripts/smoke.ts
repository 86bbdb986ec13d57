// Starts the built server with nothing configured, asks it one question and stops it. Run `npm run build` before.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const STARTS_WITHIN_MS = 60_000;
const STOPS_WITHIN_MS = 30_000;

const dataDir = mkdtempSync(join(tmpdir(), 'latchkey-smoke-'));
// Under root another account runs the embedded Postgres: where it cannot reach, its files would lie elsewhere and stay.
chmodSync(dataDir, 0o755);
const server = spawn(process.execPath, [resolve('dist/main.js')], {
  // Away from a developer's .env.
  cwd: dataDir,
  env: { PATH: process.env['PATH'], PORT: '0', DATA_DIR: dataDir },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const exited = once(server, 'exit');

try {
  const url = await servedUrl();
  const answer = await ask(url, '{ authPolicy { accessTokenTtlSeconds } }');
  if (!answer.includes('"accessTokenTtlSeconds":')) throw new Error(`it answers ${answer}`);

  server.kill('SIGTERM');
  const tooLong = setTimeout(() => server.kill('SIGKILL'), STOPS_WITHIN_MS);
  const [code, signal] = await exited;
  clearTimeout(tooLong);
  if (code !== 0) throw new Error(`it ends with ${code ?? signal} instead of 0`);
  console.log('The built server starts, answers and stops.');
} finally {
  server.kill('SIGKILL');
  await exited;
  rmSync(dataDir, { recursive: true, force: true });
}

/** The address in the log line that tells it. */
function servedUrl(): Promise<string> {
  return new Promise((found, reject) => {
    setTimeout(() => reject(new Error('it does not start')), STARTS_WITHIN_MS).unref();
    server.once('exit', () => reject(new Error('it ends before it serves')));
    createInterface({ input: server.stdout }).on('line', (line) => {
      console.log(line);
      const { url } = JSON.parse(line) as { url?: string };
      if (url !== undefined) found(url);
    });
  });
}

async function ask(url: string, query: string): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  return response.text();
}
