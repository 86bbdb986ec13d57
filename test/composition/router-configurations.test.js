import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { read } from './subgraphs.js';

// The routers themselves are not here: these tests hold for what their documentation says.
const FROM_CLIENTS = [
  ...['accept-language', 'authorization', 'cookie', 'idempotency-key'],
  ...['user-agent', 'x-forwarded-for', 'x-request-id'],
];

const routers = {
  'apollo-router/router.yaml': ({ headers: { all, subgraphs }, authentication, subscription }) => ({
    fromClients: [...all.request, ...subgraphs.auth.request].flatMap(
      ({ propagate }) => propagate?.named ?? [],
    ),
    secret: subgraphs.auth.request.find(({ insert }) => insert)?.insert,
    jwks: authentication.router.jwt.jwks[0],
    staleTokens: authentication.router.jwt.on_error,
    streams: subscription.mode.passthrough.subgraphs.auth,
  }),
  'cosmo/config.yaml': ({ headers: { all, subgraphs }, authentication }) => ({
    fromClients: [...all.request, ...subgraphs.auth.request]
      .filter(({ op }) => op === 'propagate')
      .map(({ named }) => named),
    secret: subgraphs.auth.request.find(({ op }) => op === 'set'),
    jwks: authentication.jwt.jwks[0],
    staleTokens: authentication.jwt.on_error,
    streams: parse(read('examples/routers/cosmo/graph.yaml')).subgraphs[0].subscription,
  }),
  'hive-router/router.config.yaml': ({ headers: { all, subgraphs }, jwt, subscriptions }) => ({
    fromClients: [...all.request, ...subgraphs.auth.request].flatMap(
      ({ propagate }) => propagate?.named ?? [],
    ),
    secret: subgraphs.auth.request.find(({ insert }) => insert)?.insert,
    jwks: { ...jwt.jwks_providers[0], algorithms: jwt.allowed_algorithms },
    staleTokens: jwt.require_authentication,
    streams: subscriptions,
  }),
};

for (const [file, summarize] of Object.entries(routers)) {
  test(`examples/routers/${file} passes on what Latchkey needs, and no secret is in it`, () => {
    const text = read(`examples/routers/${file}`);
    const { fromClients, secret, jwks, staleTokens, streams } = summarize(parse(text));
    assert.deepEqual(fromClients.map((name) => name.toLowerCase()).toSorted(), FROM_CLIENTS);
    assert.equal(secret.name.toLowerCase(), 'x-router-secret');
    assert.match(secret.value ?? secret.expression, /^(\$\{(env\.)?ROUTER_SECRET\}|env\("ROUTER_SECRET"\))$/);
    assert.match(jwks.url, /\/\.well-known\/jwks\.json$/);
    assert.deepEqual(jwks.algorithms, ['ES256', 'RS256']);
    assert.ok(['Continue', 'continue', false].includes(staleTokens));
    assert.ok(streams);
    assert.match(text, /not run by us/);
  });
}
