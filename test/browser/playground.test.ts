import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { useTestApp } from '../support/app.ts';
import { describeWithBrowser, type Misdeeds, useTestBrowser, type WatchedPage } from '../support/browser.ts';
import { GraphQLClient, newAccount, PASSWORD } from '../support/client.ts';
import { Edge } from '../support/edge.ts';
import { signInWithRoles } from '../support/signed-in.ts';

describeWithBrowser('the playground', () => {
  const latchkey = useTestApp();
  const browser = useTestBrowser();

  /** The playground as a browser shows it that opens the endpoint. */
  async function open(): Promise<WatchedPage> {
    const opened = await browser.open(latchkey.url);
    // Time goes on by itself, and faster where a test says so.
    await opened.page.clock.install();
    await opened.page.goto(`${latchkey.url}/graphql`);
    await tab(opened.page, 'Sign in').waitFor();
    return opened;
  }

  async function signIn(page: Page, identifier: string): Promise<void> {
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByLabel('Email address or username').fill(identifier);
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('dialog').getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Signed in as').waitFor();
  }

  describe('while nobody is signed in', () => {
    let shown: WatchedPage;
    beforeAll(async () => {
      shown = await open();
    });

    test('is what a browser sees at /graphql, with nothing from another origin', async () => {
      const { page, misdeeds } = shown;
      expect(page.url()).toBe(`${latchkey.url}/playground/`);
      for (const name of [
        'Users',
        'A user',
        'End session',
        'End all',
        'Watch all',
        'Audit log',
        'My sessions',
      ])
        await tab(page, name).waitFor();
      // Its documentation needs the schema.
      await page.locator('[track-id=show_docs]:visible').click();
      await page.locator('app-doc-viewer').getByText('Mutation', { exact: true }).first().waitFor();
      expectNone(misdeeds);
    });

    test('sends no Authorization header while nobody is signed in', async () => {
      const { page } = shown;
      const sent = page.waitForRequest((request) => request.postData()?.includes('MySessions') === true);
      await run(page, 'My sessions');
      expect((await sent).headers()['authorization']).toBeUndefined();
      await result(page, '"me": null');
    });

    test('a wrong password is told', async () => {
      const { page } = shown;
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByLabel('Email address or username').fill('nobody');
      await page.getByLabel('Password').fill('certainly not the password');
      await page.getByRole('dialog').getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('alert').getByText('The identifier or the password is wrong.').waitFor();
      expect(await page.getByRole('status').innerText()).toBe('Not signed in');
    });
  });

  describe('while an administrator is signed in', () => {
    let shown: WatchedPage;
    let email: string;
    beforeAll(async () => {
      await browser.closePages();
      ({ email } = await signInWithRoles(latchkey, 'user', 'admin'));
      shown = await open();
      await signIn(shown.page, email);
    });

    test('runs what administrators do', async () => {
      const { page, misdeeds } = shown;
      await run(page, 'Users');
      await result(page, email);
      await run(page, 'My sessions');
      await result(page, '"current": true');
      await run(page, 'Audit log');
      await result(page, 'session.created');
      expectNone(misdeeds);
    });

    test('shows each session that is created or ended elsewhere, live', async () => {
      const { page, misdeeds } = shown;
      await watch(page);
      const client = latchkey.client();
      const { session } = await client.signup(newAccount());
      await result(page, '"CREATED"');
      await result(page, session.id);
      await client.send('mutation { logout { count } }');
      await result(page, '"ENDED"');
      await result(page, '"LOGOUT"');
      expectNone(misdeeds);
    });

    test('refreshes the access token before it ends, and a stream goes on with the new one', async () => {
      const { page, misdeeds } = shown;
      const first = await tokenSent(page, 'Users', 'FindUsers');
      // The stream of the test before is still open.
      await tab(page, 'Watch all').click();

      const refreshed = page.waitForResponse((response) => isOperation(response.request(), 'refreshSession'));
      const reopened = page.waitForResponse((response) =>
        isOperation(response.request(), 'WatchAllSessions'),
      );
      await page.clock.fastForward('03:30');
      await refreshed;
      await reopened;
      // Longer than both streams are open.
      await page.clock.fastForward('00:05');
      const { user } = await latchkey.client().signup(newAccount());
      await result(page, user.id);
      const text = await page.locator('app-query-result').innerText();
      expect(text.split(user.id)).toHaveLength(2);

      expect(await tokenSent(page, 'Users', 'FindUsers')).not.toBe(first);
      expectNone(misdeeds);
    });

    test('a refresh that gets no answer signs nobody out, and is tried again', async () => {
      const { page, misdeeds } = shown;
      let refused = 0;
      await page.route('**/graphql', async (route) => {
        if (!isOperation(route.request(), 'refreshSession')) return route.continue();
        refused += 1;
        if (refused === 1) return route.abort();
        if (refused > 2) return route.continue();
        await route.fulfill({ json: { data: { refreshSession: { code: 'RATE_LIMITED' } } } });
      });
      const refreshed = page.waitForResponse(
        async (response) =>
          isOperation(response.request(), 'refreshSession') && (await response.text()).includes('ey'),
      );
      await page.clock.fastForward('03:00');
      while (refused < 3) await page.clock.fastForward('00:06');
      await refreshed;
      expect(await page.getByRole('status').innerText()).toContain('Signed in as');
      expect(misdeeds.errors.splice(0)).toContain('Failed to load resource: net::ERR_FAILED');
    });

    test('a WebSocket to the endpoint brings the access token too', async () => {
      const { page } = shown;
      const messages = page.evaluate(openSocket);
      const socket = await page.waitForEvent('websocket');
      const opening = (await socket.waitForEvent('framesent')).payload;
      expect(JSON.parse(String(opening))).toEqual({
        type: 'connection_init',
        payload: { authorization: expect.stringMatching(/^Bearer ey/) },
      });
      expect(await messages).toContain('connection_ack');
    });

    test('a sign-out that the server refuses is no sign-out', async () => {
      const { page } = shown;
      const refused = {
        data: null,
        errors: [{ message: 'no', extensions: { code: 'SERVICE_UNAVAILABLE' } }],
      };
      await page.route('**/graphql', (route) =>
        isOperation(route.request(), 'logout') ? route.fulfill({ json: refused }) : route.fallback(),
      );
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByText('Still signed in').waitFor();
      await page.unrouteAll();
      await page.getByRole('button', { name: 'Sign out' }).waitFor();
    });

    test('whoever is signed in stays so when the page is loaded again, until they sign out', async () => {
      const { page, misdeeds } = shown;
      await page.reload();
      await page.getByText('Signed in as').waitFor();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByText('Not signed in').waitFor();
      await page.reload();
      await tab(page, 'Sign in').waitFor();
      expect(await page.getByRole('status').innerText()).toBe('Not signed in');
      expectNone(misdeeds);
    });
  });

  describe('behind an edge that serves it below a path, with the router', () => {
    const ROUTER_SECRET = 'b7d0c1e89a3f4620958b1f77d2ac60e4f19a';
    const hidden = useTestApp({ env: { ROUTER_SECRET } });

    test('sends its operations to the router', async () => {
      const edge = await Edge.start({ url: hidden.url, below: '/auth', routerSecret: ROUTER_SECRET });
      try {
        await browser.closePages();
        const account = newAccount();
        await new GraphQLClient(edge.url).signup(account);
        const { page, misdeeds } = await browser.open(new URL(edge.url).origin);
        await page.goto(`${edge.url}/playground`);
        await signIn(page, account.email);
        await run(page, 'My sessions');
        await result(page, account.email);
        expect(page.url()).toBe(`${edge.url}/playground/`);
        expectNone(misdeeds);
      } finally {
        await edge.stop();
      }
    });
  });

  describe('the operation that signs in', () => {
    test('does the same as the dialog, and leaves neither password nor token in the storage', async () => {
      await browser.closePages();
      const { email } = await signInWithRoles(latchkey, 'user', 'admin');
      const { page, misdeeds } = await open();
      await tab(page, 'Sign in').click();
      await page
        .locator('.variables-editor-container:visible .cm-content')
        .fill(JSON.stringify({ identifier: email, password: PASSWORD }));
      await send(page);
      await page.getByText('Signed in as').waitFor();
      await result(page, '"accessToken"');
      const token = await tokenSent(page, 'Users', 'FindUsers');
      // Altair writes at intervals.
      await page.clock.fastForward('01:00');
      await page.waitForTimeout(500);
      const stored = await page.evaluate(storage);
      expect(stored).toContain('altair');
      expect(stored).not.toContain(PASSWORD);
      expect(stored).not.toContain(token.replace('Bearer ', ''));
      expectNone(misdeeds);
    });
  });
});

