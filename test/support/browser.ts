import { afterAll, beforeAll, describe } from '@jest/globals';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { CHROMIUM, launchChromium } from '../../bench/lib/chromium.ts';

/** How long a page may take for one step, in milliseconds, on a busy machine. */
const PATIENCE_MS = 20_000;

if (CHROMIUM === null && process.env['REQUIRE_BROWSER'] === '1') {
  throw new Error('REQUIRE_BROWSER is set, and there is no Chromium on the PATH.');
}

/** Tests that need a browser: skipped, and reported as such, where none is installed. */
export const describeWithBrowser = CHROMIUM === null ? describe.skip : describe;

/** A headless Chromium for the tests of this `describe`: it runs before their hooks do. */
export function useTestBrowser(): TestBrowser {
  const browser = new TestBrowser();
  beforeAll(() => browser.start());
  afterAll(() => browser.stop());
  return browser;
}

/** What a page did that it should not have done. */
export interface Misdeeds {
  /** Requests, WebSockets and frames that went to another origin. */
  readonly elsewhere: string[];
  /** What the Content-Security-Policy blocked, uncaught errors, and what the page wrote as an error to the console. */
  readonly errors: string[];
}

/** A page and what it did wrong so far. */
export interface WatchedPage {
  readonly page: Page;
  readonly misdeeds: Misdeeds;
}

/** A headless Chromium. Each page has a profile of its own, which is empty. */
export class TestBrowser {
  #browser: Browser | null = null;

  async start(): Promise<void> {
    this.#browser = await launchChromium();
  }

  /** A page that is left open goes on, and takes time from the next. */
  async closePages(): Promise<void> {
    for (const context of this.#browser?.contexts() ?? []) await context.close();
  }

  async stop(): Promise<void> {
    await this.#browser?.close();
    this.#browser = null;
  }

  /** An empty page. Open something of `origin` in it. */
  async open(origin: string, options: BrowserContextOptions = {}): Promise<WatchedPage> {
    if (this.#browser === null) throw new Error('The browser runs in tests and in later hooks only.');
    const context = await this.#browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    return { page, misdeeds: watch(page, origin) };
  }
}

function watch(page: Page, origin: string): Misdeeds {
  const misdeeds: Misdeeds = { elsewhere: [], errors: [] };
  const visit = (url: string) => {
    if (/^(data|blob|about):/.test(url)) return;
    if (new URL(url.replace(/^ws/, 'http')).origin !== origin) misdeeds.elsewhere.push(url);
  };
  page.context().on('request', (request) => visit(request.url()));
  page.on('websocket', (socket) => visit(socket.url()));
  page.on('frameattached', (frame) => visit(frame.url() || 'about:blank'));
  page.on('pageerror', (error) => misdeeds.errors.push(String(error)));
  // Violations of the Content-Security-Policy are written there too.
  page.on('console', (message) => {
    if (message.type() === 'error') misdeeds.errors.push(message.text());
  });
  return misdeeds;
}
