import type { Browser, CDPSession, Page } from 'playwright-core';
import { launchChromium } from './chromium.ts';

/** A headless Chromium with one page, and what its own instruments tell. */
export class MeasuredPage {
  readonly page: Page;
  readonly #browser: Browser;
  readonly #session: CDPSession;

  private constructor(browser: Browser, page: Page, session: CDPSession) {
    this.#browser = browser;
    this.page = page;
    this.#session = session;
  }

  static async open(): Promise<MeasuredPage> {
    const browser = await launchChromium();
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable');
    return new MeasuredPage(browser, page, session);
  }

  /** When frames were drawn meanwhile, in milliseconds, by the browser's trace. */
  async framesDuring(milliseconds: number): Promise<number[]> {
    await this.#browser.startTracing(this.page, {
      categories: ['disabled-by-default-devtools.timeline.frame'],
    });
    await this.page.waitForTimeout(milliseconds);
    const { traceEvents } = JSON.parse((await this.#browser.stopTracing()).toString()) as {
      traceEvents: { name: string; ts: number }[];
    };
    return traceEvents
      .filter(({ name }) => name === 'DrawFrame')
      .map(({ ts }) => ts / 1_000)
      .sort((a, b) => a - b);
  }

  /** What the scripts of the page keep, after a garbage collection. */
  async heapMb(): Promise<number> {
    await this.#session.send('HeapProfiler.collectGarbage');
    const { metrics } = await this.#session.send('Performance.getMetrics');
    return (metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? Number.NaN) / 2 ** 20;
  }

  async close(): Promise<void> {
    await this.#browser.close();
  }
}
