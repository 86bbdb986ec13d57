import { expect, test } from '@jest/globals';
import { useTestApp } from '../support/app.ts';
import { describeWithBrowser, useTestBrowser } from '../support/browser.ts';

describeWithBrowser('a page in a browser', () => {
  const latchkey = useTestApp();
  const browser = useTestBrowser();

  test('runs under its policy, and asks no other origin for anything', async () => {
    const { page, misdeeds } = await browser.open(latchkey.url);
    await page.goto(`${latchkey.url}/console`);
    await page.getByRole('heading').first().waitFor();
    expect(page.url()).toBe(`${latchkey.url}/console/`);
    expect(misdeeds).toEqual({ elsewhere: [], errors: [] });
  });

  test('may open a WebSocket to its own origin, and to no other', async () => {
    const { page, misdeeds } = await browser.open(latchkey.url);
    await page.goto(`${latchkey.url}/console/`);
    const opens = (url: string) =>
      page.evaluate(
        (to) =>
          new Promise<boolean>((resolve) => {
            const socket = new WebSocket(to, 'graphql-transport-ws');
            socket.onopen = () => resolve(true);
            socket.onerror = () => resolve(false);
          }),
        url,
      );
    expect(await opens(`${latchkey.url.replace('http', 'ws')}/graphql`)).toBe(true);
    expect(misdeeds.errors).toEqual([]);
    expect(await opens('ws://localhost:1/graphql')).toBe(false);
    expect(misdeeds.errors.join()).toContain('Content Security Policy');
  });

  test('reports what its policy blocks', async () => {
    const { page, misdeeds } = await browser.open(latchkey.url);
    await page.goto(`${latchkey.url}/console/`);
    await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'document.title = "injected"';
      document.body.append(script);
    });
    expect(await page.title()).not.toBe('injected');
    expect(misdeeds.errors.join()).toContain('Content Security Policy');
  });
});
