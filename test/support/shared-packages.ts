import type { createRequire } from 'node:module';
import { jest } from '@jest/globals';

declare global {
  /** Set by the environment: it loads a package once per worker. */
  var requireOfWorker: ReturnType<typeof createRequire>;
}

/**
 * Packages that all test files of one worker share. Jest would load them anew for each file, which costs half a second, and
 * run them where looking up a global is slow. They keep nothing of a file. Not those that write to the console or that tests
 * spy on: a file has a console, and mocks, of its own.
 */
const SHARED = [
  '@apollo/server',
  '@apollo/server/plugin/disabled',
  '@apollo/subgraph',
  '@fastify/cors',
  'esbuild',
  'fast-check',
  'fastify',
  'graphql',
  'graphql-redis-subscriptions',
  'graphql-scalars',
  'graphql-sse',
  'graphql-subscriptions',
  'ioredis',
  'jsonwebtoken',
  'liquidjs',
  'nodemailer',
  'pg',
  'pino',
  'typeorm',
  'zod',
];

for (const name of SHARED) jest.mock(name, () => globalThis.requireOfWorker(name));
