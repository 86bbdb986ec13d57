import { describe, expect, test } from '@jest/globals';
import { request } from '../../../test/support/http.ts';
import { CREATE_TASK, client, graph, newAccount, signInAgain, signUp, TERMINATE } from './support/graph.ts';

describe('the gateway', () => {
  test('lets no cache keep an answer', async () => {
    const { headers } = await client().send('{ me { id } }');
    expect(headers.get('cache-control')).toBe('no-store');
  });

  test('does not pass a cookie on with what any web page could send', async () => {
    const browser = client();
    await browser.signup({ ...newAccount(), refreshTokenTransport: 'COOKIE' });
    const [[name, value] = []] = [...browser.cookies];
    const query = 'mutation { refreshSession { __typename ... on AuthError { code } } }';
    const { json } = await request(`${graph.routerUrl}/graphql`, {
      method: 'POST',
      headers: { cookie: `${name}=${value}` },
      body: new URLSearchParams({ query }),
    });
    expect(json.data).toEqual({ refreshSession: { __typename: 'InvalidTokenError', code: 'MISSING_TOKEN' } });
  });

  test('shows a browser an IDE that brings its scripts and styles with it', async () => {
    const page = await fetch(`${graph.routerUrl}/graphql`, { headers: { accept: 'text/html' } });
    expect(page.headers.get('content-type')).toContain('text/html');
    const html = await page.text();
    expect(html).toContain('<title>Hive Gateway</title>');
    expect(html.match(/<(script|link|iframe)\b[^>]*\b(src|href)="(https?:)?\/\/[^"]*"/g)).toBeNull();
  });

  test('lets no other origin read what it answers', async () => {
    const origin = 'https://elsewhere.example';
    const { headers } = await client().send('{ me { id } }', {}, { origin });
    expect(headers.has('access-control-allow-origin')).toBe(false);
  });
});

test('a subgraph that hears of no revocations takes an access token until it expires', async () => {
  const ada = await signUp();
  const phone = await signInAgain(ada);
  await ada.client.data(TERMINATE, { id: phone.sessionId });
  const { createTask } = await phone.client.data(CREATE_TASK, { title: 'Too late' });
  expect(createTask.title).toBe('Too late');
});
