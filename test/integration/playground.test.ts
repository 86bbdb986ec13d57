import { describe, expect, test } from '@jest/globals';
import { useTestApp } from '../support/app.ts';
import { PRODUCTION } from '../support/production.ts';
import { newSecrets } from '../support/secrets.ts';

/** What browsers accept when they open an address. */
const NAVIGATION = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8';
const QUERY = '{ authPolicy { passwordMinLength } }';
const ROUTER_SECRET = 'a2f91c7be0d84653b1c7aa90ee5f0d6c7781';

function answers(url: string, path: string, init: RequestInit = {}) {
  return fetch(`${url}${path}`, { redirect: 'manual', ...init });
}

describe('with the playground', () => {
  const latchkey = useTestApp();
  const get = (path: string, accept?: string) =>
    answers(latchkey.url, path, accept === undefined ? {} : { headers: { accept } });

  test('a browser that opens /graphql is led to it', async () => {
    const answer = await get('/graphql', NAVIGATION);
    expect([answer.status, answer.headers.get('location')]).toEqual([302, 'playground/']);
    expect(answer.headers.get('vary')).toContain('accept');
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  test.each([
    undefined,
    '*/*',
    'application/json',
    'application/graphql-response+json, application/json;q=0.9',
    'application/json, text/html;q=0.9',
    'text/event-stream',
  ])('a program gets what it got without it: Accept %s', async (accept) => {
    const answer = await get('/graphql', accept);
    expect(answer.status).not.toBe(302);
    expect(answer.headers.get('content-type')).not.toContain('html');
  });

  test('an operation is answered as such, whoever sends it', async () => {
    const inAddress = await answers(latchkey.url, `/graphql?query=${encodeURIComponent(QUERY)}`, {
      headers: { accept: NAVIGATION, 'apollo-require-preflight': '1' },
    });
    expect(await inAddress.json()).toEqual({ data: { authPolicy: { passwordMinLength: 15 } } });
    const posted = await answers(latchkey.url, '/graphql', {
      method: 'POST',
      headers: { accept: NAVIGATION, 'content-type': 'application/json' },
      body: JSON.stringify({ query: QUERY }),
    });
    expect(posted.status).toBe(200);
    // The check against CSRF.
    const simple = await answers(latchkey.url, `/graphql?query=${encodeURIComponent(QUERY)}`, {
      headers: { accept: NAVIGATION },
    });
    expect(simple.status).toBe(400);
  });

  test('its scripts run under a policy without inline scripts and without eval', async () => {
    const page = await get('/playground/', NAVIGATION);
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("script-src 'self';");
    expect(policy.replace("style-src 'self' 'unsafe-inline'", '')).not.toContain('unsafe');
    const html = await page.text();
    expect(html.match(/<script(?![^>]* src=")/g)).toBeNull();
    expect(html).not.toMatch(/(src|href)="(https?:)?\/\//);
  });

  test('/ says where to go, to browsers only', async () => {
    const page = await get('/', NAVIGATION);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).not.toContain('unsafe');
    expect(page.headers.get('content-security-policy')).not.toContain('script-src');
    const html = await page.text();
    for (const path of ['playground/', 'console/', 'health', '.well-known/jwks.json'])
      expect(html).toContain(`href="${path}"`);
    const program = await get('/');
    expect([program.status, await program.json()]).toEqual([
      404,
      { errors: [{ message: 'Not found.', extensions: { code: 'NOT_FOUND' } }] },
    ]);
  });
});

describe('in production', () => {
  const production = { ...PRODUCTION, ...newSecrets(), ROUTER_SECRET };
  const introspection = async (url: string) => {
    const answer = await answers(url, '/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-router-secret': ROUTER_SECRET },
      body: JSON.stringify({ query: '{ __schema { queryType { name } } }' }),
    });
    return answer.text();
  };

  describe('without the setting', () => {
    const latchkey = useTestApp({ env: production });

    test.each(['/', '/playground', '/playground/', '/playground/main.js', '/console', '/console/'])(
      '%s is not found',
      async (path) => {
        const answer = await answers(latchkey.url, path, { headers: { accept: NAVIGATION } });
        expect([answer.status, await answer.text()]).toEqual([
          404,
          await (await answers(latchkey.url, '/nothing')).text(),
        ]);
      },
    );

    test('/graphql never leads to a page, and hides the schema', async () => {
      const answer = await answers(latchkey.url, '/graphql', {
        headers: { accept: NAVIGATION, 'x-router-secret': ROUTER_SECRET },
      });
      expect(answer.status).toBe(400);
      expect(answer.headers.get('content-type')).toContain('application/json');
      expect(await introspection(latchkey.url)).toContain('introspection has been disabled');
    });
  });

  describe('with the setting, behind a router', () => {
    const latchkey = useTestApp({ env: { ...production, PLAYGROUND: 'true' } });

    test('the page is there for the edge to serve, and shows the schema', async () => {
      const page = await answers(latchkey.url, '/playground/', { headers: { accept: NAVIGATION } });
      expect(page.status).toBe(200);
      expect(await introspection(latchkey.url)).toContain('"name":"Query"');
      expect((await answers(latchkey.url, '/console/')).status).toBe(404);
    });

    test('/graphql is the router’s alone, for browsers too', async () => {
      const answer = await answers(latchkey.url, '/graphql', { headers: { accept: NAVIGATION } });
      expect(answer.status).toBe(403);
    });
  });
});
