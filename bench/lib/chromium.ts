import { spawnSync } from 'node:child_process';
import { type Browser, chromium } from 'playwright-core';

/** The path of the Chromium that tests and benchmarks start: that of `CHROMIUM`, or one on the PATH; null if there is none. */
export const CHROMIUM: string | null =
  process.env['CHROMIUM'] ??
  (['chromium', 'chromium-browser', 'google-chrome'].map(pathOf).find((path) => path !== '') || null);

/** A headless Chromium with an empty profile that asks nobody for anything by itself. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM ?? 'chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

function pathOf(name: string): string {
  return spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim();
}
