import { expect, test } from '@jest/globals';
import { serverAudits } from 'graphql-http';
import { useTestApp } from '../support/app.ts';

const latchkey = useTestApp();

/** Simple GET requests are refused without it: a page of another origin could send them. */
const fetchPastPreflight: typeof fetch = (input, init = {}) =>
  fetch(input, { ...init, headers: { ...init.headers, 'apollo-require-preflight': '1' } });

const audits = serverAudits({ url: () => `${latchkey.url}/graphql`, fetchFn: fetchPastPreflight });

test('there are audits to pass', () => {
  expect(audits.length).toBeGreaterThan(50);
});

test.each(audits.map((audit) => [audit.id, audit.name, audit] as const))(
  'GraphQL over HTTP, %s: %s',
  async (_id, _name, audit) => {
    const result = await audit.fn();
    expect([result.status, result.status === 'ok' ? null : result.reason]).toEqual(['ok', null]);
  },
);
