import axe from 'axe-core';
import type { BrowserContextOptions, Page } from 'playwright-core';
import type { TestApp } from '../support/app.ts';
import type { TestBrowser, WatchedPage } from '../support/browser.ts';
import { PASSWORD } from '../support/client.ts';

/** The console, as a person who uses it. */
export class ConsolePage {
  readonly page: Page;
  readonly misdeeds: WatchedPage['misdeeds'];

  private constructor({ page, misdeeds }: WatchedPage) {
    this.page = page;
    this.misdeeds = misdeeds;
  }

  static async open(
    browser: TestBrowser,
    app: TestApp,
    options: BrowserContextOptions = {},
  ): Promise<ConsolePage> {
    const opened = new ConsolePage(await browser.open(app.url, options));
    await opened.page.goto(`${app.url}/console/`);
    return opened;
  }

  async signIn(identifier: string, password = PASSWORD): Promise<void> {
    await this.page.getByLabel('Email address or username').fill(identifier);
    await this.page.getByLabel('Password').fill(password);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
  }

  /** Goes to a page by its address, such as `audit?type=user.login`. */
  async go(to: string, heading: string | RegExp): Promise<void> {
    await this.page.evaluate((fragment) => {
      location.hash = fragment;
    }, `#/${to}`);
    await this.page.getByRole('heading', { level: 1, name: heading }).waitFor();
  }

  /** Presses a button and confirms what it asks. */
  async confirm(button: string): Promise<void> {
    await this.page.getByRole('main').getByRole('button', { name: button }).first().click();
    await this.page.getByRole('dialog').getByRole('button', { name: button }).click();
  }

  /** What axe-core finds that is serious or critical: one line each. */
  async barriers(): Promise<string[]> {
    await this.page.evaluate(axe.source);
    // The library is a global of the page now.
    const violations = await this.page.evaluate(async () => (await window.axe.run()).violations);
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  }

  /** By how many pixels the page is wider than the window. */
  async overflow(): Promise<number> {
    return this.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  }
}

declare global {
  interface Window {
    readonly axe: typeof axe;
  }
}
