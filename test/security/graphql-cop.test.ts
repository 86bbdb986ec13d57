import { describe, expect, test } from '@jest/globals';
import { useTestApp } from '../support/app.ts';
import { type HttpAnswer, request } from '../support/http.ts';
import { PRODUCTION } from '../support/production.ts';

/** A check of graphql-cop 1.x (github.com/dolevf/graphql-cop): what it sends, and what it flags a server for. */
interface Check {
  readonly looksFor: string;
  readonly sends: readonly { readonly path: string; readonly init: RequestInit }[];
  flags(answer: Pick<HttpAnswer, 'json' | 'text'>): boolean;
  /** An answer that it flags: a criterion that nothing meets would pass every server. */
  readonly flagged: object | string;
}

const times = (count: number, one: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => one(i)).join(' ');
const jsonBody = (body: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
const byPost = (query: string) => ({
  path: '/graphql',
  init: jsonBody({ query, operationName: 'cop' }),
});
const inUrl = (query: string, init: RequestInit = {}) => ({
  path: `/graphql?${new URLSearchParams({ query })}`,
  init,
});

const hasTypename: Check['flags'] = ({ json }) => Boolean(json?.data?.__typename);
const hasException: Check['flags'] = ({ json }) => Boolean(json?.errors?.[0]?.extensions?.exception);
const answersQuery = { data: { __typename: 'Query' } };

const IDE = ['graphiql.min.css', 'GraphQL Playground', 'GraphiQL', 'graphql-playground'];

const checks: readonly Check[] = [
  {
    looksFor: 'alias overloading: an answer to 101 aliases',
    sends: [byPost(`query cop { ${times(101, (i) => `alias${i}: __typename`)} }`)],
    flags: ({ json }) => Boolean(json?.data?.alias100),
    flagged: { data: { alias100: 'Query' } },
  },
  {
    looksFor: 'array batching: ten answers to a list of ten operations',
    sends: [
      {
        path: '/graphql',
        init: jsonBody(Array.from({ length: 10 }, () => ({ query: 'query cop { __typename }' }))),
      },
    ],
    flags: ({ json }) => Array.isArray(json) && json.length >= 10,
    flagged: Array.from({ length: 10 }, () => answersQuery),
  },
  {
    looksFor: 'directive overloading: one error for each of ten unknown directives',
    sends: [byPost(`query cop { __typename ${'@aa'.repeat(10)} }`)],
    flags: ({ json }) => json?.errors?.length === 10,
    flagged: { errors: Array.from({ length: 10 }, () => ({ message: 'Unknown directive "@aa".' })) },
  },
  {
    looksFor: 'a circular introspection query: more than 25 types, by their fields’ types’ fields',
    sends: [
      byPost(`query cop { __schema { types { ${'fields { type { '.repeat(4)}name ${'} } '.repeat(4)}} } }`),
    ],
    flags: ({ json }) => json?.data?.__schema?.types?.length > 25,
    flagged: { data: { __schema: { types: Array.from({ length: 26 }, () => ({})) } } },
  },
  {
    looksFor: 'field duplication: an answer to 500 times one field',
    sends: [byPost(`query cop { ${times(500, () => '__typename')} }`)],
    flags: hasTypename,
    flagged: answersQuery,
  },
  {
    looksFor: 'field suggestions: "Did you mean" in an error',
    sends: [byPost('query cop { __schema { directive } }'), byPost('query cop { authPolic { __typename } }')],
    flags: ({ json }) => Boolean(json?.errors?.[0]?.message?.includes('Did you mean')),
    flagged: { errors: [{ message: 'Cannot query field "directive". Did you mean "directives"?' }] },
  },
  {
    // GET itself is GraphQL over HTTP: it takes a header that a page of another origin cannot send without a preflight.
    looksFor: 'queries by GET: an answer to one that any page can have a browser send',
    sends: [inUrl('query cop { __typename }')],
    flags: hasTypename,
    flagged: answersQuery,
  },
  {
    looksFor: 'mutations by GET: an answer, and so a change by a link',
    sends: [
      inUrl('mutation cop { __typename }'),
      // With the header that is asked of queries, too.
      inUrl('mutation cop { __typename }', { headers: { 'apollo-require-preflight': '1' } }),
    ],
    flags: hasTypename,
    flagged: { data: { __typename: 'Mutation' } },
  },
  {
    looksFor: 'operations as a form: an answer to a POST that is URL-encoded, in its URL or its body',
    sends: [
      inUrl('query cop { __typename }', { method: 'POST' }),
      {
        path: '/graphql',
        init: { method: 'POST', body: new URLSearchParams({ query: 'query cop { __typename }' }) },
      },
    ],
    flags: hasTypename,
    flagged: answersQuery,
  },
  {
    looksFor: 'an IDE: the words of GraphiQL or GraphQL Playground where they are usually served',
    sends: ['/graphiql', '/playground', '/console', '/graphql'].flatMap((path) => [
      { path, init: {} },
      { path, init: { headers: { accept: 'text/html' } } },
    ]),
    flags: ({ text }) => IDE.some((word) => text.includes(word)),
    flagged: '<title>GraphiQL</title>',
  },
  {
    looksFor: 'introspection: the types of the schema',
    sends: [byPost('query cop { __schema { types { name fields { name } } } }')],
    flags: ({ json }) => Boolean(json?.data?.__schema?.types),
    flagged: { data: { __schema: { types: [{ name: 'Query' }] } } },
  },
  {
    looksFor: 'trace or debug mode: a trace, an exception or a stack in an answer',
    sends: [byPost('query cop { __typename }'), byPost('query cop { abc }'), byPost('query cop {')],
    flags: (answer) =>
      Boolean(answer.json?.errors?.[0]?.extensions?.tracing) ||
      hasException(answer) ||
      answer.text.toLowerCase().includes('stacktrace'),
    flagged: { errors: [{ extensions: { stacktrace: ['Error'] } }] },
  },
  {
    looksFor: 'unhandled errors: an exception in the answer to what is no GraphQL',
    sends: [byPost('qwerty cop { abc }')],
    flags: (answer) => hasException(answer) || /"extensions":\{"exception":/i.test(answer.text),
    flagged: { errors: [{ extensions: { exception: { message: 'Syntax Error' } } }] },
  },
];

const each = checks.map((check) => [check.looksFor, check] as const);

describe('in production', () => {
  // Without the router's secret, so that nothing is refused only for want of it.
  const latchkey = useTestApp({ env: { ...PRODUCTION, ALLOW_DIRECT_ACCESS: 'true' } });

  test.each(each)('graphql-cop does not find %s', async (_looksFor, { sends, flags }) => {
    for (const { path, init } of sends) {
      const answer = await request(`${latchkey.url}${path}`, init);
      expect([path, answer.text, flags(answer)]).toEqual([path, expect.any(String), false]);
      expect(answer.status).toBeLessThan(500);
    }
  });

  test('graphql-cop finds that GraphQL is served, without which it checks nothing', async () => {
    const { path, init } = byPost('query cop { __typename }');
    expect((await request(`${latchkey.url}${path}`, init)).json).toEqual(answersQuery);
  });
});

test.each(each)('graphql-cop would find %s', (_looksFor, { flags, flagged }) => {
  const text = typeof flagged === 'string' ? flagged : JSON.stringify(flagged);
  expect(flags({ text, json: typeof flagged === 'string' ? null : flagged })).toBe(true);
});
