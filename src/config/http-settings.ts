import { origins, proxies, publicUrl, trueOrFalse, wholeNumber } from './plain-kinds.ts';
import { headerSecrets } from './secret-kinds.ts';
import type { DerivedDefault, Setting } from './setting.ts';

/** Of a page for people: production shows none unless the operator asks for it. */
const outsideProduction: DerivedDefault = {
  words: 'false in production, else true',
  of: ({ text }) => String(text('NODE_ENV') !== 'production'),
};

/** How clients, proxies and the router reach Latchkey. */
export const httpSettings = {
  PUBLIC_URL: {
    accepts: publicUrl,
    default: { words: 'http://localhost with PORT', of: ({ text }) => `http://localhost:${text('PORT')}` },
    required: true,
    about:
      'URL at which clients reach Latchkey; determines cookie names and flags. In production https, except for loopback.',
  },
  CORS_ORIGIN: {
    accepts: origins,
    default: {
      words: 'none in production, else localhost',
      of: ({ text }) => (text('NODE_ENV') === 'production' ? '' : 'localhost'),
    },
    about:
      'Web origins that may send credentials; `localhost` means `localhost`, `127.0.0.1` and `[::1]` at any port.',
  },
  TRUSTED_PROXIES: {
    accepts: proxies,
    default: '',
    about: 'Proxies whose `X-Forwarded-For` is trusted for the client address.',
  },
  ROUTER_SECRET: {
    accepts: headerSecrets,
    secret: true,
    about:
      'Secrets, one of which the router sends in the header `x-router-secret`; `/graphql` refuses requests without. ' +
      'Required in production, unless ALLOW_DIRECT_ACCESS is true.',
  },
  ALLOW_DIRECT_ACCESS: {
    accepts: trueOrFalse,
    default: 'false',
    about: 'Allows production to serve `/graphql` without ROUTER_SECRET.',
  },
  PLAYGROUND: {
    accepts: trueOrFalse,
    default: outsideProduction,
    about:
      'Serves a GraphQL IDE at `/playground`, to which browsers that open `/graphql` are led, and allows introspection. ' +
      'With ROUTER_SECRET only the router reaches `/graphql`: serve `/playground` on its host (docs/pages.md).',
  },
  CONSOLE: {
    accepts: trueOrFalse,
    default: outsideProduction,
    about: 'Serves a page for administrators at `/console`; with ROUTER_SECRET as PLAYGROUND.',
  },
  PUBLIC_STREAMS: {
    accepts: trueOrFalse,
    default: 'false',
    about:
      'Serves subscriptions, and nothing else, at `/graphql/stream` to anyone, without ROUTER_SECRET: for routers without ' +
      'subscriptions. Limits are by client address: behind a proxy, set TRUSTED_PROXIES.',
  },
  PUBLIC_STREAMS_ORIGIN: {
    accepts: origins,
    default: { words: 'CORS_ORIGIN', of: ({ text }) => text('CORS_ORIGIN') },
    about: 'Web origins that may open streams at `/graphql/stream`, written as in CORS_ORIGIN.',
  },
  MAX_SOCKETS: {
    accepts: wholeNumber(1, 1_000_000),
    default: '10000',
    about:
      'Maximum open WebSockets of this process; further upgrades get 503. As many streams at `/graphql/stream` are counted apart.',
  },
  MAX_SOCKETS_PER_ADDRESS: {
    accepts: wholeNumber(1, 1_000_000),
    default: '200',
    about:
      'Maximum open WebSockets of one client address; further upgrades get 429. Not applied to a router with ROUTER_SECRET, ' +
      'which opens many. Behind a proxy, set TRUSTED_PROXIES.',
  },
} as const satisfies Record<string, Setting<unknown>>;