/** Altair also writes as an error that an answer was empty, as that of a request which it has cancelled is. */
function expectNone({ elsewhere, errors }: Misdeeds): void {
  expect(elsewhere).toEqual([]);
  expect(errors.filter((error) => error !== 'Could not parse JSON. Using default instead.')).toEqual([]);
}

function tab(page: Page, name: string) {
  return page.locator('.window-switcher__item').getByText(name, { exact: true });
}

async function send(page: Page): Promise<void> {
  await page.getByText('Send Request').locator('visible=true').click();
}

async function run(page: Page, name: string): Promise<void> {
  await tab(page, name).click();
  await send(page);
}

async function result(page: Page, text: string): Promise<void> {
  await page.locator('app-query-result:visible').getByText(text).first().waitFor();
}

/** Watches all sessions, from when the stream is open. */
async function watch(page: Page): Promise<void> {
  const opened = page.waitForResponse((response) => isOperation(response.request(), 'WatchAllSessions'));
  await run(page, 'Watch all');
  expect((await opened).headers()['content-type']).toContain('text/event-stream');
}

/** The Authorization header that goes out with an operation. */
async function tokenSent(page: Page, name: string, operation: string): Promise<string> {
  const sent = page.waitForRequest((request) => isOperation(request, operation));
  await run(page, name);
  return (await sent).headers()['authorization'] ?? '';
}

function isOperation(request: { postData(): string | null }, name: string): boolean {
  return request.postData()?.includes(name) === true;
}

/** Opens a WebSocket as clients do that know no token; resolves with its first message. Runs in the browser. */
function openSocket(): Promise<string> {
  return new Promise((resolve) => {
    const socket = new WebSocket(new URL('../graphql', location.href), 'graphql-transport-ws');
    socket.onopen = () => socket.send(JSON.stringify({ type: 'connection_init' }));
    socket.onmessage = ({ data }) => resolve(String(data));
  });
}

/** All that this origin has stored, as text. Runs in the browser. */
async function storage(): Promise<string> {
  const parts: unknown[] = [{ ...localStorage }, { ...sessionStorage }];
  for (const { name = '' } of await indexedDB.databases()) {
    const database = await new Promise<IDBDatabase>((resolve) => {
      const request = indexedDB.open(name);
      request.onsuccess = () => resolve(request.result);
    });
    for (const store of database.objectStoreNames)
      parts.push(
        await new Promise((resolve) => {
          const request = database.transaction(store).objectStore(store).getAll();
          request.onsuccess = () => resolve([name, store, request.result]);
        }),
      );
  }
  return JSON.stringify(parts);
}
