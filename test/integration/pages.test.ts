import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import Fastify from 'fastify';
import { addPage } from '../../src/http/pages/serve-page.ts';
import { useTestApp } from '../support/app.ts';

// Pages that people open in a browser: the console stands for all that are served from a folder.

describe('a page that is on', () => {
  const latchkey = useTestApp({ env: { CONSOLE: 'true' } });
  const get = (path: string, init?: RequestInit) => fetch(`${latchkey.url}${path}`, init);

  test('is served with its files, each with its type', async () => {
    const page = await get('/console/');
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await page.text()).toBe(readFileSync('src/console/index.html', 'utf8'));
    const style = await get('/console/console.css');
    expect(style.headers.get('content-type')).toBe('text/css; charset=utf-8');
    const script = await get('/console/main.js');
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    // Whatever it is, it was compiled.
    expect(await script.text()).not.toContain("from 'preact'");
  });

  test('has a strict policy in place of that of the API', async () => {
    const { headers } = await get('/console/');
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none';script-src 'self';connect-src 'self';style-src 'self';img-src 'self' data:;font-src 'self';" +
        "base-uri 'none';form-action 'none';frame-ancestors 'none'",
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect((await get('/livez')).headers.get('content-security-policy')).toBe(
      "default-src 'none';frame-ancestors 'none'",
    );
  });

  test('is reached without the final slash, below whatever path a proxy gives it', async () => {
    const answer = await get('/console?x=1', { redirect: 'manual' });
    expect([answer.status, answer.headers.get('location')]).toEqual([302, 'console/']);
  });

  test('is sent again only when it has changed', async () => {
    const first = await get('/console/main.js');
    const etag = first.headers.get('etag') ?? '';
    expect(first.headers.get('cache-control')).toBe('no-cache');
    const second = await get('/console/main.js', { headers: { 'if-none-match': etag } });
    expect([second.status, await second.text()]).toEqual([304, '']);
    const statusWith = async (tags: string) =>
      (await get('/console/main.js', { headers: { 'if-none-match': tags } })).status;
    expect(await statusWith('"other"')).toBe(200);
    for (const tags of [`W/${etag}`, `"other", ${etag}`, '*']) expect(await statusWith(tags)).toBe(304);
  });

  test('answers HEAD without the content, and no other method', async () => {
    const head = await get('/console/', { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    for (const method of ['POST', 'PUT', 'DELETE'])
      expect((await get('/console/', { method })).status).toBe(404);
  });

  test.each([
    '/console/../package.json',
    '/console/..%2f..%2fpackage.json',
    '/console/%2e%2e/%2e%2e/package.json',
    '/console/..\\..\\package.json',
    '/console//etc/passwd',
    '/console/main.tsx',
    '/console/tsconfig.json',
    '/console/nothing.js',
    '/console/__proto__',
    '/console/index.html%00',
  ])('has no file outside its folder, and no source: %s', async (path) => {
    expect(await statusOf(latchkey.url, path)).toBe(404);
  });
});

test('files are read once, so that clients that read nothing of a large one take no memory', async () => {
  const server = Fastify();
  let reads = 0;
  const large = async () => {
    reads += 1;
    if (reads === 1) throw new Error('the disk is busy');
    return Buffer.alloc(1_000);
  };
  addPage(server, { path: '/page', policy: '', files: async () => new Map([['large.js', large]]) });
  const get = () => server.inject('/page/large.js');
  expect((await get()).statusCode).toBe(500);
  const answers = await Promise.all(Array.from({ length: 20 }, get));
  expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array(20).fill(200));
  expect(reads).toBe(2);
  await server.close();
});

describe('a page that is off', () => {
  const latchkey = useTestApp({ env: { CONSOLE: 'false' } });

  test.each(['/console', '/console/', '/console/main.js'])('is not found: %s', async (path) => {
    const nothing = await fetch(`${latchkey.url}/nothing`);
    const page = await fetch(`${latchkey.url}${path}`);
    expect([page.status, await page.text()]).toEqual([404, await nothing.text()]);
    expect(page.headers.get('content-security-policy')).toBe("default-src 'none';frame-ancestors 'none'");
  });
});

/** As it is: `fetch` would resolve the dots. */
function statusOf(url: string, path: string): Promise<number | undefined> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
}
