import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { read } from './subgraphs.js';

/** Settings by which a router shares an answer between callers with different credentials: those that are set so. */
function sharesAnswers(text) {
  if (!isYaml(text)) return /\bshouldIncludeHeader\b/.test(text) ? ['shouldIncludeHeader'] : [];
  return settings(parse(text))
    .filter(([name, value]) => Object.hasOwn(unsafe, name) && unsafe[name](value))
    .map(([name]) => name);
}

const CREDENTIALS = ['authorization', 'cookie'];
const lowerCased = (names) => names.map((name) => name.toLowerCase());

const unsafe = {
  // Apollo Router, of subscriptions. Its queries are always told apart by all headers that are passed on.
  ignored_headers: (names) => lowerCased(names).some((name) => CREDENTIALS.includes(name)),
  ignore_auth_context: (value) => value !== false,
  // Cosmo: switches itself off where its key lacks what a request is changed by, unless it is forced.
  force_enable_single_flight: (value) => value !== false,
  force_enable_inbound_request_deduplication: (value) => value !== false,
  // Hive Router, of requests of clients: `all`, `none`, or those that are listed.
  dedupe: ({ headers = 'all' }) => {
    const listed = Array.isArray(headers) ? headers : (headers.include ?? []);
    return headers !== 'all' && !CREDENTIALS.every((name) => lowerCased(listed).includes(name));
  },
};

function settings(value) {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [[name, inner], ...settings(inner)]);
}

function isYaml(text) {
  return !/^import /m.test(text);
}

for (const file of [
  'examples/graph/gateway.config.ts',
  'examples/routers/hive-gateway/gateway.config.ts',
  'examples/routers/apollo-router/router.yaml',
  'examples/routers/cosmo/config.yaml',
  'examples/routers/hive-router/router.config.yaml',
]) {
  test(`${file} shares no answer between callers with different credentials`, () => {
    assert.deepEqual(sharesAnswers(read(file)), []);
  });
}

for (const [name, text] of [
  ['ignored_headers', 'subscription: { deduplication: { ignored_headers: [User-Agent, Authorization] } }'],
  [
    'ignored_headers',
    'subscription: { deduplication: { subgraphs: { auth: { ignored_headers: [cookie] } } } }',
  ],
  ['ignore_auth_context', 'subscription: { deduplication: { all: { ignore_auth_context: true } } }'],
  ['force_enable_single_flight', 'engine: { force_enable_single_flight: true }'],
  [
    'force_enable_inbound_request_deduplication',
    'engine: { force_enable_inbound_request_deduplication: true }',
  ],
  ['dedupe', 'traffic_shaping: { router: { dedupe: { enabled: true, headers: none } } }'],
  ['dedupe', 'traffic_shaping: { router: { dedupe: { headers: { include: [authorization] } } } }'],
  [
    'shouldIncludeHeader',
    `import { defineConfig } from '@graphql-hive/gateway';
     defineConfig({ inboundInflightRequestDeduplication: { shouldIncludeHeader: () => false } });`,
  ],
]) {
  test(`a router that shares answers by ${name} is found: ${text}`, () => {
    assert.deepEqual(sharesAnswers(text), [name]);
  });
}

test('deduplication that heeds the credentials is allowed', () => {
  for (const text of [
    'traffic_shaping: { all: { deduplicate_query: true } }',
    'subscription: { deduplication: { enabled: true, ignored_headers: [user-agent] } }',
    'engine: { enable_single_flight: true }',
    'traffic_shaping: { dedupe_enabled: true, router: { dedupe: { enabled: true, headers: all } } }',
    'traffic_shaping: { router: { dedupe: { headers: { include: [Authorization, Cookie] } } } }',
  ]) {
    assert.deepEqual([text, sharesAnswers(text)], [text, []]);
  }
});
