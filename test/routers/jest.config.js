import { fileURLToPath } from 'node:url';
import graph from '../../examples/graph/jest.config.mjs';

// The tests of examples/graph that hold through any router, here through Apollo's gateway: run `npm ci` there first.
export default {
  ...graph,
  rootDir: fileURLToPath(new URL('../../examples/graph', import.meta.url)),
  testMatch: ['<rootDir>/test/any-router/*.test.ts'],
  globals: { router: fileURLToPath(new URL('apollo-gateway.js', import.meta.url)) },
};
