import { signInAdministrator } from '../lib/administrator.ts';
import type { Case } from '../lib/case.ts';
import { Child } from '../lib/child.ts';
import { PASSWORD } from '../lib/client.ts';
import { MeasuredPage } from '../lib/console-browser.ts';
import { percentile } from '../lib/load.ts';
import { production } from '../lib/production.ts';
import { addLiveSessions, keepRefreshing } from '../lib/refreshes.ts';

const SESSIONS = 10_000;
const CHANGES_PER_SECOND = 50;
const WINDOW_MS = 10_000;
const EMAIL = 'admin@example.com';
/** `CONSOLE_SECONDS=600` watches for ten minutes. */
const SECONDS = Number(process.env['CONSOLE_SECONDS'] ?? 30);

/** The page of live sessions while its list is scrolled: frames by the browser's trace, heap after garbage collections. */
export const console: Case = async ({ createDatabase, redisUrl }) => {
  const databaseUrl = await createDatabase();
  const env = { ...production(databaseUrl), REDIS_URL: redisUrl, CONSOLE: 'true' };
  const tokens = await addLiveSessions(databaseUrl, SESSIONS, env.REFRESH_SECRET);
  const latchkey = await Child.start(new URL('../lib/latchkey.ts', import.meta.url), env);
  const browser = await MeasuredPage.open();
  try {
    await signInAdministrator(latchkey.url, databaseUrl, EMAIL);
    const listedMs = await openLive(browser, latchkey.url);
    const refreshes = keepRefreshing(latchkey.url, tokens, CHANGES_PER_SECOND);
    await browser.page.evaluate(SCROLL);
    const windows = await measure(browser);
    const seen = await browser.page.locator('.counts div', { hasText: 'Refreshed' }).innerText();
    const { perSecond, failures } = refreshes.stop();
    const rates = windows.map(({ frames }) => ((frames.length - 1) * 1_000) / span(frames));
    const gaps = windows.flatMap(({ frames }) => frames.slice(1).map((at, i) => at - (frames[i] ?? at)));
    const heaps = windows.map(({ heapMb }) => heapMb);
    const raw = `${SESSIONS} sessions listed in ${(listedMs / 1_000).toFixed(1)} s; ${perSecond.toFixed(0)} changes a second for ${SECONDS} s, ${failures.length} failed${failures.length > 0 ? ` (the first: ${failures[0]})` : ''}; the page says "${seen.replaceAll(/\s+/g, ' ')}"; heap ${heaps.map((mb) => mb.toFixed(1)).join(', ')} MB`;
    return [
      {
        what: `frames a second of the console in its slowest ${WINDOW_MS / 1_000} s, scrolling`,
        value: Math.min(...rates),
        unit: 'count',
        atLeast: 30,
        raw,
      },
      {
        what: 'time between two frames, p99',
        value: percentile(gaps, 99),
        unit: 'ms',
        raw: `p50 ${percentile(gaps, 50).toFixed(1)} ms, max ${Math.max(...gaps).toFixed(0)} ms`,
      },
      {
        what: 'heap of the console that watching adds',
        value: (heaps.at(-1) ?? 0) - (heaps[0] ?? 0),
        unit: 'MB',
        atMost: 5,
        raw,
      },
    ];
  } finally {
    await browser.close();
    await latchkey.stop();
  }
};

/** Signs in and opens the live page. Returns how long the list took. */
async function openLive({ page }: MeasuredPage, url: string): Promise<number> {
  await page.goto(`${url}/console/#/live`);
  await page.getByLabel('Email address or username').fill(EMAIL);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('Connected').waitFor();
  const startedAt = performance.now();
  await page.getByText('loading').waitFor({ state: 'detached', timeout: 120_000 });
  return performance.now() - startedAt;
}

async function measure(browser: MeasuredPage) {
  const windows: { frames: number[]; heapMb: number }[] = [];
  for (const endsAt = performance.now() + SECONDS * 1_000; performance.now() < endsAt; ) {
    const frames = await browser.framesDuring(WINDOW_MS);
    windows.push({ frames, heapMb: await browser.heapMb() });
  }
  return windows;
}

function span(frames: readonly number[]): number {
  return (frames.at(-1) ?? 0) - (frames[0] ?? 0);
}

/** Scrolls to and fro: without movement the browser draws a frame only where something has changed. */
const SCROLL = `{
  const list = document.querySelector('.live-rows');
  let step = 12;
  const scroll = () => {
    if (list.scrollTop + list.clientHeight >= 20000) step = -12;
    if (list.scrollTop <= 0) step = 12;
    list.scrollTop += step;
    requestAnimationFrame(scroll);
  };
  scroll();
}`;
