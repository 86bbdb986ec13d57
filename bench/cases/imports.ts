import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Case } from '../lib/case.ts';
import { production } from '../lib/production.ts';

const LINES = 1_000_000;

/** `import-users` with a million lines of CSV, killed half-way and started again. */
export const imports: Case = async ({ createDatabase }) => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-import-'));
  const databaseUrl = await createDatabase();
  const database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  const users = async () => Number((await database.query('SELECT count(*) FROM users')).rows[0].count);
  try {
    const file = join(folder, 'users.csv');
    await writeUsers(file);
    const env = { ...process.env, ...production(databaseUrl) };
    const first = start(file, env);
    const startedAt = performance.now();
    while ((await users()) < LINES / 2) {
      if (first.child.exitCode !== null)
        throw new Error(
          `import-users has ended with ${first.child.exitCode}: run npm run build, then this again`,
        );
      await sleep(1_000);
    }
    first.child.kill('SIGKILL');
    await first.ended;
    const seconds = (performance.now() - startedAt) / 1000;
    const atKill = await users();
    const second = start(file, env);
    const output = await second.ended;
    const doubles = Math.abs((await users()) - LINES);
    const raw = `killed after ${atKill} users in ${seconds.toFixed(0)} s, then: ${output.trim()}`;
    const memory = Math.max(first.peakMb(), second.peakMb());
    return [
      { what: 'users that `import-users` creates a second', value: atKill / seconds, unit: 'count', raw },
      { what: 'memory (RSS) of `import-users`, max', value: memory, unit: 'MB', atMost: 300, raw },
      {
        what: 'users too many or missing after a kill and a restart',
        value: doubles,
        unit: 'count',
        atMost: 0,
        raw,
      },
    ];
  } finally {
    await database.end();
    rmSync(folder, { recursive: true });
  }
};

function start(file: string, env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, ['dist/cli.js', 'import-users', file], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  let peak = 0;
  const sampling = setInterval(() => {
    peak = Math.max(peak, peakMbOf(child.pid) ?? 0);
  }, 500);
  const ended = once(child, 'close').then(() => {
    clearInterval(sampling);
    return output;
  });
  return { child, ended, peakMb: () => peak };
}

/** Null once the process has ended. */
function peakMbOf(pid: number | undefined): number | null {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024 || null;
  } catch {
    return null;
  }
}

async function writeUsers(path: string): Promise<void> {
  const file = createWriteStream(path);
  file.write('email,username,name,passwordHash,emailVerified,roles,createdAt\n');
  for (let i = 0; i < LINES; i += 1) {
    const digest = String(i).padStart(31, 'a').slice(0, 30);
    const line = `person${i}@example.com,person${i},"Person, ${i}",$2b$10$${'a'.repeat(21)}u${digest}u,true,user,2024-01-02T03:04:05Z\n`;
    if (!file.write(line)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
}
